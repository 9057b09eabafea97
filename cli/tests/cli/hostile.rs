//! Tests of hostile command lines. Each ends with one clear sentence and leaves every file unchanged.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::program::{folder, is_refused, shell};

/// Command lines, with words of the sentence that refuses each of them.
const COMMAND_LINES: [(&str, &str); 25] = [
    ("fit empty.csv", "the file is empty"),
    ("fit absent.csv", "cannot be read"),
    ("fit binary.csv", "binary.csv"),
    ("fit wide.csv --model-out new.json", "more than 10000 columns"),
    ("fit . --model-out new.json", "cannot be read"),
    ("fit table.csv --inputs x --target '' --model-out new.json", "column"),
    ("fit table.csv --split nowhere --model-out good.json", "nowhere"),
    ("fit table.csv --model-out table.csv", "which is read"),
    ("fit double-well --init bad.json --model-out good.json", "bad.json"),
    ("fit double-well --init table.csv --model-out good.json", "this is not a model file"),
    ("fit double-well --seeds 1..0 --model-out new.json", "seeds"),
    ("fit double-well --hidden 1,,2", "hidden must list"),
    ("fit double-well --modes é", "modes must be a whole number"),
    ("fit double-well --lr 0x3", "lr must be a number"),
    ("fit double-well --epsilon=-0x1p-1074", "epsilon must be a number"),
    ("fit metamaterial --dynamics exchange --model-out new.json", "dynamics"),
    ("eval good.json binary.csv", "binary.csv"),
    ("eval table.csv good.json", "this is not a model file"),
    ("landscape bad.json --json", "bad.json"),
    ("export bad.json --to c", "bad.json"),
    ("compare wide.csv", "more than 10000 columns"),
    ("sweep double-well --seed 1..0 --out runs.csv", "seed"),
    ("sweep --merge runs.csv table.csv --out all.csv", "table.csv"),
    ("figure study --runs binary.csv --out .", "binary.csv"),
    ("figure 99 --out .", "99"),
];

/// Contents of the files of a folder, by their names.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

#[test]
fn hostile_command_lines_end_in_one_sentence_and_change_no_file() {
    let folder = folder("hostile");
    let small = "double-well --recipe paper --modes 2 --hidden 3 --samples 12";
    let prepared = format!(
        "\"$MULTIWELL\" fit {small} --epochs 20 --model-out good.json && \"$MULTIWELL\" sweep {small} --epochs 8 --seed 0..1 --out runs.csv"
    );
    assert!(shell(&folder, &prepared).status.success());
    let good = fs::read_to_string(folder.join("good.json")).unwrap();
    for (name, bytes) in [
        ("table.csv", b"x,y\n0,1\n1,3\n2,2\n3,5\n".to_vec()),
        ("empty.csv", Vec::new()),
        ("binary.csv", (0..5000_u32).map(|k| (k.wrapping_mul(2_654_435_761) >> 24) as u8).collect()),
        ("wide.csv", format!("{}\n1\n", "x,".repeat(100_000)).into_bytes()),
        ("bad.json", good.replace("\"rho\":", "\"rho\":-").into_bytes()),
    ] {
        fs::write(folder.join(name), bytes).unwrap();
    }
    let before = contents(&folder);
    for (line, words) in COMMAND_LINES {
        println!("{line}");
        is_refused(&shell(&folder, &format!("ulimit -t 20; \"$MULTIWELL\" {line}")), words);
        assert!(contents(&folder) == before, "{line}: files have changed");
    }
}
