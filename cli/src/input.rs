//! Input files that are read as a whole, up to a maximum size.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use multiwell::internal::data::unpack::{Unpacked, unpack};

use super::{Failure, print_error};

/// Maximum size of an input file, in megabytes. Endless input, such as that of a device, must not fill the memory.
const MAX_MEGABYTES: u64 = 512;

/// Reads the bytes of a file, or of a pipe until its end.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    read_at_most(path, MAX_MEGABYTES << 20).map_err(|why| Failure::bad_input(format!("{}: {why}", path.display())))
}

/// Reads the text of a file. Bytes that are not UTF-8 are replaced. The reader of the text refuses them.
pub fn text(path: &Path) -> Result<String, Failure> {
    read(path).map(|bytes| String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
}

/// Reads the text of a table, which may be compressed or consist of NumPy arrays. Prints notes on omitted content.
pub fn table(path: &Path) -> Result<String, Failure> {
    let name = path.display().to_string();
    let Unpacked { text, notes } = unpack(read(path)?).map_err(|why| Failure::bad_input(format!("{name}: {why}")))?;
    print_notes(&notes);
    Ok(text)
}

pub fn print_notes(notes: &[String]) {
    for note in notes {
        print_error(&format!("note: {note}"));
    }
}

fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("the file cannot be read ({error})");
    announce(path);
    let file = File::open(path).map_err(unreadable)?;
    // The buffer has one additional byte, so that the end is found without a reallocation.
    let size = file.metadata().map_or(0, |of| of.len() + 1);
    let mut bytes = Vec::with_capacity(size.min(most + 1) as usize);
    file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(format!("the file has more than {} MB, which is all that is read; leave rows or columns out", most >> 20));
    }
    Ok(bytes)
}

/// Prints that the program waits for a named pipe, which would otherwise look like a hang.
#[cfg(unix)]
fn announce(path: &Path) {
    use std::os::unix::fs::FileTypeExt;
    let is_pipe = std::fs::symlink_metadata(path).is_ok_and(|of| of.file_type().is_fifo());
    if is_pipe {
        print_error(&format!("note: {} is a pipe; it is read until its writer closes it", path.display()));
    }
}

#[cfg(not(unix))]
fn announce(_: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn endless_input_is_refused_at_size_limit() {
        let sentence = read_at_most(Path::new("/dev/zero"), 3 << 20).unwrap_err();
        assert!(sentence.contains("more than 3 MB"), "{sentence}");
        assert!(read_at_most(Path::new("/dev/null"), 3).unwrap().is_empty());
    }
}
