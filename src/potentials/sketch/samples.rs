//! Samples that are drawn on a line: what a pencil, an eraser and a hand do to them, and the text that a link holds.
//!
//! [`MOST`] places lie at random in the paper, evenly spread over it. A stroke makes samples of those below it and takes away the others in its columns: it
//! draws a density, and samples of that by rejection (J. von Neumann, 1951). The higher the pencil the more samples there are; at the upper edge they
//! are as many as fit into a link.

use std::ops::Range;
use std::sync::LazyLock;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::points::{FINEST, Place};
use super::{PAPER, SHORTEST, digit, letter, on_line};
use crate::numerics::statistics::sort_by;
use crate::potentials::formula::{FormulaError, domain_of};

/// The id of the benchmark that learns the density of drawn samples.
pub const ID: &str = "drawn-samples";
/// The samples that it begins with.
pub const FIRST: &str = "________My_THi_VxjCHoHWECIiHTHTUAYJTFEBONCMBFIITCOORJHYMUCBCEHplLDvAbDK\
                         hSX____________UfB_cdICE_dQcO_Zb3DEVDJJWsAFQCOGOCm_W8FWSQwRCI__We____S_N";
/// Least number of samples of which a density is learnt.
pub const LEAST: usize = 8;
/// Most samples of a drawing.
pub const MOST: usize = 500;
/// A letter that stands for as many columns without a sample.
const STEP: i32 = 63;
/// What an eraser takes away on both sides of the place that it touches, in columns.
const ERASER: i32 = 80;

/// The ends of the picture of a potential `-log q`, above that of samples that are evenly spread: the lower one is at the bottom of a hill that is a twentieth
/// of the line wide.
const DEPTHS: [f64; 2] = [-3.0, 7.0];

/// Sorts places by column (0) or row (1). This and [`rise`] are compiled once, and share the sort of everything else.
fn order(places: &mut [Place], by: usize) {
    sort_by(places, |place| place[by].into());
}

/// Sorts columns from left to right.
fn rise(columns: &mut [i32]) {
    sort_by(columns, |&column| column.into());
}

/// The places in the paper, each in a column of its own, from left to right.
static PLACES: LazyLock<Vec<Place>> = LazyLock::new(|| {
    let mut columns: Vec<i32> = (0..=FINEST).collect();
    columns.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(0));
    let row = |k: usize| ((k as f64 + 0.5) / MOST as f64 * f64::from(FINEST)) as i32;
    let mut places: Vec<Place> = columns.into_iter().take(MOST).enumerate().map(|(k, column)| [column, row(k)]).collect();
    order(&mut places, 0);
    places
});

/// Columns of samples, from left to right; several may be in one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrawnSamples(Vec<i32>);

impl DrawnSamples {
    /// The samples of a text; `None` if it is not that of drawn samples.
    pub fn read(text: &str) -> Option<Self> {
        let (mut column, mut columns, mut is_open) = (0, Vec::new(), false);
        for byte in text.bytes() {
            let number = digit(byte)?;
            column += number;
            is_open = number == STEP;
            if !is_open {
                columns.push(column);
            }
        }
        (!is_open && column <= FINEST && columns.len() <= MOST).then_some(Self(columns))
    }

    /// The text of the samples: a letter each, for how many columns it lies to the right of the one before; `_` for 63 columns without one.
    pub fn text(&self) -> String {
        let (mut text, mut before) = (String::new(), 0);
        for column in &self.0 {
            let steps = (column - before) / STEP;
            (0..steps).for_each(|_| text.push(letter(STEP)));
            text.push(letter(column - before - steps * STEP));
            before = *column;
        }
        text
    }

    /// The columns of the samples, from left to right.
    pub fn columns(&self) -> &[i32] {
        &self.0
    }

    /// Whether they are enough for a density to be learnt.
    pub fn are_enough(&self) -> bool {
        self.0.len() >= LEAST
    }

    /// Puts a sample, if there is room for one.
    pub fn put(&mut self, column: i32) {
        if self.0.len() < MOST {
            let at = self.0.partition_point(|&other| other < column);
            self.0.insert(at, column);
        }
    }

    /// Draws with the pencil from a place to another: the samples between their columns are then those of the places below its way.
    pub fn draw(&mut self, from: Place, to: Place) {
        let [left, right] = if from[0] <= to[0] { [from, to] } else { [to, from] };
        self.0.retain(|column| !(left[0]..=right[0]).contains(column));
        let height = |column: i32| {
            let width = (right[0] - left[0]).max(1);
            left[1] + (right[1] - left[1]) * (column - left[0]) / width
        };
        let mut below: Vec<Place> = PLACES
            .iter()
            .copied()
            .filter(|&[column, row]| (left[0]..=right[0]).contains(&column) && row < height(column))
            .collect();
        // Where there is not room for all, the pencil is as good as lower.
        order(&mut below, 1);
        self.0.extend(below.iter().take(MOST - self.0.len()).map(|place| place[0]));
        rise(&mut self.0);
    }

    /// Takes away the samples around a column.
    pub fn erase(&mut self, at: i32) {
        self.0.retain(|column| (column - at).abs() > ERASER);
    }

    /// Which samples lie from one column to another.
    pub fn between(&self, [first, last]: [i32; 2]) -> Range<usize> {
        self.0.partition_point(|&column| column < first)..self.0.partition_point(|&column| column <= last)
    }

    /// The samples with some of them moved by a number of columns, as far as the paper goes, and where these are then.
    #[must_use]
    pub fn moved(&self, held: Range<usize>, by: i32) -> (Self, Range<usize>) {
        let Some((&first, &last)) = self.0[held.clone()].first().zip(self.0[held.clone()].last()) else {
            return (self.clone(), held);
        };
        let by = by.clamp(-first, FINEST - last);
        let mut moved = self.0.clone();
        moved.drain(held.clone());
        let at = moved.partition_point(|&column| column < first + by);
        let (before, after) = moved.split_at(at);
        // Others may lie among those that are moved: they are then sorted into them.
        let mut all = [before, &self.0[held].iter().map(|column| column + by).collect::<Vec<_>>(), after].concat();
        rise(&mut all);
        let moved = Self(all);
        let held = moved.between([first + by, last + by]);
        (moved, held)
    }
}

/// The range of the line on which samples are drawn.
fn line(bounds: &str) -> Result<[f64; 2], FormulaError> {
    Ok(domain_of(&["x".into()], bounds, &PAPER[..1])?[0])
}

/// The paper of drawn samples: the range of their line, and that of their potential `-kT log q`, which is `kT log` of the width for samples that are
/// evenly spread.
///
/// # Errors
/// One sentence on bounds that cannot be read.
pub fn paper(bounds: &str, kt: f64) -> Result<[[f64; 2]; 2], FormulaError> {
    let line = line(bounds)?;
    let even = (line[1] - line[0]).ln();
    Ok([line, DEPTHS.map(|depth| kt * (even + depth))])
}

/// The values of the samples of a drawing, and the line that they lie on.
///
/// # Errors
/// One sentence that says what is wrong with the drawing, or with the bounds.
pub fn values(drawing: &str, bounds: &str) -> Result<(Vec<f64>, [f64; 2]), FormulaError> {
    let wrong = |clause: &str| FormulaError::new("drawing", clause);
    let line = line(bounds)?;
    let samples = DrawnSamples::read(drawing).ok_or_else(|| wrong("cannot be read: copy the whole link, or draw anew"))?;
    let columns = samples.columns();
    if !samples.are_enough() {
        return Err(wrong(&format!("has {} samples: draw {LEAST} or more", columns.len())));
    }
    if columns[columns.len() - 1] - columns[0] < SHORTEST {
        return Err(wrong("has its samples too close together: draw some farther away"));
    }
    Ok((columns.iter().map(|&column| on_line(line, column)).collect(), line))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two hills, the first twice as high.
    fn hills() -> DrawnSamples {
        let mut samples = DrawnSamples::default();
        let way = [[200, 0], [1000, 4000], [1800, 0], [2300, 0], [3100, 2000], [3900, 0]];
        way.windows(2).for_each(|pair| samples.draw(pair[0], pair[1]));
        samples
    }

    #[test]
    fn samples_are_their_text() {
        let samples = DrawnSamples(vec![0, 0, 1, 64, 200, 4095]);
        assert_eq!(samples.text(), format!("AAB_A__K{}0", "_".repeat(61)));
        assert_eq!(DrawnSamples::read(&samples.text()), Some(samples));
        assert_eq!(DrawnSamples::read(""), Some(DrawnSamples::default()));
        for wrong in ["_", "A_", "A+", "Ä", &"A".repeat(MOST + 1), &format!("{}B", "_".repeat(65))] {
            assert_eq!(DrawnSamples::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn whatever_is_drawn_fits_into_a_link() {
        let mut samples = DrawnSamples::default();
        samples.draw([FINEST, FINEST], [0, FINEST]);
        assert_eq!(samples.0.len(), MOST);
        for k in 0..3000 {
            match k % 7 {
                0 => samples.put((k * 37) % (FINEST + 1)),
                1 => samples = samples.moved(samples.between([300, 900]), k % 400 - 200).0,
                _ => samples.draw([k % 4096, (k * 11) % 4096], [(k * 13) % 4096, (k * 7) % 4096]),
            }
            assert!(samples.0.len() <= MOST && samples.0.is_sorted() && samples.text().len() <= MOST + 65);
            assert_eq!(DrawnSamples::read(&samples.text()).as_ref(), Some(&samples));
        }
    }

    #[test]
    fn the_height_of_the_pencil_is_the_density_of_the_samples() {
        let samples = hills();
        let [high, low, between] = [[200, 1800], [2300, 3900], [1801, 2299]].map(|ends| samples.between(ends).len());
        // Triangles: half of the width times the height, of as many samples as the paper holds.
        let expected = |width: f64, height: f64| 0.5 * width / 4096.0 * height / 4096.0 * MOST as f64;
        for (count, expected) in [(high, expected(1600.0, 4000.0)), (low, expected(1600.0, 2000.0))] {
            assert!((count as f64 - expected).abs() < 3.0 * expected.sqrt(), "{count} samples, not {expected}");
        }
        assert_eq!(between, 0);
        // Higher up there are more and none is lost; over its own way the pencil draws anew, and whatever the stretches, the samples are the same.
        let (mut higher, mut again) = (samples.clone(), samples.clone());
        higher.draw([2300, 2200], [3900, 2200]);
        assert!(higher.between([2300, 3900]).len() > low);
        again.draw([2300, 0], [2700, 1000]);
        again.draw([2700, 1000], [3100, 2000]);
        assert_eq!(again, samples);
    }

    #[test]
    fn samples_are_put_erased_and_moved() {
        let samples = hills();
        let mut more = samples.clone();
        more.put(2048);
        more.put(2048);
        assert_eq!(more.0.len(), samples.0.len() + 2);
        more.erase(2048 + ERASER);
        assert_eq!(more, samples);
        let held = samples.between([2300, 3900]);
        let (moved, now) = samples.moved(held.clone(), -700);
        assert_eq!((moved.0.len(), now.len() >= held.len()), (samples.0.len(), true));
        assert_eq!(moved.moved(now, 0).0, moved);
        let (edge, now) = samples.moved(held.clone(), 9000);
        assert_eq!((edge.0.last(), now), (Some(&FINEST), held));
        assert_eq!(samples.moved(0..0, 50).0, samples);
    }
}
