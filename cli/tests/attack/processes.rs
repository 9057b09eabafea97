//! Command lines as processes, with outputs that are full or closed, disks that are full, and Ctrl-C at any moment. What was there before must
//! be there afterwards, whole or replaced by something whole.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use multiwell::problem::jobs::check_model;

use super::files::{mutated_model, mutated_table, table};
use super::random::Random;

/// Longest time that a process may take.
const LONGEST: Duration = Duration::from_secs(20);
/// Flags of settings that a generator gives values.
const SETTINGS: [&str; 36] = [
    "modes",
    "hidden",
    "epochs",
    "epsilon",
    "recipe",
    "lr",
    "gate-lr",
    "schedule",
    "stop-loss",
    "seed",
    "samples",
    "data-seed",
    "hold-out",
    "uncertainty",
    "scaling",
    "sampling",
    "noise",
    "target-kind",
    "target-seed",
    "observed",
    "skip",
    "symmetry",
    "value-weight",
    "b",
    "decay",
    "kl",
    "pooling",
    "start",
    "c1",
    "c4",
    "dynamics",
    "structural",
    "amplitude",
    "period",
    "batch",
    "seeds",
];
/// Values of settings: small ones that make sense, words, and what no setting should be. None asks for a fit of minutes.
const VALUES: [&str; 34] = [
    "0", "1", "2", "3", "3,3", "5", "7", "0.2", "0.5", "1e-3", "1e-300", "-1", "-0.0", "1e4", "nan", "inf", "0x3", "1,,2", "''",
    "é", "paper", "reliable", "grid", "constant", "quartic", "exchange", "play", "onsager", "auto", "alone", "smooth", "kinked",
    "0..1", "1..0",
];
/// What is learnt from: benchmarks, tables, and what is none.
const DATA: [&str; 13] = [
    "double-well",
    "gene-circuit",
    "schlogl",
    "metamaterial",
    "table.csv",
    "table.csv",
    "table.csv",
    "empty.csv",
    "binary.csv",
    "wide.csv",
    "other.json",
    "nothing",
    ".",
];
/// Other flags, some of which name files or columns.
const OTHERS: [&str; 22] = [
    "--json",
    "--density",
    "--inputs x",
    "--inputs x,y",
    "--target E",
    "--target y",
    "--gradient fx",
    "--gradient fx,fy",
    "--forces fx",
    "--forces fx,-",
    "--split split",
    "--split -",
    "--run run",
    "--time t",
    "--outputs s",
    "--seeds 0..1",
    "--init good.json",
    "--init bad.json",
    "--history-out history.csv",
    "--model-out table.csv",
    "--samples 9",
    "--unknown",
];

/// Tries the command line of a seed in a folder; gives what went wrong.
pub fn attack(seed: u64, folder: &Path, good: &[String]) -> Vec<String> {
    let random = &mut Random(seed);
    let before = prepare(random, folder, good);
    let line = line(random);
    let script = surrounded(random, &line);
    let start = Instant::now();
    let output = run(random, folder, &script);
    let took = start.elapsed();
    let mut wrong = Vec::new();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // A process that is interrupted before it listens ends by the signal.
    let code = output.status.code();
    if said.contains("panicked") || code.is_some_and(|code| ![0, 1, 2, 124, 130].contains(&code)) {
        wrong.push(format!("code {code:?}, {said}"));
    }
    if took > LONGEST || code == Some(124) {
        wrong.push(format!("it took {took:?}"));
    }
    wrong.extend(unclear(code, &said, &script));
    wrong.extend(lost(folder, &before, &line));
    if wrong.is_empty() {
        let _ = fs::remove_dir_all(folder);
    }
    wrong.into_iter().map(|why| format!("command line of seed {seed}: {script}: {why}")).collect()
}

/// A failure without one sentence that says why, where standard error can be read and nobody pressed Ctrl-C.
fn unclear(code: Option<i32>, said: &str, script: &str) -> Option<String> {
    let is_heard = !script.contains("2> /dev/full") && !script.contains("2>&-");
    let is_said = said.lines().any(|line| line.starts_with("error: ") && line.len() > 15) || said.contains("Usage:");
    (matches!(code, Some(1 | 2)) && is_heard && !is_said).then(|| format!("code {code:?} without a sentence: {said:?}"))
}

/// What is in the folder before the command: a table, a good model, a damaged one, a history, and a table of a sweep.
struct Before {
    table: Vec<u8>,
    model: Vec<u8>,
    sweep: Vec<u8>,
}

fn prepare(random: &mut Random, folder: &Path, good: &[String]) -> Before {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).expect("a folder");
    let table = if random.one_in(3) { mutated_table(random) } else { table(random).into_bytes() };
    let model = good[0].clone().into_bytes();
    let sweep = good[good.len() - 1].clone().into_bytes();
    let models = &good[..good.len() - 1];
    let files = [
        ("table.csv", table.clone()),
        ("good.json", model.clone()),
        ("bad.json", mutated_model(random, models)),
        ("other.json", random.pick(models).clone().into_bytes()),
        ("runs.csv", sweep.clone()),
        ("history.csv", b"epoch\n1\n".to_vec()),
        ("empty.csv", Vec::new()),
        ("binary.csv", (0..random.below(5000)).map(|_| random.below(256) as u8).collect()),
        ("wide.csv", format!("{}\n1\n", "x,".repeat(random.below(100_000))).into_bytes()),
    ];
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).expect("a file");
    }
    Before { table, model, sweep }
}

/// A command line.
fn line(random: &mut Random) -> String {
    let small = "--recipe paper --modes 2 --hidden 3 --epochs 8";
    let data = *random.pick(&DATA);
    let of = |data: &str| match data {
        "schlogl" => "--samples 20 --modes 2 --hidden 3 --epochs 6 --decay 1 --pooling alone",
        "metamaterial" => "--samples 12 --hidden 3 --epochs 1 --batch 8",
        "gene-circuit" => "--recipe paper --modes 2 --hidden 3 --epochs 6 --samples 20",
        _ => small,
    };
    let model = *random.pick(&["good.json", "bad.json", "other.json", "table.csv"]);
    let line = match random.below(10) {
        0 => format!("eval {model} table.csv {}", random.pick(&["", "--gradient", "--time t --run run", "--time t"])),
        1 => format!(
            "landscape {model} {}",
            random.pick(&["", "--json", "--prune", "--data table.csv", "--benchmark double-well"])
        ),
        2 => format!("sweep double-well {small} --samples 12 --seed 0..{} --out runs.csv", random.below(4)),
        3 => format!(
            "sweep --merge runs.csv {} --out {}",
            random.pick(&["", "table.csv", "runs.csv"]),
            random.pick(&["all.csv", "runs.csv"])
        ),
        4 if random.one_in(3) => format!(
            "figure {} --out drawn",
            random.pick(&[
                "study --runs runs.csv",
                "study --runs table.csv",
                "2 --epochs 5 --seeds 0..0",
                "4 --epochs 5 --seeds 0..0",
                "0"
            ])
        ),
        4 => format!(
            "{} {}",
            random.pick(&["list", "", "fit", "eval", "figure 99", "--help", "sweep --out runs.csv"]),
            random.pick(&["", "x", "--json"])
        ),
        _ => format!("fit {data} {} --model-out {}", of(data), random.pick(&["good.json", "good.json", "new.json"])),
    };
    let mut words: Vec<String> = line.split(' ').map(String::from).collect();
    for _ in 0..random.below(4) {
        let setting = format!("--{} {}", random.pick(&SETTINGS), random.pick(&VALUES));
        let more = if random.one_in(2) { &setting } else { *random.pick(&OTHERS) };
        let (flag, value) = more.split_once(' ').unwrap_or((more, ""));
        // The value of a flag that is there already gives way.
        match words.iter().position(|word| word == flag) {
            Some(at) if !value.is_empty() && at + 1 < words.len() => words[at + 1] = value.into(),
            Some(_) => {}
            None => words.extend(more.split(' ').map(String::from)),
        }
    }
    words.join(" ")
}

/// The command line in a shell's words, with outputs and disks as they may be.
fn surrounded(random: &mut Random, line: &str) -> String {
    let full_disk = if random.one_in(5) { format!("trap '' XFSZ; ulimit -f {}; ", random.below(4)) } else { String::new() };
    let sink = *random.pick(&["", "", "", "> /dev/full", "2> /dev/full", ">&-", "2>&-", "| head -c 1"]);
    format!("{full_disk}exec_it() {{ \"$MULTIWELL\" {line}; }}; exec_it {sink}")
}

/// Runs a script, and presses Ctrl-C after a random time in some cases.
fn run(random: &mut Random, folder: &Path, script: &str) -> Output {
    let limited = match random.below(6) {
        0 => format!("timeout -s INT -k 20 0.0{:02} sh -c '{}'", random.below(90) + 1, script.replace('\'', "'\\''")),
        _ => format!("timeout -k 1 {} sh -c '{}'", LONGEST.as_secs() + 1, script.replace('\'', "'\\''")),
    };
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &limited])
        .current_dir(folder)
        .env("MULTIWELL", env!("CARGO_BIN_EXE_multiwell"))
        .env("RAYON_NUM_THREADS", "1");
    let output = shell.stdin(Stdio::null()).output().expect("a shell");
    if limited.starts_with("timeout -s INT") && output.status.code() == Some(124) {
        // That time ran out is what was asked for.
        let status = std::os::unix::process::ExitStatusExt::from_raw(130 << 8);
        return Output { status, ..output };
    }
    output
}

/// What is no longer there, or no longer whole.
fn lost(folder: &Path, before: &Before, line: &str) -> Vec<String> {
    let read = |name: &str| fs::read(folder.join(name)).unwrap_or_default();
    let mut wrong = Vec::new();
    let is_whole = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok_and(|text| check_model(text).is_ok());
    // A table that the command does not read may be replaced where that is asked for.
    let is_asked = line.contains("--model-out table.csv") && line.matches("table.csv").count() == 1;
    let table = read("table.csv");
    if table != before.table && !(is_asked && is_whole(&table)) {
        wrong.push("the table has changed".into());
    }
    let model = read("good.json");
    if model != before.model && !is_whole(&model) {
        wrong.push("the model is no longer whole".into());
    }
    if folder.join("new.json").exists() && !is_whole(&read("new.json")) {
        wrong.push("the new model is not whole".into());
    }
    if !read("runs.csv").starts_with(&before.sweep) {
        wrong.push("the table of a sweep has lost lines".into());
    }
    if read("history.csv").is_empty() {
        wrong.push("the history is gone".into());
    }
    wrong
}
