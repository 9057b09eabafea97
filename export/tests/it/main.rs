//! Integration tests of the exports, in one binary.

mod hostile;
mod languages;
mod models;
mod plumed;
mod points;

use std::path::{Path, PathBuf};
use std::process::Command;

/// Empty folder for the files of a test. It is not deleted after a failure.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Returns true if a program is installed. If not, prints a message.
fn has(program: &str) -> bool {
    let is_there = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !is_there {
        println!("skipped: there is no {program}; `cargo xtask test` sets it up");
    }
    is_there
}

/// Runs a program, which must succeed.
fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{command:?}\n{out}{err}");
}
