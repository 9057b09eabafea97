//! `cargo xtask shots`, `cargo xtask measure` and `cargo xtask soak`: what the built page looks like, how it moves and loads, and what becomes of it when it is used
//! for a long time, in Chrome. All are programs of the crate `e2e`; what must hold is asserted by its tests.

use std::path::Path;
use std::time::SystemTime;

use crate::serve::{Manner, Site};
use crate::{Outcome, chrome, process, setup, site};

/// What is asked of the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// Pictures of every view, into this folder.
    Shots { out: Option<std::path::PathBuf> },
    /// Layout shift, the time of the first picture, long tasks and frames.
    Measure,
    /// Whether it stands being used by chance.
    Soak(Soaking),
}

/// How long the page is used by chance, and by which.
#[derive(Clone, Debug, PartialEq)]
pub struct Soaking {
    /// Minutes.
    pub minutes: f64,
    /// The seed; the time of day if it is not given.
    pub seed: Option<u64>,
}

impl Default for Soaking {
    fn default() -> Self {
        Self { minutes: 60.0, seed: None }
    }
}

impl Soaking {
    /// Takes the text after `--minutes`.
    pub fn take_minutes(&mut self, text: &str) -> Outcome {
        let minutes = text.parse().ok().filter(|minutes: &f64| *minutes > 0.0 && *minutes < 1e5);
        self.minutes = minutes.ok_or_else(|| format!("--minutes takes a number above 0, not {text}"))?;
        Ok(())
    }

    /// Takes the text after `--seed`.
    pub fn take_seed(&mut self, text: &str) -> Outcome {
        self.seed = Some(text.parse().map_err(|_| format!("--seed takes a whole number from 0 on, not {text}"))?);
        Ok(())
    }
}

/// Answers a question about the page, which is built first unless `build` says otherwise.
pub fn run(root: &Path, question: &Question, build: bool) -> Outcome {
    if build {
        setup::for_page(root)?;
        site::build(root)?;
    }
    let dist = root.join(site::DIST);
    if !dist.join("index.html").is_file() {
        return Err(format!("{} holds no page yet; leave --skip-build away", dist.display()));
    }
    let chrome = chrome::set_up(root)?;
    let capabilities = root.join("target/webdriver.json");
    chrome.write_capabilities(&capabilities)?;
    // Relative to where the command is given.
    let absolute =
        |folder: &std::path::PathBuf| std::path::absolute(folder).map_err(|error| format!("{}: {error}", folder.display()));
    let (program, manner, out) = match question {
        Question::Shots { out: Some(out) } => ("shots", Manner::Fresh, absolute(out)?),
        Question::Shots { out: None } => ("shots", Manner::Fresh, root.join("target/shots")),
        Question::Measure => ("measure", Manner::AsHosted, root.join("target/screenshots")),
        Question::Soak(_) => ("soak", Manner::Fresh, root.join("target/soak")),
    };
    let site = Site::start_in(&dist, 0, manner)?;
    let driver = chrome.drive()?;
    let mut cargo = process::program("cargo", root);
    cargo
        .args(["run", "--quiet", "--package", "e2e", "--bin", program])
        .env("RUST_BACKTRACE", "0")
        .env("MULTIWELL_PAGE", &site.url)
        .env("MULTIWELL_WEBDRIVER", driver.url())
        .env("MULTIWELL_CAPABILITIES", capabilities)
        .env("MULTIWELL_SCREENSHOTS", out);
    if let Question::Soak(Soaking { minutes, seed }) = question {
        let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(1, |time| time.as_secs());
        cargo.env("MULTIWELL_SOAK_MINUTES", minutes.to_string());
        cargo.env("MULTIWELL_SOAK_SEED", seed.unwrap_or_else(now).to_string());
        return process::run(&mut cargo, "use the page by chance without a fault");
    }
    process::run(&mut cargo, "look at the page")
}
