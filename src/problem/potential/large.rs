//! Tables of very many rows. A fit uses averages of them in few inputs ([`crate::loss::gathered`]) and mini-batches otherwise.
//! Plots, and errors during training, use a fixed subset of the rows; final errors use all rows.

use std::sync::Arc;

use ndarray::s;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::cache::StateCache;
use super::metrics::PotentialMetrics;
use crate::data::{self, Dataset};
use crate::loss::gathered::{Gathered, MAX_INPUTS, MAX_ROWS};
use crate::model::Architecture;
use crate::model::model_file::Normalization;
use crate::model::potential::{Evaluator, Outputs};
use crate::numerics::linear::narrow;
use crate::potentials::sampling;
use crate::problem::settings::{Recipe, Settings};
use crate::text::whole;

/// Number of rows that are evaluated at once.
pub const ROWS_PER_EVALUATION: usize = 1 << 14;

/// Subset and averages of a table of very many rows.
pub struct LargeTable {
    /// Rows for plots and for errors during training.
    pub subset: Dataset,
    /// Averages of the rows in cells, if a fit uses them.
    pub gathered: Option<Arc<Gathered>>,
    /// Sentence for the user on subset and averages.
    pub sentence: String,
    /// Errors on all rows, by the position of the run.
    errors: StateCache<u64, Vec<QuantityError>>,
}

impl LargeTable {
    /// Subset and averages of a table, if it has very many rows and the recipe supports it.
    pub fn for_data(data: &Arc<Dataset>, scaling: &Normalization, settings: &Settings) -> Option<Self> {
        let is_large = data.samples() > MAX_ROWS && settings.training.recipe == Recipe::Reliable;
        let value_weight = settings.potential().map_or(0.0, |own| own.value_weight);
        if !is_large {
            return None;
        }
        let gathered = || Arc::new(Gathered::new(Arc::clone(data), scaling, value_weight));
        let gathered = (data.inputs() <= MAX_INPUTS && !data.is_density).then(gathered);
        let subset = row_subset(data);
        let counts = [&subset, data].map(|rows| whole(rows.samples() as u64)).join(" of ");
        // Errors are measured on a user's table.
        let plotted = match settings.has_own_data() {
            _ if data.is_density => format!("{counts} samples are plotted."),
            true => format!("{counts} rows are plotted. Until training ends, the errors are those of these rows."),
            false => format!("{counts} rows are plotted."),
        };
        let sentence = gathered.as_ref().map_or_else(String::new, |gathered| gathered.sentence() + " ") + &plotted;
        Some(Self { subset, gathered, sentence, errors: StateCache::default() })
    }

    /// Replaces errors on the subset by errors on all rows. `state_id` identifies the state of the run.
    pub fn measure(&self, state_id: u64, data: &Dataset, fit: &FitParams, own: &mut PotentialMetrics) {
        let errors = self.errors.get_or_compute(state_id, || fit.errors(data));
        let (values, slopes) = errors.split_at(usize::from(data.has_values()));
        let (mse, r2) = data::errors_of_values_or_slopes(values.first().copied(), slopes);
        (own.rmse, own.r2) = (mse.sqrt(), r2);
        if slopes.is_empty() {
            own.mse = mse / fit.scaling.output_scale.powi(2);
        } else {
            own.r2_components = slopes.iter().map(|e| e.1).collect();
            own.rmse_components = slopes.iter().map(|e| e.0.sqrt()).collect();
            own.r2_potential = values.first().map(|e| e.1);
        }
    }
}

/// Architecture, scaling and parameters of a fit.
pub struct FitParams<'a> {
    pub arch: &'a Architecture,
    pub scaling: &'a Normalization,
    pub params: &'a [f64],
    /// Constant to subtract from the fit.
    pub offset: f64,
}

/// Mean squared error and coefficient of determination of one measured quantity.
type QuantityError = (f64, f64);

impl FitParams<'_> {
    /// Errors of the values, if there are any, and of each derivative, if the fit uses them. Evaluated in chunks and in
    /// single precision, because there may be a million rows.
    fn errors(&self, data: &Dataset) -> Vec<QuantityError> {
        let (has_values, inputs) = (data.has_values(), data.inputs());
        let parts = Outputs { gradient: data.gradient.is_some(), ..Outputs::default() };
        let mut evaluator = Evaluator::<f32>::new(self.arch, self.scaling.clone(), parts);
        let params = narrow(self.params);
        let slopes = data.gradient.as_ref().map_or(0, |_| inputs);
        let mut sums = vec![ErrorSums::default(); usize::from(has_values) + slopes];
        for first in (0..data.samples()).step_by(ROWS_PER_EVALUATION) {
            let rows = first..(first + ROWS_PER_EVALUATION).min(data.samples());
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
        sums.into_iter().map(ErrorSums::error).collect()
    }
}

/// Weighted sums over pairs of found and measured values.
#[derive(Clone, Default)]
struct ErrorSums {
    /// First measured value, as a shift that improves the precision of the variance.
    first: Option<f64>,
    weight: f64,
    errors: f64,
    values: f64,
    squares: f64,
}

impl ErrorSums {
    fn add(&mut self, weight: f64, found: f64, measured: f64) {
        if measured.is_finite() {
            let value = measured - *self.first.get_or_insert(measured);
            self.weight += weight;
            self.errors += weight * (found - measured).powi(2);
            self.values += weight * value;
            self.squares += weight * value * value;
        }
    }

    fn error(self) -> QuantityError {
        let total = self.weight.max(f64::MIN_POSITIVE);
        let [mse, mean, square] = [self.errors, self.values, self.squares].map(|sum| sum / total);
        let size = self.first.unwrap_or_default();
        (mse, data::determination(mse, (square - mean * mean).max(0.0), size))
    }
}

/// Random subset of the rows of a table.
pub fn row_subset(data: &Dataset) -> Dataset {
    let chosen = sampling::subset(data.samples(), MAX_ROWS, &mut Xoshiro256PlusPlus::seed_from_u64(0));
    Dataset { notes: Vec::new(), ..data.select_rows(&chosen) }
}
