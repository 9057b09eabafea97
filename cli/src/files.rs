//! Output files. A file is either replaced as a whole or left unchanged. For this, the text is written to a new file in the same folder, flushed to
//! the disk, and renamed. No command writes to a file that it reads, for any spelling of the name. Pipes, devices and the program's own standard
//! output are written to directly.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use itertools::Itertools;
use same_file::is_same_file;
use tempfile::{Builder, NamedTempFile};

use super::{Failure, print};

/// File extensions that identify the content of a file.
const FILE_ENDINGS: [&str; 41] = [
    "c", "cc", "cpp", "csv", "cxx", "f", "f90", "f95", "for", "gz", "h", "h5", "hdf5", "html", "jpg", "js", "json", "mat", "mjs",
    "npy", "npz", "ods", "onnx", "parquet", "pdf", "pickle", "pkl", "png", "pt", "py", "rs", "svg", "tex", "toml", "tsv", "xls",
    "xlsx", "xml", "xz", "yaml", "zip",
];

/// Refuses a file name whose extension stands for another content. Extensions without a meaning (`out`, `dat`, none) are valid for every content.
pub fn check_ending(path: &Path, good: &[&str]) -> Result<(), Failure> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    if !FILE_ENDINGS.contains(&ending.as_str()) || good.contains(&ending.as_str()) {
        return Ok(());
    }
    let (name, good) = (path.display(), good.iter().map(|good| format!(".{good}")).join(" or "));
    Err(Failure::bad_input(format!("--out {name} has the ending of another format; end the name with {good}")))
}

/// Maximum length of a chain of symbolic links that is followed.
const MAX_LINKS: usize = 40;

/// Kind of file at a path.
#[derive(Debug, PartialEq)]
enum PathKind {
    /// A file that exists or can be created: its path without links.
    File(PathBuf),
    /// A pipe, a device or an open descriptor, which cannot be replaced.
    Stream,
}

impl PathKind {
    fn classify(path: &Path) -> io::Result<Self> {
        let mut path = path.to_path_buf();
        for _ in 0..MAX_LINKS {
            if is_descriptor(&path) {
                return Ok(Self::Stream);
            }
            match fs::metadata(&path) {
                Ok(of) if of.is_dir() => return Err(io::Error::new(ErrorKind::IsADirectory, "it is a folder")),
                Ok(of) if of.is_file() => return path.canonicalize().map(Self::File),
                Ok(_) => return Ok(Self::Stream),
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                Err(_) => {}
            }
            // The file does not exist, but a link may point to the folder in which it will be created.
            let folder = folder_of(&path).canonicalize()?;
            let Ok(target) = fs::read_link(&path) else {
                let name = path.file_name().ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "it is no name of a file"))?;
                return Ok(Self::File(folder.join(name)));
            };
            path = folder.join(target);
        }
        Err(io::Error::new(ErrorKind::InvalidInput, "too many symbolic links"))
    }

    /// Returns true if both are the same file, under one name or under several.
    fn is(&self, other: &Self) -> bool {
        let (Self::File(one), Self::File(other)) = (self, other) else { return false };
        one == other || is_same_file(one, other).unwrap_or(false)
    }
}

/// Returns true if a path names an open descriptor of this process.
fn is_descriptor(path: &Path) -> bool {
    let open = ["/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/fd", "/proc/self/fd"];
    open.iter().any(|open| path.starts_with(open))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Checks before any work that results can be written after it. Each output comes with its option. All outputs must be different files, and none of
/// them may be an input.
pub fn check(outputs: &[(&str, Option<&Path>)], inputs: &[&Path]) -> Result<(), Failure> {
    check_apart(outputs, inputs)?;
    for path in outputs.iter().filter_map(|(_, path)| *path) {
        PathKind::classify(path).and_then(|place| probe(&place)).map_err(|error| unwritable(path, &error))?;
    }
    Ok(())
}

/// Checks that all outputs are different files, and that none of them is an input.
pub fn check_apart(outputs: &[(&str, Option<&Path>)], inputs: &[&Path]) -> Result<(), Failure> {
    let read: Vec<(&Path, PathKind)> = inputs.iter().filter_map(|path| Some((*path, PathKind::classify(path).ok()?))).collect();
    let mut seen: Vec<(&str, PathKind)> = Vec::new();
    for &(option, path) in outputs {
        let Some(path) = path else { continue };
        let place = PathKind::classify(path).map_err(|error| unwritable(path, &error))?;
        if let Some((other, _)) = seen.iter().find(|(_, other)| place.is(other)) {
            return Err(Failure::bad_input(format!("{other} and {option} name the same file; give each its own")));
        }
        if let Some((input, _)) = read.iter().find(|(_, input)| place.is(input)) {
            let (name, input) = (path.display(), input.display());
            return Err(Failure::bad_input(format!("{option} {name} would replace {input}, which is read; give another name")));
        }
        seen.push((option, place));
    }
    Ok(())
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::bad_input(format!("{} cannot be written ({error})", path.display()))
}

/// Checks that a file can be replaced. The check leaves no file behind.
fn probe(place: &PathKind) -> io::Result<()> {
    let PathKind::File(path) = place else { return Ok(()) };
    if path.exists() {
        OpenOptions::new().append(true).open(path)?;
    }
    beside(path).map(|_| ())
}

/// Creates a folder, and checks that files can be created in it.
pub fn make_folder(folder: &Path) -> Result<(), Failure> {
    let made = fs::create_dir_all(folder).and_then(|()| beside(&folder.join("file")));
    made.map(|_| ()).map_err(|error| Failure::bad_input(format!("{} cannot be made or written ({error})", folder.display())))
}

/// Creates a file in the folder of `path`. It is removed unless it is renamed.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".multiwell-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The permissions follow the user's mask, as for any new file.
        let mode = fs::metadata(path).map_or(0o666, |of| of.permissions().mode() & 0o777);
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    // Only the kind of the error is returned, because the error itself would name the new file.
    builder.tempfile_in(folder_of(path)).map_err(|error| error.kind().into())
}

/// Replaces the file at `path`, or creates it.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_atomically(path, bytes, |new, place| new.persist(place)).map_err(|why| why.failed(path))
}

/// Replaces the file at `path` with results of a long computation. If this fails, the results are kept in a new file in the current folder or in that
/// of temporary files. If this fails, too, they are printed. The error names the location of the results.
pub fn write_or_keep(path: &Path, text: &str) -> Result<(), Failure> {
    let Err(why) = write_atomically(path, text.as_bytes(), |new, place| new.persist(place)) else { return Ok(()) };
    let folders = [PathBuf::from("."), std::env::temp_dir()];
    let elsewhere = || folders.iter().find_map(|folder| write_copy(folder, path, text.as_bytes()).ok());
    let WriteError { error, kept } = why;
    let kept = kept.or_else(elsewhere);
    if kept.is_none() && print(&format!("{text}\n")).is_ok() {
        let name = path.display();
        return Err(Failure::Failed(format!("{name} cannot be written ({error}); its contents are printed on standard output")));
    }
    Err(WriteError { error, kept }.failed(path))
}

/// Reason why a file could not be written, and the location of its contents, if they are kept.
#[derive(Debug)]
struct WriteError {
    error: io::Error,
    kept: Option<PathBuf>,
}

impl WriteError {
    fn failed(self, path: &Path) -> Failure {
        let place = self.kept.map(|kept| format!("; the results are in {}", kept.canonicalize().unwrap_or(kept).display()));
        Failure::Failed(format!("{} cannot be written ({}){}", path.display(), self.error, place.unwrap_or_default()))
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self { error, kept: None }
    }
}

/// Writes a new file in a folder, with a name like that of `path`, and returns its path.
fn write_copy(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let [stem, ending] = [path.file_stem(), path.extension()].map(|part| part.unwrap_or_default().to_string_lossy());
    let mut file = Builder::new().prefix(&format!("{stem}-")).suffix(&format!(".{ending}")).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file.keep()?.1)
}

/// Creates the file at `path`, which must not exist.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_atomically(path, bytes, |new, place| new.persist_noclobber(place)).map_err(|why| match why.error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::bad_input(format!("{} is there already; choose another name, or remove it first", path.display()))
        }
        _ => why.failed(path),
    })
}

/// Writes to a stream directly. Otherwise writes to a new file, which `rename` then renames. If that fails, the results remain in the new file.
fn write_atomically(
    path: &Path,
    bytes: &[u8],
    rename: impl FnOnce(NamedTempFile, &Path) -> Result<File, tempfile::PersistError>,
) -> Result<(), WriteError> {
    let PathKind::File(place) = PathKind::classify(path)? else { return Ok(stream(path, bytes)?) };
    rename(prepared(&place, bytes)?, &place).map_err(|failure| {
        let is_there = failure.error.kind() == ErrorKind::AlreadyExists;
        let kept = if is_there { None } else { failure.file.keep().ok().map(|(_, kept)| kept) };
        WriteError { error: failure.error, kept }
    })?;
    // Flushes the new name, too. Not every file system can do that, and the file is complete without it.
    let _ = File::open(folder_of(&place)).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Creates a file in the folder of `path` that holds these bytes, flushed to the disk.
fn prepared(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut new = beside(path)?;
    new.as_file_mut().write_all(bytes)?;
    // The mask must not change the mode of an existing file.
    if let Ok(old) = fs::metadata(path) {
        fs::set_permissions(new.path(), old.permissions())?;
    }
    new.as_file().sync_all()?;
    Ok(new)
}

fn stream(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path == Path::new("/dev/stdout") {
        let mut out = io::stdout().lock();
        return out.write_all(bytes).and_then(|()| out.flush());
    }
    let mut file = OpenOptions::new().append(true).open(path)?;
    file.write_all(bytes).and_then(|()| file.flush())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn file_is_replaced_whole_without_leftover_files() {
        let folder = folder();
        let path = folder.path().join("m.json");
        for text in ["first, and longer", "second"] {
            write(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn write_new_does_not_replace_existing_file() {
        let folder = folder();
        let path = folder.path().join("t.csv");
        write_new(&path, b"one").unwrap();
        assert!(matches!(write_new(&path, b"two"), Err(Failure::BadInput(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
    }

    #[test]
    fn equal_paths_are_detected_under_different_spellings() {
        let folder = folder();
        let path = folder.path().join("data.csv");
        fs::write(&path, "x,y\n").unwrap();
        let twisted = folder.path().join(".").join("..").join(folder.path().file_name().unwrap()).join("data.csv");
        let refused = |out: &Path| check(&[("--model-out", Some(out))], &[&path]).is_err();
        assert!(refused(&path) && refused(&twisted) && !refused(&folder.path().join("other.csv")));
        let new = [folder.path().join("new"), folder.path().join(".").join("new")];
        assert!(check(&[("--model-out", Some(&new[0])), ("--history-out", Some(&new[1]))], &[]).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_permissions_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = folder();
        let [file, link, hard, far] = ["file", "link", "hard", "far"].map(|name| folder.path().join(name));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("file", &link).unwrap();
        fs::hard_link(&file, &hard).unwrap();
        for other in [&link, &hard] {
            assert!(check(&[("--model-out", Some(other.as_path()))], &[&file]).is_err());
        }
        write(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(
            (fs::read_to_string(&file).unwrap().as_str(), fs::metadata(&file).unwrap().permissions().mode() & 0o777),
            ("new", 0o640)
        );
        // A link to a file that does not exist yet.
        symlink("later", &far).unwrap();
        write(&far, b"x").unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("later")).unwrap(), "x");
        write(Path::new("/dev/null"), b"gone").unwrap();
    }
}
