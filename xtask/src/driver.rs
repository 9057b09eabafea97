//! Programs that drive browsers by WebDriver: chromedriver and geckodriver.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Outcome;

/// How a driver is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By a request, so that it closes its browsers first.
    Asked,
    /// By ending its process: its browsers have been closed.
    Killed,
}

/// A running WebDriver, ended when dropped.
pub struct Driver {
    child: Child,
    address: String,
    ending: Ending,
}

impl Driver {
    /// Starts a driver on a free port.
    pub fn start(program: &Path, ending: Ending) -> Outcome<Self> {
        let failed = |error: &str| format!("could not start {}: {error}", program.display());
        let mut child = Command::new(program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(&error.to_string()))?;
        let mut lines = BufReader::new(child.stdout.take().expect("standard output is piped")).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| port_in(&line));
        // The output of the driver must be read as long as it runs.
        std::thread::spawn(move || lines.for_each(drop));
        let Some(port) = port else {
            let _ = child.kill();
            return Err(failed("it ended before it said where it listens"));
        };
        Ok(Self { child, address: format!("127.0.0.1:{port}"), ending })
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn ask_to_end(&self) -> std::io::Result<usize> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET /shutdown HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address)?;
        stream.read_to_end(&mut Vec::new())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // A driver that is killed leaves its browsers running. It may have ended already.
        if self.ending == Ending::Killed || self.ask_to_end().is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// The port in `ChromeDriver was started successfully on port 45678.` or `... Listening on 127.0.0.1:45678`.
fn port_in(line: &str) -> Option<u16> {
    let after = ["successfully on port ", "Listening on 127.0.0.1:"].iter().find_map(|words| line.split_once(words))?.1;
    after.trim().trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::port_in;

    #[test]
    fn the_driver_says_its_port() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 45678."), Some(45678));
        assert_eq!(port_in("Starting ChromeDriver 156 on port 0"), None);
        assert_eq!(port_in("1795415000000\tgeckodriver\tINFO\tListening on 127.0.0.1:39241"), Some(39241));
    }
}
