//! Loops over vectors in single precision, for optimisers. They are part of this crate because this crate is compiled for speed.

/// Number of sums that [`dot`] adds independently, so that the compiler uses vector instructions.
const SUMS: usize = 8;

/// The scalar product of two vectors of equal length.
#[inline(never)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (blocks, others) = (a.chunks_exact(SUMS), b.chunks_exact(SUMS));
    let rest: f32 = blocks.remainder().iter().zip(others.remainder()).map(|(a, b)| a * b).sum();
    let mut sums = [0.0; SUMS];
    for (a, b) in blocks.zip(others) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Replaces a vector by `factor vector + of_first first + of_second second`. The other vectors are at least as long.
#[inline(never)]
pub fn combine(vector: &mut [f32], factor: f32, first: (f32, &[f32]), second: (f32, &[f32])) {
    for ((value, a), b) in vector.iter_mut().zip(first.1).zip(second.1) {
        *value = factor * *value + first.0 * a + second.0 * b;
    }
}

/// Adds `factor from` to a vector of the same length.
#[inline(never)]
pub fn add_multiple(vector: &mut [f32], factor: f32, from: &[f32]) {
    for (value, from) in vector.iter_mut().zip(from) {
        *value += factor * from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_over_vectors_equal_formulas() {
        let [a, b]: [Vec<f32>; 2] = [1.0, 2.5].map(|factor| (0..21).map(|k| (factor * k as f32).sin()).collect());
        let expected: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        assert!((f64::from(dot(&a, &b)) - expected).abs() < 1e-6);
        let mut combined = vec![1.0; 21];
        combine(&mut combined, 3.0, (0.5, &a), (-2.0, &b));
        let mut added = vec![3.0; 21];
        add_multiple(&mut added, 0.5, &a);
        add_multiple(&mut added, -2.0, &b);
        assert!(combined.iter().zip(&added).all(|(x, y)| (x - y).abs() < 1e-6));
    }
}
