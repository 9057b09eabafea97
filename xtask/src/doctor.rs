//! Says what is there of all that builds and tests need.

use std::path::{Path, PathBuf};

use crate::setup::{
    self, AXE, BINARYEN, ESBUILD, GECKODRIVER, MDBOOK, NOTEBOOK_PACKAGES, PYTHON_PACKAGES, TARGET, TYPESCRIPT, Tools,
    WASM_BINDGEN, WASM_PACK,
};
use crate::{Outcome, chrome, firefox, process};

/// A line on something that builds or tests need: its name, and where it is, or what will happen or is to be done.
struct Finding {
    /// Its name, with the version that is wanted.
    name: String,
    /// Where it is; or in words what there is to do, and whether that is up to the user.
    place: Result<PathBuf, (String, bool)>,
    /// Whether a build of the page needs it; all is needed by the tests.
    for_page: bool,
}

/// What there is of all that builds and tests need. Installs nothing.
///
/// # Errors
/// If the folder of the tools or Cargo.lock cannot be found.
fn findings(root: &Path) -> Outcome<Vec<Finding>> {
    let tools = Tools::find()?;
    let mut all = Vec::new();
    let mut by_user = |name: &str, place: Option<PathBuf>, how: &str, for_page| {
        all.push(Finding { name: name.into(), place: place.ok_or_else(|| (how.to_owned(), true)), for_page });
    };
    by_user("npm", process::on_path("npm"), "install Node.js 20 or newer", true);
    by_user("rustfmt", process::on_path("cargo-fmt"), "`rustup component add rustfmt`", false);
    by_user("clippy", process::on_path("cargo-clippy"), "`rustup component add clippy`", false);
    by_user("python3", process::on_path("python3"), "install Python 3.11 or newer, with venv", false);
    by_user("C compiler", process::on_path("cc"), "install a C compiler as `cc`", false);
    by_user("gfortran", process::on_path("gfortran"), "install gfortran (Debian's package gfortran; of Homebrew, gcc)", false);
    by_user("Chrome", chrome::find().and_then(|chrome| chrome.browser), "install Chrome or Chromium with chromedriver", false);
    let firefox = firefox::find().ok_or_else(|| ("only for `cargo xtask test --all`: install Firefox".to_owned(), false));
    all.push(Finding { name: "Firefox".into(), place: firefox, for_page: false });
    let mut by_xtask = |name: String, place: Option<PathBuf>, how: &str, for_page| {
        all.push(Finding { name, place: place.ok_or_else(|| (how.to_owned(), false)), for_page });
    };
    by_xtask(format!("target {TARGET}"), setup::library_of_target(root), "will be added by rustup", true);
    for tool in [&WASM_BINDGEN, &WASM_PACK, &MDBOOK, &GECKODRIVER] {
        let (version, place) = tools.find_program(root, tool)?;
        by_xtask(format!("{} {version}", tool.package), place, "will be compiled (a minute or two, once)", false);
    }
    for (package, for_page) in [(&BINARYEN, true), (&AXE, false), (&TYPESCRIPT, false), (&ESBUILD, false)] {
        by_xtask(
            format!("{} {}", package.name, package.version),
            tools.find_package(package),
            "will be installed by npm",
            for_page,
        );
    }
    for (name, packages) in [("python", &PYTHON_PACKAGES[..]), ("notebook", &NOTEBOOK_PACKAGES)] {
        let place = tools.holds(name, packages).then(|| tools.folder().join(name));
        by_xtask(format!("packages of Python: {name}"), place, "will be installed by pip (a minute, once)", false);
    }
    Ok(all)
}

/// Says what there is, what will be installed, and what the user has to install.
///
/// # Errors
/// If something is missing that only the user can install.
pub fn tell(root: &Path) -> Outcome {
    let findings = findings(root)?;
    for finding in &findings {
        let words = match &finding.place {
            Ok(place) => place.display().to_string(),
            Err((how, true)) => format!("MISSING: {how}"),
            Err((how, false)) => how.clone(),
        };
        println!("{:<32} {words}", finding.name);
    }
    let lacks = |for_page: bool| {
        let missing =
            findings.iter().filter(|finding| matches!(finding.place, Err((_, true))) && (finding.for_page || !for_page));
        missing.map(|finding| finding.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    match (lacks(true), lacks(false)) {
        (page, _) if !page.is_empty() => Err(format!("the page cannot be built without {page}")),
        (_, tests) if !tests.is_empty() => Err(format!("the page can be built; the tests cannot all be run without {tests}")),
        _ => {
            println!("`cargo xtask serve` and `cargo xtask test` have what they need, or will install it.");
            Ok(())
        }
    }
}
