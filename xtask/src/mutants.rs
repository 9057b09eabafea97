//! `cargo xtask mutants FILE`: changes a file of the engine or the library in small ways (by cargo-mutants), and tells which changes no test of its room notices.

use std::path::Path;
use std::process::Command;

use crate::{Outcome, process, setup};

/// Where cargo-mutants leaves what it has found.
const FOLDER: &str = "target/mutants";

/// Which file, how much of it, and by which tests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// The file, from the root of the repository.
    pub file: String,
    /// At most so many changes, spread evenly over the file.
    pub most: Option<usize>,
    /// Tests in `tests/` that are run in place of those in the file's room.
    pub tests: Vec<String>,
}

impl Options {
    /// Takes the text after `--most`.
    pub fn take_most(&mut self, text: &str) -> Outcome {
        let most = text.parse().ok().filter(|&most| most > 0);
        self.most = Some(most.ok_or_else(|| format!("--most takes a number from 1 on, not {text}"))?);
        Ok(())
    }

    /// What cargo is to test.
    fn arguments(&self) -> Outcome<Vec<String>> {
        let path = Path::new(&self.file);
        let is_of = |folder: &str| path.starts_with(folder) && path.extension().is_some_and(|end| end == "rs");
        let tests = self.tests.iter().flat_map(|name| ["--test".to_owned(), name.clone()]);
        if is_of("engine/src") {
            let all = if self.tests.is_empty() { vec!["--lib".into(), "--tests".into()] } else { tests.collect() };
            return Ok(all);
        }
        if !is_of("src") {
            return Err(format!(
                "{} is no file in engine/src or src; `cargo xtask mutants src/numerics/passes.rs` would be one",
                self.file
            ));
        }
        if !self.tests.is_empty() {
            return Ok(tests.collect());
        }
        let room = path.strip_prefix("src").ok().and_then(Path::parent).filter(|room| room.file_name().is_some());
        let room = room.map(|room| room.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("::"));
        Ok(["--lib".to_owned()].into_iter().chain(room).collect())
    }
}

/// Makes the changes one after another, each tested by the room of the file.
pub fn run(root: &Path, options: &Options) -> Outcome {
    let arguments = options.arguments()?;
    if !root.join(&options.file).is_file() {
        return Err(format!("there is no file {}; it is named from the root of the repository", options.file));
    }
    setup::for_mutants(root)?;
    let tools = setup::Tools::find()?;
    let mutants = || -> Outcome<Command> {
        let mut mutants = tools.program("cargo-mutants", root)?;
        // A little optimisation pays for itself where tests train.
        mutants.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1").env("CARGO_PROFILE_DEV_DEBUG", "0");
        let package = if options.file.starts_with("engine/") { "multiwell-engine" } else { "multiwell" };
        mutants.args(["mutants", "--package", package, "--file", &options.file]);
        Ok(mutants)
    };
    let listed = process::answer(mutants()?.arg("--list")).ok_or("cargo-mutants does not list the changes that it would make")?;
    if listed.is_empty() {
        return Err(format!("cargo-mutants finds nothing to change in {}", options.file));
    }
    let parts = options.most.map_or(1, |most| listed.lines().count().div_ceil(most).max(1));
    println!("[mutants] {} has {} changes; one in {parts} is tested", options.file, listed.lines().count());
    let mut all = mutants()?;
    all.args(["--jobs", "1", "--minimum-test-timeout", "20", "--build-timeout", "300", "--sharding", "round-robin", "--output"]);
    all.arg(root.join(FOLDER)).args(["--shard", &format!("0/{parts}"), "--"]).args(arguments);
    std::fs::create_dir_all(root.join(FOLDER)).map_err(|error| format!("could not make {FOLDER}: {error}"))?;
    let task = format!("notice every change; {FOLDER}/mutants.out/missed.txt lists the others");
    process::run(&mut all, &task)
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn a_file_is_tested_by_its_room() {
        let of = |file: &str| Options { file: file.into(), ..Options::default() }.arguments();
        assert_eq!(of("src/numerics/passes.rs").unwrap(), ["--lib", "numerics"]);
        assert_eq!(of("src/problem/density/wells.rs").unwrap(), ["--lib", "problem::density"]);
        assert_eq!(of("src/text.rs").unwrap(), ["--lib"]);
        assert_eq!(of("engine/src/grad.rs").unwrap(), ["--lib", "--tests"]);
        assert!(of("cli/src/main.rs").unwrap_err().contains("cli/src/main.rs"));
        let by = Options { file: "src/loss/density.rs".into(), tests: vec!["density".into()], most: None };
        assert_eq!(by.arguments().unwrap(), ["--test", "density"]);
    }
}
