//! File operations whose errors are sentences.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

use crate::TaskResult;

/// Function that converts an error at `path` to a sentence.
fn failed(task: &str, path: &Path) -> impl Fn(io::Error) -> String {
    move |error| format!("could not {task} {}: {error}", path.display())
}

/// Reads a file.
pub fn read(file: &Path) -> TaskResult<Vec<u8>> {
    fs::read(file).map_err(failed("read", file))
}

/// Reads a text file.
pub fn read_text(file: &Path) -> TaskResult<String> {
    fs::read_to_string(file).map_err(failed("read", file))
}

/// Writes a file, and creates its folder.
pub fn write(file: &Path, contents: impl AsRef<[u8]>) -> TaskResult {
    file.parent().map_or(Ok(()), create_folder)?;
    fs::write(file, contents).map_err(failed("write", file))
}

/// Creates a folder and those above it.
pub fn create_folder(folder: &Path) -> TaskResult {
    fs::create_dir_all(folder).map_err(failed("make", folder))
}

/// Creates an empty folder in place of an existing one.
pub fn create_empty_folder(folder: &Path) -> TaskResult {
    remove_folder(folder)?;
    create_folder(folder)
}

/// Removes a folder, if it exists.
pub fn remove_folder(folder: &Path) -> TaskResult {
    if folder.exists() { fs::remove_dir_all(folder).map_err(failed("remove", folder)) } else { Ok(()) }
}

/// Copies a file.
pub fn copy(from: &Path, to: &Path) -> TaskResult {
    fs::copy(from, to).map(drop).map_err(failed("copy", from))
}

/// Copies files of one folder into another one.
pub fn copy_files(names: &[impl AsRef<Path>], from: &Path, to: &Path) -> TaskResult {
    create_folder(to)?;
    names.iter().try_for_each(|name| copy(&from.join(name), &to.join(name)))
}

/// Copies a folder with its contents.
pub fn copy_folder(from: &Path, to: &Path) -> TaskResult {
    create_folder(to)?;
    for path in list(from)? {
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() { copy_folder(&path, &target)? } else { copy(&path, &target)? }
    }
    Ok(())
}

/// Paths of the entries of a folder, sorted.
pub fn list(folder: &Path) -> TaskResult<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>());
    let mut paths = entries.map_err(failed("read", folder))?;
    paths.sort();
    Ok(paths)
}

/// Paths of all files below a folder, sorted.
pub fn list_recursively(folder: &Path) -> TaskResult<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in list(folder)? {
        if path.is_dir() { files.extend(list_recursively(&path)?) } else { files.push(path) }
    }
    Ok(files)
}

/// Compresses bytes by gzip.
pub fn gzip(bytes: &[u8]) -> TaskResult<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(|error| format!("could not compress: {error}"))
}

/// Compresses bytes by Brotli, below the highest quality, which takes ten times as long.
pub fn brotli(bytes: &[u8]) -> TaskResult<Vec<u8>> {
    let mut compressed = Vec::new();
    let read = brotli::CompressorReader::new(bytes, 1 << 16, 9, 24).read_to_end(&mut compressed);
    read.map(|_| compressed).map_err(|error| format!("could not compress: {error}"))
}

/// SHA-256 digest in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// Checks and prints the size of a file.
pub fn check_size(file: &Path, max_bytes: u64) -> TaskResult {
    let bytes = fs::metadata(file).map_err(failed("read", file))?.len();
    println!("{}: {:.0} KB", file.display(), bytes as f64 / 1024.0);
    if bytes <= max_bytes { Ok(()) } else { Err(format!("{} has {bytes} bytes; the limit is {max_bytes}", file.display())) }
}
