//! Tests of figures by the command line. They have the same bytes every time and come with their numbers. Bad input is refused in a sentence.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{self, command, err, path, refused};

fn folder(test: &str) -> PathBuf {
    program::folder(&format!("figure/{test}"))
}

fn succeeds(arguments: &[&str], threads: &str) {
    let output = command(arguments).env("RAYON_NUM_THREADS", threads).output().expect("the program starts");
    assert!(output.status.success(), "{arguments:?}: {}", err(&output));
}

/// All files of a folder by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries.map(|e| (e.file_name().into_string().unwrap(), fs::read_to_string(e.path()).expect("a text"))).collect()
}

fn is_a_figure(name: &str, text: &str) {
    assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n") && text.contains("<title>"), "{name}");
    assert!(!text.contains("NaN") && !text.contains("inf"), "{name}");
    assert_eq!(text.matches("<svg").count(), text.matches("</svg>").count(), "{name}");
    let Some(number) = name.strip_prefix("figure-").and_then(|rest| rest.split(['.', '-']).next()?.parse::<u32>().ok()) else {
        return;
    };
    // The caption describes the training. Figure 1 shows functions, and Figure 9 a simulation.
    let caption = text.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or_default();
    match number {
        1 => {}
        9 => assert!(caption.contains("without training"), "{name}: {caption}"),
        _ => {
            let how = ["ecipe reliable", "recipe paper", "steps of Adam"];
            assert!(caption.contains("seed") && how.iter().any(|how| caption.contains(how)), "{name}: {caption}");
        }
    }
    assert!(number < 5 || text.contains("(a) "), "{name}: panels without letters");
}

/// The golden tests record the numbers of these figures.
#[test]
fn figures_are_complete_and_have_same_bytes_for_any_number_of_threads() {
    let draw = |folder: &str, threads: &str| {
        let out = self::folder(folder);
        for (figures, epochs, seeds) in [("1..4", "60", "0..2"), ("5..8", "60", "3"), ("9..11", "4", "1"), ("12..13", "10", "1")]
        {
            let figures = ["figure", figures, "--epochs", epochs, "--seeds", seeds, "--out", path(&out)];
            succeeds(&figures, threads);
        }
        files(&out)
    };
    let files = draw("one", "1");
    assert!(files == draw("two", "2"), "figures depend on the number of threads");
    for number in 1..=13 {
        let name = format!("figure-{number}");
        is_a_figure(&name, &files[&format!("{name}.svg")]);
        assert!(files.contains_key(&format!("{name}.csv")), "{name} has no numbers");
    }
    // A figure drawn alone equals the same figure drawn with others.
    let alone = folder("alone");
    succeeds(&["figure", "3", "--epochs", "60", "--seeds", "0..2", "--out", path(&alone)], "1");
    assert_eq!(self::files(&alone)["figure-3.svg"], files["figure-3.svg"]);
}

#[test]
fn study_is_drawn_from_tables_in_any_row_order() {
    let folder = folder("study");
    let [counts, sharpness, random] = ["counts.csv", "sharpness.csv", "random.csv"].map(|name| folder.join(name));
    let out = folder.join("out");
    let small = ["--recipe", "paper", "--hidden", "3", "--samples", "20", "--epochs", "20", "--seed", "0..1"];
    let sweep = |benchmarks: &str, more: &[&str], out: &Path| {
        succeeds(&[&["sweep", benchmarks, "--out", path(out)], &small[..], more].concat(), "1");
    };
    sweep("double-well,three-well", &["--epsilon", "0,1e-4", "--modes", "2,3"], &counts);
    sweep("soft-parabolas-1..1e4x10", &["--modes", "3"], &sharpness);
    sweep("random-wells", &["--modes", "3", "--target-kind", "smooth,kinked", "--noise", "0,0.01"], &random);
    succeeds(&["figure", "study", "--out", path(&out), "--runs", path(&counts), path(&sharpness), path(&random)], "1");
    let files = files(&out);
    for (name, text) in files.iter().filter(|(name, _)| name.ends_with("svg")) {
        is_a_figure(name, text);
    }
    // A sweep writes its rows in the order in which its runs end.
    for table in [&counts, &sharpness, &random] {
        let text = fs::read_to_string(table).unwrap();
        let (header, rows) = text.split_once('\n').unwrap();
        let turned: Vec<&str> = std::iter::once(header).chain(rows.lines().rev()).collect();
        fs::write(table, turned.join("\n") + "\n").unwrap();
    }
    let again = folder.join("again");
    succeeds(&["figure", "study", "--out", path(&again), "--runs", path(&counts), path(&sharpness), path(&random)], "1");
    assert!(files == self::files(&again), "figures depend on the order of rows");
}

#[test]
fn invalid_figure_arguments_are_refused_before_training() {
    let folder = folder("bad");
    let out = path(&folder);
    refused(&["figure", "14", "--out", out], "figures 1 to 13");
    refused(&["figure", "0..4", "--out", out], "figures 1 to 13");
    refused(&["figure", "--out", out], "WHICH");
    refused(&["figure", "1"], "--out");
    refused(&["figure", "study", "--out", out], "--runs");
    refused(&["figure", "2", "--epochs", "0", "--out", out], "epochs must be");
    refused(&["figure", "2", "--seeds", "x", "--out", out], "--seeds takes");
    refused(&["figure", "2", "--recipe", "secret", "--out", out], "recipe must be");
    let table = folder.join("t.csv");
    fs::write(&table, "x,y\n1,2\n").unwrap();
    refused(&["figure", "study", "--runs", path(&table), "--out", out], "no table of `multiwell sweep`");
    refused(&["figure", "study", "--runs", path(&folder.join("none.csv")), "--out", out], "cannot be read");
    refused(&["figure", "1", "--out", &format!("{}/inside", path(&table))], "cannot be made");
}
