//! The kernels that train: lane vectors, register tiles, no allocation. Tested op by op against [`super::naive`].

use super::{Kernels, Lane, Matrix, Row, Rows};
use crate::graph::{Binary, Unary};

/// The SIMD kernels.
#[derive(Debug)]
pub struct Simd;

/// `dst = f(x)`, entry by entry.
#[inline(always)]
fn map<V: Lane>(dst: &mut [V], x: Rows<V>, width: usize, f: impl Fn(V) -> V) {
    match x {
        Rows::Each(x) => dst.iter_mut().zip(x).for_each(|(dst, &x)| *dst = f(x)),
        _ => {
            for (r, dst) in dst.chunks_exact_mut(width).enumerate() {
                match x.row(r, width) {
                    Row::Lanes(x) => dst.iter_mut().zip(x).for_each(|(dst, &x)| *dst = f(x)),
                    Row::Value(x) => dst.fill(f(x)),
                }
            }
        }
    }
}

/// `dst = f(a, b)`, entry by entry.
#[inline(always)]
fn zip<V: Lane>(dst: &mut [V], a: Rows<V>, b: Rows<V>, width: usize, f: impl Fn(V, V) -> V) {
    if let (Rows::Each(a), Rows::Each(b)) = (a, b) {
        dst.iter_mut().zip(a).zip(b).for_each(|((dst, &a), &b)| *dst = f(a, b));
        return;
    }
    for (r, dst) in dst.chunks_exact_mut(width).enumerate() {
        match (a.row(r, width), b.row(r, width)) {
            (Row::Lanes(a), Row::Lanes(b)) => dst.iter_mut().zip(a).zip(b).for_each(|((dst, &a), &b)| *dst = f(a, b)),
            (Row::Lanes(a), Row::Value(b)) => dst.iter_mut().zip(a).for_each(|(dst, &a)| *dst = f(a, b)),
            (Row::Value(a), Row::Lanes(b)) => dst.iter_mut().zip(b).for_each(|(dst, &b)| *dst = f(a, b)),
            (Row::Value(a), Row::Value(b)) => dst.fill(f(a, b)),
        }
    }
}

/// Runs `$body` with `$f` bound to the function that `$kind` names: one loop for each, chosen outside of the loop.
macro_rules! with_binary {
    ($kind:expr, |$f:ident| $body:expr) => {
        match $kind {
            Binary::Add => {
                let $f = |a: V, b: V| a + b;
                $body
            }
            Binary::Sub => {
                let $f = |a: V, b: V| a - b;
                $body
            }
            Binary::Mul => {
                let $f = |a: V, b: V| a * b;
                $body
            }
            Binary::Div => {
                let $f = |a: V, b: V| a / b;
                $body
            }
            Binary::Min => {
                let $f = |a: V, b: V| a.smaller(b);
                $body
            }
            Binary::Max => {
                let $f = |a: V, b: V| a.larger(b);
                $body
            }
        }
    };
}

impl<V: Lane> Kernels<V> for Simd {
    fn unary(f: Unary, dst: &mut [V], x: Rows<V>, width: usize) {
        use num_traits::Float;
        let (zero, one) = (V::zero(), V::one());
        match f {
            Unary::Neg => map(dst, x, width, |x| -x),
            Unary::Exp => map(dst, x, width, V::exp),
            Unary::Log => map(dst, x, width, V::log),
            Unary::Softplus => map(dst, x, width, |x| x.softplus_sigmoid().0),
            Unary::Sigmoid => map(dst, x, width, |x| x.nan_or(x.softplus_sigmoid().1)),
            Unary::LogSigmoid => map(dst, x, width, |x| -(-x).softplus_sigmoid().0),
            Unary::Tanh => map(dst, x, width, |x| x.nan_or(x.tanh())),
            Unary::Abs => map(dst, x, width, V::abs),
            Unary::Sign => map(dst, x, width, |x| x.nan_or(x.where_positive(one, (-x).where_positive(-one, zero)))),
            Unary::Sqrt => map(dst, x, width, V::sqrt),
            // Range reduction for any argument is the standard library's business; no network here is made of sines.
            Unary::Sin => map(dst, x, width, |x| x.map(Float::sin)),
            Unary::Cos => map(dst, x, width, |x| x.map(Float::cos)),
            Unary::Relu => map(dst, x, width, |x| x.nan_or(x.where_positive(x, zero))),
            Unary::Step => map(dst, x, width, |x| x.nan_or(x.where_positive(one, zero))),
            Unary::StopGradient => map(dst, x, width, |x| x),
        }
    }

    fn softplus_sigmoid(h: &mut [V], s: &mut [V], x: Rows<V>, width: usize) {
        if let Rows::Each(x) = x {
            h.iter_mut().zip(s).zip(x).for_each(|((h, s), &x)| (*h, *s) = x.softplus_sigmoid());
            return;
        }
        for (r, (h, s)) in h.chunks_exact_mut(width).zip(s.chunks_exact_mut(width)).enumerate() {
            let x = x.row(r, width);
            h.iter_mut().zip(s).enumerate().for_each(|(t, (h, s))| (*h, *s) = x.get(t).softplus_sigmoid());
        }
    }

    fn binary(f: Binary, dst: &mut [V], a: Rows<V>, b: Rows<V>, width: usize) {
        with_binary!(f, |f| zip(dst, a, b, width, f));
    }

    fn accumulate(f: Binary, dst: &mut [V], x: Rows<V>, width: usize) {
        with_binary!(f, |f| {
            for (r, dst) in dst.chunks_exact_mut(width).enumerate() {
                let x = x.row(r, width);
                dst.iter_mut().enumerate().for_each(|(t, dst)| *dst = f(*dst, x.get(t)));
            }
        });
    }

    fn powi(dst: &mut [V], x: Rows<V>, n: i32, width: usize) {
        map(dst, x, width, |x| {
            let (mut power, mut base, mut left) = (V::one(), x, n.unsigned_abs());
            while left > 0 {
                if left & 1 == 1 {
                    power = power * base;
                }
                base = base * base;
                left >>= 1;
            }
            if n < 0 { V::one() / power } else { power }
        });
    }

    fn select(dst: &mut [V], a: Rows<V>, b: Rows<V>, c: Rows<V>, width: usize) {
        for (r, dst) in dst.chunks_exact_mut(width).enumerate() {
            let (a, b, c) = (a.row(r, width), b.row(r, width), c.row(r, width));
            for (t, dst) in dst.iter_mut().enumerate() {
                *dst = a.get(t).where_positive(b.get(t), c.get(t));
            }
        }
    }

    fn reduce_rows(f: Binary, dst: &mut [V], x: Rows<V>, rows: usize, width: usize) {
        with_binary!(f, |f| {
            let first = x.row(0, width);
            dst.iter_mut().enumerate().for_each(|(t, dst)| *dst = first.get(t));
            for r in 1..rows {
                let x = x.row(r, width);
                dst.iter_mut().enumerate().for_each(|(t, dst)| *dst = f(*dst, x.get(t)));
            }
        });
    }

    fn matvec(dst: &mut [V], init: Option<Rows<V>>, w: Matrix<V::Scalar>, h: Rows<V>, cols: usize, width: usize) {
        match init {
            Some(init) => map(dst, init, width, |x| x),
            None => dst.fill(V::zero()),
        }
        let rows = dst.len() / width;
        let mut i = 0;
        while i < rows {
            let block = (rows - i).min(MATVEC_ROWS);
            let dst = &mut dst[i * width..(i + block) * width];
            let w = Matrix { values: &w.values[i * w.row..], ..w };
            match block {
                4 => matvec_rows::<V, 4>(dst, w, h, cols, width),
                3 => matvec_rows::<V, 3>(dst, w, h, cols, width),
                2 => matvec_rows::<V, 2>(dst, w, h, cols, width),
                _ => matvec_rows::<V, 1>(dst, w, h, cols, width),
            }
            i += block;
        }
    }

    fn outer(sums: &mut [V], g: Rows<V>, h: Rows<V>, rows: usize, cols: usize, width: usize) {
        for i in 0..rows {
            let sums = &mut sums[i * cols..(i + 1) * cols];
            let g = g.row(i, width);
            for (j, sum) in sums.iter_mut().enumerate() {
                *sum = match (g, h.row(j, width)) {
                    (Row::Lanes(g), Row::Lanes(h)) => g.iter().zip(h).fold(*sum, |sum, (&g, &h)| g.mul_add(h, sum)),
                    (g, h) => (0..width).fold(*sum, |sum, t| g.get(t).mul_add(h.get(t), sum)),
                };
            }
        }
    }

    fn reduce_samples(f: Binary, sums: &mut [V], x: Rows<V>, width: usize) {
        with_binary!(f, |f| {
            for (r, sum) in sums.iter_mut().enumerate() {
                let x = x.row(r, width);
                *sum = (0..width).fold(*sum, |sum, t| f(sum, x.get(t)));
            }
        });
    }
}

/// Rows of the result that stay in registers together.
const MATVEC_ROWS: usize = 4;

/// `dst += W h` for `R` rows: pairs of vectors of each row stay in registers while the columns go by.
#[inline(always)]
fn matvec_rows<V: Lane, const R: usize>(dst: &mut [V], w: Matrix<V::Scalar>, h: Rows<V>, cols: usize, width: usize) {
    let mut t = 0;
    while t + 2 <= width {
        let mut sums = [[V::zero(); 2]; R];
        for (r, sums) in sums.iter_mut().enumerate() {
            *sums = [dst[r * width + t], dst[r * width + t + 1]];
        }
        for j in 0..cols {
            let (h0, h1) = match h.row(j, width) {
                Row::Lanes(h) => (h[t], h[t + 1]),
                Row::Value(h) => (h, h),
            };
            for (r, sums) in sums.iter_mut().enumerate() {
                let w = V::splat(w.values[r * w.row + j * w.col]);
                sums[0] = w.mul_add(h0, sums[0]);
                sums[1] = w.mul_add(h1, sums[1]);
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            dst[r * width + t] = sums[0];
            dst[r * width + t + 1] = sums[1];
        }
        t += 2;
    }
    while t < width {
        for r in 0..R {
            let mut sum = dst[r * width + t];
            for j in 0..cols {
                let w = V::splat(w.values[r * w.row + j * w.col]);
                sum = w.mul_add(h.row(j, width).get(t), sum);
            }
            dst[r * width + t] = sum;
        }
        t += 1;
    }
}
