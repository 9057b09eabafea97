//! The results of a run of the benchmark, and the environment that it ran in.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chrome::Chrome;
use crate::{Outcome, process};

/// One line of the table: times in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Name of the task.
    pub name: String,
    /// Number of samples of the task; 0 if it has none.
    pub samples: u64,
    /// Number of modes of the task.
    pub modes: u64,
    /// Time of the native program.
    pub native: f64,
    /// Time in Chrome.
    pub chrome: f64,
}

impl Figure {
    /// A line for a task that has not been measured.
    pub fn of_task(task: &Value) -> Self {
        let count = |key: &str| task[key].as_u64().unwrap_or(0);
        let name = task["name"].as_str().unwrap_or_default().to_owned();
        Self { name, samples: count("samples"), modes: count("modes"), ..Self::default() }
    }

    /// A line for something other than a task.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }
}

/// A run of the bench.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Properties of the environment, by name.
    pub on: BTreeMap<String, String>,
    /// The results.
    pub figures: Vec<Figure>,
}

impl Record {
    /// A record of new results in the current environment.
    pub fn of(root: &Path, chrome: &Chrome, figures: Vec<Figure>) -> Self {
        let ask = |program: &Path, arguments: &[&str]| process::answer(process::program(program, root).args(arguments));
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let on = [
            ("machine", Some(format!("{}, {cores} cores, {}", processor(), std::env::consts::OS))),
            ("rustc", ask(Path::new("rustc"), &["--version"])),
            ("browser", chrome.browser.as_ref().and_then(|browser| ask(browser, &["--version"]))),
            ("commit", ask(Path::new("git"), &["describe", "--always", "--dirty"])),
        ];
        let on = on.into_iter().map(|(name, what)| (name.to_owned(), what.unwrap_or_else(|| "unknown".into()))).collect();
        Self { on, figures }
    }

    /// Reads a record; `None` if there is no such file.
    pub fn read(file: &Path) -> Outcome<Option<Self>> {
        match std::fs::read_to_string(file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("could not read {}: {error}", file.display())),
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| {
                format!("{} is no record of a bench ({error}); take it away, or bring it back from the history", file.display())
            }),
        }
    }

    /// Writes the record.
    pub fn write(&self, file: &Path) -> Outcome {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())? + "\n";
        std::fs::write(file, text).map_err(|error| format!("could not write {}: {error}", file.display()))
    }
}

/// The name of the processor, if the system provides it.
fn processor() -> String {
    let linux = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let mac = || process::answer(Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]));
    linux.or_else(mac).unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}
