//! The first picture of a large table: some of its lines are learnt from as long as it takes to read the rest.

use crate::problem::table::Table;

/// Bytes of a table from which on there is a preview: about what is read in a few tenths of a second.
const LARGE: usize = 4_000_000;
/// Bytes that are taken from the beginning, which may hold comments and names, and the number of lines that are taken from the rest.
const BEGINNING: usize = 20_000;
const LINES: usize = 4_000;

/// Some lines of a large table, spread over it; `None` if it is not large.
pub fn of(table: &Table) -> Option<Table> {
    let text = table.text.as_str();
    if text.len() < LARGE {
        return None;
    }
    let after = |at: usize| text.as_bytes()[at..].iter().position(|byte| *byte == b'\n').map(|line| at + line + 1);
    let first = after(BEGINNING)?;
    let mut excerpt = text.get(..first)?.to_owned();
    let mut end = first;
    for k in 0..LINES {
        let start = after(first + (text.len() - first) / LINES * k)?.max(end);
        end = after(start).unwrap_or(text.len());
        excerpt.push_str(text.get(start..end)?);
    }
    Some(Table { text: excerpt, ..table.clone_without_text() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_of_whole_lines_from_everywhere() {
        let rows: Vec<String> = (0..400_000).map(|k| format!("{k},{}.5\n", k % 7)).collect();
        let table = Table { name: "t".into(), text: format!("x,y\n{}", rows.concat()), target: "y".into(), ..Table::default() };
        let excerpt = of(&table).expect("it is large");
        assert_eq!((excerpt.target.as_str(), excerpt.text.lines().next()), ("y", Some("x,y")));
        let x: Vec<u32> = excerpt.text.lines().skip(1).map(|line| line.split_once(',').unwrap().0.parse().unwrap()).collect();
        assert!(x.windows(2).all(|pair| pair[0] < pair[1]) && x.len() > LINES && x[x.len() - 1] > 399_000, "{}", x.len());
        assert!(of(&Table { text: "x,y\n1,2\n".into(), ..table }).is_none());
    }
}
