//! The npm package. It is built as a folder, packed, installed into an empty project, and tested there in Node and in a browser.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::browser::WebBrowser;
use crate::serve::{CachePolicy, Site};
use crate::setup::{ESBUILD_PACKAGE, TYPESCRIPT_PACKAGE, Tools};
use crate::tally::Tally;
use crate::{TaskResult, book, files, licences, process, site};

/// Arguments of `wasm-opt`. The features are those of `www/index.html`.
const WASM_OPT_ARGUMENTS: &str = "-Oz --low-memory-unused --reorder-functions-by-name --enable-simd --enable-bulk-memory \
                                  --enable-nontrapping-float-to-int --enable-sign-ext --enable-mutable-globals \
                                  --enable-reference-types --enable-multivalue";
/// Maximum size of the packed package, in bytes: 3 % more than it has.
const MAX_PACKAGE_BYTES: u64 = 2_715_000;

/// Builds the package into `target/js/package`, with the page from `dist/`, and packs it. Returns the packed file.
pub fn build(root: &Path) -> TaskResult<PathBuf> {
    println!("[build] the npm package, into target/js/package/");
    let package = root.join("target/js/package");
    files::create_empty_folder(&package)?;
    write_scripts(root, &package, "lib/worker.js")?;
    let manifest = files::read_text(&root.join("bindings/js/package.json"))?;
    let [homepage, repository] = [env!("CARGO_PKG_HOMEPAGE"), env!("CARGO_PKG_REPOSITORY")];
    let addresses = format!("\"homepage\": \"{homepage}\",\n  \"repository\": \"{repository}\",\n  \"license\"");
    files::write(&package.join("package.json"), manifest.replace("\"license\"", &addresses))?;
    files::copy_files(&["README.md", "index.d.ts", "playground.d.ts"], &root.join("bindings/js"), &package)?;
    files::copy_files(&["LICENSE-APACHE", "LICENSE-MIT"], root, &package)?;
    licences::write_text(root, &licences::NPM_ARTEFACT, &package.join(licences::TEXT_NAME))?;
    let playground = package.join("playground");
    files::copy_folder(&root.join(site::DIST_FOLDER), &playground)?;
    // Documents are not in the package. The licences of the package include those of the page.
    files::remove_folder(&playground.join("examples"))?;
    files::remove_folder(&playground.join(book::BOOK_FOLDER))?;
    let _ = std::fs::remove_file(playground.join(licences::TEXT_NAME));
    let mut npm = process::program("npm", &package);
    process::run(npm.args(["pack", "--silent", "--pack-destination", ".."]), "pack the npm package")?;
    Ok(root.join(format!("target/js/multiwell-{}.tgz", env!("CARGO_PKG_VERSION"))))
}

/// Writes the scripts of the package into `folder`, with the compiled module and a worker as texts. `worker` is a script in that folder.
pub fn write_scripts(root: &Path, folder: &Path, worker: &str) -> TaskResult {
    let module = root.join("target/js/wasm");
    site::finish_module(root, &site::compile(root, "multiwell_js", &[])?, WASM_OPT_ARGUMENTS, &module)?;
    let stage = root.join("target/js/texts");
    files::write(&stage.join("module.gz"), files::gzip(&files::read(&module.join("multiwell_js_bg.wasm"))?)?)?;
    files::copy_folder(&root.join("bindings/js/lib"), &folder.join("lib"))?;
    files::copy_files(&["multiwell_js.js"], &module, &folder.join("wasm"))?;
    bundle(folder, &stage.join("module.gz"), &["--format=esm", "--loader:.gz=base64"], &folder.join("wasm/module.js"))?;
    bundle(folder, Path::new(worker), &["--format=iife"], &stage.join("worker.txt"))?;
    bundle(folder, &stage.join("worker.txt"), &["--format=esm"], &folder.join("lib/worker-text.js"))
}

/// Joins a script and its imports into one file.
pub fn bundle(folder: &Path, script: &Path, arguments: &[&str], output: &Path) -> TaskResult {
    let mut esbuild = Tools::find()?.program("esbuild", folder)?;
    // The module is given as bytes, so `import.meta` is not used.
    esbuild.args(["--bundle", "--minify", "--target=es2022", "--log-level=warning", "--log-override:empty-import-meta=silent"]);
    esbuild.arg(script).args(arguments).arg(format!("--outfile={}", output.display()));
    process::run(&mut esbuild, "join scripts")
}

/// Packs the package, installs it into an empty project, and tests it there.
pub fn test(root: &Path, tally: &mut Tally) -> TaskResult {
    let packed = build(root)?;
    tally.check(files::check_size(&packed, MAX_PACKAGE_BYTES))?;
    let project = root.join("target/js/project");
    files::create_empty_folder(&project)?;
    files::write(&project.join("package.json"), "{ \"private\": true, \"type\": \"module\" }\n")?;
    let mut npm = process::program("npm", &project);
    process::run(npm.args(["install", "--silent", "--offline", "--no-audit", "--no-fund"]).arg(&packed), "install the package")?;
    files::copy_folder(&root.join("bindings/js/test"), &project)?;

    let variables = [("MULTIWELL_ESBUILD", &ESBUILD_PACKAGE), ("MULTIWELL_TSC", &TYPESCRIPT_PACKAGE)];
    let tools = Tools::find()?;
    run_tests(root, &project, tally, &variables.map(|(name, package)| (name, tools.npm_file(package).into())))
}

/// Runs the tests of a folder in Node, with a browser and a server of the folder.
pub fn run_tests(root: &Path, folder: &Path, tally: &mut Tally, variables: &[(&str, OsString)]) -> TaskResult {
    let site = Site::start(folder, 0, CachePolicy::NoStore)?;
    let driver = WebBrowser::chrome()?.start_driver(root)?;
    let mut node = process::program("node", folder);
    node.args(["--test", "--test-reporter=tap"]).env("MULTIWELL_SITE", &site.url).envs(variables.iter().cloned());
    driver.set_environment(&mut node);
    process::run_with_lines(&mut node, "pass the tests in Node", |line| tally.add_line(line))
}
