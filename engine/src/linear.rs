//! Dense linear algebra for small systems: normal equations, the Cholesky factorisation and the solution of its systems. Matrices are
//! square and stored row by row. Of a symmetric matrix only the lower triangle is read and written.

use std::ops::Range;

/// Adds `factor a a^T` to the lower triangle `sum`.
pub fn add_outer(sum: &mut [f64], a: &[f64], factor: f64) {
    let n = a.len();
    for i in 0..n {
        let x = factor * a[i];
        sum[i * n..=i * n + i].iter_mut().zip(&a[..=i]).for_each(|(t, y)| *t += x * y);
    }
}

/// The scalar product of two vectors.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The transpose of a matrix with rows of length `n`.
pub fn transposed(a: &[f64], n: usize) -> Vec<f64> {
    // Copies some rows at a time, so that the memory that is read and the memory that is written stay in the cache.
    const ROWS: usize = 16;
    let rows = a.len() / n.max(1);
    let mut columns = vec![0.0; a.len()];
    for first in (0..rows).step_by(ROWS) {
        for k in 0..n {
            let column = &mut columns[k * rows + first..k * rows + (first + ROWS).min(rows)];
            column.iter_mut().zip(a[first * n + k..].iter().step_by(n)).for_each(|(to, from)| *to = *from);
        }
    }
    columns
}

/// Number of rows that [`gram`] adds at once, and of columns that [`factorise`] processes at once. Each chunk of rows or columns begins at a multiple
/// of this number.
pub const BLOCK_ROWS: usize = 4;

/// The lower triangle of `sum_r a_r a_r^T` over rows of length `n`.
pub fn gram(a: &[f64], n: usize) -> Vec<f64> {
    let mut sum = vec![0.0; n * n];
    add_gram(&mut sum, a, n);
    sum
}

/// Adds some rows to a [`gram`]. The result has the same bits for any division into chunks in which all chunks but the last one are whole blocks.
pub fn add_gram(sum: &mut [f64], a: &[f64], n: usize) {
    let mut blocks = a.chunks_exact(BLOCK_ROWS * n.max(1));
    for block in &mut blocks {
        add_four(sum, n, 0, [0, 1, 2, 3].map(|r| &block[r * n..(r + 1) * n]), 1.0);
    }
    blocks.remainder().chunks_exact(n.max(1)).for_each(|row| add_outer(sum, row, 1.0));
}

/// Adds `factor sum_r a_r a_r^T` for four vectors to a lower triangle, from row and column `first` on. The loop over a row can use SIMD without
/// changing the order of a sum. Four products at a time need a quarter of the memory accesses.
#[inline(always)]
fn add_four(sum: &mut [f64], n: usize, first: usize, a: [&[f64]; 4], factor: f64) {
    for i in first..n {
        let [x0, x1, x2, x3] = a.map(|a| factor * a[i]);
        let [a0, a1, a2, a3] = a.map(|a| &a[first..=i]);
        for (t, ((y0, y1), (y2, y3))) in sum[i * n + first..=i * n + i].iter_mut().zip(a0.iter().zip(a1).zip(a2.iter().zip(a3))) {
            *t += x0 * y0 + x1 * y1 + (x2 * y2 + x3 * y3);
        }
    }
}

/// Replaces the lower triangle of a symmetric matrix by its Cholesky factor. Returns `None` if the matrix is not positive definite.
pub fn factorise(a: &mut [f64], n: usize) -> Option<()> {
    factorise_columns(a, n, 0..n)
}

/// Computes some columns of [`factorise`]. All columns before them must be complete, and every range but the last one consists of whole blocks.
pub fn factorise_columns(a: &mut [f64], n: usize, part: Range<usize>) -> Option<()> {
    let mut columns = [(); BLOCK_ROWS].map(|()| vec![0.0; n]);
    for first in part.step_by(BLOCK_ROWS) {
        let last = (first + BLOCK_ROWS).min(n);
        for k in first..last {
            let pivot = a[k * n + k];
            if pivot.is_nan() || pivot <= 0.0 {
                return None;
            }
            let root = pivot.sqrt();
            a[k * n + k] = root;
            for i in k + 1..n {
                let row = &mut a[i * n..i * n + n];
                row[k] /= root;
                columns[k - first][i] = row[k];
            }
            // The other columns of the block are updated now. The columns behind the block are updated when the block is complete.
            for j in k + 1..last {
                let factor = columns[k - first][j];
                (j..n).for_each(|i| a[i * n + j] -= factor * columns[k - first][i]);
            }
        }
        columns[last - first..].iter_mut().for_each(|column| column.fill(0.0));
        let [c0, c1, c2, c3] = &columns;
        add_four(a, n, last, [c0, c1, c2, c3], -1.0);
    }
    Some(())
}

/// Solves `L L^T x = b` for the Cholesky factor `L`, and replaces `b` by `x`.
pub fn substitute(factor: &[f64], b: &mut [f64]) {
    let n = b.len();
    for i in 0..n {
        let (before, rest) = b.split_at_mut(i);
        let row = &factor[i * n..i * n + i];
        let sum: f64 = row.iter().zip(before.iter()).map(|(l, x)| l * x).sum();
        rest[0] = (rest[0] - sum) / factor[i * n + i];
    }
    for i in (0..n).rev() {
        b[i] /= factor[i * n + i];
        let x = b[i];
        let row = &factor[i * n..i * n + i];
        b[..i].iter_mut().zip(row).for_each(|(t, l)| *t -= l * x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: f64) -> Vec<f64> {
        (0..count).map(|k| ((k as f64 + 1.3) * seed).sin()).collect()
    }

    #[test]
    fn linear_systems_of_any_size_are_solved() {
        for n in [1, 2, 3, 4, 5, 8, 13] {
            let rows = numbers(n * (n + 3), 0.77);
            let mut factor = gram(&rows, n);
            (0..n).for_each(|k| factor[k * n + k] += 0.1);
            let entry = |i: usize, j: usize| factor[i.max(j) * n + i.min(j)];
            let full: Vec<f64> = (0..n * n).map(|k| entry(k / n, k % n)).collect();
            for i in 0..n {
                for j in 0..n {
                    let sum: f64 = rows.chunks_exact(n).map(|row| row[i] * row[j]).sum();
                    assert!((full[i * n + j] - sum - if i == j { 0.1 } else { 0.0 }).abs() < 1e-12);
                }
            }
            let wanted = numbers(n, 0.31);
            let mut b: Vec<f64> = full.chunks_exact(n).map(|row| dot(row, &wanted)).collect();
            let mut by_parts = factor.clone();
            factorise(&mut factor, n).expect("positive definite");
            for first in (0..n).step_by(2 * BLOCK_ROWS) {
                factorise_columns(&mut by_parts, n, first..(first + 2 * BLOCK_ROWS).min(n)).expect("positive definite");
            }
            assert_eq!(by_parts, factor);
            let mut sum = vec![0.0; n * n];
            rows.chunks(BLOCK_ROWS * n).for_each(|part| add_gram(&mut sum, part, n));
            assert_eq!(sum, gram(&rows, n));
            substitute(&factor, &mut b);
            assert!(b.iter().zip(&wanted).all(|(x, w)| (x - w).abs() < 1e-9), "{n}: {b:?} {wanted:?}");
        }
        assert!(factorise(&mut [1.0, 0.0, 2.0, 1.0], 2).is_none(), "not positive definite");
        assert!(factorise(&mut [f64::NAN], 1).is_none());
    }
}
