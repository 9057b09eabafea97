//! The licences of what others have written in an artefact, as one text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::shipped::{Artefact, Component};
use crate::Outcome;

/// What is part of every artefact and no package.
const STANDARD: &str = "The standard library of Rust, by the Rust project contributors (https://github.com/rust-lang/rust), under the Apache License 2.0, whose text stands
below. What it contains of others is listed in the file COPYRIGHT-library.html of every toolchain.
";
/// What the book contains of others, with their licences.
const BOOK: &str = include_str!("book.txt");
/// The text of the Apache License.
const APACHE: &str = include_str!("../../../LICENSE-APACHE");
const RULE: &str = "\n--------------------------------------------------------------------------------\n\n";

/// The text: the packages with their licences, and below them the licences, each once with the packages that are under it.
pub fn text(artefact: &Artefact, components: &[Component]) -> Outcome<String> {
    let others = || components.iter().filter(|of| !of.is_own());
    let mut text = format!(
        "multiwell {}: what others have written and is part of {}\n\nmultiwell itself is under the MIT licence or the Apache License 2.0, as you like.\n\n",
        env!("CARGO_PKG_VERSION"),
        artefact.what
    );
    let mut licences: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for of in others() {
        let named = format!("{} {}", of.id.0, of.id.1);
        writeln!(text, "{named}: {}", of.licence).expect("a text takes a text");
        for licence in of_component(of)? {
            licences.entry(licence).or_default().push(named.clone());
        }
    }
    write!(text, "\n{STANDARD}").expect("a text takes a text");
    if artefact.has_book {
        write!(text, "{RULE}{BOOK}").expect("a text takes a text");
    }
    licences.entry(normal(APACHE)).or_default().push("the standard library of Rust".into());
    let mut ordered: Vec<_> = licences.into_iter().collect();
    // The longest, the Apache License, comes last.
    ordered.sort_by_key(|(licence, of)| (licence.len(), of.clone()));
    for (licence, of) in ordered {
        write!(text, "{RULE}{}:\n\n{licence}", of.join(", ")).expect("a text takes a text");
    }
    Ok(text)
}

/// The texts that go with a package: where it leaves a choice of which MIT is one, that of MIT, else all that it brings along; and what it asks to be
/// told.
fn of_component(of: &Component) -> Outcome<Vec<String>> {
    let failed = |path: &Path, error: std::io::Error| format!("could not read {}: {error}", path.display());
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(&of.folder).map_err(|error| failed(&of.folder, error))? {
        let path = entry.map_err(|error| failed(&of.folder, error))?.path();
        if path.is_file() && is_licence(&upper(&path)) {
            files.push(path);
        }
    }
    files.sort();
    let is_choice = of.licence.split(" OR ").any(|one| one == "MIT") && !of.licence.contains(" AND ");
    if is_choice && files.iter().any(|file| upper(file).contains("MIT")) {
        files.retain(|file| upper(file).contains("MIT") || upper(file).starts_with("NOTICE"));
    }
    if files.is_empty() {
        let (name, version) = &of.id;
        return Err(format!(
            "{name} {version} brings no text of its licence along; xtask/src/licences/texts.rs must say what to do"
        ));
    }
    files
        .iter()
        .map(|file| std::fs::read_to_string(file).map(|text| normal(&text)).map_err(|error| failed(file, error)))
        .collect()
}

fn upper(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().to_uppercase()
}

/// Whether a file with this name, in capital letters, is a licence.
fn is_licence(name: &str) -> bool {
    ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"].iter().any(|start| name.starts_with(start))
}

/// A text without what differs between copies of it: ends of lines and empty lines around it.
fn normal(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n").trim_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::super::shipped;
    use super::*;

    #[test]
    fn every_package_of_others_stands_in_the_list_and_above_a_licence() {
        for (artefact, all) in shipped::all() {
            let text = text(artefact, all).unwrap();
            for of in all.iter().filter(|of| !of.is_own()) {
                let named = format!("{} {}", of.id.0, of.id.1);
                assert!(text.matches(&named).count() >= 2, "{named} in {}", artefact.what);
            }
            assert_eq!(text.contains("highlight.js"), artefact.has_book);
            assert!(text.contains("the standard library of Rust:"));
        }
    }

    #[test]
    fn of_a_choice_with_mit_the_text_of_mit_is_taken() {
        let (_, all) = &shipped::all()[0];
        let of = |name: &str| of_component(all.iter().find(|of| of.id.0 == name).unwrap()).unwrap();
        assert!(of("serde").len() == 1 && of("serde")[0].contains("Permission is hereby granted"));
        assert!(of("ryu").len() == 2);
    }
}
