//! Test whether the largest errors of a fit are next to each other.
//!
//! Few rows that a fit misses have little weight in the mean error, and in the mean product of the errors of neighbours. But they are next to
//! each other, and outliers of the noise are not. Of `n` rows with independent errors, `m` of them large, about `k m (m - 1) / (n - 1)` have a large
//! error among their `k` nearest rows, approximately with a Poisson distribution.

use ndarray::ArrayView1;

use crate::data::Dataset;
use crate::data::noise::robust_std;
use crate::data::outliers::nearest_rows;
use crate::numerics::statistics::spread;
use crate::text::{number, place_of};

/// Number of nearest rows in which large errors are counted.
const NEAREST_ROWS: usize = 4;
/// Smallest large error, in standard deviations of most errors.
const MIN_LARGE_ERROR: f64 = 4.0;
/// Largest probability of the clusters by chance.
const LEVEL: f64 = 1e-3;
/// Smallest relevant error, as a fraction of the spread of the quantity.
const MIN_ERROR_FRACTION: f64 = 0.05;

/// Sentence on the largest of the large errors that are next to each other, if that is not due to chance.
pub(super) fn clustered_errors_warning(data: &Dataset, measured: &ArrayView1<f64>, found: &[f64]) -> Option<String> {
    let known: Vec<usize> = (0..data.samples()).filter(|&row| measured[row].is_finite()).collect();
    let part = data.select_rows(&known);
    let errors: Vec<f64> = known.iter().map(|&row| found[row] - measured[row]).collect();
    let sizes: Vec<f64> = errors.iter().zip(part.relative_sigmas()).map(|(error, sigma)| (error / sigma).abs()).collect();
    let usual = robust_std(sizes.clone());
    let large: Vec<usize> = (0..sizes.len()).filter(|&row| sizes[row] > MIN_LARGE_ERROR * usual).collect();
    let (places, periodic) = (&part.x / &part.widths(), part.periodic());
    let is_clustered =
        |row: &&usize| nearest_rows(&places, &periodic, **row, NEAREST_ROWS).iter().any(|other| large.contains(other));
    let clustered: Vec<usize> = large.iter().filter(is_clustered).copied().collect();
    let (rows, count) = (sizes.len() as f64, large.len() as f64);
    let expected = NEAREST_ROWS as f64 * count * (count - 1.0) / (rows - 1.0).max(1.0);
    let largest = clustered.iter().copied().max_by(|&a, &b| sizes[a].total_cmp(&sizes[b]))?;
    let values: Vec<f64> = known.iter().map(|&row| measured[row]).collect();
    if errors[largest].abs() < MIN_ERROR_FRACTION * spread(&values) || poisson_tail(clustered.len(), expected) > LEVEL {
        return None;
    }
    let place = place_of(&part.x.row(largest).to_vec());
    Some(format!(
        "The largest errors of the fit are those of neighbouring rows, up to {} at {}, and the usual error is {}. The fit misses a detail there, or the \
         noise is larger there. More rows there would show which.",
        number(errors[largest].abs(), 2),
        place,
        number(usual, 2)
    ))
}

/// Probability of at least `count` events of a Poisson distribution with this mean.
fn poisson_tail(count: usize, mean: f64) -> f64 {
    let mut term = (-mean).exp();
    let mut below = 0.0;
    for k in 0..count {
        below += term;
        term *= mean / (k + 1) as f64;
    }
    (1.0 - below).max(0.0)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2};
    use rand::Rng;
    use rand_distr::StandardNormal;

    use super::*;
    use crate::model::init;

    #[test]
    fn poisson_tail_agrees_with_known_values() {
        assert!((poisson_tail(1, 0.5) - (1.0 - (-0.5_f64).exp())).abs() < 1e-15);
        // 1 - exp(-2) (1 + 2 + 2)
        assert!((poisson_tail(3, 2.0) - 0.323_323_583_816_936_5).abs() < 1e-12);
        assert_eq!(poisson_tail(0, 3.0), 1.0);
    }

    /// Number of 200 sets of 300 rows with a sentence. The noise is normal, or its ratio with another normal number. Within `radius` of a
    /// point, the error is larger by 20.
    fn sentences(inputs: usize, has_heavy_tails: bool, radius: f64) -> usize {
        let mut rng = init::stream(5);
        let mut warns = || {
            let x = Array2::from_shape_simple_fn((300, inputs), || rng.random::<f64>());
            let mut noise = || -> f64 {
                let normal: f64 = rng.sample(StandardNormal);
                if has_heavy_tails { normal / rng.sample::<f64, _>(StandardNormal).abs().max(0.01) } else { normal }
            };
            let errors: Vec<f64> = x
                .rows()
                .into_iter()
                .map(|x| noise() + if x.iter().all(|x| (x - 0.4).abs() < radius) { 20.0 } else { 0.0 })
                .collect();
            let y = Array1::from_iter(x.column(0).iter().map(|x| 100.0 * x));
            let found: Vec<f64> = y.iter().zip(&errors).map(|(y, error)| y + error).collect();
            clustered_errors_warning(&Dataset::values(x, y.clone()).unwrap(), &y.view(), &found).is_some()
        };
        (0..200).filter(|_| warns()).count()
    }

    #[test]
    fn local_errors_are_distinguished_from_noise() {
        for inputs in [1, 2] {
            assert!(sentences(inputs, false, 0.0) <= 1 && sentences(inputs, true, 0.0) <= 1, "{inputs}");
            assert!(sentences(inputs, false, if inputs == 1 { 0.02 } else { 0.1 }) > 190, "{inputs}");
        }
    }
}
