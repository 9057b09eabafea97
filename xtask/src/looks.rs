//! `cargo xtask shots` and `cargo xtask measure`: what the built page looks like, and how it moves and loads, in Chrome. Both are programs of
//! the crate `e2e`, which only tell; what must hold is asserted by its tests.

use std::path::Path;

use crate::serve::{Manner, Site};
use crate::{Outcome, chrome, process, setup, site};

/// What is asked of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Pictures of every view, into this folder.
    Shots { out: Option<std::path::PathBuf> },
    /// Layout shift, the time of the first picture, long tasks and frames.
    Measure,
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
    process::run(&mut cargo, "look at the page")
}
