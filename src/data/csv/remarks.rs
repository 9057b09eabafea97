//! Lines of a table that hold no row: comments, which may name the columns, and comments of PLUMED and GROMACS.

use std::collections::BTreeMap;

use super::numbers::number;
use crate::text::angle;

/// Marks of PLUMED before the names of columns, and before a property.
const FIELDS_MARK: &str = "#! FIELDS";
const SET_MARK: &str = "#! SET";

/// Error values of spreadsheets with which a row may begin.
const SPREADSHEET_ERRORS: [&[u8]; 7] = [b"#N/A", b"#VALUE!", b"#DIV/0!", b"#NUM!", b"#REF!", b"#NAME?", b"#NULL!"];

/// Returns true if a line is a comment.
pub(super) fn is_remark(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    line.first().is_some_and(|first| b"#%@".contains(first)) && !SPREADSHEET_ERRORS.iter().any(|error| line.starts_with(error))
}

/// The names that PLUMED lists in a comment.
pub(super) fn fields(line: &str) -> Option<Vec<String>> {
    line.trim().strip_prefix(FIELDS_MARK).map(|names| names.split_whitespace().map(String::from).collect())
}

/// Names of `columns` columns in a comment, if it has that number of names. They are separated as the rows are, by blanks or otherwise.
/// Numbers are not names.
pub(super) fn names(line: &str, separator: u8, columns: usize) -> Option<Vec<String>> {
    let line = line.trim_start().trim_start_matches(['#', '%', '!']).trim();
    let has_all = |names: &Vec<String>| names.len() == columns && !names.iter().all(|name| number(name, true).is_some());
    let separators = [separator, b',', b';', b'\t'].into_iter().filter(|separator| *separator != b' ').chain([b' ']);
    let by_separator = separators.map(|separator| super::fields::split(line, separator)).find(has_all);
    by_separator.or_else(|| Some(joined(super::fields::split(line, b' '))).filter(has_all)).map(distinguish_uncertainties)
}

/// Joins words with the units that follow them: `x [nm]` is one name.
pub(super) fn joined(words: Vec<String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for word in words {
        match names.last_mut() {
            Some(name) if word.starts_with(['[', '(']) && word.ends_with([']', ')']) => {
                name.push(' ');
                name.push_str(&word);
            }
            _ => names.push(word),
        }
    }
    names
}

/// Adds the quantity to the name of an uncertainty: WHAM calls each uncertainty `+/-`.
fn distinguish_uncertainties(mut names: Vec<String>) -> Vec<String> {
    for k in 1..names.len() {
        if ["+/-", "+-", "±"].contains(&names[k].as_str()) {
            names[k] = format!("error of {}", names[k - 1]);
        }
    }
    names
}

/// Names of columns in the comments of a GROMACS file: the label of the x-axis, and the legends or the label of the y-axis.
pub(super) fn of_gromacs<'a>(lines: impl Iterator<Item = &'a str>, columns: usize) -> Option<Vec<String>> {
    let (mut x, mut y, mut legends) = (None, None, vec![None; columns.checked_sub(1)?]);
    for line in lines {
        let Some((key, label)) = line.trim().strip_prefix('@').and_then(|line| line.split_once('"')) else { continue };
        let label = plain_label(label.trim_end().trim_end_matches('"'));
        match key.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["xaxis", "label"] => x = Some(label),
            ["yaxis", "label"] => y = Some(label),
            [set, "legend"] => {
                let number = set.strip_prefix('s').and_then(|number| number.parse::<usize>().ok());
                if let Some(legend) = number.and_then(|number| legends.get_mut(number)) {
                    *legend = Some(label);
                }
            }
            _ => {}
        }
    }
    let x = x?;
    let all = legends.into_iter().collect::<Option<Vec<_>>>();
    let values = all.filter(|all| !all.is_empty()).or_else(|| Some(vec![y?]).filter(|_| columns == 2))?;
    Some([x].into_iter().chain(values).collect())
}

/// Label without the marks of `xmgrace` for fonts and superscripts.
fn plain_label(label: &str) -> String {
    let mut plain = String::new();
    let mut rest = label;
    while let Some((before, mark)) = rest.split_once('\\') {
        plain += before;
        let mut characters = mark.chars();
        characters.next();
        rest = characters.as_str();
        if let Some((_, behind)) = rest.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
            rest = behind;
        }
    }
    plain + rest
}

/// Ranges of periodic columns from the comments of PLUMED, such as `#! SET min_phi -pi`. A grid that is not periodic has none.
pub(super) fn periods<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(String, [f64; 2])> {
    let mut set: BTreeMap<&str, &str> = BTreeMap::new();
    for line in lines {
        let words: Vec<&str> = line.trim().strip_prefix(SET_MARK).unwrap_or_default().split_whitespace().collect();
        if let [key, value] = *words.as_slice() {
            set.insert(key, value);
        }
    }
    let of = |(key, low): (&&str, &&str)| {
        let name = key.strip_prefix("min_")?;
        let (low, high) = (angle(low)?, angle(set.get(format!("max_{name}").as_str())?)?);
        let repeats = set.get(format!("periodic_{name}").as_str()).is_none_or(|told| *told == "true");
        (repeats && low < high).then(|| (name.to_owned(), [low, high]))
    };
    set.iter().filter_map(of).collect()
}

/// Returns true if the columns are those of a list of hills by PLUMED, which are neither samples nor values.
pub(super) fn are_hills(names: &[String]) -> bool {
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    has("height") && has("biasf") && names.iter().any(|name| name.starts_with("sigma_"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn column_names_are_read_from_comments() {
        let found = |line: &str, separator: u8, columns: usize| names(line, separator, columns).unwrap_or_default().join("|");
        assert_eq!(found("# x y", b' ', 2), "x|y");
        assert_eq!(found("# x [nm] E (kT)", b' ', 2), "x [nm]|E (kT)");
        assert_eq!(found("#x, y", b' ', 2), "x|y");
        assert_eq!(found("#Coor\t\tFree\t\t+/-", b'\t', 3), "Coor|Free|error of Free");
        assert_eq!(found("% a;b", b';', 2), "a|b");
        assert_eq!(found("# of a run", b' ', 2), "");
        assert_eq!(found("# -3.14 0.0349 180 1", b' ', 4), "");
        assert_eq!(found("# r 0.5 1", b' ', 3), "r|0.5|1");
    }

    #[test]
    fn ranges_of_periodic_columns_are_kept() {
        let text = "#! SET min_phi -pi\n#! SET max_phi pi\n#! SET min_d 0\n#! SET max_d 3\n#! SET periodic_d false\n\
                    #! SET min_a 0\n#! SET max_a 2*pi\n#! SET periodic_a true\n#! SET nbins_a 10\n#! SET min_b 1\n#! SET max_c pi/2x";
        assert_eq!(periods(text.lines()), [("a".to_string(), [0.0, 2.0 * PI]), ("phi".into(), [-PI, PI])]);
        assert_eq!((angle("-pi/2"), angle("0.5pi"), angle("pie"), angle("inf")), (Some(-PI / 2.0), Some(0.5 * PI), None, None));
    }

    #[test]
    fn labels_of_gromacs_are_column_names() {
        let text = "@    title \"Umbrella potential\"\n@    xaxis  label \"\\xx\\f{} (nm)\"\n@    yaxis  label \"E (kJ mol\\S-1\\N)\"\n@TYPE xy";
        assert_eq!(of_gromacs(text.lines(), 2), Some(vec!["x (nm)".into(), "E (kJ mol-1)".into()]));
        assert_eq!(of_gromacs(text.lines(), 3), None);
        let legends = format!("{text}\n@ s0 legend \"a\"\n@ s1 legend \"b\"");
        assert_eq!(of_gromacs(legends.lines(), 3), Some(vec!["x (nm)".into(), "a".into(), "b".into()]));
    }
}
