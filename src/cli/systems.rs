//! What the commands for systems that are no potential have in common.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Failure;
use super::arguments::Fit;

/// Refuses options that this system does not know.
pub fn refuse(arguments: &Fit, system: &str, known: &[&str]) -> Result<(), Failure> {
    let others = [
        ("inputs", !arguments.inputs.is_empty() && !known.contains(&"inputs")),
        ("gradient", !arguments.gradient.is_empty()),
        ("run", arguments.runs.run.is_some() && !known.contains(&"run")),
        ("time", arguments.runs.time.is_some() && !known.contains(&"run")),
        ("outputs", !arguments.runs.outputs.is_empty() && !known.contains(&"run")),
        ("target", arguments.target.is_some()),
        ("seeds", arguments.seeds.is_some() && !known.contains(&"seeds")),
        ("init", arguments.init.is_some() && !known.contains(&"init")),
        ("model-out", arguments.model_out.is_some() && !known.contains(&"init")),
        ("history-out", arguments.history_out.is_some()),
    ];
    let others = others.into_iter().filter(|(_, given)| *given).map(|(name, _)| name);
    let named = arguments.numbers.given().chain(arguments.choices.given());
    let named = named.map(|(name, _)| name).filter(|name| !known.contains(name));
    match others.chain(named).next() {
        Some(name) => Err(Failure::bad_input(format!("--{name} has no effect on {system}; leave it out"))),
        None => Ok(()),
    }
}

/// A report as a line of JSON.
pub fn json(report: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(report).map(|line| line + "\n").map_err(|error| Failure::Failed(error.to_string()))
}

/// Says so if Ctrl-C was pressed.
pub fn interrupted(flag: &AtomicBool) -> Result<(), Failure> {
    let sentence = "stopped by Ctrl-C; what was printed is what had been reached";
    if flag.load(Ordering::Relaxed) { Err(Failure::Interrupted(sentence.into())) } else { Ok(()) }
}
