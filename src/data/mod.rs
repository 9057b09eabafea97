//! Data to learn from: points with a value each, drawn from a potential ([`sampling`]) or read from a table ([`csv`]), runs in time
//! ([`trajectories`]), and what can be said of points before any fit: spread, bounds, the level of their noise ([`noise`]), and whether they may be
//! samples of a density rather than values of a function ([`looks_like_samples`]).

pub mod csv;
pub mod estimate;
pub mod noise;
mod scatter;
pub mod trajectories;

pub use scatter::looks_like_samples;

use ndarray::{Array1, Array2, ArrayRef1};

/// Sample points and their values.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Where the data come from: a benchmark's id or a file's name.
    pub name: String,
    /// Names of the inputs, then of the output.
    pub names: Vec<String>,
    /// Inputs, `[samples, inputs]`.
    pub x: Array2<f64>,
    /// Values, `[samples]`; not a number where they are not known.
    pub y: Array1<f64>,
    /// Derivatives `[samples, inputs]`, not a number where one is missing; `None` if values are all that was measured.
    pub gradient: Option<Array2<f64>>,
}

impl Dataset {
    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.x.nrows()
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.x.ncols()
    }

    /// Smallest and largest value of each input: the data's bounding box.
    pub fn bounds(&self) -> Vec<[f64; 2]> {
        let widen = |[low, high]: [f64; 2], &x: &f64| [low.min(x), high.max(x)];
        self.x.columns().into_iter().map(|column| column.iter().fold([f64::INFINITY, f64::NEG_INFINITY], widen)).collect()
    }

    /// Standard deviation of the values; not a number where they are not known.
    pub fn std(&self) -> f64 {
        standard_deviation(&self.y)
    }

    /// Whether the values are known.
    pub fn has_values(&self) -> bool {
        self.y.iter().all(|y| y.is_finite())
    }

    /// Whether input and values may be samples of two quantities rather than a function, see [`looks_like_samples`]; false where there is more
    /// than one input, or no values.
    pub fn looks_like_samples(&self) -> bool {
        let is_table = self.inputs() == 1 && self.has_values() && self.gradient.is_none();
        is_table && looks_like_samples(&self.x.column(0), &self.y)
    }

    /// Estimated standard deviation of the values' noise, see [`noise::estimate`]. Zero where there is more than one input: it
    /// rests on neighbours along a line.
    pub fn sigma(&self) -> f64 {
        if self.inputs() == 1 && self.has_values() { noise::estimate(&self.x.column(0), &self.y) } else { 0.0 }
    }

    /// The same by [`noise::fine_estimate`], which does not take curvature for noise.
    pub fn fine_sigma(&self) -> f64 {
        if self.inputs() == 1 { noise::fine_estimate(&self.x.column(0), &self.y) } else { 0.0 }
    }
}

/// Arithmetic mean; 0 of nothing.
pub fn mean(values: &ArrayRef1<f64>) -> f64 {
    if values.is_empty() { 0.0 } else { values.sum() / values.len() as f64 }
}

/// Standard deviation of the values about their own mean, dividing by their number; 0 of nothing.
pub fn standard_deviation(values: &ArrayRef1<f64>) -> f64 {
    let centre = mean(values);
    mean(&values.mapv(|v| (v - centre) * (v - centre))).sqrt()
}

/// Mean squared error and coefficient of determination of pairs of what was found and what is true, those unknown left out.
pub fn errors<'a>(pairs: impl Iterator<Item = (&'a f64, &'a f64)>) -> (f64, f64) {
    let pairs: Vec<(f64, f64)> = pairs.filter(|(_, truth)| truth.is_finite()).map(|(f, t)| (*f, *t)).collect();
    let squares: Array1<f64> = pairs.iter().map(|(f, t)| (f - t) * (f - t)).collect();
    let mse = squares.sum() / pairs.len().max(1) as f64;
    let spread = standard_deviation(&pairs.iter().map(|pair| pair.1).collect::<Array1<f64>>());
    (mse, 1.0 - mse / (spread * spread).max(f64::MIN_POSITIVE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn spread_and_bounds_of_a_small_table() {
        let data = Dataset {
            name: "t".into(),
            names: vec!["u".into(), "v".into(), "y".into()],
            x: array![[0.0, 5.0], [-2.0, 6.0], [1.0, -7.0]],
            y: array![1.0, 3.0, 5.0],
            gradient: None,
        };
        assert_eq!(data.bounds(), vec![[-2.0, 1.0], [-7.0, 6.0]]);
        assert!((data.std() - (8.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(data.sigma(), 0.0);
        assert_eq!((data.samples(), data.inputs()), (3, 2));
        assert_eq!(standard_deviation(&array![]), 0.0);
    }
}
