//! The browser for the tests, Chrome or Chromium, and its WebDriver.

use std::path::{Path, PathBuf};

use crate::driver::{Driver, Ending};
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
        Driver::start(&self.driver, Ending::Asked)
    }
}
