//! Eigenvalues of small symmetric matrices by Jacobi rotations.

use crate::numerics::statistics::sort_by;

/// Eigenvalues of a symmetric matrix `[n, n]` in increasing order, each with its unit eigenvector.
///
/// # Panics
/// If the matrix is not square.
pub fn symmetric(matrix: &[f64]) -> Vec<(f64, Vec<f64>)> {
    let n = matrix.len().isqrt();
    assert_eq!(n * n, matrix.len(), "a square matrix");
    let mut a = matrix.to_vec();
    let mut v: Vec<f64> = (0..n * n).map(|k| f64::from(k % (n + 1) == 0)).collect();
    // Convergence is quadratic: ten sweeps suffice for all sizes used here. The limit bounds the work on matrices that are not finite.
    for _ in 0..30 {
        let off: f64 = (0..n * n).filter(|k| k % (n + 1) != 0).map(|k| a[k] * a[k]).sum();
        let all: f64 = a.iter().map(|x| x * x).sum();
        if off <= 1e-30 * all || !all.is_finite() {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut v, n, p, q);
            }
        }
    }
    let mut pairs: Vec<(f64, Vec<f64>)> = (0..n).map(|k| (a[k * n + k], (0..n).map(|i| v[i * n + k]).collect())).collect();
    sort_by(&mut pairs, |pair| pair.0);
    pairs
}

/// Makes the entry `(p, q)` zero by a rotation.
fn rotate(a: &mut [f64], v: &mut [f64], n: usize, p: usize, q: usize) {
    let apq = a[p * n + q];
    if apq == 0.0 {
        return;
    }
    let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
    let t = if theta >= 0.0 { 1.0 } else { -1.0 } / (theta.abs() + theta.hypot(1.0));
    let c = 1.0 / t.hypot(1.0);
    let s = t * c;
    for k in 0..n {
        let (x, y) = (a[k * n + p], a[k * n + q]);
        (a[k * n + p], a[k * n + q]) = (c * x - s * y, s * x + c * y);
    }
    for k in 0..n {
        let (x, y) = (a[p * n + k], a[q * n + k]);
        (a[p * n + k], a[q * n + k]) = (c * x - s * y, s * x + c * y);
        let (x, y) = (v[k * n + p], v[k * n + q]);
        (v[k * n + p], v[k * n + q]) = (c * x - s * y, s * x + c * y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvectors_are_orthonormal_and_reconstruct_matrix() {
        for n in 1..=7 {
            let entry = |i: usize, j: usize| ((i * j + i + j) as f64).sin() + if i == j { i as f64 - 2.0 } else { 0.0 };
            let matrix: Vec<f64> = (0..n * n).map(|k| entry(k / n, k % n)).collect();
            let pairs = symmetric(&matrix);
            assert!(pairs.windows(2).all(|w| w[0].0 <= w[1].0));
            for i in 0..n {
                for j in 0..n {
                    let rebuilt: f64 = pairs.iter().map(|(value, v)| value * v[i] * v[j]).sum();
                    assert!((rebuilt - entry(i, j)).abs() < 1e-13, "{n}");
                    let dot = crate::numerics::statistics::dot(&pairs[i].1, &pairs[j].1);
                    assert!((dot - f64::from(i == j)).abs() < 1e-13, "{n}");
                }
            }
        }
    }

    #[test]
    fn eigenvalues_of_non_finite_matrix_terminate() {
        assert_eq!(symmetric(&[f64::NAN, 1.0, 1.0, f64::NAN]).len(), 2);
        assert_eq!(symmetric(&[3.0]), [(3.0, vec![1.0])]);
        assert!(symmetric(&[]).is_empty());
    }
}
