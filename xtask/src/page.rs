//! Compiles the page's module and puts its files side by side, by the links that `www/index.html` has for Trunk.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::site::MODULE;
use crate::{Outcome, process, setup};

/// The source of the page, in the root of the repository.
const SOURCE: &str = "www/index.html";
/// The package of the module, as the link for Trunk names it.
const PACKAGE: &str = "../web/Cargo.toml";
/// Folder of the finished module between builds, in the root of the repository.
const KEPT: &str = "target/page";

/// The parts of the page, as `www/index.html` lists them.
#[derive(Debug, PartialEq)]
pub struct Page {
    /// The page without the links for Trunk.
    html: String,
    /// Arguments of `wasm-opt`.
    optimisation: Vec<String>,
    /// Files that are copied, beside the source of the page.
    files: Vec<String>,
}

impl Page {
    /// Reads the links of `www/index.html`.
    pub fn read(root: &Path) -> Outcome<Self> {
        let source = root.join(SOURCE);
        let html = fs::read_to_string(&source).map_err(|error| format!("could not read {}: {error}", source.display()))?;
        Self::parse(&html)
    }

    fn parse(source: &str) -> Outcome<Self> {
        let (mut html, mut optimisation, mut files) = (String::new(), Vec::new(), Vec::new());
        let mut rest = source;
        while let Some((before, tail)) = rest.split_once("<link data-trunk ") {
            let (link, after) = tail.split_once('>').ok_or_else(|| format!("a link for Trunk in {SOURCE} does not end"))?;
            html += before;
            rest = after;
            let unknown = || format!("a link for Trunk in {SOURCE} is of a kind that `cargo xtask build` does not know: {link}");
            match (attribute(link, "rel"), attribute(link, "href")) {
                (Some("rust"), Some(PACKAGE)) => {
                    let level = attribute(link, "data-wasm-opt").ok_or_else(unknown)?;
                    let others = attribute(link, "data-wasm-opt-params").unwrap_or_default();
                    optimisation.push(format!("-O{level}"));
                    optimisation.extend(others.split_whitespace().map(Into::into));
                }
                (Some("copy-file"), Some(file)) => files.push(file.into()),
                _ => return Err(unknown()),
            }
        }
        html += rest;
        Ok(Self { html, optimisation, files })
    }

    /// Builds the page into a folder, with additional arguments for Cargo.
    pub fn build(&self, root: &Path, arguments: &[&str], folder: &Path) -> Outcome {
        self.finish_module(root, &compile(root, arguments)?)?;
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder).map_err(|error| format!("could not make {}: {error}", folder.display()))?;
        write(&folder.join("index.html"), &self.html)?;
        let source = root.join(SOURCE);
        self.files.iter().try_for_each(|file| copy(&source.with_file_name(file), &folder.join(file)))?;
        let module = [format!("{MODULE}.js"), format!("{MODULE}_bg.wasm")];
        module.iter().try_for_each(|file| copy(&root.join(KEPT).join(file), &folder.join(file)))
    }

    /// Writes the JavaScript beside the compiled module and makes the module smaller, unless both have been done with these bytes.
    fn finish_module(&self, root: &Path, compiled: &Path) -> Outcome {
        let folder = root.join(KEPT);
        let stamp = folder.join("made-of");
        let bytes = fs::read(compiled).map_err(|error| format!("could not read {}: {error}", compiled.display()))?;
        let made_of = format!("{:?} {} {}\n", Sha256::digest(&bytes), setup::BINARYEN.version, self.optimisation.join(" "));
        if fs::read_to_string(&stamp).is_ok_and(|text| text == made_of) {
            return Ok(());
        }
        let _ = fs::remove_dir_all(&folder);
        bind(compiled, &folder)?;
        let (plain, smaller) = (folder.join(format!("{MODULE}_bg.wasm")), folder.join("smaller.wasm"));
        optimise(root, &plain, &smaller, &self.optimisation)?;
        fs::rename(&smaller, &plain).map_err(|error| format!("could not rename {}: {error}", smaller.display()))?;
        write(&stamp, &made_of)
    }
}

/// Compiles the module; returns the file that the compiler has written.
fn compile(root: &Path, arguments: &[&str]) -> Outcome<PathBuf> {
    let mut cargo = process::program("cargo", root);
    cargo.args(["build", "--locked", "--profile", "web", "--target", setup::TARGET, "--manifest-path"]);
    cargo.arg(root.join("web/Cargo.toml")).args(arguments);
    process::run(&mut cargo, &format!("compile {MODULE}"))?;
    Ok(root.join("target").join(setup::TARGET).join("web").join(format!("{MODULE}.wasm")))
}

/// Writes a compiled module, with the JavaScript beside it, into a folder.
pub fn bind(compiled: &Path, folder: &Path) -> Outcome {
    let web = |bindgen: &mut Bindgen| bindgen.typescript(false).omit_default_module_path(false).generate(folder);
    let bound = Bindgen::new().input_path(compiled).web(true).and_then(web);
    bound.map_err(|error| format!("could not write the JavaScript beside {}: {error:#}", compiled.display()))
}

/// Writes a smaller module that does the same.
pub fn optimise(root: &Path, plain: &Path, smaller: &Path, arguments: &[impl AsRef<std::ffi::OsStr>]) -> Outcome {
    let mut program = setup::Tools::find()?.program("wasm-opt", root)?;
    program.arg(plain).args(arguments).arg("-o").arg(smaller);
    process::run(&mut program, &format!("make {} smaller", plain.display()))
}

/// The value of an attribute of a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = tag.split_once(&format!("{name}=\""))?;
    value.split_once('"').map(|(value, _)| value)
}

fn copy(from: &Path, to: &Path) -> Outcome {
    fs::copy(from, to).map(drop).map_err(|error| format!("could not copy {}: {error}", from.display()))
}

fn write(file: &Path, text: &str) -> Outcome {
    fs::write(file, text).map_err(|error| format!("could not write {}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_for_trunk_list_the_parts_of_the_page() {
        let source = "<head>\n<link data-trunk rel=\"rust\" href=\"../web/Cargo.toml\" data-wasm-opt=\"z\"\n  data-wasm-opt-params=\"--a -b\">\n\
                      <link data-trunk rel=\"copy-file\" href=\"style.css\">\n<link rel=\"icon\" href=\"x\">\n";
        let page = Page::parse(source).unwrap();
        assert_eq!(page.html, "<head>\n\n\n<link rel=\"icon\" href=\"x\">\n");
        assert_eq!(page.optimisation, ["-Oz", "--a", "-b"]);
        assert_eq!(page.files, ["style.css"]);
        assert!(Page::parse("<link data-trunk rel=\"sass\" href=\"a.scss\">").unwrap_err().contains("sass"));
    }
}
