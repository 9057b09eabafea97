//! `cargo xtask bench`: measurement of the speed natively and in Chrome, and comparison with the recorded run.
//!
//! `benches/bench.py` sends requests to both targets and prints the tables. The native target is `benches/speed`. The other one is the module in a
//! dedicated worker of a bare page (`benches/web`), built with the feature `bench`.

use std::path::{Path, PathBuf};

use crate::browser::WebBrowser;
use crate::serve::{CachePolicy, Site};
use crate::setup::{self, PAGE_TOOLS, SetupTool};
use crate::{TaskResult, files, process, site};

/// Options of the command line.
#[derive(Debug, PartialEq, clap::Args)]
pub struct BenchOptions {
    /// Number of rounds
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// Record this run in benches/recorded.json
    #[arg(long)]
    record: bool,
    /// Write the files for benches/peers into this folder, and measure nothing
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
}

/// Builds both targets and times them.
pub fn run(root: &Path, options: &BenchOptions) -> TaskResult {
    setup::install(root, [PAGE_TOOLS, &[SetupTool::Chrome]].concat())?;
    site::build_page(root, &["--features", "bench"])?;
    let mut cargo = process::cargo(root, "bench --quiet --package multiwell --bench speed --no-run");
    process::run(&mut cargo, "build the native side of the bench")?;
    let folder = options.export.clone().unwrap_or_else(|| root.join("target/bench"));
    let folder = std::path::absolute(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let page = folder.join("site");
    files::copy_files(&["multiwell_web.js", "multiwell_web_bg.wasm", "worker.js"], &root.join(site::DIST_FOLDER), &page)?;
    files::copy_files(&["index.html", "bench.js", "bench-worker.js"], &root.join("benches/web"), &page)?;
    let mut python = process::program("python3", root);
    python.arg("benches/bench.py");
    if options.export.is_some() {
        return process::run(python.arg("--export").arg(folder), "write the workloads");
    }
    let (site, driver) = (Site::start(&page, 0, CachePolicy::NoStore)?, WebBrowser::chrome()?.start_driver(root)?);
    python.arg("--rounds").arg(options.rounds.to_string()).args(options.record.then_some("--record"));
    driver.set_environment(python.env("MULTIWELL_SITE", &site.url));
    process::run(&mut python, "time both targets")
}
