//! Elementary functions of `f32` lanes. The polynomials are minimax approximations of the relative error, by the Remez algorithm with 50
//! digits. The stated errors, in units in the last place (ulp), include rounding; tests check them against `f64` over the whole range.

use super::Lane;
use super::lanes::F32Lane;

/// The lane vector of integers of the same width.
#[cfg(target_arch = "wasm32")]
use wide::i32x4 as I32Lane;
#[cfg(not(target_arch = "wasm32"))]
use wide::i32x8 as I32Lane;

/// `2^k` for `shifted = k + ROUNDING_SHIFT`, `-126 <= k <= 127`.
#[inline(always)]
fn power_of_two(shifted: F32Lane) -> F32Lane {
    times_power_of_two(F32Lane::ONE, shifted)
}

/// `x * 2^k` for `shifted = k + ROUNDING_SHIFT`, as long as neither is subnormal.
#[inline(always)]
fn times_power_of_two(x: F32Lane, shifted: F32Lane) -> F32Lane {
    let (bits, shifted): (I32Lane, I32Lane) = (bytemuck::cast(x), bytemuck::cast(shifted));
    bytemuck::cast(bits + (shifted << 23))
}

/// Exponent `k` and fraction `m` of a positive normal number: `x = 2^k m`, `sqrt(1/2) <= m < sqrt(2)`.
#[inline(always)]
fn split_exponent(x: F32Lane) -> (F32Lane, F32Lane) {
    let bits: I32Lane = bytemuck::cast(x);
    // The exponent is relative to sqrt(1/2). The fraction therefore lies in [sqrt(1/2), sqrt(2)).
    let exponent: I32Lane = (bits - I32Lane::splat(0x3f35_04f3)) >> 23;
    let fraction: I32Lane = bits - (exponent << 23);
    (exponent.round_float(), bytemuck::cast(fraction))
}

/// The larger of `x` and `floor`; NaN where `x` is NaN.
#[inline(always)]
fn at_least(x: F32Lane, floor: F32Lane) -> F32Lane {
    // If one operand is NaN, x86 returns the second operand, and other architectures return the NaN or the first operand.
    if cfg!(target_arch = "x86_64") { floor.fast_max(x) } else { x.fast_max(floor) }
}

/// `1.5 * 2^23`. Adding it rounds a number to an integer, which is then in the lowest bits.
const ROUNDING_SHIFT: f32 = 12_582_912.0;
const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// `ln 2` as a sum of two numbers. The first has trailing zero bits, so that its product with an exponent is exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// `e^x = 2^k e^r`: returns `k + ROUNDING_SHIFT` and `e^r` for `|r| <= ln(2)/2`.
#[inline(always)]
fn exp_parts(x: F32Lane) -> (F32Lane, F32Lane) {
    let c = F32Lane::splat;
    let shifted = x.mul_add(c(LOG2_E), c(ROUNDING_SHIFT));
    let k = shifted - c(ROUNDING_SHIFT);
    let r = k.mul_add(c(-LN_2_HIGH), x);
    let r = k.mul_add(c(-LN_2_LOW), r);
    let r2 = r * r;
    // Estrin's scheme has shorter dependency chains than Horner's.
    let low = r.mul_add(c(0.166_665_21), c(0.499_999_93));
    let middle = r.mul_add(c(0.008_368_71), c(0.041_668_387));
    let high = c(0.001_381_461_4);
    let q = r2.mul_add(r2.mul_add(high, middle), low);
    (shifted, r2.mul_add(q, r + F32Lane::ONE))
}

/// Exponential, within 2 ulp; subnormal results within 2 ulp of the smallest normal number; 0 below -104, infinite above 88.73.
#[inline(always)]
pub fn exp(x: F32Lane) -> F32Lane {
    let c = F32Lane::splat;
    let x = at_least(x, c(-104.0));
    let (shifted, e) = exp_parts(x.simd_gt(c(89.0)).select(c(89.0), x));
    // 2^k in two factors, since k alone may leave the range of exponents at either end.
    let k = shifted - c(ROUNDING_SHIFT);
    let half = k.mul_add(c(0.5), c(ROUNDING_SHIFT));
    let rest = (k - (half - c(ROUNDING_SHIFT))) + c(ROUNDING_SHIFT);
    e * power_of_two(half) * power_of_two(rest)
}

/// Natural logarithm, within 2 ulp; minus infinity at 0, NaN below.
#[inline(always)]
pub fn log(x: F32Lane) -> F32Lane {
    let c = F32Lane::splat;
    // Subnormal numbers are scaled to normal ones.
    let tiny = c(f32::MIN_POSITIVE) - x;
    let scaled = tiny.where_positive(x * c(8_388_608.0), x);
    let shift = tiny.where_positive(c(-23.0), F32Lane::ZERO);
    let (k, m) = split_exponent(scaled);
    let k = k + shift;
    let f = m - F32Lane::ONE;
    let f2 = f * f;
    let f4 = f2 * f2;
    let q01 = f.mul_add(c(-0.250_000_1), c(0.333_333_13));
    let q23 = f.mul_add(c(-0.166_679_96), c(0.200_021_19));
    let q45 = f.mul_add(c(-0.124_055_89), c(0.142_195_52));
    let q67 = f.mul_add(c(-0.116_756_5), c(0.118_881_62));
    let q = f4.mul_add(f2.mul_add(q67, q45), f2.mul_add(q23, q01));
    let q = (f4 * f4).mul_add(c(0.067_466_39), q);
    let small = (f2 * f).mul_add(q, f2 * c(-0.5));
    let small = k.mul_add(c(LN_2_LOW), small);
    let value = k.mul_add(c(LN_2_HIGH), f + small);
    // x + inf is inf for an infinite x. The logarithm of a negative number is NaN, as is (x - x) / 0.
    let infinite = x - c(f32::MAX);
    let value = infinite.where_positive(x, value);
    let outside = x.where_positive(value, c(f32::NEG_INFINITY));
    let negative = (-x).where_positive(c(f32::NAN), outside);
    x.nan_or(negative)
}

/// The constants of softplus and sigmoid, as lane vectors.
///
/// A WebAssembly engine needs several instructions for every use of a vector constant, but one load for a vector in memory. The constants are
/// therefore read once before a loop. They come from a table whose contents are hidden from the compiler.
#[derive(Clone, Copy, Debug)]
pub struct SoftplusConstants {
    one: F32Lane,
    floor: F32Lane,
    log2_e: F32Lane,
    magic: F32Lane,
    ln_2_high: F32Lane,
    ln_2_low: F32Lane,
    q: [F32Lane; 4],
    p: [F32Lane; 8],
}

impl SoftplusConstants {
    /// Reads the table.
    #[inline(always)]
    pub fn read() -> Self {
        const COEFFICIENTS: [f32; 18] = [
            1.0,
            -87.0,
            LOG2_E,
            ROUNDING_SHIFT,
            -LN_2_HIGH,
            -LN_2_LOW,
            // (e^r - 1 - r) / r^2 on [-ln(2)/2, ln(2)/2]
            0.499_992_3,
            0.166_671_14,
            0.041_890_113,
            0.008_312_525,
            // log(1 + e) / e on [0, 1]
            0.999_999_8,
            -0.499_974_05,
            0.332_754_8,
            -0.244_954_63,
            0.177_452_41,
            -0.107_681_72,
            0.044_089_637,
            -0.008_539_21,
        ];
        let table = std::hint::black_box(&COEFFICIENTS);
        let at = |k: usize| F32Lane::splat(table[k]);
        Self {
            one: at(0),
            floor: at(1),
            log2_e: at(2),
            magic: at(3),
            ln_2_high: at(4),
            ln_2_low: at(5),
            q: std::array::from_fn(|k| at(6 + k)),
            p: std::array::from_fn(|k| at(10 + k)),
        }
    }
}

/// Range reduction of `e^-|x| = 2^k e^r`. Returns `r` and `k + ROUNDING_SHIFT`. Arguments below -87 are replaced by -87, because the result would be
/// subnormal.
#[inline(always)]
pub fn reduced(x: F32Lane, c: &SoftplusConstants) -> (F32Lane, F32Lane) {
    let y = at_least(x | F32Lane::splat(-0.0), c.floor);
    let shifted = y.mul_add(c.log2_e, c.magic);
    let k = shifted - c.magic;
    (k.mul_add(c.ln_2_low, k.mul_add(c.ln_2_high, y)), shifted)
}

/// `2^k e^r` from the result of [`reduced`].
#[inline(always)]
pub fn exp_of_reduced(r: F32Lane, shifted: F32Lane, c: &SoftplusConstants) -> F32Lane {
    let low = r.mul_add(c.q[1], c.q[0]);
    let high = r.mul_add(c.q[3], c.q[2]);
    let r2 = r * r;
    let e = r2.mul_add(r2.mul_add(high, low), r + c.one);
    times_power_of_two(e, shifted)
}

/// Softplus `max(x, 0) + log(1 + e)` of `x`, given `e = e^-|x|`.
#[inline(always)]
pub fn softplus_from_exp(x: F32Lane, e: F32Lane, c: &SoftplusConstants) -> F32Lane {
    let e2 = e * e;
    let p01 = e.mul_add(c.p[1], c.p[0]);
    let p23 = e.mul_add(c.p[3], c.p[2]);
    let p45 = e.mul_add(c.p[5], c.p[4]);
    let p67 = e.mul_add(c.p[7], c.p[6]);
    let p = (e2 * e2).mul_add(e2.mul_add(p67, p45), e2.mul_add(p23, p01));
    e.mul_add(p, at_least(x, F32Lane::ZERO))
}

/// Softplus and sigmoid of `x`, given `e = e^-|x|`.
#[inline(always)]
pub fn softplus_sigmoid_from_exp(x: F32Lane, e: F32Lane, c: &SoftplusConstants) -> (F32Lane, F32Lane) {
    let s = c.one / (c.one + e);
    // The sigmoid is s where x > 0 and e s elsewhere, and e is at most one.
    (softplus_from_exp(x, e, c), s * at_least(e, x.simd_gt(F32Lane::ZERO) & c.one))
}

/// Softplus within 7 ulp and sigmoid within 5 ulp, from one exponential. Below -87 both are `e^-87`.
#[inline(always)]
pub fn softplus_sigmoid(x: F32Lane) -> (F32Lane, F32Lane) {
    let c = SoftplusConstants::read();
    let (r, shifted) = reduced(x, &c);
    softplus_sigmoid_from_exp(x, exp_of_reduced(r, shifted, &c), &c)
}

/// [`softplus_sigmoid`] of many vectors, in three loops that store intermediate results in `h` and `s`. In one loop, every vector would be one long
/// chain of dependent operations. A processor looks ahead by a fixed number of operations; with shorter chains it processes more vectors at once.
#[inline(always)]
pub fn softplus_sigmoid_all(h: &mut [F32Lane], s: &mut [F32Lane], x: &[F32Lane]) {
    exp_of_minus_sizes(h, s, x);
    let c = SoftplusConstants::read();
    for ((h, s), &x) in h.iter_mut().zip(s).zip(x) {
        (*h, *s) = softplus_sigmoid_from_exp(x, *h, &c);
    }
}

/// Softplus of many vectors, processed in blocks of a few vectors.
#[inline(always)]
pub fn softplus_all(h: &mut [F32Lane], x: &[F32Lane]) {
    const LOOP_LENGTH: usize = 64;
    let mut between = [F32Lane::ZERO; LOOP_LENGTH];
    for (h, x) in h.chunks_mut(LOOP_LENGTH).zip(x.chunks(LOOP_LENGTH)) {
        exp_of_minus_sizes(h, &mut between, x);
        let c = SoftplusConstants::read();
        for (h, &x) in h.iter_mut().zip(x) {
            *h = softplus_from_exp(x, *h, &c);
        }
    }
}

/// Writes `e^-|x|` to `e`. Intermediate results are stored in `between`.
#[inline(always)]
fn exp_of_minus_sizes(e: &mut [F32Lane], between: &mut [F32Lane], x: &[F32Lane]) {
    let c = SoftplusConstants::read();
    for ((e, between), &x) in e.iter_mut().zip(&mut *between).zip(x) {
        (*e, *between) = reduced(x, &c);
    }
    let c = SoftplusConstants::read();
    for (e, between) in e.iter_mut().zip(&*between) {
        *e = exp_of_reduced(*e, *between, &c);
    }
}

/// Hyperbolic tangent, within 4 ulp.
#[inline(always)]
pub fn tanh(x: F32Lane) -> F32Lane {
    let c = F32Lane::splat;
    let size = x.abs();
    let (shifted, r) = exp_parts(at_least(size * c(-2.0), c(-87.0)));
    let e = r * power_of_two(shifted);
    let far = (F32Lane::ONE - e) / (F32Lane::ONE + e);
    let far = x.where_positive(far, -far);
    let y = x * x;
    let y2 = y * y;
    let low = y.mul_add(c(0.133_314_42), c(-0.333_332_8));
    let high = y.mul_add(c(0.020_639_087), c(-0.053_739_715));
    let q = y2.mul_add(y2.mul_add(c(-0.005_704_987_2), high), low);
    let near = (x * y).mul_add(q, x);
    (size - c(0.625)).where_positive(far, near)
}
