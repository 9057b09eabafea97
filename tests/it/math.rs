//! Tests of the errors of the elementary functions of lanes, in units in the last place, over the whole range of arguments.

use multiwell::kernels::lanes::{F32Lane, Lane, Number};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

type F64Lane = <f64 as Number>::Lane;

/// Maximum error of `f` relative to `exact`, at bit patterns that cover all finite numbers in `range`. It is in ulp of the exact value, or of `floor`
/// if that is larger. Also returns the argument at which it occurs.
fn largest_error(f: impl Fn(F32Lane) -> F32Lane, exact: impl Fn(f64) -> f64, range: [f32; 2], floor: f32) -> (f64, f32) {
    let mut worst = (0.0, 0.0);
    let mut bits = 0u32;
    while let Some(next) = bits.checked_add(1_733) {
        let x = f32::from_bits(bits);
        bits = next;
        if !x.is_finite() || x < range[0] || x > range[1] {
            continue;
        }
        let found = f64::from(f(F32Lane::splat(x)).lane(1));
        let expected = exact(f64::from(x));
        let size = (expected.abs() as f32).max(floor);
        let ulp = f64::from(f32::from_bits(size.to_bits() + 1)) - f64::from(size);
        let error = (found - expected).abs() / ulp;
        if error.is_nan() || error > worst.0 {
            worst = (error, x);
        }
    }
    worst
}

fn assert_within(ulp: f64, name: &str, worst: (f64, f32)) {
    println!("{name}: {:.2} ulp at {:e}", worst.0, worst.1);
    assert!(worst.0 <= ulp, "{name}: {} ulp at {:e}", worst.0, worst.1);
}

#[test]
fn exponential_is_within_2_ulp() {
    assert_within(2.0, "exp", largest_error(Lane::exp, f64::exp, [-87.3, 88.72], f32::MIN_POSITIVE));
    let tiny = largest_error(Lane::exp, f64::exp, [-1e30, -87.3], f32::MIN_POSITIVE);
    assert_within(2.0, "exp of very negative numbers", tiny);
    assert_eq!(Lane::exp(F32Lane::splat(89.0)).lane(0), f32::INFINITY);
}

#[test]
fn logarithm_is_within_2_ulp() {
    assert_within(2.0, "log", largest_error(Lane::log, f64::ln, [f32::from_bits(1), f32::MAX], 1e-7));
    assert_eq!(Lane::log(F32Lane::splat(0.0)).lane(0), f32::NEG_INFINITY);
    assert_eq!(Lane::log(F32Lane::splat(f32::INFINITY)).lane(0), f32::INFINITY);
    assert!(Lane::log(F32Lane::splat(-1.0)).lane(0).is_nan());
}

#[test]
fn softplus_is_within_7_ulp() {
    let exact = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    assert_within(7.0, "softplus", largest_error(|x| x.softplus_sigmoid().0, exact, [-87.0, f32::MAX], f32::MIN_POSITIVE));
}

#[test]
fn sigmoid_is_within_5_ulp() {
    let exact = |x: f64| 1.0 / (1.0 + (-x).exp());
    assert_within(5.0, "sigmoid", largest_error(|x| x.softplus_sigmoid().1, exact, [-87.0, f32::MAX], f32::MIN_POSITIVE));
}

#[test]
fn hyperbolic_tangent_is_within_4_ulp() {
    assert_within(4.0, "tanh", largest_error(Lane::tanh, f64::tanh, [f32::MIN, f32::MAX], f32::MIN_POSITIVE));
}

/// The standard library serves as the reference, so the bounds include its own error of about 1 ulp.
#[test]
fn softplus_and_sigmoid_in_double_precision_are_within_4_ulp() {
    let mut worst = [(0.0, 0.0); 2];
    for step in 0..4_000_000u64 {
        // Bit patterns that cover all sizes from 2^-60 to 708, with both signs.
        let size = f64::from_bits((963 << 52) + step * ((69 << 52) / 4_000_000)).min(708.0);
        let x = if step % 2 == 0 { size } else { -size };
        let e = (-x.abs()).exp();
        let exact = [x.max(0.0) + e.ln_1p(), if x > 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }];
        let (softplus, sigmoid) = F64Lane::splat(x).softplus_sigmoid();
        for ((worst, found), exact) in worst.iter_mut().zip([softplus, sigmoid]).zip(exact) {
            let error = (found.lane(1) - exact).abs() / (f64::from_bits(exact.to_bits() + 1) - exact);
            if error.is_nan() || error > worst.0 {
                *worst = (error, x);
            }
        }
    }
    for (name, (ulp, x)) in ["softplus", "sigmoid"].into_iter().zip(worst) {
        println!("{name}: {ulp:.2} ulp at {x:e}");
        assert!(ulp <= 4.0, "{name}: {ulp} ulp at {x:e}");
    }
}

#[test]
fn softplus_and_sigmoid_in_double_precision_keep_limits_and_nan() {
    let at = |x: f64| {
        let (softplus, sigmoid) = F64Lane::splat(x).softplus_sigmoid();
        [softplus.lane(0), sigmoid.lane(0)]
    };
    assert_eq!(at(f64::INFINITY), [f64::INFINITY, 1.0]);
    assert_eq!(at(0.0), [std::f64::consts::LN_2, 0.5]);
    assert!(at(f64::NEG_INFINITY).iter().all(|&x| (0.0..1e-300).contains(&x)));
    assert!(at(f64::NAN).iter().all(|x| x.is_nan()));
}
