//! Matrix-vector product in register tiles. The sums of a few rows by a few vectors stay in registers during the loop over the columns.
//!
//! This is the only module with `unsafe`. Checking every access takes a third of the product's time in WebAssembly, where training spends half of its
//! time on products. The extents are therefore checked once, before the loops, and the loops read and write through pointers.
//!
//! The bounds that all `unsafe` blocks rely on are established by [`matvec`], from the lengths of slices that are borrowed until it returns. With
//! `rows >= 1` rows of `width >= 1` vectors:
//!
//! - `dst` has at least `rows * width` vectors, because `rows` is its length divided by `width`;
//! - [`CheckedOperand::checked`] asserts that an operand can be read at every row `i < rows` and every vector `t < width` of it;
//! - [`CheckedProduct::checked`] asserts the same of the matrix at every row `i < rows` and column `j < cols`, and of the vector that it multiplies at every
//!   row `j < cols`.
//!
//! The functions below are given only rows `i..i + R` with `i + R <= rows` and vectors `t..t + T` with `t + T <= width`. Tests compare the results
//! entry by entry with [`super::naive`].
#![allow(unsafe_code)]
// Loops whose index is used in several arrays of constant length at once; they are unrolled.
#![allow(clippy::needless_range_loop)]

use super::{Lane, Matrix, MatrixVector, Rows};

/// Rows of a register tile.
const TILE_ROWS: usize = 2;
/// Number of vectors in each row of a register tile. Sums, operands and a weight must fit the vector registers. A processor with 256-bit lanes has
/// sixteen of them, and a WebAssembly engine leaves fifteen. In WebAssembly, tiles of three rows, or of five vectors by two rows, spill some vectors
/// to memory.
pub(crate) const TILE_VECTORS: usize = if cfg!(target_arch = "wasm32") { 4 } else { 5 };

/// `dst = (start + sum W h) * factor` over one or two products; see [`super::Kernels::matvec`].
///
/// # Panics
/// If an operand is too short for the rows of `dst`, or if a vector is the same for all samples: such products belong to a stage.
#[inline(always)]
pub fn matvec<V: Lane>(
    dst: &mut [V],
    start: Option<Rows<V>>,
    first: MatrixVector<V>,
    second: Option<MatrixVector<V>>,
    factor: Option<Rows<V>>,
    width: usize,
) {
    let rows = dst.len().checked_div(width).unwrap_or(0);
    if rows == 0 {
        return;
    }
    let zero = <V::Scalar as num_traits::Zero>::zero();
    let task = KernelCall {
        start: start.map_or(CheckedOperand::Splat(&raw const zero, 0), |start| CheckedOperand::checked(start, rows, width)),
        first: CheckedProduct::checked(first, rows, width),
        second: second.map(|second| CheckedProduct::checked(second, rows, width)),
        factor: factor.map(|factor| CheckedOperand::checked(factor, rows, width)),
        width,
    };
    let dst = dst.as_mut_ptr();
    // SAFETY: `dst` has `rows` rows by the definition of `rows`, and the operands by the checks above. In both branches `i + R <= rows`: in
    // the first `i < rows` and `R` is one, in the second `i <= rows - TILE_ROWS` and `R` is `TILE_ROWS`.
    unsafe {
        if rows < TILE_ROWS {
            (0..rows).for_each(|i| task.rows::<1>(dst, i));
        } else {
            // If the last block is incomplete, it begins earlier and overlaps the one before: some rows are computed twice, with equal
            // results.
            let last = rows - TILE_ROWS;
            (0..rows).step_by(TILE_ROWS).for_each(|i| task.rows::<TILE_ROWS>(dst, i.min(last)));
        }
    }
}

/// An operand whose length has been checked: rows `0..rows` of vectors `0..width` can be read.
#[derive(Clone, Copy)]
enum CheckedOperand<V: Lane> {
    /// Pointer to the first vector, and the distance between rows in vectors.
    Lanes(*const V, usize),
    /// Pointer to the first number, and the distance between rows in numbers. A row repeats its number.
    Splat(*const V::Scalar, usize),
}

impl<V: Lane> CheckedOperand<V> {
    /// Checks that `rows >= 1` rows of `width` vectors can be read.
    fn checked(x: Rows<V>, rows: usize, width: usize) -> Self {
        match x {
            Rows::Each(x) => {
                assert!(x.len() >= rows.saturating_mul(width), "an operand of {} vectors for {rows} rows of {width}", x.len());
                Self::Lanes(x.as_ptr(), width)
            }
            Rows::Same(x) => {
                assert!(x.len() >= width, "an operand of {} vectors for rows of {width}", x.len());
                Self::Lanes(x.as_ptr(), 0)
            }
            Rows::Splat { values, stride } => {
                assert!(
                    values.len() > (rows - 1).saturating_mul(stride),
                    "an operand of {} numbers for {rows} rows",
                    values.len()
                );
                Self::Splat(values.as_ptr(), stride)
            }
        }
    }
}

/// A product whose extents have been checked: rows `0..rows` and columns `0..cols` of the matrix, and rows `0..cols` of the vector, can be
/// read.
#[derive(Clone, Copy)]
struct CheckedProduct<V: Lane> {
    w: *const V::Scalar,
    row: usize,
    col: usize,
    h: *const V,
    stride: usize,
    cols: usize,
}

impl<V: Lane> CheckedProduct<V> {
    /// Checks that the matrix has `rows` rows and `cols` columns, and the vector `cols` rows of `width` vectors.
    fn checked(MatrixVector { w: Matrix { values, row, col }, h, cols }: MatrixVector<V>, rows: usize, width: usize) -> Self {
        assert!(
            cols > 0 && values.len() > (rows - 1).saturating_mul(row).saturating_add((cols - 1).saturating_mul(col)),
            "a matrix of {} numbers for {rows} rows and {cols} columns",
            values.len()
        );
        let CheckedOperand::Lanes(h, stride) = CheckedOperand::checked(h, cols, width) else {
            panic!("the product of a vector that is the same for all samples belongs to a stage");
        };
        Self { w: values.as_ptr(), row, col, h, stride, cols }
    }

    /// Pointers to the first weights of rows `i..i + R`.
    ///
    /// # Safety
    /// The caller guarantees `i + R <= rows`, with the `rows` of [`CheckedProduct::checked`].
    #[inline(always)]
    unsafe fn weights<const R: usize>(&self, i: usize) -> [*const V::Scalar; R] {
        // SAFETY: `i + r < rows` by the caller's guarantee, so the offset is within the matrix by `CheckedProduct::checked`.
        std::array::from_fn(|r| unsafe { self.w.add((i + r) * self.row) })
    }

    /// Adds vectors `t..t + T` of `R` rows of the product to `sums`.
    ///
    /// # Safety
    /// The caller guarantees that `weights` was returned by [`CheckedProduct::weights`] and that `t + T <= width`, with the `width` of
    /// [`CheckedProduct::checked`].
    #[inline(always)]
    unsafe fn add_to<const R: usize, const T: usize>(
        &self,
        sums: &mut [[V; T]; R],
        mut weights: [*const V::Scalar; R],
        t: usize,
    ) {
        // SAFETY: `weights` points to rows of the matrix and `h` to vectors `t..t + T` of row 0, by the caller's guarantees. The loop reads
        // columns `j < cols` of these rows and vectors `t..t + T` of rows `j < cols`, which `CheckedProduct::checked` has asserted to exist. The
        // pointers that the last step moves beyond them are not read.
        unsafe {
            let mut h = self.h.add(t);
            for _ in 0..self.cols {
                let column: [V; T] = std::array::from_fn(|k| *h.add(k));
                h = h.wrapping_add(self.stride);
                for r in 0..R {
                    let w = V::splat(*weights[r]);
                    weights[r] = weights[r].wrapping_add(self.col);
                    for k in 0..T {
                        sums[r][k] = w.mul_add(column[k], sums[r][k]);
                    }
                }
            }
        }
    }
}

/// A call of the kernel. `start`, `first`, `second` and `factor` were checked for the same `rows` and for `width`.
struct KernelCall<V: Lane> {
    start: CheckedOperand<V>,
    first: CheckedProduct<V>,
    second: Option<CheckedProduct<V>>,
    factor: Option<CheckedOperand<V>>,
    width: usize,
}

impl<V: Lane> KernelCall<V> {
    /// Computes rows `i..i + R`.
    ///
    /// # Safety
    /// The caller guarantees `i + R <= rows`, with the `rows` that the operands were checked for, and that `dst` points to `rows` rows of
    /// `width` vectors that nothing else refers to.
    #[inline(always)]
    unsafe fn rows<const R: usize>(&self, dst: *mut V, i: usize) {
        // SAFETY: `i + r < rows` by the caller's guarantee, and `tiles` calls `start` with `t < width` only, so the reads of `start` are within
        // what `CheckedOperand::checked` has asserted (or, if there is no start, of one zero with stride 0). The requirements of `tiles` are
        // those of this function.
        unsafe {
            match self.start {
                CheckedOperand::Lanes(start, stride) => {
                    self.tiles::<R>(dst, i, |r, t| *start.add((i + r) * stride + t));
                }
                CheckedOperand::Splat(start, stride) => {
                    let start: [V; R] = std::array::from_fn(|r| V::splat(*start.add((i + r) * stride)));
                    self.tiles::<R>(dst, i, |r, _| start[r]);
                }
            }
        }
    }

    /// Computes rows `i..i + R` tile by tile. `start(r, t)` is the initial value of vector `t < width` of row `i + r`.
    ///
    /// # Safety
    /// See [`KernelCall::rows`].
    #[inline(always)]
    unsafe fn tiles<const R: usize>(&self, dst: *mut V, i: usize, start: impl Fn(usize, usize) -> V) {
        // SAFETY: rows `i..i + R` exist by the caller's guarantee, which `weights` and `tile` require, and `dst` is moved to the first of
        // them. In both branches `t + T <= width`: in the first `t < width` and `T` is one, in the second `t <= width - TILE_VECTORS` and `T`
        // is `TILE_VECTORS`.
        unsafe {
            let dst = dst.add(i * self.width);
            let block = Block {
                first: (self.first, self.first.weights::<R>(i)),
                second: self.second.map(|second| (second, second.weights::<R>(i))),
                factor: self.factor,
                i,
                width: self.width,
            };
            if self.width < TILE_VECTORS {
                (0..self.width).for_each(|t| block.tile::<1>(dst, t, &start));
                return;
            }
            let last = self.width - TILE_VECTORS;
            let mut t = 0;
            while t < self.width {
                block.tile::<TILE_VECTORS>(dst, t.min(last), &start);
                t += TILE_VECTORS;
            }
        }
    }
}

/// A product, with pointers to the first weights of some rows.
type Weighted<V, const R: usize> = (CheckedProduct<V>, [*const <V as Lane>::Scalar; R]);

/// Rows `i..i + R` of a call.
struct Block<V: Lane, const R: usize> {
    first: Weighted<V, R>,
    second: Option<Weighted<V, R>>,
    factor: Option<CheckedOperand<V>>,
    i: usize,
    width: usize,
}

impl<V: Lane, const R: usize> Block<V, R> {
    /// Computes vectors `t..t + T` of all rows of the block.
    ///
    /// # Safety
    /// The caller guarantees that rows `i..i + R` of the operands exist, that `t + T <= width`, and that `dst` points to `R` rows of `width`
    /// vectors that nothing else refers to.
    #[inline(always)]
    unsafe fn tile<const T: usize>(&self, dst: *mut V, t: usize, start: &impl Fn(usize, usize) -> V) {
        // SAFETY: `add_to` is given weights of the block's rows and `t + T <= width`. Reads of `factor` are at rows `i + r` with `r < R` and
        // vectors `t + k` with `k < T`, which `CheckedOperand::checked` has asserted to exist. Writes are at rows `r < R` and vectors `t + k`, which
        // the caller guarantees to exist.
        unsafe {
            let mut sums: [[V; T]; R] = std::array::from_fn(|r| std::array::from_fn(|k| start(r, t + k)));
            self.first.0.add_to(&mut sums, self.first.1, t);
            if let Some((second, weights)) = self.second {
                second.add_to(&mut sums, weights, t);
            }
            match self.factor {
                None => {}
                Some(CheckedOperand::Lanes(factor, stride)) => {
                    let factor = factor.add(self.i * stride + t);
                    for r in 0..R {
                        for k in 0..T {
                            sums[r][k] = sums[r][k] * *factor.add(r * stride + k);
                        }
                    }
                }
                Some(CheckedOperand::Splat(factor, stride)) => {
                    for r in 0..R {
                        let factor = V::splat(*factor.add((self.i + r) * stride));
                        for k in 0..T {
                            sums[r][k] = sums[r][k] * factor;
                        }
                    }
                }
            }
            for r in 0..R {
                for k in 0..T {
                    *dst.add(r * self.width + t + k) = sums[r][k];
                }
            }
        }
    }
}
