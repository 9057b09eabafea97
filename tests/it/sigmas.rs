//! Tests of rows with standard errors: weighted losses, and their effect on accuracy.

use multiwell::internal::data::Dataset;
use multiwell::internal::loss::training_set::{TrainingSet, standard};
use multiwell::internal::loss::{Loss, Regression, RegressionTarget, Residuals};
use multiwell::internal::model::potential::declared;
use multiwell::internal::model::{Architecture, init};
use multiwell::internal::potentials::{DoubleWell, KnownPotential};
use multiwell::{Fit, Potential};
use ndarray::{Array1, Array2};
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

const ROW_COUNT: usize = 160;
const NOISE_FRACTION: f64 = 0.02;

/// The double well at equidistant points, with the standard errors of its values. Every second one is ten times as large.
fn rows(seed: u64, with_gradient: bool) -> (Dataset, Vec<f64>) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let x: Vec<f64> = (0..ROW_COUNT).map(|k| 6.0 * k as f64 / (ROW_COUNT - 1) as f64 - 3.0).collect();
    let sigmas: Vec<f64> = (0..ROW_COUNT).map(|k| if k % 2 == 0 { NOISE_FRACTION } else { 10.0 * NOISE_FRACTION }).collect();
    let mut noisy = |of: &dyn Fn(f64) -> f64| -> Vec<f64> {
        let draw = |(x, sigma): (&f64, &f64)| {
            let noise: f64 = StandardNormal.sample(&mut rng);
            of(*x) + sigma * noise
        };
        x.iter().zip(&sigmas).map(draw).collect()
    };
    let points = Array2::from_shape_vec((ROW_COUNT, 1), x.clone()).unwrap();
    let data = Dataset::values(points, Array1::from(noisy(&|x| DoubleWell.value(&[x])))).unwrap();
    let slopes = Array2::from_shape_vec((ROW_COUNT, 1), noisy(&|x| DoubleWell.gradient(&[x])[0])).unwrap();
    (if with_gradient { data.with_gradients(slopes).unwrap() } else { data }, sigmas)
}

fn fitted(data: &Dataset) -> Potential {
    // A small number of epochs leaves no second-order steps on derivatives.
    let epochs = if data.gradient.is_some() { 8000 } else { 1500 };
    Fit::potential(data).modes(4).epochs(epochs).run().unwrap().model
}

/// Root mean square difference from the truth, independent of a constant.
fn error(fit: &Potential) -> f64 {
    let differences: Vec<f64> =
        (0..=300).map(|k| f64::from(k) / 50.0 - 3.0).map(|x| fit.value(&[x]) - DoubleWell.value(&[x])).collect();
    let mean = differences.iter().sum::<f64>() / differences.len() as f64;
    (differences.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / differences.len() as f64).sqrt()
}

/// Errors of fits to all rows with their standard errors, to the good rows alone, and to all rows without standard errors.
fn compared(seed: u64, with_gradient: bool) -> [f64; 3] {
    let (data, sigmas) = rows(seed, with_gradient);
    let noisy: Vec<usize> = (0..ROW_COUNT).filter(|k| k % 2 == 1).collect();
    let good = data.clone().hold_out(noisy).unwrap().split_held_out().unwrap().0;
    let weighted = data.clone().with_sigmas(&sigmas).unwrap();
    [weighted, good, data].map(|data| error(&fitted(&data)))
}

#[test]
fn equal_standard_errors_change_no_bit() {
    for with_gradient in [false, true] {
        let (data, _) = rows(3, with_gradient);
        let equal = data.clone().with_sigmas(&[0.37; ROW_COUNT]).unwrap();
        let [without, with] =
            [&data, &equal].map(|data| Fit::potential(data).modes(3).epochs(400).hold_out(0.2).uncertainty().run().unwrap());
        assert_eq!(with.model.params(), without.model.params());
        assert_eq!((with.metrics(), &with.summary.held_out), (without.metrics(), &without.summary.held_out));
    }
}

#[test]
fn scale_of_standard_errors_changes_its_report_only() {
    let (data, sigmas) = rows(4, false);
    let of = |factor: f64| {
        let sigmas: Vec<f64> = sigmas.iter().map(|sigma| factor * sigma).collect();
        Fit::potential(&data.clone().with_sigmas(&sigmas).unwrap()).modes(4).epochs(1500).run().unwrap()
    };
    // The factor is a power of two, so that no number is rounded.
    let [right, small, large] = [1.0, 1.0 / 8.0, 8.0].map(of);
    assert_eq!(right.model.params(), small.model.params());
    let says =
        |warnings: &[String], word: &str| warnings.iter().any(|warning| warning.contains("chi-square") && warning.contains(word));
    assert!(!says(right.warnings(), ""), "{:?}", right.warnings());
    assert!(says(small.warnings(), "too small") && says(large.warnings(), "too large"));
    // The error is that of a row of weight one.
    let unit = data.with_sigmas(&sigmas).unwrap().unit_sigma().unwrap();
    assert!((right.metrics().rmse / unit - 1.0).abs() < 0.2, "{} {unit}", right.metrics().rmse);
}

#[test]
fn weighted_objective_is_mean_square_of_residuals() {
    for with_gradient in [false, true] {
        let (data, sigmas) = rows(5, with_gradient);
        let data = data.with_sigmas(&sigmas).unwrap();
        let set = TrainingSet::new(&data, &standard(&data), 1.0);
        assert_eq!(set.target, if with_gradient { RegressionTarget::Both } else { RegressionTarget::Value });
        let arch = Architecture::new(1, 3, &[4]);
        let params = init::paper(&declared(&arch), 2);
        let mut loss = Regression::<f64>::new(&arch, &set);
        let mut residuals = Residuals::new(&arch, &set);
        let whole = loss.value(&params).data;
        let errors = residuals.errors(&params);
        let mean = errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64;
        assert!((mean / whole - 1.0).abs() < 1e-12, "{mean} {whole}");
    }
}

#[test]
fn invalid_standard_errors_are_refused() {
    let (data, _) = rows(1, false);
    for (sigmas, word) in [
        (vec![0.0; ROW_COUNT], "row 1 has the standard error 0;"),
        (vec![-1.0; ROW_COUNT], "above zero"),
        (vec![f64::NAN; ROW_COUNT], "finite"),
        (vec![1.0; 3], "standard errors"),
    ] {
        let sentence = data.clone().with_sigmas(&sigmas).unwrap_err().to_string();
        assert!(sentence.contains(word), "{sentence}");
    }
}

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn known_standard_errors_compensate_noisy_rows() {
        for with_gradient in [false, true] {
            let all: Vec<[f64; 3]> = (1..=10).map(|seed| compared(seed, with_gradient)).collect();
            // The noisy rows have a hundredth of the information of the good ones.
            let as_good = all.iter().filter(|[weighted, good, _]| *weighted < 1.5 * good).count();
            let better = all.iter().filter(|[weighted, _, plain]| *weighted < 0.6 * plain).count();
            println!("{with_gradient}: {all:.4?}");
            assert!(as_good >= 8 && better >= 8, "as good {as_good}, better {better}: {all:.4?}");
        }
    }
}
