//! Sets up everything that builds and tests need.
//!
//! Rust tools are compiled by `cargo install`; `wasm-opt`, axe-core and TypeScript are npm packages; NumPy, JAX and what else exported code is run with are
//! packages of Python. Their versions are fixed here, and they
//! are installed into [`Tools::folder`]. The browser and gfortran are left to the user, except where Debian packages can be installed
//! without asking.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::{Outcome, chrome, process};

pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// A program installed by `cargo install`.
pub(super) struct RustTool {
    pub(super) package: &'static str,
    /// The version, or the package in Cargo.lock whose version it must equal.
    version: Version,
    /// The program whose `--version` is checked.
    program: &'static str,
    /// Whether its dependencies have the versions that it was published with.
    locked: bool,
    features: &'static [&'static str],
    /// Optimisation level. Most of the tools do so little that optimised builds take longer than they save.
    optimisation: &'static str,
    purpose: &'static str,
}

pub(super) enum Version {
    Exactly(&'static str),
    OfLocked(&'static str),
}

/// wasm-bindgen requires program and crate to have the same version.
pub(super) const WASM_BINDGEN: RustTool = RustTool {
    package: "wasm-bindgen-cli",
    version: Version::OfLocked("wasm-bindgen"),
    program: "wasm-bindgen",
    locked: false,
    features: &[],
    optimisation: "1",
    purpose: "runs WebAssembly tests, for wasm-pack",
};

pub(super) const WASM_PACK: RustTool = RustTool {
    package: "wasm-pack",
    version: Version::Exactly("0.15.1"),
    program: "wasm-pack",
    locked: true,
    features: &[],
    optimisation: "0",
    purpose: "runs WebAssembly tests in a browser",
};

pub(super) const MDBOOK: RustTool = RustTool {
    package: "mdbook",
    version: Version::Exactly("0.5.4"),
    program: "mdbook",
    locked: true,
    features: &["--no-default-features"],
    optimisation: "0",
    purpose: "builds the book, and the example of one that embeds the page",
};

/// Checks licences, sources and versions of dependencies.
pub(super) const CARGO_DENY: RustTool = RustTool {
    package: "cargo-deny",
    version: Version::Exactly("0.20.2"),
    program: "cargo-deny",
    locked: true,
    features: &[],
    optimisation: "0",
    purpose: "checks the licences and the sources of dependencies",
};

/// Changes the program in small ways, to see whether a test notices.
pub(super) const CARGO_MUTANTS: RustTool = RustTool {
    package: "cargo-mutants",
    version: Version::Exactly("27.1.0"),
    program: "cargo-mutants",
    locked: true,
    features: &[],
    optimisation: "0",
    purpose: "changes the program in small ways, to see whether a test notices",
};

/// Drives Firefox.
pub(super) const GECKODRIVER: RustTool = RustTool {
    package: "geckodriver",
    version: Version::Exactly("0.37.1"),
    program: "geckodriver",
    locked: true,
    features: &[],
    optimisation: "0",
    purpose: "drives Firefox",
};

/// A package installed by npm.
pub(super) struct NpmPackage {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// The file in it that is used.
    file: &'static str,
    /// A program that does as well where it is on PATH and says that it is of this version.
    program: Option<(&'static str, &'static str)>,
    purpose: &'static str,
}

/// Contains `wasm-opt`.
pub(super) const BINARYEN: NpmPackage = NpmPackage {
    name: "binaryen",
    version: "132.0.0",
    file: "bin/wasm-opt",
    program: Some(("wasm-opt", "132")),
    purpose: "makes the module smaller and faster",
};

/// A single script, which the tests of the page run in the page.
pub(super) const AXE: NpmPackage = NpmPackage {
    name: "axe-core",
    version: "4.14.1",
    file: "axe.min.js",
    program: None,
    purpose: "checks the page for accessibility in the tests",
};

/// Checks the types of the npm package.
pub(super) const TYPESCRIPT: NpmPackage = NpmPackage {
    name: "typescript",
    version: "6.0.3",
    file: "bin/tsc",
    program: None,
    purpose: "checks the types of the npm package",
};

/// Joins the scripts of the notebook widget into one file.
pub(super) const ESBUILD: NpmPackage = NpmPackage {
    name: "esbuild",
    version: "0.28.2",
    file: "bin/esbuild",
    program: None,
    purpose: "joins the scripts of the notebook widget",
};

/// What exported code is run with (finite elements by scikit-fem), and what the Python package is built and tested with: packages of Python, in a virtual environment of their own.
pub(super) const PYTHON_PACKAGES: [&str; 13] = [
    "numpy==2.4.6",
    "jax==0.10.2",
    "onnx==1.23.2",
    "onnxruntime==1.31.1",
    "sympy==1.14.0",
    "maturin==1.16.0",
    "scikit-learn==1.9.1",
    "pandas==3.1.1",
    "matplotlib==3.11.2",
    "scikit-fem==12.0.2",
    "tqdm==4.70.1",
    "pytest==9.2.0",
    "mypy==2.4.1",
];

/// What the notebook widget is tested with, in another environment.
pub(super) const NOTEBOOK_PACKAGES: [&str; 2] = ["anywidget==0.11.0", "jupyterlab==4.6.6"];

/// What the example of a Dask cluster runs in, in another environment.
const CLUSTER_PACKAGES: [&str; 1] = ["distributed==2026.8.0"];

/// The folders of the tools.
pub struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// The tools of the user: `multiwell/tools` in `$XDG_CACHE_HOME`, or in `~/Library/Caches` on macOS, or in `~/.cache`.
    pub fn find() -> Outcome<Self> {
        let named = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = || named("HOME").map(|home| home.join(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }));
        let cache = named("XDG_CACHE_HOME").or_else(home).ok_or("neither XDG_CACHE_HOME nor HOME is set; set one of them")?;
        Ok(Self { folder: cache.join("multiwell").join("tools") })
    }

    /// The folder that holds everything installed.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folders that contain programs.
    pub fn path(&self) -> [PathBuf; 2] {
        [self.folder.join("bin"), self.folder.join("npm/node_modules/.bin")]
    }

    /// A command that finds the tools first.
    pub fn program(&self, name: &str, folder: &Path) -> Outcome<Command> {
        let path = self.path();
        let full = path.iter().map(|folder| folder.join(name)).find(|file| file.is_file());
        let mut command = process::program(full.unwrap_or_else(|| name.into()), folder);
        process::prepend_path(&mut command, path.iter().map(PathBuf::as_path))?;
        Ok(command)
    }

    /// Removes everything installed.
    pub fn remove(&self) -> Outcome {
        if self.folder.exists() {
            std::fs::remove_dir_all(&self.folder)
                .map_err(|error| format!("could not remove {}: {error}", self.folder.display()))?;
        }
        say(&format!("{} is gone", self.folder.display()));
        Ok(())
    }

    /// The version of a program that is wanted, and where it is: among the tools, or else on PATH.
    pub(super) fn find_program(&self, root: &Path, tool: &RustTool) -> Outcome<(String, Option<PathBuf>)> {
        let version = version_of(root, tool)?;
        let own = self.folder.join("bin").join(tool.program);
        let place = [Some(own), process::on_path(tool.program)].into_iter().flatten().find(|file| is_of_version(file, &version));
        Ok((version, place))
    }

    fn install(&self, root: &Path, tool: &RustTool) -> Outcome {
        let (version, place) = self.find_program(root, tool)?;
        let named = format!("{} {version}", tool.package);
        if place.is_some() {
            say(&format!("{named}: there"));
            return Ok(());
        }
        say(&format!("{named} {}: installing into {} (some minutes, once)", tool.purpose, self.folder.display()));
        let begun = Instant::now();
        // The folder is outside the repository, so that the repository's settings do not apply, and without flags that slow the
        // compiler down.
        std::fs::create_dir_all(&self.folder).map_err(|error| format!("could not make {}: {error}", self.folder.display()))?;
        let mut command = process::program("cargo", &self.folder);
        command.args(["install", "--quiet", "--force", "--root"]).arg(&self.folder);
        command.args(["--version", &version, tool.package]).args(tool.features);
        if tool.locked {
            command.arg("--locked");
        }
        command
            .env("CARGO_TARGET_DIR", self.folder.join("build"))
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", tool.optimisation);
        process::run(&mut command, &format!("install {named}"))?;
        say(&format!("{named}: installed in {:.0} s", begun.elapsed().as_secs_f64()));
        Ok(())
    }

    /// Removes the build products of the tools.
    fn sweep(&self) {
        // Remaining files only take space, so failures are ignored.
        let _ = std::fs::remove_dir_all(self.folder.join("build"));
    }

    /// The script of axe-core.
    pub fn axe(&self) -> PathBuf {
        self.file(&AXE)
    }

    /// The compiler of TypeScript, a script of Node.
    pub fn typescript(&self) -> PathBuf {
        self.file(&TYPESCRIPT)
    }

    fn file(&self, package: &NpmPackage) -> PathBuf {
        self.folder.join("npm/node_modules").join(package.name).join(package.file)
    }

    /// Where a package is: among the tools, or the program that is wanted of it on PATH.
    pub(super) fn find_package(&self, package: &NpmPackage) -> Option<PathBuf> {
        let manifest = self.folder.join("npm/node_modules").join(package.name).join("package.json");
        let wanted = format!("\"version\": \"{}\"", package.version);
        let own = Some(self.file(package)).filter(|file| file.exists());
        let own = own.filter(|_| std::fs::read_to_string(manifest).is_ok_and(|text| text.contains(&wanted)));
        let on_path = || {
            let (program, version) = package.program?;
            process::on_path(program).filter(|file| is_of_version(file, version))
        };
        own.or_else(on_path)
    }

    fn install_npm(&self, package: &NpmPackage) -> Outcome {
        let named = format!("{}@{}", package.name, package.version);
        if self.find_package(package).is_some() {
            say(&format!("{named}: there"));
            return Ok(());
        }
        if process::on_path("npm").is_none() {
            return Err(format!(
                "{} comes as an npm package, and there is no `npm` here; install Node.js 20 or newer (from its site, or Debian's \
                 packages nodejs and npm, or `brew install node`) and run this again",
                package.name
            ));
        }
        let folder = self.folder.join("npm");
        say(&format!("{named} {}: installing into {}", package.purpose, folder.display()));
        std::fs::create_dir_all(&folder).map_err(|error| format!("could not make {}: {error}", folder.display()))?;
        let mut command = process::program("npm", &folder);
        command.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(&folder);
        process::run(command.arg(&named), &format!("install the npm package {}", package.name))
    }
}

impl Tools {
    /// The Python of the virtual environment.
    pub fn python(&self) -> PathBuf {
        self.folder.join("python/bin/python")
    }

    /// The Python of the virtual environment with what notebooks are.
    pub fn notebook(&self) -> PathBuf {
        self.folder.join("notebook/bin/python")
    }

    /// Whether a virtual environment holds these packages.
    pub(super) fn holds(&self, name: &str, packages: &[&str]) -> bool {
        std::fs::read_to_string(self.folder.join(name).join("multiwell-packages.txt"))
            .is_ok_and(|text| text == packages.join(" "))
    }

    /// Installs packages of Python into a virtual environment. A file of the environment says what it holds.
    fn install_python(&self, root: &Path, name: &str, packages: &[&str], purpose: &str) -> Outcome {
        let (named, folder) = (packages.join(" "), self.folder.join(name));
        let held = folder.join("multiwell-packages.txt");
        if self.holds(name, packages) {
            say(&format!("{named}: there"));
            return Ok(());
        }
        if process::on_path("python3").is_none() {
            return Err("exported Python and the Python package are tested, and there is no `python3` here; install Python 3.11 or newer (from its site, Debian's \
                        packages python3 and python3-venv, or `brew install python`) and run this again"
                .into());
        }
        say(&format!("{named} {purpose}: installing into {} (a minute, once)", folder.display()));
        std::fs::create_dir_all(&self.folder).map_err(|error| format!("could not make {}: {error}", self.folder.display()))?;
        let mut make = process::program("python3", root);
        process::run(make.args(["-m", "venv", "--clear"]).arg(&folder), "make an environment of Python (Debian: python3-venv)")?;
        let mut install = process::program(folder.join("bin/python"), root);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages);
        process::run(&mut install, "install the packages of Python")?;
        std::fs::write(&held, named).map_err(|error| format!("could not write {}: {error}", held.display()))
    }
}

/// The version of a program that is wanted.
pub(super) fn version_of(root: &Path, tool: &RustTool) -> Outcome<String> {
    match tool.version {
        Version::Exactly(version) => Ok(version.to_owned()),
        Version::OfLocked(package) => locked_version(root, package),
    }
}

/// Where the libraries of the WebAssembly target are.
pub(super) fn library_of_target(root: &Path) -> Option<PathBuf> {
    let sysroot = process::answer(process::program("rustc", root).args(["--print", "sysroot"]))?;
    Some(Path::new(&sysroot).join("lib/rustlib").join(TARGET)).filter(|folder| folder.exists())
}

/// Sets up what a build of the page needs.
pub fn for_page(root: &Path) -> Outcome {
    let tools = Tools::find()?;
    wasm_target(root)?;
    tools.install_npm(&BINARYEN)
}

/// Sets up what builds the book.
pub fn for_book(root: &Path) -> Outcome {
    Tools::find()?.install(root, &MDBOOK)
}

/// Sets up what the front end of the notebook widget needs in addition.
pub fn for_widget() -> Outcome {
    Tools::find()?.install_npm(&ESBUILD)
}

/// Sets up what the test of a Dask cluster needs; returns its Python.
pub fn for_cluster(root: &Path) -> Outcome<PathBuf> {
    let tools = Tools::find()?;
    tools.install_python(root, "cluster", &CLUSTER_PACKAGES, "test sweeps on a Dask cluster")?;
    Ok(tools.folder.join("cluster/bin/python"))
}

/// Sets up what drives Firefox, which no other suite needs; returns it.
pub fn for_firefox(root: &Path) -> Outcome<PathBuf> {
    for_one(root, &GECKODRIVER)?;
    let (version, place) = Tools::find()?.find_program(root, &GECKODRIVER)?;
    place.ok_or_else(|| format!("geckodriver {version} has been installed and cannot be run"))
}

/// Sets up what checks licences, which no other command needs.
pub fn for_licences(root: &Path) -> Outcome {
    for_one(root, &CARGO_DENY)
}

/// Sets up what `cargo xtask mutants` needs, and no other command.
pub fn for_mutants(root: &Path) -> Outcome {
    for_one(root, &CARGO_MUTANTS)
}

fn for_one(root: &Path, tool: &RustTool) -> Outcome {
    let tools = Tools::find()?;
    tools.install(root, tool)?;
    tools.sweep();
    Ok(())
}

/// Sets up what the tests need in addition; returns the browser.
pub fn for_tests(root: &Path) -> Outcome<chrome::Chrome> {
    let tools = Tools::find()?;
    tools.install(root, &WASM_BINDGEN)?;
    tools.install(root, &WASM_PACK)?;
    for_book(root)?;
    tools.install_npm(&AXE)?;
    tools.install_npm(&TYPESCRIPT)?;
    for_widget()?;
    tools.install_python(root, "python", &PYTHON_PACKAGES, "build and test the Python package and run exported code")?;
    tools.install_python(root, "notebook", &NOTEBOOK_PACKAGES, "test the notebook widget")?;
    fortran(root)?;
    tools.sweep();
    for (component, program) in [("rustfmt", "cargo-fmt"), ("clippy", "cargo-clippy")] {
        if process::on_path(program).is_none() {
            return Err(format!("there is no {component} here; `rustup component add {component}` installs it"));
        }
    }
    chrome::set_up(root)
}

/// Finds gfortran, which exported Fortran is compiled with.
fn fortran(root: &Path) -> Outcome {
    let is_there = || process::on_path("gfortran").is_some();
    if is_there() {
        say("gfortran: there");
        return Ok(());
    }
    if install_debian(root, &["gfortran"])? && is_there() {
        return Ok(());
    }
    let how = if cfg!(target_os = "macos") {
        "`brew install gcc` installs it"
    } else {
        "Debian and Ubuntu have it as the package gfortran"
    };
    Err(format!("exported Fortran is tested, and gfortran is not on PATH; {how}"))
}

/// Installs Debian packages if that can be done without asking: says whether it was.
pub fn install_debian(root: &Path, packages: &[&str]) -> Outcome<bool> {
    if !is_root() || process::on_path("apt-get").is_none() {
        return Ok(false);
    }
    let named = packages.join(", ");
    say(&format!("installing the Debian packages {named}"));
    let apt = |arguments: &[&str]| {
        let mut command = process::program("apt-get", root);
        command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments).stdout(Stdio::null());
        process::run(&mut command, &format!("install Debian's packages {named}"))
    };
    apt(&["update", "-qq"])?;
    apt(&[&["install", "-y", "-qq", "--no-install-recommends"], packages].concat())?;
    Ok(true)
}

/// Whether the user is root.
pub fn is_root() -> bool {
    process::answer(Command::new("id").arg("-u")).as_deref() == Some("0")
}

fn wasm_target(root: &Path) -> Outcome {
    let Some(installed) = process::answer(process::program("rustup", root).args(["target", "list", "--installed"])) else {
        return match library_of_target(root) {
            Some(_) => {
                say(&format!("target {TARGET}: there"));
                Ok(())
            }
            None => Err(format!("the Rust target {TARGET} is missing and there is no rustup to add it; install Rust by rustup")),
        };
    };
    if installed.lines().any(|line| line.trim() == TARGET) {
        say(&format!("target {TARGET}: there"));
        return Ok(());
    }
    say(&format!("target {TARGET}: adding it by rustup"));
    process::run(process::program("rustup", root).args(["target", "add", TARGET]), &format!("add the Rust target {TARGET}"))
}

/// The version of `package` in Cargo.lock.
fn locked_version(root: &Path, package: &str) -> Outcome<String> {
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).map_err(|error| format!("could not read Cargo.lock: {error}"))?;
    version_in(&lock, package).ok_or_else(|| format!("Cargo.lock does not name {package}; `cargo update` writes it anew"))
}

fn version_in(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    let version = lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

/// Whether the output of a program contains `version` as a word.
fn says_version(text: &str, version: &str) -> bool {
    text.split_whitespace().any(|word| word.trim_start_matches('v') == version)
}

/// Whether a program can be run and says that it is of this version.
fn is_of_version(program: &Path, version: &str) -> bool {
    let says = |arguments: &[&str]| {
        process::answer(Command::new(program).args(arguments)).is_some_and(|text| says_version(&text, version))
    };
    // Some answer only as the part of cargo that they are.
    let part = program.file_name().and_then(|name| name.to_str()?.strip_prefix("cargo-"));
    says(&["--version"]) || part.is_some_and(|part| says(&[part, "--version"]))
}

/// Prints one line about a step of the set-up.
pub fn say(line: &str) {
    println!("[set-up] {line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_of_the_package_itself() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.7\"\n";
        assert_eq!(version_in(lock, "wasm-bindgen").as_deref(), Some("0.2.7"));
        assert_eq!(version_in(lock, "wasm"), None);
    }

    #[test]
    fn a_version_is_a_whole_word() {
        assert!(says_version("trunk 0.21.14", "0.21.14"));
        assert!(says_version("mdbook v0.5.4", "0.5.4"));
        assert!(!says_version("trunk 0.21.14-beta.1", "0.21.14"));
    }
}
