//! The Python package: its wheel, built as pip builds it, and its tests in an environment of their own.

use std::path::{Path, PathBuf};

use crate::tally::Tally;
use crate::{Outcome, process, setup, site, widget};

/// The most bytes that the wheel may have.
const LARGEST_WHEEL: u64 = 6_000_000;

/// Builds the wheel, with the notebook widget in it, and installs it where nothing else is installed. Returns the Python there.
pub fn install(root: &Path) -> Outcome<PathBuf> {
    let tools = setup::Tools::find()?;
    widget::build(root)?;
    let folder = root.join("target/python");
    // The wheel of another version must not be found.
    let _ = std::fs::remove_dir_all(&folder);
    let mut pip = process::program(tools.python(), root);
    process::prepend_path(&mut pip, tools.python().parent())?;
    pip.args(["-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-build-isolation", "--no-deps"]);
    process::run(pip.arg("--wheel-dir").arg(&folder).arg(root.join("python")), "build the wheel of the Python package")?;
    let wheel = wheel_in(&folder)?;
    let size = std::fs::metadata(&wheel).map_err(|error| format!("could not read {}: {error}", wheel.display()))?.len();
    println!("{}: {:.0} KB", wheel.display(), site::kilobytes(size));
    if size > LARGEST_WHEEL {
        return Err(format!("the wheel has {size} bytes, and {LARGEST_WHEEL} is the most that it may have"));
    }
    let python = environment(root, &tools, &folder.join("environment"))?;
    let mut pip = process::program(&python, root);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]).arg(&wheel);
    process::run(&mut pip, "install the wheel")?;
    Ok(python)
}

/// Tests the wheel where nothing else is installed; checks its type stubs.
pub fn test(root: &Path, tally: &mut Tally) -> Outcome {
    let installed = install(root);
    tally.count(installed.is_ok());
    let python = installed?;

    // Not from the folder of the package, whose sources would be found in place of the wheel.
    let tests = root.join("python/tests");
    let mut mypy = process::program(&python, &tests);
    let stubs = ["multiwell/__init__.pyi", "multiwell/_multiwell.pyi"].map(|file| root.join("python").join(file));
    let checked = process::run(mypy.args(["-m", "mypy", "--strict"]).args(stubs), "check the type stubs by mypy");
    tally.count(checked.is_ok());
    checked?;
    // The bits of fits are compared with those of the command line.
    let mut cargo = process::program("cargo", root);
    let program = ["build", "--quiet", "--release", "--package", "multiwell-cli"];
    process::run(cargo.args(program), "build the command line")?;
    let mut pytest = process::program(&python, &tests);
    pytest
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "."])
        .env("MULTIWELL_PROGRAM", root.join("target/release/multiwell"));
    process::run_seeing(&mut pytest, "pass the tests of the Python package", |line| tally.see(line))
}

/// The Python of a new environment that sees the packages of the tools, and no other.
fn environment(root: &Path, tools: &setup::Tools, folder: &Path) -> Outcome<PathBuf> {
    let mut make = process::program(tools.python(), root);
    process::run(make.args(["-m", "venv"]).arg(folder), "make an environment for the tests of the Python package")?;
    let python = folder.join("bin/python");
    let seen = packages(root, &python)?.join("tools.pth");
    let all = [tools.python(), tools.notebook()].map(|python| packages(root, &python).map(|folder| folder.display().to_string()));
    let all = all.into_iter().collect::<Outcome<Vec<_>>>()?.join("\n");
    std::fs::write(&seen, all).map_err(|error| format!("could not write {}: {error}", seen.display()))?;
    Ok(python)
}

/// The folder of the packages of an environment, given its Python.
pub fn packages(root: &Path, python: &Path) -> Outcome<PathBuf> {
    let mut asked = process::program(python, root);
    process::answer(asked.args(["-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]))
        .map(PathBuf::from)
        .ok_or_else(|| format!("{} does not say where its packages are", python.display()))
}

/// The wheel in a folder.
fn wheel_in(folder: &Path) -> Outcome<PathBuf> {
    let files = std::fs::read_dir(folder).map_err(|error| format!("could not read {}: {error}", folder.display()))?;
    let mut paths = files.flatten().map(|file| file.path());
    paths.find(|path| path.extension().is_some_and(|end| end == "whl")).ok_or_else(|| "pip has built no wheel".into())
}
