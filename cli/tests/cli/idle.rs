//! Tests that options without effect are refused by one rule.

use std::fs;

use crate::program::{folder, path, refused};

#[test]
fn settings_without_effect_on_fit_are_refused() {
    for (arguments, words) in [
        (&["double-well", "--b", "0.5"][..], "--b has no effect on double-well; leave it out"),
        (&["double-well", "--target-seed", "2"], "--target-seed has no effect on double-well"),
        (&["double-well", "--target-kind", "kinked"], "--target-kind has no effect on double-well"),
        (&["double-well", "--value-weight", "1"], "--value-weight has no effect where"),
        (&["double-well", "--schedule", "cosine"], "--schedule has no effect under the recipe reliable"),
        (&["double-well", "--scaling", "raw"], "--scaling has no effect under the recipe reliable"),
        (&["double-well", "--symmetry", "exchange"], "--symmetry has no effect on a single input"),
        (&["double-well", "--c1", "1e-7"], "--c1 has no effect here, it is for `fit schlogl`"),
        (&["mechanochemical", "--schedule", "cosine"], "--schedule has no effect under the recipe reliable"),
        (&["double-well", "--b", "0.5", "--seeds", "0..2"], "--b has no effect on double-well"),
    ] {
        refused(&[&["fit"], arguments].concat(), words);
    }
}

#[test]
fn settings_without_effect_on_file_are_refused() {
    let folder = folder("idle");
    let file = folder.join("t.csv");
    fs::write(&file, "x,u,y,g,h\n0,1,2,0,1\n1,2,0,1,1\n2,0,1,1,0\n3,2,2,0,0\n").unwrap();
    let on_line = ["fit", path(&file), "--inputs", "x", "--target", "y"];
    let by_slope = ["fit", path(&file), "--inputs", "x,u", "--gradient", "g,h"];
    for (setting, value) in [("--samples", "9"), ("--noise", "0.1"), ("--data-seed", "3"), ("--sampling", "grid")] {
        refused(&[&on_line[..], &[setting, value]].concat(), &format!("{setting} has no effect on a file's rows"));
    }
    refused(&[&on_line[..], &["--symmetry", "exchange"]].concat(), "on a single input");
    refused(&[&on_line[..], &["--value-weight", "1"]].concat(), "where values and derivatives are not learnt together");
    refused(&[&by_slope[..], &["--value-weight", "1"]].concat(), "where values and derivatives are not learnt together");
}

#[test]
fn settings_without_effect_on_sweep_are_refused() {
    let out = folder("idle-sweep").join("t.csv");
    let own = [("--c1", "1e-7"), ("--decay", "1"), ("--amplitude", "0.1"), ("--batch", "9")];
    let others =
        [("--b", "0.5"), ("--value-weight", "1"), ("--target-seed", "2"), ("--target-kind", "kinked"), ("--schedule", "cosine")];
    for (setting, value) in own.into_iter().chain(others) {
        refused(&["sweep", "double-well,three-well", setting, value, "--out", path(&out)], &format!("{setting} has no effect"));
    }
    assert!(!out.exists());
}

#[test]
fn options_without_effect_on_figure_are_refused() {
    let folder = folder("idle-figure");
    let drawn = folder.join("drawn");
    for (figure, option, value) in [
        ("1", "--epochs", "5"),
        ("1", "--seeds", "0..1"),
        ("1", "--recipe", "paper"),
        ("9", "--epochs", "5"),
        ("5", "--recipe", "reliable"),
        ("5..13", "--recipe", "reliable"),
    ] {
        refused(
            &["figure", figure, option, value, "--out", path(&drawn)],
            &format!("{option} has no effect on `figure {figure}`"),
        );
    }
    let table = folder.join("t.csv");
    fs::write(&table, "x\n").unwrap();
    let study = ["figure", "study", "--runs", path(&table), "--out", path(&drawn)];
    for (option, value) in [("--epochs", "5"), ("--seeds", "0..1"), ("--recipe", "paper")] {
        refused(&[&study[..], &[option, value]].concat(), "has no effect on `figure study`");
    }
    assert!(!drawn.exists());
}
