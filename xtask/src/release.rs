//! Builds and checks of the parts of a release. Nothing is published: `docs/releasing.md` describes the remaining steps.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::{Compression, GzBuilder};

use crate::setup::{self, MDBOOK_TOOL, PAGE_TOOLS, SetupTool, Tools, WHEEL_PACKAGES};
use crate::{TaskResult, files, js, licences, process, site, widget};

/// Version of all packages, from the workspace.
const PACKAGE_VERSION: &str = env!("CARGO_PKG_VERSION");
/// Folder of the release, in the root of the repository.
const RELEASE_FOLDER: &str = "target/release-files";
/// Files besides those of cargo that contain the version or the address, and the text before it on its line.
const METADATA: [(&str, &str, &str); 3] = [
    ("CITATION.cff", "version: ", PACKAGE_VERSION),
    ("CITATION.cff", "repository-code: ", env!("CARGO_PKG_REPOSITORY")),
    ("bindings/js/package.json", "\"version\": ", PACKAGE_VERSION),
];

/// Checks that versions agree, that the crates can be published and that dependencies follow the rules of `deny.toml`. Builds the wheel, source
/// archives, the command line, the npm package and the site. Adds bills of materials, checksums and the entry of the change log.
pub fn run(root: &Path) -> TaskResult {
    check_clean(root)?;
    check_metadata(root)?;
    let (entry, has_version) = change_log_entry(&files::read_text(&root.join("CHANGELOG.md"))?)?;
    let tools = [SetupTool::Cargo(MDBOOK_TOOL), SetupTool::Python(WHEEL_PACKAGES)];
    setup::install(root, [PAGE_TOOLS, &tools].concat())?;
    let folder = root.join(RELEASE_FOLDER);
    files::create_empty_folder(&folder)?;
    licences::check_rules(root)?;
    check_crates(root)?;
    // The Python package contains the front end of the widget.
    widget::build(root)?;
    build_python_package(root, "bindings/python", &folder)?;
    build_python_package(root, "cli", &folder)?;
    build_command_line(root, &folder)?;
    site::build(root)?;
    let packed = js::build(root)?;
    files::copy(&packed, &folder.join(packed.file_name().unwrap_or_default()))?;
    write_archive(&root.join(site::DIST_FOLDER), &format!("multiwell-site-{PACKAGE_VERSION}"), &folder)?;
    licences::write_bills(root, &folder)?;
    let sums = checksums(&folder)?;
    files::write(&folder.join("notes.md"), &entry)?;
    files::write(&folder.join("SHA256SUMS"), &sums)?;
    print!("{sums}");
    println!("{RELEASE_FOLDER}/ has release {PACKAGE_VERSION}; nothing was published. docs/releasing.md says how to.");
    if !has_version {
        println!("CHANGELOG.md heads the changes \"Unreleased\"; head them \"{PACKAGE_VERSION}\" before the release.");
    }
    Ok(())
}

/// Checks that all changes are committed.
fn check_clean(root: &Path) -> TaskResult {
    let changes = process::output(Command::new("git").current_dir(root).args(["status", "--porcelain"]));
    match changes.ok_or("git does not list what has changed; a release is made from a clone of the repository")?.as_str() {
        "" => Ok(()),
        changes => Err(format!("please commit or put away what has changed, so that a release can be made again:\n{changes}")),
    }
}

fn check_metadata(root: &Path) -> TaskResult {
    for (file, start, expected) in METADATA {
        let text = files::read_text(&root.join(file))?;
        let found = text.lines().find_map(|line| line.trim_start().strip_prefix(start));
        let found = found.map_or("nothing", |rest| rest.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
        if found != expected {
            return Err(format!("{file} has {found} after {start:?} and Cargo.toml {expected}; please write the same into both"));
        }
    }
    Ok(())
}

/// Entry of the change log for this version, or for unreleased changes, and whether its heading is the version.
fn change_log_entry(text: &str) -> TaskResult<(String, bool)> {
    let entry = |heading: &str| {
        let section = text.split("\n## ").skip(1).find(|section| section.split_whitespace().next() == Some(heading))?;
        section.split_once('\n').map(|(_, body)| body.trim().to_owned()).filter(|body| !body.is_empty())
    };
    let versioned = entry(PACKAGE_VERSION).map(|body| (body, true));
    versioned.or_else(|| entry("Unreleased").map(|body| (body, false))).ok_or_else(|| {
        format!("CHANGELOG.md has no entry \"## {PACKAGE_VERSION}\" or \"## Unreleased\" with the changes; please write one")
    })
}

/// Packs the crates and builds them from their packages.
fn check_crates(root: &Path) -> TaskResult {
    println!("[release] the crates, as they would be published");
    let commit = process::output(Command::new("git").current_dir(root).args(["rev-parse", "--short", "HEAD"]));
    let commit = commit.ok_or("git does not name this commit; a release is made from a clone of the repository")?;
    let folder = root.join("target/release-crates");
    files::remove_folder(&folder)?;
    // Cargo caches unpacked crates by the path of their folder. With a constant path, it would build crates of an earlier commit.
    let mut cargo = process::cargo(root, "publish --workspace --dry-run --locked --quiet --target-dir");
    process::run(cargo.arg(folder.join(commit)), "prepare the crates for publishing")
}

/// Builds the source archive and the wheel for this platform of a package of pip. On Linux the wheel runs with the C library of 2012 and newer.
fn build_python_package(root: &Path, package: &str, folder: &Path) -> TaskResult {
    println!("[release] the package for pip in {package}: a wheel for this platform and the source");
    let package = root.join(package);
    let settings = package.join(".cargo");
    let linux = if cfg!(target_os = "linux") { &["--zig", "--compatibility", "manylinux2014"][..] } else { &[] };
    files::copy_files(&["config.toml"], &root.join(".cargo"), &settings)?;
    let packed = maturin(&package, &["sdist"], folder);
    let options = ["build", "--profile", "wheel", "--compression-level", "9", "--quiet"];
    files::remove_folder(&settings)?;
    packed.and_then(|()| maturin(&package, &[&options[..], linux].concat(), folder))
}

fn maturin(package: &Path, arguments: &[&str], folder: &Path) -> TaskResult {
    let python = Tools::find()?.python(&WHEEL_PACKAGES);
    let mut maturin = process::program(&python, package);
    process::prepend_path(&mut maturin, python.parent())?;
    process::run(maturin.args(["-m", "maturin"]).args(arguments).arg("--out").arg(folder), "build the Python package")
}

/// Builds the command line. On Linux it runs with the C library of 2012 and newer.
fn build_program(root: &Path) -> TaskResult<PathBuf> {
    if !cfg!(target_os = "linux") {
        return process::build_program(root);
    }
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut cargo = process::cargo(root, "zigbuild --quiet --release --package multiwell-cli --target");
    process::prepend_path(cargo.arg(format!("{target}.2.17")), Tools::find()?.python(&WHEEL_PACKAGES).parent())?;
    process::run(&mut cargo, "build the command line")?;
    Ok(root.join("target").join(target).join("release/multiwell"))
}

/// Packs the command line for this platform with completions for shells and manual pages.
fn build_command_line(root: &Path, folder: &Path) -> TaskResult {
    let stage = root.join("target/release-program");
    files::create_empty_folder(&stage)?;
    let program = build_program(root)?;
    process::run(process::program(&program, root).arg("manual").arg(&stage), "write the manual pages")?;
    files::copy(&program, &stage.join("multiwell"))?;
    files::copy_files(&["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"], root, &stage)?;
    licences::write_text(root, &licences::CLI_ARTEFACT, &stage.join(licences::TEXT_NAME))?;
    let platform = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    write_archive(&stage, &format!("multiwell-{PACKAGE_VERSION}-{platform}"), folder)
}

/// Packs a folder under a name. The same contents give the same bytes.
fn write_archive(source: &Path, name: &str, folder: &Path) -> TaskResult {
    let path = folder.join(format!("{name}.tar.gz"));
    let failed = |error: std::io::Error| format!("could not write {}: {error}", path.display());
    let file = File::create(&path).map_err(failed)?;
    let mut archive = tar::Builder::new(GzBuilder::new().mtime(0).write(file, Compression::best()));
    archive.mode(tar::HeaderMode::Deterministic);
    for file in files::list_recursively(source)? {
        let inside = Path::new(name).join(file.strip_prefix(source).unwrap_or(&file));
        archive.append_path_with_name(&file, inside).map_err(failed)?;
    }
    archive.into_inner().and_then(flate2::write::GzEncoder::finish).map_err(failed).map(drop)
}

/// A line for each file, in the format of `sha256sum --check`.
fn checksums(folder: &Path) -> TaskResult<String> {
    let line = |file: &PathBuf| {
        Ok(format!("{}  {}\n", files::digest(&files::read(file)?), file.file_name().unwrap_or_default().display()))
    };
    files::list_recursively(folder)?.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changelog_entry_of_version_precedes_unreleased_changes() {
        let log = |heading: &str| format!("# Changelog\n\n## Unreleased\n\n- new\n\n## {heading}\n\n- old\n");
        assert_eq!(change_log_entry(&log("0.0.1")), Ok(("- new".into(), false)));
        assert_eq!(change_log_entry(&log(&format!("{PACKAGE_VERSION} (2031-02-03)"))), Ok(("- old".into(), true)));
        let error = change_log_entry("# Changelog\n\n## Unreleased\n\n## 0.0.1\n\n- old\n").unwrap_err();
        assert!(error.contains("please write one"));
    }

    #[test]
    fn versions_and_addresses_of_all_packages_agree() {
        let root = crate::root();
        check_metadata(&root).unwrap();
        let guide = files::read_text(&root.join("docs/releasing.md")).unwrap();
        let found = process::output(Command::new("git").current_dir(root).args(["grep", "-l", "example.org/[m]ultiwell"]));
        for file in found.unwrap_or_default().lines() {
            assert!(guide.contains(&format!("`{file}`")), "docs/releasing.md does not list {file}, which has a placeholder");
        }
    }

    #[test]
    fn archives_of_equal_contents_have_equal_bytes() {
        let folder = std::env::temp_dir().join(format!("multiwell-archive-{}", std::process::id()));
        files::write(&folder.join("contents/inner/a.txt"), "a").unwrap();
        let archive = || {
            write_archive(&folder.join("contents"), "name", &folder).unwrap();
            files::read(&folder.join("name.tar.gz")).unwrap()
        };
        assert_eq!(archive(), archive());
        assert!(checksums(&folder).unwrap().contains("  name.tar.gz\n"));
        files::remove_folder(&folder).unwrap();
    }
}
