//! Compiles the page's modules and puts its files side by side, by the links that `www/index.html` has for Trunk: `trunk build` makes the same files.
//!
//! Trunk itself takes longer to compile than all that the page shows first, and it makes all modules or none. Here each is there as soon as it is made,
//! and while the next one is compiled on one core, `wasm-opt` uses the other.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::{Outcome, process, setup, site};

/// The source of the page, in the root of the repository.
const SOURCE: &str = "www/index.html";
/// Where finished modules are kept between builds, in the root of the repository.
const KEPT: &str = "target/page";

/// What `www/index.html` says that the page consists of.
#[derive(Debug, PartialEq)]
pub struct Page {
    /// The page without the links for Trunk.
    html: String,
    pub modules: Vec<Module>,
    /// Files that are copied, beside the source of the page.
    files: Vec<String>,
}

/// A WebAssembly module.
#[derive(Debug, PartialEq)]
pub struct Module {
    /// The folder of its package, in the root of the repository.
    package: String,
    /// What `wasm-opt` is told.
    optimisation: Vec<String>,
}

impl Module {
    /// The name of its files.
    pub fn name(&self) -> String {
        format!("multiwell_{}", self.package)
    }

    /// Its two files.
    pub fn files(&self) -> [String; 2] {
        [format!("{}.js", self.name()), format!("{}_bg.wasm", self.name())]
    }

    /// Compiles it; returns what the compiler has made.
    fn compile(&self, root: &Path, arguments: &[&str]) -> Outcome<PathBuf> {
        let mut cargo = process::program("cargo", root);
        cargo.args(["build", "--locked", "--profile", "web", "--target", setup::TARGET, "--manifest-path"]);
        cargo.arg(root.join(&self.package).join("Cargo.toml")).args(arguments);
        process::run(&mut cargo, &format!("compile {}", self.name()))?;
        Ok(root.join("target").join(setup::TARGET).join("web").join(format!("{}.wasm", self.name())))
    }

    /// Writes the JavaScript beside a compiled module and makes it smaller, unless that has been done with the very same one.
    fn finish(&self, root: &Path, compiled: &Path) -> Outcome {
        let folder = root.join(KEPT).join(self.name());
        let stamp = folder.join("made-of");
        let made_of = self.made_of(compiled)?;
        if fs::read_to_string(&stamp).is_ok_and(|text| text == made_of) {
            return Ok(());
        }
        let _ = fs::remove_dir_all(&folder);
        bind(compiled, &folder)?;
        let [_, wasm] = self.files();
        let (plain, smaller) = (folder.join(wasm), folder.join("smaller.wasm"));
        optimise(root, &plain, &smaller, &self.optimisation)?;
        fs::rename(&smaller, &plain).map_err(|error| format!("could not rename {}: {error}", smaller.display()))?;
        write(&stamp, &made_of)
    }

    /// What its files depend on.
    fn made_of(&self, compiled: &Path) -> Outcome<String> {
        let bytes = fs::read(compiled).map_err(|error| format!("could not read {}: {error}", compiled.display()))?;
        Ok(format!("{:?} {} {}\n", Sha256::digest(&bytes), setup::BINARYEN.version, self.optimisation.join(" ")))
    }

    /// Copies its files, once they are finished, into a folder.
    pub fn copy_to(&self, root: &Path, folder: &Path) -> Outcome {
        self.files().iter().try_for_each(|file| copy(&root.join(KEPT).join(self.name()).join(file), &folder.join(file)))
    }
}

impl Page {
    /// Reads what the page consists of.
    pub fn read(root: &Path) -> Outcome<Self> {
        let source = root.join(SOURCE);
        let html = fs::read_to_string(&source).map_err(|error| format!("could not read {}: {error}", source.display()))?;
        Self::parse(&html)
    }

    fn parse(source: &str) -> Outcome<Self> {
        let (mut html, mut modules, mut files) = (String::new(), Vec::new(), Vec::new());
        let mut rest = source;
        while let Some((before, tail)) = rest.split_once("<link data-trunk ") {
            let (link, after) = tail.split_once('>').ok_or_else(|| format!("a link for Trunk in {SOURCE} does not end"))?;
            html += before;
            rest = after;
            let unknown = || format!("a link for Trunk in {SOURCE} is of a kind that `cargo xtask build` does not know: {link}");
            let href = attribute(link, "href").ok_or_else(unknown)?;
            let package = href.strip_prefix("../").and_then(|path| path.strip_suffix("/Cargo.toml"));
            match (attribute(link, "rel"), package) {
                (Some("rust"), Some(package)) => {
                    let level = attribute(link, "data-wasm-opt").ok_or_else(unknown)?;
                    let others = attribute(link, "data-wasm-opt-params").unwrap_or_default();
                    let optimisation = std::iter::once(format!("-O{level}")).chain(others.split_whitespace().map(Into::into));
                    modules.push(Module { package: package.into(), optimisation: optimisation.collect() });
                }
                (Some("copy-file"), None) => files.push(href.into()),
                _ => return Err(unknown()),
            }
        }
        html += rest;
        Ok(Self { html, modules, files })
    }

    /// Makes the modules, in their order, with additional arguments for Cargo. `made` is told of each that is finished: of the first one before the next is
    /// begun, for that is what somebody waits for, and of the others in whatever order that is.
    pub fn make(&self, root: &Path, arguments: &[&str], made: &(impl Fn(&Module) -> Outcome + Sync)) -> Outcome {
        std::thread::scope(|scope| {
            let mut finishing = Vec::new();
            for (number, module) in self.modules.iter().enumerate() {
                let compiled = module.compile(root, arguments)?;
                let finish = move || module.finish(root, &compiled).and_then(|()| made(module));
                if number == 0 {
                    finish()?;
                } else {
                    finishing.push(scope.spawn(finish));
                }
            }
            finishing.into_iter().try_for_each(|thread| thread.join().expect("finishing a module does not panic"))
        })
    }

    /// Makes a folder anew that holds all files of the page but its modules.
    pub fn put_together(&self, root: &Path, folder: &Path) -> Outcome {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder).map_err(|error| format!("could not make {}: {error}", folder.display()))?;
        write(&folder.join("index.html"), &self.html)?;
        let source = root.join(SOURCE);
        self.files.iter().try_for_each(|file| copy(&source.with_file_name(file), &folder.join(file)))
    }
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

/// Has Trunk make the page, too, and compares its files with those that were made last.
pub fn is_made_by_trunk(root: &Path) -> Outcome {
    let folder = root.join("target/trunk");
    let mut trunk = setup::Tools::find()?.program("trunk", root)?;
    // Trunk reads NO_COLOR as a flag and accepts only true or false.
    trunk.env_remove("NO_COLOR").args(["--log", "error", "build", "--release", "--offline", "--locked", "--dist"]).arg(&folder);
    process::run(&mut trunk, "build the page by Trunk")?;
    let read = |file: &Path| fs::read(file).map_err(|error| format!("could not read {}: {error}", file.display()));
    for entry in fs::read_dir(&folder).map_err(|error| format!("could not read {}: {error}", folder.display()))? {
        let file = entry.map_err(|error| format!("could not read {}: {error}", folder.display()))?.path();
        let name = file.file_name().expect("an entry of a folder has a name");
        if read(&file)? != read(&root.join(site::DIST).join(name))? {
            return Err(format!("Trunk makes another {} than `cargo xtask build`", name.display()));
        }
    }
    let count =
        |folder: &Path| fs::read_dir(folder).map_or(0, |entries| entries.flatten().filter(|e| e.path().is_file()).count());
    // The text of the licences and the list of files are no links.
    let others = count(&root.join(site::DIST)) - 2;
    if count(&folder) == others { Ok(()) } else { Err(format!("Trunk makes {} files, not {others}", count(&folder))) }
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
    fn the_links_for_trunk_say_what_the_page_consists_of() {
        let source = "<head>\n<link data-trunk rel=\"rust\" href=\"../web/Cargo.toml\" data-wasm-opt=\"z\"\n  data-wasm-opt-params=\"--a -b\">\n\
                      <link data-trunk rel=\"copy-file\" href=\"style.css\">\n<link rel=\"icon\" href=\"x\">\n";
        let page = Page::parse(source).unwrap();
        assert_eq!(page.html, "<head>\n\n\n<link rel=\"icon\" href=\"x\">\n");
        let optimisation = ["-Oz", "--a", "-b"].map(String::from).to_vec();
        assert_eq!(page.modules, [Module { package: "web".into(), optimisation }]);
        assert_eq!(page.modules[0].files(), ["multiwell_web.js", "multiwell_web_bg.wasm"]);
        assert_eq!(page.files, ["style.css"]);
        assert!(Page::parse("<link data-trunk rel=\"sass\" href=\"a.scss\">").unwrap_err().contains("sass"));
    }

    #[test]
    fn the_modules_of_the_page_are_those_whose_sizes_are_limited() {
        let page = Page::read(&crate::root()).unwrap();
        let mut names: Vec<String> = page.modules.iter().map(Module::name).collect();
        assert_eq!(names[0], site::MODULES[0].0, "the page's own module is made first");
        let mut limited = site::MODULES.map(|(name, _)| name.to_owned());
        names.sort();
        limited.sort();
        assert_eq!(names, limited);
    }
}
