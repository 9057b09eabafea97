//! Build of the page as a folder of static files, according to the links for Trunk in `www/index.html`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use wasm_bindgen_cli_support::Bindgen;

use crate::setup::{BINARYEN_PACKAGE, MDBOOK_TOOL, Tools, WASM_TARGET};
use crate::{TaskResult, book, files, licences, process};

/// Folder of the built page, in the root of the repository.
pub const DIST_FOLDER: &str = "dist";
/// List of the page's files in that folder.
const FILE_LIST: &str = "build.json";
/// Name of the page's WebAssembly module.
pub const PAGE_MODULE: &str = "multiwell_web";
/// Maximum size of the compressed module, in bytes.
const MAX_MODULE_BYTES: u64 = 1256 * 1024;
/// Source of the page, in the root of the repository.
const PAGE_SOURCE: &str = "www/index.html";
/// Manifest of the module, in the form of the link for Trunk.
const MODULE_MANIFEST: &str = "../web/Cargo.toml";
/// Folder of the finished module between builds, in the root of the repository.
const MODULE_CACHE: &str = "target/page";
/// The module after gzip.
const COMPRESSED_MODULE: &str = "target/page/compressed.gz";

/// Builds the page, and the book if mdBook is installed.
pub fn build(root: &Path) -> TaskResult {
    build_page(root, &[])?;
    if Tools::find()?.find_program(&MDBOOK_TOOL).is_some() {
        let mut mdbook = Tools::find()?.program("mdbook", &root.join(DIST_FOLDER).join("examples/embed/book"))?;
        process::run(mdbook.env("MDBOOK_LOG", "warn").args(["build", "--dest-dir", "html"]), "build the example book")?;
        book::build(root)?;
    }
    Ok(())
}

/// Builds the page with the examples of embedding. `arguments` are passed to cargo.
pub fn build_page(root: &Path, arguments: &[&str]) -> TaskResult {
    println!("[build] the page, into {DIST_FOLDER}/");
    let (dist, page) = (root.join(DIST_FOLDER), PageParts::parse(&files::read_text(&root.join(PAGE_SOURCE))?)?);
    let compiled = compile(root, "multiwell_web", arguments)?;
    let module = root.join(MODULE_CACHE);
    finish_module(root, &compiled, &page.wasm_opt_arguments, &module)?;
    files::create_empty_folder(&dist)?;
    // Link cards need an absolute address of their picture: MULTIWELL_ADDRESS is that of the page, with a slash at its end.
    let preview = std::env::var("MULTIWELL_ADDRESS").unwrap_or_default() + "preview.png";
    files::write(&dist.join("index.html"), page.html.replace("preview.png", &preview))?;
    files::copy_files(&page.files, &root.join("www"), &dist)?;
    files::copy_files(&[format!("{PAGE_MODULE}.js"), format!("{PAGE_MODULE}_bg.wasm")], &module, &dist)?;
    files::copy_folder(&root.join("examples/embed"), &dist.join("examples/embed"))?;
    // The links of the worked cases refer to these tables.
    files::copy_folder(&root.join("examples/data"), &dist.join("data"))?;
    licences::write_text(root, &licences::SITE_ARTEFACT, &dist.join(licences::TEXT_NAME))?;
    write_file_list(&dist)?;
    files::write(&root.join(COMPRESSED_MODULE), files::gzip(&files::read(&dist.join(format!("{PAGE_MODULE}_bg.wasm")))?)?)
}

/// Writes the digests of the page's files, without the book and the examples of embedding. The service worker keeps the files of one build.
fn write_file_list(dist: &Path) -> TaskResult {
    let mut digests = BTreeMap::new();
    for path in [files::list(dist)?, files::list(&dist.join("data"))?].concat() {
        let name = path.strip_prefix(dist).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if path.is_file() && !["sw.js", FILE_LIST].contains(&name.as_str()) {
            digests.insert(name, files::digest(&files::read(&path)?));
        }
    }
    let lines = digests.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect::<Vec<_>>().concat();
    let list = serde_json::json!({ "id": files::digest(lines.as_bytes())[..16], "files": digests });
    files::write(&dist.join(FILE_LIST), format!("{list}\n"))
}

/// Checks that the page has been built.
pub fn check_built(root: &Path) -> TaskResult {
    let file = root.join(DIST_FOLDER).join("index.html");
    if file.is_file() { Ok(()) } else { Err(format!("there is no {}; `cargo xtask build` builds the page", file.display())) }
}

/// Checks the size of the page's compressed module.
pub fn check_module_size(root: &Path) -> TaskResult {
    files::check_size(&root.join(COMPRESSED_MODULE), MAX_MODULE_BYTES)
}

/// The parts of the page, as `www/index.html` lists them.
#[derive(Debug, PartialEq)]
struct PageParts {
    /// The page without the links for Trunk.
    html: String,
    wasm_opt_arguments: String,
    /// Files in the folder of the page's source that are copied.
    files: Vec<String>,
}

impl PageParts {
    fn parse(source: &str) -> TaskResult<Self> {
        let mut parts = source.split("<link data-trunk ");
        let mut page =
            Self { html: parts.next().unwrap_or_default().into(), wasm_opt_arguments: String::new(), files: Vec::new() };
        for part in parts {
            let (link, html) = part.split_once('>').ok_or_else(|| format!("a link for Trunk in {PAGE_SOURCE} does not end"))?;
            page.html += html;
            let attribute = |name: &str| Some(link.split_once(&format!("{name}=\""))?.1.split_once('"')?.0);
            match (attribute("rel"), attribute("href"), attribute("data-wasm-opt")) {
                (Some("rust"), Some(MODULE_MANIFEST), Some(level)) => {
                    page.wasm_opt_arguments = format!("-O{level} {}", attribute("data-wasm-opt-params").unwrap_or_default());
                }
                (Some("copy-file"), Some(file), _) => page.files.push(file.into()),
                _ => {
                    return Err(format!("`cargo xtask build` supports no link for Trunk of this kind, in {PAGE_SOURCE}: {link}"));
                }
            }
        }
        Ok(page)
    }
}

/// Compiles a package for the web. Returns the compiled module.
pub fn compile(root: &Path, package: &str, arguments: &[&str]) -> TaskResult<PathBuf> {
    let mut cargo = process::cargo(root, &format!("build --locked --profile web --target {WASM_TARGET} --package {package}"));
    process::run(cargo.args(arguments), &format!("compile {package}"))?;
    Ok(root.join("target").join(WASM_TARGET).join("web").join(format!("{package}.wasm")))
}

/// Writes the JavaScript for a compiled module and makes the module smaller. Does nothing if `folder` contains the results for the same bytes.
pub fn finish_module(root: &Path, compiled: &Path, wasm_opt_arguments: &str, folder: &Path) -> TaskResult {
    let stamp = folder.join("made-of");
    let made_of = format!("{} {} {wasm_opt_arguments}\n", files::digest(&files::read(compiled)?), BINARYEN_PACKAGE.version);
    if fs::read_to_string(&stamp).is_ok_and(|text| text == made_of) {
        return Ok(());
    }
    files::remove_folder(folder)?;
    let name = compiled.file_stem().unwrap_or_default().to_string_lossy();
    // The page loads its module from the folder of the script. Other scripts receive the module.
    let write = |bindgen: &mut Bindgen| bindgen.typescript(false).omit_default_module_path(name != PAGE_MODULE).generate(folder);
    let written = Bindgen::new().input_path(compiled).web(true).and_then(write);
    written.map_err(|error| format!("could not write the JavaScript beside {}: {error:#}", compiled.display()))?;
    let (plain, smaller) = (folder.join(format!("{name}_bg.wasm")), folder.join("smaller.wasm"));
    let mut wasm_opt = Tools::find()?.program("wasm-opt", root)?;
    wasm_opt.arg(&plain).args(wasm_opt_arguments.split_whitespace()).arg("-o").arg(&smaller);
    process::run(&mut wasm_opt, &format!("make {} smaller", plain.display()))?;
    fs::rename(&smaller, &plain).map_err(|error| format!("could not rename {}: {error}", smaller.display()))?;
    files::write(&stamp, made_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trunk_links_list_parts_of_page() {
        let source = "<head>\n<link data-trunk rel=\"rust\" href=\"../web/Cargo.toml\" data-wasm-opt=\"z\"\n  data-wasm-opt-params=\"--a -b\">\n\
                      <link data-trunk rel=\"copy-file\" href=\"style.css\">\n<link rel=\"icon\" href=\"x\">\n";
        let page = PageParts::parse(source).unwrap();
        assert_eq!(page.html, "<head>\n\n\n<link rel=\"icon\" href=\"x\">\n");
        assert_eq!(page.wasm_opt_arguments, "-Oz --a -b");
        assert_eq!(page.files, ["style.css"]);
        assert!(PageParts::parse("<link data-trunk rel=\"sass\" href=\"a.scss\">").unwrap_err().contains("sass"));
    }
}
