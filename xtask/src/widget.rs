//! The notebook widget: build of its front end as one file, and its test in JupyterLab.

use std::path::{Path, PathBuf};

use crate::setup::{NOTEBOOK_PACKAGES, PYTHON_PACKAGES, Tools};
use crate::tally::Tally;
use crate::{TaskResult, files, js, licences, python};

/// The front end, which the Python package contains.
const FRONT_END: &str = "bindings/python/multiwell/playground.js";
/// Maximum size of the front end, in bytes.
const MAX_FRONT_END_BYTES: u64 = 1_500_000;

/// Builds the front end, which contains the compressed module and the worker as texts. Writes the licences of both packages for pip to their
/// folders. Returns the path of the front end.
pub fn build(root: &Path) -> TaskResult<PathBuf> {
    println!("[build] the notebook widget, into {FRONT_END}");
    let stage = root.join("target/widget");
    files::create_empty_folder(&stage)?;
    files::copy_folder(&root.join("bindings/js/widget"), &stage.join("widget"))?;
    js::write_scripts(root, &stage, "widget/worker.js")?;
    let file = root.join(FRONT_END);
    js::bundle(&stage, Path::new("widget/index.js"), &["--format=esm", "--loader:.css=text"], &file)?;
    licences::write_text(root, &licences::WHEEL_ARTEFACT, &file.with_file_name(licences::TEXT_NAME))?;
    licences::write_text(root, &licences::CLI_ARTEFACT, &root.join("cli").join(licences::TEXT_NAME))?;
    Ok(file)
}

/// Checks the size of the front end, and tests the widget in JupyterLab and in a page without a kernel.
pub fn test(root: &Path, tally: &mut Tally) -> TaskResult {
    let tools = Tools::find()?;
    // Jupyter runs in a separate environment. Its kernels find the wheel and the required packages here.
    let packages = [python::install(root)?, python::packages_folder(root, &tools.python(&PYTHON_PACKAGES))?];
    let packages = std::env::join_paths(packages).map_err(|error| format!("could not name the folders of packages: {error}"))?;
    tally.check(files::check_size(&root.join(FRONT_END), MAX_FRONT_END_BYTES))?;
    let folder = root.join("target/widget/notebooks");
    files::copy_folder(&root.join("bindings/js/widget/test"), &folder)?;
    files::copy_files(&["browser.mjs"], &root.join("bindings/js/test"), &folder)?;
    let variables = [
        ("MULTIWELL_JUPYTER", tools.python(&NOTEBOOK_PACKAGES).into()),
        ("MULTIWELL_PACKAGES", packages),
        ("MULTIWELL_SCREENSHOTS", root.join("target/screenshots").into()),
    ];
    js::run_tests(root, &folder, tally, &variables)
}
