//! Licences of third-party packages that are compiled into the artefacts. They are a text in every artefact, and bills of materials.
//!
//! `cargo tree` lists the packages with the compiled features. Their licence files are in cargo's sources. A build of the page therefore needs no
//! further tool.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::setup::{self, CARGO_DENY_TOOL, MDBOOK_TOOL, SetupTool, Tools, WASM_TARGET};
use crate::site::PAGE_MODULE;
use crate::{TaskResult, files, process};

/// Name of the text with the licences in every artefact.
pub const TEXT_NAME: &str = "THIRD-PARTY.txt";
/// Licence of everything from the standard library.
const STANDARD_LIBRARY: &str = "The standard library of Rust, by the Rust project contributors (https://github.com/rust-lang/rust), under the Apache License 2.0, whose text stands
below. What it contains of others is listed in the file COPYRIGHT-library.html of every toolchain.
";
/// Third-party parts of the book, with their licences.
const BOOK_LICENCES: &str = include_str!("licences/book.txt");
/// The same parts: name, version, licence, package URL.
const BOOK_COMPONENTS: [(&str, &str, &str, &str); 6] = [
    ("mdbook-html", MDBOOK_TOOL.version, "MPL-2.0", "pkg:cargo/mdbook-html"),
    ("highlight.js", "10.1.1", "BSD-3-Clause", "pkg:npm/highlight.js"),
    ("clipboard", "2.0.4", "MIT", "pkg:npm/clipboard"),
    ("font-awesome-free", "6.2.0", "CC-BY-4.0", "pkg:npm/%40fortawesome/fontawesome-free"),
    ("open-sans", "17", "Apache-2.0", "pkg:generic/open-sans"),
    ("source-code-pro", "11", "OFL-1.1", "pkg:generic/source-code-pro"),
];
const APACHE_LICENCE: &str = include_str!("../../LICENSE-APACHE");
const TEXT_SEPARATOR: &str = "\n--------------------------------------------------------------------------------\n\n";

/// An artefact of a release.
#[derive(Debug)]
pub struct Artefact {
    /// Its name in the names of files.
    name: &'static str,
    /// Its name in a sentence.
    title: &'static str,
    /// Packages that are compiled for WebAssembly.
    web: &'static [&'static str],
    /// Packages that are compiled for the machine.
    native: &'static [&'static str],
    has_book: bool,
}

/// The page and the book.
pub const SITE_ARTEFACT: Artefact =
    Artefact { name: "site", title: "the site", web: &[PAGE_MODULE], native: &[], has_book: true };
/// The npm package, which contains the page.
pub const NPM_ARTEFACT: Artefact =
    Artefact { name: "npm", title: "the npm package", web: &["multiwell_js", PAGE_MODULE], native: &[], has_book: false };
/// The Python package, which contains the notebook widget.
pub const WHEEL_ARTEFACT: Artefact = Artefact {
    name: "python",
    title: "the Python package",
    web: &["multiwell_js"],
    native: &["multiwell-python"],
    has_book: false,
};
/// The command line.
pub const CLI_ARTEFACT: Artefact =
    Artefact { name: "cli", title: "the command line", web: &[], native: &["multiwell-cli"], has_book: false };
const ALL_ARTEFACTS: [&Artefact; 4] = [&SITE_ARTEFACT, &NPM_ARTEFACT, &WHEEL_ARTEFACT, &CLI_ARTEFACT];

/// A third-party package in an artefact.
#[derive(Clone, Debug)]
struct ShippedPackage {
    name: String,
    version: String,
    /// Licence as an SPDX expression.
    licence: String,
    /// Folder of its sources.
    folder: PathBuf,
}

/// Checks `deny.toml` by cargo-deny, and writes the licences and the bill of materials of every artefact.
pub fn run(root: &Path) -> TaskResult {
    check_rules(root)?;
    let folder = root.join("target/licences");
    files::create_empty_folder(&folder)?;
    for artefact in ALL_ARTEFACTS {
        write_text(root, artefact, &folder.join(format!("{}-{TEXT_NAME}", artefact.name)))?;
    }
    write_bills(root, &folder)?;
    println!("[licences] {}", folder.display());
    Ok(())
}

/// Checks licences, sources and versions of all dependencies, including those of tests and tools.
pub fn check_rules(root: &Path) -> TaskResult {
    setup::install(root, [SetupTool::Cargo(CARGO_DENY_TOOL)])?;
    println!("[licences] all dependencies by deny.toml; advisories are left out, because their database is not in a registry");
    let mut deny = Tools::find()?.program("cargo-deny", root)?;
    let arguments = ["--workspace", "--locked", "check", "bans", "licenses", "sources"];
    process::run(deny.args(arguments), "find all dependencies in order by deny.toml")
}

/// Writes the licences of the packages in an artefact into a file.
pub fn write_text(root: &Path, artefact: &Artefact, file: &Path) -> TaskResult {
    files::write(file, text(artefact, &components(root, artefact)?)?)
}

/// Writes a bill of materials (`CycloneDX` 1.6) for every artefact into a folder. The same sources give the same bytes.
pub fn write_bills(root: &Path, folder: &Path) -> TaskResult {
    for artefact in ALL_ARTEFACTS {
        let bill = bill(artefact, &components(root, artefact)?);
        let name = format!("multiwell-{}-{}.cdx.json", artefact.name, env!("CARGO_PKG_VERSION"));
        files::write(&folder.join(name), format!("{bill:#}\n"))?;
    }
    Ok(())
}

/// Third-party packages that are compiled into an artefact, in the order of their names.
fn components(root: &Path, artefact: &Artefact) -> TaskResult<Vec<ShippedPackage>> {
    let mut compiled = BTreeSet::new();
    for (packages, target) in [(artefact.web, Some(WASM_TARGET)), (artefact.native, None)] {
        if packages.is_empty() {
            continue;
        }
        let mut cargo = process::cargo(root, "tree --locked --quiet --edges normal,no-proc-macro --prefix none --format {p}");
        cargo.args(packages.iter().flat_map(|package| ["--package", package]));
        cargo.args(target.iter().flat_map(|target| ["--target", target]));
        let tree = process::output(&mut cargo)
            .ok_or_else(|| format!("`cargo tree` does not list the packages of {}", artefact.title))?;
        let id =
            |line: &str| line.split_once(" v").map(|(name, rest)| (name.into(), rest.split(' ').next().unwrap_or(rest).into()));
        compiled.extend(tree.lines().filter_map(id));
    }
    let version = process::output(process::program("rustc", root).arg("-vV")).unwrap_or_default();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("`rustc -vV` names no platform")?;
    let platforms = ["--filter-platform", WASM_TARGET, "--filter-platform", host];
    let mut cargo = process::cargo(root, "metadata --format-version 1 --locked");
    let metadata = process::output(cargo.args(platforms)).and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let metadata = metadata.ok_or("`cargo metadata` does not describe the packages")?;
    let component = |package: &Value| {
        let text = |key: &str| package[key].as_str().map(str::to_owned);
        let id: (String, String) = (text("name")?, text("version")?);
        // The packages of this repository have no source.
        (text("source").is_some() && compiled.contains(&id)).then_some(())?;
        let folder = Path::new(package["manifest_path"].as_str()?).parent()?.to_path_buf();
        // Old manifests separate alternatives by a slash.
        let licence = text("license").unwrap_or_default().split('/').map(str::trim).collect::<Vec<_>>().join(" OR ");
        Some(ShippedPackage { name: id.0, version: id.1, licence, folder })
    };
    let mut components: Vec<ShippedPackage> =
        metadata["packages"].as_array().into_iter().flatten().filter_map(component).collect();
    components.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(components)
}

/// Names and licences of the packages, followed by the licence texts. Each text occurs once, with the packages under it.
fn text(artefact: &Artefact, components: &[ShippedPackage]) -> TaskResult<String> {
    let mut text = format!(
        "multiwell {}: what others have written and is part of {}\n\nmultiwell itself is under the MIT licence or the Apache License 2.0, as you like.\n\n",
        env!("CARGO_PKG_VERSION"),
        artefact.title
    );
    let mut licences = BTreeMap::from([(normalized(APACHE_LICENCE), vec!["the standard library of Rust".to_owned()])]);
    for component in components {
        let name = format!("{} {}", component.name, component.version);
        text += &format!("{name}: {}\n", component.licence);
        for licence in licence_texts(component)? {
            licences.entry(licence).or_default().push(name.clone());
        }
    }
    text += &format!("\n{STANDARD_LIBRARY}");
    if artefact.has_book {
        text += &format!("{TEXT_SEPARATOR}{BOOK_LICENCES}");
    }
    let mut ordered: Vec<_> = licences.into_iter().collect();
    // The longest licence, the Apache License, comes last.
    ordered.sort_by_key(|(licence, names)| (licence.len(), names.clone()));
    for (licence, names) in ordered {
        text += &format!("{TEXT_SEPARATOR}{}:\n\n{licence}", names.join(", "));
    }
    Ok(text)
}

/// Licence files of a package. If MIT is one of several alternatives, only the text of MIT and notices are included; otherwise all files.
fn licence_texts(component: &ShippedPackage) -> TaskResult<Vec<String>> {
    let upper_name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
    let starts = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];
    let mut paths = files::list(&component.folder)?;
    paths.retain(|path| path.is_file() && starts.iter().any(|start| upper_name(path).starts_with(start)));
    let is_choice = component.licence.split(" OR ").any(|one| one == "MIT") && !component.licence.contains(" AND ");
    if is_choice && paths.iter().any(|path| upper_name(path).contains("MIT")) {
        paths.retain(|path| upper_name(path).contains("MIT") || upper_name(path).starts_with("NOTICE"));
    }
    if paths.is_empty() {
        let ShippedPackage { name, version, .. } = component;
        return Err(format!("{name} {version} has no text of its licence; xtask/src/licences.rs must contain one"));
    }
    paths.iter().map(|path| Ok(normalized(&files::read_text(path)?))).collect()
}

/// A text without differences between copies: white space at the ends of lines, and surrounding empty lines.
fn normalized(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n").trim_matches('\n'))
}

fn bill(artefact: &Artefact, components: &[ShippedPackage]) -> Value {
    let component = |name: &str, version: &str, licence: &str, url: &str| {
        let reference = format!("{url}@{version}");
        json!({
            "type": "library", "bom-ref": reference, "name": name, "version": version, "purl": reference,
            "licenses": [{ "expression": licence }],
        })
    };
    let package = |of: &ShippedPackage| component(&of.name, &of.version, &of.licence, &format!("pkg:cargo/{}", of.name));
    let of_book = BOOK_COMPONENTS.iter().filter(|_| artefact.has_book);
    let of_book = of_book.map(|(name, version, licence, url)| component(name, version, licence, url));
    let listed: Vec<Value> = components.iter().map(package).chain(of_book).collect();
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "lifecycles": [{ "phase": "build" }],
            "component": {
                "type": "application", "name": format!("multiwell-{}", artefact.name), "version": env!("CARGO_PKG_VERSION"),
                "licenses": [{ "expression": "MIT OR Apache-2.0" }],
            },
        },
        "components": listed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_component_is_in_licence_text_and_bill() {
        let rules = files::read_text(&crate::root().join("deny.toml")).unwrap();
        let exceptions: Vec<&str> = rules.lines().filter_map(|line| line.split("crate = \"").nth(1)?.split('"').next()).collect();
        for artefact in ALL_ARTEFACTS {
            let all = components(&crate::root(), artefact).unwrap();
            let (text, bill) = (text(artefact, &all).unwrap(), bill(artefact, &all).to_string());
            assert!(all.iter().any(|of| of.name == "ndarray") && !all.iter().any(|of| of.name.starts_with("multiwell")));
            for ShippedPackage { name, version, .. } in &all {
                assert!(text.matches(&format!("{name} {version}")).count() >= 2, "{name} in {}", artefact.title);
                assert!(bill.contains(&format!("pkg:cargo/{name}@{version}")));
                // Packages of tests, tools and the compiler are not included in artefacts.
                assert!(!exceptions.contains(&name.as_str()), "{name} is excepted in deny.toml and part of {}", artefact.title);
                assert!(!["proptest", "serde_derive", "xtask", "webdriver"].contains(&name.as_str()), "{name}");
            }
            assert_eq!(text.contains("highlight.js") && text.contains(MDBOOK_TOOL.version), artefact.has_book);
            assert!(text.contains("the standard library of Rust:"));
        }
        assert!(!exceptions.is_empty());
    }

    #[test]
    fn licence_choice_with_mit_gives_text_of_mit() {
        let all = components(&crate::root(), &CLI_ARTEFACT).unwrap();
        let texts = |name: &str| licence_texts(all.iter().find(|of| of.name == name).unwrap()).unwrap();
        assert!(texts("serde").len() == 1 && texts("serde")[0].contains("Permission is hereby granted"));
    }
}
