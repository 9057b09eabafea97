//! A table whose columns have names, and the numbers in some of them.

use ndarray::{Array2, ArrayView1};

use super::layout::Layout;
use super::numbers::number;
use super::{Columns, Reason};
use crate::data::invalid::LARGEST;
use crate::data::units::without_unit;
use crate::text::decimal;

/// A table whose columns have names.
pub(super) struct Table<'a> {
    layout: &'a Layout<'a>,
    /// The names of the columns, those without one empty.
    pub header: Vec<String>,
    /// Whether the first row names the columns although it consists of numbers.
    skips_first: bool,
    /// Sentences on how the table was read.
    pub notes: Vec<String>,
}

/// The chosen columns, by position.
pub(super) struct Chosen {
    pub inputs: Vec<usize>,
    pub target: usize,
}

/// What is wanted of a table.
pub(super) struct Wanted<'a> {
    /// Columns of numbers.
    pub columns: &'a [usize],
    /// How many of them, from the first on, must have a number in each row.
    pub certain: usize,
    /// A column of words.
    pub words: Option<usize>,
    /// Whether every row is wanted, so that one with a number that is not finite is an error instead of being left out.
    pub every_row: bool,
}

/// What was taken from a table.
pub(super) struct Taken {
    /// Numbers, `[rows, columns]`, NaN in place of gaps.
    pub numbers: Array2<f64>,
    /// The words of each row.
    pub words: Vec<String>,
}

impl<'a> Table<'a> {
    /// A table of points. Columns without a header get names.
    pub fn open(layout: &'a Layout<'a>) -> Self {
        if layout.has_header { Self::with(layout, layout.header.clone(), false) } else { Self::without_header(layout) }
    }

    /// A table whose first row may be the times of sets of samples, if it has more than two numbers that rise.
    pub fn open_any(layout: &'a Layout<'a>) -> Self {
        let has_times = !layout.has_header && layout.header.len() > 2 && rises(&layout.header);
        if has_times { Self::with(layout, layout.header.clone(), true) } else { Self::open(layout) }
    }

    /// A table of sets of samples. A first row of numbers that rise holds the times of the sets, unless columns are wanted by other names.
    pub fn of_samples(layout: &'a Layout<'a>, wanted: &[String]) -> Self {
        let has_times = !layout.has_header && layout.header.len() > 1 && rises(&layout.header);
        if !has_times || !wanted.iter().all(|name| decimal(name).is_some()) {
            return Self::open(layout);
        }
        Self::with(layout, layout.header.clone(), true)
    }

    /// Notes that the first row was read as times, if its numbers may as well be samples: each lies among those of its column.
    pub fn note_times(&mut self, columns: &[usize], numbers: &Array2<f64>) {
        let is_among = |(&c, column): (&usize, ArrayView1<f64>)| {
            let first = decimal(&self.header[c]).unwrap_or(f64::NAN);
            column.iter().any(|v| *v <= first) && column.iter().any(|v| *v >= first)
        };
        if self.skips_first && columns.iter().zip(numbers.columns()).all(is_among) {
            self.notes.push(
                "The first line is read as the times of the sets; write a line of names above it if it is a row of samples."
                    .into(),
            );
        }
    }

    fn with(layout: &'a Layout<'a>, header: Vec<String>, skips_first: bool) -> Self {
        Self { layout, header, skips_first, notes: layout.notes.clone() }
    }

    /// A table whose columns are called as their number suggests.
    fn without_header(layout: &'a Layout<'a>) -> Self {
        // A separator at the end of each row begins no column.
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
        table.notes.push(format!("The table has no header: its {called}."));
        table
    }

    /// The rows from the first one.
    pub fn rows(&self) -> ::csv::Reader<&'a [u8]> {
        let mut rows = self.layout.rows();
        if self.skips_first {
            // What cannot be read is reported where the numbers are.
            let _ = rows.read_byte_record(&mut ::csv::ByteRecord::new());
        }
        rows
    }

    /// Positions of the columns that have a name. Columns without one are row numbers or come from trailing separators.
    pub fn named(&self) -> Vec<usize> {
        (0..self.header.len()).filter(|&c| !self.header[c].is_empty()).collect()
    }

    /// The names of the columns that have one.
    pub fn names(&self) -> Vec<String> {
        self.header.iter().filter(|name| !name.is_empty()).cloned().collect()
    }

    /// The one column called `name`, with or without its unit. A column that the table does not name may also be called by its first number.
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
                (Some(_), Some(_)) => return Err(Reason::SeveralColumns { column: name.into() }),
            }
        }
        Err(Reason::MissingColumn { column: name.into(), columns: self.names() })
    }

    /// Inputs and target among the columns of points without derivatives; those `beside` are neither.
    pub fn choose(&self, columns: &Columns, beside: [Option<usize>; 2]) -> Result<Chosen, Reason> {
        let named: Vec<usize> = self.named().into_iter().filter(|c| !beside.contains(&Some(*c))).collect();
        if named.len() < 2 {
            return Err(Reason::OneColumn { column: self.names().concat() });
        }
        let inputs: Vec<usize> = columns.inputs.iter().map(|n| self.column(n)).collect::<Result<_, _>>()?;
        let target = columns.target.as_deref().map(|n| self.column(n)).transpose()?;
        for (k, &c) in inputs.iter().enumerate() {
            if inputs[..k].contains(&c) || target == Some(c) {
                return Err(Reason::UsedTwice { column: self.header[c].clone() });
            }
        }
        let rest: Vec<usize> = named.into_iter().filter(|c| !inputs.contains(c) && target != Some(*c)).collect();
        let chosen = match (inputs.is_empty(), target, rest.as_slice()) {
            (false, Some(target), _) | (false, None, &[target]) => Chosen { inputs, target },
            (true, Some(target), &[input]) | (true, None, &[input, target]) => Chosen { inputs: vec![input], target },
            _ => return Err(Reason::Unsaid { columns: self.names() }),
        };
        for &c in chosen.inputs.iter().chain([&chosen.target]) {
            self.column(&self.header[c])?;
        }
        Ok(chosen)
    }

    /// The column of standard errors, if one is named.
    pub fn sigma(&self, columns: &Columns) -> Result<Option<usize>, Reason> {
        let Some(name) = columns.sigma.as_deref() else { return Ok(None) };
        if (Columns { sigma: None, ..columns.clone() }).uses(name.trim()) {
            return Err(Reason::UsedTwice { column: name.into() });
        }
        self.column(name).map(Some)
    }

    /// For each of some columns the range in which it is periodic, if the file says so.
    pub fn periods(&self, names: &[String]) -> Vec<Option<[f64; 2]>> {
        let range = |name: &String| self.layout.periods.iter().find(|(of, _)| of == name).map(|(_, range)| *range);
        if self.layout.periods.is_empty() { Vec::new() } else { names.iter().map(range).collect() }
    }

    /// The numbers in some columns where nothing is out of the ordinary: no field is quoted or empty, each row has as many as the header, and each
    /// of these is a number. It is many times as fast as what reads any table and says what is wrong with it.
    fn plain(&self, wanted: &Wanted) -> Option<Array2<f64>> {
        let rows = self.layout.plain_rows().filter(|_| wanted.words.is_none() && !self.skips_first && !self.layout.has_commas)?;
        let (width, fields) = (wanted.columns.len(), self.header.len());
        // The place of each column among those that are wanted.
        let places: Vec<Option<usize>> = (0..fields).map(|c| wanted.columns.iter().position(|wanted| *wanted == c)).collect();
        if places.iter().flatten().count() < width {
            return None;
        }
        let separator = char::from(self.layout.separator);
        let mut numbers = Vec::with_capacity(width * rows.bytes().filter(|byte| *byte == b'\n').count() + width);
        for line in rows.split('\n').map(|line| line.trim_end_matches('\r')).filter(|line| !line.is_empty()) {
            let row = numbers.len();
            numbers.resize(row + width, 0.0);
            let mut found = line.split(separator);
            for place in &places {
                let field = found.next()?;
                if let Some(place) = place {
                    let number = decimal(field.trim_ascii())?;
                    numbers[row + place] = Some(number).filter(|number| number.abs() <= LARGEST)?;
                }
            }
            if found.next().is_some() {
                return None;
            }
        }
        let rows = numbers.len() / width.max(1);
        Array2::from_shape_vec((rows, width), numbers).ok().filter(|_| rows > 0)
    }

    /// The numbers in some columns, at least one row, and the words of another. Rows that hold `inf` or `nan` where a number must be are left
    /// out, unless every row is wanted; a note says how many.
    pub fn take(&mut self, wanted: &Wanted) -> Result<Taken, Reason> {
        if let Some(numbers) = self.plain(wanted) {
            return Ok(Taken { numbers, words: Vec::new() });
        }
        let width = wanted.columns.len();
        let (mut numbers, mut words): (Vec<f64>, Vec<String>) = (Vec::new(), Vec::new());
        let (mut rows, mut record) = (self.rows(), ::csv::ByteRecord::new());
        let (mut row, mut left_out, mut emptied) = (0, 0, 0);
        while rows.read_byte_record(&mut record).map_err(|e| Reason::Unreadable(e.to_string()))? {
            row += 1;
            let line = || self.layout.line(&record);
            if record.len() != self.header.len() {
                return Err(Reason::Ragged { row, line: line(), fields: record.len(), columns: self.header.len() });
            }
            let before = numbers.len();
            let (mut is_left_out, mut infinite) = (false, 0);
            for (k, &c) in wanted.columns.iter().enumerate() {
                let field = std::str::from_utf8(&record[c]).unwrap_or("\u{fffd}");
                match number(field, self.layout.has_commas) {
                    Some(number) if number.abs() <= LARGEST => numbers.push(number),
                    // A number that is too large is none of these words.
                    Some(number)
                        if !(number.is_finite() || wanted.every_row && k < wanted.certain) && field.contains(['n', 'N']) =>
                    {
                        is_left_out |= k < wanted.certain;
                        infinite += usize::from(k >= wanted.certain && !field.contains(['a', 'A']));
                        numbers.push(f64::NAN);
                    }
                    None if k >= wanted.certain && field.is_empty() => numbers.push(f64::NAN),
                    _ => {
                        let (column, text) = (self.header[c].clone(), String::from_utf8_lossy(&record[c]).into_owned());
                        return Err(Reason::NotANumber { row, line: line(), column, text });
                    }
                }
            }
            if is_left_out {
                numbers.truncate(before);
                left_out += 1;
            } else {
                emptied += infinite;
                words.extend(wanted.words.map(|c| String::from_utf8_lossy(&record[c]).into_owned()));
            }
        }
        match (row, row - left_out) {
            (0, _) => return Err(Reason::NoRows),
            (rows, 0) => return Err(Reason::NothingFinite { rows }),
            _ => {}
        }
        if left_out > 0 {
            self.notes.push(format!("Rows that hold inf or nan are left out: {left_out} of {row}."));
        }
        if emptied > 0 {
            let hold = if emptied == 1 { "field holds inf and is" } else { "fields hold inf and are" };
            self.notes.push(format!("{emptied} {hold} taken as empty."));
        }
        let numbers = Array2::from_shape_vec((row - left_out, width), numbers).map_err(|e| Reason::Unreadable(e.to_string()))?;
        Ok(Taken { numbers, words })
    }
}

/// Whether some texts are numbers that rise.
fn rises(texts: &[String]) -> bool {
    let numbers: Option<Vec<f64>> = texts.iter().map(|text| decimal(text).filter(|t| t.is_finite())).collect();
    numbers.is_some_and(|numbers| numbers.windows(2).all(|pair| pair[0] < pair[1]))
}
