//! Chrome and Firefox for the tests, and the programs that drive them by WebDriver.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::setup::{self, GECKODRIVER_TOOL, Tools};
use crate::{TaskResult, files, process};

/// Arguments of Chrome in tests.
const CHROME_ARGUMENTS: &str = "--headless=new --disable-gpu --disable-dev-shm-usage --disable-quic --disable-sync \
                                --disable-background-networking --disable-component-update --no-first-run --force-color-profile=srgb";

/// A browser with its driver.
pub struct WebBrowser {
    is_firefox: bool,
    /// Path of the browser.
    pub program: PathBuf,
    /// Path of its driver.
    pub driver: PathBuf,
}

/// Finds a program by its names on PATH, or by its path on macOS.
fn find_program(names: &[&str], mac_path: &str) -> Option<PathBuf> {
    let on_mac = || Some(PathBuf::from(mac_path)).filter(|file| file.is_file());
    names.iter().find_map(|name| process::find_on_path(name)).or_else(on_mac)
}

fn find_firefox() -> Option<PathBuf> {
    find_program(&["firefox-esr", "firefox"], "/Applications/Firefox.app/Contents/MacOS/firefox")
}

impl WebBrowser {
    /// Finds Chrome or Chromium.
    pub fn chrome() -> TaskResult<Self> {
        let driver = process::find_on_path("chromedriver");
        let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
        let missing = if driver.is_none() { "chromedriver" } else { "Chrome" };
        let found = driver.zip(find_program(&names, "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"));
        found.map(|(driver, program)| Self { is_firefox: false, program, driver }).ok_or_else(|| {
            format!(
                "the tests need Chrome and chromedriver of one version, and {missing} is not on PATH; Debian and Ubuntu have them as the \
                 packages chromium and chromium-driver, on macOS `brew install --cask google-chrome chromedriver` installs both"
            )
        })
    }

    /// Finds Firefox.
    pub fn firefox() -> TaskResult<Self> {
        let driver = Tools::find()?.find_program(&GECKODRIVER_TOOL).ok_or("geckodriver cannot be run")?;
        let program =
            find_firefox().ok_or("Firefox is not on PATH (Debian: firefox-esr, macOS: `brew install --cask firefox`)")?;
        Ok(Self { is_firefox: true, program, driver })
    }

    /// Finds Chrome, or installs it as a Debian package.
    pub fn set_up_chrome(root: &Path) -> TaskResult {
        if Self::chrome().is_err() {
            setup::install_debian_packages(root, &["chromium", "chromium-driver", "fonts-dejavu-core"])?;
        }
        Self::chrome().map(drop)
    }

    /// Finds Firefox, or installs it as a Debian package.
    pub fn set_up_firefox(root: &Path) -> TaskResult {
        if find_firefox().is_none() {
            // Ubuntu has only a snap package, which WebDriver cannot drive.
            let _ = setup::install_debian_packages(root, &["firefox-esr", "fonts-dejavu-core"]);
        }
        Self::firefox().map(drop)
    }

    /// Capabilities for a headless session.
    fn capabilities(&self) -> Value {
        if self.is_firefox {
            return json!({ "moz:firefoxOptions": { "binary": self.program, "args": ["-headless"] } });
        }
        let mut arguments: Vec<&str> = CHROME_ARGUMENTS.split(' ').collect();
        // Chrome refuses to start its sandbox for root.
        if setup::is_root() {
            arguments.push("--no-sandbox");
        }
        json!({ "goog:chromeOptions": { "binary": self.program, "args": arguments } })
    }

    /// Writes the file of capabilities that test runners read. Returns its path.
    pub fn write_capabilities(&self, root: &Path) -> TaskResult<PathBuf> {
        let file = root.join("target").join(if self.is_firefox { "firefox.json" } else { "webdriver.json" });
        files::write(&file, format!("{}\n", self.capabilities()))?;
        Ok(file)
    }

    /// Starts the driver on a free port.
    pub fn start_driver(&self, root: &Path) -> TaskResult<Driver> {
        let failed = |error: &str| format!("could not start {}: {error}", self.driver.display());
        let mut command = Command::new(&self.driver);
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| failed(&error.to_string()))?;
        let mut lines = BufReader::new(child.stdout.take().expect("standard output is piped")).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| port_in(&line));
        // A driver whose output is not read stops when the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        let Some(port) = port else {
            let _ = child.kill();
            return Err(failed("it ended before it printed its port"));
        };
        let capabilities = self.write_capabilities(root)?;
        Ok(Driver { child, address: format!("127.0.0.1:{port}"), is_firefox: self.is_firefox, capabilities })
    }
}

/// A running WebDriver. It ends when it is dropped.
pub struct Driver {
    child: Child,
    address: String,
    is_firefox: bool,
    /// File with the capabilities for its sessions.
    pub capabilities: PathBuf,
}

impl Driver {
    /// Address of the driver.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets the environment variables by which tests reach the browser.
    pub fn set_environment(&self, command: &mut Command) {
        command.env("MULTIWELL_WEBDRIVER", self.url()).env("MULTIWELL_CAPABILITIES", &self.capabilities);
    }

    fn request_shutdown(&self) -> std::io::Result<usize> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET /shutdown HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address)?;
        stream.read_to_end(&mut Vec::new())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Chromedriver closes its browsers on request. Geckodriver has no such request, and the tests close its browsers.
        if self.is_firefox || self.request_shutdown().is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// Port in `ChromeDriver was started successfully on port 45678.` or `... Listening on 127.0.0.1:45678`.
fn port_in(line: &str) -> Option<u16> {
    let after = ["successfully on port ", "Listening on 127.0.0.1:"].iter().find_map(|words| line.split_once(words))?.1;
    after.trim().trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::port_in;

    #[test]
    fn ports_are_read_from_the_output_of_both_drivers() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 45678."), Some(45678));
        assert_eq!(port_in("Starting ChromeDriver 156 on port 0"), None);
        assert_eq!(port_in("1795415000000\tgeckodriver\tINFO\tListening on 127.0.0.1:39241"), Some(39241));
    }
}
