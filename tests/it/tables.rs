//! Tests that files of other programs, in their original form (`tests/data/tables`), are read with the correct names, roles and numbers.
use std::f64::consts::PI;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use multiwell::internal::data::Dataset;
use multiwell::internal::data::csv::{self, Columns, guess, read, read_samples};
use multiwell::internal::problem::Settings;
use multiwell::internal::problem::proposal::Proposal;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tables").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn header(name: &str) -> Vec<String> {
    csv::header(name, bytes(name).as_slice()).unwrap_or_else(|error| panic!("{error}"))
}

fn data(name: &str, columns: &Columns) -> Dataset {
    read(name, bytes(name).as_slice(), columns).unwrap_or_else(|error| panic!("{error}"))
}

/// Table with the roles that its column names suggest.
fn proposed(name: &str) -> Dataset {
    data(name, &guess(&header(name)))
}

#[test]
fn colvar_files_of_plumed_keep_their_periods() {
    for name in ["COLVAR", "COLVAR.gz"] {
        assert_eq!(header(name), ["time", "phi", "psi", "metad.bias", "metad.rbias"]);
        let named = ["phi".to_string(), "psi".into()];
        let sets = read_samples(name, bytes(name).as_slice(), &named).unwrap();
        assert_eq!((sets.labels, sets.numbers.dim(), sets.times.len()), (named.to_vec(), (30, 2), 0));
        let columns = Columns { inputs: vec!["phi".into()], target: Some("metad.bias".into()), ..Columns::default() };
        assert_eq!(data(name, &columns).periods, [Some([-PI, PI])]);
    }
    let sentence = read("HILLS", bytes("HILLS").as_slice(), &Columns::default()).unwrap_err().to_string();
    assert!(sentence.contains("hills") && sentence.contains("plumed sum_hills"), "{sentence}");
}

#[test]
fn free_energies_of_plumed_are_read_with_derivatives() {
    let columns = guess(&header("fes.dat"));
    assert_eq!((columns.inputs.join(" "), columns.target.as_deref()), ("phi psi".into(), Some("file.free")));
    assert_eq!((columns.gradient.join(" "), columns.forces.len()), ("der_phi der_psi".into(), 0));
    let data = data("fes.dat", &columns);
    assert_eq!((data.samples(), data.periods.as_slice()), (61, &[Some([-PI, PI]); 2][..]));
    assert_eq!(data.notes, ["Rows that hold inf or nan are left out: 3 of 64."]);
    let gradient = data.gradient.as_ref().unwrap();
    for (row, point) in data.x.rows().into_iter().enumerate() {
        assert!((gradient[[row, 0]] - 10.0 * (point[0] + 1.2).sin()).abs() < 1e-7, "row {row}");
    }
    let grid = proposed("grid.dat");
    assert_eq!((grid.names.join(" "), grid.samples(), grid.periods.len()), ("d fes".into(), 19, 0));
    assert!(grid.gradient.is_some() && grid.notes[0].ends_with("2 of 21."), "{:?}", grid.notes);
}

#[test]
fn profiles_of_umbrella_sampling_are_read() {
    assert_eq!(header("wham.dat"), ["Coor", "Free", "error of Free", "Prob", "error of Prob"]);
    let wham = proposed("wham.dat");
    assert_eq!((wham.names.join(" "), wham.samples(), wham.x[[0, 0]]), ("Coor Free".into(), 11, -2.25));
    assert_eq!(wham.notes, ["Rows that hold inf or nan are left out: 1 of 12."]);
    let columns = Columns { inputs: vec!["bin".into()], target: Some("f".into()), ..Columns::default() };
    assert_eq!(data("pymbar.txt", &columns).samples(), 9);
    let profile = proposed("profile.xvg");
    assert_eq!((profile.names.join("; "), profile.samples()), ("x (nm); E (kJ mol-1)".into(), 15));
}

#[test]
fn arrays_of_numpy_are_read() {
    let energy = data("energy.npy", &Columns::default());
    assert_eq!((energy.names.join(" "), energy.samples()), ("x y".into(), 40));
    assert_eq!(energy.notes, ["The table has no header: its columns are called x and y."]);
    let forces = proposed("forces.npz");
    assert_eq!((forces.names.join(" "), forces.has_forces), ("x1 x2 E".into(), true));
    assert!((forces.gradient.as_ref().unwrap()[[0, 1]] - 6.0).abs() < 1e-12);
    assert_eq!(forces.notes, ["Not used, as they are no columns of numbers: kT, note."]);
    let sets = read_samples("samples.npz", bytes("samples.npz").as_slice(), &["psi".to_string()]).unwrap();
    assert_eq!((sets.labels, sets.numbers.nrows()), (vec!["psi".to_string()], 50));
    let phi = read_samples("phi.npy", bytes("phi.npy").as_slice(), &[]).unwrap();
    assert_eq!((phi.labels, phi.numbers.nrows()), (vec!["x".to_string()], 30));
    for name in ["savetxt.txt", "savetxt.csv.gz"] {
        let saved = data(name, &Columns::default());
        assert_eq!((&saved.y, saved.samples()), (&energy.y, 40), "{name}");
    }
    assert_eq!(header("savetxt.txt"), ["x [nm]", "E [kJ/mol]"]);
    let by_name = Columns { inputs: vec!["x".into()], target: Some("E".into()), ..Columns::default() };
    assert_eq!(data("savetxt.txt", &by_name).names, ["x [nm]", "E [kJ/mol]"]);
    assert_eq!(Dataset::open(path("energy.npy"), &Columns::default()).unwrap().y, energy.y);
}

#[test]
fn tables_of_spreadsheets_and_statistics_are_read() {
    let columns = |x: &str, y: &str| Columns { inputs: vec![x.into()], target: Some(y.into()), ..Columns::default() };
    let german = data("excel_de.csv", &columns("Länge", "Kraft"));
    assert_eq!((german.names.join("; "), german.x[[3, 0]], german.y[3]), ("Länge [µm]; Kraft (mN)".into(), 0.75, 0.062));
    let quoted = data("excel_utf8.csv", &Columns::default());
    assert_eq!((quoted.names.join("; "), quoted.y[1]), ("x, position [nm]; the \"energy\" (kT)".into(), 2.25));
    let unicode = data("excel_unicode.txt", &Columns::default());
    assert_eq!((unicode.names.join(" "), unicode.y[0], unicode.samples()), ("x y".into(), 4.0, 6));
    let r = data("r.txt", &Columns::default());
    assert_eq!((r.names.join(" "), r.x[[5, 0]]), ("phi E".into(), 2.5));
    let fortran = data("fortran.dat", &Columns::default());
    assert_eq!((fortran.names.join(" "), fortran.samples(), fortran.x[[1, 0]]), ("x y".into(), 8, 0.1));
    let pandas = proposed("pandas.csv");
    assert_eq!((pandas.names.join(" "), pandas.samples(), pandas.y[0]), ("x E".into(), 6, 1.0));
}

#[test]
fn unreadable_files_are_refused_in_one_sentence() {
    for name in ["structured.npy", "object.npy", "complex.npy", "three.npy", "wide.npy", "HILLS"] {
        for sentence in [
            read(name, bytes(name).as_slice(), &Columns::default()).unwrap_err().to_string(),
            read_samples(name, bytes(name).as_slice(), &[]).err().unwrap().to_string(),
            csv::header(name, bytes(name).as_slice()).unwrap_err().to_string(),
        ] {
            assert!(
                sentence.starts_with(&format!("{name}: ")) && sentence.contains(';') && !sentence.contains('\n'),
                "{sentence}"
            );
        }
    }
}

#[test]
fn auxiliary_columns_are_not_read_as_samples() {
    let sets = read_samples("COLVAR", bytes("COLVAR").as_slice(), &[]).unwrap();
    assert_eq!(sets.labels, ["phi", "psi"]);
    let notes = sets.notes.join(" ");
    assert!(notes.contains("metad.bias reads as a bias and is not used") && notes.contains("Not used: time."), "{notes}");
    // The first inspection of the file proposes the same roles.
    let look = |name: &str| csv::inspect_files(vec![(name.into(), csv::Bytes::from(bytes(name)))]).unwrap();
    assert!(look("COLVAR").are_samples && look("samples.npz").are_samples && !look("fes.dat").are_samples);
    assert_eq!(look("fes.dat").notes.last().unwrap(), "Periodic according to the file: phi:-pi..pi,psi:-pi..pi.");
    assert!(look("energy.npy").is_function && !look("wham.dat").is_function);
    assert!(look("energy.npy").periods.is_empty() && look("fes.dat").periods.is_empty());
    let weighted = read_samples("samples.npz", bytes("samples.npz").as_slice(), &[]).unwrap();
    assert_eq!((weighted.labels.join(" "), weighted.notes.len()), ("phi psi".into(), 1));
}

/// Benchmark and roles that are proposed for a table, and the notes on it.
fn proposal(text: &str) -> (String, String, String) {
    let table = csv::inspect_files(vec![("a.csv".into(), csv::Bytes::from(text.as_bytes().to_vec()))]).unwrap();
    let Proposal { kind, roles, .. } = Proposal::from_columns(&table);
    let of_kind = roles.into_iter().find(|(of, _)| *of == kind).unwrap().1;
    (kind, of_kind.join("|"), table.notes.join(" "))
}

#[test]
fn draws_of_two_quantities_are_proposed_as_joint_samples() {
    let table = |header: &str, is_uniform: bool| {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        let mut text = format!("{header}\n");
        for k in 0..400 {
            let centre = f64::from(k % 3 % 2);
            let [x, y] = [4.0 * centre, 3.0 - 3.0 * centre].map(|mean| mean + rng.sample::<f64, _>(StandardNormal));
            writeln!(text, "{},{y}", if is_uniform { rng.random() } else { x }).unwrap();
        }
        proposal(&text)
    };
    let (kind, roles, notes) = table("u,v", false);
    assert_eq!((kind.as_str(), roles.as_str()), (Settings::OWN_JOINT, "input|input"));
    assert!(notes.contains("no order of u"), "{notes}");
    // The name of a value, or inputs that fill their range evenly, suggest a function.
    for (header, is_uniform) in [("u,energy", false), ("u,v", true)] {
        let (kind, roles, notes) = table(header, is_uniform);
        assert_eq!((kind.as_str(), roles.as_str()), (Settings::OWN_DATA, "input|value"), "{header}");
        assert!(notes.contains("may be samples"), "{notes}");
    }
}

#[test]
fn words_are_not_proposed_as_numbers() {
    let rows = |header: &str| (0..30).fold(format!("{header}\n"), |text, k| format!("{text}{k},w{},{}\n", k % 3, k * k));
    let (kind, roles, notes) = proposal(&rows("x,cell_type,E"));
    assert_eq!((kind.as_str(), roles.as_str()), (Settings::OWN_DATA, "input||value"));
    assert!(notes.contains("cell_type holds words"), "{notes}");
    let (kind, roles, notes) = proposal(&rows("time,run,u"));
    assert!(kind == Settings::OWN_TRAJECTORIES && roles.starts_with("time|run|") && notes.is_empty(), "{roles} {notes}");
}

#[test]
fn several_files_are_read_as_sets_of_samples() {
    let files = ["COLVAR.gz", "phi.npy"].map(|name| (format!("run/{name}"), bytes(name)));
    let together = csv::sets_of(&files).unwrap();
    let sets = read_samples("all", together.text.as_bytes(), &[]).unwrap();
    assert_eq!((sets.labels.join("; "), sets.numbers.nrows()), ("COLVAR: phi; COLVAR: psi; phi".into(), 30));
    assert!(together.notes.iter().all(|note| note.starts_with("run/COLVAR.gz: ")), "{:?}", together.notes);
    let twice = ["a/phi.npy", "b/phi.npy"].map(|name| (name.to_string(), bytes("phi.npy")));
    assert!(csv::sets_of(&twice).unwrap().text.starts_with("\"a/phi.npy\",\"b/phi.npy\"\n"));
}
