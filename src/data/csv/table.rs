//! A table whose columns have names, and the numbers in some of them.

use ndarray::{Array2, ArrayView1};

use super::error::not_a_number;
use super::layout::TextLayout;
use super::numbers::{is_missing, number};
use super::{Columns, Reason};
use crate::data::invalid::MAX_MAGNITUDE;
use crate::data::units::without_unit;
use crate::potentials::formula::OfColumns;
use crate::text::{counted, decimal, shortened};

/// Beginning of the note on columns that get generated names.
pub(super) const NO_HEADER: &str = "The table has no header";
/// Largest number of numbers that are read. Each takes 8 bytes, and the initialization of a fit makes a few copies.
const MAX_NUMBERS: usize = if cfg!(target_arch = "wasm32") { 1 << 25 } else { 1 << 27 };

/// Number of rows that are searched for words.
const WORD_SEARCH_ROWS: usize = 100;

/// A table whose columns have names.
pub(super) struct Table<'a> {
    layout: &'a TextLayout<'a>,
    /// Names of the columns, empty for a column without a name. The expressions of computed columns follow those of the file.
    pub header: Vec<String>,
    /// Computed columns, each with the indices of the columns in its expression.
    derived: Vec<(OfColumns, Vec<usize>)>,
    /// True if the first row names the columns although it consists of numbers.
    has_numeric_header: bool,
    /// Sentences on how the table was read.
    pub notes: Vec<String>,
}

/// Request for columns of a table.
pub(super) struct ColumnRequest<'a> {
    /// Columns of numbers.
    pub columns: &'a [usize],
    /// Number of leading columns that must have a number in each row.
    pub certain: usize,
    /// Column of words.
    pub words: Option<usize>,
    /// True if every row is required. Then a number that is not finite is an error; otherwise its row is left out.
    pub every_row: bool,
}

/// Data read from the columns of a table.
pub(super) struct Taken {
    /// Numbers, `[rows, columns]`, NaN in place of gaps.
    pub numbers: Array2<f64>,
    /// Word of each row.
    pub words: Vec<String>,
}

impl<'a> Table<'a> {
    /// Opens a table of points. Columns without a header get names.
    pub fn open(layout: &'a TextLayout<'a>) -> Self {
        if layout.has_header { Self::with(layout, layout.header.clone(), false) } else { Self::without_header(layout) }
    }

    /// Opens a table whose first row may hold the times of sets of samples, if it has more than two increasing numbers.
    pub fn open_any(layout: &'a TextLayout<'a>) -> Self {
        let has_times = !layout.has_header && layout.header.len() > 2 && rises(&layout.header);
        if has_times { Self::with(layout, layout.header.clone(), true) } else { Self::open(layout) }
    }

    /// Opens a table of sets of samples. A first row of increasing numbers holds the times of the sets, unless `wanted` has other names.
    pub fn of_samples(layout: &'a TextLayout<'a>, wanted: &[String]) -> Self {
        let has_times = !layout.has_header && layout.header.len() > 1 && rises(&layout.header);
        if !has_times || !wanted.iter().all(|name| decimal(name).is_some()) {
            return Self::open(layout);
        }
        Self::with(layout, layout.header.clone(), true)
    }

    /// Adds a note that the first row was read as times, if its numbers may also be samples: each lies within the range of its column.
    pub fn note_times(&mut self, columns: &[usize], numbers: &Array2<f64>) {
        let is_among = |(&c, column): (&usize, ArrayView1<f64>)| {
            let first = decimal(&self.header[c]).unwrap_or(f64::NAN);
            column.iter().any(|v| *v <= first) && column.iter().any(|v| *v >= first)
        };
        if self.has_numeric_header && columns.iter().zip(numbers.columns()).all(is_among) {
            self.notes.push(
                "The first line is read as the times of the sets; write a line of names above it if it is a row of samples."
                    .into(),
            );
        }
    }

    fn with(layout: &'a TextLayout<'a>, header: Vec<String>, has_numeric_header: bool) -> Self {
        Self { layout, header, derived: Vec::new(), has_numeric_header, notes: layout.notes.clone() }
    }

    /// Number of columns of the file.
    fn width(&self) -> usize {
        self.header.len() - self.derived.len()
    }

    /// Adds columns for the names that are not columns but expressions of columns, such as `-E` and `-2.5*log(p)`.
    ///
    /// # Errors
    /// If a name contains the name of a column but is not an expression that can be evaluated.
    pub fn derive<'n>(&mut self, names: impl IntoIterator<Item = &'n String>) -> Result<(), Reason> {
        for name in names.into_iter().map(|name| name.trim()) {
            if !matches!(self.column(name), Err(Reason::MissingColumn { .. })) {
                continue;
            }
            let known: Vec<&str> = self.header[..self.width()].iter().map(String::as_str).collect();
            let Some(parsed) = OfColumns::parse(name, &known) else { continue };
            let (of, names) = parsed.map_err(|error| {
                // Positions in the formula differ from those in the text.
                let why = error.clause.rsplit_once(": ").map_or(error.clause.as_str(), |(_, why)| why).to_owned();
                Reason::File(format!("\"{}\" is no column, nor an expression of columns: {why}", shortened(name)))
            })?;
            let columns = self.columns(names)?;
            self.header.push(name.into());
            self.derived.push((of, columns));
        }
        Ok(())
    }

    /// Opens a table whose columns get names by their number.
    fn without_header(layout: &'a TextLayout<'a>) -> Self {
        // A separator at the end of each row does not begin a column.
        let has_end = layout.header.last().is_some_and(String::is_empty);
        let count = layout.header.len() - usize::from(has_end);
        let mut names = match count {
            0..=3 => ["x", "y", "z"][..count].iter().map(ToString::to_string).collect(),
            _ => (1..count).map(|k| format!("x{k}")).chain(["y".into()]).collect::<Vec<_>>(),
        };
        let called = match names.as_slice() {
            [first, .., last] if count > 3 => format!("columns are called {first} to x{} and {last}", count - 1),
            [first @ .., last] if count > 1 => format!("columns are called {} and {last}", first.join(", ")),
            names => format!("column is called {}", names.concat()),
        };
        names.extend(has_end.then(String::new));
        let mut table = Self::with(layout, names, false);
        table.notes.push(format!("{NO_HEADER}: its {called}."));
        table
    }

    /// Reads the rows, beginning with the first one.
    pub fn rows(&self) -> ::csv::Reader<&'a [u8]> {
        let mut rows = self.layout.rows();
        if self.has_numeric_header {
            // Reading the numbers reports a row that cannot be read.
            let _ = rows.read_byte_record(&mut ::csv::ByteRecord::new());
        }
        rows
    }

    /// Positions of the columns that have a name. Columns without one are row numbers or come from trailing separators.
    pub fn named(&self) -> Vec<usize> {
        (0..self.width()).filter(|&c| !self.header[c].is_empty()).collect()
    }

    /// Names of the columns that have one.
    pub fn names(&self) -> Vec<String> {
        self.header[..self.width()].iter().filter(|name| !name.is_empty()).cloned().collect()
    }

    /// Names of the columns of words. Of the first rows, at least one has a word there, and none a number.
    pub fn words(&self) -> Vec<String> {
        let (mut rows, mut record) = (self.rows(), ::csv::ByteRecord::new());
        let mut found = vec![[false; 2]; self.width()];
        for _ in 0..WORD_SEARCH_ROWS {
            if !rows.read_byte_record(&mut record).is_ok_and(|is_row| is_row) {
                break;
            }
            for ([has_word, has_number], field) in found.iter_mut().zip(&record) {
                let field = std::str::from_utf8(field).unwrap_or("\u{fffd}");
                let is_number = number(field, self.layout.has_commas).is_some();
                *has_number |= is_number;
                *has_word |= !is_number && !is_missing(field);
            }
        }
        self.named().into_iter().filter(|c| found[*c] == [true, false]).map(|c| self.header[c].clone()).collect()
    }

    /// Finds the only column called `name`, with or without its unit. A nameless column may also be called by its first number.
    pub fn column(&self, name: &str) -> Result<usize, Reason> {
        let name = name.trim();
        if name.is_empty() {
            return Err(Reason::MissingColumn { column: String::new(), columns: self.names() });
        }
        let first = if self.layout.has_header { &[] } else { self.layout.header.as_slice() };
        for has_unit in [false, true] {
            let called = |k: usize| {
                let column = self.header[k].as_str();
                (if has_unit { without_unit(column) } else { column }) == name || first.get(k).is_some_and(|field| field == name)
            };
            let mut found = (0..self.header.len()).filter(|&k| called(k));
            match (found.next(), found.next()) {
                (None, _) => {}
                (Some(column), None) => return Ok(column),
                (Some(_), Some(_)) => return Err(Reason::SeveralColumns(name.into())),
            }
        }
        Err(Reason::MissingColumn { column: name.into(), columns: self.names() })
    }

    /// Finds the only column of each name.
    pub fn columns(&self, names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Vec<usize>, Reason> {
        names.into_iter().map(|name| self.column(name.as_ref())).collect()
    }

    /// Chooses inputs and target among the columns of points without derivatives. Columns in `beside` are neither.
    pub fn choose(&self, columns: &Columns, beside: [Option<usize>; 2]) -> Result<(Vec<usize>, usize), Reason> {
        let named: Vec<usize> = self.named().into_iter().filter(|c| !beside.contains(&Some(*c))).collect();
        if named.len() < 2 {
            return Err(Reason::OneColumn(self.names().concat()));
        }
        let inputs = self.columns(&columns.inputs)?;
        let target = columns.target.as_deref().map(|n| self.column(n)).transpose()?;
        for (k, &c) in inputs.iter().enumerate() {
            if inputs[..k].contains(&c) || target == Some(c) {
                return Err(Reason::UsedTwice(self.header[c].clone()));
            }
        }
        let width = self.width();
        let is_used = |c: usize, by: usize| c == by || by >= width && self.derived[by - width].1.contains(&c);
        let rest: Vec<usize> = named.into_iter().filter(|&c| !inputs.iter().chain(&target).any(|&by| is_used(c, by))).collect();
        let (inputs, target) = match (inputs.is_empty(), target, rest.as_slice()) {
            (false, Some(target), _) | (false, None, &[target]) => (inputs, target),
            (true, Some(target), &[input]) | (true, None, &[input, target]) => (vec![input], target),
            _ => return Err(Reason::Unsaid(self.names())),
        };
        self.columns(inputs.iter().chain([&target]).map(|&c| &self.header[c]))?;
        Ok((inputs, target))
    }

    /// Column of standard errors, if it is named.
    pub fn sigma(&self, columns: &Columns) -> Result<Option<usize>, Reason> {
        let Some(name) = columns.sigma.as_deref() else { return Ok(None) };
        if (Columns { sigma: None, ..columns.clone() }).uses(name.trim()) {
            return Err(Reason::UsedTwice(name.into()));
        }
        self.column(name).map(Some)
    }

    /// Range of each of some columns, if the file states that the column is periodic.
    pub fn periods(&self, names: &[String]) -> Vec<Option<[f64; 2]>> {
        let range = |name: &String| self.layout.periods.iter().find(|(of, _)| of == name).map(|(_, range)| *range);
        if self.layout.periods.is_empty() { Vec::new() } else { names.iter().map(range).collect() }
    }

    /// Reads the numbers in some columns of a regular table. No field is quoted or empty, each row has as many fields as the header, and each field
    /// is a number. This is many times as fast as the reader for any table, which also reports errors.
    fn plain(&self, wanted: &ColumnRequest) -> Option<Array2<f64>> {
        let rows =
            self.layout.plain_rows().filter(|_| wanted.words.is_none() && !self.has_numeric_header && !self.layout.has_commas)?;
        let (width, fields) = (wanted.columns.len(), self.width());
        // Index of each column of the file in the list of requested columns.
        let places: Vec<Option<usize>> = (0..fields).map(|c| wanted.columns.iter().position(|wanted| *wanted == c)).collect();
        if places.iter().flatten().count() < width {
            return None;
        }
        let separator = char::from(self.layout.separator);
        // A number and the separator after it take at least two bytes.
        let most = rows.len().saturating_add(1) / 2 + width;
        let mut numbers = Vec::with_capacity((width * rows.bytes().filter(|byte| *byte == b'\n').count() + width).min(most));
        for line in rows.split('\n').map(|line| line.trim_end_matches('\r')).filter(|line| !line.is_empty()) {
            let row = numbers.len();
            numbers.resize(row + width, 0.0);
            let mut found = line.split(separator);
            for place in &places {
                let field = found.next()?;
                if let Some(place) = place {
                    let number = decimal(field.trim_ascii())?;
                    numbers[row + place] = Some(number).filter(|number| number.abs() <= MAX_MAGNITUDE)?;
                }
            }
            if found.next().is_some() {
                return None;
            }
        }
        let rows = numbers.len() / width.max(1);
        Array2::from_shape_vec((rows, width), numbers).ok().filter(|_| rows > 0)
    }

    /// Reads the numbers in some columns, at least one row, and the words of another column. A row without a finite number in a column that
    /// needs one is left out, unless every row is required. Notes state the number of such rows. If blanks separate the fields, rows with
    /// fewer fields than the header are left out too, if they are fewer than half of the rows.
    pub fn read_columns(&mut self, wanted: &ColumnRequest) -> Result<Taken, Reason> {
        let width = self.width();
        if wanted.columns.iter().all(|c| *c < width) {
            return self.taken(wanted);
        }
        // A computed column needs the columns in its expression.
        let bases = |columns: &[usize]| -> Vec<usize> {
            columns.iter().flat_map(|&c| if c < width { vec![c] } else { self.derived[c - width].1.clone() }).collect()
        };
        let (certain, others) = wanted.columns.split_at(wanted.certain);
        let mut columns: Vec<usize> = Vec::new();
        let mut add = |of: &[usize]| {
            for c in bases(of) {
                if !columns.contains(&c) {
                    columns.push(c);
                }
            }
            columns.len()
        };
        let (certain, _) = (add(certain), add(others));
        let Taken { numbers, words } = self.taken(&ColumnRequest { columns: &columns, certain, ..*wanted })?;
        let column = |c: usize| numbers.column(columns.iter().position(|of| *of == c).unwrap_or_default()).to_vec();
        let mut all = Vec::with_capacity(wanted.columns.len());
        for &c in wanted.columns {
            let computed = match self.derived.get_mut(c.wrapping_sub(width)) {
                Some((of, from)) => of.values(&from.iter().map(|&c| column(c)).collect::<Vec<_>>()),
                None => column(c),
            };
            all.push(computed);
        }
        self.finite(wanted, &all, &words)
    }

    /// Leaves out the rows in which a computed column that needs a number is not finite, such as the logarithm of zero.
    fn finite(&mut self, wanted: &ColumnRequest, columns: &[Vec<f64>], words: &[String]) -> Result<Taken, Reason> {
        let is_number = |number: &f64| number.abs() <= MAX_MAGNITUDE;
        let rows = columns.first().map_or(0, Vec::len);
        let kept: Vec<usize> =
            (0..rows).filter(|&row| columns[..wanted.certain].iter().all(|column| is_number(&column[row]))).collect();
        if kept.is_empty() {
            return Err(Reason::NothingFinite(rows));
        }
        if kept.len() < rows {
            let (count, name) = (rows - kept.len(), wanted.columns.iter().filter(|c| **c >= self.width()));
            let names = name.map(|&c| shortened(&self.header[c])).collect::<Vec<_>>().join(", ");
            if wanted.every_row {
                return Err(Reason::File(format!(
                    "in {count} of {rows} rows {names} is not a finite number; leave these rows out"
                )));
            }
            self.notes.push(format!("Rows in which {names} is not a finite number are left out: {count} of {rows}."));
        }
        let number = |row: usize, k: usize| Some(columns[k][kept[row]]).filter(is_number).unwrap_or(f64::NAN);
        let words = kept.iter().filter_map(|&row| words.get(row).cloned()).collect();
        Ok(Taken { numbers: Array2::from_shape_fn((kept.len(), columns.len()), |(row, k)| number(row, k)), words })
    }

    /// Reads the numbers in some columns of the file, and the words of another column.
    fn taken(&mut self, wanted: &ColumnRequest) -> Result<Taken, Reason> {
        let bytes = self.layout.bytes.len() - self.layout.body.min(self.layout.bytes.len());
        let lines = self.layout.bytes.split(|byte| *byte == b'\n').count();
        let expected = lines.saturating_mul(wanted.columns.len()).min(bytes / 2);
        if expected > MAX_NUMBERS {
            return Err(Reason::File(format!(
                "there are about {} million numbers in the columns that were chosen; at most {} million are read, so leave rows out",
                expected.div_ceil(1_000_000),
                MAX_NUMBERS / 1_000_000
            )));
        }
        if let Some(numbers) = self.plain(wanted) {
            return Ok(Taken { numbers, words: Vec::new() });
        }
        let (width, fields) = (wanted.columns.len(), self.width());
        let (mut numbers, mut words): (Vec<f64>, Vec<String>) = (Vec::new(), Vec::new());
        let (mut rows, mut record) = (self.rows(), ::csv::ByteRecord::new());
        let (mut row, mut infinite, mut incomplete, mut emptied) = (0, 0, 0, [0; 2]);
        let (mut short, mut first_short) = (0, None);
        while rows.read_byte_record(&mut record).map_err(|e| Reason::Unreadable(e.to_string()))? {
            if record.iter().all(<[u8]>::is_empty) {
                continue;
            }
            row += 1;
            let line = || self.layout.line(&record);
            if record.len() != fields {
                let found = counted(record.len(), "field");
                let ragged = format!("row {row} (line {}) has {found}, but the header has {fields}", line());
                if record.len() > fields || wanted.every_row || !self.layout.has_blanks {
                    return Err(Reason::File(ragged));
                }
                (short, first_short) = (short + 1, first_short.or(Some(ragged)));
                continue;
            }
            let before = numbers.len();
            let (mut is_infinite, mut is_incomplete, mut empty) = (false, false, [0; 2]);
            for (k, &c) in wanted.columns.iter().enumerate() {
                let field = std::str::from_utf8(&record[c]).unwrap_or("\u{fffd}");
                let may_be_missing = !wanted.every_row || k >= wanted.certain;
                match number(field, self.layout.has_commas) {
                    Some(number) if number.abs() <= MAX_MAGNITUDE => numbers.push(number),
                    // The words `inf` and `nan` contain an n; a number that overflows does not.
                    Some(number) if !number.is_finite() && may_be_missing && field.contains(['n', 'N']) => {
                        is_infinite |= k < wanted.certain;
                        empty[0] += usize::from(k >= wanted.certain && !field.contains(['a', 'A']));
                        numbers.push(f64::NAN);
                    }
                    None if may_be_missing && is_missing(field) => {
                        is_incomplete |= k < wanted.certain;
                        // Not counted in sets of samples, where such a field equals an empty field.
                        empty[1] += usize::from(k >= wanted.certain && wanted.certain > 0 && !field.is_empty());
                        numbers.push(f64::NAN);
                    }
                    _ => {
                        let (column, fault) = (shortened(&self.header[c]), not_a_number(field));
                        return Err(Reason::File(format!("row {row} (line {}), column \"{column}\": {fault}", line())));
                    }
                }
            }
            if is_infinite || is_incomplete {
                numbers.truncate(before);
                incomplete += usize::from(is_incomplete);
                infinite += usize::from(!is_incomplete);
            } else {
                emptied = [emptied[0] + empty[0], emptied[1] + empty[1]];
                words.extend(wanted.words.map(|c| String::from_utf8_lossy(&record[c]).into_owned()));
            }
        }
        if let Some(ragged) = first_short.filter(|_| 2 * short >= row) {
            return Err(Reason::File(ragged));
        }
        let kept = row - infinite - incomplete - short;
        match (row, kept) {
            (0, _) => return Err(Reason::NoRows),
            (rows, 0) => return Err(Reason::NothingFinite(rows)),
            _ => {}
        }
        let left_out = [
            (short, "with fewer fields than the header has"),
            (infinite, "that hold inf or nan"),
            (incomplete, "that lack a number in a column that is used"),
        ];
        for (count, rows) in left_out.into_iter().filter(|(count, _)| *count > 0) {
            self.notes.push(format!("Rows {rows} are left out: {count} of {row}."));
        }
        for (count, held) in emptied.into_iter().zip(["inf", "no number, such as NA,"]).filter(|(count, _)| *count > 0) {
            let hold = if count == 1 { format!("field holds {held} and is") } else { format!("fields hold {held} and are") };
            self.notes.push(format!("{count} {hold} taken as empty."));
        }
        let numbers = Array2::from_shape_vec((kept, width), numbers).map_err(|e| Reason::Unreadable(e.to_string()))?;
        Ok(Taken { numbers, words })
    }
}

/// Returns true if some texts are increasing numbers.
fn rises(texts: &[String]) -> bool {
    let numbers: Option<Vec<f64>> = texts.iter().map(|text| decimal(text).filter(|t| t.is_finite())).collect();
    numbers.is_some_and(|numbers| numbers.windows(2).all(|pair| pair[0] < pair[1]))
}
