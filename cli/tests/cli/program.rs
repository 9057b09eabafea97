//! The program, run as a person would.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

/// A folder of its own for the files of one test.
pub fn folder(test: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(env!("CARGO_CRATE_NAME")).join(test);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder for test files");
    path
}

/// The program with these arguments, to be started.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_multiwell"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// What the program has to say to these arguments.
pub fn multiwell(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the program starts")
}

/// The same with Ctrl-C pressed after some seconds: as many as it needs to be there to hear it.
#[cfg(unix)]
pub fn interrupted(arguments: &[&str]) -> Output {
    signalled(arguments, "INT")
}

/// Does this with any signal.
#[cfg(unix)]
pub fn signalled(arguments: &[&str], signal: &str) -> Output {
    for seconds in [2, 10, 40] {
        let child = command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        std::thread::sleep(Duration::from_secs(seconds));
        let killed = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().expect("kill");
        assert!(killed.success());
        let output = child.wait_with_output().expect("the program ends");
        // Whoever does not listen yet ends without a code.
        if output.status.code().is_some() {
            return output;
        }
    }
    panic!("{arguments:?} never hears {signal}");
}

/// What a shell has to say to this script, in which `$MULTIWELL` is the program.
#[cfg(unix)]
pub fn shell(folder: &Path, script: &str) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).current_dir(folder).env("MULTIWELL", env!("CARGO_BIN_EXE_multiwell")).stdin(Stdio::null());
    shell.output().expect("the shell starts")
}

pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Runs `fit` on a small network with `--json`, and gives the object back.
pub fn fit(arguments: &[&str]) -> Value {
    let output = multiwell(&[&["fit", "--modes", "3", "--hidden", "6,6", "--json"], arguments].concat());
    assert!(output.status.success(), "{}", err(&output));
    assert_eq!(err(&output), "");
    serde_json::from_str(&out(&output)).expect("one JSON object")
}

/// Asserts that these arguments are refused with exit code 2 and a single sentence that contains `words`.
pub fn refused(arguments: &[&str], words: &str) {
    println!("{arguments:?}");
    is_refused(&multiwell(arguments), words);
}

/// Asserts that a command was refused in that way.
pub fn is_refused(output: &Output, words: &str) {
    let sentence = err(output);
    assert_eq!((output.status.code(), out(output).as_str()), (Some(2), ""), "{sentence}");
    assert_eq!(sentence.lines().count(), 1, "{sentence}");
    assert!(sentence.starts_with("error: ") && sentence.contains(words), "{sentence}");
}

pub fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// An object without what a clock decides.
pub fn timeless(mut object: Value) -> Value {
    for field in ["ms_per_epoch", "seconds"] {
        object.as_object_mut().expect("an object").remove(field).expect(field);
    }
    object
}
