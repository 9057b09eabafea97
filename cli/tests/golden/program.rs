//! Runs the command lines of a case in a separate folder, and records their results.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use itertools::Itertools;
use serde_json::{Map, Value, json};

use crate::cases::GoldenCase;
use crate::{record, tables};

fn folder(case: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("golden").join(case);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder for a case");
    path
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_multiwell"));
    // The cases are distributed over the cores.
    if std::env::var_os("RAYON_NUM_THREADS").is_none() {
        command.env("RAYON_NUM_THREADS", "1");
    }
    command.stdin(Stdio::null());
    command
}

fn output(line: &str, folder: &Path) -> Output {
    program().args(line.split_whitespace()).current_dir(folder).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// Output of `--help` for a command.
pub fn help(command: &str) -> String {
    let output = program().args([command, "--help"]).output().expect("the program starts");
    text(&output.stdout)
}

/// Returns true if a command accepts a flag. The help of `sweep` lists all numeric settings, but the command refuses those that no potential has.
pub fn accepts(command: &str, flag: &str) -> bool {
    let more: &[&str] = if command == "sweep" {
        &["double-well,random-wells,gene-circuit", flag, "1", "--dry-run", "--out", "t"]
    } else {
        &[flag]
    };
    let output = program().arg(command).args(more).output().expect("the program starts");
    let said = text(&output.stderr);
    !said.contains("unexpected argument") && !said.contains("has no effect")
}

/// Standard output: JSON if requested, a table for `eval`, and prose otherwise.
fn parse_output(line: &str, text: &str) -> Value {
    if line.contains(" --json") {
        return text.lines().map(record::json).collect();
    }
    if line.starts_with("eval") {
        return record::table(text);
    }
    text.lines().map(Value::from).collect()
}

/// Every file below a folder, with its path from there, in order.
fn files(folder: &Path, prefix: &str, found: &mut Map<String, Value>) {
    let mut entries: Vec<_> = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_str().expect("UTF-8"));
        if entry.path().is_dir() {
            files(&entry.path(), &format!("{name}/"), found);
        } else if prefix.is_empty() && tables::has(&name) {
            // The file existed before.
        } else {
            let text = match String::from_utf8(fs::read(entry.path()).expect("a file")) {
                Ok(text) => text,
                // A file that is not text is recorded byte by byte, in hexadecimal digits.
                Err(error) => error.as_bytes().iter().map(|byte| format!("{byte:02x}")).join(""),
            };
            let value = match entry.path().extension().and_then(|ending| ending.to_str()) {
                Some("json") => record::json(&text),
                Some("csv") => record::table(&text),
                Some("svg") => record::picture(&text),
                _ => Value::from(text),
            };
            found.insert(name, value);
        }
    }
}

/// Runs a case.
pub fn run(case: &GoldenCase) -> Value {
    let folder = folder(case.name);
    tables::write(&folder);
    let one = |line: &&str| {
        let output = output(line, &folder);
        // The order of progress lines of several seeds varies.
        let is_progress = |line: &&str| line.starts_with("training ") || line.starts_with("fitting ");
        let said_beside = text(&output.stderr);
        let notes: Vec<Value> = said_beside.lines().filter(|line| !is_progress(line)).map(Value::from).collect();
        let said = parse_output(line, &text(&output.stdout));
        json!({ "line": line, "code": output.status.code(), "out": said, "notes": notes })
    };
    let commands: Vec<Value> = case.lines.iter().map(one).collect();
    let mut written = Map::new();
    files(&folder, "", &mut written);
    json!({ "commands": commands, "files": written })
}
