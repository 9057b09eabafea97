//! `cargo xtask fuzz`: gives inputs that libFuzzer makes up to everything that reads. The targets are in the package `multiwell-fuzz`.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::{Outcome, process};

/// The targets, by their names.
const TARGETS: [&str; 8] = ["tables", "arrays", "models", "links", "formulas", "drawings", "messages", "lists"];
/// What a compiler is told so that libFuzzer sees which branches an input takes, as `cargo fuzz --sanitizer none` does; a stable one knows them.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                     -Cllvm-args=-sanitizer-coverage-pc-table -Ccodegen-units=1 --cfg fuzzing";

/// How long, and what.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Minutes of each target.
    pub minutes: f64,
    /// A single target.
    pub only: Option<&'static str>,
}

impl Default for Options {
    fn default() -> Self {
        Self { minutes: 5.0, only: None }
    }
}

impl Options {
    /// Takes the text after `--minutes`.
    pub fn take_minutes(&mut self, text: &str) -> Outcome {
        let minutes = text.parse().ok().filter(|minutes: &f64| *minutes > 0.0 && *minutes < 1e5);
        self.minutes = minutes.ok_or_else(|| format!("--minutes takes a number above 0, not {text}"))?;
        Ok(())
    }

    /// Takes the text after `--only`.
    pub fn take_target(&mut self, text: &str) -> Outcome {
        let known = TARGETS.into_iter().find(|name| *name == text);
        self.only = Some(known.ok_or_else(|| format!("there is no target `{text}`; there are {}", TARGETS.join(", ")))?);
        Ok(())
    }
}

/// Compiles the targets with libFuzzer and runs one after another, each until its time is over or an input fails.
pub fn run(root: &Path, options: &Options) -> Outcome {
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".into());
    if process::answer(Command::new(&compiler).arg("--version")).is_none() {
        return Err(format!(
            "libFuzzer is compiled by a C++ compiler, and {compiler} cannot be run; install g++ or clang, or set CXX"
        ));
    }
    let (host, folder) = (process::host(root)?, root.join("target/fuzz"));
    let lanes = if host.starts_with("x86_64") { " -Ctarget-cpu=x86-64-v3" } else { "" };
    let mut cargo = process::program("cargo", root);
    // With a target that is named, programs that run while others are compiled are left as they are.
    cargo.args([
        "build",
        "--package",
        "multiwell-fuzz",
        "--bin",
        "multiwell-fuzz",
        "--profile",
        "fuzz",
        "--target",
        &host,
        "--target-dir",
    ]);
    cargo.arg(&folder).env("RUSTFLAGS", format!("{FLAGS}{lanes}"));
    process::run(&mut cargo, "compile the targets with libFuzzer")?;
    let program = folder.join(&host).join("fuzz/multiwell-fuzz");
    for name in TARGETS.into_iter().filter(|name| options.only.is_none_or(|only| only == *name)) {
        let (own, found) = (folder.join("corpus").join(name), folder.join("found"));
        for folder in [&own, &found] {
            std::fs::create_dir_all(folder).map_err(|error| format!("could not make {}: {error}", folder.display()))?;
        }
        println!("[fuzz] {name}, for {} min", options.minutes);
        let begun = Instant::now();
        let mut fuzzer = process::program(&program, root);
        fuzzer.env("MULTIWELL_FUZZ", name).arg(&own).arg(root.join("fuzz/corpus").join(name));
        fuzzer.args([
            format!("-max_total_time={:.0}", options.minutes * 60.0),
            format!("-artifact_prefix={}/{name}-", found.display()),
        ]);
        fuzzer.args([
            "-timeout=10",
            "-rss_limit_mb=3000",
            "-print_final_stats=1",
            "-verbosity=0",
            "-max_len=4096",
            "-len_control=20",
        ]);
        let task = format!("read every input of {name}; the one that failed lies in {}", found.display());
        process::run(&mut fuzzer, &task)?;
        println!("[fuzz] {name}: {:.0} s", begun.elapsed().as_secs_f64());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::TARGETS;

    #[test]
    fn each_target_has_its_kept_inputs() {
        let corpus = crate::root().join("fuzz/corpus");
        let mut folders: Vec<String> =
            std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let mut names = TARGETS.map(String::from).to_vec();
        folders.sort();
        names.sort();
        assert_eq!(folders, names);
    }
}
