//! Tests of samples with fewer effective samples than rows: correlated rows, growing biases, dominant weights of single rows, values on a grid.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{RandomNumbers, folder, json, path, refused, warnings};

/// Overdamped motion in the double well `4 (x^2 - 1)^2` kT.
fn chain(rows: usize, seed: u64) -> Vec<f64> {
    let (mut chance, mut x) = (RandomNumbers(seed), -1.0);
    let mut next = || {
        for _ in 0..2 {
            x += -4.0 * x * (x * x - 1.0) * 0.01 + 0.1 * std::f64::consts::FRAC_1_SQRT_2 * chance.normal();
        }
        x
    };
    (0..rows).map(|_| next()).collect()
}

/// A table with the columns of a header.
fn write(file: &Path, header: &str, rows: impl Iterator<Item = String>) {
    fs::write(file, [header.to_owned()].into_iter().chain(rows).map(|line| line + "\n").collect::<String>()).unwrap();
}

/// JSON object on standard output of a short fit, and its standard error.
fn fitted(arguments: &[&str]) -> (Value, String) {
    let epochs = if arguments.contains(&"--epochs") { &[][..] } else { &["--epochs", "60"] };
    json(&[&["fit", "--density", "--modes", "3", "--hidden", "6"], epochs, arguments].concat())
}

fn worth(report: &Value) -> f64 {
    let of_joint = report["density"]["effective_samples"].as_f64();
    of_joint.or_else(|| report["effective_samples"][0].as_f64()).expect("a number")
}

/// Warnings of the report.
fn warned(report: &Value) -> String {
    warnings(report).join("\n")
}

#[test]
fn rows_of_trajectory_have_effective_number_of_samples() {
    let folder = folder("samples/chain");
    let [file, shuffled, timed, sorted] = ["chain.csv", "shuffled.csv", "timed.csv", "sorted.csv"].map(|name| folder.join(name));
    let mut x = chain(2000, 5);
    write(&file, "x", x.iter().map(f64::to_string));
    for more in [&["--inputs", "x"][..], &[]] {
        let (report, said) = fitted(&[&[path(&file)], more].concat());
        assert!(worth(&report) < 100.0 && said.contains("Rows are correlated: 2,000 rows count as"), "{more:?}: {said}");
        assert!(warned(&report).contains("independent ones"), "{}", warned(&report));
        let (report, said) = fitted(&[&[path(&file), "--independent"], more].concat());
        assert!(worth(&report) == 2000.0 && !said.contains("correlated"), "{more:?}: {said}");
        let (report, said) = fitted(&[&[path(&file), "--blocks", "20"], more].concat());
        assert!(worth(&report) < 500.0 && !said.contains("correlated"), "{more:?}: {said}");
    }
    // Rows in any other order have no correlations, unless a column of times defines the order of the rows.
    let mut rows: Vec<usize> = (0..2000).map(|k| (k * 1217) % 2000).collect();
    let mut chance = RandomNumbers(1);
    (1..2000).for_each(|k| rows.swap(k, (chance.next() * (k + 1) as f64) as usize));
    write(&shuffled, "x", rows.iter().map(|&row| x[row].to_string()));
    write(&timed, "time,x", rows.iter().map(|&row| format!("{},{}", (row as f64).powf(1.3), x[row])));
    for more in [&["--inputs", "x"][..], &[]] {
        let (report, said) = fitted(&[&[path(&shuffled)], more].concat());
        assert!(worth(&report) == 2000.0 && !said.contains("correlated"), "{more:?}: {said}");
        let (report, said) = fitted(&[&[path(&timed)], more].concat());
        assert!(worth(&report) < 100.0 && said.contains("Rows are correlated"), "{more:?}: {said}");
    }
    x.sort_by(f64::total_cmp);
    write(&sorted, "x", x.iter().map(f64::to_string));
    let (report, said) = fitted(&[path(&sorted)]);
    assert!(worth(&report) == 2000.0 && said.contains("Rows are sorted by x"), "{said}");
    refused(&["fit", path(&file), "--density", "--blocks", "1500"], "2 to 1000, 1 for independent samples");
}

#[test]
fn groups_of_rows_one_after_another_count_as_independent() {
    let file = folder("samples/groups").join("groups.csv");
    let mut chance = RandomNumbers(6);
    write(&file, "x", (0..900).map(|k| (f64::from(k / 300).powi(2) + 0.2 * chance.normal()).to_string()));
    for more in [&["--inputs", "x"][..], &[]] {
        let (report, _) = fitted(&[&[path(&file), "--epochs", "3000"], more].concat());
        assert_eq!(worth(&report), 900.0, "{more:?}");
        assert!(warned(&report).contains("Rows form 3 groups one after another"), "{more:?}: {}", warned(&report));
        assert!(more.is_empty() || report["wells"] == 3, "{}", report["wells"]);
    }
}

#[test]
fn growing_bias_is_distinguished_from_static_bias() {
    let folder = folder("samples/bias");
    let file = folder.join("bias.csv");
    let arguments = [path(&file), "--inputs", "x", "--bias", "bias", "--kT", "1", "--independent"];
    let under = |bias: &dyn Fn(f64, f64) -> f64| {
        let row = |k: i32| {
            let x = (f64::from(k) * 0.037).sin();
            format!("{x},{}", bias(x, f64::from(k) / 600.0))
        };
        write(&file, "x,bias", (0..600).map(row));
        fitted(&arguments).0
    };
    let growing = warned(&under(&|x, time| 6.0 * time.sqrt() * (1.0 - 0.3 * x * x)));
    assert!(growing.contains("The bias at the same place rises by"), "{growing}");
    let fixed = under(&|x, _| 6.0 - 4.0 * x * x);
    assert!(!warned(&fixed).contains("The bias at the same place") && fixed["density"]["is_biased"] == true, "{fixed}");
}

#[test]
fn dominant_weights_reduce_effective_number_of_samples() {
    let folder = folder("samples/weights");
    let file = folder.join("weights.csv");
    let mut chance = RandomNumbers(2);
    let rows =
        (0..500).map(|k| format!("{},{},{}", chance.normal(), if k == 77 { 300 } else { 1 }, if k == 77 { 12 } else { 0 }));
    write(&file, "x,w,bias", rows);
    for (column, expected) in [(["--weights", "w"], 7.1), (["--bias", "bias"], 1.01)] {
        let (report, _) = fitted(&[&[path(&file), "--inputs", "x"][..], &column].concat());
        assert!((worth(&report) / expected - 1.0).abs() < 0.02, "{report}");
        let warned = warned(&report);
        assert!(warned.contains("Row 78 alone has") && warned.contains("500 samples are worth"), "{warned}");
    }
}

#[test]
fn integer_and_repeated_values_give_notes_or_are_refused() {
    let folder = folder("samples/grid");
    let file = folder.join("counts.csv");
    let mut chance = RandomNumbers(4);
    let mut text = String::from("n,m,a\n");
    for k in 0..1000 {
        let place = if chance.next() < 0.5 { 60.0 } else { 100.0 };
        let n = (place + 8.0 * chance.normal()).round();
        writeln!(text, "{n},{},{}", (21.0 * chance.next()).floor(), 90 * (k * 7919 % 4)).unwrap();
    }
    fs::write(&file, text).unwrap();
    for column in ["n", "m"] {
        let (report, said) = fitted(&[path(&file), "--inputs", column]);
        assert!(said.contains(&format!("Values of {column} are multiples of 1:")), "{said}");
        assert!(report["finite"] == true && !warned(&report).contains(" from 100 to 100"), "{}", warned(&report));
    }
    let one = folder.join("one.csv");
    write(&one, "m", (0..400).map(|k| (k * 7919 % 21).to_string()));
    let (report, said) = fitted(&[path(&one)]);
    assert!(report["finite"] == true && said.contains("Values of m are multiples of 1:"), "{said}");
    write(&one, "a", (0..400).map(|k| (90 * (k * 7919 % 4)).to_string()));
    for rows in [[path(&file), "--inputs", "a"].as_slice(), &[path(&one)]] {
        let (report, _) = fitted(rows);
        assert!(warned(&report).contains("a has only 4 different values"), "{}", warned(&report));
    }
}
