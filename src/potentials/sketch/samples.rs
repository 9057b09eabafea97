//! Drawn samples on a line: strokes, erasing, moving, and their text in a link.
//!
//! [`MAX_SAMPLES`] fixed points are distributed at random over the canvas with uniform density. A stroke turns the points below it into
//! samples and removes the other samples in its columns. It draws a density and samples it by rejection (J. von Neumann, 1951). A higher
//! stroke gives more samples. At the upper edge their number is the largest that fits into a link.

use std::ops::Range;
use std::sync::LazyLock;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::points::{CanvasPoint, LAST_COLUMN};
use super::{CANVAS_BOUNDS, MIN_DRAWING_COLUMNS, digit, letter, on_line};
use crate::numerics::statistics::sort_by;
use crate::potentials::formula::{FormulaError, domain_of};

/// Id of the benchmark that fits the density of drawn samples.
pub const SAMPLES_ID: &str = "drawn-samples";
/// Samples that the page shows first.
pub const INITIAL_SAMPLES: &str = "________My_THi_VxjCHoHWECIiHTHTUAYJTFEBONCMBFIITCOORJHYMUCBCEHplLDvAbDK\
                         hSX____________UfB_cdICE_dQcO_Zb3DEVDJJWsAFQCOGOCm_W8FWSQwRCI__We____S_N";
/// Smallest number of samples for a density.
pub const MIN_SAMPLES: usize = 8;
/// Largest number of samples of a drawing.
pub const MAX_SAMPLES: usize = 500;
/// Number of columns without a sample that one character represents.
const STEP_COLUMNS: i32 = 63;
/// Reach of the eraser on both sides of its position, in columns.
const ERASER_COLUMNS: i32 = 80;

/// Ends of the vertical axis of a potential `-log q`, relative to the potential of uniform samples. The lower end is the minimum for a hill
/// whose width is a twentieth of the line.
const PICTURE_ENDS: [f64; 2] = [-3.0, 7.0];

/// Sorts points by column (0) or row (1). This function and [`rise`] are compiled once, and share the sort function of the crate.
fn order(places: &mut [CanvasPoint], by: usize) {
    sort_by(places, |place| place[by].into());
}

/// Sorts columns from left to right.
fn rise(columns: &mut [i32]) {
    sort_by(columns, |&column| column.into());
}

/// Fixed points in the canvas, each in a column of its own, from left to right.
static CANVAS_PLACES: LazyLock<Vec<CanvasPoint>> = LazyLock::new(|| {
    let mut columns: Vec<i32> = (0..=LAST_COLUMN).collect();
    columns.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(0));
    let row = |k: usize| ((k as f64 + 0.5) / MAX_SAMPLES as f64 * f64::from(LAST_COLUMN)) as i32;
    let mut places: Vec<CanvasPoint> =
        columns.into_iter().take(MAX_SAMPLES).enumerate().map(|(k, column)| [column, row(k)]).collect();
    order(&mut places, 0);
    places
});

/// Columns of samples, from left to right. Several samples may be in one column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrawnSamples(Vec<i32>);

impl DrawnSamples {
    /// Reads the samples of a text; `None` if it is not the text of drawn samples.
    pub fn read(text: &str) -> Option<Self> {
        let (mut column, mut columns, mut is_open) = (0, Vec::new(), false);
        for byte in text.bytes() {
            let number = digit(byte)?;
            column += number;
            is_open = number == STEP_COLUMNS;
            if !is_open {
                columns.push(column);
            }
        }
        (!is_open && column <= LAST_COLUMN && columns.len() <= MAX_SAMPLES).then_some(Self(columns))
    }

    /// Text of the samples. One character per sample is its number of columns to the right of the previous one; `_` means 63 columns
    /// without a sample.
    pub fn text(&self) -> String {
        let (mut text, mut before) = (String::new(), 0);
        for column in &self.0 {
            let steps = (column - before) / STEP_COLUMNS;
            (0..steps).for_each(|_| text.push(letter(STEP_COLUMNS)));
            text.push(letter(column - before - steps * STEP_COLUMNS));
            before = *column;
        }
        text
    }

    /// Columns of the samples, from left to right.
    pub fn columns(&self) -> &[i32] {
        &self.0
    }

    /// Returns true if the samples suffice for a density.
    pub fn is_sufficient(&self) -> bool {
        self.0.len() >= MIN_SAMPLES
    }

    /// Adds a sample, unless the largest number is reached.
    pub fn add(&mut self, column: i32) {
        if self.0.len() < MAX_SAMPLES {
            let at = self.0.partition_point(|&other| other < column);
            self.0.insert(at, column);
        }
    }

    /// Draws with the pointer from one point to another. The samples between their columns are replaced by the fixed points below the line.
    pub fn draw(&mut self, from: CanvasPoint, to: CanvasPoint) {
        let [left, right] = if from[0] <= to[0] { [from, to] } else { [to, from] };
        self.0.retain(|column| !(left[0]..=right[0]).contains(column));
        let height = |column: i32| {
            let width = (right[0] - left[0]).max(1);
            left[1] + (right[1] - left[1]) * (column - left[0]) / width
        };
        let mut below: Vec<CanvasPoint> = CANVAS_PLACES
            .iter()
            .copied()
            .filter(|&[column, row]| (left[0]..=right[0]).contains(&column) && row < height(column))
            .collect();
        // If the largest number is exceeded, the lowest points are used, as for a lower stroke.
        order(&mut below, 1);
        self.0.extend(below.iter().take(MAX_SAMPLES - self.0.len()).map(|place| place[0]));
        rise(&mut self.0);
    }

    /// Removes the samples around a column.
    pub fn erase(&mut self, at: i32) {
        self.0.retain(|column| (column - at).abs() > ERASER_COLUMNS);
    }

    /// Range of the samples from one column to another.
    pub fn between(&self, [first, last]: [i32; 2]) -> Range<usize> {
        self.0.partition_point(|&column| column < first)..self.0.partition_point(|&column| column <= last)
    }

    /// Moves some of the samples by a number of columns, as far as the canvas allows. Returns all samples, and the range of the moved ones.
    #[must_use]
    pub fn moved(&self, held: Range<usize>, by: i32) -> (Self, Range<usize>) {
        let Some((&first, &last)) = self.0[held.clone()].first().zip(self.0[held.clone()].last()) else {
            return (self.clone(), held);
        };
        let by = by.clamp(-first, LAST_COLUMN - last);
        let mut moved = self.0.clone();
        moved.drain(held.clone());
        let at = moved.partition_point(|&column| column < first + by);
        let (before, after) = moved.split_at(at);
        // Other samples may lie among the moved ones, so that all are sorted.
        let mut all = [before, &self.0[held].iter().map(|column| column + by).collect::<Vec<_>>(), after].concat();
        rise(&mut all);
        let moved = Self(all);
        let held = moved.between([first + by, last + by]);
        (moved, held)
    }
}

/// Range of the line on which samples are drawn.
fn line(bounds: &str) -> Result<[f64; 2], FormulaError> {
    Ok(domain_of(&["x".into()], bounds, &CANVAS_BOUNDS[..1])?[0])
}

/// Canvas of drawn samples: the range of their line, and the range of their potential `-kT log q`. For uniform samples, the potential is
/// `kT log` of the width.
///
/// # Errors
/// One sentence on bounds that cannot be read.
pub fn canvas(bounds: &str, kt: f64) -> Result<[[f64; 2]; 2], FormulaError> {
    let line = line(bounds)?;
    let even = (line[1] - line[0]).ln();
    Ok([line, PICTURE_ENDS.map(|depth| kt * (even + depth))])
}

/// Values of the samples of a drawing, and the line on which they lie.
///
/// # Errors
/// One sentence on the error of the drawing, or of the bounds.
pub fn values(drawing: &str, bounds: &str) -> Result<(Vec<f64>, [f64; 2]), FormulaError> {
    let wrong = |clause: &str| FormulaError::new("drawing", clause);
    let line = line(bounds)?;
    let samples = DrawnSamples::read(drawing).ok_or_else(|| wrong("cannot be read: copy the whole link, or draw anew"))?;
    let columns = samples.columns();
    if !samples.is_sufficient() {
        return Err(wrong(&format!("has {} samples: draw {MIN_SAMPLES} or more", columns.len())));
    }
    if columns[columns.len() - 1] - columns[0] < MIN_DRAWING_COLUMNS {
        return Err(wrong("has its samples too close together: draw some farther away"));
    }
    Ok((columns.iter().map(|&column| on_line(line, column)).collect(), line))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two hills, the first one twice as high.
    fn hills() -> DrawnSamples {
        let mut samples = DrawnSamples::default();
        let way = [[200, 0], [1000, 4000], [1800, 0], [2300, 0], [3100, 2000], [3900, 0]];
        way.windows(2).for_each(|pair| samples.draw(pair[0], pair[1]));
        samples
    }

    #[test]
    fn drawn_samples_round_trip_as_text() {
        let samples = DrawnSamples(vec![0, 0, 1, 64, 200, 4095]);
        assert_eq!(samples.text(), format!("AAB_A__K{}0", "_".repeat(61)));
        assert_eq!(DrawnSamples::read(&samples.text()), Some(samples));
        assert_eq!(DrawnSamples::read(""), Some(DrawnSamples::default()));
        for wrong in ["_", "A_", "A+", "Ä", &"A".repeat(MAX_SAMPLES + 1), &format!("{}B", "_".repeat(65))] {
            assert_eq!(DrawnSamples::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn any_drawn_samples_fit_into_link() {
        let mut samples = DrawnSamples::default();
        samples.draw([LAST_COLUMN, LAST_COLUMN], [0, LAST_COLUMN]);
        assert_eq!(samples.0.len(), MAX_SAMPLES);
        for k in 0..3000 {
            match k % 7 {
                0 => samples.add((k * 37) % (LAST_COLUMN + 1)),
                1 => samples = samples.moved(samples.between([300, 900]), k % 400 - 200).0,
                _ => samples.draw([k % 4096, (k * 11) % 4096], [(k * 13) % 4096, (k * 7) % 4096]),
            }
            assert!(samples.0.len() <= MAX_SAMPLES && samples.0.is_sorted() && samples.text().len() <= MAX_SAMPLES + 65);
            assert_eq!(DrawnSamples::read(&samples.text()).as_ref(), Some(&samples));
        }
    }

    #[test]
    fn density_of_samples_follows_height_of_stroke() {
        let samples = hills();
        let [high, low, between] = [[200, 1800], [2300, 3900], [1801, 2299]].map(|ends| samples.between(ends).len());
        // Each hill is a triangle: half of the width times the height, as a fraction of the canvas, times the number of fixed points.
        let expected = |width: f64, height: f64| 0.5 * width / 4096.0 * height / 4096.0 * MAX_SAMPLES as f64;
        for (count, expected) in [(high, expected(1600.0, 4000.0)), (low, expected(1600.0, 2000.0))] {
            assert!((count as f64 - expected).abs() < 3.0 * expected.sqrt(), "{count} samples, not {expected}");
        }
        assert_eq!(between, 0);
        // A higher stroke adds samples and removes none. A stroke over its own line replaces it, and a division into parts does not change
        // the samples.
        let (mut higher, mut again) = (samples.clone(), samples.clone());
        higher.draw([2300, 2200], [3900, 2200]);
        assert!(higher.between([2300, 3900]).len() > low);
        again.draw([2300, 0], [2700, 1000]);
        again.draw([2700, 1000], [3100, 2000]);
        assert_eq!(again, samples);
    }

    #[test]
    fn samples_are_added_erased_and_moved() {
        let samples = hills();
        let mut more = samples.clone();
        more.add(2048);
        more.add(2048);
        assert_eq!(more.0.len(), samples.0.len() + 2);
        more.erase(2048 + ERASER_COLUMNS);
        assert_eq!(more, samples);
        let held = samples.between([2300, 3900]);
        let (moved, now) = samples.moved(held.clone(), -700);
        assert_eq!((moved.0.len(), now.len() >= held.len()), (samples.0.len(), true));
        assert_eq!(moved.moved(now, 0).0, moved);
        let (edge, now) = samples.moved(held.clone(), 9000);
        assert_eq!((edge.0.last(), now), (Some(&LAST_COLUMN), held));
        assert_eq!(samples.moved(0..0, 50).0, samples);
    }
}
