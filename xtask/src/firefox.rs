//! Firefox for the tests, and its WebDriver, geckodriver.

use std::path::{Path, PathBuf};

use crate::driver::{Driver, Ending};
use crate::{Outcome, process, setup};

/// A browser that can be driven.
pub struct Firefox {
    browser: PathBuf,
    driver: PathBuf,
}

/// The path on macOS.
const MAC: &str = "/Applications/Firefox.app/Contents/MacOS/firefox";

/// The browser, if it is there.
pub fn find() -> Option<PathBuf> {
    let names = ["firefox-esr", "firefox"];
    names.into_iter().find_map(process::on_path).or_else(|| Some(PathBuf::from(MAC)).filter(|file| file.is_file()))
}

/// Finds Firefox, and compiles its driver if it is missing. On Debian, if run as root, installs Firefox if it is missing.
pub fn set_up(root: &Path) -> Outcome<Firefox> {
    let driver = setup::for_firefox(root)?;
    if find().is_none() {
        // Ubuntu has no such package but one of snap, which cannot be driven as it is.
        let _ = setup::install_debian(root, &["firefox-esr", "fonts-dejavu-core"]);
    }
    let missing = || {
        let how = if cfg!(target_os = "macos") {
            "`brew install --cask firefox` installs it"
        } else {
            "Debian has it as the package firefox-esr; elsewhere put that of mozilla.org on PATH"
        };
        format!("these tests need Firefox, and neither firefox-esr nor firefox is on PATH; {how}")
    };
    let browser = find().ok_or_else(missing)?;
    setup::say(&format!("{}: there", browser.display()));
    Ok(Firefox { browser, driver })
}

impl Firefox {
    /// Writes the capabilities file that the tests read.
    pub fn write_capabilities(&self, file: &Path) -> Outcome {
        let binary = self.browser.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
        let text = format!("{{\"moz:firefoxOptions\": {{\"binary\": \"{binary}\", \"args\": [\"-headless\"]}}}}\n");
        std::fs::write(file, text).map_err(|error| format!("could not write {}: {error}", file.display()))
    }

    /// Starts the driver on a free port.
    pub fn drive(&self) -> Outcome<Driver> {
        Driver::start(&self.driver, Ending::Killed)
    }
}
