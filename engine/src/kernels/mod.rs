//! What a replay runs. A kernel works on one mode at a time, over a tile of samples: a value is a slice of
//! `rows * width` lane vectors, row after row, `width` vectors a row.
//!
//! Each kernel exists twice. [`naive`] is the definition: plain loops over the standard library's functions, and the oracle
//! of the tests. [`simd`] is what trains: the same signatures over the lanes of [`lanes`], with the functions of [`math`].
//! Both are generic over the lane, so `f64` runs the same code for checks.

pub mod adam;
pub mod lanes;
pub mod math;
pub mod naive;
pub mod simd;
mod tiles;

pub use lanes::{Lane, Number};

use crate::graph::{Binary, Unary};

/// Where a kernel reads the rows of one mode's value.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a, V: Lane> {
    /// Row after row.
    Each(&'a [V]),
    /// One row that stands for all.
    Same(&'a [V]),
    /// One number a row for all samples, `values[row * stride]`.
    Splat {
        /// The numbers.
        values: &'a [V::Scalar],
        /// Distance from row to row.
        stride: usize,
    },
}

impl<'a, V: Lane> Rows<'a, V> {
    /// Row `r`.
    #[inline(always)]
    pub fn row(&self, r: usize, width: usize) -> Row<'a, V> {
        match *self {
            Self::Each(x) => Row::Lanes(&x[r * width..(r + 1) * width]),
            Self::Same(x) => Row::Lanes(&x[..width]),
            Self::Splat { values, stride } => Row::Value(V::splat(values[r * stride])),
        }
    }
}

/// One row of a value.
#[derive(Clone, Copy, Debug)]
pub enum Row<'a, V> {
    /// A lane vector for each group of samples.
    Lanes(&'a [V]),
    /// The same number for all samples.
    Value(V),
}

impl<V: Copy> Row<'_, V> {
    /// `T` vectors of the row from the `t`-th.
    #[inline(always)]
    pub fn block<const T: usize>(&self, t: usize) -> [V; T] {
        match *self {
            Self::Lanes(x) => *x[t..].first_chunk().expect("a row holds whole blocks"),
            Self::Value(x) => [x; T],
        }
    }

    /// The `t`-th vector of the row.
    #[inline(always)]
    pub fn get(&self, t: usize) -> V {
        match *self {
            Self::Lanes(x) => x[t],
            Self::Value(x) => x,
        }
    }
}

/// The matrix of one mode: entry `(i, j)` is `values[i * row + j * col]`.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a, S> {
    /// The numbers.
    pub values: &'a [S],
    /// Distance from row to row.
    pub row: usize,
    /// Distance from column to column.
    pub col: usize,
}

/// A matrix and the vector that it is applied to.
#[derive(Clone, Copy, Debug)]
pub struct Product<'a, V: Lane> {
    /// The matrix.
    pub w: Matrix<'a, V::Scalar>,
    /// The vector.
    pub h: Rows<'a, V>,
    /// Rows of the vector.
    pub cols: usize,
}

/// One set of kernels. `width` is the number of lane vectors in a row; `dst` holds `rows * width` of them.
pub trait Kernels<V: Lane> {
    /// `dst = f(x)`
    fn unary(f: Unary, dst: &mut [V], x: Rows<V>, width: usize);
    /// `h = softplus(x)`, `s = sigmoid(x)`
    fn softplus_sigmoid(h: &mut [V], s: &mut [V], x: Rows<V>, width: usize);
    /// `dst = f(a, b)`
    fn binary(f: Binary, dst: &mut [V], a: Rows<V>, b: Rows<V>, width: usize);
    /// `dst = f(dst, x)`
    fn accumulate(f: Binary, dst: &mut [V], x: Rows<V>, width: usize);
    /// `dst = x^n`
    fn powi(dst: &mut [V], x: Rows<V>, n: i32, width: usize);
    /// `dst = b` where `a > 0`, else `c`
    fn select(dst: &mut [V], a: Rows<V>, b: Rows<V>, c: Rows<V>, width: usize);
    /// One row from `rows` by repeated `f`.
    fn reduce_rows(f: Binary, dst: &mut [V], x: Rows<V>, rows: usize, width: usize);
    /// `dst = (start + sum W h) * factor` over one or two products.
    fn matvec(dst: &mut [V], start: Option<Rows<V>>, products: [Option<Product<V>>; 2], factor: Option<Rows<V>>, width: usize);
    /// `sums[i * cols + j] += g_i h_j`, lane by lane, added over the vectors of a row.
    fn outer(sums: &mut [V], g: Rows<V>, h: Rows<V>, rows: usize, cols: usize, width: usize);
    /// `sums[i] = f(sums[i], x_i)`, lane by lane, over the vectors of a row.
    fn reduce_samples(f: Binary, sums: &mut [V], x: Rows<V>, width: usize);
}
