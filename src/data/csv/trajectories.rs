//! Reads trajectories from a table: columns for the name of the trajectory, the time, inputs and outputs.

use std::io::Read;

use crate::data::InvalidData;

use super::{ColumnRequest, Columns, CsvError, Reason, Table, Taken, load, too_many};
use crate::data::trajectories::{Trajectories, Trajectory, measured_outputs};
use crate::text::shortened;

/// Largest number of rows, which limits the training time.
const MAX_ROWS: usize = 200_000;
/// Name of the only trajectory if no column holds names.
const DEFAULT_RUN_NAME: &str = "1";
/// Largest number of inputs: the components of a strain.
const MAX_INPUTS: usize = 6;

/// Reads trajectories. Rows of different trajectories may be mixed, as long as the rows of each are in the order of time.
///
/// # Errors
/// A sentence if the table cannot be read, lacks a column, or has words in the columns of time, inputs and outputs. Also if one of these
/// is constant, if a trajectory has fewer than three rows or rows out of order, or if there are too many rows. Rows that lack a number are
/// left out, with a note.
pub fn read_trajectories(name: &str, source: impl Read, columns: &Columns) -> Result<Trajectories, CsvError> {
    read_all(name, source, columns).map_err(|reason| CsvError { file: name.into(), reason })
}

fn read_all(name: &str, source: impl Read, columns: &Columns) -> Result<Trajectories, Reason> {
    let layout = load(source)?;
    let mut table = Table::open(&layout);
    let Columns { run, time, inputs, outputs, .. } = columns;
    let is_named = |name: &&String| !name.trim().is_empty();
    let Some(time) = time.as_ref().filter(is_named).filter(|_| !inputs.is_empty() && !outputs.is_empty()) else {
        return Err(Reason::Columns(table.names()));
    };
    if inputs.len() > MAX_INPUTS {
        return Err(Reason::File(format!("there are {} inputs; at most {MAX_INPUTS} are understood", inputs.len())));
    }
    let outputs = measured_outputs(inputs, outputs)?;
    let all = || [time].into_iter().chain(inputs).chain(outputs);
    table.derive(all())?;
    let of_run = run.as_ref().filter(is_named).map(|run| table.column(run)).transpose()?;
    let columns = table.columns(all())?;
    if let Some(k) = (0..columns.len()).find(|&k| Some(columns[k]) == of_run || columns[..k].contains(&columns[k])) {
        return Err(Reason::UsedTwice(table.header[columns[k]].clone()));
    }
    let wanted = ColumnRequest { columns: &columns, certain: columns.len(), words: of_run, every_row: false };
    let trajectories = grouped(&mut table, &wanted, inputs.len(), MAX_ROWS)?;
    let trimmed = |names: &[String]| names.iter().map(|name| name.trim().to_string()).collect();
    let data =
        Trajectories { name: name.into(), inputs: trimmed(inputs), outputs: trimmed(outputs), trajectories, notes: table.notes };
    Ok(data.checked()?)
}

/// Reads histories of inputs without outputs, from the columns of the time and of the inputs. Without a column of runs, all rows are one
/// run.
///
/// # Errors
/// A sentence if the table cannot be read, lacks a column, or has anything but finite numbers in these columns. Also if a run has fewer
/// than three rows or rows out of order.
pub fn read_histories(
    name: &str,
    source: impl Read,
    run: Option<&str>,
    time: &str,
    inputs: &[String],
) -> Result<Vec<Trajectory>, CsvError> {
    let read = || {
        let layout = load(source)?;
        let mut table = Table::open(&layout);
        let of_run = run.map(|run| table.column(run)).transpose()?;
        table.derive(inputs)?;
        let columns = table.columns([time].into_iter().chain(inputs.iter().map(String::as_str)))?;
        let wanted = ColumnRequest { columns: &columns, certain: columns.len(), words: of_run, every_row: true };
        let histories = grouped(&mut table, &wanted, inputs.len(), usize::MAX)?;
        let short = histories.iter().find(|history| history.time.len() < 3);
        short.map_or(Ok(()), |h| Err(InvalidData::short(&h.name, h.time.len())))?;
        Ok(histories)
    };
    read().map_err(|reason| CsvError { file: name.into(), reason })
}

/// Reads at most `most` rows and groups them by trajectory. Each row holds the time, this number of inputs, and the outputs.
fn grouped(table: &mut Table, wanted: &ColumnRequest, inputs: usize, most: usize) -> Result<Vec<Trajectory>, Reason> {
    let Taken { numbers, words: names } = table.read_columns(wanted)?;
    let names = if wanted.words.is_some() { names } else { vec![DEFAULT_RUN_NAME.into(); numbers.nrows()] };
    if numbers.nrows() > most {
        return Err(too_many(numbers.nrows(), most));
    }
    let mut trajectories: Vec<Trajectory> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for (row, (name, values)) in names.into_iter().zip(numbers.rows()).enumerate() {
        let place = *places.entry(name).or_insert_with_key(|name| {
            trajectories.push(Trajectory { name: name.clone(), ..Trajectory::default() });
            trajectories.len() - 1
        });
        let trajectory = &mut trajectories[place];
        if trajectory.time.last().is_some_and(|before| *before >= values[0]) {
            return Err(Reason::File(format!(
                "row {} of the numbers: the time of run \"{}\" does not increase; sort its rows by time",
                row + 1,
                shortened(&trajectory.name)
            )));
        }
        trajectory.time.push(values[0]);
        trajectory.inputs.extend(values.iter().skip(1).take(inputs));
        trajectory.outputs.extend(values.iter().skip(1 + inputs));
    }
    Ok(trajectories)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles() -> Columns {
        let (run, time) = (Some("id".into()), Some("t".into()));
        Columns { run, time, inputs: vec!["E".into()], outputs: vec!["S".into()], ..Columns::default() }
    }

    fn refused(text: &str, roles: &Columns, words: &str) {
        let sentence = read_trajectories("a.csv", text.as_bytes(), roles).unwrap_err().to_string();
        assert!(sentence.starts_with("a.csv: ") && sentence.contains(words) && !sentence.contains('\n'), "{sentence}");
    }

    #[test]
    fn named_and_interleaved_runs_are_read() {
        let text = "S;id;t;E;note\n1;one;0;0;7\n5;two;0;3;7\n2;one;0.5;1;7\n6;two;1;2;7\n3;one;2;4;7\n7;two;2;1;7\n";
        let data = read_trajectories("a.csv", text.as_bytes(), &roles()).unwrap();
        assert_eq!((data.trajectories.len(), data.samples()), (2, 3));
        let Trajectory { name, time, inputs, outputs } = &data.trajectories[0];
        assert_eq!((name.as_str(), time.as_slice()), ("one", [0.0, 0.5, 2.0].as_slice()));
        assert_eq!((inputs.as_slice(), outputs.as_slice()), ([0.0, 1.0, 4.0].as_slice(), [1.0, 2.0, 3.0].as_slice()));
    }

    #[test]
    fn single_unequal_and_incomplete_runs_are_read() {
        let text = "id,t,E,S\na,0,0,0\na,1,1,1\na,2,2,2\nb,0,0,0\nb,1,NA,2\nb,2,inf,1\nb,3,1,1\nb,4,3,4\nb,5,2,4\n";
        let data = read_trajectories("a.csv", text.as_bytes(), &roles()).unwrap();
        let lengths: Vec<usize> = data.trajectories.iter().map(|run| run.time.len()).collect();
        assert_eq!((lengths, data.trajectories[1].time[1]), (vec![3, 4], 3.0));
        assert_eq!(data.notes.len(), 2, "{:?}", data.notes);
        let single = &text[..text.find("b,").unwrap()];
        assert_eq!(read_trajectories("a.csv", single.as_bytes(), &roles()).unwrap().trajectories.len(), 1);
        let all_rows = Columns { run: None, ..roles() };
        let data = read_trajectories("a.csv", single.as_bytes(), &all_rows).unwrap();
        assert_eq!((data.trajectories.len(), data.trajectories[0].time.len(), data.notes.len()), (1, 3, 0));
    }

    #[test]
    fn outputs_of_last_inputs_may_be_unmeasured() {
        let text = "id,t,E,T,S\na,0,0,5,0\na,1,1,6,1\na,2,2,4,2\n";
        let columns = Columns { inputs: vec!["E".into(), "T".into()], outputs: vec!["S".into(), "-".into()], ..roles() };
        let data = read_trajectories("a.csv", text.as_bytes(), &columns).unwrap();
        assert_eq!(
            (data.inputs.len(), data.outputs, data.trajectories[0].outputs.clone()),
            (2, vec!["S".into()], vec![0.0, 1.0, 2.0])
        );
    }

    #[test]
    fn invalid_trajectories_are_refused_in_one_sentence() {
        let good = "id,t,E,S\na,0,0,0\na,1,1,1\na,2,2,2\nb,0,0,0\nb,1,2,2\nb,2,1,1\n";
        assert!(read_trajectories("a.csv", good.as_bytes(), &roles()).is_ok());
        let with = |from: &str, to: &str| good.replacen(from, to, 1);
        refused(&with("S", "F"), &roles(), "there is no column \"S\"; the columns are id, t, E, F");
        refused(&with("b,2,1,1\n", ""), &roles(), "run \"b\" has only 2 rows; at least 3");
        refused(&with("b,1,2,2", "b,0,2,2"), &roles(), "the time of run \"b\" does not increase; sort");
        refused(&with("b,1,2,2", "b,1,two,2"), &roles(), "\"two\" is not a number");
        refused(&with("b,1,2,2", "b,1,1e200,2"), &roles(), "too large; use other units");
        refused(&with("b,1,2,2", "b,1,2"), &roles(), "has 3 fields");
        refused("id,t,E,S\na,0,0,0\nb,1,1,1\n", &roles(), "only 1 row");
        refused("id,t,E,S\na,0,1,0\na,1,1,1\na,2,1,2\n", &roles(), "the same number in every row");
        refused("", &roles(), "empty");
        let unmeasured = Columns { inputs: vec!["E".into(), "S".into()], outputs: vec!["-".into(), "x".into()], ..roles() };
        refused(
            good,
            &unmeasured,
            "2 outputs for 2 inputs; name one output for each input, in the same order, and - for those of the last",
        );
        refused(good, &Columns::default(), "say which columns");
        refused(good, &Columns { outputs: vec!["S".into(), "t".into(), "E".into()], ..roles() }, "3 outputs for 1 inputs");
        refused(good, &Columns { outputs: vec!["-".into()], ..roles() }, "1 outputs for 1 inputs");
        refused(good, &Columns { outputs: vec!["E".into()], ..roles() }, "asked for twice");
        refused(good, &Columns { inputs: vec!["E".into(); 7], ..roles() }, "at most 6");
        let many = (0..=MAX_ROWS).fold(String::from("id,t,E,S\n"), |text, k| text + &format!("a,{k},{k},{k}\n"));
        refused(&many, &roles(), "at most 200000");
    }
}
