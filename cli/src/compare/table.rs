//! Scores of all methods as a table for a terminal, or as lines of JSON.

use std::fmt::Write;

use multiwell_compare::comparison::ComparedData;
use multiwell_compare::report::{MethodResult, ScoreTable};
use serde::Serialize;

use crate::table::{columns, number};
use crate::{Failure, json_line};

/// Prints all lines, in the order of their seeds and methods. `head` is a sentence about the data.
pub fn print<C: ComparedData>(lines: &[MethodResult<C::Score>], head: &str, as_json: bool) -> Result<(), Failure>
where
    C::Score: Serialize,
{
    if as_json {
        return crate::print(&lines.iter().map(json_line).collect::<Result<String, _>>()?);
    }
    let table = ScoreTable::from_results::<C>(lines);
    let heads = table.heads.iter().map(|head| head.name);
    let mut rows: Vec<Vec<String>> = vec![["method"].into_iter().chain(heads).chain(["seconds", ""]).map(String::from).collect()];
    for row in &table.rows {
        let cells = row.cells.iter().map(|cell| cell.text.clone());
        let ends = [row.seconds.map_or("-".into(), number), row.choice.clone()];
        rows.push([row.method.to_owned()].into_iter().chain(cells).chain(ends).collect());
    }
    let mut text = format!("{head}\n\n{}", columns(&rows, "", &[0, rows[0].len() - 1]));
    for unsuited in &table.unsuited {
        let _ = writeln!(text, "no {}: {}", unsuited.method, unsuited.why);
    }
    let says = table.summary();
    if !says.is_empty() {
        let _ = writeln!(text, "\n{}", says.join("\n"));
    }
    crate::print(&text)
}
