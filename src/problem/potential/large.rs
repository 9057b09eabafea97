//! Tables of very many rows. A fit learns from averages of them where there are few inputs ([`crate::recipe::gathered`]) and in mini-batches otherwise.
//! What is plotted, and the errors while it trains, are of some rows, which are chosen once; its final errors are of all.

use std::cell::Cell;
use std::sync::Arc;

use ndarray::s;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::metrics::PotentialMetrics;
use crate::data::Dataset;
use crate::model::Architecture;
use crate::model::model_file::Normalization;
use crate::model::potential::{Evaluator, Outputs};
use crate::potentials::sampling;
use crate::problem::settings::{Recipe, Settings};
use crate::recipe::gathered::{Gathered, MOST_INPUTS, MOST_ROWS};
use crate::text::whole;

/// Rows that are evaluated at once.
pub const PART: usize = 1 << 14;

/// What is done with a table of very many rows.
pub struct Large {
    /// The rows that are plotted, and on which errors are measured during training.
    pub some: Dataset,
    /// The rows in cells, if a fit learns from averages of them.
    pub gathered: Option<Arc<Gathered>>,
    rows: usize,
    /// Whether the rows are a user's own, so that errors are measured on them.
    is_own: bool,
    /// The position of the run at which errors on all rows were measured last, and these.
    known: Cell<Option<(u64, Vec<Error>)>>,
}

impl Large {
    /// What is done with a table, if it has so many rows and the recipe allows it.
    pub fn of(data: &Arc<Dataset>, scaling: &Normalization, settings: &Settings) -> Option<Self> {
        let is_large = data.samples() > MOST_ROWS && settings.training.recipe == Recipe::Reliable;
        let value_weight = settings.potential().map_or(0.0, |own| own.value_weight);
        let gathered = || Arc::new(Gathered::new(Arc::clone(data), scaling, value_weight));
        is_large.then(|| Self {
            some: some_of(data),
            gathered: (data.inputs() <= MOST_INPUTS && !data.is_density).then(gathered),
            rows: data.samples(),
            is_own: settings.has_own_data(),
            known: Cell::new(None),
        })
    }

    /// One sentence on what is done.
    pub fn sentence(&self) -> String {
        let [some, rows] = [self.some.samples(), self.rows].map(|count| whole(count as u64));
        let plotted = match self.is_own {
            _ if self.some.is_density => format!("{some} of {rows} samples are plotted."),
            true => format!("{some} of {rows} rows are plotted, and errors are of these until training ends."),
            false => format!("{some} of {rows} rows are plotted."),
        };
        self.gathered.as_ref().map_or_else(String::new, |gathered| gathered.sentence() + " ") + &plotted
    }

    /// Replaces errors on some rows by those on all. `at` tells states of the run from each other.
    pub fn measure(&self, at: u64, data: &Dataset, fit: &Fit, own: &mut PotentialMetrics) {
        let errors = match self.known.take().filter(|(then, _)| *then == at) {
            Some((_, errors)) => errors,
            None => fit.errors(data),
        };
        let (values, slopes) = errors.split_at(usize::from(data.has_values()));
        let mean = |of: fn(&Error) -> f64| slopes.iter().map(of).sum::<f64>() / slopes.len().max(1) as f64;
        let (mse, r2) = values.first().map_or_else(|| (mean(|e| e.mse), mean(|e| e.r2)), |e| (e.mse, e.r2));
        (own.rmse, own.r2) = (mse.sqrt(), r2);
        if slopes.is_empty() {
            own.mse = mse / fit.scaling.output_scale.powi(2);
        } else {
            own.r2_components = slopes.iter().map(|e| e.r2).collect();
            own.rmse_components = slopes.iter().map(|e| e.mse.sqrt()).collect();
            own.r2_potential = values.first().map(|e| e.r2);
        }
        self.known.set(Some((at, errors)));
    }
}

/// A fit whose errors are measured on many rows.
pub struct Fit<'a> {
    pub arch: &'a Architecture,
    pub scaling: &'a Normalization,
    pub params: &'a [f64],
    /// The constant by which it lies too high.
    pub offset: f64,
}

/// The error of one quantity that was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Error {
    /// Mean square.
    mse: f64,
    /// Coefficient of determination.
    r2: f64,
}

impl Fit<'_> {
    /// The errors of the values, if there are any, and of each derivative, if these are learnt from. In single precision and part after part, for there
    /// may be a million rows.
    fn errors(&self, data: &Dataset) -> Vec<Error> {
        let (has_values, inputs) = (data.has_values(), data.inputs());
        let parts = Outputs { gradient: data.gradient.is_some(), ..Outputs::default() };
        let mut evaluator = Evaluator::<f32>::new(self.arch, self.scaling.clone(), parts);
        let params: Vec<f32> = self.params.iter().map(|&p| p as f32).collect();
        let slopes = data.gradient.as_ref().map_or(0, |_| inputs);
        let mut sums = vec![Sums::default(); usize::from(has_values) + slopes];
        for first in (0..data.samples()).step_by(PART) {
            let rows = first..(first + PART).min(data.samples());
            let x: Vec<f64> = data.x.slice(s![rows.clone(), ..]).iter().copied().collect();
            let found = evaluator.evaluate(&params, &x);
            for (k, row) in rows.enumerate() {
                let weight = data.sigmas.get(row).map_or(1.0, |sigma| 1.0 / (sigma * sigma));
                if has_values {
                    sums[0].add(weight, found.psi[k] - self.offset, data.y[row]);
                }
                for (input, slope) in data.gradient.iter().flat_map(|gradient| gradient.row(row)).enumerate() {
                    sums[usize::from(has_values) + input].add(weight, found.gradient[k * inputs + input], *slope);
                }
            }
        }
        sums.into_iter().map(Sums::error).collect()
    }
}

/// Weighted sums over pairs of what was found and what was measured.
#[derive(Clone, Default)]
struct Sums {
    /// What was measured first, from which the others differ by less than from zero.
    first: Option<f64>,
    weight: f64,
    errors: f64,
    values: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, weight: f64, found: f64, measured: f64) {
        if measured.is_finite() {
            let value = measured - *self.first.get_or_insert(measured);
            self.weight += weight;
            self.errors += weight * (found - measured).powi(2);
            self.values += weight * value;
            self.squares += weight * value * value;
        }
    }

    fn error(self) -> Error {
        let total = self.weight.max(f64::MIN_POSITIVE);
        let [mse, mean, square] = [self.errors, self.values, self.squares].map(|sum| sum / total);
        Error { mse, r2: 1.0 - mse / (square - mean * mean).max(f64::MIN_POSITIVE) }
    }
}

/// Some rows of a table with more of them.
pub fn some_of(data: &Dataset) -> Dataset {
    let chosen = sampling::subset(data.samples(), MOST_ROWS, &mut Xoshiro256PlusPlus::seed_from_u64(0));
    Dataset { notes: Vec::new(), ..data.only(&chosen) }
}
