//! What a release consists of, made and checked, and published by nobody: `docs/releasing.md` says what a person does with it.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};

use crate::{Outcome, js, licences, process, setup, site, widget};

/// The version of all packages, that of the workspace.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The folder of the release, in the root of the repository.
const FOLDER: &str = "target/release-files";

/// Checks that versions agree and that the crates can be published, and builds wheel, source archives, the npm package and the site, with bills of
/// materials, checksums and the entry of the change log.
pub fn run(root: &Path) -> Outcome {
    is_clean(root)?;
    versions_agree(root)?;
    let (entry, is_named) = entry(&read(&root.join("CHANGELOG.md"))?)?;
    setup::for_page(root)?;
    setup::for_tests(root)?;
    let folder = root.join(FOLDER);
    // Files of another version must not stay.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| format!("could not make {}: {error}", folder.display()))?;
    crates(root)?;
    // The Python package brings it along.
    widget::build(root)?;
    python(root, &folder)?;
    site::build(root)?;
    let packed = js::build(root)?;
    let name = packed.file_name().expect("the package is a file");
    fs::copy(&packed, folder.join(name)).map_err(|error| format!("could not copy {}: {error}", packed.display()))?;
    println!("[release] the site");
    archive(&root.join(site::DIST), &format!("multiwell-site-{VERSION}"), &folder)?;
    println!("[release] bills of materials");
    licences::bills(root, &folder)?;
    write(&folder.join("notes.md"), &entry)?;
    let sums = checksums(&folder)?;
    write(&folder.join("SHA256SUMS"), &sums)?;
    print!("{sums}");
    println!("{FOLDER}/ has release {VERSION}; nothing was published. docs/releasing.md says how to.");
    if !is_named {
        println!("The changes are still headed \"Unreleased\" in CHANGELOG.md; head them \"{VERSION}\" before the release.");
    }
    Ok(())
}

/// Nothing may be released that is not in the history.
fn is_clean(root: &Path) -> Outcome {
    let mut git = Command::new("git");
    match process::answer(git.current_dir(root).args(["status", "--porcelain"])) {
        Some(changes) if changes.trim().is_empty() => Ok(()),
        Some(changes) => {
            Err(format!("please commit or put away what has changed, so that a release can be made again:\n{changes}"))
        }
        None => Err("git does not say what has changed; a release is made from a clone of the repository".into()),
    }
}

/// Files besides those of cargo that say the version, and how the line with it begins.
const VERSIONED: [(&str, &str); 2] = [("CITATION.cff", "version: "), ("js/package.json", "\"version\": ")];

fn versions_agree(root: &Path) -> Outcome {
    for (file, start) in VERSIONED {
        let text = read(&root.join(file))?;
        let found = text.lines().find_map(|line| line.trim_start().strip_prefix(start));
        let found = found.map(|rest| rest.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
        if found != Some(VERSION) {
            let is = found.unwrap_or("no version");
            return Err(format!("{file} has {is} and Cargo.toml {VERSION}; please write the same into both"));
        }
    }
    Ok(())
}

/// The entry of the change log for this version, or of what is not released yet; and whether it is named after the version.
fn entry(text: &str) -> Outcome<(String, bool)> {
    let sections = || text.split("\n## ").skip(1);
    let headed = |heading: &str| {
        let section = sections().find(|section| section.split_whitespace().next() == Some(heading))?;
        section.split_once('\n').map(|(_, body)| body.trim().to_owned()).filter(|body| !body.is_empty())
    };
    let missing =
        || format!("CHANGELOG.md has no entry \"## {VERSION}\" or \"## Unreleased\" that says what is new; please write one");
    let named = headed(VERSION).map(|body| (body, true));
    named.or_else(|| headed("Unreleased").map(|body| (body, false))).ok_or_else(missing)
}

/// Packs the crates and builds them from what is packed.
fn crates(root: &Path) -> Outcome {
    println!("[release] the crates, as they would be published");
    let mut git = Command::new("git");
    let commit = process::answer(git.current_dir(root).args(["rev-parse", "--short", "HEAD"]));
    let commit = commit.ok_or("git does not say which commit this is; a release is made from a clone of the repository")?;
    let all = root.join("target/release-crates");
    let _ = fs::remove_dir_all(&all);
    // Cargo keeps what it has unpacked by the name of this folder: by one that stays it would build crates of an earlier commit.
    let own = all.join(commit.trim());
    let mut cargo = process::program("cargo", root);
    cargo.args(["publish", "--workspace", "--dry-run", "--locked", "--quiet", "--target-dir"]).arg(own);
    process::run(&mut cargo, "prepare the crates for publishing")
}

/// The wheel for this platform, and the source archive, by maturin.
fn python(root: &Path, folder: &Path) -> Outcome {
    println!("[release] the Python package: a wheel for this platform and the source");
    let tools = setup::Tools::find()?;
    for (task, arguments) in
        [("build the wheel", &["build", "--release", "--quiet"][..]), ("pack the source of the Python package", &["sdist"])]
    {
        let mut maturin = process::program(tools.python(), &root.join("python"));
        maturin.args(["-m", "maturin"]).args(arguments).arg("--out").arg(folder);
        process::run(&mut maturin, task)?;
    }
    Ok(())
}

/// Packs a folder under a name, so that the same contents give the same bytes.
fn archive(from: &Path, name: &str, folder: &Path) -> Outcome {
    let path = folder.join(format!("{name}.tar.gz"));
    let failed = |error: std::io::Error| format!("could not write {}: {error}", path.display());
    let file = File::create(&path).map_err(failed)?;
    let mut archive = tar::Builder::new(GzBuilder::new().mtime(0).write(file, Compression::best()));
    for file in files(from)? {
        let inside = file.strip_prefix(from).expect("a file of the folder");
        let contents = fs::read(&file).map_err(failed)?;
        let mut header = tar::Header::new_gnu();
        header.set_size(contents.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_cksum();
        archive.append_data(&mut header, Path::new(name).join(inside), contents.as_slice()).map_err(failed)?;
    }
    archive.into_inner().and_then(flate2::write::GzEncoder::finish).map_err(failed).map(drop)
}

/// All files below a folder, in the order of their paths.
fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let failed = |error: std::io::Error| format!("could not look into {}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}

/// A line for each file, as `sha256sum --check` reads it.
fn checksums(folder: &Path) -> Outcome<String> {
    let mut text = String::new();
    for file in files(folder)?.iter().filter(|file| file.extension().is_none_or(|end| end != "md")) {
        let contents = fs::read(file).map_err(|error| format!("could not read {}: {error}", file.display()))?;
        let name = file.file_name().expect("a file has a name").to_string_lossy();
        Sha256::digest(&contents).iter().for_each(|byte| write!(text, "{byte:02x}").expect("a text takes a number"));
        writeln!(text, "  {name}").expect("a text takes a name");
    }
    Ok(text)
}

fn read(file: &Path) -> Outcome<String> {
    fs::read_to_string(file).map_err(|error| format!("could not read {}: {error}", file.display()))
}

fn write(file: &Path, text: &str) -> Outcome {
    fs::write(file, text).map_err(|error| format!("could not write {}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_of_a_version_comes_before_what_is_not_released() {
        let log = |heading: &str| format!("# Changelog\n\n## Unreleased\n\n- new\n\n## {heading}\n\n- old\n");
        assert_eq!(entry(&log("0.0.1")), Ok(("- new".into(), false)));
        assert_eq!(entry(&log(&format!("{VERSION} (2031-02-03)"))), Ok(("- old".into(), true)));
        assert!(entry("# Changelog\n\n## Unreleased\n\n## 0.0.1\n\n- old\n").unwrap_err().contains("please write one"));
    }

    #[test]
    fn files_that_say_the_version_agree() {
        versions_agree(&crate::root()).unwrap();
    }

    #[test]
    fn an_archive_has_the_same_bytes_every_time() {
        let folder = std::env::temp_dir().join(format!("multiwell-archive-{}", std::process::id()));
        let contents = folder.join("contents/inner");
        fs::create_dir_all(&contents).unwrap();
        fs::write(contents.join("a.txt"), "a").unwrap();
        let mut made = Vec::new();
        for _ in 0..2 {
            archive(&folder.join("contents"), "name", &folder).unwrap();
            made.push(fs::read(folder.join("name.tar.gz")).unwrap());
        }
        assert_eq!(made[0], made[1]);
        assert!(checksums(&folder).unwrap().contains("  name.tar.gz\n"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
