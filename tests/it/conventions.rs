//! Tests of conventions of the sources: wording, type names, and sizes of files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Retired wording, each with its replacement.
const RETIRED_WORDS: &[(&str, &str)] = &[
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
    ("strong colour", "the colours farthest from the background mark low values"),
    ("saturated colours mark {", "the colours farthest from the background mark low values"),
    ("once round costs", "energy lost per cycle"),
    ("x of a minimum", "position of the minimum"),
    ("never seen\"", "hidden from training"),
    ("\"Sees ", "as input"),
    ("Fits begin", "Initial weights"),
    ("nowhere more than half", "never dominant"),
    ("Proposed by their names", "The roles are guessed from the names and the values of the columns."),
    ("from column names; please", "The roles are guessed from the names and the values of the columns."),
    ("set the stage again", "Reset this step"),
    ("end the lesson", "Close the lesson"),
    ("one would use", "alternatives"),
    ("they fill one turn", "cover a full turn"),
    ("of letters without", "parameters of a formula"),
    ("letters of the formula", "parameters of the formula"),
    ("\"Letters\"", "Parameters"),
    ("no list of bytes", "unreadable reply from the worker"),
];

/// Sources in a folder and in the folders inside it.
pub fn files(folder: &Path, found: &mut Vec<PathBuf>) {
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
        for (old, new) in RETIRED_WORDS {
            assert!(!text.contains(old), "{}: `{old}` is retired; say `{new}`", file.display());
        }
    }
}

/// Maximum number of lines of a source file.
const MAX_FILE_LINES: usize = 450;

/// Paths and texts of all Rust sources of the workspace.
fn rust_sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in [
        "benches",
        "bindings/js/src",
        "bindings/python/src",
        "cli",
        "compare",
        "engine",
        "examples",
        "export",
        "src",
        "tests",
        "web/src",
        "xtask",
    ] {
        files(&root.join(folder), &mut found);
    }
    let sources = found.into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs"));
    sources.map(|file| (file.clone(), std::fs::read_to_string(&file).unwrap())).collect()
}

/// Name of the type that a line defines at the top level of a module.
fn defined_type(line: &str) -> Option<&str> {
    let words = line.split_once("pub(").and_then(|(_, rest)| rest.split_once(") ")).map_or(line, |(_, rest)| rest);
    let words = words.strip_prefix("pub ").unwrap_or(words);
    let rest = ["struct ", "enum ", "trait ", "type ", "union "].iter().find_map(|keyword| words.strip_prefix(keyword))?;
    rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next()
}

#[test]
fn type_names_are_unique() {
    let mut places: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for (file, text) in rust_sources() {
        for name in text.lines().filter_map(defined_type) {
            places.entry(name.to_owned()).or_default().push(file.clone());
        }
    }
    // One file may define a type once for each target.
    let repeated: Vec<_> = places.iter().filter(|(_, files)| files.iter().any(|file| *file != files[0])).collect();
    assert!(places.len() > 500 && repeated.is_empty(), "several types have one name: {repeated:#?}");
}

#[test]
fn files_have_at_most_450_lines() {
    let long = |(file, text): (PathBuf, String)| (text.lines().count() > MAX_FILE_LINES).then_some(file);
    let long: Vec<PathBuf> = rust_sources().into_iter().filter_map(long).collect();
    assert!(long.is_empty(), "split these files by responsibility: {long:#?}");
}

/// Phrases of comments that need a second reading.
const UNCLEAR_PHRASES: [&str; 10] = [
    "so many",
    "is told",
    "are told",
    "is said",
    "are said",
    "as it is",
    "as they are",
    "whoever",
    "nothing of note",
    "was told",
];
/// First words of comments whose subject is a clause.
const UNCLEAR_BEGINNINGS: [&str; 4] = ["What", "Who", "Whether what", "That of"];

#[test]
fn comments_have_no_unclear_phrases() {
    let mut lines = Vec::new();
    for (file, text) in rust_sources().into_iter().filter(|(file, _)| !file.ends_with("conventions.rs")) {
        for (number, line) in text.lines().enumerate() {
            let Some(comment) = line.trim_start().strip_prefix("//") else { continue };
            let words: Vec<&str> =
                comment.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
            let words = format!(" {} ", words.join(" "));
            let is_unclear = UNCLEAR_PHRASES.iter().any(|phrase| words.to_lowercase().contains(&format!(" {phrase} ")))
                || UNCLEAR_BEGINNINGS.iter().any(|beginning| words.starts_with(&format!(" {beginning} ")));
            if is_unclear {
                lines.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(lines.is_empty(), "rewrite these comments, subject first:\n{}", lines.join("\n"));
}

/// First words of names of constants that do not say whether a number is a minimum or a maximum.
const UNCLEAR_LIMITS: [&str; 6] = ["MOST_", "LEAST_", "FEWEST_", "FEW_", "MANY_", "PATIENCE"];

#[test]
fn constants_for_limits_begin_with_min_or_max() {
    let mut names = Vec::new();
    for (_, text) in rust_sources() {
        let constants = text.lines().filter_map(|line| Some(line.split_once("const ")?.1.split_once(": ")?.0.to_owned()));
        names.extend(constants.filter(|name| UNCLEAR_LIMITS.iter().any(|word| name.starts_with(word))));
    }
    assert!(names.is_empty(), "begin these names with MIN_ or MAX_: {names:?}");
}
