//! Tests of a fitted potential: second derivatives, single modes, closed modes.

use multiwell::internal::loss::training_set::TrainingSet;
use multiwell::internal::loss::{Loss, Regression, RegressionTarget};
use multiwell::internal::model::model_file::Normalization;
use multiwell::internal::model::potential::{Evaluator, Outputs, declared};
use multiwell::internal::model::{Architecture, Potential, init};
use multiwell::internal::train::{Rates, Trainer, adam};

const ALL_OUTPUTS: Outputs = Outputs { gradient: true, modes: true, hessian: true };

/// A potential with different scales, in which different modes are responsible, and points for it.
fn potential(inputs: usize, modes: usize) -> (Potential, Vec<f64>) {
    let arch = Architecture::new(inputs, modes, &[5, 4]);
    let mut params: Vec<f64> = init::paper(&declared(&arch), 4).iter().map(|p| 2.0 * p).collect();
    *params.last_mut().unwrap() = 3.0;
    let scaling = Normalization {
        input_shift: (0..inputs).map(|k| 0.3 - k as f64).collect(),
        input_scale: (0..inputs).map(|k| 0.5 + k as f64).collect(),
        output_shift: -2.0,
        output_scale: 1.7,
    };
    let points = (0..12 * inputs).map(|k| 2.0 * (1.7 * k as f64).sin()).collect();
    (Potential::new(&arch, &scaling, params), points)
}

#[test]
fn hessian_is_symmetric_derivative_of_gradient() {
    for inputs in [1, 2, 7] {
        let (fit, x) = potential(inputs, 3);
        let hessian = fit.values(&x, ALL_OUTPUTS).hessian;
        assert_eq!(hessian.len(), 12 * inputs * inputs);
        let h = 1e-5;
        for j in 0..inputs {
            let shifted =
                |by: f64| -> Vec<f64> { x.iter().enumerate().map(|(k, x)| if k % inputs == j { x + by } else { *x }).collect() };
            let ahead = fit.values(&shifted(h), ALL_OUTPUTS).gradient;
            let behind = fit.values(&shifted(-h), ALL_OUTPUTS).gradient;
            for (k, (a, b)) in ahead.iter().zip(&behind).enumerate() {
                let (point, i) = (k / inputs, k % inputs);
                let exact = hessian[(point * inputs + i) * inputs + j];
                // The error of central differences is h^2 / 6 times a third derivative of the slope, here at most 1e4 times the
                // slope.
                let difference = (a - b) / (2.0 * h);
                assert!((exact - difference).abs() < 1e-6 * (1.0 + exact.abs()), "{inputs}: {exact} {difference}");
                assert!((exact - hessian[(point * inputs + j) * inputs + i]).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn single_mode_is_its_curve_shifted_by_soft_minimum() {
    let (fit, x) = potential(2, 4);
    let curves = fit.values(&x, ALL_OUTPUTS).curves;
    let lift = 4.0_f64.ln() / fit.rho();
    for mode in 0..4 {
        let alone = fit.single_mode(mode).values(&x, Outputs::default()).psi;
        for (point, value) in alone.iter().enumerate() {
            assert!((value - curves[point * 4 + mode] - lift).abs() < 1e-12);
        }
        assert!(fit.smallest_weight(mode) >= 0.0);
    }
}

#[test]
fn closed_mode_has_no_responsibility_and_raises_psi() {
    let (mut fit, x) = potential(1, 4);
    let (before, rho) = (fit.values(&x, ALL_OUTPUTS), fit.rho());
    fit.close(&[2]);
    let after = fit.values(&x, ALL_OUTPUTS);
    assert!(fit.gates()[2] < 1e-4);
    for point in 0..12 {
        let responsibility = before.responsibilities[point * 4 + 2];
        assert_eq!(after.responsibilities[point * 4 + 2], 0.0);
        // Without mode i, Psi rises by -log(1 - r_i) / rho.
        let rise = after.psi[point] - before.psi[point];
        // The responsibility has a rounding error. One minus it therefore has a relative error of 1e-15 / (1 - responsibility).
        assert!(
            (rise + (-responsibility).ln_1p() / rho).abs() < 1e-12 + 1e-15 / (1.0 - responsibility),
            "{rise} {responsibility}"
        );
    }
}

#[test]
fn potential_without_closed_modes_has_bits_of_all_modes() {
    for (inputs, closed) in [(1, &[1, 3][..]), (2, &[0]), (3, &[0, 1, 2, 3])] {
        let (mut fit, x) = potential(inputs, 4);
        fit.close(closed);
        let fit = fit.tilted(&vec![0.3; inputs]);
        let whole = Evaluator::new(fit.architecture(), fit.scaling().clone(), ALL_OUTPUTS).evaluate(fit.params(), &x);
        let values = fit.values(&x, ALL_OUTPUTS);
        assert_eq!(values.responsibilities, whole.responsibilities);
        assert_eq!(values.hessian, whole.hessian);
        let work = |point: usize| 0.3 * x[point * inputs..(point + 1) * inputs].iter().sum::<f64>();
        for (k, (found, whole)) in values.curves.iter().zip(&whole.curves).enumerate() {
            assert!((found - (whole - work(k / 4))).abs() < 1e-12 * whole.abs().max(1.0), "mode {}: {found} {whole}", k % 4);
        }
        for (point, (found, whole)) in values.psi.iter().zip(&whole.psi).enumerate() {
            assert!((found - (whole - work(point))).abs() < 1e-12 * whole.abs().max(1.0), "{found} {whole}");
        }
    }
}

#[test]
fn closed_mode_keeps_its_bits_during_training() {
    let arch = Architecture::new(1, 3, &[4, 4]);
    let layout = declared(&arch);
    let mut params: Vec<f32> = init::paper(&layout, 1).iter().map(|&p| p as f32).collect();
    multiwell::internal::model::lse::close(&layout, &mut params, 1);
    let x: Vec<f64> = (0..30).map(|k| f64::from(k) / 5.0 - 3.0).collect();
    let y: Vec<f64> = x.iter().map(|x| (x * x - 1.0).powi(2) / 20.0).collect();
    let set = TrainingSet { target: RegressionTarget::Value, x, targets: y, weights: None, inputs: 1 };
    let mut loss = Regression::<f32>::new(&arch, &set);
    loss.set_epsilon(1e-3);
    let mut trainer = Trainer::new(params.clone(), adam::groups(&layout, arch.convexity));
    for _ in 0..200 {
        trainer.evaluate(&mut loss).unwrap();
        trainer.step(&mut loss, |_| Rates { network: 1e-2, gate: 1e-2 }).unwrap();
    }
    for param in layout.iter().filter(|p| p.name != "rho") {
        assert_eq!(trainer.params()[param.of_mode(1)], params[param.of_mode(1)], "{}", param.name);
        assert_ne!(trainer.params()[param.of_mode(0)], params[param.of_mode(0)], "{}", param.name);
    }
}

#[test]
fn potential_is_evaluated_concurrently_by_many_threads() {
    let arch = Architecture::new(2, 3, &[4, 5]);
    let params: Vec<f64> =
        (0..multiwell::internal::model::potential::declared(&arch).len()).map(|k| 0.3 + 0.2 * (k as f64).sin()).collect();
    let psi = Potential::new(&arch, &Normalization::identity(2), params);
    let all = |k: usize| {
        let x = [0.1 * k as f64, -0.3];
        (psi.value(&x), psi.gradient(&x), psi.hessian(&x), psi.responsibilities(&x))
    };
    let alone: Vec<_> = (0..32).map(all).collect();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| (0..32).map(all).collect::<Vec<_>>())).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), alone);
        }
    });
}
