//! A curve that the user draws: points on a paper, joined by cubics that rise and fall only as the points do, so that the minima are those of
//! the points (F. N. Fritsch and J. Butland, 1984).
//!
//! - paper: `x` from -2 to 2, values from 0 to 4, unless other bounds are given
//! - domain: from the first point to the last
//! - text: four letters a point ([`points`])
//!
//! Samples that are drawn on a line are in [`samples`].
//!
//! ```
//! use multiwell::potentials::{KnownPotential, Sketch};
//! let valley = Sketch::new("AA__gAAA____", "x=0..1, y=0..10").unwrap();
//! assert_eq!((valley.bounds(), valley.value(&[0.0])), (vec![[0.0, 1.0]], 10.0));
//! ```

pub mod points;
pub mod samples;
mod spline;

use std::sync::OnceLock;

use super::Curve;
use super::formula::{FormulaError, domain_of};
use points::{FINEST, Points};
use spline::Spline;

/// The paper on which is drawn unless other bounds are given: the range of the input, and that of the values.
pub const PAPER: [[f64; 2]; 2] = [[-2.0, 2.0], [0.0, 4.0]];

/// The shortest drawing, in columns: a twentieth of the paper.
const SHORTEST: i32 = FINEST / 20;

/// A potential from a drawing.
#[derive(Debug, Default)]
pub struct Sketch {
    /// Made when it is first evaluated: the list of benchmarks holds one.
    spline: OnceLock<Spline>,
}

impl Sketch {
    /// The id of this benchmark.
    pub const ID: &'static str = "drawing";
    /// The drawing that it begins with.
    pub const FIRST: &'static str = "AA5mEAjMIASZLNLhOZJmRmMAWZUzbMcAgAfMkzdmpmYAtmThwyR7z_UA3_cA7_pm__7M";

    /// The potential of a drawing on a paper with these bounds (`x=-2..2, y=0..4`).
    ///
    /// # Errors
    /// One sentence that says what is wrong with the drawing, or with the bounds.
    pub fn new(drawing: &str, bounds: &str) -> Result<Self, FormulaError> {
        let paper = paper(bounds)?;
        let wrong = |clause: &str| FormulaError::new("drawing", clause);
        let points = Points::read(drawing).ok_or_else(|| wrong("cannot be read: copy the whole link, or draw anew"))?;
        let places = points.places();
        let (Some(first), Some(last)) = (places.first(), places.last()) else { return Err(wrong("is empty: draw a curve")) };
        if last[0] - first[0] < SHORTEST {
            return Err(wrong("is too short: draw a curve from the left to the right"));
        }
        if places.iter().all(|place| place[1] == first[1]) {
            return Err(wrong("is flat: draw a curve that rises and falls"));
        }
        let of = |axis: usize| places.iter().map(|place| on_line(paper[axis], place[axis])).collect();
        Ok(Self { spline: OnceLock::from(Spline::new(of(0), of(1))) })
    }

    fn spline(&self) -> &Spline {
        self.spline.get_or_init(|| {
            let first = Self::new(Self::FIRST, "").ok().and_then(|first| first.spline.into_inner());
            first.expect("the first drawing is valid")
        })
    }
}

/// The value that a column or a row of the paper stands for.
pub fn on_line([low, high]: [f64; 2], place: i32) -> f64 {
    low + (high - low) * f64::from(place) / f64::from(FINEST)
}

/// The drawing that a benchmark begins with; `None` if it is not drawn.
pub fn first(benchmark: &str) -> Option<&'static str> {
    match benchmark {
        Sketch::ID => Some(Sketch::FIRST),
        samples::ID => Some(samples::FIRST),
        _ => None,
    }
}

/// The digits of a text, each of six bits: those of base64 that need no escape in a link.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn digit(byte: u8) -> Option<i32> {
    (0..).zip(DIGITS).find(|(_, digit)| **digit == byte).map(|(number, _)| number)
}

fn letter(number: i32) -> char {
    char::from(DIGITS[number as usize])
}

/// The paper of a drawn curve: the range of the input, and that of the values.
///
/// # Errors
/// One sentence on the bounds that cannot be read.
pub fn paper(bounds: &str) -> Result<[[f64; 2]; 2], FormulaError> {
    let found = domain_of(&["x", "y"].map(String::from), bounds, &PAPER)?;
    Ok([found[0], found[1]])
}

impl Curve for Sketch {
    fn id(&self) -> &str {
        Self::ID
    }

    fn name(&self) -> &'static str {
        "Your own drawing"
    }

    fn sentence(&self) -> &'static str {
        "A curve that you draw into the picture, learnt from points on it while you draw."
    }

    fn domain(&self) -> [f64; 2] {
        self.spline().domain()
    }

    fn value(&self, x: f64) -> f64 {
        self.spline().at(x)[0]
    }

    fn slope(&self, x: f64) -> f64 {
        self.spline().at(x)[1]
    }
}
