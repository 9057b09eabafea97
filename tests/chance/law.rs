//! Scores of counts and numbers against their law.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// A standard normal number is beyond it, on either side, once in a million times.
pub const RARE: f64 = 4.9;

/// The seed of a test, shifted by the variable `SEED`.
pub fn seed(own: u64) -> u64 {
    let shift = std::env::var("SEED").map_or(0, |text| text.parse::<u64>().expect("SEED is a number"));
    own + 1000 * shift
}

/// The stream of a test.
pub fn stream(own: u64) -> Xoshiro256PlusPlus {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed(own));
    // Not the numbers of what is tested, if that is given the same seed.
    rng.long_jump();
    rng.jump();
    rng
}

/// Asserts a standard normal number.
pub fn assert_normal(score: f64, what: &str) {
    println!("{what}: {score:.2}");
    assert!(score.abs() < RARE, "{what}: {score} standard errors");
}

/// Asserts a number with the law of chi-squared, by the cube root of Wilson and Hilferty (1931). Too small a one is as suspicious as too large a one.
pub fn assert_chi_squared(sum: f64, freedom: f64, what: &str) {
    let spread = 2.0 / (9.0 * freedom);
    assert_normal(((sum / freedom).cbrt() - (1.0 - spread)) / spread.sqrt(), what);
}

/// Asserts that a mean of independent numbers is this, by their own standard error.
pub fn assert_mean(numbers: &[f64], expected: f64, what: &str) {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
    assert_normal((mean - expected) / (variance / count).sqrt(), what);
}

/// Asserts that numbers between 0 and 1 are evenly spread over so many cells, by Pearson's statistic.
pub fn assert_even(numbers: &[f64], cells: usize, what: &str) {
    let mut counts = vec![0.0; cells];
    for &u in numbers {
        assert!((0.0..=1.0).contains(&u), "{what}: {u}");
        counts[((u * cells as f64) as usize).min(cells - 1)] += 1.0;
    }
    assert_counts(&counts, &vec![numbers.len() as f64 / cells as f64; cells], what);
}

/// Asserts that pairs of numbers between 0 and 1 are evenly spread over the square: each of them is, and one tells nothing of the other.
pub fn assert_pairs_even(pairs: &[[f64; 2]], side: usize, what: &str) {
    let place = |u: f64| ((u * side as f64) as usize).min(side - 1) as f64;
    let numbers: Vec<f64> =
        pairs.iter().map(|[u, v]| (place(*u) * side as f64 + place(*v) + 0.5) / (side * side) as f64).collect();
    assert_even(&numbers, side * side, what);
}

/// Asserts counts against what is expected of them, by Pearson's statistic.
pub fn assert_counts(counts: &[f64], expected: &[f64], what: &str) {
    assert!(expected.iter().all(|&e| e >= 10.0), "{what}: cells are too small for the statistic");
    let sum = counts.iter().zip(expected).map(|(c, e)| (c - e).powi(2) / e).sum();
    assert_chi_squared(sum, counts.len() as f64 - 1.0, what);
}

/// The distribution function of the standard normal law, by the series of its integral, which is exact but for rounding up to eight standard deviations.
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
fn the_normal_law_is_that_of_tables() {
    for (z, p) in [(0.0, 0.5), (1.0, 0.841_344_746_068_542_9), (-1.959_963_984_540_054, 0.025), (3.0, 0.998_650_101_968_369_9)] {
        assert!((normal(z) - p).abs() < 1e-14, "{z}: {}", normal(z));
    }
}

#[test]
#[should_panic(expected = "standard errors")]
fn what_is_not_even_is_noticed() {
    // One in twenty numbers of the last tenth is missing.
    let numbers: Vec<f64> =
        (0..400_000).map(|k| (f64::from(k) * 0.618_034).fract()).filter(|&u| u < 0.9 || (u * 1e4).fract() > 0.05).collect();
    assert_even(&numbers, 10, "numbers with a gap");
}
