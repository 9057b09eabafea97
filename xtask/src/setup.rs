//! Installation of the tools of builds and tests.
//!
//! Programs in Rust are compiled by `cargo install`. Others are npm and Python packages. Their versions are fixed here. They are installed into
//! [`Tools::folder`], and no other files of the user change. The user installs browsers and gfortran, unless Debian packages can be installed without
//! confirmation.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::browser::WebBrowser;
use crate::{TaskResult, files, process};

/// Target triple of WebAssembly.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// A tool of builds or tests.
#[derive(Clone, Copy, Debug)]
pub enum SetupTool {
    /// A component of rustup, by its name and its program.
    Component(&'static str, &'static str),
    /// Libraries for [`WASM_TARGET`].
    WasmTarget,
    /// A program compiled by `cargo install`.
    Cargo(CargoTool),
    /// A package of npm.
    Npm(NpmPackage),
    /// A virtual environment of Python.
    Python(PythonEnvironment),
    /// The compiler of exported Fortran.
    Fortran,
    /// Chrome or Chromium with its driver.
    Chrome,
    /// Firefox, without its driver.
    Firefox,
}

/// A program compiled by `cargo install`.
#[derive(Clone, Copy, Debug)]
pub struct CargoTool {
    package: &'static str,
    /// Version that is installed.
    pub version: &'static str,
    /// The program whose `--version` is checked.
    program: &'static str,
    arguments: &'static [&'static str],
    /// Optimisation level. Most tools do little work, and an optimised build would take longer than it saves.
    opt_level: &'static str,
    purpose: &'static str,
}

impl CargoTool {
    const fn new(package: &'static str, version: &'static str, purpose: &'static str) -> Self {
        Self { package, version, program: package, arguments: &["--locked"], opt_level: "0", purpose }
    }
}

/// A package of npm.
#[derive(Clone, Copy, Debug)]
pub struct NpmPackage {
    name: &'static str,
    /// Version that is installed.
    pub version: &'static str,
    /// File of the package that is used.
    file: &'static str,
    purpose: &'static str,
}

impl NpmPackage {
    const fn new(name: &'static str, version: &'static str, file: &'static str, purpose: &'static str) -> Self {
        Self { name, version, file, purpose }
    }
}

/// A virtual environment of Python.
#[derive(Clone, Copy, Debug)]
pub struct PythonEnvironment {
    /// Name of its folder.
    name: &'static str,
    /// Packages with their versions, separated by spaces.
    packages: &'static str,
}

pub const RUSTFMT_COMPONENT: SetupTool = SetupTool::Component("rustfmt", "cargo-fmt");
pub const CLIPPY_COMPONENT: SetupTool = SetupTool::Component("clippy", "cargo-clippy");
/// Runner of WebAssembly tests. Its version equals that of the crate `wasm-bindgen`.
pub const WASM_BINDGEN_TOOL: CargoTool = CargoTool {
    program: "wasm-bindgen",
    arguments: &[],
    opt_level: "1",
    ..CargoTool::new("wasm-bindgen-cli", "0.2.130", "runs WebAssembly tests, for wasm-pack")
};
pub const WASM_PACK_TOOL: CargoTool = CargoTool::new("wasm-pack", "0.15.1", "runs WebAssembly tests in a browser");
pub const MDBOOK_TOOL: CargoTool = CargoTool {
    arguments: &["--locked", "--no-default-features"],
    ..CargoTool::new("mdbook", "0.5.4", "builds the book, and the example of one that embeds the page")
};
pub const CARGO_DENY_TOOL: CargoTool = CargoTool::new("cargo-deny", "0.20.2", "checks licences and sources of dependencies");
pub const GECKODRIVER_TOOL: CargoTool = CargoTool::new("geckodriver", "0.37.1", "drives Firefox");
pub const BINARYEN_PACKAGE: NpmPackage = NpmPackage::new("binaryen", "132.0.0", "bin/wasm-opt", "makes the module smaller");
pub const AXE_PACKAGE: NpmPackage = NpmPackage::new("axe-core", "4.14.1", "axe.min.js", "checks the page for accessibility");
pub const GREMLINS_PACKAGE: NpmPackage = NpmPackage::new("gremlins.js", "2.2.0", "dist/gremlins.min.js", "acts at random");
pub const TYPESCRIPT_PACKAGE: NpmPackage = NpmPackage::new("typescript", "6.0.3", "bin/tsc", "checks types of the npm package");
pub const ESBUILD_PACKAGE: NpmPackage =
    NpmPackage::new("esbuild", "0.28.2", "bin/esbuild", "joins the scripts of the notebook widget and of the npm package");
/// Packages for builds and tests of the Python package, and for runs of exported code (finite elements by scikit-fem).
pub const PYTHON_PACKAGES: PythonEnvironment = PythonEnvironment {
    name: "python",
    packages: "numpy==2.4.6 jax==0.10.2 onnx==1.23.2 onnxruntime==1.31.1 sympy==1.14.0 maturin==1.16.0 scikit-learn==1.9.1 \
               pandas==3.1.1 matplotlib==3.11.2 scikit-fem==12.0.2 tqdm==4.70.1 pytest==9.2.0 mypy==2.4.1 anywidget==0.11.0",
};
/// Packages for tests of the notebook widget.
pub const NOTEBOOK_PACKAGES: PythonEnvironment =
    PythonEnvironment { name: "notebook", packages: "anywidget==0.11.0 jupyterlab==4.6.6" };
/// Packages that build the documents of the recipes for embedding.
pub const DOCUMENT_PACKAGES: PythonEnvironment =
    PythonEnvironment { name: "documents", packages: "mkdocs==1.6.1 sphinx==9.0.4 pypandoc_binary==1.17" };
/// Packages that build wheels and programs for other versions of Linux.
pub const WHEEL_PACKAGES: PythonEnvironment =
    PythonEnvironment { name: "wheel", packages: "maturin==1.16.0 cargo-zigbuild==0.24.0 ziglang==0.17.1" };
/// Packages for tests of sweeps on a Dask cluster.
pub const CLUSTER_PACKAGES: PythonEnvironment = PythonEnvironment { name: "cluster", packages: "distributed==2026.8.0" };

/// Tools of a build of the page, of the notebook widget and of the npm package.
pub const PAGE_TOOLS: &[SetupTool] = &[SetupTool::WasmTarget, SetupTool::Npm(BINARYEN_PACKAGE), SetupTool::Npm(ESBUILD_PACKAGE)];

/// Installs the tools that are missing, and prints a line for each.
pub fn install(root: &Path, tools: impl IntoIterator<Item = SetupTool>) -> TaskResult {
    tools.into_iter().try_for_each(|tool| tool.install(root))?;
    // The build products of tools are no longer needed.
    files::remove_folder(&Tools::find()?.folder.join("build"))
}

impl SetupTool {
    fn install(&self, root: &Path) -> TaskResult {
        let tools = Tools::find()?;
        match self {
            Self::Component(component, program) => process::find_on_path(program)
                .map(drop)
                .ok_or_else(|| format!("there is no {component} here; `rustup component add {component}` installs it")),
            Self::WasmTarget => install_wasm_target(root),
            Self::Cargo(tool) => tools.install_by_cargo(tool),
            Self::Npm(package) => tools.install_by_npm(package),
            Self::Python(environment) => tools.install_by_pip(root, environment),
            Self::Fortran => install_fortran(root),
            Self::Chrome => WebBrowser::set_up_chrome(root),
            Self::Firefox => WebBrowser::set_up_firefox(root),
        }
    }
}

/// Folder of the installed tools.
pub struct Tools {
    pub folder: PathBuf,
}

impl Tools {
    /// Tools of the user, in `multiwell/tools` in `$XDG_CACHE_HOME`, or in `~/Library/Caches` on macOS, or in `~/.cache`.
    pub fn find() -> TaskResult<Self> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = || variable("HOME").map(|home| home.join(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }));
        let cache = variable("XDG_CACHE_HOME").or_else(home).ok_or("neither XDG_CACHE_HOME nor HOME is set; set one of them")?;
        Ok(Self { folder: cache.join("multiwell").join("tools") })
    }

    /// A command that runs a tool or a program on PATH, with the tools first on its path.
    pub fn program(&self, name: &str, folder: &Path) -> TaskResult<Command> {
        let path = [self.folder.join("bin"), self.folder.join("npm/node_modules/.bin")];
        let tool = path.iter().map(|folder| folder.join(name)).find(|file| file.is_file());
        let mut command = process::program(tool.unwrap_or_else(|| name.into()), folder);
        process::prepend_path(&mut command, path.iter().map(PathBuf::as_path))?;
        Ok(command)
    }

    /// Removes all installed tools.
    pub fn remove(&self) -> TaskResult {
        files::remove_folder(&self.folder)?;
        println!("[set-up] {} is removed", self.folder.display());
        Ok(())
    }

    /// Path of a program of the correct version, among the tools or on PATH.
    pub fn find_program(&self, tool: &CargoTool) -> Option<PathBuf> {
        let installed = self.folder.join("bin").join(tool.program);
        let places = [Some(installed), process::find_on_path(tool.program)].into_iter().flatten();
        places.into_iter().find(|file| has_version(file, tool.version))
    }

    fn install_by_cargo(&self, tool: &CargoTool) -> TaskResult {
        let name = format!("{} {}", tool.package, tool.version);
        if self.find_program(tool).is_some() {
            return Ok(());
        }
        println!("[set-up] {name} {}: installing into {} (some minutes, once)", tool.purpose, self.folder.display());
        let started = Instant::now();
        // Outside the repository, the cargo settings of the repository do not apply.
        files::create_folder(&self.folder)?;
        let mut command = process::cargo(&self.folder, "install --quiet --force --root");
        command.arg(&self.folder).args(["--version", tool.version, tool.package]).args(tool.arguments);
        command.env("CARGO_TARGET_DIR", self.folder.join("build")).env("CARGO_PROFILE_RELEASE_LTO", "off");
        command.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16").env("CARGO_PROFILE_RELEASE_OPT_LEVEL", tool.opt_level);
        process::run(&mut command, &format!("install {name}"))?;
        println!("[set-up] {name}: installed in {:.0} s", started.elapsed().as_secs_f64());
        Ok(())
    }

    /// Path of the file of an npm package.
    pub fn npm_file(&self, package: &NpmPackage) -> PathBuf {
        self.folder.join("npm/node_modules").join(package.name).join(package.file)
    }

    fn install_by_npm(&self, package: &NpmPackage) -> TaskResult {
        let name = format!("{}@{}", package.name, package.version);
        let manifest = self.folder.join("npm/node_modules").join(package.name).join("package.json");
        let version = format!("\"version\": \"{}\"", package.version);
        if self.npm_file(package).exists() && std::fs::read_to_string(manifest).is_ok_and(|text| text.contains(&version)) {
            return Ok(());
        }
        if process::find_on_path("npm").is_none() {
            return Err(format!("{name} needs npm; install Node.js 20 or newer (Debian: npm; macOS: `brew install node`)"));
        }
        let folder = self.folder.join("npm");
        println!("[set-up] {name} {}: installing into {}", package.purpose, folder.display());
        files::create_folder(&folder)?;
        let mut command = process::program("npm", &folder);
        command.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(&folder);
        process::run(command.arg(&name), &format!("install the npm package {}", package.name))
    }

    /// Path of the interpreter of a virtual environment.
    pub fn python(&self, environment: &PythonEnvironment) -> PathBuf {
        self.folder.join(environment.name).join("bin/python")
    }

    /// Installs a virtual environment. A file in it lists its packages.
    fn install_by_pip(&self, root: &Path, environment: &PythonEnvironment) -> TaskResult {
        let (packages, folder) = (environment.packages, self.folder.join(environment.name));
        let list = folder.join("multiwell-packages.txt");
        if std::fs::read_to_string(&list).is_ok_and(|text| text == packages) {
            return Ok(());
        }
        if process::find_on_path("python3").is_none() {
            return Err("there is no python3; install 3.11 or newer (Debian: python3-venv; macOS: `brew install python`)".into());
        }
        println!("[set-up] {packages}: installing into {} (a minute, once)", folder.display());
        files::create_folder(&self.folder)?;
        let mut venv = process::program("python3", root);
        process::run(venv.args(["-m", "venv", "--clear"]).arg(&folder), "make an environment of Python (Debian: python3-venv)")?;
        let mut pip = process::program(self.python(environment), root);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages.split(' '));
        process::run(&mut pip, "install the packages of Python")?;
        files::write(&list, packages)
    }
}

fn install_wasm_target(root: &Path) -> TaskResult {
    let name = format!("target {WASM_TARGET}");
    let sysroot = process::output(process::program("rustc", root).args(["--print", "sysroot"])).unwrap_or_default();
    if Path::new(&sysroot).join("lib/rustlib").join(WASM_TARGET).exists() {
        return Ok(());
    }
    if process::find_on_path("rustup").is_none() {
        return Err(format!("the Rust {name} is missing and there is no rustup to add it; install Rust by rustup"));
    }
    process::run(process::program("rustup", root).args(["target", "add", WASM_TARGET]), &format!("add the Rust {name}"))
}

fn install_fortran(root: &Path) -> TaskResult {
    let is_present = || process::find_on_path("gfortran").is_some();
    if is_present() || install_debian_packages(root, &["gfortran"])? && is_present() {
        return Ok(());
    }
    Err("exported Fortran is tested, and gfortran is not on PATH (Debian: gfortran, macOS: `brew install gcc`)".into())
}

/// Installs Debian packages if the user is root on Debian. Otherwise returns false.
pub fn install_debian_packages(root: &Path, packages: &[&str]) -> TaskResult<bool> {
    if !is_root() || process::find_on_path("apt-get").is_none() {
        return Ok(false);
    }
    let names = packages.join(", ");
    println!("[set-up] installing the Debian packages {names}");
    let apt = |arguments: &[&str]| {
        let mut command = process::program("apt-get", root);
        command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments).stdout(Stdio::null());
        process::run(&mut command, &format!("install Debian's packages {names}"))
    };
    apt(&["update", "-qq"])?;
    apt(&[&["install", "-y", "-qq", "--no-install-recommends"], packages].concat())?;
    Ok(true)
}

/// Returns true if the user is root.
pub fn is_root() -> bool {
    process::output(Command::new("id").arg("-u")).as_deref() == Some("0")
}

/// Returns true if a program can be run and prints `version` as a word.
fn has_version(program: &Path, version: &str) -> bool {
    let prints = |arguments: &[&str]| {
        let output = process::output(Command::new(program).args(arguments)).unwrap_or_default();
        output.split_whitespace().any(|word| word.trim_start_matches('v') == version)
    };
    // Some programs print their version only as a subcommand of cargo.
    let subcommand = program.file_name().and_then(|name| name.to_str()?.strip_prefix("cargo-"));
    prints(&["--version"]) || subcommand.is_some_and(|name| prints(&[name, "--version"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasm_bindgen_has_the_version_of_its_crate() {
        let lock = files::read_text(&crate::root().join("Cargo.lock")).unwrap();
        assert!(lock.contains(&format!("name = \"wasm-bindgen\"\nversion = \"{}\"\n", WASM_BINDGEN_TOOL.version)));
    }

    #[test]
    fn versions_are_compared_as_whole_words() {
        let cargo = Path::new(env!("CARGO"));
        let printed = process::output(Command::new(cargo).arg("--version")).unwrap();
        let version = printed.split_whitespace().nth(1).unwrap();
        assert!(has_version(cargo, version) && !has_version(cargo, &version[..version.len() - 1]));
    }
}
