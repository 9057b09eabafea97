//! Retired wording does not return.

use std::path::{Path, PathBuf};

/// Retired wording, each with its replacement.
const RETIRED: &[(&str, &str)] = &[
    ("\"Train on\"", "Continue training"),
    ("schedule or stops goes on", "keeps the run"),
    ("pressed to help", "limited to at most half of Psi everywhere"),
    ("a cell each", "each fitted one part of the domain"),
    ("come to a crawl", "slowed down"),
    ("Do the data allow", "Testing twice the sharpness"),
    ("of what is left out", "held-out"),
    ("made more likely by", "pooled"),
    ("stands still in the truth", "nullclines"),
    ("has been taken from Ψ", "up to a constant"),
    ("has too much", "fit minus truth"),
    ("strong colour", "saturated colours mark low values"),
    ("once round costs", "energy lost per cycle"),
    ("x of a minimum", "position of the minimum"),
    ("never seen\"", "hidden from training"),
    ("\"Sees ", "as input"),
    ("Fits begin", "Initial weights"),
    ("nowhere more than half", "never dominant"),
    ("Proposed by their names", "Guessed from column names; please check."),
    ("no list of bytes", "unreadable reply from the worker"),
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "html" || kind == "js") {
            found.push(path);
        }
    }
}

#[test]
fn retired_wording_does_not_return() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["src", "cli/src", "web/src", "www"] {
        files(&root.join(folder), &mut found);
    }
    assert!(found.len() > 100, "the sources were not found");
    for file in found {
        let text = std::fs::read_to_string(&file).unwrap();
        for (old, new) in RETIRED {
            assert!(!text.contains(old), "{}: `{old}` is retired; say `{new}`", file.display());
        }
    }
}
