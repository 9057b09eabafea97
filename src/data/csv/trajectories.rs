//! Trajectories from a table: columns for the name of the trajectory, the time, inputs and outputs.

use std::io::Read;

use ndarray::Array2;

use crate::data::InvalidData;

use super::{CsvError, Reason, Table, Taken, Wanted, load, too_many};
use crate::data::trajectories::{Trajectories, Trajectory};

/// Largest number of rows, to keep training to a reasonable time.
const MOST_ROWS: usize = 200_000;
/// The name of a run where no column names it.
const ONLY_RUN: &str = "1";
/// Largest number of inputs: the components of a strain.
const MOST_INPUTS: usize = 6;

/// The columns of a table of trajectories, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrajectoryColumns {
    /// The column that names the trajectory of each row, by words or numbers; empty where all rows are one.
    pub run: String,
    /// The column of the time.
    pub time: String,
    /// The columns of the inputs.
    pub inputs: Vec<String>,
    /// The columns of the outputs: the k-th does work on the k-th input. A single input may have a second output, the stress
    /// across it.
    pub outputs: Vec<String>,
}

/// Reads trajectories. Rows of different trajectories may be mixed, as long as the rows of each are in the order of time.
///
/// # Errors
/// One sentence if the table cannot be read, lacks a column, or has words in the columns of time, inputs and outputs; if one of these is
/// constant; if a trajectory has fewer than three rows, or rows out of order; or if there are too many rows. Rows that lack a number are left out,
/// which a note says.
pub fn read_trajectories(name: &str, source: impl Read, roles: &TrajectoryColumns) -> Result<Trajectories, CsvError> {
    read_all(name, source, roles).map_err(|reason| CsvError { file: name.into(), reason })
}

fn read_all(name: &str, source: impl Read, roles: &TrajectoryColumns) -> Result<Trajectories, Reason> {
    let layout = load(source)?;
    let mut table = Table::open(&layout);
    let TrajectoryColumns { run, time, inputs, outputs } = roles;
    if time.trim().is_empty() || inputs.is_empty() || outputs.is_empty() {
        return Err(Reason::Columns { columns: table.names() });
    }
    if inputs.len() > MOST_INPUTS {
        return Err(Reason::File(format!("there are {} inputs; at most {MOST_INPUTS} are understood", inputs.len())));
    }
    if outputs.len() != inputs.len() && (inputs.len(), outputs.len()) != (1, 2) {
        return Err(Reason::File(format!(
            "there are {} outputs for {} inputs; name one output for each input, in the same order (beside a single input a second output, \
             across it, may stand)",
            outputs.len(),
            inputs.len()
        )));
    }
    table.derive([time].into_iter().chain(inputs).chain(outputs))?;
    let of_run = (!run.trim().is_empty()).then(|| table.column(run)).transpose()?;
    let columns: Vec<usize> =
        [time].into_iter().chain(inputs).chain(outputs).map(|n| table.column(n)).collect::<Result<_, _>>()?;
    if let Some(k) = (0..columns.len()).find(|&k| Some(columns[k]) == of_run || columns[..k].contains(&columns[k])) {
        return Err(Reason::UsedTwice { column: table.header[columns[k]].clone() });
    }
    let wanted = Wanted { columns: &columns, certain: columns.len(), words: of_run, every_row: false };
    let Taken { numbers, words: names } = table.take(&wanted)?;
    let names = if of_run.is_some() { names } else { vec![ONLY_RUN.into(); numbers.nrows()] };
    if numbers.nrows() > MOST_ROWS {
        return Err(too_many(numbers.nrows(), MOST_ROWS));
    }
    let trajectories = grouped(names, &numbers, inputs.len())?;
    let trimmed = |names: &[String]| names.iter().map(|name| name.trim().to_string()).collect();
    let data =
        Trajectories { name: name.into(), inputs: trimmed(inputs), outputs: trimmed(outputs), trajectories, notes: table.notes };
    Ok(data.checked()?)
}

/// Reads histories of inputs, whose outputs are not known, from the columns of the time and of the inputs. Without a column of runs all rows
/// are one.
///
/// # Errors
/// One sentence if the table cannot be read, lacks a column, has anything but finite numbers in these columns, or if a run has fewer than three
/// rows or rows out of order.
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
        let inputs = inputs.iter().map(String::as_str);
        let columns: Vec<usize> = [time].into_iter().chain(inputs).map(|n| table.column(n)).collect::<Result<_, _>>()?;
        let wanted = Wanted { columns: &columns, certain: columns.len(), words: of_run, every_row: true };
        let Taken { numbers, words: names } = table.take(&wanted)?;
        let names = if of_run.is_some() { names } else { vec![ONLY_RUN.into(); numbers.nrows()] };
        let histories = grouped(names, &numbers, columns.len() - 1)?;
        let short = histories.iter().find(|history| history.time.len() < 3);
        short.map_or(Ok(()), |h| Err(InvalidData::Short { run: h.name.clone(), samples: h.time.len() }))?;
        Ok(histories)
    };
    read().map_err(|reason| CsvError { file: name.into(), reason })
}

/// The rows by the trajectories that they belong to; in each row are the time, the inputs and the outputs.
fn grouped(names: Vec<String>, numbers: &Array2<f64>, inputs: usize) -> Result<Vec<Trajectory>, Reason> {
    let mut trajectories: Vec<Trajectory> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for (row, (name, values)) in names.into_iter().zip(numbers.rows()).enumerate() {
        let place = *places.entry(name).or_insert_with_key(|name| {
            trajectories.push(Trajectory { name: name.clone(), ..Trajectory::default() });
            trajectories.len() - 1
        });
        let trajectory = &mut trajectories[place];
        if trajectory.time.last().is_some_and(|before| *before >= values[0]) {
            return Err(Reason::Unsorted { row: row + 1, run: trajectory.name.clone() });
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

    fn roles() -> TrajectoryColumns {
        TrajectoryColumns { run: "id".into(), time: "t".into(), inputs: vec!["E".into()], outputs: vec!["S".into()] }
    }

    fn refused(text: &str, roles: &TrajectoryColumns, words: &str) {
        let sentence = read_trajectories("a.csv", text.as_bytes(), roles).unwrap_err().to_string();
        assert!(sentence.starts_with("a.csv: ") && sentence.contains(words) && !sentence.contains('\n'), "{sentence}");
    }

    #[test]
    fn runs_may_be_named_by_words_and_stand_among_one_another() {
        let text = "S;id;t;E;note\n1;one;0;0;7\n5;two;0;3;7\n2;one;0.5;1;7\n6;two;1;2;7\n3;one;2;4;7\n7;two;2;1;7\n";
        let data = read_trajectories("a.csv", text.as_bytes(), &roles()).unwrap();
        assert_eq!((data.trajectories.len(), data.samples()), (2, 3));
        let Trajectory { name, time, inputs, outputs } = &data.trajectories[0];
        assert_eq!((name.as_str(), time.as_slice()), ("one", [0.0, 0.5, 2.0].as_slice()));
        assert_eq!((inputs.as_slice(), outputs.as_slice()), ([0.0, 1.0, 4.0].as_slice(), [1.0, 2.0, 3.0].as_slice()));
    }

    #[test]
    fn runs_may_be_one_or_of_unequal_length_and_lack_numbers() {
        let text = "id,t,E,S\na,0,0,0\na,1,1,1\na,2,2,2\nb,0,0,0\nb,1,NA,2\nb,2,inf,1\nb,3,1,1\nb,4,3,4\nb,5,2,4\n";
        let data = read_trajectories("a.csv", text.as_bytes(), &roles()).unwrap();
        let lengths: Vec<usize> = data.trajectories.iter().map(|run| run.time.len()).collect();
        assert_eq!((lengths, data.trajectories[1].time[1]), (vec![3, 4], 3.0));
        assert_eq!(data.notes.len(), 2, "{:?}", data.notes);
        let single = &text[..text.find("b,").unwrap()];
        assert_eq!(read_trajectories("a.csv", single.as_bytes(), &roles()).unwrap().trajectories.len(), 1);
        let all_rows = TrajectoryColumns { run: String::new(), ..roles() };
        let data = read_trajectories("a.csv", single.as_bytes(), &all_rows).unwrap();
        assert_eq!((data.trajectories.len(), data.trajectories[0].time.len(), data.notes.len()), (1, 3, 0));
    }

    #[test]
    fn whatever_is_wrong_is_said_in_one_sentence() {
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
        refused(good, &TrajectoryColumns::default(), "say which columns");
        refused(
            good,
            &TrajectoryColumns { outputs: vec!["S".into(), "t".into(), "E".into()], ..roles() },
            "3 outputs for 1 inputs",
        );
        refused(good, &TrajectoryColumns { outputs: vec!["E".into()], ..roles() }, "asked for twice");
        refused(good, &TrajectoryColumns { inputs: vec!["E".into(); 7], ..roles() }, "at most 6");
        let many = (0..=MOST_ROWS).fold(String::from("id,t,E,S\n"), |text, k| text + &format!("a,{k},{k},{k}\n"));
        refused(&many, &roles(), "at most 200000");
    }
}
