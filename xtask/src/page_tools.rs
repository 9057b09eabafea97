//! `cargo xtask shots`, `measure` and `soak`: programs of the crate in `tests/page` that use the built page in Chrome.

use std::path::{Path, PathBuf};

use crate::browser::WebBrowser;
use crate::serve::{CachePolicy, Site};
use crate::setup::{self, PAGE_TOOLS, SetupTool};
use crate::{TaskResult, process, site};

/// Builds the page unless `skip_build` is set, and runs a program on it that writes into `out`.
pub fn run(root: &Path, program: &str, out: &Path, variables: &[(&str, String)], skip_build: bool) -> TaskResult {
    let tools: &[SetupTool] = if skip_build { &[] } else { PAGE_TOOLS };
    setup::install(root, [tools, &[SetupTool::Chrome]].concat())?;
    if !skip_build {
        site::build(root)?;
    }
    site::check_built(root)?;
    // Loading times are measured with the caching of a static host.
    let policy = if program == "measure" { CachePolicy::TenMinutes } else { CachePolicy::NoStore };
    let site = Site::start(&root.join(site::DIST_FOLDER), 0, policy)?;
    let driver = WebBrowser::chrome()?.start_driver(root)?;
    let out: PathBuf = std::path::absolute(out).map_err(|error| format!("{}: {error}", out.display()))?;
    let mut cargo = process::cargo(root, &format!("run --quiet --package multiwell-page-tests --bin {program}"));
    cargo.env("RUST_BACKTRACE", "0").env("MULTIWELL_PAGE", &site.url).env("MULTIWELL_SCREENSHOTS", out);
    cargo.envs(variables.iter().map(|(name, value)| (name, value)));
    driver.set_environment(&mut cargo);
    process::run(&mut cargo, &format!("run `{program}` on the page"))
}
