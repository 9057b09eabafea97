//! Scores of counts and numbers, according to their laws.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Threshold that a standard normal number exceeds in absolute value once in a million cases.
pub const RARE_DEVIATION: f64 = 4.9;

/// Seed of a test, shifted by the variable `SEED`.
pub fn seed(own: u64) -> u64 {
    let shift = std::env::var("SEED").map_or(0, |text| text.parse::<u64>().expect("SEED is a number"));
    own + 1000 * shift
}

/// Random stream of a test.
pub fn stream(own: u64) -> Xoshiro256PlusPlus {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed(own));
    // The stream differs from that of the tested code, even for the same seed.
    rng.long_jump();
    rng.jump();
    rng
}

/// Asserts that a score is compatible with the standard normal law.
pub fn assert_normal(score: f64, what: &str) {
    println!("{what}: {score:.2}");
    assert!(score.abs() < RARE_DEVIATION, "{what}: {score} standard errors");
}

/// Asserts that a number is compatible with the chi-squared law, by the cube root of Wilson and Hilferty (1931). Too small numbers fail like too
/// large ones.
pub fn assert_chi_squared(sum: f64, freedom: f64, what: &str) {
    let spread = 2.0 / (9.0 * freedom);
    assert_normal(((sum / freedom).cbrt() - (1.0 - spread)) / spread.sqrt(), what);
}

/// Asserts that the mean of independent numbers is compatible with `expected`, by their own standard error.
pub fn assert_mean(numbers: &[f64], expected: f64, what: &str) {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
    assert_normal((mean - expected) / (variance / count).sqrt(), what);
}

/// Asserts that numbers between 0 and 1 are evenly distributed over a number of cells, by Pearson's statistic.
pub fn assert_even(numbers: &[f64], cells: usize, what: &str) {
    let mut counts = vec![0.0; cells];
    for &u in numbers {
        assert!((0.0..=1.0).contains(&u), "{what}: {u}");
        counts[((u * cells as f64) as usize).min(cells - 1)] += 1.0;
    }
    assert_counts(&counts, &vec![numbers.len() as f64 / cells as f64; cells], what);
}

/// Asserts that pairs of numbers between 0 and 1 are evenly distributed over the square: each is uniform, and the two are independent.
pub fn assert_pairs_even(pairs: &[[f64; 2]], side: usize, what: &str) {
    let place = |u: f64| ((u * side as f64) as usize).min(side - 1) as f64;
    let numbers: Vec<f64> =
        pairs.iter().map(|[u, v]| (place(*u) * side as f64 + place(*v) + 0.5) / (side * side) as f64).collect();
    assert_even(&numbers, side * side, what);
}

/// Asserts that counts are compatible with their expected values, by Pearson's statistic.
pub fn assert_counts(counts: &[f64], expected: &[f64], what: &str) {
    assert!(expected.iter().all(|&e| e >= 10.0), "{what}: cells are too small for the statistic");
    let sum = counts.iter().zip(expected).map(|(c, e)| (c - e).powi(2) / e).sum();
    assert_chi_squared(sum, counts.len() as f64 - 1.0, what);
}

/// Distribution function of the standard normal law, by the series of its integral. It is exact, except for rounding, up to eight standard
/// deviations.
pub fn normal(z: f64) -> f64 {
    if z.abs() > 8.0 {
        return if z > 0.0 { 1.0 } else { 0.0 };
    }
    let (mut term, mut sum, mut n) = (z, z, 1.0);
    while sum + term != sum {
        n += 2.0;
        term *= z * z / n;
        sum += term;
    }
    0.5 + sum * (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

#[test]
fn normal_distribution_function_matches_tables() {
    for (z, p) in [(0.0, 0.5), (1.0, 0.841_344_746_068_542_9), (-1.959_963_984_540_054, 0.025), (3.0, 0.998_650_101_968_369_9)] {
        assert!((normal(z) - p).abs() < 1e-14, "{z}: {}", normal(z));
    }
}

#[test]
#[should_panic(expected = "standard errors")]
fn uneven_numbers_fail_uniformity_check() {
    // One in twenty numbers of the last tenth is missing.
    let numbers: Vec<f64> =
        (0..400_000).map(|k| (f64::from(k) * 0.618_034).fract()).filter(|&u| u < 0.9 || (u * 1e4).fract() > 0.05).collect();
    assert_even(&numbers, 10, "numbers with a gap");
}
