//! Attacks the program with what nobody should type: generated command lines as processes, and generated tables and model files in this process.
//! No panic, no hang, nothing lost. A short run is a test; the long one, of 10,000 command lines and 100,000 files, is
//!
//! ```sh
//! nice cargo test --release --package multiwell-cli --test attack -- --ignored --nocapture
//! ```
//!
//! `MULTIWELL_ATTACK=200,5000,7` before it sets the number of command lines, of files, and the first seed. What goes wrong is printed at once,
//! with its seed: `MULTIWELL_ATTACK=1,1,SEED` repeats it.
#![cfg(unix)]

mod files;
mod inside;
mod others;
mod processes;
mod random;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Command lines, files read in this process, and the first seed: of the test, and of the long run unless a variable says otherwise.
const SHORT: [u64; 3] = [200, 3000, 1];
const LONG: [u64; 3] = [10_000, 100_000, 1];

/// The numbers of the long run.
fn long() -> [u64; 3] {
    let text = std::env::var("MULTIWELL_ATTACK").unwrap_or_default();
    let mut given = text.split(',').map(|part| part.trim().parse().ok());
    LONG.map(|usual| given.next().flatten().unwrap_or(usual))
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("attack").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Valid files of every kind: models, and last the table of a sweep.
fn good(folder: &PathBuf) -> Vec<String> {
    let lines = [
        ("fit double-well --recipe paper --modes 2 --hidden 3 --epochs 20 --model-out a.json", "a.json"),
        (
            "fit gene-circuit --recipe paper --modes 2 --hidden 3 --epochs 5 --samples 20 --skip quartic --model-out b.json",
            "b.json",
        ),
        ("fit schlogl --samples 20 --modes 2 --hidden 3 --epochs 6 --decay 1 --pooling alone --model-out c.json", "c.json"),
        ("fit metamaterial --samples 12 --hidden 3 --epochs 1 --batch 8 --dynamics onsager --model-out d.json", "d.json"),
        ("fit metamaterial --samples 12 --hidden 3 --epochs 1 --batch 8 --model-out e.json", "e.json"),
        ("sweep double-well --recipe paper --modes 2 --hidden 3 --epochs 8 --samples 12 --seed 0..1 --out runs.csv", "runs.csv"),
    ];
    let make = |(line, name): (&str, &str)| {
        let output = Command::new(env!("CARGO_BIN_EXE_multiwell")).args(line.split(' ')).current_dir(folder).output();
        let output = output.expect("the program starts");
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        fs::read_to_string(folder.join(name)).expect("a file")
    };
    lines.into_iter().map(make).collect()
}

/// Runs the cases from `first` on in two threads.
fn in_two(first: u64, count: u64, attack: impl Fn(u64) -> Vec<String> + Sync) {
    let next = AtomicU64::new(0);
    let wrong = Mutex::new(0);
    let work = || loop {
        let done = next.fetch_add(1, Ordering::Relaxed);
        if done >= count {
            break;
        }
        if done > 0 && done.is_multiple_of(1000) {
            println!("{done} of {count} cases tried");
        }
        for why in attack(first + done) {
            println!("{why}");
            *wrong.lock().expect("no thread panics") += 1;
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    let wrong = *wrong.lock().expect("no thread panics");
    println!("{count} cases from seed {first}, {wrong} faults");
    assert_eq!(wrong, 0, "of {count} cases from seed {first}; each is printed above");
}

fn command_lines([count, _, first]: [u64; 3], name: &str) {
    let (work, folder) = (folder(&format!("{name}-good")), folder(name));
    let good = good(&work);
    in_two(first, count, |seed| processes::attack(seed, &folder.join(seed.to_string()), &good));
}

fn files([_, count, first]: [u64; 3], name: &str) {
    let mut good = good(&folder(name));
    good.pop();
    in_two(first, count, |seed| inside::attack(seed, &good));
}

#[test]
fn no_command_line_panics_hangs_or_loses_a_file() {
    command_lines(SHORT, "lines");
}

#[test]
fn no_table_and_no_model_file_panics_or_hangs() {
    files(SHORT, "files");
}

#[test]
#[ignore = "takes many minutes"]
fn ten_thousand_command_lines() {
    command_lines(long(), "many-lines");
}

#[test]
#[ignore = "takes many minutes"]
fn a_hundred_thousand_tables_and_model_files() {
    files(long(), "many-files");
}
