//! Calls of other programs without the environment's compiler flags. A failure is a sentence.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::TaskResult;

/// Environment variables that would replace the compiler flags of `.cargo/config.toml`, which enable the SIMD lanes.
const FLAG_VARIABLES: [&str; 3] = ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS"];

/// Prints the environment variables that are removed from all builds.
pub fn warn_about_flags() {
    for name in FLAG_VARIABLES.into_iter().filter(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty())) {
        println!("[set-up] {name} is set; it would replace the flags in .cargo/config.toml (SIMD among them), so it is left out");
    }
}

/// Command that runs a program in `folder`.
pub fn program(name: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(name);
    command.current_dir(folder);
    for name in FLAG_VARIABLES {
        command.env_remove(name);
    }
    command
}

/// Command that runs cargo in `root`, with arguments separated by spaces.
pub fn cargo(root: &Path, arguments: &str) -> Command {
    let mut command = program("cargo", root);
    command.args(arguments.split(' '));
    command
}

/// Prepends `folders` to the path of `command`.
pub fn prepend_path<'a>(command: &mut Command, folders: impl IntoIterator<Item = &'a Path>) -> TaskResult {
    let before = std::env::var_os("PATH").unwrap_or_default();
    let all = folders.into_iter().map(Path::to_path_buf).chain(std::env::split_paths(&before));
    let joined = std::env::join_paths(all).map_err(|error| format!("the tools' folder cannot stand on PATH: {error}"))?;
    command.env("PATH", joined);
    Ok(())
}

/// Builds the command line. Returns its path.
pub fn build_program(root: &Path) -> TaskResult<PathBuf> {
    run(&mut cargo(root, "build --quiet --release --package multiwell-cli"), "build the command line")?;
    Ok(root.join("target/release/multiwell"))
}

/// Runs `command` with the standard output and error of this program. `task` completes the sentence "could not ...".
pub fn run(command: &mut Command, task: &str) -> TaskResult {
    let status = command.stdin(Stdio::null()).status().map_err(|error| start_error(command, task, &error))?;
    check_status(command, task, status)
}

/// Runs `command`, prints its standard output, and passes each line to `visit`.
pub fn run_with_lines(command: &mut Command, task: &str, mut visit: impl FnMut(&str)) -> TaskResult {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(|error| start_error(command, task, &error))?;
    let output = child.stdout.take().expect("standard output is piped");
    for line in BufReader::new(output).split(b'\n') {
        let line = line.map_err(|error| format!("could not {task}: its output broke off ({error})"))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        visit(line.trim_end());
    }
    let status = child.wait().map_err(|error| format!("could not {task}: {error}"))?;
    check_status(command, task, status)
}

/// Standard output of a short program; `None` if it fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Path of a program on PATH.
pub fn find_on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn start_error(command: &Command, task: &str, error: &std::io::Error) -> String {
    format!("could not {task}: `{}` cannot be started ({error})", command.get_program().display())
}

fn check_status(command: &Command, task: &str, status: ExitStatus) -> TaskResult {
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).map(OsStr::to_string_lossy).collect();
    if status.success() { Ok(()) } else { Err(format!("could not {task}: `{}` ended with {status}", words.join(" "))) }
}
