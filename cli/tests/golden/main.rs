//! Golden tests: bit-for-bit comparison of results of the program and the library with records.
//!
//! Each case of [`cases`] is a list of command lines that run in a separate, empty folder. Standard output, standard error, exit code and every
//! written file are condensed ([`record`]) and compared with `cli/tests/golden/expected/<case>.json`. The cases of [`inside`] record the messages to
//! the page (frames, views, replies), and the links that are read and written. Fields with measured times are omitted. Prose is compared by the
//! numbers in it, so that sentences may be reworded.
//!
//! `MULTIWELL_GOLDEN=record cargo test --release -p multiwell-cli --test golden -- --ignored` writes the expected files again. Changed numbers belong in a separate commit, whose
//! message names the corrected fault.
//!
//! The recorded bits are valid on Linux, on x86-64 processors, compiled for x86-64-v3 (`.cargo/config.toml`). Elsewhere the tests are skipped.
//! `MULTIWELL_GOLDEN_ONLY=word` runs only the cases whose name contains the word.

mod cases;
mod inside;
mod program;
mod record;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::Value;

use cases::RECORDED_CASES;

/// Returns true if the expected files must be written again.
fn is_recording() -> bool {
    std::env::var("MULTIWELL_GOLDEN").is_ok_and(|word| word == "record")
}

/// Returns true if the recorded bits are valid here. If not, prints a message.
fn holds_here() -> bool {
    if cfg!(debug_assertions) {
        println!("skipped: without optimisation this would take an hour; use cargo test --release --test golden -- --ignored");
        return false;
    }
    let holds = cfg!(all(target_os = "linux", target_arch = "x86_64", target_feature = "avx2", target_feature = "fma"));
    if !holds {
        println!(
            "skipped: the recorded numbers hold on Linux only, compiled for x86-64-v3, where rounding is the same to the last bit"
        );
    }
    holds
}

fn expected() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/expected")
}

fn read(name: &str) -> Option<Value> {
    let text = fs::read_to_string(expected().join(format!("{name}.json"))).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}.json: {e}")))
}

type GoldenWork = Box<dyn Fn() -> Value + Send + Sync>;

/// All compared results, by name.
fn all() -> Vec<(String, GoldenWork)> {
    let only = std::env::var("MULTIWELL_GOLDEN_ONLY").unwrap_or_default();
    let programs = RECORDED_CASES.iter().map(|case| (case.name.to_string(), Box::new(|| program::run(case)) as GoldenWork));
    let names: BTreeSet<&str> = RECORDED_CASES.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), RECORDED_CASES.len(), "two cases have one name");
    programs.chain(inside::all()).filter(|(name, _)| name.contains(&only)).collect()
}

/// Runs everything on several threads. Returns the results by name.
fn results(work: &[(String, GoldenWork)]) -> BTreeMap<String, Value> {
    let threads = std::env::var("MULTIWELL_GOLDEN_THREADS").ok().and_then(|text| text.parse().ok());
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((name, run)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let begun = Instant::now();
                    let value = run();
                    println!("{name}: {:.1} s", begun.elapsed().as_secs_f64());
                    done.lock().unwrap().insert(name.clone(), value);
                }
            });
        }
    });
    done.into_inner().unwrap()
}

#[test]
fn every_expected_file_belongs_to_a_case() {
    let known: BTreeSet<String> =
        RECORDED_CASES.iter().map(|case| case.name.into()).chain(inside::all().map(|(name, _)| name)).collect();
    for entry in fs::read_dir(expected()).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_string();
        assert!(known.contains(&name), "{} belongs to no case; delete it", path.display());
    }
}

/// Fits recorded in a case, as JSON objects.
fn fits(case: &Value) -> Vec<&Value> {
    let commands = case["commands"].as_array().into_iter().flatten();
    commands.flat_map(|command| command["out"].as_array().into_iter().flatten()).filter(|fit| fit["finite"] == true).collect()
}

#[test]
fn each_stage_of_each_recipe_is_in_two_recorded_fits() {
    if is_recording() {
        return;
    }
    let mut reached: BTreeMap<String, usize> = BTreeMap::new();
    let mut note = |what: String| *reached.entry(what).or_default() += 1;
    for case in RECORDED_CASES.iter() {
        let recorded = read(case.name).unwrap_or_else(|| panic!("{}: nothing is recorded", case.name));
        for fit in fits(&recorded) {
            let stages = fit["stages"].as_array().map(Vec::as_slice).unwrap_or_default();
            let has = |name: &str| stages.iter().any(|stage| stage["name"] == name);
            let has_gradients = fit["r2_components"].as_array().is_some_and(|list| !list.is_empty());
            let recipe = match (has("initialize"), has_gradients, fit["labels"].is_array(), fit["dynamics"].as_str()) {
                (_, _, true, _) => "density",
                (.., Some(dynamics)) => dynamics,
                (true, true, ..) => "gradients",
                (true, false, ..) => "values",
                (false, true, ..) => "paper on gradients",
                (false, false, ..) => "paper on values",
            };
            note(recipe.into());
            // The name of a stage of a mode contains the mode's number.
            let names = stages.iter().map(|stage| stage["name"].as_str().expect("a name"));
            names
                .map(|name| name.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' '))
                .for_each(|name| note(format!("{recipe}: {name}")));
            if fit["lm_steps"].as_u64() > Some(0) {
                note(format!("{recipe}: second-order steps"));
            }
        }
    }
    let of_values = ["initialize", "train together", "remove mode", "settle", "refine", "assign wells", "polish", "sharpen"];
    let of_densities = ["choose pooling", "fit t ="];
    let mut expected: Vec<String> = of_values.map(|stage| format!("values: {stage}")).to_vec();
    expected.extend(of_densities.map(|stage| format!("density: {stage}")));
    expected.extend(["gradients: initialize", "gradients: train together", "values: second-order steps"].map(String::from));
    expected.extend(["paper on values", "paper on gradients", "play", "onsager", "node"].map(String::from));
    for stage in expected {
        assert!(reached.get(&stage).is_some_and(|&count| count >= 2), "{stage} is not reached by two fits: {reached:#?}");
    }
}

#[test]
fn every_flag_is_in_a_case() {
    for command in ["fit", "eval", "landscape", "compare", "sweep", "figure"] {
        let help = program::help(command);
        let words = help.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        let flags: BTreeSet<&str> = words.filter(|word| word.starts_with("--") && word.len() > 2 && *word != "--help").collect();
        // The settings of a comparison are those of a fit, and are recorded for the fit.
        let is_of = |line: &&str| line.starts_with(command) || command == "compare" && line.starts_with("fit");
        let lines: Vec<&str> = RECORDED_CASES.iter().flat_map(|case| &case.lines).copied().filter(is_of).collect();
        let uses = |flag: &str| lines.iter().any(|line| line.split([' ', '=']).any(|word| word == flag));
        // Flags of other commands that `help` mentions do not belong to this command.
        let missing: Vec<&str> = flags.into_iter().filter(|flag| program::accepts(command, flag) && !uses(flag)).collect();
        assert!(missing.is_empty(), "no case of `{command}` has {missing:?}");
    }
}

/// Test that trains every recorded case: `cargo test --release -p multiwell-cli -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn results_equal_recorded_numbers() {
        if !holds_here() {
            return;
        }
        let work = all();
        let found = results(&work);
        if is_recording() {
            fs::create_dir_all(expected()).expect("a folder for what is expected");
            for (name, value) in &found {
                let text = serde_json::to_string_pretty(value).expect("JSON") + "\n";
                fs::write(expected().join(format!("{name}.json")), text).expect("an expected file");
            }
        }
        let mut differences = Vec::new();
        for (name, value) in &found {
            match read(name) {
                Some(old) => differences.extend(record::differences(name, &old, value)),
                None => differences.push(format!("{name}: nothing is recorded")),
            }
        }
        let shown = differences.iter().take(200).cloned().collect::<Vec<_>>().join("\n");
        assert!(differences.is_empty(), "{} differences from cli/tests/golden/expected:\n{shown}", differences.len());
    }
}
