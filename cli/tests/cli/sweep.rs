//! Tests of sweeps. For any interruption and any division into shards, the final table is the same.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::program::{self, err, is_refused, out, path, words};

/// 300 runs: 3 potentials, 2 numbers of modes, 2 weights, 25 seeds.
const RUN_COUNT: usize = 300;
const SWEPT_SETTINGS: &str = "double-well,cosine-well,soft-parabolas-30 --recipe paper --modes 2,3 --hidden 3 --epsilon 0,1e-3 --samples 12 \
                              --epochs 40 --seed 0..24";

fn folder(test: &str) -> PathBuf {
    program::folder(&format!("sweep/{test}"))
}

fn command(arguments: &[&str]) -> Command {
    program::command(&[&["sweep"], arguments].concat())
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the program starts")
}

fn sweep(out: &Path, more: &[&str]) -> Output {
    run(&[&words(SWEPT_SETTINGS)[..], &["--out", path(out)], more].concat())
}

fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}", err(output));
    out(output)
}

/// Lines of a table without the columns of time, sorted.
pub fn lines(path: &Path) -> Vec<String> {
    let mut reader = csv::Reader::from_path(path).expect("a table");
    let header = reader.headers().expect("a header").clone();
    let is_timing = |k: usize| ["seconds", "ms_per_epoch"].contains(&&header[k]);
    let text = |row: csv::StringRecord| {
        assert_eq!(row.len(), header.len());
        (0..row.len()).filter(|&k| !is_timing(k)).map(|k| row[k].to_string()).collect::<Vec<_>>().join(";")
    };
    let mut lines: Vec<String> = reader.records().map(|row| text(row.expect("a row"))).collect();
    lines.sort();
    lines
}

#[test]
fn resumed_and_sharded_sweeps_give_same_table() {
    let folder = folder("same");
    let whole = folder.join("whole.csv");
    assert!(succeeds(&sweep(&whole, &[])).contains(&format!("{RUN_COUNT} of {RUN_COUNT} runs")));
    let expected = lines(&whole);
    assert_eq!(expected.len(), RUN_COUNT);

    let killed = folder.join("killed.csv");
    let mut child = command(&[words(SWEPT_SETTINGS), vec!["--out", path(&killed)]].concat()).spawn().expect("the program starts");
    let deadline = Instant::now() + Duration::from_mins(2);
    let written = || fs::read(&killed).map_or(0, |bytes| bytes.split(|&b| b == b'\n').count() - 1);
    while written() < RUN_COUNT / 2 {
        assert!(Instant::now() < deadline, "{} lines after two minutes", written());
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    let left = RUN_COUNT + 1 - written();
    assert!(left > 0, "killed too late to tell anything");
    // The line is incomplete, as after an interrupted write.
    OpenOptions::new().append(true).open(&killed).unwrap().write_all(b"double-well,paper,raw,const").unwrap();
    let said = succeeds(&sweep(&killed, &[]));
    assert!(said.contains(&format!("{left} of them trained now")), "{said} with {left} left");
    assert_eq!(lines(&killed), expected);
    // A repeated call trains nothing.
    let before = fs::read(&killed).unwrap();
    assert!(succeeds(&sweep(&killed, &[])).contains("0 of them trained now"));
    assert_eq!(fs::read(&killed).unwrap(), before);

    let shards: Vec<PathBuf> = (1..=3).map(|i| folder.join(format!("shard-{i}.csv"))).collect();
    for (i, shard) in shards.iter().enumerate() {
        succeeds(&sweep(shard, &["--shard", &format!("{}/3", i + 1)]));
        assert_eq!(lines(shard).len(), RUN_COUNT / 3);
    }
    let merged = folder.join("merged.csv");
    let files: Vec<&str> = shards.iter().map(|shard| path(shard)).collect();
    succeeds(&run(&[&["--out", path(&merged), "--merge"], &files[..]].concat()));
    assert_eq!(lines(&merged), expected);
    let printed = succeeds(&run(&[&["--merge"], &files[..]].concat()));
    assert_eq!(printed.as_bytes(), fs::read(&merged).unwrap());
    // Existing files are not overwritten.
    is_refused(&run(&["--out", path(&merged), "--merge", files[0]]), "is there already");

    // A manual concatenation with several headers is a finished sweep, too.
    let concatenated = folder.join("concatenated.csv");
    fs::write(&concatenated, shards.iter().flat_map(|shard| fs::read(shard).unwrap()).collect::<Vec<u8>>()).unwrap();
    assert!(succeeds(&sweep(&concatenated, &[])).contains("0 of them trained now"));
}

#[test]
fn output_file_of_another_sweep_is_refused_unchanged() {
    let folder = folder("other");
    let (mine, table) = (folder.join("mine.csv"), folder.join("table.csv"));
    let small = |out: &Path, more: &[&str]| {
        let settings =
            ["double-well", "--recipe", "paper", "--hidden", "3", "--samples", "12", "--epochs", "5", "--out", path(out)];
        run(&[&settings[..], more].concat())
    };
    succeeds(&small(&mine, &["--seed", "0..2"]));
    let before = fs::read(&mine).unwrap();
    is_refused(&small(&mine, &["--seed", "1..2"]), "a run with seed 0, which this sweep does not have");
    is_refused(&small(&mine, &["--seed", "0..2", "--modes", "3"]), "a run with modes 10");
    assert_eq!(fs::read(&mine).unwrap(), before);
    // More values may be added.
    assert!(succeeds(&small(&mine, &["--seed", "0..4"])).contains("2 of them trained now"));

    fs::write(&table, "x,y\n1,2\n").unwrap();
    is_refused(&small(&table, &[]), "no table of this version's sweeps");
    is_refused(&run(&["--merge", path(&mine), path(&table)]), "no table of this version's sweeps");
    assert_eq!(fs::read(&table).unwrap(), b"x,y\n1,2\n");
    is_refused(&small(&folder, &[]), "cannot be written");
    is_refused(&run(&["--merge", path(&folder.join("none.csv"))]), "cannot be read");
}

#[test]
fn own_file_is_swept_and_identified_by_its_rows() {
    let folder = folder("own");
    let (rows, out) = (folder.join("rows.csv"), folder.join("t.csv"));
    let write = |shift: f64| {
        let line = |k: i32| format!("{},{}\n", f64::from(k) / 10.0, (f64::from(k) / 10.0 - shift).powi(2));
        fs::write(&rows, (-10..=10).map(line).fold("u,v\n".to_string(), |text, line| text + &line)).unwrap();
    };
    let settings = ["--recipe", "paper", "--hidden", "3", "--epochs", "20", "--seed", "0..2", "--out", path(&out)];
    let sweep = || run(&[&[path(&rows)][..], &settings[..]].concat());
    write(0.0);
    assert!(succeeds(&sweep()).contains("3 of 3 runs"));
    assert!(lines(&out).iter().all(|line| line.starts_with("rows.csv:")));
    assert!(succeeds(&sweep()).contains("0 of them trained now"));
    // Another file of the same name belongs to another sweep.
    write(0.5);
    is_refused(&sweep(), "which this sweep does not have");
    is_refused(&run(&[path(&folder.join("none.csv")), "--out", path(&out)]), "cannot be read");
    is_refused(&run(&["double-well", "--inputs", "x", "--out", path(&out)]), "columns of a file");
}

#[test]
fn own_derivatives_are_swept_with_and_without_values() {
    let folder = folder("derivatives");
    let table = folder.join("forces.csv");
    let mut text = String::from("u,v,fu,fv,y\n");
    for k in 0..40 {
        let (u, v) = ((1.7 * f64::from(k)).sin(), (0.9 * f64::from(k)).cos());
        writeln!(text, "{u},{v},{},{},{}", 2.0 * u, 4.0 * v, u * u + 2.0 * v * v).unwrap();
    }
    fs::write(&table, text).unwrap();
    let swept = |out: &str, more: &[&str]| -> Vec<Vec<String>> {
        let out = folder.join(out);
        let small = ["--hidden", "4", "--modes", "2", "--epochs", "1500", "--seed", "0..1", "--out", path(&out)];
        succeeds(&run(&[&[path(&table), "--inputs", "u,v"], &small[..], more].concat()));
        let mut reader = csv::Reader::from_path(&out).unwrap();
        let header = reader.headers().unwrap().clone();
        let columns = ["benchmark", "recipe", "value-weight", "r2"].map(|name| header.iter().position(|h| h == name).unwrap());
        reader.records().map(|row| columns.map(|k| row.as_ref().unwrap()[k].to_string()).to_vec()).collect()
    };
    let alone = swept("alone.csv", &["--gradient", "fu,fv"]);
    let beside = swept("beside.csv", &["--gradient", "fu,fv", "--target", "y", "--value-weight", "0.5,2"]);
    let part = swept("part.csv", &["--gradient", "fu,-"]);
    assert_eq!((alone.len(), beside.len(), part.len()), (2, 4, 2));
    for row in alone.iter().chain(&beside).chain(&part) {
        assert!(row[1] == "reliable" && row[3].parse::<f64>().unwrap() > 0.5, "{row:?}");
    }
    // Lines are in the order in which runs have ended.
    let mut weights: Vec<&str> = beside.iter().map(|row| row[2].as_str()).collect();
    weights.sort_unstable();
    assert!(alone[0][2] == "0" && weights == ["0.5", "0.5", "2", "2"], "{beside:?}");
    // Other columns of the same file are other data.
    assert!(alone[0][0] != beside[0][0] && alone[0][0] != part[0][0]);
    let out = folder.join("none.csv");
    is_refused(&run(&["double-well", "--gradient", "a", "--out", path(&out)]), "name columns of a file");
}

#[test]
fn invalid_sweep_settings_are_refused_in_one_sentence() {
    let folder = folder("bad");
    let out = folder.join("t.csv");
    for (more, words) in [
        (&["--modes", "2,0"][..], "modes must be a whole number from 1 to 64, not 0"),
        (&["--seed", "5..1"], "below its beginning"),
        (&["--epsilon", "0..1:0"], "must be above 0"),
        (&["--hidden", "3/x"], "hidden must list"),
        (&["--shard", "4/3"], "--shard takes"),
        (&["--seed", "0..9999", "--data-seed", "0..9999"], "more than 1000000 runs"),
    ] {
        is_refused(&run(&[&["double-well", "--out", path(&out)], more].concat()), words);
    }
    is_refused(&run(&["quadruple-well", "--out", path(&out)]), "there is no benchmark called");
    is_refused(&run(&["double-well"]), "--out");
    assert!(!out.exists());
}
