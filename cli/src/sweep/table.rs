//! Table of a sweep: a CSV with one line per run. The settings of the run precede its results.
//!
//! Each line is written in one piece at the end of its run. If the process is killed, at most the last line is incomplete. That line is removed when
//! the sweep continues.

use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Mutex;

use multiwell::internal::problem::Metrics;
use multiwell::internal::problem::potential::PotentialMetrics;
use multiwell::internal::problem::settings::shortest;

use super::plan;
use crate::Failure;

/// A column of results: its name, and its value in the line of a run.
type ResultColumn = (&'static str, fn(&CompletedRun) -> String);

#[derive(Clone, Debug, Default)]
pub struct CompletedRun {
    pub metrics: Metrics<PotentialMetrics>,
    /// Message about its end.
    pub message: String,
}

const RESULT_COLUMNS: &[ResultColumn] = &[
    ("loss", |o| shortest(o.metrics.own.loss)),
    ("mse", |o| shortest(o.metrics.own.mse)),
    ("rmse", |o| shortest(o.metrics.own.rmse)),
    ("r2", |o| shortest(o.metrics.own.r2)),
    ("rho", |o| shortest(o.metrics.own.rho)),
    ("true_rho", |o| o.metrics.own.true_rho.map(shortest).unwrap_or_default()),
    ("active_gates", |o| o.metrics.own.active_gates.to_string()),
    ("responsible_modes", |o| o.metrics.own.responsible_modes.to_string()),
    ("wells", |o| o.metrics.own.wells.to_string()),
    ("true_wells", |o| o.metrics.own.true_wells.map(|wells| wells.to_string()).unwrap_or_default()),
    ("location_error", |o| o.metrics.own.location_error.map(shortest).unwrap_or_default()),
    ("barrier_error", |o| o.metrics.own.barrier_error.map(shortest).unwrap_or_default()),
    ("lm_steps", |o| o.metrics.lm_steps.to_string()),
    ("minima", |o| o.metrics.own.minima.len().to_string()),
    ("epochs_done", |o| o.metrics.epochs.to_string()),
    ("seconds", |o| format!("{:.3}", o.metrics.seconds)),
    ("ms_per_epoch", |o| format!("{:.5}", o.metrics.ms_per_epoch())),
    ("finite", |o| o.metrics.finite.to_string()),
    ("message", |o| o.message.replace(['\n', '\r'], " ")),
];

/// Columns that may differ between runs with equal settings.
pub const TIMING_COLUMNS: [&str; 2] = ["seconds", "ms_per_epoch"];

pub fn header() -> Vec<&'static str> {
    plan::names().into_iter().chain(RESULT_COLUMNS.iter().map(|(name, _)| *name)).collect()
}

/// A line of a CSV with its line break.
pub fn line<S: AsRef<[u8]>>(fields: impl IntoIterator<Item = S>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(fields).expect("writing to memory does not fail");
    writer.into_inner().expect("writing to memory does not fail")
}

#[derive(Debug)]
pub struct Contents {
    /// Lines below the header, split into fields.
    pub rows: Vec<Vec<String>>,
    /// Number of bytes of complete lines. Any further bytes are a line whose writing was interrupted.
    pub whole: usize,
}

/// Reads a table of a sweep. Tables may be concatenated, so headers may occur between lines.
pub fn read(name: &str, bytes: &[u8]) -> Result<Contents, String> {
    let head = header();
    let whole = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |end| end + 1);
    let first = line(&head);
    let is_other = || format!("{name} is no table of this version's sweeps: its first line is another one; choose another file");
    if whole == 0 {
        // Either the first line is incomplete, or this is another file.
        return if first.starts_with(bytes) { Ok(Contents { rows: Vec::new(), whole }) } else { Err(is_other()) };
    }
    if !bytes.starts_with(&first) {
        return Err(is_other());
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&bytes[..whole]);
    for record in reader.records() {
        let record = record.map_err(|error| format!("{name} cannot be read ({error})"))?;
        if record.len() != head.len() {
            let at = record.position().map_or(0, csv::Position::line);
            return Err(format!("{name}, line {at}: {} fields instead of {}; remove that line", record.len(), head.len()));
        }
        if !record.iter().eq(head.iter().copied()) {
            rows.push(record.iter().map(String::from).collect());
        }
    }
    Ok(Contents { rows, whole })
}

/// A table to which lines are added. No other process can open it in this way at the same time.
#[derive(Debug)]
pub struct SweepTable {
    name: String,
    file: Mutex<File>,
}

impl SweepTable {
    /// Opens the table at `path`, or creates it. Also returns the keys of the runs in the table, each of which must be in `planned`.
    pub fn open(path: &Path, planned: &HashSet<Vec<String>>) -> Result<(Self, HashSet<Vec<String>>), Failure> {
        let name = path.display().to_string();
        let cannot = |error: std::io::Error| Failure::bad_input(format!("{name} cannot be written ({error})"));
        if std::fs::metadata(path).is_ok_and(|of| !of.is_file() && !of.is_dir()) {
            return Err(Failure::bad_input(format!(
                "{name} is a pipe or a device; a table is read and continued, so it must be a file"
            )));
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(cannot)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                let sentence = "another sweep is writing it; wait for that one, or give each shard a file of its own";
                return Err(Failure::bad_input(format!("{name}: {sentence}")));
            }
            // Some network file systems have no locks.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(cannot)?;
        let Contents { rows, whole } = read(&name, &bytes).map_err(Failure::bad_input)?;
        let settings = plan::names();
        let mut done = HashSet::new();
        for row in rows {
            let key = row[..settings.len()].to_vec();
            if !planned.contains(&key) {
                return Err(Failure::bad_input(other_sweep(&name, &settings, &key, planned)));
            }
            done.insert(key);
        }
        if whole < bytes.len() {
            file.set_len(whole as u64).map_err(cannot)?;
        }
        if whole == 0
            && let Err(error) = file.write_all(&line(header()))
        {
            let _ = file.set_len(0);
            return Err(cannot(error));
        }
        Ok((Self { name, file: Mutex::new(file) }, done))
    }

    /// Adds the line of a run in one piece.
    pub fn append(&self, key: &[String], outcome: &CompletedRun) -> Result<(), Failure> {
        let bytes = line(key.iter().cloned().chain(RESULT_COLUMNS.iter().map(|(_, read)| read(outcome))));
        let mut file = self.file.lock().expect("nobody panics while writing");
        let whole = file.metadata().map(|of| of.len());
        file.write_all(&bytes).map_err(|error| {
            // On a full disk, the line may be incomplete. No other line must be written after it.
            let _ = whole.and_then(|whole| file.set_len(whole));
            Failure::Failed(format!(
                "{} cannot be written ({error}); the runs before are in it, and the same command goes on with the others",
                self.name
            ))
        })
    }
}

/// Reason why a table belongs to another sweep: the first setting whose value in the table occurs in no run of the plan.
fn other_sweep(name: &str, settings: &[&str], key: &[String], planned: &HashSet<Vec<String>>) -> String {
    let strange = (0..key.len()).find(|&k| planned.iter().all(|other| other[k] != key[k]));
    let what = strange.map_or("a run".into(), |k| match key[k].as_str() {
        "" => format!("a run without {}", settings[k]),
        value => format!("a run with {} {value}", settings[k]),
    });
    format!("{name} holds {what}, which this sweep does not have; give the settings that it was made with, or another file")
}

#[cfg(test)]
mod tests {
    use super::*;
    use multiwell::internal::problem::Settings;

    fn row(seed: &str) -> Vec<u8> {
        let mut fields = plan::key(&Settings::default());
        *fields.last_mut().unwrap() = seed.into();
        line(fields.into_iter().chain(RESULT_COLUMNS.iter().map(|(_, read)| read(&CompletedRun::default()))))
    }

    #[test]
    fn incomplete_last_line_is_ignored_at_any_cut() {
        let bytes = [line(header()), row("1"), row("2")].concat();
        for cut in 0..bytes.len() {
            let contents = read("t", &bytes[..cut]).unwrap();
            assert!(contents.whole <= cut);
            let again = read("t", &bytes[..contents.whole]).unwrap();
            assert_eq!((again.rows.len(), again.whole), (contents.rows.len(), contents.whole));
        }
        assert_eq!(read("t", &bytes).unwrap().rows.len(), 2);
    }

    #[test]
    fn files_other_than_sweep_tables_are_refused() {
        for bytes in [&b"x,y\n1,2\n"[..], b"x,y", b"\xff\xfe\n", b"\n\n"] {
            assert!(read("t", bytes).is_err(), "{bytes:?}");
        }
        let broken = [line(header()), b"1,2\n".to_vec()].concat();
        assert!(read("t", &broken).unwrap_err().contains("line 2: 2 fields"));
    }
}
