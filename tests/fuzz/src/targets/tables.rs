//! Tables as text (CSV, separated by blanks, PLUMED, xvg) with and without names, and possible roles of their columns.

use arbitrary::{Result, Unstructured};
use multiwell::internal::data::Dataset;
use multiwell::internal::data::csv::{self, Columns};
use multiwell::internal::data::unpack::written;
use multiwell::internal::problem::job::{FitInputs, JobFile};
use multiwell::internal::problem::jobs;
use multiwell::internal::problem::settings::{Recipe, Settings};
use multiwell::internal::problem::table::UserTable;

use crate::is_sentence;
use crate::odd::{damage, number, one, raw_or_built, text, word};

/// One in this number of inputs is used for training, which is slow.
const INPUTS_PER_TRAINED_TABLE: usize = 16;
const FIELD_SEPARATORS: [&str; 6] = [",", ";", "\t", " ", "  ", ", "];
const CELL_WORDS: [&str; 8] = ["train", "test", "held-out", "a", "-", "\"", "\"1\"", "#N/A"];

/// A random table of odd rows.
fn table(u: &mut Unstructured) -> Result<Vec<u8>> {
    let mut out = String::new();
    if u.ratio(1, 12)? {
        out.push('\u{feff}');
    }
    let end = one(u, &["\n", "\n", "\n", "\r\n", "\r"])?;
    let separator = one(u, &FIELD_SEPARATORS)?;
    for _ in 0..u.int_in_range(0..=3)? {
        out += word(u, "comment lines")?;
        out += end;
    }
    let columns = u.int_in_range(1..=6)?;
    if u.ratio(3, 4)? {
        let names = (0..columns).map(|_| word(u, "column names")).collect::<Result<Vec<_>>>()?;
        out += &names.join(separator);
        out += end;
    }
    let is_odd = u.int_in_range(0..=3_u8)?;
    for row in 0..u.int_in_range(0..=24)? {
        let ragged = if is_odd > 0 && u.ratio(is_odd, 40)? { u.int_in_range(0..=8)? } else { columns };
        let cell = |u: &mut Unstructured, column: usize| -> Result<String> {
            Ok(match u.int_in_range(0..=40)? {
                0 if is_odd > 0 => one(u, &CELL_WORDS)?.to_owned(),
                1 if is_odd > 1 => text(u, 6)?,
                2..=6 if is_odd > 0 => number(u)?,
                7..=9 => format!("{}", f64::from(u.arbitrary::<i16>()?) / 128.0),
                _ => format!("{}", (row * (column + 1)) as f64 * 0.25 - 1.0),
            })
        };
        let cells = (0..ragged).map(|column| cell(u, column)).collect::<Result<Vec<_>>>()?;
        out += &cells.join(separator);
        out += end;
    }
    let mut bytes = out.into_bytes();
    damage(u, &mut bytes)?;
    Ok(bytes)
}

/// Writes the rows of a table of values and reads them again.
fn again(data: &Dataset) {
    let (rows, inputs) = data.x.dim();
    assert!(rows == data.y.len() && rows >= 2 && data.x.iter().all(|v| v.is_finite()));
    if data.gradient.is_some() {
        return;
    }
    let names: Vec<String> = (0..=inputs).map(|k| format!("column {k}")).collect();
    let values: Vec<Vec<f64>> = data.x.columns().into_iter().map(|column| column.to_vec()).chain([data.y.to_vec()]).collect();
    let columns = Columns { inputs: names[..inputs].to_vec(), target: Some(names[inputs].clone()), ..Columns::default() };
    let read = csv::read_text("again", &written(&names, &values), &columns).expect("what was read once is a table");
    let bits = |of: &Dataset| of.x.iter().chain(&of.y).map(|v| v.to_bits()).collect::<Vec<u64>>();
    assert!(bits(&read) == bits(data), "{:?} {:?}", read.x, data.x);
}

/// Trains a few epochs on the columns of a table.
fn train(text: String, columns: Columns) {
    let rows = text.len();
    let mut settings = Settings::on(if rows.is_multiple_of(2) { Recipe::Paper } else { Recipe::Reliable }, Settings::OWN_DATA);
    (settings.training.modes, settings.training.hidden, settings.training.epochs) = (2, vec![3], 12);
    settings.data.hold_out = rows.is_multiple_of(3).then_some(0.25);
    let table = UserTable { name: "t.csv".into(), text, columns, ..UserTable::default() };
    match jobs::open_with_settings(settings, FitInputs { table: Some(&table), model: None }) {
        Ok(mut job) => {
            job.advance(30);
            let _ = (job.metrics(), job.file_text(JobFile::Model), job.file_text(JobFile::History));
        }
        Err(problems) => problems.iter().for_each(is_sentence),
    }
}

/// Reads a text as every kind of table.
pub fn check(input: &[u8]) {
    let bytes = raw_or_built(input, table);
    let name = "t.csv";
    let names = csv::header(name, bytes.as_slice());
    let seen = csv::inspect_files(vec![(name.into(), csv::Bytes::from(bytes.clone()))]);
    let (Ok(names), Ok(table)) = (&names, &seen) else {
        let said: Vec<&csv::CsvError> = names.as_ref().err().into_iter().chain(seen.as_ref().err()).collect();
        said.into_iter().for_each(is_sentence);
        return;
    };
    table.notes.iter().for_each(is_sentence);
    let guessed = csv::guess(names);
    csv::remarks(names, &guessed);
    for columns in [Columns::default(), guessed] {
        match csv::read(name, bytes.as_slice(), &columns) {
            Ok(data) => {
                again(&data);
                if bytes.len().is_multiple_of(INPUTS_PER_TRAINED_TABLE) {
                    train(table.text.clone(), columns);
                }
            }
            Err(error) => is_sentence(&error),
        }
    }
    csv::names_show_roles(names);
    let first = names.first().cloned().unwrap_or_default();
    let others: Vec<String> = names.iter().skip(1).take(2).cloned().collect();
    if let Err(error) = csv::read_points(name, bytes.as_slice(), names) {
        is_sentence(&error);
    }
    match csv::read_samples_text(name, &table.text, &[]) {
        Ok(sets) => assert!(sets.numbers.ncols() == sets.labels.len()),
        Err(error) => is_sentence(&error),
    }
    let joint = Columns { inputs: vec![first.clone()], biases: others.clone(), ..Columns::default() };
    if let Err(error) = csv::read_joint(name, &table.text, &joint, Some(2.5)) {
        is_sentence(&error);
    }
    let ends = |k: usize| names.get(k).cloned().unwrap_or_default();
    let (run, time) = (Some(first.clone()), Some(ends(1)));
    let roles = Columns { run, time, inputs: vec![ends(2)], outputs: vec![ends(3)], ..Columns::default() };
    if let Err(error) = csv::read_trajectories(name, bytes.as_slice(), &roles) {
        is_sentence(&error);
    }
    if let Err(error) = csv::read_histories(name, bytes.as_slice(), None, &first, &others) {
        is_sentence(&error);
    }
}
