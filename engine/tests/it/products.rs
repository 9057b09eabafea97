//! Tests of the matrix-vector product in register tiles, on memory of exactly the required size. The results agree with the definition for all small
//! extents and layouts, as do those of outer products summed over samples. Operands that are too short are refused. Under `AddressSanitizer`
//! (docs/assurance.md) an access beyond an operand ends the test. In a plan, operands are ranges of one allocation, where such an access would read a
//! neighbour.

use std::panic::catch_unwind;

use multiwell_engine::kernels::lanes::{F32Lane, Lane};
use multiwell_engine::kernels::naive::Naive;
use multiwell_engine::kernels::simd::Simd;
use multiwell_engine::kernels::{Kernels, Matrix, MatrixVector, Rows};
use num_traits::{Float, ToPrimitive};
use wide::f64x4;

use super::differences::UnitNumbers;

/// Layout of an operand in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
enum OperandLayout {
    Each,
    Same,
    /// One number per row, with this distance between rows.
    Splat(usize),
}

const VECTOR_LAYOUTS: [OperandLayout; 2] = [OperandLayout::Each, OperandLayout::Same];
const ALL_LAYOUTS: [OperandLayout; 5] =
    [OperandLayout::Each, OperandLayout::Same, OperandLayout::Splat(0), OperandLayout::Splat(1), OperandLayout::Splat(3)];

impl UnitNumbers {
    /// A number between -1 and 1.
    fn next<S: Float>(&mut self) -> S {
        S::from(2.0 * self.unit() - 1.0).expect("a number of every precision")
    }

    fn list<S: Float>(&mut self, count: usize) -> Box<[S]> {
        (0..count).map(|_| self.next()).collect()
    }

    fn lanes<V: Lane>(&mut self, count: usize) -> Box<[V]> {
        (0..count).map(|_| V::load(&self.list::<V::Scalar>(V::LANES))).collect()
    }
}

/// An operand that ends at the end of its allocation.
struct GuardedOperand<V: Lane> {
    layout: OperandLayout,
    lanes: Box<[V]>,
    numbers: Box<[V::Scalar]>,
}

impl<V: Lane> GuardedOperand<V> {
    fn new(layout: OperandLayout, rows: usize, width: usize, numbers: &mut UnitNumbers) -> Self {
        let (lanes, splats) = match layout {
            OperandLayout::Each => (rows * width, 0),
            OperandLayout::Same => (width, 0),
            OperandLayout::Splat(stride) => (0, (rows - 1) * stride + 1),
        };
        Self { layout, lanes: numbers.lanes(lanes), numbers: numbers.list(splats) }
    }

    fn rows(&self) -> Rows<'_, V> {
        match self.layout {
            OperandLayout::Each => Rows::Each(&self.lanes),
            OperandLayout::Same => Rows::Same(&self.lanes),
            OperandLayout::Splat(stride) => Rows::Splat { values: &self.numbers, stride },
        }
    }

    /// The operand without its last vector or number.
    fn short(&self) -> Rows<'_, V> {
        match self.rows() {
            Rows::Each(x) => Rows::Each(&x[..x.len() - 1]),
            Rows::Same(x) => Rows::Same(&x[..x.len() - 1]),
            Rows::Splat { values, stride } => Rows::Splat { values: &values[..values.len() - 1], stride },
        }
    }
}

/// A matrix that ends at the end of its allocation, and a vector.
struct Factors<V: Lane> {
    w: Box<[V::Scalar]>,
    steps: [usize; 2],
    h: GuardedOperand<V>,
    cols: usize,
}

impl<V: Lane> Factors<V> {
    /// Creates factors of the given extents. The matrix lies row after row, column after column, or with gaps, by `kind` (one of three).
    fn new([rows, cols, width]: [usize; 3], kind: usize, h: OperandLayout, numbers: &mut UnitNumbers) -> Self {
        let steps = [[cols, 1], [1, rows], [2 * cols + 1, 2]][kind];
        let w = numbers.list((rows - 1) * steps[0] + (cols - 1) * steps[1] + 1);
        Self { w, steps, h: GuardedOperand::new(h, cols, width, numbers), cols }
    }

    fn product(&self) -> MatrixVector<'_, V> {
        let w = Matrix { values: &self.w, row: self.steps[0], col: self.steps[1] };
        MatrixVector { w, h: self.h.rows(), cols: self.cols }
    }
}

/// A call: extents of the result, its start, its products and its factor.
struct Call<V: Lane> {
    rows: usize,
    width: usize,
    start: Option<GuardedOperand<V>>,
    first: Factors<V>,
    second: Option<Factors<V>>,
    factor: Option<GuardedOperand<V>>,
}

impl<V: Lane> Call<V> {
    fn run<K: Kernels<V>>(&self) -> Box<[V]> {
        let mut dst = vec![V::splat(V::Scalar::nan()); self.rows * self.width].into_boxed_slice();
        let second = self.second.as_ref().map(Factors::product);
        let (start, factor) = (self.start.as_ref().map(GuardedOperand::rows), self.factor.as_ref().map(GuardedOperand::rows));
        K::matvec(&mut dst, start, self.first.product(), second, factor, self.width);
        dst
    }

    /// Asserts that both sets of kernels agree. Operands are at most one, so each sum of n terms is at most n. Its error in any order of summation is
    /// at most (n + 1) n units of rounding.
    fn check(&self) {
        let terms: usize = 1 + self.first.cols + self.second.as_ref().map_or(0, |p| p.cols);
        let unit = V::Scalar::epsilon().to_f64().expect("a number");
        let bound = 2.0 * ((terms + 1) * terms) as f64 * unit;
        for (k, (fast, slow)) in self.run::<Simd>().iter().zip(&self.run::<Naive>()).enumerate() {
            for lane in 0..V::LANES {
                let gap = (fast.lane(lane) - slow.lane(lane)).abs().to_f64().expect("a number");
                assert!(gap <= bound, "vector {k} of {} rows of {}: {fast:?} and {slow:?}", self.rows, self.width);
            }
        }
    }
}

/// Calls `check` for all extents around those of a tile, for every layout of every operand, and for one and two products.
fn all_calls<V: Lane>() {
    let mut numbers = UnitNumbers(1);
    let starts = ALL_LAYOUTS.map(Some).into_iter().chain([None]);
    let mut kinds = Vec::new();
    for start in starts {
        for factor in ALL_LAYOUTS.map(Some).into_iter().chain([None]) {
            kinds.push((start, factor));
        }
    }
    for rows in 1..=5 {
        for width in 1..=9 {
            for (n, &(start, factor)) in kinds.iter().enumerate() {
                // The number of columns and the layouts change from call to call.
                let turn = n + 7 * width + 3 * rows;
                let (cols, kind, h) = (1 + turn % 5, turn % 3, VECTOR_LAYOUTS[turn % 2]);
                let first = Factors::<V>::new([rows, cols, width], kind, h, &mut numbers);
                let second = (turn % 4 < 2)
                    .then(|| Factors::new([rows, 6 - cols, width], (kind + 1) % 3, OperandLayout::Each, &mut numbers));
                let mut operand =
                    |layout: Option<OperandLayout>| layout.map(|layout| GuardedOperand::new(layout, rows, width, &mut numbers));
                let (start, factor) = (operand(start), operand(factor));
                Call { rows, width, start, first, second, factor }.check();
            }
        }
    }
}

#[test]
fn tiled_products_match_definition_and_write_only_their_rows() {
    all_calls::<F32Lane>();
    all_calls::<f64x4>();
}

/// Outer products of all layouts and extents, with and without the sums of the left vector. The sums are initialized or continued.
fn all_outer_products<V: Lane>() {
    let mut numbers = UnitNumbers(3);
    let unit = V::Scalar::epsilon().to_f64().expect("a number");
    for (rows, cols) in (1..=23).flat_map(|rows| (1..=5).map(move |cols| (rows, cols))) {
        for (n, width) in [1, 2, 5, 9].into_iter().enumerate() {
            let layout = |k: usize| ALL_LAYOUTS[(n + k) % if (n + rows) % 3 == 0 { ALL_LAYOUTS.len() } else { 1 }];
            let (g, h) = (
                GuardedOperand::<V>::new(layout(rows), rows, width, &mut numbers),
                GuardedOperand::new(layout(cols), cols, width, &mut numbers),
            );
            for (has_sum, start) in [(false, None), (true, None), (true, Some(V::splat(numbers.next())))] {
                let before = [numbers.lanes::<V>(rows * cols), numbers.lanes::<V>(if has_sum { rows } else { 0 })];
                let gh = [g.rows(), h.rows()];
                let (mut fast, mut slow) = (before.clone(), before);
                if let Some(start) = start {
                    // In WebAssembly sums start from the values that the caller has stored in memory.
                    for sums in &mut fast {
                        sums.fill(start);
                    }
                }
                Simd::outer(fast.each_mut().map(|sums| &mut **sums), start, gh, cols, width);
                Naive::outer(slow.each_mut().map(|sums| &mut **sums), start, gh, cols, width);
                let bound = 2.0 * ((width + 2) * (width + 1)) as f64 * unit;
                for (fast, slow) in fast.iter().flatten().zip(slow.iter().flatten()) {
                    for lane in 0..V::LANES {
                        let gap = (fast.lane(lane) - slow.lane(lane)).abs().to_f64().expect("a number");
                        assert!(gap <= bound, "{rows} x {cols}, rows of {width}: {fast:?} and {slow:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn outer_products_match_definition() {
    all_outer_products::<F32Lane>();
    all_outer_products::<f64x4>();
}

#[test]
fn short_operands_are_refused() {
    let mut numbers = UnitNumbers(2);
    let refused =
        |dst: usize, start: Option<Rows<f64x4>>, product: MatrixVector<f64x4>, factor: Option<Rows<f64x4>>, width: usize| {
            let call = || Simd::matvec(&mut vec![f64x4::ZERO; dst], start, product, None, factor, width);
            catch_unwind(std::panic::AssertUnwindSafe(call)).is_err()
        };
    for (rows, width) in [(1, 1), (2, 4), (3, 5), (5, 9)] {
        for kind in 0..3 {
            let factors = Factors::<f64x4>::new([rows, 3, width], kind, OperandLayout::Each, &mut numbers);
            let whole = factors.product();
            assert!(!refused(rows * width, None, whole, None, width));
            let w = Matrix { values: &factors.w[..factors.w.len() - 1], ..whole.w };
            assert!(refused(rows * width, None, MatrixVector { w, ..whole }, None, width));
            assert!(refused(rows * width, None, MatrixVector { h: factors.h.short(), ..whole }, None, width));
            assert!(refused(rows * width, None, MatrixVector { cols: 0, ..whole }, None, width));
            for layout in ALL_LAYOUTS {
                let operand = GuardedOperand::<f64x4>::new(layout, rows, width, &mut numbers);
                assert!(!refused(rows * width, Some(operand.rows()), whole, Some(operand.rows()), width));
                assert!(refused(rows * width, Some(operand.short()), whole, None, width));
                assert!(refused(rows * width, None, whole, Some(operand.short()), width));
            }
        }
    }
}
