//! Tests of periodic inputs: continuity across the seam, derivatives, convexity, and the model file.

use multiwell::internal::landscape::certificates;
use multiwell::internal::loss::training_set::TrainingSet;
use multiwell::internal::loss::{Loss, Regression, RegressionTarget, Residuals};
use multiwell::internal::model::model_file::{ModelFile, Normalization};
use multiwell::internal::model::potential::{Outputs, declared};
use multiwell::internal::model::{Architecture, Potential, Skip, Symmetry, init};

const ALL_OUTPUTS: Outputs = Outputs { gradient: true, modes: true, hessian: true };
/// Periods of the inputs, in degrees and radians. The second input is a length and is not periodic.
const INPUT_PERIODS: [Option<[f64; 2]>; 3] = [Some([-180.0, 180.0]), None, Some([0.0, std::f64::consts::TAU])];

fn architecture(skip: Skip) -> Architecture {
    Architecture::new(3, 4, &[5, 4]).with(skip, Symmetry::None).with_periodic(INPUT_PERIODS.iter().map(Option::is_some).collect())
}

fn potential(skip: Skip) -> Potential {
    let arch = architecture(skip);
    let mut params: Vec<f64> = init::paper(&declared(&arch), 4).iter().map(|p| 2.0 * p).collect();
    *params.last_mut().unwrap() = 3.0;
    let scaling =
        Normalization { output_shift: -2.0, output_scale: 1.7, ..Normalization::identity(3) }.with_turns(&INPUT_PERIODS);
    Potential::new(&arch, &scaling, params)
}

fn points() -> Vec<f64> {
    (0..20).flat_map(|k| [-180.0 + 17.9 * f64::from(k), 2.0 * (1.7 * f64::from(k)).sin(), 0.31 * f64::from(k)]).collect()
}

#[test]
fn values_and_derivatives_are_periodic() {
    for skip in [Skip::None, Skip::Quadratic, Skip::Quartic] {
        let fit = potential(skip);
        let here = fit.values(&points(), ALL_OUTPUTS);
        for turns in [-1.0, 1.0, 7.0] {
            let shift = [360.0 * turns, 0.0, turns * std::f64::consts::TAU];
            let there: Vec<f64> = points().iter().enumerate().map(|(k, x)| x + shift[k % 3]).collect();
            let there = fit.values(&there, ALL_OUTPUTS);
            let pairs = [
                (&here.psi, &there.psi),
                (&here.gradient, &there.gradient),
                (&here.hessian, &there.hessian),
                (&here.curves, &there.curves),
                (&here.responsibilities, &there.responsibilities),
            ];
            for (a, b) in pairs.iter().flat_map(|(a, b)| a.iter().zip(b.iter())) {
                assert!((a - b).abs() <= 1e-12 * (1.0 + a.abs()), "{turns}: {a} {b}");
            }
        }
    }
}

#[test]
fn derivatives_by_inputs_agree_with_differences() {
    let (fit, x) = (potential(Skip::Quadratic), points());
    let exact = fit.values(&x, ALL_OUTPUTS);
    for input in 0..3 {
        let h = [1e-3, 1e-5, 1e-5][input];
        let shifted = |by: f64| {
            let x: Vec<f64> = x.iter().enumerate().map(|(k, x)| if k % 3 == input { x + by } else { *x }).collect();
            fit.values(&x, ALL_OUTPUTS)
        };
        let (ahead, behind) = (shifted(h), shifted(-h));
        for point in 0..20 {
            let slope = (ahead.psi[point] - behind.psi[point]) / (2.0 * h);
            assert!((slope - exact.gradient[3 * point + input]).abs() < 1e-7, "{input}");
            for other in 0..3 {
                let curvature = (ahead.gradient[3 * point + other] - behind.gradient[3 * point + other]) / (2.0 * h);
                assert!((curvature - exact.hessian[9 * point + 3 * other + input]).abs() < 1e-6, "{input} {other}");
            }
        }
    }
}

/// A training set of values, or derivatives, at the points.
fn training_set(target: RegressionTarget) -> TrainingSet {
    let identity = potential(Skip::None).features(&points());
    assert_eq!(identity.len(), 20 * 5);
    let x: Vec<f64> = points().iter().enumerate().map(|(k, x)| if k % 3 == 0 { x.to_radians() } else { *x }).collect();
    let targets = (0..20 * target.components(3)).map(|k| (1.3 * k as f64).sin()).collect();
    TrainingSet { target, x, targets, weights: None, inputs: 3 }
}

#[test]
fn gradients_and_jacobians_of_losses_agree_with_differences() {
    for (target, skip) in [
        (RegressionTarget::Value, Skip::None),
        (RegressionTarget::Gradient, Skip::Quartic),
        (RegressionTarget::Both, Skip::Quadratic),
    ] {
        let (arch, mut set) = (architecture(skip), training_set(target));
        let params = init::paper(&declared(&arch), 3);
        let weights = || (0..set.targets.len()).map(|k| 0.5 + 0.1 * (k % 5) as f64).collect();
        set.weights = (target != RegressionTarget::Gradient).then(weights);
        let mut loss = Regression::<f64>::new(&arch, &set);
        let mut gradient = vec![0.0; params.len()];
        loss.evaluate(&params, 0, &mut gradient);
        let mut errors = Residuals::new(&arch, &set);
        let jacobian = errors.jacobian(&params);
        for k in 0..params.len() {
            let h = 1e-5;
            let mut near = [params.clone(), params.clone()];
            (near[0][k], near[1][k]) = (params[k] + h, params[k] - h);
            let difference = (loss.value(&near[0]).data - loss.value(&near[1]).data) / (2.0 * h);
            assert!((difference - gradient[k]).abs() < 1e-7 * (1.0 + difference.abs()), "{target:?} {k}");
            let [ahead, behind] = near.map(|near| errors.errors(&near));
            for (row, (a, b)) in ahead.iter().zip(&behind).enumerate() {
                assert!(((a - b) / (2.0 * h) - jacobian[row * params.len() + k]).abs() < 1e-7, "{target:?} {k} {row}");
            }
        }
    }
}

#[test]
fn modes_are_convex_in_cosine_and_sine_but_not_in_angle() {
    let (fit, bounds) = (potential(Skip::None), [[-180.0, 180.0], [-2.0, 2.0], [0.0, std::f64::consts::TAU]]);
    for certificate in certificates(&fit, &bounds) {
        assert!(
            certificate.proven && certificate.worst_chord <= 1e-14 && certificate.worst_curvature >= -1e-13,
            "{certificate:?}"
        );
    }
    let (x, over) = (points(), fit.over_features());
    let (a, b) = (fit.values(&x, ALL_OUTPUTS).psi, over.values(&fit.features(&x), ALL_OUTPUTS).psi);
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-12));
    let least = fit.single_mode(0).values(&x, ALL_OUTPUTS).hessian.iter().step_by(9).copied().fold(f64::INFINITY, f64::min);
    assert!(least < 0.0, "what is periodic cannot be convex in the angle: {least}");
}

#[test]
fn exchange_symmetry_holds_for_angles() {
    let arch = Architecture::new(2, 3, &[4]).with(Skip::None, Symmetry::Exchange).with_periodic(vec![true; 2]);
    let scaling = Normalization::identity(2).with_turns(&[Some([0.0, 360.0]); 2]);
    let fit = Potential::new(&arch, &scaling, init::paper(&declared(&arch), 3));
    assert!((fit.value(&[10.0, 200.0]) - fit.value(&[200.0, 10.0])).abs() < 1e-14);
    assert!((fit.value(&[10.0, 200.0]) - fit.value(&[-160.0, 370.0])).abs() < 1e-12);
}

#[test]
fn model_file_keeps_periods_and_its_version_without_periods() {
    let fit = potential(Skip::Quartic);
    let names = ["phi", "d", "psi"].map(String::from).to_vec();
    let file = ModelFile {
        periods: INPUT_PERIODS.to_vec(),
        ..ModelFile::new(&architecture(Skip::Quartic), names, "F".into(), fit.scaling().clone(), fit.params())
    };
    let read = ModelFile::read(&file.write()).unwrap();
    assert_eq!((&read, read.version), (&file, 2));
    let again = Potential::from_file(&read).unwrap();
    assert_eq!(again.values(&points(), ALL_OUTPUTS), fit.values(&points(), ALL_OUTPUTS));
    let refused = |change: &dyn Fn(&mut ModelFile)| {
        let mut file = file.clone();
        change(&mut file);
        ModelFile::read(&file.write()).unwrap_err().to_string()
    };
    assert!(refused(&|file| file.periods.truncate(2)).contains("`periods`"));
    assert!(refused(&|file| file.periods[0] = Some([0.0, 180.0])).contains("over two pi"));
    assert!(refused(&|file| file.periods[0] = Some([180.0, -180.0])).contains("lower end"));
    assert!(refused(&|file| file.periods = vec![None; 3]).contains("shape"));

    let arch = Architecture::new(2, 2, &[3]);
    let names = ["x", "y"].map(String::from).to_vec();
    let plain = ModelFile::new(&arch, names, "F".into(), Normalization::identity(2), &init::paper(&declared(&arch), 1));
    assert!(plain.version == 1 && !plain.write().contains("periods"));
    assert_eq!(ModelFile::read(&plain.write()).unwrap(), plain);
}
