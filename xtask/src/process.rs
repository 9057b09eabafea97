//! Runs other programs, with the folders of the tools first on the path, without flags that would change the build, and with a
//! sentence if they fail.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Outcome;

/// Variables that would replace the compiler flags of `.cargo/config.toml`, and with them the SIMD lanes.
const FLAGS: [&str; 3] = ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS"];

/// Prints, once, which environment variables are removed from all builds.
pub fn leave_out_rustflags() {
    for name in FLAGS.into_iter().filter(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty())) {
        println!("[set-up] {name} is set; it would replace the flags in .cargo/config.toml (SIMD among them), so it is left out");
    }
}

/// A program to be run in `folder`.
pub fn program(name: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(name);
    command.current_dir(folder);
    for name in FLAGS {
        command.env_remove(name);
    }
    command
}

/// Prepends `folders` to the path of `command`.
pub fn prepend_path<'a>(command: &mut Command, folders: impl IntoIterator<Item = &'a Path>) -> Outcome {
    let before = std::env::var_os("PATH").unwrap_or_default();
    let all = folders.into_iter().map(Path::to_path_buf).chain(std::env::split_paths(&before));
    let joined = std::env::join_paths(all).map_err(|error| format!("the tools' folder cannot stand on PATH: {error}"))?;
    command.env("PATH", joined);
    Ok(())
}

/// Runs `command` with the standard output and error of this program. `task` completes the sentence "could not ...".
pub fn run(command: &mut Command, task: &str) -> Outcome {
    let status = command.stdin(Stdio::null()).status().map_err(|error| cannot_start(command, task, &error))?;
    if status.success() { Ok(()) } else { Err(format!("could not {task}: `{}` ended with {status}", shown(command))) }
}

/// Runs `command`, prints its standard output, and passes each line of it to `see`.
pub fn run_seeing(command: &mut Command, task: &str, mut see: impl FnMut(&str)) -> Outcome {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(|error| cannot_start(command, task, &error))?;
    let output = child.stdout.take().expect("standard output is piped");
    for line in BufReader::new(output).split(b'\n') {
        let line = line.map_err(|error| format!("could not {task}: its output broke off ({error})"))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        see(line.trim_end());
    }
    let status = child.wait().map_err(|error| format!("could not {task}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("could not {task}: `{}` ended with {status}", shown(command))) }
}

/// The standard output of a program that is asked for a little information, such as its version; `None` if it cannot be run.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The platform that this compiler compiles for.
pub fn host(root: &Path) -> Outcome<String> {
    let told = answer(program("rustc", root).arg("-vV")).unwrap_or_default();
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(Into::into).ok_or_else(|| "`rustc -vV` does not say for which platform it compiles".into())
}

/// The program called `name` on the path, if there is one.
pub fn on_path(name: &str) -> Option<std::path::PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn cannot_start(command: &Command, task: &str, error: &std::io::Error) -> String {
    format!("could not {task}: `{}` cannot be started ({error})", command.get_program().display())
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
