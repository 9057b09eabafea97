//! Layout of the text of a table: the beginning of its rows, the separator of their fields, the names of the columns, and the contents of
//! its comments.

use std::borrow::Cow;

use super::numbers::{has_decimal_commas, is_row, number};
use super::{Reason, fields, preamble, remarks};
use crate::text::decimal;

/// Line in which some programs state the separator of the fields.
const SEPARATOR_LINE: &str = "sep=";

const HILLS_MESSAGE: &str = "this is a list of the hills of a bias, not of samples or values; run `plumed sum_hills` and open the free energy that it writes";

/// Text of a table, and the properties required to read its rows.
#[derive(Default)]
pub(super) struct TextLayout<'a> {
    /// Text with the lines of the file. Comments and lines of column names may be blank, and blanks that separate fields are replaced by
    /// commas.
    pub bytes: Cow<'a, [u8]>,
    /// Separator of the fields.
    pub separator: u8,
    /// True if blanks separated the fields. Then no field is empty.
    pub has_blanks: bool,
    /// Names of the columns; the fields of the first row if the columns have no names.
    pub header: Vec<String>,
    /// True if the columns have names.
    pub has_header: bool,
    /// Offset in bytes of the first row.
    pub body: usize,
    /// True if a comma is the decimal separator.
    pub has_commas: bool,
    /// Ranges of periodic columns, by the names of the columns.
    pub periods: Vec<(String, [f64; 2])>,
    /// Sentences on how the file was read.
    pub notes: Vec<String>,
}

/// Largest numbers of columns and of lines. Without these limits a text of a few megabytes could require gigabytes.
const MAX_COLUMNS: usize = 10_000;
const MAX_LINES: usize = 1 << 25;

/// Checks that the memory for a text is in proportion to its size, before allocation.
fn check_size(text: &str) -> Result<(), Reason> {
    let end = if text.contains('\n') { b'\n' } else { b'\r' };
    let (mut lines, mut counts, mut before) = (1, [0; 4], end);
    for &byte in text.as_bytes() {
        let last = std::mem::replace(&mut before, byte);
        match byte {
            _ if byte == end => (lines, counts) = (lines + 1, [0; 4]),
            b',' => counts[0] += 1,
            b';' => counts[1] += 1,
            b'\t' => counts[2] += 1,
            // Any number of blanks separates two columns.
            b' ' if last != b' ' => counts[3] += 1,
            _ => continue,
        }
        if counts.iter().any(|count| *count >= MAX_COLUMNS) {
            return Err(Reason::File(format!(
                "line {lines} has more than {MAX_COLUMNS} columns, which is all that is read; save those that matter in a file of their own"
            )));
        }
        if lines > MAX_LINES {
            return Err(Reason::File(format!(
                "there are more than {MAX_LINES} lines, which is all that is read; leave rows out, such as by keeping every tenth"
            )));
        }
    }
    Ok(())
}

/// Returns true if a text is a table in the plainest form: a header, no comments, fields separated by commas, semicolons or tabs, and
/// decimal points.
fn is_plain(text: &str) -> bool {
    let begins_remark = |line: &str| line.starts_with(['#', '%', '@']);
    let has_remark =
        text.split('\n').any(|line| begins_remark(line) || line.contains('\r') && line.split('\r').any(begins_remark));
    let first = text.trim_start().split(['\n', '\r']).next().unwrap_or_default().trim_end();
    let has_blanks = || first.contains(char::is_whitespace);
    let is_number = |field: &str| field.trim().is_empty() || decimal(field.trim()).is_some();
    !has_remark
        && (first.is_empty() || !first.split([',', ';', '\t']).all(is_number))
        && !first.starts_with(SEPARATOR_LINE)
        && match separator(first.as_bytes()) {
            b',' if first.contains(',') => !first.contains(';'),
            b',' => !has_blanks(),
            _ => !text.contains(','),
        }
}

impl<'a> TextLayout<'a> {
    /// Determines the layout of a text.
    ///
    /// # Errors
    /// A sentence if the meaning of commas is ambiguous, or if the text is no table.
    pub fn detect(text: Cow<'a, str>) -> Result<Self, Reason> {
        if text.trim().is_empty() {
            return Err(Reason::Empty);
        }
        check_size(&text)?;
        let (text, notes) = preamble::skip(text);
        Ok(Self { notes, ..Self::below(text)? })
    }

    /// Determines the layout of a text that begins with the table.
    fn below(text: Cow<'a, str>) -> Result<Self, Reason> {
        if is_plain(&text) {
            let separator = separator(text.as_bytes());
            let bytes = match text {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            };
            return Self { bytes, separator, ..Self::default() }.with_header();
        }
        arranged(&text)
    }

    /// Takes the names of the columns from the first record, unless it consists of numbers.
    fn with_header(self) -> Result<Self, Reason> {
        let mut rows = self.rows();
        let mut record = ::csv::ByteRecord::new();
        rows.read_byte_record(&mut record).map_err(|e| Reason::Unreadable(e.to_string()))?;
        let end = rows.position().byte() as usize;
        // A name from a spreadsheet may have several lines.
        let name = |field: &[u8]| {
            let text = String::from_utf8_lossy(field);
            let lines = text.split(['\n', '\r']).map(str::trim);
            lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
        };
        let header: Vec<String> = record.iter().map(name).collect();
        let has_header = !is_row(header.iter().map(String::as_str), self.has_commas);
        drop(rows);
        Ok(Self { body: if has_header { end } else { self.body }, header, has_header, ..self })
    }

    /// Reads the rows, beginning with the first one.
    pub fn rows(&self) -> ::csv::Reader<&[u8]> {
        let mut rows = ::csv::ReaderBuilder::new();
        rows.delimiter(self.separator).flexible(true).has_headers(false).trim(::csv::Trim::All);
        rows.from_reader(&self.bytes[self.body.min(self.bytes.len())..])
    }

    /// Rows as text, if no field is quoted, so that each field is the text between two separators.
    pub fn plain_rows(&self) -> Option<&str> {
        let rows = std::str::from_utf8(&self.bytes[self.body.min(self.bytes.len())..]).ok()?;
        (!rows.contains('"')).then_some(rows)
    }

    /// Line of the text in which a record begins, from 1. The parser counts blank lines before a record as part of it.
    pub fn line(&self, record: &::csv::ByteRecord) -> usize {
        let start = self.body + record.position().map_or(0, |p| p.byte() as usize);
        let start = start.min(self.bytes.len());
        let blank = self.bytes[start..].iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        let before = &self.bytes[..start + blank];
        let ends = |(k, &b): (usize, &u8)| b == b'\n' || (b == b'\r' && self.bytes.get(k + 1) != Some(&b'\n'));
        1 + before.iter().enumerate().filter(|&pair| ends(pair)).count()
    }
}

/// Returns the most frequent of comma, semicolon and tab in the first line that is not blank, outside quotes.
fn separator(bytes: &[u8]) -> u8 {
    let is_blank = |line: &&[u8]| line.iter().all(u8::is_ascii_whitespace);
    let header = bytes.split(|&b| b == b'\n' || b == b'\r').find(|line| !is_blank(line)).unwrap_or_default();
    let (mut quoted, mut begins) = (false, true);
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for &byte in header {
        quoted ^= byte == b'"' && (quoted || begins);
        begins = b",;\t ".contains(&byte);
        for (separator, count) in &mut counts {
            *count += u32::from(!quoted && byte == *separator);
        }
    }
    counts.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best }).map_or(b',', |(byte, _)| byte)
}

/// Lays out a text that is not plain, for example with comments, with blanks as separators, or with decimal commas.
fn arranged(text: &str) -> Result<TextLayout<'static>, Reason> {
    let end = if text.contains('\n') { '\n' } else { '\r' };
    let mut lines: Vec<&str> = text.split(end).map(|line| line.trim_end_matches('\r')).collect();
    let told = lines.iter().position(|line| !line.trim().is_empty()).filter(|&k| lines[k].trim().starts_with(SEPARATOR_LINE));
    let told = told.and_then(|k| std::mem::take(&mut lines[k]).trim().as_bytes().get(SEPARATOR_LINE.len()).copied());
    let is_remark = |line: &str| remarks::is_remark(line.as_bytes());
    let is_content = |line: &str| !line.trim().is_empty() && !is_remark(line);
    let mut content = lines.iter().enumerate().filter(|(_, line)| is_content(line));
    let (first, second) = (content.next(), content.next());
    let comments = || lines.iter().copied().filter(|line| is_remark(line));
    let listed = listed(&lines)?;
    let Some((at, first)) = first.map(|(at, line)| (at, *line)) else { return Err(Reason::NoRows) };
    let second = second.map_or("", |(_, line)| *line);
    let separator = match (told, &listed) {
        (_, Some(_)) => b' ',
        (Some(separator), None) => separator,
        (None, None) => likely_separator(first, second),
    };
    let fields = fields::split(first, separator);
    let is_row = listed.is_some() || is_row(fields.iter().map(String::as_str), separator != b',');
    let in_comment = || {
        let mut before = lines[..at].iter().rev().filter(|line| is_remark(line) && !line.trim().starts_with('@'));
        let named = before.find_map(|line| remarks::names(line, separator, fields.len()));
        remarks::of_gromacs(comments(), fields.len()).or(named)
    };
    let header = match listed {
        None if is_row => in_comment(),
        None if separator == b' ' => Some(named_by_blanks(first, second)),
        None => None,
        listed => listed,
    };
    if header.as_deref().is_some_and(remarks::are_hills) {
        return Err(Reason::File(HILLS_MESSAGE.into()));
    }
    let (has_names, is_line) = (header.is_some(), !is_row);
    // `with_header` reads names from the first line, unless blanks separate them: then they have been read already.
    let removed = |k: usize| is_remark(lines[k]) || (is_line && has_names && k == at);
    let rows = || (0..lines.len()).filter(|&k| !removed(k) && !lines[k].trim().is_empty());
    let has_commas = separator != b',' && {
        let split = |k: usize| {
            lines[k].split(move |c: char| if separator == b' ' { c.is_whitespace() } else { c == char::from(separator) })
        };
        has_decimal_commas(rows().flat_map(split).map(str::trim))?
    };
    let mut bytes = Vec::with_capacity(text.len());
    for (k, line) in lines.iter().enumerate() {
        match (removed(k), separator) {
            (true, _) => {}
            (false, b' ') => with_commas(line, &mut bytes),
            (false, _) => bytes.extend(line.as_bytes()),
        }
        bytes.push(b'\n');
    }
    let has_blanks = separator == b' ';
    let separator = if has_blanks { b',' } else { separator };
    let periods = remarks::periods(comments());
    let layout = TextLayout { bytes: Cow::Owned(bytes), separator, has_blanks, has_commas, periods, ..TextLayout::default() };
    match header {
        Some(header) => Ok(TextLayout { header, has_header: true, ..layout }),
        None => layout.with_header(),
    }
}

/// Reads the names of the columns that PLUMED lists in comments.
///
/// # Errors
/// If several lists differ, for example because another run was appended to the file.
fn listed(lines: &[&str]) -> Result<Option<Vec<String>>, Reason> {
    let mut listed: Option<Vec<String>> = None;
    for (k, fields) in lines.iter().enumerate().filter_map(|(k, line)| Some((k, remarks::fields(line)?))) {
        if listed.as_ref().is_some_and(|first| *first != fields) {
            let line = k + 1;
            return Err(Reason::File(format!(
                "line {line} lists other columns than the lines before it; keep the rows of each in a file of its own"
            )));
        }
        listed = Some(fields);
    }
    Ok(listed)
}

/// Separator of the fields of the first two lines, the first of which may be a header. It gives both lines the same number of fields; else
/// it is the most frequent of comma, semicolon and tab.
pub(super) fn likely_separator(first: &str, second: &str) -> u8 {
    let row = if second.is_empty() { first } else { second };
    let is_number = |word: &str, separator: u8| number(word, separator != b',').is_some();
    let has_number = |fields: &[String], separator: u8| fields.iter().any(|field| is_number(field, separator));
    let is_list = |field: &String| field.contains(' ') && field.split_whitespace().all(|word| is_number(word, b';'));
    let fits = |separator: &u8| {
        let (head, row) = (fields::split(first, *separator), fields::split(row, *separator));
        head.len() > 1 && head.len() == row.len() && has_number(&row, *separator) && !row.iter().any(is_list)
    };
    let by_blanks = || {
        let (head, row) = (fields::split(first, b' '), fields::split(row, b' '));
        let is_separated = separator(first.as_bytes()) != b',' || first.contains(',');
        // A header of R leaves out the name of the column of row names.
        let is_table = head.len() == row.len() || head.len() + 1 == row.len() || remarks::joined(head.clone()).len() == row.len();
        let are_numbers = row.len() > 1 && row.iter().all(|word| is_number(word, b' '));
        head.len() > 1 && (is_table || !is_separated) && (are_numbers || (is_table && row.len() > 2 && has_number(&row, b' ')))
    };
    [b';', b'\t', b','].into_iter().find(fits).unwrap_or_else(|| if by_blanks() { b' ' } else { separator(first.as_bytes()) })
}

/// Names in a header whose columns are separated by blanks. If possible, their number is the number of fields of the row below.
fn named_by_blanks(header: &str, row: &str) -> Vec<String> {
    let words = fields::split(header, b' ');
    let fields = fields::split(row, b' ').len();
    let joined = remarks::joined(words.clone());
    if joined.len() == fields {
        joined
    } else if words.len() + 1 == fields {
        // The first column holds the row names.
        [String::new()].into_iter().chain(words).collect()
    } else {
        words
    }
}

/// Writes a line whose fields are separated by blanks, with commas between the fields, up to a comment at the end of the line.
fn with_commas(line: &str, bytes: &mut Vec<u8>) {
    if !line.contains(['"', ',', '#']) {
        for (k, word) in line.split_ascii_whitespace().enumerate() {
            if k > 0 {
                bytes.push(b',');
            }
            bytes.extend(word.as_bytes());
        }
        return;
    }
    let words = fields::split(line, b' ');
    for (k, word) in words.iter().take_while(|word| !word.starts_with('#')).enumerate() {
        if k > 0 {
            bytes.push(b',');
        }
        bytes.push(b'"');
        bytes.extend(word.replace('"', "\"\"").as_bytes());
        bytes.push(b'"');
    }
}
