//! Wells that the rows of a surface have and its fit does not resolve.

use ndarray::{Array1, Array2, Axis};

use super::run::PotentialRun;
use crate::landscape::{Minimum, stationary};
use crate::numerics::accuracy::NORMAL_QUANTILE;
use crate::numerics::gaussian_process::{GaussianProcess, Quantity};
use crate::numerics::statistics::{normal_quantile, order};
use crate::text::number;

/// Relevant error of a barrier, as a fraction of the lowest barrier of a well.
const MIN_ERROR_FRACTION: f64 = 0.05;
/// Smallest ratio of the error of the fit and that of the process, in which the fit is the cause of its error.
const MIN_ERROR_RATIO: f64 = 3.0;
/// Largest number of rows from which minima are searched.
const MAX_STARTS: usize = 64;
/// Largest probability that the process has any well by chance.
const LEVEL: f64 = 0.05;

impl PotentialRun {
    /// Sentence on a well that a Gaussian process through the low rows of a surface has, and a fit with these minima does not resolve.
    /// `threshold` is the smallest barrier of a well.
    pub(super) fn missed_warning(&self, minima: &[Minimum], threshold: f64) -> Option<String> {
        let rows = self.plotted();
        if self.inputs() == 1 || self.data().is_density || !rows.has_values() {
            return None;
        }
        let wells: Vec<&Minimum> = minima.iter().filter(|minimum| minimum.is_well(threshold)).collect();
        let params = self.params();
        let heights =
            self.evaluation().heights(&params, &wells.iter().flat_map(|well| well.x.iter().copied()).collect::<Vec<f64>>());
        let lowest = heights.iter().copied().fold(f64::INFINITY, f64::min);
        let passes = wells.iter().zip(&heights).filter_map(|(well, height)| Some(height + well.barrier?));
        let ceiling = 2.0 * passes.fold(lowest, f64::max) - lowest;
        let (psi, offset) = (self.evaluation().values_on(&params, rows).0, self.offset());
        let low: Vec<usize> = (0..psi.len()).filter(|&row| psi[row] <= ceiling && rows.y[row].is_finite()).collect();
        let error = |row: &usize| (psi[*row] - offset - rows.y[*row]).powi(2);
        let error = (low.iter().map(error).sum::<f64>() / low.len() as f64).sqrt();
        let resolved = 2.0 * NORMAL_QUANTILE * error;
        if !wells.iter().filter_map(|well| well.barrier).any(|barrier| resolved > MIN_ERROR_FRACTION * barrier) {
            return None;
        }
        let found = self.fit_surrogate(ceiling)?;
        let process = &found.process;
        if error < MIN_ERROR_RATIO * process.noise_variance(Quantity::Value).sqrt() {
            return None;
        }
        let by_value = order(&low.iter().map(|&row| rows.y[row]).collect::<Vec<f64>>());
        let starts: Vec<usize> = by_value.iter().take(MAX_STARTS).map(|&k| low[k]).collect();
        let wells_of_rows = self.wells_of_process(process, &rows.x.select(Axis(0), &starts))?;
        let whole = self.evaluation().domain();
        let distance = |x: &[f64]| wells.iter().map(|well| whole.distance(x, &well.x)).fold(f64::INFINITY, f64::min);
        let missed = wells_of_rows.iter().max_by(|a, b| distance(&a.0).total_cmp(&distance(&b.0)))?;
        (wells_of_rows.len() > wells.len()).then(|| {
            let [count, here] = [wells_of_rows.len(), wells.len()];
            let place: Vec<String> = missed.0.iter().map(|x| number(*x, 3)).collect();
            format!(
                "The rows have {count} wells by a Gaussian process, with barriers from {}, and the fit has {here}: it misses the one at {}. Its error of \
                 {} hides barriers below {}. A smaller epsilon or more modes resolve it.",
                number(wells_of_rows.iter().map(|well| well.1).fold(f64::INFINITY, f64::min), 2),
                place.join(", "),
                number(error, 2),
                number(resolved, 2)
            )
        })
    }

    /// Minima of a process with significant barriers, below which descents from these points end.
    fn wells_of_process(&self, process: &GaussianProcess, starts: &Array2<f64>) -> Option<Vec<(Vec<f64>, f64)>> {
        let inputs = self.inputs();
        process.mean(Quantity::Value, &[])?;
        let mut surface = |x: &Array2<f64>| {
            let places: Vec<f64> = x.iter().copied().collect();
            let of = |quantity| Array1::from_vec(process.mean(quantity, &places).unwrap_or_default());
            let slopes: Vec<Array1<f64>> = (0..inputs).map(|input| of(Quantity::Derivative(input))).collect();
            (of(Quantity::Value), Array2::from_shape_fn(x.raw_dim(), |(row, input)| slopes[input][row]))
        };
        let found = stationary(self.evaluation().domain(), starts, 0.0, &mut surface);
        let critical = normal_quantile(1.0 - LEVEL / found.minima.len().max(1) as f64);
        let of_minimum = |minimum: &Minimum| {
            let posterior = process.at(&[minimum.x.as_slice(), minimum.barrier_at.as_ref()?].concat())?;
            let rise = posterior.mean[1] - posterior.mean[0];
            (rise > critical * posterior.deviation(0, 1)).then(|| (minimum.x.clone(), rise))
        };
        Some(found.minima.iter().filter_map(of_minimum).collect())
    }
}
