//! Lines around a table that belong to no row: text of an instrument or a program above and below it, and a row of units below the names,
//! which become parts of the names.
//!
//! The rows are the longest run of lines with equally many fields of the same kinds. The names are the line above the first row that has a
//! name for each field. Lines above are kept if the table begins in the first line. Lines below are kept if the first of them begins with a
//! number or has as many fields as a row. A line that may be a row with an error is never skipped.

use std::borrow::Cow;

use super::fields;
use super::layout::likely_separator;
use super::numbers::{is_missing, number};
use super::remarks::{is_remark, joined};
use crate::data::units;
use crate::numerics::statistics::sort_by;
use crate::text::shortened;

/// Numbers of bytes and of lines that are searched for the beginning of the table.
const SEARCH_BYTES: usize = 1 << 18;
const SEARCH_LINES: usize = 1000;

/// Symbols of units. Symbols in the first list may have a prefix, such as k or µ.
const UNIT_SYMBOLS: &str = "m g s A K V W J N Pa Hz T Oe emu eV cal mol C F S Ω ohm Ohm L l bar G Wb H rad M";
const STANDALONE_UNITS: &str = "Å Angstrom angstrom A0 ang um us min h hr d deg degC degF degrees ° °C °F kT kBT kB Ha Hartree hartree Ry Bohr bohr au a u \
                           arb amu Da psi atm torr Torr dyn erg counts cts cps px ppm molecule radians degree sec seconds";
const UNIT_PREFIXES: [&str; 11] = ["f", "p", "n", "u", "µ", "μ", "m", "c", "k", "M", "G"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FieldKind {
    Number,
    Word,
    Missing,
}

/// A line that is neither blank nor a comment.
struct TextLine<'a> {
    text: &'a str,
    /// Offset in bytes of the beginning of the line.
    start: usize,
    /// Number of the line, from 1.
    number: usize,
}

impl TextLine<'_> {
    /// Offsets in bytes of the beginning and the end of the line.
    fn ends(&self) -> (usize, usize) {
        (self.start, self.start + self.text.len())
    }
}

/// Separator and kinds of the fields of the rows.
struct RowShape {
    separator: u8,
    kinds: Vec<FieldKind>,
}

/// Blanks the skipped lines of a text. Returns the text with sentences about the skipped lines.
pub(super) fn skip(text: Cow<'_, str>) -> (Cow<'_, str>, Vec<String>) {
    let lines = content(&text, 0);
    let (mut skipped, mut notes) = above(&lines).unwrap_or_default();
    if let Some((lines, note)) = below(&text, &lines) {
        skipped.extend(lines.into_iter().map(|ends| (ends, String::new())));
        notes.push(note);
    }
    if skipped.is_empty() {
        return (text, notes);
    }
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for ((start, end), instead) in skipped {
        kept.push_str(&text[from..start]);
        kept.push_str(&instead);
        from = end;
    }
    kept.push_str(&text[from..]);
    (Cow::Owned(kept), notes)
}

/// Byte ranges of changed lines with their new texts, which are empty for skipped lines, in order, and sentences about them.
type PreambleChanges = (Vec<((usize, usize), String)>, Vec<String>);

/// Finds the lines below the table and a sentence on them; `None` if there are none, or if one may be a row.
fn below(text: &str, first: &[TextLine]) -> Option<(Vec<(usize, usize)>, String)> {
    let begin = text.len().saturating_sub(SEARCH_BYTES);
    let begin = text.bytes().skip(begin).position(|byte| byte == b'\n').filter(|_| begin > 0).map_or(0, |end| begin + end + 1);
    let last = content(text, begin);
    let shape = shape(first).filter(|shape| shape.kinds.first() == Some(&FieldKind::Number))?;
    let rows = last.iter().rposition(|line| shape.is_row(line.text))? + 1;
    let is_text = |line: &TextLine| {
        let kinds = kinds(&split(line.text, shape.separator), shape.separator);
        kinds.first() == Some(&FieldKind::Word) && kinds.len() != shape.kinds.len()
    };
    let lines = last.get(rows..).filter(|lines| lines.first().is_some_and(is_text))?;
    let note = match lines {
        [only] => format!("Line {} is below the table and is skipped: {}.", only.number, shown(only.text)),
        several => format!("{} lines below the table are skipped.", several.len()),
    };
    Some((lines.iter().map(TextLine::ends).collect(), note))
}

/// Finds the lines above the rows that are skipped; `None` if the table begins in the first line.
fn above(lines: &[TextLine]) -> Option<PreambleChanges> {
    let [first, second, ..] = lines else { return None };
    if has_no_preamble(first.text, second.text) {
        return None;
    }
    let shape = shape(lines)?;
    let begin = lines.iter().position(|line| shape.is_row(line.text)).filter(|&begin| begin > 0)?;
    let above = &lines[..begin];
    // A quoted field may continue in the next line.
    let begins_quoted = |line: &str| line.starts_with('"') || [",\"", ";\"", "\t\""].iter().any(|begin| line.contains(begin));
    if above.iter().any(|line| begins_quoted(line.text) && line.text.matches('"').count() % 2 == 1) {
        return None;
    }
    let names = above.len() - above.iter().rev().take_while(|line| shape.are_names(line.text)).count();
    let block = &above[names..];
    let units = (1..block.len()).find(|&k| shape.are_units(block[k].text));
    let header = match (block.len(), units) {
        (0, _) if !shape.is_title(above) => return None,
        (0, _) => None,
        (_, Some(units)) => Some(names + units - 1),
        (_, None) => (names..begin).max_by_key(|&k| shape.named(lines[k].text)),
    };
    if header == Some(0) && begin == 1 {
        return None;
    }
    let (before, behind): (Vec<usize>, Vec<usize>) =
        (0..begin).filter(|&k| Some(k) != header).partition(|&k| header.is_none_or(|h| k < h));
    let mut notes = Vec::new();
    match before.as_slice() {
        [] => {}
        [only] => {
            notes.push(format!("Line {} is above the table and is skipped: {}.", lines[*only].number, shown(lines[*only].text)));
        }
        several => notes.push(format!("{} lines above the table are skipped.", several.len())),
    }
    let with_units =
        units.map(|units| &block[units]).zip(header).map(|(units, at)| (at, shape.with_units(lines[at].text, units.text)));
    match (behind.as_slice(), units) {
        ([], _) => {}
        ([only], Some(_)) => notes.push(format!("Line {} holds units: {}.", lines[*only].number, shown(lines[*only].text))),
        (several, Some(_)) => notes.push(format!("{} lines below the names, one of them of units, are skipped.", several.len())),
        (several, None) => notes.push(format!("Lines between the names and the first row are skipped: {}.", several.len())),
    }
    let skipped = (0..begin).filter(|&k| Some(k) != header).map(|k| (k, String::new()));
    let mut changed: Vec<(usize, String)> = skipped.chain(with_units).collect();
    sort_by(&mut changed, |change| change.0 as f64);
    Some((changed.into_iter().map(|(k, text)| (lines[k].ends(), text)).collect(), notes))
}

/// Shortens a line for a message.
fn shown(line: &str) -> String {
    shortened(line.trim().trim_end_matches('.'))
}

/// Lines after a byte offset that are neither blank nor comments. At the beginning of a long text, there are at most [`SEARCH_LINES`].
fn content(text: &str, begin: usize) -> Vec<TextLine<'_>> {
    let end = if text.contains('\n') { '\n' } else { '\r' };
    let before = if begin == 0 { 0 } else { text[..begin].matches(end).count() };
    let mut start = begin;
    let mut lines = Vec::new();
    for (k, line) in text[begin..].split(end).enumerate() {
        if begin == 0 && text.len() > SEARCH_BYTES && (lines.len() == SEARCH_LINES || start + line.len() > SEARCH_BYTES) {
            break;
        }
        let text = line.trim_end_matches('\r');
        if !text.trim().is_empty() && !is_remark(text.as_bytes()) {
            lines.push(TextLine { text, start, number: before + k + 1 });
        }
        start += line.len() + 1;
    }
    lines
}

/// Returns true if the first line holds names or a row, and the second line is a row of numbers.
fn has_no_preamble(first: &str, second: &str) -> bool {
    let separator = likely_separator(first, second);
    let (head, row) = (split(first, separator), split(second, separator));
    let kinds = kinds(&row, separator);
    fits(&head, row.len(), separator) && kinds.contains(&FieldKind::Number) && !kinds.contains(&FieldKind::Word)
}

/// Splits a line into its fields, up to a comment at its end.
fn split(line: &str, separator: u8) -> Vec<String> {
    let mut fields = fields::split(line, separator);
    if separator == b' ' {
        let end = fields.iter().position(|field| field.starts_with('#') && !is_missing(field));
        fields.truncate(end.unwrap_or(fields.len()));
    }
    fields
}

/// Returns true if fields may name `columns` columns. If blanks separate them, a unit in brackets belongs to the name before it, and the
/// name of the column of row names may be missing.
fn fits(fields: &[String], columns: usize, separator: u8) -> bool {
    let may_be_blank = separator == b' ' && columns > 1;
    fields.len() == columns || (may_be_blank && (fields.len() + 1 == columns || joined(fields.to_vec()).len() == columns))
}

fn kinds(fields: &[String], separator: u8) -> Vec<FieldKind> {
    let kind = |field: &String| match field {
        _ if is_missing(field) => FieldKind::Missing,
        _ if number(field, separator != b',').is_some() => FieldKind::Number,
        _ => FieldKind::Word,
    };
    fields.iter().map(kind).collect()
}

/// Finds the shape of the rows. Among the runs of lines with one shape, by any separator, it has the most numbers minus words.
fn shape(lines: &[TextLine]) -> Option<RowShape> {
    let (mut best, mut highest) = (None, 0);
    for separator in [b';', b'\t', b',', b' '] {
        let (mut run, mut rows): (Vec<FieldKind>, i64) = (Vec::new(), 0);
        for line in lines {
            let kinds = kinds(&split(line.text, separator), separator);
            let agree = |(a, b): (&FieldKind, &FieldKind)| a == b || *a == FieldKind::Missing || *b == FieldKind::Missing;
            if run.len() == kinds.len() && run.iter().zip(&kinds).all(agree) {
                run.iter_mut().zip(kinds).filter(|(of, _)| **of == FieldKind::Missing).for_each(|(of, kind)| *of = kind);
                rows += 1;
            } else {
                (run, rows) = (kinds, 1);
            }
            let count = |wanted: FieldKind| run.iter().filter(|kind| **kind == wanted).count().cast_signed() as i64;
            let score = rows * (count(FieldKind::Number) - count(FieldKind::Word));
            if score > highest {
                (best, highest) = (Some(RowShape { separator, kinds: run.clone() }), score);
            }
        }
    }
    best
}

impl RowShape {
    /// Returns true if a line is a row: each field that is a number in other rows is a number or is missing.
    fn is_row(&self, line: &str) -> bool {
        let kinds = kinds(&split(line, self.separator), self.separator);
        let is_alike = |(found, expected): (&FieldKind, &FieldKind)| *expected != FieldKind::Number || *found != FieldKind::Word;
        kinds.len() == self.kinds.len() && kinds.contains(&FieldKind::Number) && kinds.iter().zip(&self.kinds).all(is_alike)
    }

    /// Returns true if a line may hold the names of the columns.
    fn are_names(&self, line: &str) -> bool {
        let fields = split(line, self.separator);
        let kinds = kinds(&fields, self.separator);
        fits(&fields, self.kinds.len(), self.separator) && !kinds.contains(&FieldKind::Number) && kinds.contains(&FieldKind::Word)
    }

    /// Number of columns that a line names.
    fn named(&self, line: &str) -> usize {
        split(line, self.separator).iter().filter(|field| !is_missing(field)).count()
    }

    fn are_units(&self, line: &str) -> bool {
        split(line, self.separator).iter().all(|field| is_missing(field) || is_unit(field))
    }

    /// Line of names with the units of another line in brackets: `x [nm]`. Names that include a unit are unchanged.
    fn with_units(&self, names: &str, units: &str) -> String {
        let units = split(units, self.separator);
        let unit = |k: usize| {
            units.get(k).map(|unit| unit.trim_matches(['[', ']', '(', ')'])).filter(|unit| !["", "1", "-"].contains(unit))
        };
        let named = |(k, name): (usize, String)| match unit(k) {
            Some(unit) if units::split(&name).1.is_none() && !is_missing(&name) => format!("{name} [{unit}]"),
            _ => name,
        };
        let quoted = |name: String| {
            let is_plain = self.separator == b' ' || !name.contains([char::from(self.separator), '"']);
            if is_plain { name } else { format!("\"{}\"", name.replace('"', "\"\"")) }
        };
        let names = split(names, self.separator);
        let names = if self.separator == b' ' { joined(names) } else { names };
        let names = names.into_iter().enumerate().map(named);
        names.map(quoted).collect::<Vec<_>>().join(&char::from(self.separator).to_string())
    }

    /// Returns true if lines without column names are a text above nameless rows. They are not names or rows with a missing or an extra
    /// field.
    fn is_title(&self, above: &[TextLine]) -> bool {
        let columns = self.kinds.len();
        let count = |line: &TextLine| split(line.text, self.separator).len();
        match above {
            [only] if self.separator == b' ' => count(only) > columns,
            [only] => count(only) == 1 && columns > 1,
            _ => above.iter().all(|line| count(line) != columns),
        }
    }
}

/// Returns true if a text is a unit: a text in brackets, or symbols with signs and powers between them.
fn is_unit(text: &str) -> bool {
    let text = text.trim();
    if matches!(text.as_bytes(), [b'[', .., b']'] | [b'(', .., b')']) || ["%", "1"].contains(&text) {
        return true;
    }
    let symbols = text.split(|c: char| !c.is_alphabetic() && c != '°').filter(|symbol| !symbol.is_empty());
    let is_in = |list: &str, symbol: &str| list.split_ascii_whitespace().any(|unit| unit == symbol);
    let is_known = |symbol: &str| {
        let with = |prefix: &&str| symbol.strip_prefix(*prefix).is_some_and(|rest| is_in(UNIT_SYMBOLS, rest));
        is_in(UNIT_SYMBOLS, symbol) || is_in(STANDALONE_UNITS, symbol) || UNIT_PREFIXES.iter().any(with)
    };
    let mut symbols = symbols.peekable();
    symbols.peek().is_some() && symbols.all(is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the remaining text without blank lines, and the sentences.
    fn left(text: &str) -> (String, String) {
        let (kept, notes) = skip(Cow::Borrowed(text));
        (kept.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("|"), notes.join(" "))
    }

    #[test]
    fn lines_of_instruments_are_skipped() {
        for (text, table, said) in [
            (
                "[Header]\n; VSM\nTITLE,a\nINFO,54.86,MASS\n[Data]\nField (Oe),Moment (emu)\n1,2\n2,3\n",
                "Field (Oe),Moment (emu)|1,2|2,3",
                "5 lines",
            ),
            (
                "Labview\nDate 2/12/2020,8:49 PM\nSpeed (mm/sec),\n1.0\nTime[s],CH1,CH2\n0,1,2\n0.1,1.5,2.2\n",
                "Time[s],CH1,CH2|0,1,2|0.1,1.5,2.2",
                "4 lines",
            ),
            ("Instrument,XYZ\nOperator,Bob\nTime,Voltage\n0,1\n1,2\n", "Time,Voltage|0,1|1,2", "2 lines"),
            ("A title\nx\ty\n1\t2\n3\t4\n", "x\ty|1\t2|3\t4", "Line 1 is above the table and is skipped: A title."),
            ("A scan, of water\nin a box\n0.1 2\n0.2 3\n", "0.1 2|0.2 3", "2 lines"),
            ("A title\r\nx;y\r\n1,5;2\r\n3,5;4\r\n", "x;y|1,5;2|3,5;4", "Line 1"),
            (
                "[Header]\nTITLE,a\n[Data]\nNote,T (s),V' (mV),V\" (mV),M\"\nfirst = 3 mm,1,2,3,\n,2,3,4,5\n,3,4,5,6\n",
                "Note,T (s),V' (mV),V\" (mV),M\"|first = 3 mm,1,2,3,|,2,3,4,5|,3,4,5,6",
                "3 lines",
            ),
            ("Made by hand\n\nphi\n2.8\n1.1\n", "phi|2.8|1.1", "Line 1"),
            ("x;y\nnm;kJ/mol\n1;2\n3;4\n", "x [nm];y [kJ/mol]|1;2|3;4", "Line 2 holds units: nm;kJ/mol."),
            ("x y [m]\n[nm] [kT]\n1 2\n3 4\n", "x [nm] y [m]|1 2|3 4", "Line 2 holds units: [nm] [kT]."),
            ("Field,Moment\nOe,emu\n,Sample 1\n1,2\n3,4\n", "Field [Oe],Moment [emu]|1,2|3,4", "one of them of units"),
            ("title\nx,y\n\"nm\",\"kJ mol^-1\"\n1,2\n3,4\n", "x [nm],y [kJ mol^-1]|1,2|3,4", "Line 3 holds units"),
        ] {
            let (kept, notes) = left(text);
            assert_eq!(kept, table, "{text}");
            assert!(notes.contains(said), "{notes}");
        }
    }

    #[test]
    fn text_below_table_is_skipped() {
        let (kept, notes) = left("Step Time P\n0 1 2\n1 2 3\nLoop time of 3 s\n\nTotal: 5\nPair 1 2\n");
        assert_eq!((&*kept, &*notes), ("Step Time P|0 1 2|1 2 3", "3 lines below the table are skipped."));
        let (kept, notes) = left("x,y\n1,2\n3,4\nend of data\n");
        assert_eq!((&*kept, &*notes), ("x,y|1,2|3,4", "Line 4 is below the table and is skipped: end of data."));
        let long = format!("x,y\n{}end\n", "0.25,0.5\n".repeat(40_000));
        assert!(left(&long).1.starts_with("Line 40002 is below"), "{}", left(&long).1);
        for text in [
            "x,y\n1,2\n3\n",
            "x,y\n1,2\n3,four\n",
            "x,y\n1,2\n,\n",
            "n,y\na,1\nb,2\nc,two\n",
            "x\n1\n2\nthree\n",
            "x,y\n1,2\nend\n5,6\n",
        ] {
            assert_eq!(left(text).1, "", "{text}");
        }
    }

    #[test]
    fn tables_without_preamble_are_unchanged() {
        for text in [
            "x,y\n1,2\n3,4\n",
            "x,y\nNA,2\n3,4\n",
            "1,2\n3,4\n5,6\n",
            "x,y\n1,two\n3,4\n5,6\n7,8\n",
            "x,y\n1;2\n3,4\n5,6\n",
            "x,y\n1,2,3\n4,5,6\n",
            "x y\n1 2 3\n4 5 6\n",
            "run,0.5,1\na,1,2\nb,2,3\n",
            "x,y,label\n1,2,red\n3,4,blue\n5,6,7\n7,8,9\n",
            "\"two\nlines\",y\n1,2\n3,4\n",
            "# a comment\nx y\n1 2\n3 4\n",
            "phi E\nr1 1 2\nr2 2 3\n",
            "x,y\n",
            "",
        ] {
            let (kept, notes) = skip(Cow::Borrowed(text));
            assert_eq!((&*kept, notes.len()), (text, 0));
        }
    }

    #[test]
    fn units_are_distinguished_from_names() {
        for unit in ["nm", "kJ/mol", "Oe", "µV", "[anything]", "kcal mol^-1", "°C", "%", "10^-3 emu", "pN*nm", "a.u."] {
            assert!(is_unit(unit), "{unit}");
        }
        for name in ["energy", "x", "Voltage", "Sample 1", "", "-"] {
            assert!(!is_unit(name), "{name}");
        }
    }
}
