//! Test whether the error of a fit exceeds the noise of its data.

use ndarray::ArrayView1;

use super::evaluation::PotentialEvaluation;
use super::held_out::RowValues;
use crate::data::Dataset;
use crate::data::local_noise::MAX_INPUTS;
use crate::numerics::statistics::moments;
use crate::text::number;

/// Largest error in estimated standard deviations of the noise, because few rows give an uncertain estimate.
const MAX_NOISE_FACTOR: f64 = 2.0;
/// Largest mean square error in standard errors of a good fit of few rows; the smallest one is its inverse.
const MAX_CHI_SQUARE: f64 = 4.0;
/// Smallest relevant error without noise, in standard deviations of the quantity. It equals the smallest barrier of a well.
const MIN_ERROR_FRACTION: f64 = 0.02;

/// Sentence if the errors of a fit contradict the standard errors of its rows, if these are known. `mse` is the weighted mean
/// squared error.
pub fn chi_square_warning(data: &Dataset, mse: f64) -> Option<String> {
    let chi_square = mse / data.unit_sigma()?.powi(2);
    let why = match chi_square {
        chi if chi > MAX_CHI_SQUARE => "they are too small, or the fit misses something",
        chi if chi < 1.0 / MAX_CHI_SQUARE => "they are too large, or the fit follows the noise",
        _ => return None,
    };
    Some(format!(
        "The mean square error in standard errors of the rows, chi-square per row, is {}, far from one: {why}. Rows count by the ratios of their \
         standard errors, so the fit does not depend on the size of all.",
        number(chi_square, 2)
    ))
}

/// Sentence on the quantity whose error exceeds its noise by the largest factor, if there is one. `of_values` is the mean squared
/// error of the values if the fit uses values alone. `None` with too many inputs for an estimate of the noise.
pub fn unexplained_error_warning(
    data: &Dataset,
    evaluation: &PotentialEvaluation,
    params: &[f64],
    offset: f64,
    of_values: Option<f64>,
) -> Option<String> {
    let excess = |measured: ArrayView1<f64>, mse: f64| -> [f64; 3] {
        let finite: Vec<f64> = measured.iter().copied().filter(|value| value.is_finite()).collect();
        let (error, sigma, std) = (mse.sqrt(), data.sigma_of(&measured), moments(&finite).1);
        [error / (MAX_NOISE_FACTOR * sigma).hypot(MIN_ERROR_FRACTION * std), error / std, sigma / std]
    };
    let excesses: Vec<[f64; 3]> = match (of_values, &data.gradient) {
        _ if data.inputs() > MAX_INPUTS || data.is_density => Vec::new(),
        (None, Some(gradient)) => {
            let found = RowValues::from_fit(evaluation, params, offset, data);
            let learnt = gradient.columns().into_iter().chain(data.has_values().then(|| data.y.view()));
            let errors = found.components().into_iter().chain(found.errors());
            learnt.zip(errors).map(|(measured, (mse, _))| excess(measured, mse)).collect()
        }
        (mse, _) => mse.map(|mse| excess(data.y.view(), mse)).into_iter().collect(),
    };
    let [_, error, noise] = excesses.into_iter().filter(|found| found[0] > 1.0).max_by(|a, b| a[0].total_cmp(&b[0]))?;
    let percent = |part: f64| number(100.0 * part, 2);
    Some(format!(
        "The error is {} % of the spread of the data, but their noise is only about {} %. The fit may miss a well, or some rows are far off. \
         More modes, wider layers, a smaller epsilon or longer training may help.",
        percent(error),
        percent(noise)
    ))
}
