//! Test of the direction of dependencies. A layer of the library uses only the layers before it in [`MODULE_ORDER`]. At most three files of a layer form a
//! circular dependency.
//!
//! All paths that begin with `crate`, `super`, `self` or a child module are dependencies, in `use` lines and inline. Code behind `#[cfg(test)]` is
//! excluded, because tests may use any layer.
use crate::conventions::files;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

/// Layers from the bottom up. Each uses only the layers before it. The engine is a separate crate, which cannot depend on the library.
const MODULE_ORDER: [&str; 18] = [
    "grad",
    "graph",
    "kernels",
    "plan",
    "text",
    "numerics",
    "data",
    "potentials",
    "model",
    "loss",
    "train",
    "landscape",
    "dynamics",
    "recipe",
    "plot",
    "problem",
    "fit",
    "controller",
];
/// Maximum number of files in a circular dependency.
const MAX_CYCLE_FILES: usize = 3;
/// Modules of the kinds of problems.
const PROBLEM_MODULES: [&str; 3] = ["potential", "density", "material"];

/// A module: its path in the crate, its file, and the names that it re-exports.
struct Module {
    path: Vec<String>,
    file: PathBuf,
    code: String,
    passed_on: BTreeMap<String, Vec<String>>,
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All modules of the library that have files.
fn modules() -> Vec<Module> {
    let (mut entries, mut modules) = (Vec::new(), Vec::new());
    files(&source(), &mut entries);
    for entry in entries {
        let inside = entry.strip_prefix(source()).unwrap().with_extension("");
        let mut path: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if path.last().is_some_and(|last| last == "mod") {
            path.pop();
        }
        let is_test = path.last().is_some_and(|last| last == "tests");
        if !["lib", "internal"].contains(&path[0].as_str()) && !is_test {
            let text = std::fs::read_to_string(&entry).unwrap();
            let (passed_on, code) = passed_on(&path, text.split("#[cfg(test)]").next().unwrap_or_default());
            modules.push(Module { path, code, file: entry, passed_on });
        }
    }
    modules
}

/// Splits a text into the names that `pub use` re-exports from other modules, and the remaining code. Re-exports are not dependencies.
fn passed_on(module: &[String], code: &str) -> (BTreeMap<String, Vec<String>>, String) {
    let (mut passed_on, mut rest) = (BTreeMap::new(), String::new());
    for (k, part) in code.split("pub use ").flat_map(|part| part.split("pub(crate) use ")).enumerate() {
        let (statement, after) = if k == 0 { ("", part) } else { part.split_once(';').unwrap_or((part, "")) };
        for path in paths(statement.parse().unwrap(), &[]).into_iter().filter(|path| path.len() > 1) {
            passed_on.insert(path[path.len() - 1].clone(), absolute(module, &path));
        }
        rest += after;
    }
    (passed_on, rest)
}

/// Resolves a path in a module to a path from the root of the crate.
fn absolute(module: &[String], path: &[String]) -> Vec<String> {
    match path[0].as_str() {
        "crate" => path[1..].to_vec(),
        "self" => [module, &path[1..]].concat(),
        "super" => {
            let up = path.iter().take_while(|part| *part == "super").count();
            [&module[..module.len().saturating_sub(up)], &path[up..]].concat()
        }
        // A path to a child module has no prefix.
        _ => [module, path].concat(),
    }
}

/// All paths in code, each after `prefix`, with `use a::{b, c::d}` expanded.
fn paths(code: TokenStream, prefix: &[String]) -> Vec<Vec<String>> {
    let (mut all, mut colons) = (Vec::<Vec<String>>::new(), 0);
    for token in code {
        match (token, std::mem::take(&mut colons)) {
            (TokenTree::Punct(mark), before) if mark.as_char() == ':' => colons = before + 1,
            (TokenTree::Ident(word), 2) if !all.is_empty() => all.last_mut().unwrap().push(word.to_string()),
            (TokenTree::Ident(word), _) => all.push([prefix, &[word.to_string()]].concat()),
            (TokenTree::Group(group), before) => {
                let outer = if before == 2 { all.pop() } else { None };
                all.extend(paths(group.stream(), &outer.unwrap_or_default()));
            }
            _ => {}
        }
    }
    all
}

/// Modules that each module uses, as indices into the list.
fn uses(modules: &[Module]) -> Vec<BTreeSet<usize>> {
    let place: BTreeMap<&[String], usize> = modules.iter().enumerate().map(|(k, module)| (module.path.as_slice(), k)).collect();
    // Module to which a path refers, through any re-exports.
    let lead = |mut path: Vec<String>| loop {
        let length = (1..=path.len()).rev().find(|&length| place.contains_key(&path[..length]))?;
        let found = place[&path[..length]];
        match path.get(length).and_then(|name| modules[found].passed_on.get(name)) {
            Some(target) => path = [target, &path[length + 1..]].concat(),
            None => return Some(found),
        }
    };
    let of = |module: &Module| {
        let own = paths(module.code.parse().unwrap(), &[]).into_iter().filter(|path| path.len() > 1);
        own.filter_map(|path| lead(absolute(&module.path, &path))).filter(|&k| modules[k].path != module.path).collect()
    };
    modules.iter().map(of).collect()
}

#[test]
fn modules_import_only_preceding_modules() {
    let modules = modules();
    let rank = |path: &[String]| MODULE_ORDER.iter().position(|layer| *layer == path[0]);
    let mut wrong = Vec::new();
    for (module, used) in modules.iter().zip(uses(&modules)) {
        let own = rank(&module.path).unwrap_or_else(|| panic!("{} is in no layer", module.file.display()));
        for other in used.into_iter().map(|k| &modules[k]).filter(|other| rank(&other.path).is_none_or(|other| other > own)) {
            // A formula of columns may replace a column. The reader of tables therefore uses the parser of formulas.
            if module.path.join("::") == "data::csv::table" && other.path.join("::") == "potentials::formula" {
                continue;
            }
            wrong.push(format!("{} uses {}", module.path.join("::"), other.path.join("::")));
        }
    }
    assert!(wrong.is_empty(), "{} imports point up:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn only_densities_import_another_problem() {
    let modules = modules();
    let problem = |module: &Module| {
        let name = (module.path[0] == "problem").then(|| module.path.get(1).cloned()).flatten()?;
        PROBLEM_MODULES.contains(&name.as_str()).then_some(name)
    };
    let mut wrong = Vec::new();
    for (module, used) in modules.iter().zip(uses(&modules)) {
        let Some(own) = problem(module) else { continue };
        // Sets of samples are fitted as joint densities, which are potentials.
        let is_allowed = |other: &str| other == own || (own == "density" && other == "potential");
        let others =
            used.into_iter().map(|k| &modules[k]).filter(|other| problem(other).is_some_and(|other| !is_allowed(&other)));
        wrong.extend(others.map(|other| format!("{} uses {}", module.path.join("::"), other.path.join("::"))));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn import_cycles_have_few_files() {
    let modules = modules();
    let uses = uses(&modules);
    // Modules on which each module depends, directly or indirectly.
    let reached: Vec<BTreeSet<usize>> = (0..modules.len())
        .map(|from| {
            let (mut seen, mut left) = (BTreeSet::new(), vec![from]);
            while let Some(at) = left.pop() {
                left.extend(uses[at].iter().copied().filter(|&next| seen.insert(next)));
            }
            seen
        })
        .collect();
    let mut circles = BTreeSet::new();
    for one in 0..modules.len() {
        let circle: BTreeSet<usize> = reached[one].iter().copied().filter(|&other| reached[other].contains(&one)).collect();
        if circle.len() > MAX_CYCLE_FILES {
            circles.insert(circle);
        }
    }
    let named = |circle: &BTreeSet<usize>| circle.iter().map(|&k| modules[k].path.join("::")).collect::<Vec<_>>().join(", ");
    assert!(circles.is_empty(), "{}", circles.iter().map(named).collect::<Vec<_>>().join("\n"));
}

#[test]
fn paths_are_read_in_use_lines_and_inline() {
    let code = "use crate::a::{b, c::{self, d}}; fn f() { crate::x::y::Z::new(super::w::v()) }";
    let all = paths(code.parse().unwrap(), &[]);
    let found: Vec<String> = all.into_iter().map(|path| path.join("::")).filter(|path| path.contains("::")).collect();
    assert_eq!(found, ["crate::a::b", "crate::a::c::self", "crate::a::c::d", "crate::x::y::Z::new", "super::w::v"]);
}
