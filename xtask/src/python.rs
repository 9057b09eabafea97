//! The Python package: its wheel, and the tests of the installed wheel.

use std::path::{Path, PathBuf};

use crate::setup::{PYTHON_PACKAGES, Tools};
use crate::tally::Tally;
use crate::{TaskResult, files, process, widget};

/// Maximum size of the wheel, in bytes: a tenth more than it has.
const MAX_WHEEL_BYTES: u64 = 4_100_000;

/// Builds the wheel with the notebook widget in it, and installs it into a separate folder. Returns that folder.
pub fn install(root: &Path) -> TaskResult<PathBuf> {
    let tools = Tools::find()?;
    widget::build(root)?;
    let folder = root.join("target/python");
    files::create_empty_folder(&folder)?;
    let mut pip = process::program(tools.python(&PYTHON_PACKAGES), root);
    process::prepend_path(&mut pip, tools.python(&PYTHON_PACKAGES).parent())?;
    pip.args(["-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-build-isolation", "--no-deps"]);
    process::run(pip.arg("--wheel-dir").arg(&folder).arg(root.join("bindings/python")), "build the wheel of the Python package")?;
    let is_wheel = |path: &PathBuf| path.extension().is_some_and(|end| end == "whl");
    let wheel = files::list(&folder)?.into_iter().find(is_wheel).ok_or("pip has built no wheel")?;
    files::check_size(&wheel, MAX_WHEEL_BYTES)?;
    let site = folder.join("site");
    let mut pip = process::program(tools.python(&PYTHON_PACKAGES), root);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target"]).arg(&site).arg(&wheel);
    // Users without a compiler install the wheel in the same way.
    process::run(pip.env("PATH", ""), "install the wheel")?;
    Ok(site)
}

/// Tests the installed wheel and checks its type stubs.
pub fn test(root: &Path, tally: &mut Tally) -> TaskResult {
    let site = tally.check(install(root))?;
    let python = Tools::find()?.python(&PYTHON_PACKAGES);
    // In the folder of the package, Python would import its sources instead of the wheel.
    let tests = root.join("bindings/python/tests");
    let mut mypy = process::program(&python, &tests);
    let stubs = ["multiwell/__init__.pyi", "multiwell/_multiwell.pyi"].map(|file| root.join("bindings/python").join(file));
    tally.check(process::run(mypy.args(["-m", "mypy", "--strict"]).args(stubs), "check the type stubs by mypy"))?;
    // The tests compare the bits of fits with those of the command line.
    let mut pytest = process::program(&python, &tests);
    pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "."]);
    pytest.env("PYTHONPATH", site).env("MULTIWELL_PROGRAM", process::build_program(root)?);
    process::run_with_lines(&mut pytest, "pass the tests of the Python package", |line| tally.add_line(line))
}

/// Folder of the packages of an environment.
pub fn packages_folder(root: &Path, python: &Path) -> TaskResult<PathBuf> {
    let mut print = process::program(python, root);
    process::output(print.args(["-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]))
        .map(PathBuf::from)
        .ok_or_else(|| format!("{} does not print the folder of its packages", python.display()))
}
