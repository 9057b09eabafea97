//! What is compiled into the artefacts: the packages that cargo names for them, without what only builds or tests them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::setup::TARGET;
use crate::site::MODULE;
use crate::{Outcome, process};

/// Something that is shipped.
#[derive(Debug)]
pub struct Artefact {
    /// Its name in those of files.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub what: &'static str,
    /// True if the page is part of it.
    has_page: bool,
    /// Packages that are compiled for WebAssembly besides.
    web: &'static [&'static str],
    /// Packages that are compiled for the machine.
    native: &'static [&'static str],
    /// Whether the book is part of it.
    pub has_book: bool,
}

/// The page and the book.
pub const SITE: Artefact = Artefact { name: "site", what: "the site", has_page: true, web: &[], native: &[], has_book: true };

/// The npm package, which has the page in it.
pub const NPM: Artefact =
    Artefact { name: "npm", what: "the npm package", has_page: true, web: &["multiwell_js"], native: &[], has_book: false };

/// The Python package, which has the notebook widget in it.
pub const WHEEL: Artefact = Artefact {
    name: "python",
    what: "the Python package",
    has_page: false,
    web: &["multiwell_js"],
    native: &["multiwell-python"],
    has_book: false,
};

/// The command line.
pub const PROGRAM: Artefact =
    Artefact { name: "cli", what: "the command line", has_page: false, web: &[], native: &["multiwell-cli"], has_book: false };

/// A package and its version.
pub type Id = (String, String);

/// A package that is part of an artefact.
#[derive(Clone, Debug)]
pub struct Component {
    /// Name and version.
    pub id: Id,
    /// Its licence as an expression of SPDX.
    pub licence: String,
    /// Where its sources are published.
    pub repository: Option<String>,
    /// Its checksum in the registry; none of the packages of this repository.
    pub checksum: Option<String>,
    /// The folder of its sources.
    pub folder: PathBuf,
    /// What it needs of the others.
    pub needs: BTreeSet<Id>,
}

impl Component {
    /// Whether it is a package of this repository.
    pub fn is_own(&self) -> bool {
        self.checksum.is_none()
    }
}

/// The packages that are compiled into an artefact, in the order of their names.
pub fn components(root: &Path, artefact: &Artefact) -> Outcome<Vec<Component>> {
    let mut needs = BTreeMap::new();
    let of_page = Some(MODULE).filter(|_| artefact.has_page);
    let web: Vec<&str> = artefact.web.iter().copied().chain(of_page).collect();
    for (packages, target) in [(&web[..], Some(TARGET)), (artefact.native, None)] {
        if packages.is_empty() {
            continue;
        }
        let mut cargo = process::program("cargo", root);
        cargo.args(["tree", "--locked", "--quiet", "--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", " {p}"]);
        cargo.args(packages.iter().flat_map(|package| ["--package", package]));
        cargo.args(target.iter().flat_map(|target| ["--target", target]));
        let tree = process::answer(&mut cargo);
        let tree = tree.ok_or_else(|| format!("`cargo tree` does not say what {} is made of", artefact.what))?;
        add_edges(&tree, &mut needs)?;
    }
    described(root, needs)
}

/// Adds the packages of a tree as `cargo tree --prefix depth` prints it, each with what it needs.
fn add_edges(tree: &str, needs: &mut BTreeMap<Id, BTreeSet<Id>>) -> Outcome {
    let mut above: Vec<Id> = Vec::new();
    for line in tree.lines().filter(|line| !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let (depth, name, version) = (words.next(), words.next(), words.next().and_then(|word| word.strip_prefix('v')));
        let depth = depth.and_then(|word| word.parse::<usize>().ok()).filter(|&depth| depth <= above.len());
        let (Some(depth), Some(name), Some(version)) = (depth, name, version) else {
            return Err(format!("`cargo tree` has written a line that is not understood: {line}"));
        };
        let id = (name.to_owned(), version.to_owned());
        above.truncate(depth);
        needs.entry(id.clone()).or_default();
        if let Some(parent) = above.last() {
            needs.entry(parent.clone()).or_default().insert(id.clone());
        }
        above.push(id);
    }
    Ok(())
}

/// The packages with what their manifests and Cargo.lock say of them.
fn described(root: &Path, needs: BTreeMap<Id, BTreeSet<Id>>) -> Outcome<Vec<Component>> {
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).map_err(|error| format!("could not read Cargo.lock: {error}"))?;
    let checksums = checksums(&lock);
    let host = process::host(root)?;
    let mut cargo = process::program("cargo", root);
    cargo.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", TARGET, "--filter-platform", &host]);
    let metadata = process::answer(&mut cargo).and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let metadata = metadata.ok_or("`cargo metadata` does not describe the packages")?;
    let manifests: BTreeMap<Id, &Value> = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|package| Some(((package["name"].as_str()?.into(), package["version"].as_str()?.into()), package)))
        .collect();
    let describe = |(id, needs): (Id, BTreeSet<Id>)| {
        let named = || format!("{} {}", id.0, id.1);
        let manifest = manifests.get(&id).ok_or_else(|| format!("`cargo metadata` does not know {}", named()))?;
        let licence = manifest["license"].as_str().ok_or_else(|| format!("{} does not name its licence", named()))?;
        let folder = manifest["manifest_path"].as_str().and_then(|path| Path::new(path).parent());
        Ok(Component {
            // The form of old manifests.
            licence: licence.split('/').map(str::trim).collect::<Vec<_>>().join(" OR "),
            repository: manifest["repository"].as_str().map(Into::into),
            checksum: checksums.get(&id).cloned(),
            folder: folder.ok_or_else(|| format!("`cargo metadata` does not say where {} is", named()))?.to_path_buf(),
            id,
            needs,
        })
    };
    needs.into_iter().map(describe).collect()
}

/// The checksums in the text of Cargo.lock.
fn checksums(lock: &str) -> BTreeMap<Id, String> {
    let field = |package: &str, name: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"'));
        line.map(str::to_owned)
    };
    let packages = lock.split("[[package]]").skip(1);
    packages
        .filter_map(|package| Some(((field(package, "name")?, field(package, "version")?), field(package, "checksum")?)))
        .collect()
}

/// All artefacts with their packages, asked for once by all tests: cargo takes its time.
#[cfg(test)]
pub fn all() -> &'static [(&'static Artefact, Vec<Component>)] {
    static ALL: std::sync::OnceLock<Vec<(&Artefact, Vec<Component>)>> = std::sync::OnceLock::new();
    let of = |artefact: &'static Artefact| (artefact, components(&crate::root(), artefact).unwrap());
    ALL.get_or_init(|| [&SITE, &NPM, &WHEEL, &PROGRAM].into_iter().map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> Id {
        (name.into(), "1.0.0".into())
    }

    #[test]
    fn a_tree_is_read_with_its_edges() {
        let tree = "0 a v1.0.0 (/somewhere)\n1 b v1.0.0\n2 c v1.0.0\n1 d v1.0.0\n2 c v1.0.0 (*)\n\n0 e v1.0.0\n1 b v1.0.0 (*)\n";
        let mut needs = BTreeMap::new();
        add_edges(tree, &mut needs).unwrap();
        let of = |name: &str| needs[&id(name)].iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        assert_eq!((of("a"), of("b"), of("c"), of("d"), of("e")), (vec!["b", "d"], vec!["c"], vec![], vec!["c"], vec!["b"]));
        assert!(add_edges("0 a v1.0.0\n2 b v1.0.0\n", &mut needs).unwrap_err().contains("2 b"));
    }

    #[test]
    fn what_others_have_written_has_a_checksum_and_what_is_our_own_has_none() {
        for (artefact, all) in all() {
            assert!(all.iter().all(|of| of.is_own() == of.folder.starts_with(crate::root())), "{}", artefact.name);
            assert!(all.iter().any(|of| of.id.0 == "multiwell-engine") && all.iter().any(|of| of.id.0 == "ndarray"));
            // What is used by tests or compiled into the compiler is not shipped.
            assert!(!all.iter().any(|of| ["proptest", "serde_derive", "xtask", "webdriver"].contains(&of.id.0.as_str())));
        }
    }

    #[test]
    fn what_deny_toml_excepts_is_not_shipped() {
        let rules = std::fs::read_to_string(crate::root().join("deny.toml")).unwrap();
        let excepted: Vec<&str> = rules.lines().filter_map(|line| line.split("crate = \"").nth(1)?.split('"').next()).collect();
        assert!(!excepted.is_empty());
        for (artefact, all) in all() {
            let shipped = all.iter().find(|of| excepted.contains(&of.id.0.as_str()));
            assert!(
                shipped.is_none(),
                "{} is excepted for builds and tests, and {} has it in it",
                shipped.unwrap().id.0,
                artefact.what
            );
        }
    }
}
