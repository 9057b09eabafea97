//! The Python package: its wheel, built as pip builds it, and its tests in an environment of their own.

use std::path::{Path, PathBuf};

use crate::tally::Tally;
use crate::{Outcome, process, setup, site};

/// The most bytes that the wheel may have.
const LARGEST_WHEEL: u64 = 6_000_000;

/// Builds the wheel, installs it where nothing else is installed, and tests it there; checks its type stubs.
pub fn test(root: &Path, tally: &mut Tally) -> Outcome {
    let tools = setup::Tools::find()?;
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
    tally.count(size <= LARGEST_WHEEL);
    if size > LARGEST_WHEEL {
        return Err(format!("the wheel has {size} bytes, and {LARGEST_WHEEL} is the most that it may have"));
    }
    let python = environment(root, &tools, &folder.join("environment"))?;
    let mut pip = process::program(&python, root);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]).arg(&wheel);
    process::run(&mut pip, "install the wheel")?;

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
    let packages = |python: &Path| {
        let mut asked = process::program(python, root);
        process::answer(asked.args(["-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]))
            .ok_or_else(|| format!("{} does not say where its packages are", python.display()))
    };
    let seen = Path::new(&packages(&python)?).join("tools.pth");
    std::fs::write(&seen, packages(&tools.python())?).map_err(|error| format!("could not write {}: {error}", seen.display()))?;
    Ok(python)
}

/// The wheel in a folder.
fn wheel_in(folder: &Path) -> Outcome<PathBuf> {
    let files = std::fs::read_dir(folder).map_err(|error| format!("could not read {}: {error}", folder.display()))?;
    let mut paths = files.flatten().map(|file| file.path());
    paths.find(|path| path.extension().is_some_and(|end| end == "whl")).ok_or_else(|| "pip has built no wheel".into())
}
