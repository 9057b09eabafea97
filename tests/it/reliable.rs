//! Tests that the recipe `reliable` determines the correct number of modes, and gives sensible fits for any data.
use crate::fits::{finished, of_own, own_data};
use multiwell::internal::data::{Dataset, standard_deviation};
use multiwell::internal::potentials::find;
use multiwell::internal::potentials::sampling::spread;
use multiwell::internal::problem::potential::PotentialMetrics;
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{DataSource, Job, Metrics, Settings, State};
use ndarray::{Array1, Array2};
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

fn trained(settings: Settings, source: DataSource) -> Metrics<PotentialMetrics> {
    let mut run = finished(settings, source);
    assert!(matches!(run.ended(), Some(State::Finished { .. })), "{:?}", run.ended());
    let report = run.metrics();
    assert!(report.finite && report.own.loss.is_finite() && report.own.rmse.is_finite(), "{report:?}");
    assert_eq!(report.stages.iter().map(|stage| stage.epochs).sum::<u64>(), report.epochs);
    report
}

/// Report of a benchmark with these settings.
fn of_benchmark(id: &str, settings: &str) -> Metrics<PotentialMetrics> {
    trained(Settings::on(Recipe::Reliable, id).with(settings).unwrap(), DataSource::Benchmark)
}

#[test]
fn limit_for_removals_is_at_most_the_error_of_a_constant() {
    let report = of_benchmark("double-well", "epochs=600&epsilon=1");
    let mut limited = report.stages.iter().filter(|stage| stage.sentence.contains("the limit of")).peekable();
    assert!(limited.peek().is_some() && limited.all(|stage| stage.sentence.contains("limit of 100.00 %")), "{report:?}");
}

#[test]
fn fewer_epochs_shorten_all_stages() {
    let report = of_benchmark("double-well", "epochs=600");
    assert!(report.epochs <= 600 && report.lm_steps > 0, "{report:?}");
    let names: Vec<&str> = report.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names[..2], ["initialize", "train together"], "{names:?}");
    assert!(names.contains(&"refine"), "{names:?}");
}

#[test]
fn polishing_and_sharpening_keep_a_mode_for_each_well() {
    // Without a limit, a mode of the hump becomes responsible while these fits are polished.
    for seed in [16, 82] {
        let own = of_benchmark("double-well", &format!("seed={seed}&data-seed={seed}")).own;
        assert_eq!((own.wells, own.responsible_modes), (2, 2), "seed {seed}");
        assert!(own.minima.iter().all(|minimum| minimum.modes.len() == 1), "{:?}", own.minima);
    }
}

#[test]
fn shallow_well_with_noise_is_kept() {
    let shallow = "target-kind=kinked&target-seed=268&data-seed=268&noise=0.038&seed=3";
    let report = of_benchmark("random-wells", shallow);
    // Training keeps the well. Whether these few rows distinguish it from noise is a separate test.
    assert_eq!(report.own.minima.len(), 4, "{:?}", report.stages);
}

#[test]
fn removal_in_which_training_diverges_is_refused() {
    // A few missing values are written as -999.
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(202);
    let x = Array2::from_shape_simple_fn((200, 1), || rng.random_range(-1.6..1.6_f64));
    let mut row = 0;
    let source = own_data(x, |x| {
        row += 1;
        if row % 70 == 0 { -999.0 } else { 4.0 * (x[0] * x[0] - 1.0).powi(2) + 0.3 * x[0] }
    });
    let report = trained(of_own(30_000), source);
    assert!(report.own.r2 > 0.0, "{} {:?}", report.own.r2, report.stages);
}

#[test]
fn few_equal_and_unsorted_points_are_fitted() {
    let points = |n: usize, at: fn(usize) -> f64| Array2::from_shape_fn((n, 1), |(k, _)| at(k));
    for source in [
        own_data(points(5, |k| k as f64), |x| (x[0] - 2.0).powi(2)),
        own_data(points(2, |k| 1e6 + k as f64), |x| x[0]),
        own_data(points(20, |_| 3.0), |x| x[0]),
        own_data(points(30, |k| k as f64), |_| 7.0),
        own_data(points(60, |k| ((k * 37) % 20) as f64), |x| (x[0] * 0.7).sin() * 1e-9),
    ] {
        trained(of_own(2_000), source);
    }
    // If one point has many values, only their mean can be learnt.
    let y = Array1::from_iter((0..20).map(|k| f64::from(k % 2)));
    let x = Array2::from_elem((20, 1), 0.5);
    let source = DataSource::Own(Dataset { name: "own".into(), names: vec!["x".into(), "y".into()], x, y, ..Dataset::default() });
    assert!((trained(of_own(2_000), source).own.rmse - 0.5).abs() < 1e-2);
}

#[test]
fn several_inputs_are_learnt() {
    let grid = Array2::from_shape_fn((15 * 15, 2), |(k, input)| [k % 15, k / 15][input] as f64 / 7.0 - 1.0);
    let two_wells = |x: &[f64]| (x[0] * x[0] - 0.4).powi(2) + 0.3 * x[1] * x[1];
    let settings = of_own(3_000).with("modes=5&hidden=6,6").unwrap();
    let report = trained(settings, own_data(grid, two_wells));
    assert!(report.own.r2 > 0.999, "{}", report.own.r2);
    assert!(!report.warnings.iter().any(|warning| warning.contains("The rows have")), "before a survey: {:?}", report.warnings);
}

/// Error in the sentence of a stage, as a fraction.
fn stage_error(report: &Metrics<PotentialMetrics>, stage: &str) -> f64 {
    let note = report.stages.iter().rfind(|note| note.name == stage).unwrap_or_else(|| panic!("{stage}: {:?}", report.stages));
    let number = note.sentence.rsplit("error is ").next().and_then(|text| text.split(' ').next());
    number.and_then(|text| text.parse::<f64>().ok()).unwrap_or_else(|| panic!("{}", note.sentence)) / 100.0
}

/// Values with noise in standard deviations of the values.
fn noisy(x: Array2<f64>, noise: f64, rng: &mut Xoshiro256PlusPlus, value: impl Fn(&[f64]) -> f64) -> DataSource {
    let y: Array1<f64> = x.rows().into_iter().map(|row| value(&row.to_vec())).collect();
    let sigma = noise * standard_deviation(&y);
    own_data(x, |x| value(x) + sigma * rng.sample::<f64, _>(StandardNormal))
}

#[test]
fn second_order_stage_on_part_of_rows_is_judged_on_all() {
    let bowls = |x: &[f64]| {
        let bowl = |centre: f64| x.iter().map(|x| (x - centre) * (x - centre)).sum::<f64>();
        bowl(-0.5).min(bowl(0.5) + 0.3)
    };
    // There are too many parameters for 3,000 rows of ten inputs. Without removals, the second-order stages follow Adam directly.
    let settings = of_own(800).with("modes=4&hidden=6&epsilon=0.0").unwrap();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    let report = trained(settings, noisy(spread(&[[-1.0, 1.0]; 10], 3_000), 0.3, &mut rng, bowls));
    let by_adam = stage_error(&report, "train together");
    assert!(stage_error(&report, "refine") <= by_adam + 5e-5, "never worse than Adam alone: {:?}", report.stages);
    // For each fit, sharpening may increase the error by one standard error of the paired difference. This is at most that of the mean square,
    // sqrt(2/n).
    let last = report.own.mse.sqrt();
    assert!(report.own.mse <= by_adam * by_adam * (1.0 + 2.0 * (2.0 / 3_000.0_f64).sqrt()), "{last} after {by_adam}");
    assert!(
        (stage_error(&report, "sharpen") - last).abs() < 1e-4,
        "the last stage must report the error on all rows: {:?}",
        report.stages
    );
}

#[test]
fn quartic_skip_extrapolates_quartic_tail() {
    let points = Array2::from_shape_fn((80, 1), |(k, _)| k as f64 / 39.5 - 1.0);
    let settings = of_own(2_000).with("modes=3&hidden=6&skip=quartic").unwrap();
    let run = finished(settings, own_data(points, |x| x[0].powi(4)));
    // Outside the data, a network without the skip continues as a straight line. At x = 2 the line is 5, and the truth is 16.
    let far = run.potential().evaluate(&ndarray::array![[2.0], [-2.0]], false).0;
    assert!(far.iter().all(|psi| (12.0..20.0).contains(psi)), "{far}");
}

/// Value of the potential of Müller and Brown.
fn muller_brown(x: &[f64]) -> f64 {
    find("muller-brown").expect("a benchmark").value(x)
}

/// A table of 1,000 rows where the potential is below 30, with noise in standard deviations of the values.
fn noisy_muller_brown(noise: f64, draw: u64) -> DataSource {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(draw);
    let mut x = Vec::new();
    while x.len() < 2_000 {
        let point = [rng.random_range(-1.5..1.2), rng.random_range(-0.25..2.0)];
        if muller_brown(&point) < 30.0 {
            x.extend(point);
        }
    }
    noisy(Array2::from_shape_vec((1_000, 2), x).unwrap(), noise, &mut rng, muller_brown)
}

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn benchmarks_have_their_number_of_wells_and_small_error() {
        for (benchmark, wells, rmse) in [("double-well", 2, 1e-3), ("cosine-well", 4, 1e-3), ("three-well", 3, 2e-3)] {
            for sampling in ["uniform", "grid"] {
                let report = of_benchmark(benchmark, &format!("sampling={sampling}"));
                assert_eq!((report.own.responsible_modes, report.own.wells), (wells, wells), "{benchmark}: {:?}", report.stages);
                assert!(report.own.rmse < rmse && report.epochs <= 30_000, "{benchmark}: {}", report.own.rmse);
            }
        }
    }

    #[test]
    #[ignore = "full recipe"]
    fn each_well_of_muller_brown_has_a_mode() {
        for seed in 1..=3 {
            let own = of_benchmark("muller-brown", &format!("seed={seed}")).own;
            assert_eq!((own.wells, own.responsible_modes), (3, 3), "seed {seed}: {:?}", own.minima);
        }
    }

    #[test]
    #[ignore = "full recipe"]
    fn curve_of_many_rows_is_accurate_with_limited_auxiliary_modes() {
        // A second-order step uses a subset of these rows.
        let x: Vec<f64> = (0..800).map(|k| -1.5 + 3.0 * ((f64::from(k) * 0.618_034).fract())).collect();
        let y: Vec<f64> = x.iter().map(|x| 2.0 * (x * x - 1.0).powi(2) + 0.3 * x).collect();
        let mut run = finished(of_own(30_000), DataSource::Own(Dataset::curve(&x, &y).unwrap()));
        let metrics = run.metrics();
        assert!(metrics.own.wells == 2 && metrics.own.r2 > 0.9999, "{metrics:?}");
    }

    #[test]
    #[ignore = "full recipe"]
    fn error_above_noise_is_reported() {
        let warned = |benchmark: &str, settings: &str| {
            let report = of_benchmark(benchmark, settings);
            report.warnings.iter().any(|warning| warning.contains("their noise is "))
        };
        for settings in ["noise=0", "noise=0.02", "noise=0.1"] {
            assert!(!warned("cosine-well", settings), "{settings}");
            assert!(warned("cosine-well", &format!("{settings}&modes=1")), "one mode holds no four wells: {settings}");
        }
        assert!(!warned("muller-brown", "samples=300"));
        assert!(warned("muller-brown", "samples=300&modes=1&noise=0.02"));
    }

    #[test]
    #[ignore = "full recipe"]
    fn many_samples_are_learnt_with_partial_second_order_steps() {
        let many = Array2::from_shape_fn((20_000, 1), |(k, _)| (k as f64 * 0.618_034).fract() * 4.0 - 2.0);
        let settings = of_own(2_000).with("modes=3&hidden=6,6").unwrap();
        let report = trained(settings, own_data(many, |x| (x[0] * x[0] - 1.0).powi(2)));
        assert!(report.own.r2 > 0.999, "{}", report.own.r2);
    }

    #[test]
    #[ignore = "full recipe"]
    fn noise_in_two_inputs_does_not_raise_sharpness_or_barriers() {
        for draw in 0..3 {
            let (report, survey) = finished(of_own(2_000), noisy_muller_brown(0.07, draw)).surveyed(&|| false);
            let mut minima = survey.minima;
            minima.sort_by(|a, b| a.value.total_cmp(&b.value));
            assert!(minima.len() == 3 && report.own.rho < 10.0, "{draw}: {minima:?}");
            for (minimum, truth) in minima.iter().zip([106.03, 35.92]) {
                let barrier = minimum.barrier.unwrap();
                assert!((barrier / truth - 1.0).abs() < 0.2, "{draw}: {barrier} for {truth}");
            }
        }
    }

    #[test]
    #[ignore = "full recipe"]
    fn initializations_in_many_inputs_are_compared_on_held_out_rows() {
        let value = |x: &[f64]| {
            let wells: f64 = x[..2].iter().map(|x| (2.25 * x * x - 1.0).powi(2)).sum();
            wells + 0.7 * x[2..].iter().map(|x| x * x).sum::<f64>() + 0.4 * x[0] * (1.0 + x[3])
        };
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(11);
        let x = Array2::from_shape_fn((2_500, 8), |_| rng.random_range(-1.0..1.0));
        let report = trained(of_own(10_000).with("hold-out=0.2").unwrap(), own_data(x, value));
        let names: Vec<&str> = report.stages.iter().map(|stage| stage.name.as_str()).collect();
        assert_eq!(names[..4], ["initialize", "train together", "initialize", "train together"], "{names:?}");
        let held_out = report.held_out.expect("held-out rows");
        assert!(held_out.r2 > Some(0.95) && report.own.wells == 4, "{:?} {}", held_out.r2, report.own.wells);
    }

    #[test]
    #[ignore = "full recipe"]
    fn unprofitable_mode_is_not_added() {
        let with = |epsilon: f64| {
            trained(Settings::default().with(&format!("epsilon={epsilon}")).unwrap(), DataSource::Benchmark).own.active_gates
        };
        let (free, default, dear) = (with(0.0), with(1e-4), with(1e-1));
        assert_eq!(free, 10, "modes that cost nothing all stay");
        assert!((4..free).contains(&default), "{default}");
        assert!(dear < default, "{dear} of {default}");
    }

    #[test]
    #[ignore = "full recipe"]
    fn wells_of_many_noisy_rows_are_found() {
        for (target, seed) in [(5, 1), (5, 2), (7, 1)] {
            let settings =
                format!("target-kind=kinked&target-seed={target}&samples=1000&noise=0.01&seed={seed}&data-seed={seed}");
            let report = of_benchmark("random-wells", &settings);
            assert_eq!(Some(report.own.wells), report.own.true_wells, "{settings}");
            assert!(report.own.r2 > 0.999 && report.warnings.is_empty(), "{settings}: {} {:?}", report.own.r2, report.warnings);
        }
    }
}
