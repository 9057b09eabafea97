//! The browser for the tests, Chrome or Chromium, and its WebDriver.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::{Outcome, process, setup};

/// A browser that can be driven.
pub struct Chrome {
    /// The path of the browser; `None` if the driver finds it by itself.
    pub browser: Option<PathBuf>,
    /// The path of the driver.
    pub driver: PathBuf,
}

/// The path on macOS.
const MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// Finds Chrome and its driver. On Debian, if run as root, installs them if they are missing.
pub fn set_up(root: &Path) -> Outcome<Chrome> {
    if let Some(chrome) = find() {
        setup::say("Chrome and chromedriver: there");
        return Ok(chrome);
    }
    if setup::install_debian(root, &["chromium", "chromium-driver", "fonts-dejavu-core"])?
        && let Some(chrome) = find()
    {
        return Ok(chrome);
    }
    Err(format!(
        "the tests need Chrome and chromedriver of one version, and {} is not on PATH; {}",
        if process::on_path("chromedriver").is_none() { "chromedriver" } else { "Chrome" },
        if cfg!(target_os = "macos") {
            "`brew install --cask google-chrome chromedriver` installs both"
        } else {
            "Debian and Ubuntu have them as the packages chromium and chromium-driver"
        }
    ))
}

/// Chrome and its driver, if they are there.
pub fn find() -> Option<Chrome> {
    let driver = process::on_path("chromedriver")?;
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    let browser =
        names.into_iter().find_map(process::on_path).or_else(|| Some(PathBuf::from(MAC)).filter(|file| file.is_file()))?;
    Some(Chrome { browser: Some(browser), driver })
}

/// The arguments of the browser in tests.
fn arguments() -> Vec<&'static str> {
    let mut arguments = vec![
        "--headless=new",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--disable-sync",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        "--force-color-profile=srgb",
    ];
    // For root, Chrome refuses to start its sandbox.
    if setup::is_root() {
        arguments.push("--no-sandbox");
    }
    arguments
}

impl Chrome {
    /// Writes the capabilities file that the WebAssembly test runner reads.
    pub fn write_capabilities(&self, file: &Path) -> Outcome {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let arguments = arguments().into_iter().map(quoted).collect::<Vec<_>>().join(", ");
        let binary = self.browser.as_ref().map(|path| format!("\"binary\": {}, ", quoted(&path.to_string_lossy())));
        let text = format!("{{\"goog:chromeOptions\": {{{}\"args\": [{arguments}]}}}}\n", binary.unwrap_or_default());
        std::fs::write(file, text).map_err(|error| format!("could not write {}: {error}", file.display()))
    }

    /// Starts the driver on a free port.
    pub fn drive(&self) -> Outcome<Driver> {
        let failed = |error: &str| format!("could not start {}: {error}", self.driver.display());
        let mut child = Command::new(&self.driver)
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
        Ok(Driver { child, address: format!("127.0.0.1:{port}") })
    }
}

/// A running WebDriver, ended when dropped.
pub struct Driver {
    child: Child,
    address: String,
}

impl Driver {
    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // On a request to end, the driver closes its browsers first; a killed driver would leave them running. It may have ended
        // already.
        let asked = TcpStream::connect(&self.address).and_then(|mut stream| {
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            write!(stream, "GET /shutdown HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address)?;
            stream.read_to_end(&mut Vec::new())
        });
        if asked.is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// The port in `ChromeDriver was started successfully on port 45678.`
fn port_in(line: &str) -> Option<u16> {
    line.split_once("successfully on port ")?.1.trim().trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::port_in;

    #[test]
    fn the_driver_says_its_port() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 45678."), Some(45678));
        assert_eq!(port_in("Starting ChromeDriver 156 on port 0"), None);
    }
}
