//! Definition of every kernel: plain loops over functions of the standard library, written for evident correctness, not for speed.

use num_traits::{Float, Zero};

use super::{Kernels, Lane, MatrixVector, Rows};
use crate::graph::{Binary, Unary};

/// Evaluates a function of one number.
pub fn unary<S: Float>(f: Unary, x: S) -> S {
    let (zero, one) = (S::zero(), S::one());
    match f {
        Unary::Neg => -x,
        Unary::Exp => x.exp(),
        Unary::Log => x.ln(),
        Unary::Softplus => x / (one + one) + x.abs() / (one + one) + (-x.abs()).exp().ln_1p(),
        Unary::Sigmoid => {
            let e = (-x.abs()).exp();
            if x > zero { one / (one + e) } else { e / (one + e) }
        }
        Unary::LogSigmoid => -unary(Unary::Softplus, -x),
        Unary::Tanh => x.tanh(),
        Unary::Abs => x.abs(),
        Unary::Sign | Unary::Step if x > zero => one,
        Unary::Sign if x < zero => -one,
        Unary::Sign => x * zero,
        Unary::Sqrt => x.sqrt(),
        Unary::Sin => x.sin(),
        Unary::Cos => x.cos(),
        Unary::Atan => x.atan(),
        Unary::Relu => x / (one + one) + x.abs() / (one + one),
        Unary::Step if x.is_nan() => x,
        Unary::Step => zero,
        Unary::StopGradient => x,
    }
}

/// Evaluates a function of two numbers. The minimum and the maximum are NaN if either number is.
pub fn binary<S: Float>(f: Binary, a: S, b: S) -> S {
    match f {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::Min | Binary::Max if a.is_nan() => a,
        Binary::Min => {
            if a < b {
                a
            } else {
                b
            }
        }
        Binary::Max => {
            if a > b {
                a
            } else {
                b
            }
        }
    }
}

/// `x^power`, NaN if `x` is negative.
pub fn powf<S: Float>(x: S, power: S) -> S {
    (power * x.ln()).exp()
}

/// `b` if `a > 0`, else `c`.
pub fn select<S: Float>(a: S, b: S, c: S) -> S {
    if a > S::zero() { b } else { c }
}

/// The naive kernels.
#[derive(Debug)]
pub struct Naive;

fn zip<V: Lane>(a: V, b: V, f: impl Fn(V::Scalar, V::Scalar) -> V::Scalar) -> V {
    let mut out = [V::Scalar::zero(); 16];
    for (k, out) in out[..V::LANES].iter_mut().enumerate() {
        *out = f(a.lane(k), b.lane(k));
    }
    V::load(&out[..V::LANES])
}

/// Sets each vector of `dst` to a function of its row, its place in the row, and its value.
fn set<V: Lane>(dst: &mut [V], width: usize, value: impl Fn(usize, usize, V) -> V) {
    dst.iter_mut().enumerate().for_each(|(k, dst)| *dst = value(k / width, k % width, *dst));
}

impl<V: Lane> Kernels<V> for Naive {
    fn unary(f: Unary, dst: &mut [V], x: Rows<V>, width: usize) {
        set(dst, width, |r, t, _| x.row(r, width).get(t).map(|x| unary(f, x)));
    }

    fn softplus_sigmoid(h: &mut [V], s: &mut [V], x: Rows<V>, width: usize) {
        Self::unary(Unary::Softplus, h, x, width);
        Self::unary(Unary::Sigmoid, s, x, width);
    }

    fn binary(f: Binary, dst: &mut [V], a: Rows<V>, b: Rows<V>, width: usize) {
        set(dst, width, |r, t, _| zip(a.row(r, width).get(t), b.row(r, width).get(t), |a, b| binary(f, a, b)));
    }

    fn accumulate(f: Binary, dst: &mut [V], x: Rows<V>, width: usize) {
        set(dst, width, |r, t, before| zip(before, x.row(r, width).get(t), |a, b| binary(f, a, b)));
    }

    fn powi(dst: &mut [V], x: Rows<V>, n: i32, width: usize) {
        set(dst, width, |r, t, _| x.row(r, width).get(t).map(|x| x.powi(n)));
    }

    fn powf(dst: &mut [V], x: Rows<V>, power: V::Scalar, width: usize) {
        set(dst, width, |r, t, _| x.row(r, width).get(t).map(|x| powf(x, power)));
    }

    fn select(dst: &mut [V], a: Rows<V>, b: Rows<V>, c: Rows<V>, width: usize) {
        set(dst, width, |r, t, _| {
            let a = a.row(r, width).get(t);
            let b = zip(a, b.row(r, width).get(t), |a, b| if a > V::Scalar::zero() { b } else { V::Scalar::zero() });
            let c = zip(a, c.row(r, width).get(t), |a, c| if a > V::Scalar::zero() { V::Scalar::zero() } else { c });
            b + c
        });
    }

    fn reduce_rows(f: Binary, dst: &mut [V], x: Rows<V>, rows: usize, width: usize) {
        for (t, dst) in dst.iter_mut().enumerate() {
            *dst = x.row(0, width).get(t);
            for r in 1..rows {
                *dst = zip(*dst, x.row(r, width).get(t), |a, b| binary(f, a, b));
            }
        }
    }

    fn matvec(
        dst: &mut [V],
        start: Option<Rows<V>>,
        first: MatrixVector<V>,
        second: Option<MatrixVector<V>>,
        factor: Option<Rows<V>>,
        width: usize,
    ) {
        set(dst, width, |i, t, _| {
            let mut sum = start.map_or(V::zero(), |start| start.row(i, width).get(t));
            for MatrixVector { w, h, cols } in std::iter::once(first).chain(second) {
                for j in 0..cols {
                    sum = sum + V::splat(w.values[i * w.row + j * w.col]) * h.row(j, width).get(t);
                }
            }
            factor.map_or(sum, |factor| sum * factor.row(i, width).get(t))
        });
    }

    fn outer([outer, sums]: [&mut [V]; 2], start: Option<V>, [g, h]: [Rows<V>; 2], cols: usize, width: usize) {
        for (k, sum) in outer.iter_mut().enumerate() {
            *sum = start.unwrap_or(*sum);
            for t in 0..width {
                *sum = *sum + g.row(k / cols, width).get(t) * h.row(k % cols, width).get(t);
            }
        }
        Self::reduce_samples(Binary::Add, sums, start, g, width);
    }

    fn reduce_samples(f: Binary, sums: &mut [V], start: Option<V>, x: Rows<V>, width: usize) {
        for (r, sum) in sums.iter_mut().enumerate() {
            *sum = start.unwrap_or(*sum);
            for t in 0..width {
                *sum = zip(*sum, x.row(r, width).get(t), |a, b| binary(f, a, b));
            }
        }
    }
}
