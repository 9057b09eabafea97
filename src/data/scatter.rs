//! Decides whether two columns of a table may be samples of two quantities rather than values of a function.
//!
//! A table `x, y` may hold a function `y(x)`, or samples of `x` and `y` whose density is required. The table alone does not decide this,
//! but two properties suggest samples: the rows are not ordered by `x`, and `x` predicts `y` poorly. If both hold, callers ask the user, or
//! report the interpretation that was chosen.

use ndarray::ArrayRef1;

use crate::numerics::statistics::extent;

/// Smallest fraction of the variance of `y` that `x` leaves unexplained in samples. Functions measured with a signal-to-noise ratio above 3
/// are below it. Jointly Gaussian columns are above it up to a correlation of 0.95.
const MIN_UNEXPLAINED: f64 = 0.1;
/// Smallest number of rows. With fewer, neighbours along `x` are too far apart to distinguish scatter from a curve.
const MIN_ROWS: usize = 20;

/// Returns true if `x` and `y`, in the order of the table, may be samples of two quantities. Then `x` is neither monotonic nor a grid whose points
/// occur equally often, and neighbours along `x` scatter by more than a tenth of the variance of `y`.
///
/// The result is only a hint, because a very noisy function at random points has the same properties. False for fewer than twenty rows.
///
/// ```
/// use multiwell::internal::data::looks_like_samples;
/// use ndarray::Array1;
/// let x: Array1<f64> = (0..200).map(|k| f64::from(k * 37 % 200)).collect();
/// assert!(!looks_like_samples(&x, &x.mapv(|x| (x / 30.0).sin())));
/// ```
pub fn looks_like_samples(x: &ArrayRef1<f64>, y: &ArrayRef1<f64>) -> bool {
    let rows = || x.windows(2).into_iter();
    let is_scan = rows().all(|w| w[0] <= w[1]) || rows().all(|w| w[0] >= w[1]);
    if x.len() < MIN_ROWS || is_scan {
        return false;
    }
    let points = super::noise::by_place(x, y);
    !is_grid(&points) && scatter(&points) > MIN_UNEXPLAINED * super::standard_deviation(y).powi(2)
}

/// Returns true if values may be drawn uniformly from their range, as inputs of a function often are and samples rarely are: the
/// chi-squared test (Pearson, 1900) of ten bins does not reject it at the level of one percent.
pub fn is_uniform(values: &ArrayRef1<f64>) -> bool {
    const CRITICAL_VALUE: f64 = 21.666;
    let [low, high] = extent(values.iter().copied());
    let (mut counts, expected) = ([0.0; 10], values.len() as f64 / 10.0);
    for x in values {
        counts[((10.0 * (x - low) / (high - low)) as usize).min(9)] += 1.0;
    }
    counts.iter().map(|count: &f64| (count - expected).powi(2) / expected).sum::<f64>() < CRITICAL_VALUE
}

/// Returns true if sorted points come from a designed experiment: each point occurs equally often, and more than once or at equal
/// distances.
fn is_grid(points: &[(f64, f64)]) -> bool {
    let groups = || points.chunk_by(|a, b| a.0 == b.0);
    let first = groups().next().map_or(0, <[_]>::len);
    let step = (points[points.len() - 1].0 - points[0].0) / (groups().count() - 1).max(1) as f64;
    let are_equal = groups().all(|group| group.len() == first);
    // Differences of rounded numbers are only approximately equal.
    let places = || groups().map(|group| group[0].0);
    let is_even = |(a, b): (f64, f64)| (b - a - step).abs() < 0.01 * step;
    are_equal && (first > 1 || places().zip(places().skip(1)).all(is_even))
}

/// Variance of `y` about the prediction by its neighbours along `x`: the mean square of the normalised second differences of sorted points.
/// A median would miss a small second mode of a density.
fn scatter(points: &[(f64, f64)]) -> f64 {
    let squares = points.windows(3).map(|p| super::noise::normalised_difference(p[0], p[1], p[2], [1.0; 3]).powi(2));
    squares.sum::<f64>() / (points.len() - 2) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::potentials;
    use crate::potentials::sampling;
    use ndarray::Array1;
    use rand::{Rng, SeedableRng};
    use rand_distr::StandardNormal;
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// Samples of two standard normal numbers with a given correlation. A number with `is_split` is shifted by 4 in every third row.
    fn pairs(rows: usize, correlation: f64, is_split: [bool; 2], seed: u64) -> [Array1<f64>; 2] {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let pair = |_| {
            let [a, b] = [(); 2].map(|()| rng.sample::<f64, _>(StandardNormal));
            let second = is_split.map(|is| if is && rng.random_range(0..3) == 0 { 4.0 } else { 0.0 });
            [a + second[0], correlation * a + (1.0 - correlation * correlation).sqrt() * b + second[1]]
        };
        let all: Vec<[f64; 2]> = (0..rows).map(pair).collect();
        [0, 1].map(|k| all.iter().map(|pair| pair[k]).collect())
    }

    #[test]
    fn draws_of_two_quantities_look_like_samples() {
        for seed in 0..20 {
            for rows in [50, 200, 5000] {
                for (correlation, is_split) in [(0.0, [false; 2]), (0.8, [false; 2]), (0.0, [true, false]), (0.0, [true; 2])] {
                    let [x, y] = pairs(rows, correlation, is_split, seed);
                    assert!(looks_like_samples(&x, &y), "{rows} rows, correlation {correlation}, {is_split:?}, seed {seed}");
                }
            }
        }
    }

    #[test]
    fn functions_with_moderate_noise_do_not_look_like_samples() {
        for p in potentials::curves() {
            for seed in 0..20 {
                for noise in [0.0, 0.1, 0.2] {
                    let data = sampling::uniform(p, 200, noise, seed);
                    assert!(!looks_like_samples(&data.x.column(0), &data.y), "{}, noise {noise}, seed {seed}", p.id());
                    assert!(!data.looks_like_samples());
                }
            }
        }
    }

    #[test]
    fn uniform_inputs_differ_from_samples_of_wells() {
        let mut rejected = 0;
        for seed in 0..20 {
            for rows in [400, 4000] {
                let [normal, split] = pairs(rows, 0.0, [false, true], seed);
                assert!(!is_uniform(&normal) && !is_uniform(&split), "{rows} rows, seed {seed}");
                let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
                let even: Array1<f64> = (0..rows).map(|_| rng.random_range(-1.0..1.0)).collect();
                rejected += usize::from(!is_uniform(&even));
            }
        }
        // Of forty, 0.4 are expected.
        assert!(rejected < 4, "{rejected}");
    }

    #[test]
    fn noisy_scans_and_grids_do_not_look_like_samples() {
        let [noise, other] = pairs(120, 0.0, [false; 2], 1);
        let rising: Array1<f64> = (0..120).map(f64::from).collect();
        let falling = rising.mapv(|x| -x);
        let shuffled: Array1<f64> = (0..120).map(|k| 0.1 * f64::from(k * 77 % 120)).collect();
        let replicates: Array1<f64> = (0..120).map(|k| f64::from(k % 12).powi(2)).collect();
        for x in [rising, falling, shuffled, replicates] {
            assert!(!looks_like_samples(&x, &noise));
        }
        // Rounded samples repeat too, but not equally often.
        assert!(looks_like_samples(&other.mapv(|x| (x * 5.0).round() / 5.0), &noise));
        let few = |values: &Array1<f64>| values.iter().copied().take(MIN_ROWS - 1).collect::<Array1<f64>>();
        assert!(!looks_like_samples(&few(&other), &few(&noise)), "few rows");
    }
}
