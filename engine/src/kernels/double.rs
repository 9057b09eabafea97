//! Elementary functions of `f64` lanes. Softplus and sigmoid are computed here, because they take most of the time of an evaluation. Their polynomials are
//! minimax approximations of the relative error, by the Remez algorithm with 50 digits. The other functions come from the crate `wide`.

use wide::{f64x4, i64x4};

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

/// `1.5 * 2^52`. Adding it rounds a number to an integer, which is then in the lowest bits.
const ROUNDING_SHIFT: f64 = 6_755_399_441_055_744.0;
/// `ln 2` as a sum of two numbers. The first has trailing zero bits, so that its product with an exponent is exact.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Logarithm of about the smallest normal number.
const LOWEST_EXPONENT: f64 = -708.0;

/// Sum of `low[k] x^k` and `x^8 high`, by Estrin's scheme, which has shorter dependency chains than Horner's.
#[inline(always)]
fn polynomial(x: f64x4, low: [f64; 8], high: f64x4) -> f64x4 {
    let c = low.map(f64x4::splat);
    let (x2, pairs) = (x * x, [0, 2, 4, 6].map(|k| c[k + 1].mul_add(x, c[k])));
    let (x4, fours) = (x2 * x2, [0, 2].map(|k| pairs[k + 1].mul_add(x2, pairs[k])));
    high.mul_add(x4 * x4, fours[1].mul_add(x4, fours[0]))
}

/// Range reduction of `e^-|x| = 2^k e^r`. Returns `r` and `k + ROUNDING_SHIFT`. Sizes above 708 are replaced by 708, because the result would be
/// subnormal.
#[inline(always)]
fn reduced(x: f64x4) -> (f64x4, f64x4) {
    let (y, floor) = (x | f64x4::splat(-0.0), f64x4::splat(LOWEST_EXPONENT));
    // If one operand is NaN, x86 returns the second operand, and other architectures return the NaN or the first operand.
    let y = if cfg!(target_arch = "x86_64") { floor.fast_max(y) } else { y.fast_max(floor) };
    let shifted = y.mul_add(f64x4::LOG2_E, f64x4::splat(ROUNDING_SHIFT));
    let k = shifted - f64x4::splat(ROUNDING_SHIFT);
    (k.mul_neg_add(f64x4::splat(LN_2_LOW), k.mul_neg_add(f64x4::splat(LN_2_HIGH), y)), shifted)
}

/// `e = 2^k e^r` within 1 ulp, from the result of [`reduced`], and `s` with `log(1 + e) = 2 atanh(s)`.
#[inline(always)]
fn exp_of_reduced(r: f64x4, shifted: f64x4) -> (f64x4, f64x4) {
    // (e^r - 1 - r) / r^2 on [-ln(2)/2, ln(2)/2]
    let q = polynomial(
        r,
        [
            0.500_000_000_000_001_1,
            0.166_666_666_666_664_13,
            0.041_666_666_666_530_26,
            0.008_333_333_333_494_27,
            0.001_388_888_894_359_866_1,
            0.000_198_412_695_068_894_77,
            2.480_149_313_512_039e-5,
            2.755_758_618_370_65e-6,
        ],
        f64x4::splat(2.500_009_504_747_580_2e-8).mul_add(r, f64x4::splat(2.763_023_433_135_620_5e-7)),
    );
    let e = f64x4::ONE + (r * r).mul_add(q, r);
    let (bits, shifted): (i64x4, i64x4) = (bytemuck::cast(e), bytemuck::cast(shifted));
    let e: f64x4 = bytemuck::cast(bits + (shifted << 52));
    (e, e / (f64x4::splat(2.0) + e))
}

/// Softplus `max(x, 0) + log(1 + e)` of `x`, from the result of [`exp_of_reduced`].
#[inline(always)]
fn softplus_from_exp(x: f64x4, (e, s): (f64x4, f64x4)) -> f64x4 {
    // log(1 + e) = 2 s + s R(s^2), and 2 s = e - s e.
    let z = s * s;
    // R(z) / z on [0, 1/9]
    let r = polynomial(
        z,
        [
            0.666_666_666_666_777,
            0.399_999_999_960_496_8,
            0.285_714_290_580_030_8,
            0.222_221_929_042_255,
            0.181_828_140_871_720_28,
            0.153_642_952_566_442_14,
            0.135_863_169_492_562_4,
            0.099_028_068_518_067_43,
        ],
        f64x4::splat(0.177_397_889_174_477_02),
    );
    let log = s.mul_add(z * r - e, e);
    (x.simd_gt(f64x4::ZERO) & x) + log
}

/// Softplus and sigmoid of `x`, from the result of [`exp_of_reduced`].
#[inline(always)]
fn softplus_sigmoid_from_exp(x: f64x4, (e, s): (f64x4, f64x4)) -> (f64x4, f64x4) {
    let sigmoid = f64x4::ONE / (f64x4::ONE + e);
    (softplus_from_exp(x, (e, s)), x.simd_gt(f64x4::ZERO).select(sigmoid, e * sigmoid))
}

/// Softplus and sigmoid within 3 ulp, from one exponential. Below -708 both are `e^-708`.
#[inline(always)]
pub fn softplus_sigmoid(x: f64x4) -> (f64x4, f64x4) {
    let (r, shifted) = reduced(x);
    softplus_sigmoid_from_exp(x, exp_of_reduced(r, shifted))
}

/// [`softplus_sigmoid`] of many vectors, in three loops that store intermediate results in `h` and `s`, as in [`super::math::softplus_sigmoid_all`].
#[inline(always)]
pub fn softplus_sigmoid_all(h: &mut [f64x4], s: &mut [f64x4], x: &[f64x4]) {
    exp_of_minus_sizes(h, s, x);
    for ((h, s), &x) in h.iter_mut().zip(s).zip(x) {
        (*h, *s) = softplus_sigmoid_from_exp(x, (*h, *s));
    }
}

/// Softplus of many vectors, processed in blocks of a few vectors.
#[inline(always)]
pub fn softplus_all(h: &mut [f64x4], x: &[f64x4]) {
    const LOOP_LENGTH: usize = 64;
    let mut between = [f64x4::ZERO; LOOP_LENGTH];
    for (h, x) in h.chunks_mut(LOOP_LENGTH).zip(x.chunks(LOOP_LENGTH)) {
        exp_of_minus_sizes(h, &mut between, x);
        for ((h, &between), &x) in h.iter_mut().zip(&between).zip(x) {
            *h = softplus_from_exp(x, (*h, between));
        }
    }
}

/// Writes the results of [`exp_of_reduced`] to `e` and `s`.
#[inline(always)]
fn exp_of_minus_sizes(e: &mut [f64x4], s: &mut [f64x4], x: &[f64x4]) {
    for ((e, s), &x) in e.iter_mut().zip(&mut *s).zip(x) {
        (*e, *s) = reduced(x);
    }
    for (e, s) in e.iter_mut().zip(s) {
        (*e, *s) = exp_of_reduced(*e, *s);
    }
}
