//! The page as a folder of static files.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

use crate::page::Page;
use crate::{Outcome, book, licences, process, setup};

/// The folder of the built page, in the root of the repository.
pub const DIST: &str = "dist";

/// The list of the page's files in it.
pub const LIST: &str = "build.json";

/// Name of the page's WebAssembly module.
pub const MODULE: &str = "multiwell_web";

/// Largest size of the compressed module, in bytes.
pub const MAX_MODULE_BYTES: u64 = 1250 * 1024;

/// Builds the page, with the examples of embedding, and the book if there is mdBook.
pub fn build(root: &Path) -> Outcome {
    build_with(root, &[])
}

/// Builds the page with additional arguments for Cargo.
pub fn build_with(root: &Path, arguments: &[&str]) -> Outcome {
    println!("[build] the page, into {DIST}/");
    let dist = root.join(DIST);
    Page::read(root)?.build(root, arguments, &dist)?;
    complete(root)?;
    list(&dist)?;
    let (plain, compressed) = module_size(root)?;
    println!("[build] {MODULE} has {:.0} KB, compressed {:.0} KB", kilobytes(plain), kilobytes(compressed));
    Ok(())
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

/// Size of the WebAssembly module in bytes, uncompressed and gzipped.
pub fn module_size(root: &Path) -> Outcome<(u64, u64)> {
    let file = root.join(DIST).join(format!("{MODULE}_bg.wasm"));
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
