use super::*;
use crate::comparison::Method as _;
use multiwell::internal::data::Dataset;
use multiwell::internal::model::{Architecture, init};
use multiwell::internal::potentials::{
    DoubleWell, Formula, KnownPotential, RandomWells, find, random::RandomTargetKind, sampling,
};
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{DataSource, Job, PotentialRun, Settings};
use ndarray::{Array1, Array2};

fn rival(inputs: usize, modes: usize) -> Potential {
    let arch = Architecture::new(inputs, modes, &[4]);
    Potential::new(&arch, &Normalization::identity(inputs), init::paper(&declared(&arch), 1))
}

fn task<'a>(data: &'a Dataset, bounds: &'a [[f64; 2]], rival: &'a Potential) -> MethodData<'a> {
    MethodData { data, bounds, value_weight: 0.0, rival, seed: 1, is_stopped: &|| false }
}

/// Judge without held-out rows or periodic inputs.
fn judge_of<'a>(truth: &'a dyn KnownPotential, bounds: &'a [[f64; 2]], threshold: f64) -> ValueJudge<'a> {
    let (periodic, held_out, is_up_to_constant, is_stopped) = (&[], None, false, &|| false);
    ValueJudge { truth: Some(truth), bounds, periodic, held_out, threshold, is_up_to_constant, is_stopped }
}

/// A cubic of two inputs.
fn cubic(x: &[f64]) -> (f64, [f64; 2]) {
    (x[0].powi(3) - 2.0 * x[0] * x[1] + x[1] * x[1], [3.0 * x[0] * x[0] - 2.0 * x[1], 2.0 * x[1] - 2.0 * x[0]])
}

#[test]
fn polynomial_is_recovered_from_values_and_derivatives() {
    let bounds = [[-1.0, 2.0], [0.0, 5.0]];
    let x = sampling::spread(&bounds, 60);
    let y: Array1<f64> = x.rows().into_iter().map(|x| cubic(&x.to_vec()).0).collect();
    let slopes: Vec<f64> = x.rows().into_iter().flat_map(|x| cubic(&x.to_vec()).1).collect();
    let slopes = Array2::from_shape_vec(x.raw_dim(), slopes).unwrap();
    let rival = rival(2, 2);
    for data in [Dataset::values(x.clone(), y).unwrap(), Dataset::gradients(x.clone(), slopes).unwrap()] {
        let found = fit(ValueMethod::Polynomial, &task(&data, &bounds, &rival)).unwrap();
        assert_eq!(found.choice(), "degree 3");
        let at = |x: &[f64]| found.evaluate(x).0[0];
        let constant = at(&[0.0, 0.0]) - cubic(&[0.0, 0.0]).0;
        for x in [[0.3, 1.0], [1.9, 4.9], [3.0, 6.0]] {
            assert!((at(&x) - constant - cubic(&x).0).abs() < 1e-8);
            let slopes = found.evaluate(&x).1;
            assert!(slopes.iter().zip(cubic(&x).1).all(|(a, b)| (a - b).abs() < 1e-8));
        }
        assert!(data.gradient.is_some() || constant.abs() < 1e-8);
    }
}

#[test]
fn hard_minimum_is_convex_between_kinks() {
    let truth = RandomWells::new(RandomTargetKind::Kinked, 2);
    let bounds = truth.bounds();
    let data = sampling::uniform(&truth, 150, 0.0, 1);
    let settings = Settings::on(Recipe::Reliable, RandomWells::ID)
        .with("modes=5&hidden=5&epochs=2000&target-kind=kinked&target-seed=2&samples=150");
    let mut run = PotentialRun::new(settings.unwrap(), DataSource::Benchmark, None).unwrap();
    run.advance(u64::MAX);
    let rival = run.potential();
    let found = fit(ValueMethod::HardMinimum, &task(&data, &bounds, &rival)).unwrap();
    // The minimum is convex between its kinks. The slope decreases only at the kinks.
    let [low, high] = bounds[0];
    let x: Vec<f64> = (0..=4000).map(|k| low + (high - low) * f64::from(k) / 4000.0).collect();
    let slopes = found.evaluate(&x).1;
    let falls: Vec<f64> = slopes.windows(2).map(|w| w[1] - w[0]).filter(|d| *d < -1e-6).collect();
    assert!(!falls.is_empty() && falls.len() <= 8, "{falls:?}");
    let judge = judge_of(&truth, &bounds, 0.02 * data.std());
    let [hard, soft] = [judge.score(&*found), judge.score(&FittedNetwork(&rival))];
    assert!(hard.jump > 0.1 && hard.rmse.unwrap() < 2.0 * soft.rmse.unwrap(), "{hard:?} {soft:?}");
}

#[test]
fn equal_seeds_give_equal_bits_and_slopes_match_differences() {
    let data = sampling::uniform(&DoubleWell, 60, 0.01, 1);
    let (bounds, rival) = (DoubleWell.bounds(), rival(1, 2));
    for method in ValueMethod::LIST.iter().copied().skip(1) {
        let [one, two] = [(); 2].map(|()| fit(method, &task(&data, &bounds, &rival)).unwrap());
        let x = [-2.9, -1.0, 0.1, 2.2];
        let (values, slopes) = one.evaluate(&x);
        assert_eq!((values, slopes.clone()), two.evaluate(&x), "{}", method.name());
        let h = 1e-4;
        let near = |by: f64| one.evaluate(&x.map(|x| x + by)).0;
        for ((ahead, behind), slope) in near(h).iter().zip(near(-h)).zip(slopes) {
            assert!(((ahead - behind) / (2.0 * h) - slope).abs() < 1e-4 * (1.0 + slope.abs()), "{}", method.name());
        }
    }
}

#[test]
fn every_method_fits_a_smooth_curve() {
    let data = sampling::evenly_spaced(&DoubleWell, 60);
    let (bounds, rival) = (DoubleWell.bounds(), rival(1, 4));
    let judge = |held_out| ValueJudge { held_out, ..judge_of(&DoubleWell, &bounds, 0.02 * data.std()) };
    for method in
        [ValueMethod::Softplus, ValueMethod::Tanh, ValueMethod::Polynomial, ValueMethod::Spline, ValueMethod::GaussianProcess]
    {
        let found = fit(method, &task(&data, &bounds, &rival)).unwrap();
        let score = judge(Some(&data)).score(&*found);
        assert!(
            score.rmse.unwrap() < 0.02 * data.std() && score.held_out.unwrap() < 0.02 * data.std(),
            "{}: {score:?}",
            method.name()
        );
        assert_eq!((score.wells, score.spurious, score.missed), (2, Some(0), Some(0)), "{}", method.name());
    }
    let score = judge(None).score(&judge::Truth(&DoubleWell));
    assert_eq!((score.rmse, score.wells, score.spurious, score.extrapolation), (Some(0.0), 2, Some(0), Some(0.0)));
}

#[test]
fn gaussian_process_learns_from_derivatives() {
    let circuit = find("gene-circuit").unwrap();
    let data = sampling::uniform(&*circuit, 60, 0.0, 1);
    let (bounds, rival) = (circuit.bounds(), rival(2, 2));
    let found = fit(ValueMethod::GaussianProcess, &task(&data, &bounds, &rival)).unwrap();
    let judge = ValueJudge { held_out: Some(&data), is_up_to_constant: true, ..judge_of(&*circuit, &bounds, 0.01) };
    let score = judge.score(&*found);
    assert!(score.rmse.unwrap() < 0.02 * data.std() && score.wells == 2 && score.held_out.unwrap() < 0.02, "{score:?}");
}

#[test]
fn unsuitable_data_and_stopped_fits_give_errors() {
    let circuit = find("gene-circuit").unwrap();
    let data = sampling::uniform(&*circuit, 30, 0.0, 1);
    let (bounds, rival) = (circuit.bounds(), rival(2, 2));
    let task = task(&data, &bounds, &rival);
    assert!(matches!(fit(ValueMethod::Spline, &task), Err(NoFit::Unsuitable(why)) if why.contains("values only")));
    let stopped = MethodData { is_stopped: &|| true, ..task };
    assert_eq!(fit(ValueMethod::Tanh, &stopped).err(), Some(NoFit::Stopped));
}

/// Test of a potential with a seam. The periodic fits of all methods have the same number of wells as the truth, and equal values on both sides of
/// the seam.
#[test]
fn fits_of_periodic_inputs_are_periodic_with_wells_of_truth() {
    let truth = Formula::with_periods("cos(3*x) + 0.2*sin(x)", "", "", "2pi").unwrap();
    let data = sampling::uniform(&truth, 120, 0.0, 1);
    let bounds = truth.bounds();
    let arch = Architecture::new(1, 4, &[4]).with_periodic(vec![true]);
    let scaling = Normalization::identity(1).with_turns(&data.periods);
    let rival = Potential::new(&arch, &scaling, init::paper(&declared(&arch), 1));
    let judge = ValueJudge { periodic: &[true], held_out: Some(&data), ..judge_of(&truth, &bounds, 0.02 * data.std()) };
    let own = judge.score(&judge::Truth(&truth));
    assert_eq!((own.wells, own.spurious, own.missed, own.extrapolation), (3, Some(0), Some(0), None));
    for method in ValueMethod::LIST.iter().copied().skip(1) {
        let found = fit(method, &task(&data, &bounds, &rival)).unwrap();
        let [here, there] = [-3.0, -3.0 + std::f64::consts::TAU].map(|x| found.evaluate(&[x]));
        assert!((here.0[0] - there.0[0]).abs() < 1e-9 && (here.1[0] - there.1[0]).abs() < 1e-8, "{}", method.name());
        if method != ValueMethod::HardMinimum {
            let score = judge.score(&*found);
            assert!(score.rmse.unwrap() < 0.02, "{}: {score:?}", method.name());
            assert_eq!((score.wells, score.spurious, score.missed), (3, Some(0), Some(0)), "{}", method.name());
        }
    }
}

#[test]
fn partly_periodic_inputs_are_fitted_or_refused() {
    let truth = Formula::with_periods("cos(2*x)*(1 + 0.3*y) + y^2", "", "y=-1..1", "x:2pi").unwrap();
    let data = sampling::uniform(&truth, 300, 0.0, 1);
    let (bounds, rival) = (truth.bounds(), rival(2, 2));
    for method in [ValueMethod::Polynomial, ValueMethod::GaussianProcess] {
        let found = fit(method, &task(&data, &bounds, &rival)).unwrap();
        let worst = [[-3.1, 0.5], [3.1, -0.9], [0.4, 0.0]].map(|x| (found.evaluate(&x).0[0] - truth.value(&x)).abs());
        assert!(worst.iter().all(|error| *error < 0.02), "{}: {worst:?}", method.name());
    }
    let why = fit(ValueMethod::Spline, &task(&data, &bounds, &rival)).err();
    assert!(matches!(why, Some(NoFit::Unsuitable(why)) if why.contains("periodic")));
}

#[test]
fn large_tables_are_reduced_and_choice_states_number_of_rows() {
    let data = sampling::uniform(&DoubleWell, 1100, 0.1, 1);
    let (bounds, rival) = (DoubleWell.bounds(), rival(1, 2));
    let found = fit(ValueMethod::Spline, &task(&data, &bounds, &rival)).unwrap();
    assert!(found.choice().ends_with(", of 1,000 of 1,100 rows"), "{}", found.choice());
}
