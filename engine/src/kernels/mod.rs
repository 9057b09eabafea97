//! The loops that a plan runs. A kernel processes one mode of a value for a tile of samples: a slice of `rows * width` lane vectors, row
//! after row, each row of `width` vectors.
//!
//! There are two sets of kernels with the same signatures. [`naive`] defines each operation by a plain loop over functions of the standard
//! library; tests compare with it. [`simd`] is fast: it uses the lanes of [`lanes`] and the functions of [`math`]. Both are generic over
//! the lane, so that `f64` runs the same code.

pub mod adam;
pub mod double;
pub mod lanes;
pub mod math;
pub mod naive;
pub mod radial;
pub mod simd;
mod tiles;
pub mod vectors;

pub use lanes::{Lane, Number};
/// Number of vectors in a register tile. Rows whose length is a multiple of it consist of whole tiles.
pub(crate) use tiles::TILE_VECTORS as EVEN;

use crate::graph::{Binary, Unary};

/// True if sums can be initialized in registers. Small modules omit the kernels for this second form of initialization.
pub(crate) const SUMS_BEGIN_IN_REGISTERS: bool = cfg!(not(target_arch = "wasm32"));

/// The rows of one mode of a value, as a kernel reads them.
// A call passes them in memory. A shorter tag would be written alone and read together with the bytes that follow it. The processor would then wait
// for the write.
#[cfg_attr(not(target_arch = "wasm32"), repr(usize))]
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a, V: Lane> {
    /// Rows stored one after the other.
    Each(&'a [V]),
    /// One row that is repeated.
    Same(&'a [V]),
    /// One number for each row, which is the same for all samples: `values[row * stride]`.
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
    /// A lane vector for each group of [`Lane::LANES`] samples.
    Lanes(&'a [V]),
    /// The same number for all samples.
    Value(V),
}

impl<V: Copy> Row<'_, V> {
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
pub struct MatrixVector<'a, V: Lane> {
    /// The matrix.
    pub w: Matrix<'a, V::Scalar>,
    /// The vector.
    pub h: Rows<'a, V>,
    /// Number of columns of the matrix, which is the number of rows of the vector.
    pub cols: usize,
}

/// A set of kernels. `width` is the number of lane vectors in a row; `dst` has `rows * width` of them.
pub trait Kernels<V: Lane> {
    /// `dst = f(x)`
    fn unary(f: Unary, dst: &mut [V], x: Rows<V>, width: usize);
    /// `h = softplus(x)`, `s = sigmoid(x)`
    fn softplus_sigmoid(h: &mut [V], s: &mut [V], x: Rows<V>, width: usize);
    /// `dst = f(a, b)`
    fn binary(f: Binary, dst: &mut [V], a: Rows<V>, b: Rows<V>, width: usize);
    /// `dst = f(dst, x)`, a step of a reduction. In reductions `f` is addition or the maximum.
    fn accumulate(f: Binary, dst: &mut [V], x: Rows<V>, width: usize);
    /// `dst = x^n`
    fn powi(dst: &mut [V], x: Rows<V>, n: i32, width: usize);
    /// `dst = x^power`, NaN where `x` is negative
    fn powf(dst: &mut [V], x: Rows<V>, power: V::Scalar, width: usize);
    /// `dst = b` where `a > 0`, else `c`
    fn select(dst: &mut [V], a: Rows<V>, b: Rows<V>, c: Rows<V>, width: usize);
    /// `dst = f(..f(f(x_0, x_1), x_2).., x_rows-1)`, one row.
    fn reduce_rows(f: Binary, dst: &mut [V], x: Rows<V>, rows: usize, width: usize);
    /// `dst = (start + sum W h) * factor`, with one or two products.
    fn matvec(
        dst: &mut [V],
        start: Option<Rows<V>>,
        first: MatrixVector<V>,
        second: Option<MatrixVector<V>>,
        factor: Option<Rows<V>>,
        width: usize,
    );
    /// Adds an outer product, summed over the vectors of a row, to sums that are kept lane by lane: `sums[0][i * cols + j] += g_i h_j`. Unless
    /// `sums[1]` is empty, also `sums[1][i] += g_i`. If there is a `start`, it replaces the stored initial value of each sum.
    fn outer(sums: [&mut [V]; 2], start: Option<V>, gh: [Rows<V>; 2], cols: usize, width: usize);
    /// `sums[i] = f(sums[i], x_i)`, lane by lane, over the vectors of a row; `start` as in [`Kernels::outer`].
    fn reduce_samples(f: Binary, sums: &mut [V], start: Option<V>, x: Rows<V>, width: usize);
}
