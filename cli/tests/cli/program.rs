//! Calls of the program in the same way as by a user.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

/// Creates a separate folder for the files of one test.
pub fn folder(test: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(env!("CARGO_CRATE_NAME")).join(test);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder for test files");
    path
}

/// Command of the program with these arguments, before its start.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_multiwell"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Output of the program for these arguments.
pub fn multiwell(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the program starts")
}

/// Runs the program and sends the signal of Ctrl-C after 2 seconds. Before the signal handler is installed, the signal ends the program without a
/// code. The call then repeats with 10 and 40 seconds.
#[cfg(unix)]
pub fn interrupted(arguments: &[&str]) -> Output {
    signalled(arguments, "INT")
}

/// Runs the program and sends any signal, in the same way as `interrupted`.
#[cfg(unix)]
pub fn signalled(arguments: &[&str], signal: &str) -> Output {
    for seconds in [2, 10, 40] {
        let child = command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        std::thread::sleep(Duration::from_secs(seconds));
        let killed = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().expect("kill");
        assert!(killed.success());
        let output = child.wait_with_output().expect("the program ends");
        // A process without a signal handler ends without a code.
        if output.status.code().is_some() {
            return output;
        }
    }
    panic!("{arguments:?} never hears {signal}");
}

/// Output of a shell for this script, in which `$MULTIWELL` is the program.
#[cfg(unix)]
pub fn shell(folder: &Path, script: &str) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).current_dir(folder).env("MULTIWELL", env!("CARGO_BIN_EXE_multiwell")).stdin(Stdio::null());
    shell.output().expect("the shell starts")
}

/// Words of a command line.
pub fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Asserts that a command has succeeded, and returns its output.
pub fn succeeded(output: Output) -> Output {
    assert!(output.status.success(), "{}", err(&output));
    output
}

/// Runs a command with `--json`. Returns the object and the messages.
pub fn json(arguments: &[&str]) -> (Value, String) {
    let output = succeeded(multiwell(&[arguments, &["--json"]].concat()));
    (serde_json::from_str(&out(&output)).expect("one JSON object"), err(&output))
}

/// Objects that a command prints, one a line.
pub fn json_lines(arguments: &[&str]) -> Vec<Value> {
    out(&succeeded(multiwell(arguments)))
        .lines()
        .map(|line| serde_json::from_str(line).expect("one JSON object a line"))
        .collect()
}

/// Runs `fit` on a small network with `--json`, and returns the object.
pub fn fit(arguments: &[&str]) -> Value {
    let (object, said) = json(&[&["fit", "--modes", "3", "--hidden", "6,6"], arguments].concat());
    assert_eq!(said, "");
    object
}

/// Warnings of a report.
pub fn warnings(report: &Value) -> Vec<String> {
    report["warnings"].as_array().expect("a list").iter().map(|warning| warning.as_str().expect("a text").into()).collect()
}

/// Pseudo-random numbers between zero and one from a seed.
pub struct RandomNumbers(pub u64);

impl RandomNumbers {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Number with a standard normal distribution.
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.next().ln()).sqrt() * (std::f64::consts::TAU * self.next()).cos()
    }
}

/// Asserts that these arguments are refused with exit code 2 and a single sentence that contains `words`.
pub fn refused(arguments: &[&str], words: &str) {
    println!("{arguments:?}");
    is_refused(&multiwell(arguments), words);
}

/// Asserts that a command was refused with exit code 2 and a single sentence that contains `words`.
pub fn is_refused(output: &Output, words: &str) {
    let sentence = err(output);
    assert_eq!((output.status.code(), out(output).as_str()), (Some(2), ""), "{sentence}");
    assert_eq!(sentence.lines().count(), 1, "{sentence}");
    assert!(sentence.starts_with("error: ") && sentence.contains(words), "{sentence}");
}

pub fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// An object without its measured times.
pub fn timeless(mut object: Value) -> Value {
    for field in ["ms_per_epoch", "seconds"] {
        object.as_object_mut().expect("an object").remove(field).expect(field);
    }
    object
}
