//! Curve that the user draws: points on a canvas, joined by cubics that are monotone between the points. The minima of the
//! curve are therefore minima of the points (F. N. Fritsch and J. Butland, 1984).
//!
//! - canvas: `x` from -2 to 2, values from 0 to 4, unless other bounds are given
//! - domain: from the first point to the last
//! - text: four characters per point ([`points`])
//!
//! Drawn samples on a line are in [`samples`].
//!
//! ```
//! use multiwell::internal::potentials::{KnownPotential, Sketch};
//! let valley = Sketch::new("AA__gAAA____", "x=0..1, y=0..10").unwrap();
//! assert_eq!((valley.bounds(), valley.value(&[0.0])), (vec![[0.0, 1.0]], 10.0));
//! ```

pub mod points;
pub mod samples;
mod spline;

use std::sync::OnceLock;

use super::KnownPotential;
use super::formula::{FormulaError, domain_of};
use points::{LAST_COLUMN, SketchPoints};
use spline::CurveSpline;

/// Default canvas: the range of the input, and the range of the values.
pub const CANVAS_BOUNDS: [[f64; 2]; 2] = [[-2.0, 2.0], [0.0, 4.0]];

/// Smallest width of a drawing, in columns: a twentieth of the canvas.
const MIN_DRAWING_COLUMNS: i32 = LAST_COLUMN / 20;

/// Potential from a drawing.
#[derive(Debug, Default)]
pub struct Sketch {
    /// Curve through the points, created at the first evaluation, because the list of benchmarks contains one.
    spline: OnceLock<CurveSpline>,
}

impl Sketch {
    /// The id of this benchmark.
    pub const ID: &'static str = "drawing";
    /// Drawing that the page shows first.
    pub const FIRST: &'static str = "AA5mEAjMIASZLNLhOZJmRmMAWZUzbMcAgAfMkzdmpmYAtmThwyR7z_UA3_cA7_pm__7M";

    /// Creates the potential of a drawing on a canvas with these bounds (`x=-2..2, y=0..4`).
    ///
    /// # Errors
    /// One sentence on the error of the drawing, or of the bounds.
    pub fn new(drawing: &str, bounds: &str) -> Result<Self, FormulaError> {
        let canvas = canvas(bounds)?;
        let wrong = |clause: &str| FormulaError::new("drawing", clause);
        let points = SketchPoints::read(drawing).ok_or_else(|| wrong("cannot be read: copy the whole link, or draw anew"))?;
        let places = points.places();
        let (Some(first), Some(last)) = (places.first(), places.last()) else { return Err(wrong("is empty: draw a curve")) };
        if last[0] - first[0] < MIN_DRAWING_COLUMNS {
            return Err(wrong("is too short: draw a curve from the left to the right"));
        }
        if places.iter().all(|place| place[1] == first[1]) {
            return Err(wrong("is flat: draw a curve that rises and falls"));
        }
        let of = |axis: usize| places.iter().map(|place| on_line(canvas[axis], place[axis])).collect();
        Ok(Self { spline: OnceLock::from(CurveSpline::new(of(0), of(1))) })
    }

    fn spline(&self) -> &CurveSpline {
        self.spline.get_or_init(|| {
            let first = Self::new(Self::FIRST, "").ok().and_then(|first| first.spline.into_inner());
            first.expect("the first drawing is valid")
        })
    }
}

/// Value at a column or a row of the canvas.
pub fn on_line([low, high]: [f64; 2], place: i32) -> f64 {
    low + (high - low) * f64::from(place) / f64::from(LAST_COLUMN)
}

/// Initial drawing of a benchmark; `None` if the benchmark is not drawn.
pub fn first(benchmark: &str) -> Option<&'static str> {
    match benchmark {
        Sketch::ID => Some(Sketch::FIRST),
        samples::SAMPLES_ID => Some(samples::INITIAL_SAMPLES),
        _ => None,
    }
}

/// Digits of a text, each of six bits: the base64 characters that need no escape in a link.
const TEXT_DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn digit(byte: u8) -> Option<i32> {
    (0..).zip(TEXT_DIGITS).find(|(_, digit)| **digit == byte).map(|(number, _)| number)
}

fn letter(number: i32) -> char {
    char::from(TEXT_DIGITS[number as usize])
}

/// Canvas of a drawn curve: the range of the input, and the range of the values.
///
/// # Errors
/// One sentence on bounds that cannot be read.
pub fn canvas(bounds: &str) -> Result<[[f64; 2]; 2], FormulaError> {
    let found = domain_of(&["x", "y"].map(String::from), bounds, &CANVAS_BOUNDS)?;
    Ok([found[0], found[1]])
}

impl KnownPotential for Sketch {
    fn id(&self) -> &str {
        Self::ID
    }

    fn description(&self) -> [&'static str; 2] {
        ["Your own drawing", "A curve that you draw into the picture, learnt from points on it while you draw."]
    }

    fn bounds(&self) -> Vec<[f64; 2]> {
        vec![self.spline().domain()]
    }

    fn value(&self, x: &[f64]) -> f64 {
        self.spline().at(x[0])[0]
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        vec![self.spline().at(x[0])[1]]
    }
}
