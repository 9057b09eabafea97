//! Test whether the error of a fit exceeds the noise of its data.
//!
//! The errors of a good fit at neighbouring rows are independent. The mean product of the errors of neighbours estimates the mean
//! square of the part that they share, the error of the fit. Without such a part, its standard error is the mean squared error
//! divided by the root of the number of pairs (Moran, 1950).

use ndarray::ArrayView1;

use super::clustered_errors::clustered_errors_warning;
use super::held_out::RowValues;
use crate::data::Dataset;
use crate::data::grid::GroupedValues;
use crate::data::local_noise::MAX_INPUTS;
use crate::data::outliers::Outlier;
use crate::numerics::linear::{dot, factorize, substitute};
use crate::numerics::statistics::{extent, mean, spread, standardised};
use crate::text::number;

/// Largest error in estimated standard deviations of the noise, because few rows give an uncertain estimate.
const MAX_NOISE_FACTOR: f64 = 2.0;
/// Largest mean square error in standard errors of a good fit of few rows; the smallest one is its inverse.
const MAX_CHI_SQUARE: f64 = 4.0;
/// Smallest mean product of the errors of neighbours that is not due to chance, in its standard errors.
const MIN_SHARED_STANDARD_ERRORS: f64 = 4.0;
/// Smallest number of rows in which an error of the fit has a mean product of neighbours that is not due to chance.
pub(super) const MIN_TESTED_ROWS: usize = 100;
/// Smallest ratio of the error of the fit at an outlier and the largest one at the rows around it.
const MIN_OUTLIER_RATIO: f64 = 2.0;
/// Smallest error of the fit at an outlier, as a fraction of the distance from its neighbours.
const MIN_OUTLIER_FRACTION: f64 = 0.25;
const MIN_CURL_ROWS: usize = 40;
/// Powers of the two inputs in the terms of a polynomial of the third degree.
const CUBIC_POWERS: [[i32; 2]; 10] = [[0, 0], [1, 0], [0, 1], [2, 0], [1, 1], [0, 2], [3, 0], [2, 1], [1, 2], [0, 3]];
/// Smallest significant curl in its standard errors. Errors of a fit are smooth rather than random, so the standard error is approximate.
const MIN_CURL_ERRORS: f64 = 6.0;
/// Smallest relevant curl, as a fraction of the ratio of the standard deviations of derivatives and inputs.
const MIN_CURL_FRACTION: f64 = 0.01;
/// Smallest relevant error without noise, in standard deviations of the quantity. It equals the smallest barrier of a well.
const MIN_ERROR_FRACTION: f64 = 0.02;
/// Smallest noise that a sentence states, as a fraction of the spread of the data. Below it, the estimate is no more than the
/// curvature of the data between rows.
const MIN_NAMED_NOISE: f64 = 0.001;

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

/// Sentence on the quantity whose error exceeds its noise by the largest factor, if there is one. `None` with too many inputs for an
/// estimate of the noise.
pub(super) fn unexplained_error_warning(values: &RowValues, outliers: &[Vec<Outlier>]) -> Option<String> {
    let data = values.rows;
    if data.inputs() > MAX_INPUTS || data.is_density {
        return None;
    }
    let quantities: Vec<(ArrayView1<f64>, Vec<f64>, f64)> = values.quantities().collect();
    if let Some(sentence) = curl_warning(data, &quantities).or_else(|| outlier_warning(data, &quantities, outliers)) {
        return Some(sentence);
    }
    let excess = |(measured, found, mse): &(ArrayView1<f64>, Vec<f64>, f64)| -> [f64; 3] {
        let finite: Vec<f64> = measured.iter().copied().filter(|value| value.is_finite()).collect();
        // Neighbours share the error of rounding.
        let rounding = GroupedValues::from_column(finite.iter().copied()).rounding_variance();
        let (error, std) = (mse.sqrt(), spread(&finite));
        let sigma = data.sigma_of(measured).max(rounding.sqrt());
        let of_size = error / (MAX_NOISE_FACTOR * sigma).hypot(MIN_ERROR_FRACTION * std);
        let shared = shared_square(data, measured, found);
        // In many rows, an error that neighbours do not share is noise, which the usual rows need not have.
        let of_size = if shared.is_none() && finite.len() >= MIN_TESTED_ROWS { 0.0 } else { of_size };
        let shared = (shared.unwrap_or(0.0).min(*mse) - rounding).max(0.0);
        let of_pattern = shared.sqrt() / (MIN_ERROR_FRACTION * std);
        if of_size > 1.0 { [of_size, error / std, sigma / std] } else { [of_pattern, error / std, (mse - shared).sqrt() / std] }
    };
    // The error of a constant has no spread to be compared with.
    let clusters = || quantities.iter().find_map(|(measured, found, _)| clustered_errors_warning(data, measured, found));
    let excesses = quantities.iter().map(excess).filter(|found| found[0] > 1.0 && found[1].is_finite());
    let Some([_, error, noise]) = excesses.max_by(|a, b| a[0].total_cmp(&b[0])) else { return clusters() };
    let percent = |part: f64| number(100.0 * part, 2);
    let noise = if noise < MIN_NAMED_NOISE {
        format!("below {}", percent(MIN_NAMED_NOISE))
    } else {
        format!("only about {}", percent(noise))
    };
    Some(format!(
        "The error is {} % of the spread of the data, but their noise is {noise} %. The fit may miss a well, or some rows are far off. \
         More modes, wider layers, a smaller epsilon or longer training may help.",
        percent(error)
    ))
}

/// Sentence on the rows that are far from their neighbours, for the first quantity that has such rows. The fit must differ from them as
/// well, because neighbours alone do not distinguish an outlier from a kink, or they are farther off than the range of all other rows.
/// `quantities` are those of the rows, first the derivatives, with their values under the fit.
fn outlier_warning(data: &Dataset, quantities: &[(ArrayView1<f64>, Vec<f64>, f64)], outliers: &[Vec<Outlier>]) -> Option<String> {
    let (inputs, output) = data.names.split_at(data.inputs());
    let count = quantities.len() - usize::from(data.has_values());
    quantities.iter().zip(outliers).enumerate().find_map(|(quantity, ((measured, found, _), outliers))| {
        let is_outlier = |row: &usize| outliers.iter().any(|outlier| outlier.row == *row);
        let others = (0..measured.len()).filter(|row| measured[*row].is_finite() && !is_outlier(row)).map(|row| measured[row]);
        let [low, high] = extent(others);
        let error = |row: usize| (measured[row] - found[row]).abs();
        let is_far = |outlier: &&Outlier| {
            let around = outlier.around.iter().map(|&row| error(row)).fold(0.0, f64::max);
            let distance = (outlier.value - outlier.expected).abs();
            error(outlier.row) > (MIN_OUTLIER_RATIO * around).max(MIN_OUTLIER_FRACTION * distance) || distance > high - low
        };
        let outliers: Vec<&Outlier> = outliers.iter().filter(is_far).collect();
        let first = outliers.first()?;
        let coordinates = inputs.iter().zip(data.x.row(first.row)).map(|(input, x)| format!("{input} = {}", number(*x, 4)));
        let place = coordinates.collect::<Vec<_>>().join(", ");
        let rows = match outliers.len() {
            1 => format!("The row at {place} is far from its neighbours"),
            count => format!("{count} rows are far from their neighbours, the farthest at {place}"),
        };
        let name = if quantity < count { format!("d{}/d{}", output.concat(), inputs[quantity]) } else { output.concat() };
        Some(format!(
            "{rows}: {name} is {} there, and its neighbours suggest {}. The fit bends towards such a row. If it is an error, leave it out.",
            number(first.value, 4),
            number(first.expected, 4)
        ))
    })
}

/// Sentence if the errors of the derivatives with respect to two inputs have a mean curl. A potential has none, so it is that of the data,
/// except where the fit has kinks. It follows from polynomials of the third degree, fitted to the errors. `quantities` are those of the
/// rows, first the derivatives, with their values under the fit.
fn curl_warning(data: &Dataset, quantities: &[(ArrayView1<f64>, Vec<f64>, f64)]) -> Option<String> {
    let inputs = if data.gradient.is_some() { data.inputs() } else { 0 };
    let pairs = (0..inputs).flat_map(|j| (0..j).map(move |i| [i, j]));
    pairs.into_iter().find_map(|pair| {
        let is_known = |row: &usize| pair.iter().all(|&k| quantities[k].0[*row].is_finite());
        let rows: Vec<usize> = (0..data.samples()).filter(is_known).collect();
        if rows.len() < MIN_CURL_ROWS {
            return None;
        }
        let column = |of: &dyn Fn(usize) -> f64| rows.iter().map(|&row| of(row)).collect::<Vec<f64>>();
        let [(x, width), (y, height)] = pair.map(|k| standardised(&column(&|row| data.x[[row, k]])));
        let spreads = pair.map(|k| spread(&column(&|row| quantities[k].0[row])));
        let errors = pair.map(|k| column(&|row| quantities[k].0[row] - quantities[k].1[row]));
        let power = |m: i32, n: i32| x.iter().zip(&y).map(|(x, y)| x.powi(m) * y.powi(n)).collect::<Vec<f64>>();
        let terms = CUBIC_POWERS.map(|[m, n]| power(m, n));
        let mut system: Vec<f64> = terms.iter().flat_map(|a| terms.iter().map(|b| dot(a, b))).collect();
        factorize(&mut system, terms.len())?;
        let mean_power = |m: i32, n: i32| if m < 0 || n < 0 { 0.0 } else { mean(&power(m, n)) };
        // Mean derivatives of the terms with respect to x and to y.
        let by_x = CUBIC_POWERS.map(|[m, n]| f64::from(m) * mean_power(m - 1, n));
        let by_y = CUBIC_POWERS.map(|[m, n]| f64::from(n) * mean_power(m, n - 1));
        // Mean derivative of an error, and its variance.
        let mean_slope = |errors: &[f64], by: &[f64]| {
            let mut found: Vec<f64> = terms.iter().map(|term| dot(term, errors)).collect();
            let (right, mut response) = (found.clone(), by.to_vec());
            substitute(&system, &mut found);
            substitute(&system, &mut response);
            let left = (dot(errors, errors) - dot(&right, &found)).max(0.0);
            let variance = left / (rows.len() - terms.len()) as f64;
            [dot(by, &found), variance * dot(by, &response)]
        };
        let ([first, of_first], [second, of_second]) = (mean_slope(&errors[1], &by_x), mean_slope(&errors[0], &by_y));
        let curl = first / width - second / height;
        let error = (of_first / (width * width) + of_second / (height * height)).sqrt();
        let relevant = MIN_CURL_FRACTION * (spreads[1] / width).hypot(spreads[0] / height);
        let [first, second] = pair.map(|k| &data.names[k]);
        (curl.abs() > relevant.max(MIN_CURL_ERRORS * error)).then(|| {
            format!(
                "The derivatives are not those of a potential: the errors of the fit have a mean curl of {} ± {} with respect to {first} and \
                 {second}. The fit is the potential closest to them.",
                number(curl, 2),
                number(error, 1)
            )
        })
    })
}

/// Mean square of the error that neighbouring rows share, if it is not due to chance. Rows count by their weights, and gaps are left out.
pub(super) fn shared_square(data: &Dataset, measured: &ArrayView1<f64>, found: &[f64]) -> Option<f64> {
    let known: Vec<usize> = (0..data.samples()).filter(|&row| measured[row].is_finite()).collect();
    let part = data.select_rows(&known);
    let scaled = known.iter().zip(part.relative_sigmas()).map(|(&row, sigma)| (found[row] - measured[row]) / sigma);
    let errors: Vec<f64> = scaled.collect();
    // Two mutually nearest rows are one pair.
    let nearest = part.nearest();
    let is_first = |&row: &usize| row < nearest[row] || nearest[nearest[row]] != row;
    let products: Vec<f64> = (0..nearest.len()).filter(is_first).map(|row| errors[row] * errors[nearest[row]]).collect();
    let count = products.len().max(1) as f64;
    let mean = products.iter().sum::<f64>() / count;
    let square = errors.iter().map(|error| error * error).sum::<f64>() / errors.len().max(1) as f64;
    (mean > MIN_SHARED_STANDARD_ERRORS * square / count.sqrt()).then_some(mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::init;
    use ndarray::{Array1, Array2};
    use rand::Rng;
    use rand_distr::StandardNormal;

    /// Rows at random points of the unit square or interval, whose errors are normal numbers and a wave of this amplitude.
    fn shared_square_of_wave(amplitude: f64, inputs: usize, rng: &mut impl Rng) -> Option<f64> {
        let x = Array2::from_shape_simple_fn((300, inputs), || rng.random::<f64>());
        let error = |row: usize| amplitude * (12.0 * x[[row, 0]]).sin() + rng.sample::<f64, _>(StandardNormal);
        let y: Array1<f64> = (0..300).map(error).collect();
        shared_square(&Dataset::values(x, y.clone()).unwrap(), &y.view(), &[0.0; 300])
    }

    #[test]
    fn curl_is_distinguished_from_noise_and_from_error_of_potential() {
        let mut rng = init::stream(8);
        let x = Array2::from_shape_simple_fn((200, 2), || rng.random::<f64>() * 2.0 - 1.0);
        let slopes = Array2::from_shape_simple_fn((200, 2), || rng.sample::<f64, _>(StandardNormal));
        let data = Dataset::gradients(x, slopes).unwrap();
        let mut told = |error: &dyn Fn(f64, f64) -> [f64; 2], noise: f64| {
            let mut of = |k: usize| {
                let measured = data.gradient.as_ref().unwrap().column(k);
                let found = |row: usize| measured[row] - error(data.x[[row, 0]], data.x[[row, 1]])[k];
                (measured, (0..200).map(|row| found(row) + noise * rng.sample::<f64, _>(StandardNormal)).collect(), 0.0)
            };
            curl_warning(&data, &[of(0), of(1)])
        };
        let sentence = told(&|x, y| [-0.1 * y, 0.1 * x], 0.0).unwrap();
        assert!(sentence.contains("of 0.2 ±"), "{sentence}");
        // A rotation of which the fit follows the part that a potential has.
        assert!(told(&|_, x| [0.2 * x, 0.0], 0.05).is_some());
        assert_eq!(told(&|_, _| [0.0; 2], 0.3), None);
        // Gradients of x y, of x^2 y, of x y^3 and of a wave.
        assert_eq!(told(&|x, y| [y, x], 0.0), None);
        assert_eq!(told(&|x, y| [2.0 * x * y, x * x], 0.0), None);
        assert_eq!(told(&|x, y| [y * y * y, 3.0 * x * y * y], 0.0), None);
        let wave = |x: f64, y: f64| [5.0 * (5.0 * x).cos() * (4.0 * y).sin(), 4.0 * (5.0 * x).sin() * (4.0 * y).cos()];
        assert_eq!(told(&|x, y| wave(x, y).map(|e| 0.1 * e), 0.0), None);
    }

    #[test]
    fn errors_shared_by_neighbours_are_distinguished_from_noise() {
        let mut rng = init::stream(7);
        for inputs in [1, 2] {
            let mut found = |amplitude: f64| -> Vec<f64> {
                (0..100).filter_map(|_| shared_square_of_wave(amplitude, inputs, &mut rng)).collect()
            };
            assert!(found(0.0).is_empty(), "{inputs} inputs");
            let waves = found(1.5);
            let mean = waves.iter().sum::<f64>() / waves.len() as f64;
            assert!(waves.len() > 95 && (mean / 1.125 - 1.0).abs() < 0.2, "{inputs} inputs: {} times, {mean}", waves.len());
        }
    }
}
