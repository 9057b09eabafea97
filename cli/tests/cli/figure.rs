//! Tests of figures by the command line. They have the same bytes every time and come with their numbers. Bad input is refused in a sentence.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{self, command, err, multiwell, path, refused};

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

#[test]
fn figures_of_paper_have_same_bytes_for_any_number_of_threads() {
    let (one, two) = (folder("one"), folder("two"));
    let draw = |out: &Path, threads: &str| {
        succeeds(&["figure", "1..4", "--epochs", "60", "--seeds", "0..2", "--out", path(out)], threads);
    };
    draw(&one, "1");
    draw(&two, "2");
    let files = files(&one);
    assert_eq!(files, self::files(&two));
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let figures = ["figure-1", "figure-2", "figure-3", "figure-4"];
    let mut expected: Vec<String> = figures.iter().flat_map(|name| [format!("{name}.csv"), format!("{name}.svg")]).collect();
    expected.insert(2, "figure-2-summary.csv".into());
    assert_eq!(names, expected);
    for (name, text) in files.iter().filter(|(name, _)| name.ends_with("svg")) {
        is_a_figure(name, text);
    }
    // Three potentials, seven quantities, and a header.
    assert_eq!(files["figure-2-summary.csv"].lines().count(), 22);
    // A figure drawn alone equals the same figure drawn with others.
    let alone = folder("alone");
    succeeds(&["figure", "3", "--epochs", "60", "--seeds", "0..2", "--out", path(&alone)], "1");
    assert_eq!(self::files(&alone)["figure-3.svg"], files["figure-3.svg"]);
}

/// The rows of a figure's numbers, split into fields, without the header.
fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines().skip(1).map(|line| line.split(',').map(String::from).collect()).collect()
}

#[test]
fn figures_of_fits_to_derivatives_have_rows_of_every_quantity() {
    let folder = folder("forces");
    succeeds(&["figure", "5..7", "12", "13", "--epochs", "150", "--seeds", "1", "--out", path(&folder)], "2");
    let files = files(&folder);
    for name in ["figure-5", "figure-6", "figure-7", "figure-12", "figure-13"] {
        is_a_figure(name, &files[&format!("{name}.svg")]);
    }
    let names = |file: &str| rows(&files[file]).into_iter().map(|row| row[0].clone()).collect::<Vec<_>>();
    assert_eq!(names("figure-6.csv").len(), 8);
    assert_eq!(names("figure-7-summary.csv"), ["modes", "with quadratic skip", "with quartic skip", "plain network"]);
    assert_eq!(names("figure-12-summary.csv").len(), 2);
    assert_eq!(names("figure-13-summary.csv"), ["none", "exchange"]);
}

#[test]
fn figure_of_density_has_numbers_of_its_fits() {
    let (one, two) = (folder("density-one"), folder("density-two"));
    for (out, threads) in [(&one, "1"), (&two, "2")] {
        succeeds(&["figure", "8", "--epochs", "60", "--seeds", "3,5", "--out", path(out)], threads);
    }
    let files = files(&one);
    assert_eq!(files, self::files(&two));
    is_a_figure("figure-8", &files["figure-8.svg"]);
    let number = |text: &String| text.parse::<f64>().unwrap();
    // Two data sets, seven times, six estimates. The numbers equal those of the reports.
    let distances = rows(&files["figure-8-distances.csv"]);
    assert_eq!(distances.len(), 2 * 7 * 6);
    let output = multiwell(&["fit", "schlogl", "--epochs", "60", "--data-seed", "5", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    for (what, field) in [("fit", "tv_fit"), ("KDE oracle", "tv_kde_oracle"), ("3 Gaussians", "tv_mixture_3")] {
        let drawn = distances.iter().filter(|row| row[0] == "5" && row[2] == what).map(|row| number(&row[3]));
        let said = report[field].as_array().unwrap().iter().map(|v| v.as_f64().unwrap());
        assert!(drawn.zip(said).filter(|(drawn, said)| drawn == said).count() == 7, "{what}");
    }
    // The integral of each density at each time is one, within the error of the sum over every tenth state. The narrowest peaks are about 20 states
    // wide.
    let cells = rows(&files["figure-8.csv"]);
    for panel in ["b", "c", "law"] {
        let times: Vec<&String> = cells.iter().filter(|row| row[0] == panel && row[2] == "0").map(|row| &row[1]).collect();
        // The fit begins at its first time, and the others begin with the trajectories.
        let begin = if panel == "c" { number(&distances[0][1]) } else { 0.0 };
        assert_eq!(times.len(), (0..39).filter(|k| f64::from(*k) * 10.0 / 38.0 >= begin).count());
        for time in times {
            let sum: f64 = cells.iter().filter(|row| row[0] == panel && &row[1] == time).map(|row| 10.0 * number(&row[3])).sum();
            assert!((sum - 1.0).abs() < 0.03, "{panel} at {time}: {sum}");
        }
    }
    assert!(cells.iter().filter(|row| row[0] == "a0").count() == 201, "one trajectory, watched closely");
}

#[test]
fn figures_of_material_with_memory_have_expected_numbers() {
    let folder = folder("material");
    let out = path(&folder);
    succeeds(&["figure", "9..11", "--epochs", "8", "--seeds", "1,2", "--out", out], "2");
    let files = files(&folder);
    for name in ["figure-9", "figure-10", "figure-11", "figure-11-dynamics"] {
        is_a_figure(name, &files[&format!("{name}.svg")]);
    }
    let number = |text: &String| text.parse::<f64>().unwrap();
    // Figure 9: three loads of 101 samples. The dissipation never decreases, and on the plateau of loading kappa is k+.
    let paths = rows(&files["figure-9.csv"]);
    assert_eq!(paths.len(), 3 * 101);
    for pair in paths.windows(2).filter(|pair| pair[0][0] == pair[1][0]) {
        let [before, after] = [&pair[0], &pair[1]].map(|row| [5, 6, 7].map(|k| number(&row[k])));
        assert!(after[2] >= before[2], "{pair:?}");
        assert!(after[0] <= before[0] || (after[1] - 0.006).abs() < 1e-9 || after[0] == 1.0, "{pair:?}");
    }
    assert!(paths.iter().filter(|row| row[0] == "0").all(|row| row[5] == "0"), "the smallest load moves nothing");
    // Figure 10: both cases, two seeds, two outputs.
    assert_eq!(rows(&files["figure-10.csv"]).len(), 8);
    assert_eq!(rows(&files["figure-11.csv"]).len(), 3 * 101);
    // Comparison beside Figure 11: models that must not create energy do not create it.
    let summary = rows(&files["figure-11-dynamics-summary.csv"]);
    assert_eq!(summary.len(), 6);
    for row in &summary {
        assert!(row[0] == "node" || row[6] == "0", "{row:?}");
        assert!(row.len() == 11 && row.iter().skip(1).all(|field| field.parse::<f64>().is_ok()), "{row:?}");
    }
    // The numbers of the picture equal those of the summary.
    let course = rows(&files["figure-11-dynamics.csv"]);
    assert_eq!((course.len(), course[0].len()), (101, 10));
    let spent: f64 = course.iter().map(|row| number(&row[6])).sum();
    assert!(spent > 0.0 && course.iter().all(|row| number(&row[8]) >= 0.0), "{spent}");
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
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let figures =
        ["study-counts", "study-random", "study-sharpness"].into_iter().flat_map(|f| [format!("{f}.csv"), format!("{f}.svg")]);
    let expected: Vec<String> =
        figures.chain(["study-summary.csv", "study-twins.csv", "study-twins.svg"].map(String::from)).collect();
    assert_eq!(names, expected);
    for (name, text) in files.iter().filter(|(name, _)| name.ends_with("svg")) {
        is_a_figure(name, text);
    }
    // Two potentials, two weights and two numbers of modes; five sharpnesses; two kinds, two levels of noise; and a header.
    assert_eq!(files["study-counts.csv"].lines().count(), 9);
    assert_eq!(files["study-sharpness.csv"].lines().count(), 6);
    assert_eq!(files["study-random.csv"].lines().count(), 9);
    assert_eq!(files["study-summary.csv"].lines().count(), 18);
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
