//! The Python package: its wheel, and the tests of the wheel in a separate environment.

use std::path::{Path, PathBuf};

use crate::setup::{PYTHON_PACKAGES, Tools, WIDGET_PACKAGES};
use crate::tally::Tally;
use crate::{TaskResult, files, process, widget};

/// Maximum size of the wheel, in bytes.
const MAX_WHEEL_BYTES: u64 = 6_000_000;

/// Builds the wheel with the notebook widget in it, and installs it into a new environment. Returns the interpreter there.
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
    let python = create_environment(root, &folder.join("environment"))?;
    let mut pip = process::program(&python, root);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]).arg(&wheel);
    process::run(&mut pip, "install the wheel")?;
    Ok(python)
}

/// Tests the installed wheel and checks its type stubs.
pub fn test(root: &Path, tally: &mut Tally) -> TaskResult {
    let python = tally.check(install(root))?;
    // In the folder of the package, Python would import its sources instead of the wheel.
    let tests = root.join("bindings/python/tests");
    let mut mypy = process::program(&python, &tests);
    let stubs = ["multiwell/__init__.pyi", "multiwell/_multiwell.pyi"].map(|file| root.join("bindings/python").join(file));
    tally.check(process::run(mypy.args(["-m", "mypy", "--strict"]).args(stubs), "check the type stubs by mypy"))?;
    // The tests compare the bits of fits with those of the command line.
    process::run(&mut process::cargo(root, "build --quiet --release --package multiwell-cli"), "build the command line")?;
    let mut pytest = process::program(&python, &tests);
    pytest
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "."])
        .env("MULTIWELL_PROGRAM", root.join("target/release/multiwell"));
    process::run_with_lines(&mut pytest, "pass the tests of the Python package", |line| tally.add_line(line))
}

/// Creates an environment in which the packages of the tools are available, and no others. Returns its interpreter.
fn create_environment(root: &Path, folder: &Path) -> TaskResult<PathBuf> {
    let tools = Tools::find()?;
    let mut venv = process::program(tools.python(&PYTHON_PACKAGES), root);
    process::run(venv.args(["-m", "venv"]).arg(folder), "make an environment for the tests of the Python package")?;
    let python = folder.join("bin/python");
    let folder = |environment| Ok(packages_folder(root, &tools.python(environment))?.display().to_string());
    let folders = [&PYTHON_PACKAGES, &WIDGET_PACKAGES].into_iter().map(folder).collect::<TaskResult<Vec<_>>>()?.join("\n");
    files::write(&packages_folder(root, &python)?.join("tools.pth"), folders)?;
    Ok(python)
}

/// Folder of the packages of an environment.
pub fn packages_folder(root: &Path, python: &Path) -> TaskResult<PathBuf> {
    let mut print = process::program(python, root);
    process::output(print.args(["-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]))
        .map(PathBuf::from)
        .ok_or_else(|| format!("{} does not print the folder of its packages", python.display()))
}
