//! Tests that the recipe `reliable` determines the correct number of modes, and gives sensible fits for any data.
use crate::fits::{finished, of_own, own_data};
use multiwell::internal::data::{Dataset, standard_deviation};
use multiwell::internal::potentials::find;
use multiwell::internal::potentials::sampling::spread;
use multiwell::internal::problem::potential::PotentialMetrics;
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{DataSource, Metrics, Settings, State};
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

#[test]
fn fewer_epochs_shorten_all_stages() {
    let report = trained(Settings::on(Recipe::Reliable, "double-well").with("epochs=600").unwrap(), DataSource::Benchmark);
    assert!(report.epochs <= 600 && report.lm_steps > 0, "{report:?}");
    let names: Vec<&str> = report.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names[..2], ["initialize", "train together"], "{names:?}");
    assert!(names.contains(&"refine"), "{names:?}");
}

#[test]
fn polishing_and_sharpening_keep_a_mode_for_each_well() {
    // Without a limit, a mode of the hump becomes responsible while these fits are polished.
    for seed in [16, 82] {
        let settings = Settings::on(Recipe::Reliable, "double-well").with(&format!("seed={seed}&data-seed={seed}")).unwrap();
        let own = trained(settings, DataSource::Benchmark).own;
        assert_eq!((own.wells, own.responsible_modes), (2, 2), "seed {seed}");
        assert!(own.minima.iter().all(|minimum| minimum.modes.len() == 1), "{:?}", own.minima);
    }
}

#[test]
fn shallow_well_with_noise_is_kept() {
    let shallow = "target-kind=kinked&target-seed=268&data-seed=268&noise=0.038&seed=3";
    let report = trained(Settings::on(Recipe::Reliable, "random-wells").with(shallow).unwrap(), DataSource::Benchmark);
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

/// Noisy values at points that cover a box evenly.
fn noisy(rows: usize, inputs: usize, noise: f64, value: impl Fn(&[f64]) -> f64) -> DataSource {
    let x = spread(&vec![[-1.0, 1.0]; inputs], rows);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    let y: Vec<f64> = x.rows().into_iter().map(|row| value(&row.to_vec())).collect();
    let mean = y.iter().sum::<f64>() / rows as f64;
    let std = (y.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / rows as f64).sqrt();
    let y = y.into_iter().map(|y| y + noise * std * rng.sample::<f64, _>(StandardNormal)).collect::<Array1<f64>>();
    let names = (0..=inputs).map(|k| format!("c{k}")).collect();
    DataSource::Own(Dataset { name: "own".into(), names, x, y, ..Dataset::default() })
}

#[test]
fn second_order_stage_on_part_of_rows_is_judged_on_all() {
    let bowls = |x: &[f64]| {
        let bowl = |centre: f64| x.iter().map(|x| (x - centre) * (x - centre)).sum::<f64>();
        bowl(-0.5).min(bowl(0.5) + 0.3)
    };
    // There are too many parameters for 3,000 rows of ten inputs. Without removals, the second-order stages follow Adam directly.
    let settings = of_own(800).with("modes=4&hidden=6&epsilon=0.0").unwrap();
    let report = trained(settings, noisy(3_000, 10, 0.3, bowls));
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

/// Wells of the potential of Müller and Brown, and its saddles.
const MULLER_BROWN_WELLS: [[f64; 2]; 3] = [[-0.558, 1.442], [0.623, 0.028], [-0.050, 0.467]];
const MULLER_BROWN_SADDLES: [[f64; 2]; 2] = [[-0.822, 0.624], [0.212, 0.293]];

/// Largest curvature of the potential of Müller and Brown, by differences.
fn largest_curvature(at: [f64; 2]) -> f64 {
    let h = 1e-4;
    let value = |dx: f64, dy: f64| muller_brown(&[at[0] + dx, at[1] + dy]);
    let second = |dx: f64, dy: f64| (value(dx, dy) - 2.0 * value(0.0, 0.0) + value(-dx, -dy)) / (h * h);
    let (xx, yy) = (second(h, 0.0), second(0.0, h));
    let xy = (second(h, h) - xx - yy) / 2.0;
    f64::midpoint(xx, yy) + f64::midpoint(xx, -yy).hypot(xy)
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
    let x = Array2::from_shape_vec((1_000, 2), x).unwrap();
    let y: Array1<f64> = x.rows().into_iter().map(|row| muller_brown(&row.to_vec())).collect();
    let sigma = noise * standard_deviation(&y);
    let y = y.mapv(|y| y + sigma * rng.sample::<f64, _>(StandardNormal));
    let names = ["x", "y", "E"].map(String::from).to_vec();
    DataSource::Own(Dataset { name: "muller-brown".into(), names, x, y, ..Dataset::default() })
}

/// Result of a fit of the potential of Müller and Brown.
#[derive(Debug)]
struct FittedMullerBrown {
    wells: usize,
    rho: f64,
    /// Errors of the two higher barriers (106.03 and 35.92).
    barriers: [f64; 2],
    /// Largest curvature at the wells and at the saddles, relative to that of the truth.
    curvatures: [f64; 5],
}

fn fitted_muller_brown(settings: Settings, noise: f64, draw: u64) -> FittedMullerBrown {
    let mut run = finished(settings, noisy_muller_brown(noise, draw));
    let (report, survey) = run.surveyed(&|| false);
    let mut minima = survey.minima;
    minima.sort_by(|a, b| a.value.total_cmp(&b.value));
    let error = |k: usize, truth: f64| minima.get(k).and_then(|m| m.barrier).map_or(1.0, |barrier| barrier / truth - 1.0);
    let wells = minima.iter().map(|m| (&m.x, &m.curvatures));
    let saddles = survey.saddles.iter().map(|m| (&m.x, &m.curvatures));
    let ratio = |found: Vec<(&Vec<f64>, &Vec<f64>)>, at: [f64; 2]| {
        let apart = |x: &[f64]| (x[0] - at[0]).hypot(x[1] - at[1]);
        let nearest = found.into_iter().min_by(|a, b| apart(a.0).total_cmp(&apart(b.0)));
        nearest.and_then(|(_, curvatures)| curvatures.last().copied()).unwrap_or(f64::NAN) / largest_curvature(at)
    };
    let [a, b, c] = MULLER_BROWN_WELLS.map(|at| ratio(wells.clone().collect(), at));
    let [d, e] = MULLER_BROWN_SADDLES.map(|at| ratio(saddles.clone().collect(), at));
    FittedMullerBrown {
        wells: minima.len(),
        rho: report.own.rho,
        barriers: [error(0, 106.03), error(1, 35.92)],
        curvatures: [a, b, c, d, e],
    }
}

/// Test of some minutes: `cargo test --release --test it reliable:: -- --ignored --nocapture muller_brown`.
#[test]
#[ignore = "a measurement of some minutes"]
fn muller_brown_wells_and_barriers_are_found_with_noise() {
    for noise in [0.02, 0.05, 0.07] {
        let (mut wells, mut barriers, mut curved) = (0, 0, 0);
        for draw in 0..10 {
            let fit = fitted_muller_brown(of_own(30_000), noise, draw);
            println!(
                "noise {noise}, draw {draw}: {} wells, rho {:.3}, errors of the barriers {:.3?}, curvatures {:.2?} of the truth's",
                fit.wells, fit.rho, fit.barriers, fit.curvatures
            );
            wells += usize::from(fit.wells == 3);
            barriers += usize::from(fit.barriers.iter().all(|e| e.abs() <= 0.1));
            curved += usize::from(fit.curvatures.iter().all(|c| (1.0 / 3.0..3.0).contains(c)));
        }
        println!("TOTAL noise {noise}: three wells {wells}, both barriers {barriers}, all curvatures {curved} of 10");
        assert!(wells == 10 && barriers >= 9, "{wells} and {barriers} of 10 at a noise of {noise}");
    }
}

/// Test of half a minute: `cargo test --release --test it reliable:: -- --ignored --nocapture tilted`.
#[test]
#[ignore = "a measurement of fifty fits"]
fn barriers_of_a_noisy_tilted_double_well_are_accurate() {
    let energy = |x: f64| 8.0 * (x * x - 1.0).powi(2) / 1.28 + 1.8 * x;
    let mut errors: [Vec<f64>; 2] = Default::default();
    let (mut two_wells, mut rhos) = (0, Vec::new());
    let grid: Vec<f64> = (0..=32_000).map(|k| -1.6 + 1e-4 * f64::from(k)).collect();
    let lowest = |from: usize, to: usize| grid[from..to].iter().map(|&x| energy(x)).fold(f64::INFINITY, f64::min);
    let top = grid[8_000..24_000].iter().map(|&x| energy(x)).fold(f64::NEG_INFINITY, f64::max);
    let truth = [top - lowest(0, 16_000), top - lowest(16_000, 32_001)];
    for draw in 0..50 {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(5_000 + draw);
        let x: Vec<f64> = (0..300).map(|_| rng.random_range(-1.6..1.6)).collect();
        let y: Vec<f64> = x.iter().map(|&x| energy(x) + 0.36 * rng.sample::<f64, _>(StandardNormal)).collect();
        let mut run = finished(of_own(30_000), DataSource::Own(Dataset::curve(&x, &y).unwrap()));
        let own = run.metrics().own;
        two_wells += usize::from(own.wells == 2);
        rhos.push(own.rho);
        let wells = own.minima.iter().filter(|m| m.barrier.is_some_and(|b| b > 1.0));
        for ((list, truth), m) in errors.iter_mut().zip(truth).zip(wells) {
            list.push(m.barrier.unwrap() / truth - 1.0);
        }
    }
    rhos.sort_by(f64::total_cmp);
    let mean = |list: &[f64]| list.iter().sum::<f64>() / list.len() as f64;
    let size = |list: &[f64]| list.iter().map(|e| e.abs()).sum::<f64>() / list.len() as f64;
    println!(
        "barriers {truth:.3?}: {two_wells} of 50 with two wells, rho {:.2} in the median, {:.2} at most",
        rhos[25], rhos[49]
    );
    for list in &errors {
        println!("  {} fits, mean error {:+.2} %, mean size {:.2} %", list.len(), 100.0 * mean(list), 100.0 * size(list));
    }
    assert!(two_wells == 50 && errors.iter().all(|list| mean(list).abs() <= 0.01), "{errors:.3?}");
}

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn benchmarks_have_their_number_of_wells_and_small_error() {
        for (benchmark, wells, rmse) in [("double-well", 2, 1e-3), ("cosine-well", 4, 1e-3), ("three-well", 3, 2e-3)] {
            for sampling in ["uniform", "grid"] {
                let report = trained(
                    Settings::on(Recipe::Reliable, benchmark).with(&format!("sampling={sampling}")).unwrap(),
                    DataSource::Benchmark,
                );
                assert_eq!((report.own.responsible_modes, report.own.wells), (wells, wells), "{benchmark}: {:?}", report.stages);
                assert!(report.own.rmse < rmse && report.epochs <= 30_000, "{benchmark}: {}", report.own.rmse);
            }
        }
    }

    #[test]
    #[ignore = "full recipe"]
    fn each_well_of_muller_brown_has_a_mode() {
        for seed in 1..=3 {
            let settings = Settings::on(Recipe::Reliable, "muller-brown").with(&format!("seed={seed}")).unwrap();
            let own = trained(settings, DataSource::Benchmark).own;
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
        let warned = |settings: &str, source: DataSource, benchmark: &str| {
            let report = trained(Settings::on(Recipe::Reliable, benchmark).with(settings).unwrap(), source);
            report.warnings.iter().any(|warning| warning.contains("their noise is "))
        };
        for settings in ["noise=0", "noise=0.02", "noise=0.1"] {
            assert!(!warned(settings, DataSource::Benchmark, "cosine-well"), "{settings}");
            assert!(
                warned(&format!("{settings}&modes=1"), DataSource::Benchmark, "cosine-well"),
                "one mode holds no four wells: {settings}"
            );
        }
        assert!(!warned("samples=300", DataSource::Benchmark, "muller-brown"));
        assert!(warned("samples=300&modes=1&noise=0.02", DataSource::Benchmark, "muller-brown"));
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
            let fit = fitted_muller_brown(of_own(2_000), 0.07, draw);
            assert!(fit.wells == 3 && fit.rho < 10.0 && fit.barriers.iter().all(|e| e.abs() < 0.2), "{draw}: {fit:?}");
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
            let report = trained(Settings::on(Recipe::Reliable, "random-wells").with(&settings).unwrap(), DataSource::Benchmark);
            assert_eq!(Some(report.own.wells), report.own.true_wells, "{settings}");
            assert!(report.own.r2 > 0.999 && report.warnings.is_empty(), "{settings}: {} {:?}", report.own.r2, report.warnings);
        }
    }
}
