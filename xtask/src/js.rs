//! The npm package: built as a folder, packed, installed into an empty project, and tested there in Node and in a browser.

use std::path::{Path, PathBuf};

use crate::chrome::Chrome;
use crate::serve::Site;
use crate::tally::Tally;
use crate::{Outcome, book, licences, page, process, setup, site};

/// What the module may use, as in `www/index.html`.
const FEATURES: [&str; 7] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];
/// The most bytes that the packed package may have.
const LARGEST: u64 = 4_500_000;

/// Builds the package into `target/js/package`, with the page as it lies in `dist/`, and packs it. Returns the packed file.
pub fn build(root: &Path) -> Outcome<PathBuf> {
    println!("[build] the npm package, into target/js/package/");
    let package = root.join("target/js/package");
    // Files of another version must not stay.
    for part in ["package", "project"] {
        let _ = std::fs::remove_dir_all(root.join("target/js").join(part));
    }
    site::copy_folder(&module(root)?, &package.join("wasm"))?;
    site::copy_folder(&root.join("js/lib"), &package.join("lib"))?;
    for file in ["package.json", "README.md", "index.d.ts", "playground.d.ts"] {
        copy(&root.join("js").join(file), &package.join(file))?;
    }
    for file in ["LICENSE-APACHE", "LICENSE-MIT"] {
        copy(&root.join(file), &package.join(file))?;
    }
    licences::text(root, &licences::NPM, &package.join(licences::TEXT))?;
    site::copy_folder(&root.join(site::DIST), &package.join("playground"))?;
    // Documents that embed the page are no part of it. There is a book only if mdBook is installed.
    std::fs::remove_dir_all(package.join("playground/examples"))
        .map_err(|error| format!("could not leave out the examples: {error}"))?;
    let _ = std::fs::remove_dir_all(package.join("playground").join(book::PLACE));
    // The package has a text of its own, in which the page's packages stand as well.
    let _ = std::fs::remove_file(package.join("playground").join(licences::TEXT));
    let mut npm = process::program("npm", &package);
    process::run(npm.args(["pack", "--silent", "--pack-destination", ".."]), "pack the npm package")?;
    let version = env!("CARGO_PKG_VERSION");
    let packed = root.join(format!("target/js/multiwell-{version}.tgz"));
    if !packed.is_file() {
        return Err(format!("npm has packed another version than {version}; js/package.json and Cargo.toml must agree"));
    }
    Ok(packed)
}

/// Compiles the module and the JavaScript beside it, and returns their folder.
pub fn module(root: &Path) -> Outcome<PathBuf> {
    let mut cargo = process::program("cargo", root);
    cargo.args([
        "build",
        "--quiet",
        "--locked",
        "--profile",
        "web",
        "--target",
        "wasm32-unknown-unknown",
        "--package",
        "multiwell_js",
    ]);
    process::run(&mut cargo, "compile the module of the npm package")?;
    let compiled = root.join("target/wasm32-unknown-unknown/web/multiwell_js.wasm");
    let folder = root.join("target/js/module");
    let file = folder.join("multiwell_js_bg.wasm");
    // Making it smaller takes half a minute.
    let changed = |file: &Path| std::fs::metadata(file).and_then(|of| of.modified()).ok();
    if changed(&file) > changed(&compiled) {
        return Ok(folder);
    }
    let plain = root.join("target/js/plain");
    page::bind(&compiled, &plain)?;
    std::fs::create_dir_all(&folder).map_err(|error| format!("could not make {}: {error}", folder.display()))?;
    copy(&plain.join("multiwell_js.js"), &folder.join("multiwell_js.js"))?;
    let unfinished = plain.join("smaller.wasm");
    let arguments = ["-Oz", "--low-memory-unused", "--reorder-functions-by-name"].into_iter().chain(FEATURES).collect::<Vec<_>>();
    page::optimise(root, &plain.join("multiwell_js_bg.wasm"), &unfinished, &arguments)?;
    copy(&unfinished, &file)?;
    Ok(folder)
}

/// Packs the package, installs it into an empty project, and tests it there.
pub fn test(root: &Path, chrome: &Chrome, capabilities: &Path, tally: &mut Tally) -> Outcome {
    let packed = build(root)?;
    let size = std::fs::metadata(&packed).map_err(|error| format!("could not read {}: {error}", packed.display()))?.len();
    println!("{}: {:.0} KB", packed.display(), site::kilobytes(size));
    tally.count(size <= LARGEST);
    if size > LARGEST {
        return Err(format!("the npm package has {size} bytes, and {LARGEST} is the most that it may have"));
    }
    // Outside of the repository's folders no file of it is found by mistake.
    let project = root.join("target/js/project");
    std::fs::create_dir_all(&project).map_err(|error| format!("could not make {}: {error}", project.display()))?;
    let manifest = project.join("package.json");
    std::fs::write(&manifest, "{ \"private\": true, \"type\": \"module\" }\n")
        .map_err(|error| format!("could not write {}: {error}", manifest.display()))?;
    let mut npm = process::program("npm", &project);
    npm.args(["install", "--silent", "--offline", "--no-audit", "--no-fund"]).arg(&packed);
    process::run(&mut npm, "install the npm package into an empty project")?;
    site::copy_folder(&root.join("js/test"), &project)?;

    let site = Site::start(&project, 0)?;
    let driver = chrome.drive()?;
    let mut node = process::program("node", &project);
    node.args(["--test", "--test-reporter=tap"])
        .env("MULTIWELL_TSC", setup::Tools::find()?.typescript())
        .env("MULTIWELL_SITE", &site.url)
        .env("MULTIWELL_WEBDRIVER", driver.url())
        .env("MULTIWELL_CAPABILITIES", capabilities);
    process::run_seeing(&mut node, "pass the tests of the npm package", |line| tally.see(line))
}

fn copy(from: &Path, to: &Path) -> Outcome {
    std::fs::copy(from, to).map(drop).map_err(|error| format!("could not copy {}: {error}", from.display()))
}
