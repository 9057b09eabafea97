//! Tests of output files. They are complete or unchanged, and never replace input, whatever happens to standard output and error.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::program::{err, fit, folder, interrupted, multiwell, out, path, refused, shell, signalled, succeeded, words};

/// A quick fit, as words for a shell.
const FIT_COMMAND: &str = "\"$MULTIWELL\" fit double-well --recipe paper --modes 3 --hidden 8 --epochs 30";
/// Limit of the file size to one or two blocks, which imitates a full disk.
const DISK_LIMIT: &str = "trap '' XFSZ; ulimit -f 2;";

/// Names of the files in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn full_disk_leaves_existing_files_unchanged() {
    let folder = folder("full");
    succeeded(shell(&folder, &format!("{FIT_COMMAND} --model-out m.json --history-out h.csv")));
    let before = ["m.json", "h.csv"].map(|name| fs::read(folder.join(name)).unwrap());
    assert!(before[0].len() > 2048, "larger than the limit");
    let full = shell(&folder, &format!("{DISK_LIMIT} {FIT_COMMAND} --seed 2 --model-out m.json --history-out h.csv"));
    assert_eq!(full.status.code(), Some(1), "{}", err(&full));
    assert!(
        err(&full).contains("m.json cannot be written")
            && err(&full).lines().filter(|line| line.starts_with("error")).count() == 1,
        "{}",
        err(&full)
    );
    assert_eq!(fs::read(folder.join("m.json")).unwrap(), before[0]);
    let other = shell(&folder, &format!("{DISK_LIMIT} {FIT_COMMAND} --model-out new.json"));
    assert_eq!(other.status.code(), Some(1), "{}", err(&other));
    assert!(
        err(&other).contains("new.json cannot be written") && err(&other).contains("printed on standard output"),
        "{}",
        err(&other)
    );
    assert!(out(&other).lines().any(|line| line.starts_with("{\"format\":\"multiwell-lse-icnn\"")), "{}", out(&other));
    // A history that fits is written nevertheless, and no other file is left.
    assert_eq!(names(&folder), ["h.csv", "m.json"]);
    assert!(folder.join("h.csv").exists());
}

#[test]
fn full_disk_leaves_no_partial_merge_or_figure() {
    let folder = folder("full-tables");
    let sweep = "\"$MULTIWELL\" sweep double-well --recipe paper --modes 2 --hidden 3 --samples 12 --epochs 5 --seed 0..19";
    assert!(shell(&folder, &format!("{sweep} --out t.csv")).status.success());
    let merged = shell(&folder, &format!("{DISK_LIMIT} \"$MULTIWELL\" sweep --merge t.csv --out all.csv"));
    assert_eq!(merged.status.code(), Some(1), "{}", err(&merged));
    assert_eq!(names(&folder), ["t.csv"]);
    assert!(shell(&folder, "\"$MULTIWELL\" sweep --merge t.csv --out all.csv").status.success());
    let drawn = shell(&folder, &format!("{DISK_LIMIT} \"$MULTIWELL\" figure 1 --out drawn"));
    assert_eq!(drawn.status.code(), Some(1), "{}", err(&drawn));
    assert_eq!(names(&folder.join("drawn")), [""; 0]);
    // A table to which lines are added keeps complete lines, and the sweep continues with it.
    let stopped = shell(&folder, &format!("{DISK_LIMIT} {sweep} --out part.csv"));
    assert_eq!(stopped.status.code(), Some(1), "{}", err(&stopped));
    let part = fs::read_to_string(folder.join("part.csv")).unwrap();
    assert!(part.ends_with('\n') && part.lines().count() > 1 && part.len() <= 2048, "{part}");
    let rest = shell(&folder, &format!("{sweep} --out part.csv"));
    assert!(rest.status.success() && out(&rest).contains("20 of 20 runs"), "{}", err(&rest));
}

#[test]
fn outputs_over_inputs_are_refused() {
    let folder = folder("over");
    let data = folder.join("data.csv");
    let row = |k: i32| format!("{},{}\n", f64::from(k) / 10.0, (f64::from(k) / 10.0 - 2.0).powi(2));
    let rows = (0..40).fold(String::new(), |text, k| text + &row(k));
    fs::write(&data, format!("x,y\n{rows}")).unwrap();
    let model = folder.join("m.json");
    fit(&[path(&data), "--epochs", "20", "--recipe", "paper", "--model-out", path(&model)]);
    let before = [&data, &model].map(|file| fs::read(file).unwrap());
    let start = Instant::now();
    let long = ["fit", path(&data), "--recipe", "paper", "--epochs", "1e9"];
    refused(&[&long[..], &["--model-out", path(&data)]].concat(), "which is read");
    refused(&[&long[..], &["--seeds", "0..1", "--history-out", path(&data)]].concat(), "which is read");
    refused(&[&long[..], &["--init", path(&model), "--history-out", path(&model)]].concat(), "which is read");
    refused(&["fit", path(&data), "--density", "--model-out", path(&data)], "which is read");
    let new = folder.join("new");
    refused(&[&long[..], &["--model-out", path(&new), "--history-out", path(&new)]].concat(), "name the same file");
    assert!(start.elapsed() < Duration::from_secs(30));
    assert_eq!([&data, &model].map(|file| fs::read(file).unwrap()), before);
    // A fit may continue in its own file.
    let again = folder.join("n.json");
    fit(&[&words("--epochs 30 --recipe paper")[..], &[path(&data), "--init", path(&model), "--model-out", path(&again)]].concat());
}

#[test]
fn files_of_several_sets_do_not_replace_inputs() {
    let folder = folder("sets");
    for (name, shift) in [("x", 0.0), ("z-x", 0.1), ("z-z-x", 0.2)] {
        let rows: String = (0..200).map(|k| format!("{}\n", (f64::from(k) * 0.618).fract() + shift)).collect();
        fs::write(folder.join(format!("{name}.csv")), format!("t\n{rows}")).unwrap();
    }
    let [x, other] = ["x.csv", "z-x.csv"].map(|name| folder.join(name));
    let before = fs::read(&other).unwrap();
    let start = Instant::now();
    let sets = ["fit", path(&x), path(&other), "--density", "--inputs", "t", "--epochs", "1e9"];
    refused(&[&sets[..], &["--model-out", path(&folder.join("z.csv"))]].concat(), "z-x.csv, which is read");
    // For two sets, the file names of one may become equal to those of the other.
    let file = folder.join("m.out");
    let both = ["--model-out", path(&file), "--history-out", path(&file)];
    refused(&[&sets[..], &both].concat(), "name the same file");
    assert!(start.elapsed() < Duration::from_secs(30));
    assert_eq!(fs::read(&other).unwrap(), before);
}

#[test]
fn term_and_hup_signals_stop_fit_and_write_model() {
    let folder = folder("signals");
    let model = folder.join("m.json");
    // A process whose parent ignores SIGHUP, as under nohup, ignores it too.
    let ignored = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = ignored.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    let signals = if ignored.is_some_and(|mask| mask & 1 == 1) { &["TERM"][..] } else { &["TERM", "HUP"] };
    for signal in signals {
        let output =
            signalled(&["fit", "double-well", "--recipe", "paper", "--epochs", "1e9", "--model-out", path(&model)], signal);
        assert_eq!(output.status.code(), Some(130), "{}", err(&output));
        assert!(err(&output).contains("stopped at epoch") && err(&output).contains("another signal"), "{}", err(&output));
        assert!(multiwell(&["eval", path(&model), "--grid", "3"]).status.success());
        fs::remove_file(&model).unwrap();
    }
    // A process under `nohup` continues without its terminal.
    let script = "nohup \"$MULTIWELL\" fit double-well --recipe paper --epochs 1e9 > /dev/null 2> said & sleep 3; kill -HUP $!; sleep 1; kill -TERM $!; wait $!; echo $?";
    let output = shell(&folder, script);
    assert_eq!(out(&output).trim(), "130", "{}", fs::read_to_string(folder.join("said")).unwrap());
}

#[test]
fn model_with_removed_folder_is_written_elsewhere() {
    let folder = folder("gone");
    fs::create_dir(folder.join("results")).unwrap();
    let script = "\"$MULTIWELL\" fit double-well --recipe paper --epochs 1e9 --model-out results/m.json & sleep 3; rm -r results; kill -TERM $!; wait $!; echo code $?";
    let output = shell(&folder, script);
    assert!(out(&output).contains("code 1"), "{}", out(&output));
    let kept: Vec<String> = names(&folder).into_iter().filter(|name| name.starts_with("m-")).collect();
    let [kept] = &kept[..] else { panic!("{:?}: {}", names(&folder), err(&output)) };
    assert!(err(&output).contains("results/m.json cannot be written") && err(&output).contains(kept), "{}", err(&output));
    assert!(multiwell(&["eval", path(&folder.join(kept)), "--grid", "3"]).status.success());
}

#[test]
fn model_of_periodic_and_other_inputs_is_written() {
    let folder = folder("mixed");
    let row = |k: u32| {
        let [phi, d] = [0.618, 0.755].map(|step| (f64::from(k) * step).fract());
        format!("{},{d},{}\n", 360.0 * phi - 180.0, (std::f64::consts::TAU * phi).cos() + (d - 0.5).powi(2))
    };
    let data = folder.join("data.csv");
    fs::write(&data, "phi,d,E\n".to_owned() + &(0..200).map(row).collect::<String>()).unwrap();
    let model = folder.join("m.json");
    let settings = words("--inputs phi,d --target E --periodic phi:360 --recipe paper --epochs 2000");
    fit(&[&settings[..], &[path(&data), "--model-out", path(&model)]].concat());
    assert!(multiwell(&["eval", path(&model), "--grid", "3"]).status.success());
}

#[test]
fn messages_have_at_most_300_characters() {
    let folder = folder("messages");
    let (model, wide) = (folder.join("m.json"), folder.join("wide.csv"));
    fit(&["double-well", "--epochs", "50", "--model-out", path(&model)]);
    let names: Vec<String> = (0..150).map(|k| format!("a long name of column {k}")).collect();
    let rows = (0..20).map(|k| vec![k.to_string(); 150].join(",") + "\n").collect::<String>();
    fs::write(&wide, names.join(",") + "\n" + &rows).unwrap();
    let long = "word ".repeat(4000);
    let name = "\u{1b}[31m".repeat(1000);
    let nowhere = folder.join("folder/".repeat(300)).join("m.json");
    let [bounds, roles] = [format!("{}=0..1", "x".repeat(5000)), format!("{name}=11,{long}=eleven")];
    let commands: [&[&str]; 12] = [
        &["fit", path(&wide), "--inputs", "x", "--target", "y"],
        &["fit", path(&wide), "--inputs", &long, "--target", &name],
        &["fit", &long],
        &["fit", &name],
        &["fit", "double-well", "--modes", &long],
        &["fit", "double-well", "--periodic", &long],
        &["fit", "double-well", "--model-out", path(&nowhere)],
        &[&long],
        &["eval", path(&model), "--grid", &long],
        &["eval", path(&model), "--grid", "3", "--bounds", &bounds],
        &["export", path(&model), "--to", &long],
        &["export", path(&model), "--to", "umat", "--roles", &roles],
    ];
    for arguments in commands {
        let output = multiwell(arguments);
        let said = err(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.lines().count() == 1 && said.trim_end().chars().count() <= 300, "{said}");
        assert!(!said.trim_end().contains(char::is_control), "{said}");
    }
}

#[test]
fn figures_do_not_replace_their_tables() {
    let folder = folder("figures-over");
    let sweep = "\"$MULTIWELL\" sweep double-well --recipe paper --modes 2 --hidden 3 --samples 12 --epochs 5 --seed 0..3 --out";
    assert!(shell(&folder, &format!("{sweep} study-summary.csv")).status.success());
    let before = fs::read(folder.join("study-summary.csv")).unwrap();
    let table = folder.join("study-summary.csv");
    refused(&["figure", "study", "--runs", path(&table), "--out", path(&folder)], "which is read");
    assert_eq!(fs::read(&table).unwrap(), before);
}

#[test]
fn model_and_history_are_written_to_streams() {
    let folder = folder("kinds");
    let streamed = succeeded(shell(&folder, &format!("{FIT_COMMAND} --json --model-out /dev/stdout --history-out /dev/null")));
    let text = out(&streamed);
    assert!(text.lines().count() == 2 && text.lines().all(|line| line.starts_with('{')), "{text}");
}

#[test]
fn files_are_written_despite_closed_or_full_standard_output() {
    let folder = folder("reader");
    for seeds in ["", "--seeds 0..2", "--seeds 0..2 --json"] {
        for (sink, code) in [("> /dev/full", "1"), ("| true", "0")] {
            let script = format!("{{ {FIT_COMMAND} {seeds} --model-out m.json --history-out h.csv; echo $? > code; }} {sink}");
            let output = shell(&folder, &script);
            let code_is = fs::read_to_string(folder.join("code")).unwrap();
            let said = err(&output);
            if code == "1" {
                assert!(code_is.trim() == "1" && said.contains("standard output cannot be written"), "{said}");
            }
            // A fit of few epochs may also have warnings.
            let sentences = said.lines().filter(|line| !line.starts_with("warning: ")).count();
            assert!(sentences <= 1 && !said.contains("panicked"), "{said}");
            assert!(multiwell(&["eval", path(&folder.join("m.json")), "/dev/null"]).status.code() == Some(2));
            for name in ["m.json", "h.csv"] {
                assert!(fs::metadata(folder.join(name)).unwrap().len() > 100, "{seeds} {sink}: {name}");
                fs::remove_file(folder.join(name)).unwrap();
            }
        }
    }
    let density = "\"$MULTIWELL\" fit schlogl --samples 40 --epochs 30 --decay 1 --pooling alone --seeds 0..1 --model-out d.json";
    let output = shell(&folder, &format!("{density} > /dev/full"));
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert!(fs::metadata(folder.join("d.json")).unwrap().len() > 100);
}

#[test]
fn full_or_closed_standard_error_causes_no_panic() {
    let folder = folder("stderr");
    for sink in ["2> /dev/full", "2>&-"] {
        let refused = shell(&folder, &format!("\"$MULTIWELL\" fit double-well --modes 0 {sink}"));
        assert_eq!(refused.status.code(), Some(2), "{sink}");
        let fitted = shell(&folder, &format!("{FIT_COMMAND} --model-out m.json {sink}"));
        assert!(fitted.status.success() && folder.join("m.json").exists(), "{sink}");
        fs::remove_file(folder.join("m.json")).unwrap();
    }
}

#[test]
fn all_figures_are_drawn_after_standard_output_closes() {
    let folder = folder("head");
    let script = "\"$MULTIWELL\" figure 1..4 --epochs 30 --seeds 0,1 --out drawn | head -n 1";
    assert!(shell(&folder, script).status.success());
    assert_eq!(names(&folder.join("drawn")).len(), 9);
}

#[test]
fn interrupted_or_diverged_fit_does_not_replace_model() {
    let folder = folder("good");
    let model = folder.join("m.json");
    fit(&["cosine-well", "--epochs", "200", "--recipe", "paper", "--model-out", path(&model)]);
    let good = fs::read(&model).unwrap();
    let small = ["fit", "cosine-well", "--modes", "3", "--hidden", "6,6"];
    let diverges = ["--lr", "1e4", "--gate-lr", "1e4", "--recipe", "paper", "--epochs", "5000", "--model-out", path(&model)];
    let output = multiwell(&[&small[..], &diverges[..]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert!(err(&output).contains("left as it was") && err(&output).lines().count() == 1, "{}", err(&output));
    assert_eq!(fs::read(&model).unwrap(), good);

    let density = ["fit", "schlogl", "--samples", "10000", "--epochs", "1e6", "--model-out", path(&model)];
    let output = interrupted(&density);
    assert_eq!(output.status.code(), Some(130), "{}", err(&output));
    assert!(err(&output).contains("m.json was not written, because no fit had ended"), "{}", err(&output));
    assert_eq!(fs::read(&model).unwrap(), good);
}

#[test]
fn material_without_finite_weights_is_not_written() {
    let folder = folder("material");
    let (model, lost) = (folder.join("m.json"), folder.join("lost.json"));
    let small = ["fit", "metamaterial", "--samples", "20", "--batch", "16", "--epochs", "2"];
    assert!(multiwell(&[&small[..], &["--model-out", path(&model)]].concat()).status.success());
    // The number is finite in the file, but not in single precision.
    let mut file: serde_json::Value = serde_json::from_slice(&fs::read(&model).unwrap()).unwrap();
    file["params"]["V1"][0][0][0] = 1e300.into();
    fs::write(&model, file.to_string()).unwrap();
    let output = multiwell(&[&small[..], &["--init", path(&model), "--model-out", path(&lost)]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert!(!lost.exists() && err(&output).contains("lost.json was not written"), "{}", err(&output));
}
