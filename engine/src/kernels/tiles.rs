//! The matrix-vector product in register tiles: a few rows by a few vectors of each stay in registers while the columns go by.
//!
//! This is the one place with `unsafe`. Checking every access costs a third of the product's time (measured in WebAssembly,
//! where training spends half of its own on products), so the extents are checked once, in front of the loops, and the loops
//! read and write by address. Tested entry by entry against [`super::naive`].
#![allow(unsafe_code)]
// Indices run through several arrays of constant extent at once, and are unrolled.
#![allow(clippy::needless_range_loop)]

use super::{Lane, Matrix, Product, Rows};

/// Rows of a tile.
const ROWS: usize = 2;
/// Vectors of each row of a tile. Sums, operands and a weight have to share the vector registers, of which a WebAssembly engine
/// leaves fifteen: three rows, or five by two, spill.
const VECTORS: usize = 4;

/// `dst = (start + sum W h) * factor` over one or two products; see [`super::Kernels::matvec`].
///
/// # Panics
/// If an operand is too short for the rows of `dst`, or a vector is the same for all samples (such products belong to a stage).
#[inline(always)]
pub fn matvec<V: Lane>(
    dst: &mut [V],
    start: Option<Rows<V>>,
    [first, second]: [Option<Product<V>>; 2],
    factor: Option<Rows<V>>,
    width: usize,
) {
    let rows = dst.len().checked_div(width).unwrap_or(0);
    let Some(first) = first.filter(|_| rows > 0) else { return };
    let zero = <V::Scalar as num_traits::Zero>::zero();
    let task = Task {
        start: start.map_or(Operand::Splat(&raw const zero, 0), |start| Operand::checked(start, rows, width)),
        first: Columns::checked(first, rows, width),
        second: second.map(|second| Columns::checked(second, rows, width)),
        factor: factor.map(|factor| Operand::checked(factor, rows, width)),
        width,
    };
    let dst = dst.as_mut_ptr();
    // SAFETY: `i + R <= rows` everywhere, and `dst` and, by the checks above, the operands have so many rows.
    unsafe {
        if rows < ROWS {
            (0..rows).for_each(|i| task.rows::<1>(dst, i));
        } else {
            // The last block is drawn back over its neighbour: what is computed twice is the same twice.
            let last = rows - ROWS;
            (0..rows).step_by(ROWS).for_each(|i| task.rows::<ROWS>(dst, i.min(last)));
        }
    }
}

/// What products start from or are multiplied by: known to be long enough.
#[derive(Clone, Copy)]
enum Operand<V: Lane> {
    /// A vector for each place; the second number is the distance from row to row.
    Lanes(*const V, usize),
    /// A number for each row.
    Splat(*const V::Scalar, usize),
}

impl<V: Lane> Operand<V> {
    fn checked(x: Rows<V>, rows: usize, width: usize) -> Self {
        match x {
            Rows::Each(x) => {
                assert!(x.len() >= rows * width, "an operand of {} vectors for {rows} rows of {width}", x.len());
                Self::Lanes(x.as_ptr(), width)
            }
            Rows::Same(x) => {
                assert!(x.len() >= width, "an operand of {} vectors for rows of {width}", x.len());
                Self::Lanes(x.as_ptr(), 0)
            }
            Rows::Splat { values, stride } => {
                assert!(values.len() > (rows - 1) * stride, "an operand of {} numbers for {rows} rows", values.len());
                Self::Splat(values.as_ptr(), stride)
            }
        }
    }
}

/// A product: matrix and vector are known to be long enough.
#[derive(Clone, Copy)]
struct Columns<V: Lane> {
    w: *const V::Scalar,
    row: usize,
    col: usize,
    h: *const V,
    stride: usize,
    cols: usize,
}

impl<V: Lane> Columns<V> {
    fn checked(Product { w: Matrix { values, row, col }, h, cols }: Product<V>, rows: usize, width: usize) -> Self {
        assert!(
            cols > 0 && values.len() > (rows - 1) * row + (cols - 1) * col,
            "a matrix of {} numbers for {rows} rows and {cols} columns",
            values.len()
        );
        let Operand::Lanes(h, stride) = Operand::checked(h, cols, width) else {
            panic!("a product of what is the same for all samples belongs to a stage");
        };
        Self { w: values.as_ptr(), row, col, h, stride, cols }
    }

    /// Where the weights of rows `i..i + R` begin.
    ///
    /// # Safety
    /// These rows exist.
    #[inline(always)]
    unsafe fn weights<const R: usize>(&self, i: usize) -> [*const V::Scalar; R] {
        // SAFETY: the caller's word.
        std::array::from_fn(|r| unsafe { self.w.add((i + r) * self.row) })
    }

    /// Adds `R` rows of the product whose weights begin there, vectors `t..t + T` of each.
    ///
    /// # Safety
    /// These rows and vectors exist.
    #[inline(always)]
    unsafe fn add_to<const R: usize, const T: usize>(
        &self,
        sums: &mut [[V; T]; R],
        mut weights: [*const V::Scalar; R],
        t: usize,
    ) {
        // SAFETY: the caller's word for rows and vectors, the check in front for columns.
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

/// A call of the kernel.
struct Task<V: Lane> {
    start: Operand<V>,
    first: Columns<V>,
    second: Option<Columns<V>>,
    factor: Option<Operand<V>>,
    width: usize,
}

impl<V: Lane> Task<V> {
    /// Rows `i..i + R`.
    ///
    /// # Safety
    /// `dst` and the operands have these rows.
    #[inline(always)]
    unsafe fn rows<const R: usize>(&self, dst: *mut V, i: usize) {
        // SAFETY: the caller's word.
        unsafe {
            match self.start {
                Operand::Lanes(start, stride) => {
                    self.tiles::<R>(dst, i, |r, t| *start.add((i + r) * stride + t));
                }
                Operand::Splat(start, stride) => {
                    let start: [V; R] = std::array::from_fn(|r| V::splat(*start.add((i + r) * stride)));
                    self.tiles::<R>(dst, i, |r, _| start[r]);
                }
            }
        }
    }

    /// The tiles of a block of rows; `start` gives what vector `t` of its row `r` starts from.
    #[inline(always)]
    unsafe fn tiles<const R: usize>(&self, dst: *mut V, i: usize, start: impl Fn(usize, usize) -> V) {
        // SAFETY: `t + T <= width` everywhere; the caller's word for the rest.
        unsafe {
            let dst = dst.add(i * self.width);
            let block = Block {
                first: (self.first, self.first.weights::<R>(i)),
                second: self.second.map(|second| (second, second.weights::<R>(i))),
                factor: self.factor,
                i,
                width: self.width,
            };
            if self.width < VECTORS {
                (0..self.width).for_each(|t| block.tile::<1>(dst, t, &start));
                return;
            }
            let last = self.width - VECTORS;
            let mut t = 0;
            while t < self.width {
                block.tile::<VECTORS>(dst, t.min(last), &start);
                t += VECTORS;
            }
        }
    }
}

/// A product with the places where the weights of some rows begin.
type Weighted<V, const R: usize> = (Columns<V>, [*const <V as Lane>::Scalar; R]);

/// A block of rows.
struct Block<V: Lane, const R: usize> {
    first: Weighted<V, R>,
    second: Option<Weighted<V, R>>,
    factor: Option<Operand<V>>,
    i: usize,
    width: usize,
}

impl<V: Lane, const R: usize> Block<V, R> {
    /// # Safety
    /// `dst` and the operands have the rows of the block and the vectors `t..t + T`.
    #[inline(always)]
    unsafe fn tile<const T: usize>(&self, dst: *mut V, t: usize, start: &impl Fn(usize, usize) -> V) {
        // SAFETY: the caller's word.
        unsafe {
            let mut sums: [[V; T]; R] = std::array::from_fn(|r| std::array::from_fn(|k| start(r, t + k)));
            self.first.0.add_to(&mut sums, self.first.1, t);
            if let Some((second, weights)) = self.second {
                second.add_to(&mut sums, weights, t);
            }
            match self.factor {
                None => {}
                Some(Operand::Lanes(factor, stride)) => {
                    let factor = factor.add(self.i * stride + t);
                    for r in 0..R {
                        for k in 0..T {
                            sums[r][k] = sums[r][k] * *factor.add(r * stride + k);
                        }
                    }
                }
                Some(Operand::Splat(factor, stride)) => {
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
