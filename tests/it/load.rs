//! Tests of a potential under a force, and of the rates between its wells.

use multiwell::internal::dynamics::Tilts;
use multiwell::internal::landscape::{Survey, rates, survey};
use multiwell::internal::model::model_file::Normalization;
use multiwell::internal::model::potential::Outputs;
use multiwell::internal::model::{Architecture, Potential, Skip, Symmetry};

/// Soft minimum of `2 (x + 1)²` and `2 (x - 1)² + lift` at a sharpness. For each further input, `stiffness / 2 y²` is added.
fn two_parabolas(lift: f64, sharpness: f64, stiffness: &[f64]) -> Potential {
    let inputs = 1 + stiffness.len();
    let arch = Architecture::new(inputs, 2, &[1]).with(Skip::Quadratic, Symmetry::None);
    let along = |slopes: [f64; 2]| {
        slopes.into_iter().flat_map(|slope| [vec![slope], vec![0.0; inputs - 1]].concat()).collect::<Vec<f64>>()
    };
    let curvatures: Vec<f64> = [4.0].iter().chain(stiffness).copied().collect();
    let params = [
        vec![0.0; 2 * inputs + 2],                 // V1, b1
        along([4.0, -4.0]),                        // V2
        vec![0.0; 2],                              // W2
        vec![2.0, 2.0 + lift],                     // b2
        [curvatures.clone(), curvatures].concat(), // D
        vec![40.0; 2],                             // a: open gates
        vec![sharpness],
    ];
    Potential::new(&arch, &Normalization::identity(inputs), params.concat())
}

fn surveyed(fit: &Potential) -> Survey {
    survey(fit, &vec![[-3.0, 3.0]; fit.inputs()], 0.01, None, &|| false)
}

/// Mean time at which overdamped motion with friction 1 first reaches `to` from `from`, by quadrature of its exact formula.
fn first_passage(fit: &Potential, [from, to]: [f64; 2], kt: f64) -> f64 {
    let count = 40_001;
    // The motion is reflected at a wall so far behind the well that it never reaches the wall.
    let wall = from - 2.5 * (to - from).signum();
    let step = (to - wall) / (count - 1) as f64;
    let x: Vec<f64> = (0..count).map(|k| wall + step * k as f64).collect();
    let psi = fit.values(&x, Outputs::default()).psi;
    let (mut time, mut below, mut last) = (0.0, 0.0, 0.0);
    for k in 1..count {
        let [before, here] = [psi[k - 1], psi[k]].map(|psi| (-psi / kt).exp());
        below += 0.5 * step.abs() * (before + here);
        let term = if (x[k] - from) * (to - from) >= 0.0 { below * (psi[k] / kt).exp() } else { 0.0 };
        time += 0.5 * step.abs() * (last + term);
        last = term;
    }
    time / kt
}

#[test]
fn kramers_rate_matches_mean_first_passage_time() {
    // Kramers' formula is the first term of an expansion in kT over the barrier.
    for (lift, barrier, tolerance) in [(0.0, 10.0, 0.15), (0.3, 10.0, 0.15), (0.0, 40.0, 0.04), (0.3, 40.0, 0.04)] {
        let fit = two_parabolas(lift, 2.0, &[]);
        let found = surveyed(&fit);
        let kt = (found.saddles[0].value - found.minima[1].value) / barrier;
        let rates = rates(&fit, &found, Some(kt), None);
        assert_eq!(rates.len(), 2);
        for rate in &rates {
            let exact = first_passage(&fit, [found.minima[rate.from].x[0], found.minima[rate.to].x[0]], kt).recip();
            let (kramers, correction) = (rate.rate.unwrap(), rate.correction.unwrap());
            assert!((kramers / exact - 1.0).abs() < tolerance, "{kramers} {exact}");
            assert!((kramers * correction / exact - 1.0).abs() < 0.01, "{} {exact}", kramers * correction);
            let at = |x: &[f64]| fit.hessian(x)[[0, 0]].abs();
            let known =
                (at(&found.minima[rate.from].x) * at(&rate.over)).sqrt() / std::f64::consts::TAU * (-rate.rise / kt).exp();
            assert!((kramers / known - 1.0).abs() < 1e-9);
        }
    }
}

#[test]
fn correction_of_rate_is_accurate_at_sharp_saddle() {
    // The maximum is rounded over a height much smaller than kT.
    let fit = two_parabolas(0.0, 200.0, &[]);
    let found = surveyed(&fit);
    let rate = &rates(&fit, &found, Some(0.2), None)[0];
    let exact = first_passage(&fit, [-1.0, 1.0], 0.2).recip();
    assert!(rate.correction.unwrap() < 0.5, "{rate:?}");
    assert!((rate.rate.unwrap() * rate.correction.unwrap() / exact - 1.0).abs() < 0.02, "{rate:?} {exact}");
}

#[test]
fn langer_rate_of_separable_potential_equals_kramers_rate() {
    let line = two_parabolas(0.3, 2.0, &[]);
    let one = rates(&line, &surveyed(&line), Some(0.2), Some(3.0));
    for stiffness in [vec![5.0], vec![0.7, 11.0]] {
        let space = two_parabolas(0.3, 2.0, &stiffness);
        let several = rates(&space, &surveyed(&space), Some(0.2), Some(3.0));
        assert_eq!(several.len(), 2);
        for (rate, known) in several.iter().zip(&one) {
            // The wells of a line are listed from left to right, and those of a plane from the lowest on. The order is the same here.
            assert_eq!((rate.from, rate.to), (known.from, known.to));
            assert!((rate.rate.unwrap() / known.rate.unwrap() - 1.0).abs() < 1e-4, "{rate:?} {known:?}");
            assert!((rate.correction.unwrap() / known.correction.unwrap() - 1.0).abs() < 1e-3, "{rate:?} {known:?}");
        }
    }
}

#[test]
fn rates_need_temperature_and_are_divided_by_friction() {
    let fit = two_parabolas(0.0, 2.0, &[]);
    let found = surveyed(&fit);
    let alone = rates(&fit, &found, None, None);
    assert!(alone.iter().all(|rate| rate.prefactor.is_some() && rate.rate.is_none() && rate.correction.is_none()));
    let [free, held] = [None, Some(4.0)].map(|friction| rates(&fit, &found, Some(0.2), friction)[0].rate.unwrap());
    assert!((free / held - 4.0).abs() < 1e-12);
}

#[test]
fn force_shifts_wells_of_soft_minimum_like_parabolas() {
    let fit = two_parabolas(0.4, 5.0, &[2.0]).tilted(&[0.1, 0.6]);
    let found = surveyed(&fit);
    assert_eq!(found.wells, 2);
    for minimum in &found.minima {
        assert!((minimum.x[1] - 0.3).abs() < 1e-6, "{minimum:?}");
        assert!(fit.gradient(&minimum.x).iter().all(|slope| slope.abs() < 1e-5));
    }
    // The force lowers each mode like the whole potential, so that responsibilities are unchanged.
    let untilted = two_parabolas(0.4, 5.0, &[2.0]);
    let parts = Outputs { gradient: true, modes: true, hessian: true };
    let [with, without] = [&fit, &untilted].map(|fit| fit.values(&[0.5, -0.2], parts));
    assert_eq!((with.responsibilities, with.hessian), (without.responsibilities, without.hessian));
    let work = 0.1 * 0.5 - 0.6 * 0.2;
    assert!((with.psi[0] - without.psi[0] + work).abs() < 1e-12 && (with.curves[1] - without.curves[1] + work).abs() < 1e-12);
    assert!((with.gradient[1] - without.gradient[1] + 0.6).abs() < 1e-12);
    assert_eq!(fit.clone().value(&[0.5, -0.2]), fit.value(&[0.5, -0.2]));
}

#[test]
fn two_sharp_parabolas_coexist_at_slope_of_common_tangent() {
    let fit = two_parabolas(0.4, 50.0, &[]);
    let curve = &mut |xs: &[f64]| {
        let values = fit.values(xs, Outputs { gradient: true, hessian: true, ..Outputs::default() });
        [values.psi, values.gradient, values.hessian]
    };
    let found = Tilts::new([-3.0, 3.0], curve).coexistences(0.01);
    assert_eq!(found.len(), 1);
    // Under a force F, the minima of the parabolas are at -F²/8 -+ F. Their offset is 0.4, so F = 0.2.
    assert!((found[0].tilt - 0.2).abs() < 1e-9, "{found:?}");
    let under = surveyed(&fit.clone().tilted(&[found[0].tilt]));
    assert!((under.minima[0].value - under.minima[1].value).abs() < 1e-9);
    assert!((under.minima[0].barrier.unwrap() - found[0].barrier).abs() < 1e-9);
}
