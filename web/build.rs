//! Computes a digest of the sources, by which the page and its workers detect that they are of different builds.

use std::hash::{DefaultHasher, Hasher};
use std::path::Path;
use std::{env, fs, io};

/// The sources of the module, relative to the root of the repository.
const MODULE_SOURCES: [&str; 6] = ["Cargo.lock", "compare/src", "engine/src", "export/src", "src", "web/src"];

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut digest = DefaultHasher::new();
    for source in MODULE_SOURCES {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
        add(&root, Path::new(source), &mut digest)?;
    }
    println!("cargo::rustc-env=MULTIWELL_BUILD={:016x}", digest.finish());
    Ok(())
}

/// Adds a file, or all files of a folder in the order of their names.
fn add(root: &Path, source: &Path, digest: &mut DefaultHasher) -> io::Result<()> {
    let path = root.join(source);
    if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(&path)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>()?;
        entries.sort();
        return entries.iter().try_for_each(|entry| add(root, &source.join(entry), digest));
    }
    digest.write(source.to_string_lossy().as_bytes());
    digest.write(&fs::read(path)?);
    Ok(())
}
