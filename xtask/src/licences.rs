//! `cargo xtask licences`: what others have written and is shipped, under which licences, as a text that goes with every artefact and as bills of
//! materials; and whether all that is used keeps to `deny.toml`.

mod bill;
mod shipped;
mod texts;

use std::path::{Path, PathBuf};

use crate::{Outcome, process, setup};

pub use shipped::{Artefact, NPM, PROGRAM, SITE, WHEEL};

/// The name of the text with the licences in every artefact.
pub const TEXT: &str = "THIRD-PARTY.txt";
/// Where the command leaves what it has found.
const FOLDER: &str = "target/licences";

/// Checks `deny.toml` by cargo-deny, and writes the licences and the bill of materials of every artefact.
pub fn run(root: &Path) -> Outcome {
    deny(root)?;
    let folder = root.join(FOLDER);
    // Files of another version must not stay.
    let _ = std::fs::remove_dir_all(&folder);
    for artefact in [&SITE, &NPM, &WHEEL, &PROGRAM] {
        let file = folder.join(format!("{}-{TEXT}", artefact.name));
        text(root, artefact, &file)?;
        println!("[licences] {}", file.display());
    }
    for file in bills(root, &folder)? {
        println!("[licences] {}", file.display());
    }
    Ok(())
}

/// Checks licences, sources and versions of all dependencies, those of tests and tools included, by cargo-deny, which is installed first.
fn deny(root: &Path) -> Outcome {
    setup::for_licences(root)?;
    println!("[licences] all dependencies by deny.toml; advisories are left out, because their database is not in a registry");
    let mut deny = setup::Tools::find()?.program("cargo-deny", root)?;
    let arguments = ["--workspace", "--locked", "check", "bans", "licenses", "sources"];
    process::run(deny.args(arguments), "find all dependencies in order by deny.toml")
}

/// Writes the licences of what others have written in an artefact into a file.
pub fn text(root: &Path, artefact: &Artefact, file: &Path) -> Outcome {
    write(file, &texts::text(artefact, &shipped::components(root, artefact)?)?)
}

/// Writes a bill of materials for every artefact into a folder; returns the files.
pub fn bills(root: &Path, folder: &Path) -> Outcome<Vec<PathBuf>> {
    let write_one = |artefact: &Artefact| {
        let file = folder.join(format!("multiwell-{}-{}.cdx.json", artefact.name, env!("CARGO_PKG_VERSION")));
        write(&file, &bill::text(artefact, &shipped::components(root, artefact)?))?;
        Ok(file)
    };
    [&SITE, &NPM, &WHEEL, &PROGRAM].into_iter().map(write_one).collect()
}

fn write(file: &Path, text: &str) -> Outcome {
    let failed = |error: std::io::Error| format!("could not write {}: {error}", file.display());
    file.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
    std::fs::write(file, text).map_err(failed)
}
