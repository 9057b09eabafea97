//! Dense linear algebra: normal equations, the Cholesky factorization and the solution of its systems. Products of matrices are those of
//! `ndarray`. Matrices are square and stored row by row. Of a symmetric matrix only the lower triangle is read; entries above it may change.
//!
//! The kernels of the products add the terms of an entry in the same order on all processors with fused multiply-add. The
//! bits are therefore the same on these processors and for any number of threads.

use std::ops::Range;

#[cfg(feature = "threads")]
use multiwell_engine::plan::threads::may_share;
use ndarray::linalg::general_mat_mul;
#[cfg(feature = "threads")]
use ndarray::parallel::prelude::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use ndarray::{Array2, ArrayRef2, ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, s};

/// Number of columns that [`factorize`] processes together, and of rows and columns of a tile of [`add_gram`]. A range of columns that is
/// factorized separately begins at a multiple of this number.
pub const BLOCK_COLUMNS: usize = 48;

/// Numbers in single precision.
pub fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// Numbers in double precision.
pub fn widen(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

/// The scalar product of two vectors.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    ArrayView1::from(a).dot(&ArrayView1::from(b))
}

/// The lower triangle of `a^T a`, `[n, n]`, for `a` of shape `[rows, n]`.
pub fn gram(a: &ArrayRef2<f64>) -> Vec<f64> {
    let mut sum = Array2::zeros((a.ncols(), a.ncols()));
    add_gram(&mut sum, a, 1.0);
    sum.into_raw_vec_and_offset().0
}

/// Adds `factor a^T a` to the lower triangle `sum`, `[n, n]`, for `a` of shape `[rows, n]` and a factor of 1 or -1. Threads share the tiles of a
/// large one.
pub fn add_gram(sum: &mut ArrayRef2<f64>, a: &ArrayRef2<f64>, factor: f64) {
    let add = |(k, mut columns): (usize, ArrayViewMut2<f64>)| {
        let first = k * BLOCK_COLUMNS;
        let tile = a.slice(s![.., first..first + columns.ncols()]);
        general_mat_mul(factor, &a.slice(s![.., first..]).t(), &tile, 1.0, &mut columns.slice_mut(s![first.., ..]));
    };
    #[cfg(feature = "threads")]
    if a.ncols() > BLOCK_COLUMNS && may_share() {
        return sum.axis_chunks_iter_mut(Axis(1), BLOCK_COLUMNS).into_par_iter().enumerate().with_max_len(1).for_each(add);
    }
    sum.axis_chunks_iter_mut(Axis(1), BLOCK_COLUMNS).enumerate().for_each(add);
}

/// Replaces the lower triangle of a symmetric matrix by its Cholesky factor. Returns `None` if the matrix is not positive definite.
pub fn factorize(a: &mut [f64], n: usize) -> Option<()> {
    factorize_columns(&mut ArrayViewMut2::from_shape((n, n), a).expect("a square matrix"), 0..n)
}

/// Computes some columns of [`factorize`]. All columns before them must be complete, and every range but the last one consists of whole
/// blocks.
pub fn factorize_columns(a: &mut ArrayRef2<f64>, part: Range<usize>) -> Option<()> {
    let n = a.nrows();
    for first in part.step_by(BLOCK_COLUMNS) {
        let last = (first + BLOCK_COLUMNS).min(n);
        // The columns of the block, each stored as a row, so that the loops over them are vectorized.
        let mut block = a.slice(s![first.., first..last]).reversed_axes().as_standard_layout().into_owned();
        let entries = block.as_slice_mut().expect("contiguous rows");
        for k in 0..last - first {
            let (columns, right) = entries.split_at_mut((k + 1) * (n - first));
            let column = &mut columns[k * (n - first)..];
            let pivot = column[k];
            if pivot.is_nan() || pivot <= 0.0 {
                return None;
            }
            let root = pivot.sqrt();
            column[k..].iter_mut().for_each(|entry| *entry /= root);
            for (j, other) in (k + 1..).zip(right.chunks_exact_mut(n - first)) {
                let factor = column[j];
                other[j..].iter_mut().zip(&column[j..]).for_each(|(entry, of_column)| *entry -= factor * of_column);
            }
        }
        a.slice_mut(s![first.., first..last]).assign(&block.t());
        add_gram(&mut a.slice_mut(s![last.., last..]), &block.slice(s![.., last - first..]), -1.0);
    }
    Some(())
}

/// Solves `L L^T x = b` for the Cholesky factor `L`, and replaces `b` by `x`.
pub fn substitute(factor: &[f64], b: &mut [f64]) {
    substitute_forward(factor, b);
    substitute_back(factor, b);
}

/// Solves `L x = b` for the Cholesky factor `L`, and replaces `b` by `x`.
pub fn substitute_forward(factor: &[f64], b: &mut [f64]) {
    let n = b.len();
    for i in 0..n {
        let (before, rest) = b.split_at_mut(i);
        let row = &factor[i * n..=i * n + i];
        rest[0] = (rest[0] - dot(&row[..i], before)) / row[i];
    }
}

/// Solves `L^T x = b` for the Cholesky factor `L`, and replaces `b` by `x`.
pub fn substitute_back(factor: &[f64], b: &mut [f64]) {
    let n = b.len();
    for i in (0..n).rev() {
        let row = &factor[i * n..=i * n + i];
        b[i] /= row[i];
        let x = b[i];
        ArrayViewMut1::from(&mut b[..i]).scaled_add(-x, &ArrayView1::from(&row[..i]));
    }
}

/// Solves `L X = B` for the Cholesky factor `L`, and replaces `b` of shape `[n, columns]` by the solution.
pub fn substitute_forward_columns(factor: &[f64], b: &mut ArrayRef2<f64>) {
    let n = b.nrows();
    let factor = ArrayView2::from_shape((n, n), factor).expect("a square matrix");
    for first in (0..n).step_by(BLOCK_COLUMNS) {
        let last = (first + BLOCK_COLUMNS).min(n);
        let (before, mut rest) = b.view_mut().split_at(Axis(0), first);
        let mut block = rest.slice_mut(s![..last - first, ..]);
        general_mat_mul(-1.0, &factor.slice(s![first..last, ..first]), &before, 1.0, &mut block);
        for i in first..last {
            let (before, mut row) = block.view_mut().split_at(Axis(0), i - first);
            let mut row = row.row_mut(0);
            before.rows().into_iter().zip(first..i).for_each(|(other, j)| row.scaled_add(-factor[[i, j]], &other));
            row /= factor[[i, i]];
        }
    }
}

/// Inverse of a Cholesky factor. Its entries above the diagonal are zero.
pub fn inverse_of_factor(factor: &[f64], n: usize) -> Vec<f64> {
    let mut inverse = vec![0.0; n * n];
    for i in 0..n {
        let (before, rest) = inverse.split_at_mut(i * n);
        let (row, entries) = (&mut rest[..n], &factor[i * n..=i * n + i]);
        for (j, entry) in entries[..i].iter().enumerate() {
            ArrayViewMut1::from(&mut row[..=j]).scaled_add(-entry, &ArrayView1::from(&before[j * n..=j * n + j]));
        }
        row[i] = 1.0;
        row[..=i].iter_mut().for_each(|x| *x /= entries[i]);
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: f64) -> Vec<f64> {
        (0..count).map(|k| ((k as f64 + 1.3) * seed).sin()).collect()
    }

    #[test]
    fn linear_systems_of_any_size_are_solved() {
        for n in [1, 2, 3, 4, 5, 8, 13, BLOCK_COLUMNS, 2 * BLOCK_COLUMNS + 7] {
            let rows = numbers(n * (n + 3), 0.77);
            let mut factor = gram(&ArrayView2::from_shape((n + 3, n), &rows).unwrap());
            (0..n).for_each(|k| factor[k * n + k] += 0.1);
            let entry = |i: usize, j: usize| factor[i.max(j) * n + i.min(j)];
            let full: Vec<f64> = (0..n * n).map(|k| entry(k / n, k % n)).collect();
            for i in 0..n {
                for j in 0..n {
                    let sum: f64 = rows.chunks_exact(n).map(|row| row[i] * row[j]).sum();
                    assert!((full[i * n + j] - sum - if i == j { 0.1 } else { 0.0 }).abs() < 1e-12 * n as f64);
                }
            }
            let wanted = numbers(n, 0.31);
            let mut b: Vec<f64> = full.chunks_exact(n).map(|row| dot(row, &wanted)).collect();
            let mut by_parts = factor.clone();
            factorize(&mut factor, n).expect("positive definite");
            for first in (0..n).step_by(BLOCK_COLUMNS) {
                let mut whole = ArrayViewMut2::from_shape((n, n), &mut by_parts).expect("square");
                factorize_columns(&mut whole, first..(first + BLOCK_COLUMNS).min(n)).expect("positive definite");
            }
            assert_eq!(by_parts, factor);
            let inverse = gram(&ArrayView2::from_shape((n, n), &inverse_of_factor(&factor, n)).unwrap());
            let entry = |i: usize, j: usize| inverse[i.max(j) * n + i.min(j)];
            for k in 0..n * n {
                let sum: f64 = (0..n).map(|j| full[k / n * n + j] * entry(j, k % n)).sum();
                assert!((sum - if k / n == k % n { 1.0 } else { 0.0 }).abs() < 1e-9 * n as f64, "{n}: {sum}");
            }
            let mut columns = Array2::from_shape_fn((n, 3), |(i, j)| b[i] * (j as f64 - 0.5));
            substitute_forward_columns(&factor, &mut columns);
            substitute_forward(&factor, &mut b);
            for (column, x) in
                columns.rows().into_iter().zip(&b).flat_map(|(row, b)| (0..3).map(move |j| (row[j], b * (j as f64 - 0.5))))
            {
                assert!((column - x).abs() < 1e-9 * n as f64, "{n}: {column} {x}");
            }
            substitute_back(&factor, &mut b);
            assert!(b.iter().zip(&wanted).all(|(x, w)| (x - w).abs() < 1e-9 * n as f64), "{n}: {b:?} {wanted:?}");
        }
        assert!(factorize(&mut [1.0, 0.0, 2.0, 1.0], 2).is_none(), "not positive definite");
        assert!(factorize(&mut [f64::NAN], 1).is_none());
    }
}
