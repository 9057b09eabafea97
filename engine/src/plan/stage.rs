//! The instructions of a stage: operations on values that are the same for all samples, entry by entry.

use super::Scalar;
use super::program::{StageInstr, TileSource};
use crate::graph::{Axis, Binary, Op, Shape};
use crate::kernels::naive;

/// Copies a value into an output.
pub fn copy_out<T: Scalar>(uniform: &[T], source: TileSource, shape: Shape, to: &mut [T]) {
    if is_whole(source, shape) {
        to.copy_from_slice(&uniform[source.base..source.base + shape.len()]);
        return;
    }
    to.iter_mut().enumerate().for_each(|(k, number)| *number = uniform[index(source, shape, k)]);
}

/// Returns true if the entries of a value are stored one after the other.
fn is_whole(source: TileSource, shape: Shape) -> bool {
    let [modes, rows, cols] = source.strides;
    (shape.modes == 1 || modes == shape.rows * shape.cols)
        && (shape.rows == 1 || rows == shape.cols)
        && (shape.cols == 1 || cols == 1)
}

/// The offset of the `k`-th entry of a value of this shape.
fn index(source: TileSource, shape: Shape, k: usize) -> usize {
    let (mode, row, col) = (k / (shape.rows * shape.cols), k / shape.cols % shape.rows, k % shape.cols);
    source.base + mode * source.strides[0] + row * source.strides[1] + col * source.strides[2]
}

/// Runs a stage.
pub fn run_stage<T: Scalar>(stage: &[StageInstr], uniform: &mut [T]) {
    for instr in stage {
        let len = instr.shape.len();
        // The common cases are loops over contiguous entries. In all others, every entry is located by its strides.
        let whole = instr.operands.iter().flatten().all(|&(source, shape)| shape == instr.shape && is_whole(source, shape));
        let base = |n: usize| instr.operands[n].map_or(0, |(source, _)| source.base);
        match instr.op {
            Op::Unary(f, _) if whole => (0..len).for_each(|k| uniform[instr.dst + k] = naive::unary(f, uniform[base(0) + k])),
            Op::Binary(f, ..) if whole => {
                let (a, b) = (base(0), base(1));
                (0..len).for_each(|k| uniform[instr.dst + k] = naive::binary(f, uniform[a + k], uniform[b + k]));
            }
            _ => {
                let shape = instr.shape;
                let mut dst = instr.dst;
                for mode in 0..shape.modes {
                    for row in 0..shape.rows {
                        for col in 0..shape.cols {
                            uniform[dst] = stage_entry(instr, [mode, row, col], uniform);
                            dst += 1;
                        }
                    }
                }
            }
        }
    }
}

/// An entry of an instruction's result.
#[inline]
fn stage_entry<T: Scalar>(instr: &StageInstr, place: [usize; 3], uniform: &[T]) -> T {
    let operand = |n: usize| instr.operands[n].expect("an operation has its operands");
    let [mode, row, col] = place;
    let at = |n: usize, [mode, row, col]: [usize; 3]| {
        let (source, _) = operand(n);
        uniform[source.base + mode * source.strides[0] + row * source.strides[1] + col * source.strides[2]]
    };
    // An operand of an operation on entries has the shape of the result.
    let same = |n: usize| at(n, place);
    match instr.op {
        Op::Unary(f, _) => naive::unary(f, same(0)),
        Op::Binary(f, ..) => naive::binary(f, same(0), same(1)),
        Op::Powi(_, n) => same(0).powi(n),
        Op::Powf(_, power) => naive::powf(same(0), T::narrow(power.value())),
        Op::Select(..) => naive::select(same(0), same(1), same(2)),
        Op::Sum(axis, _) | Op::Max(axis, _) => {
            let f = if matches!(instr.op, Op::Sum(..)) { Binary::Add } else { Binary::Max };
            let extent = operand(0).1.extent(axis).unwrap_or(1);
            let entry = |n: usize| match axis {
                Axis::Modes => at(0, [n, row, col]),
                Axis::Rows => at(0, [mode, n, col]),
                _ => at(0, [mode, row, n]),
            };
            (1..extent).fold(entry(0), |sum, n| naive::binary(f, sum, entry(n)))
        }
        Op::Pad { axis, start, .. } => {
            let of = operand(0).1;
            let (start, len) = (start as usize, of.extent(axis).unwrap_or(1));
            let mut place = place;
            let along = match axis {
                Axis::Modes => 0,
                Axis::Rows => 1,
                _ => 2,
            };
            if (start..start + len).contains(&place[along]) {
                place[along] -= start;
                at(0, place)
            } else {
                T::zero()
            }
        }
        Op::MatVec(..) => (0..operand(1).1.rows).map(|j| at(0, [mode, row, j]) * at(1, [mode, j, 0])).sum(),
        Op::MatVecT(..) => (0..operand(1).1.rows).map(|j| at(0, [mode, j, row]) * at(1, [mode, j, 0])).sum(),
        Op::Outer(..) => at(0, [mode, row, 0]) * at(1, [mode, col, 0]),
        op => unreachable!("{op:?} has no instruction"),
    }
}
