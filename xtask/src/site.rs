//! The page as a folder of static files.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

use crate::page::{Module, Page};
use crate::serve::{self, Coming};
use crate::{Outcome, book, licences, process, setup};

/// The folder of the built page, in the root of the repository.
pub const DIST: &str = "dist";

/// The list of the page's files in it.
pub const LIST: &str = "build.json";

/// The modules, each with its largest compressed size in bytes: the page's own, which trains curves, and those that workers
/// load for systems, for materials, for exports, for comparisons and for the tape.
pub const MODULES: [(&str, u64); 6] = [
    ("multiwell_web", 500 * 1024),
    ("multiwell_systems", 700 * 1024),
    ("multiwell_materials", 600 * 1024),
    ("multiwell_exporter", 450 * 1024),
    ("multiwell_comparer", 700 * 1024),
    ("multiwell_tape", 450 * 1024),
];

/// Builds the page, with the examples of embedding, and the book if there is mdBook.
pub fn build(root: &Path) -> Outcome {
    build_with(root, &[])
}

/// Builds the page with additional arguments for Cargo.
pub fn build_with(root: &Path, arguments: &[&str]) -> Outcome {
    println!("[build] the page, into {DIST}/");
    let (page, dist) = (Page::read(root)?, root.join(DIST));
    page.make(root, arguments, &|_| Ok(()))?;
    page.put_together(root, &dist)?;
    page.modules.iter().try_for_each(|module| module.copy_to(root, &dist))?;
    complete(root)?;
    list(&dist)?;
    MODULES.iter().try_for_each(|(module, _)| tell_size(root, module))
}

/// Builds the page and serves it. It is served as soon as its own module is there; whoever asks for another one waits until that is made.
pub fn build_and_serve(root: &Path, port: Option<u16>, open: bool) -> Outcome {
    println!("[build] the page, into {DIST}/");
    let (page, dist) = (Page::read(root)?, root.join(DIST));
    let coming = Coming::default();
    let (first, later) = page.modules.split_first().ok_or("the page has no module")?;
    let made = |module: &Module| {
        if module == first {
            page.put_together(root, &dist)?;
        }
        module.copy_to(root, &dist)?;
        tell_size(root, &module.name())?;
        if module != first {
            coming.has_come(&module.files());
            return Ok(());
        }
        for module in later {
            coming.await_files(&module.files());
        }
        serve::start(&dist, port, open, &coming)?;
        println!("[build] the page can be opened; what it loads later is still being compiled");
        complete(root)
    };
    match page.make(root, &[], &made) {
        Ok(()) => {
            list(&dist)?;
            println!("[build] all of the page is there");
        }
        // What is there is served all the same.
        Err(sentence) if coming.is_awaited() => {
            eprintln!("xtask: {sentence}; the page is served without what it loads from there");
            coming.give_up();
        }
        Err(sentence) => return Err(sentence),
    }
    serve::until_stopped()
}

/// Adds to the page's files what belongs to them.
fn complete(root: &Path) -> Outcome {
    let (tools, dist) = (setup::Tools::find()?, root.join(DIST));
    copy_folder(&root.join("examples/embed"), &dist.join("examples/embed"))?;
    // What the links of the worked cases name.
    copy_folder(&root.join("examples/data"), &dist.join("data"))?;
    licences::text(root, &licences::SITE, &dist.join(licences::TEXT))?;
    if tools.folder().join("bin/mdbook").is_file() {
        let mut mdbook = tools.program("mdbook", &dist.join("examples/embed/book"))?;
        process::run(mdbook.env("MDBOOK_LOG", "warn").args(["build", "--dest-dir", "html"]), "build the example book")?;
        book::build(root)?;
    }
    Ok(())
}

/// Writes the list of the page's files with their digests, by which the service worker keeps those of one build. The book and the examples of embedding
/// are no part of the page, and the service worker is fetched by the browser itself.
fn list(dist: &Path) -> Outcome {
    let failed = |path: &Path, error: std::io::Error| format!("could not read {}: {error}", path.display());
    let mut files = BTreeMap::new();
    for folder in [dist.to_path_buf(), dist.join("data")] {
        for entry in fs::read_dir(&folder).map_err(|error| failed(&folder, error))? {
            let path = entry.map_err(|error| failed(&folder, error))?.path();
            let name = path.strip_prefix(dist).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            if path.is_file() && !["sw.js", LIST].contains(&name.as_str()) {
                files.insert(name, digest(&fs::read(&path).map_err(|error| failed(&path, error))?));
            }
        }
    }
    let lines = files.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect::<Vec<_>>().concat();
    let list = serde_json::json!({ "id": digest(lines.as_bytes())[..16], "files": files });
    fs::write(dist.join(LIST), format!("{list}\n")).map_err(|error| format!("could not write {LIST}: {error}"))
}

/// The SHA-256 digest of some bytes, in hexadecimal digits.
fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn tell_size(root: &Path, module: &str) -> Outcome {
    let (plain, compressed) = module_size(root, module)?;
    println!("[build] {module} has {:.0} KB, compressed {:.0} KB", kilobytes(plain), kilobytes(compressed));
    Ok(())
}

/// Size of a WebAssembly module in bytes, uncompressed and gzipped.
pub fn module_size(root: &Path, module: &str) -> Outcome<(u64, u64)> {
    let file = root.join(DIST).join(format!("{module}_bg.wasm"));
    let bytes = fs::read(&file).map_err(|error| format!("could not read {}: {error}", file.display()))?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let compressed =
        encoder.write_all(&bytes).and_then(|()| encoder.finish()).map_err(|error| format!("could not compress: {error}"))?;
    Ok((bytes.len() as u64, compressed.len() as u64))
}

/// A number of bytes in kilobytes.
pub fn kilobytes(bytes: u64) -> f64 {
    bytes as f64 / 1024.0
}

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) -> Outcome {
    let failed = |what: &Path, error: std::io::Error| format!("could not copy {}: {error}", what.display());
    fs::create_dir_all(to).map_err(|error| failed(to, error))?;
    for entry in fs::read_dir(from).map_err(|error| failed(from, error))? {
        let path: PathBuf = entry.map_err(|error| failed(from, error))?.path();
        let target = to.join(path.file_name().expect("an entry of a folder has a name"));
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(|error| failed(&path, error))?;
        }
    }
    Ok(())
}
