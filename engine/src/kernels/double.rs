//! Elementary functions of `f64` lanes, by the crate `wide`.

use wide::f64x4;

/// Exponential.
#[inline(always)]
pub fn exp(x: f64x4) -> f64x4 {
    x.exp()
}

/// Natural logarithm; minus infinity for subnormal numbers and 0, NaN below.
#[inline(always)]
pub fn log(x: f64x4) -> f64x4 {
    x.ln()
}

/// Hyperbolic tangent.
#[inline(always)]
pub fn tanh(x: f64x4) -> f64x4 {
    x.tanh()
}

/// Softplus and sigmoid, from one exponential.
#[inline(always)]
pub fn softplus_sigmoid(x: f64x4) -> (f64x4, f64x4) {
    let e = (-x.abs()).exp();
    let s = f64x4::ONE / (f64x4::ONE + e);
    let is_positive = x.simd_gt(f64x4::ZERO);
    ((is_positive & x) + e.ln_1p(), is_positive.select(s, e * s))
}

/// [`softplus_sigmoid`] of many vectors.
#[inline(always)]
pub fn softplus_sigmoid_all(h: &mut [f64x4], s: &mut [f64x4], x: &[f64x4]) {
    for ((h, s), &x) in h.iter_mut().zip(s).zip(x) {
        (*h, *s) = softplus_sigmoid(x);
    }
}

/// Softplus of many vectors.
#[inline(always)]
pub fn softplus_all(h: &mut [f64x4], x: &[f64x4]) {
    h.iter_mut().zip(x).for_each(|(h, x)| *h = softplus_sigmoid(*x).0);
}
