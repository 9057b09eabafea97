//! The notebook widget: its front end in one file, and its test in JupyterLab.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};

use crate::chrome::Chrome;
use crate::serve::Site;
use crate::tally::Tally;
use crate::{Outcome, js, licences, process, python, setup, site};

/// The file, which the Python package brings along.
const FILE: &str = "python/multiwell/playground.js";
/// The most bytes that it may have.
const LARGEST: u64 = 1_500_000;

/// Makes the file: the compiled module, compressed, and the worker are texts in it; and beside it the licences of what others have written in the
/// Python package. Returns its path.
pub fn build(root: &Path) -> Outcome<PathBuf> {
    println!("[build] the notebook widget, into {FILE}");
    let tools = setup::Tools::find()?;
    let stage = root.join("target/widget");
    // Files of another version must not stay.
    let _ = std::fs::remove_dir_all(&stage);
    let failed = |error: std::io::Error| format!("could not prepare {}: {error}", stage.display());
    for folder in ["lib", "widget"] {
        site::copy_folder(&root.join("js").join(folder), &stage.join(folder))?;
    }
    let module = js::module(root)?;
    site::copy_folder(&module, &stage.join("wasm"))?;
    let bytes = std::fs::read(stage.join("wasm/multiwell_js_bg.wasm")).map_err(failed)?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let compressed = encoder.write_all(&bytes).and_then(|()| encoder.finish()).map_err(failed)?;
    std::fs::write(stage.join("widget/module.gz"), compressed).map_err(failed)?;

    // The module is handed to the script beside it, which therefore never asks where it lies itself.
    let common = ["--bundle", "--minify", "--target=es2022", "--log-level=warning", "--log-override:empty-import-meta=silent"];
    let bundle = |more: &[&str], output: &Path| {
        let mut esbuild = tools.program("esbuild", &stage)?;
        esbuild.args(common).args(more).arg(format!("--outfile={}", output.display()));
        process::run(&mut esbuild, "join the scripts of the notebook widget")
    };
    bundle(&["widget/worker.js", "--format=iife"], &stage.join("widget/worker.txt"))?;
    let file = root.join(FILE);
    bundle(&["widget/index.js", "--format=esm", "--loader:.gz=base64", "--loader:.txt=text", "--loader:.css=text"], &file)?;
    licences::text(root, &licences::WHEEL, &file.with_file_name(licences::TEXT))?;
    Ok(file)
}

/// The size of the file is checked, and the widget used in JupyterLab and in a page without a kernel.
pub fn test(root: &Path, chrome: &Chrome, capabilities: &Path, tally: &mut Tally) -> Outcome {
    let tools = setup::Tools::find()?;
    let python = python::install(root)?;
    // Jupyter runs where it is installed, and its kernels find the wheel and what it needs besides.
    let packages = std::env::join_paths([python::packages(root, &python)?, python::packages(root, &tools.python())?])
        .map_err(|error| format!("the folder of the packages cannot be named: {error}"))?;
    let file = root.join(FILE);
    let size = std::fs::metadata(&file).map_err(|error| format!("could not read {}: {error}", file.display()))?.len();
    println!("{}: {:.0} KB", file.display(), site::kilobytes(size));
    tally.count(size <= LARGEST);
    if size > LARGEST {
        return Err(format!("the notebook widget has {size} bytes, and {LARGEST} is the most that it may have"));
    }
    let folder = root.join("target/widget/notebooks");
    site::copy_folder(&root.join("js/widget/test"), &folder)?;
    std::fs::copy(root.join("js/test/browser.mjs"), folder.join("browser.mjs"))
        .map_err(|error| format!("could not copy: {error}"))?;
    let site = Site::start(&folder, 0)?;
    let driver = chrome.drive()?;
    let mut node = process::program("node", &folder);
    node.args(["--test", "--test-reporter=tap"])
        .env("MULTIWELL_SITE", &site.url)
        .env("MULTIWELL_JUPYTER", tools.notebook())
        .env("MULTIWELL_PACKAGES", packages)
        .env("MULTIWELL_WEBDRIVER", driver.url())
        .env("MULTIWELL_CAPABILITIES", capabilities)
        .env("MULTIWELL_SCREENSHOTS", root.join("target/screenshots"));
    process::run_seeing(&mut node, "pass the tests of the notebook widget", |line| tally.see(line))
}
