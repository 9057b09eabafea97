//! Tests that a fit counts the wells that its rows confirm, and states the reason for a doubt.
use crate::fits::{finished, of_own, own_data};
use multiwell::internal::data::Dataset;
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{DataSource, Job, Metrics, PotentialRun, Settings, State};
use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Rows of a channel along a diagonal. The walls determine the spread of the values, and the barrier is below 0.02 of it.
fn channel(rows: usize, barrier: f64, stiffness: f64) -> DataSource {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(9);
    let x = Array2::from_shape_simple_fn((rows, 2), || rng.random_range(-2.0..2.0_f64));
    let (sin, cos) = 0.6_f64.sin_cos();
    own_data(x, move |x| {
        let (along, across) = (x[0] * cos + x[1] * sin, x[1] * cos - x[0] * sin);
        barrier * (along * along - 1.0).powi(2) + stiffness * across * across
    })
}

#[test]
fn wells_between_steep_walls_count_if_rows_confirm_them() {
    let wells = |barrier: f64| {
        let run = finished(of_own(10_000), channel(400, barrier, 25.0));
        let found = run.survey(&|| false);
        assert!(barrier == 0.0 || found.threshold < 0.01 * run.data().std(), "{}", found.threshold);
        found.wells
    };
    // Without a barrier, the channel is flat along the diagonal.
    assert_eq!((wells(0.5), wells(0.0)), (2, 0));
}

#[test]
fn row_far_from_its_neighbours_is_named_and_makes_no_well() {
    let x = Array2::from_shape_fn((200, 1), |(row, _)| -1.6 + 3.2 * row as f64 / 199.0);
    for (row, shift) in [(135, 1.8), (72, 2.5), (100, -2.5), (148, -1.5)] {
        let value = |at: &[f64]| (at[0] * at[0] - 1.0).powi(2) + 0.3 * at[0] + if at[0] == x[[row, 0]] { shift } else { 0.0 };
        let Metrics { own, warnings, .. } = finished(of_own(30_000), own_data(x.clone(), value)).metrics();
        assert_eq!(own.wells, 2, "row {row}: {:?}", own.minima);
        let is_doubted = |sentence: &String| sentence.contains("is far from its") || sentence.contains("do not confirm");
        assert!(warnings.iter().any(is_doubted), "row {row}: {warnings:?}");
    }
}

#[test]
fn well_that_the_error_of_a_fit_hides_is_named() {
    let between_walls = |rows: usize, walls: f64| {
        let x = Array2::from_shape_fn((rows, 1), |(k, _)| 5.0 * k as f64 / (rows - 1) as f64 - 2.5);
        own_data(x, move |x| (x[0] * x[0] - 1.0).powi(2) + walls * (x[0].abs() - 1.6).max(0.0).powi(2))
    };
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
    let square = Array2::from_shape_simple_fn((600, 2), || rng.random_range(-2.0..2.0_f64));
    let valley = own_data(square, |x| 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2));
    for (wells, source) in [(2, channel(400, 0.5, 100.0)), (2, between_walls(200, 2_000.0)), (1, valley)] {
        let report = finished(of_own(10_000), source).surveyed(&|| false).0;
        let by_rows = format!("The rows have {wells} well");
        let is_named =
            report.warnings.iter().any(|sentence| sentence.contains(&by_rows) || sentence.contains("does not count as a well"));
        assert!(report.own.wells == wells || is_named, "{} of {wells}: {:?}", report.own.wells, report.warnings);
    }
}

/// Rows of Gaussian wells on a wide bowl, which causes nearly all of the spread of the values.
fn wells_on_bowl(depths: [f64; 2], reach: f64, seed: u64) -> DataSource {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let x = Array2::from_shape_simple_fn((300, 1), || rng.random_range(-reach..reach));
    own_data(x, move |x| {
        let well = |depth: f64, place: f64| depth * (-0.5 * ((x[0] - place) / 0.4).powi(2)).exp();
        x[0] * x[0] - well(depths[0], 1.5) - well(depths[1], -1.0) + 0.05 * rng.random_range(-1.7..1.7)
    })
}

#[test]
fn wells_on_bowl_are_found_or_named_as_missed() {
    for seed in 1..=3 {
        let report = finished(of_own(10_000), wells_on_bowl([3.0, 2.0], 10.0, seed)).surveyed(&|| false).0;
        let is_named = report.warnings.iter().any(|warning| warning.contains("through the errors of the fit"));
        assert!(report.own.wells >= 2 || is_named, "seed {seed}: {:?}", report.warnings);
        // The bowl alone has one well.
        let report = finished(of_own(10_000), wells_on_bowl([0.0; 2], 10.0, seed)).surveyed(&|| false).0;
        assert!(report.own.wells == 1 && report.warnings.is_empty(), "seed {seed}: {:?}", report.warnings);
    }
}

/// Rows of a double well with barriers of one at evenly spaced points of an interval. At its ends the walls are about `reach^4` high.
fn double_well(rows: usize, reach: f64) -> DataSource {
    let x = Array2::from_shape_fn((rows, 1), |(row, _)| reach * (2.0 * row as f64 / (rows - 1) as f64 - 1.0));
    own_data(x, |x| (x[0] * x[0] - 1.0).powi(2))
}

#[test]
fn wells_below_walls_a_thousand_times_as_high_are_found_by_restored_modes() {
    let mut run = finished(of_own(30_000), double_well(400, 6.0));
    let report = run.surveyed(&|| false).0;
    let barriers: Vec<f64> = report.own.minima.iter().filter_map(|minimum| minimum.barrier).collect();
    assert!(report.stages.iter().any(|stage| stage.name == "restore modes"), "{:?}", report.stages);
    assert!(report.own.wells == 2 && barriers.iter().all(|barrier| (barrier - 1.0).abs() < 0.05), "{barriers:?}");
    // The comparison with the rows does not depend on the slices of training.
    let mut other = PotentialRun::new(of_own(30_000), double_well(400, 6.0), None).unwrap();
    while other.ended().is_none() {
        other.advance_in_parts(77);
    }
    assert_eq!(run.params(), other.params());
}

#[test]
fn second_pass_at_an_unusable_rate_keeps_first_fit() {
    let mut run = PotentialRun::new(of_own(30_000), double_well(400, 6.0), None).unwrap();
    let is_first = |run: &mut PotentialRun| run.metrics().stages.iter().all(|stage| stage.name != "restore modes");
    let mut error = f64::INFINITY;
    while is_first(&mut run) {
        error = run.metrics().own.rmse;
        run.advance(500);
    }
    run.change(&run.settings.with("lr=10000").unwrap()).unwrap();
    run.advance(u64::MAX);
    let rmse = run.metrics().own.rmse;
    assert!(matches!(run.ended(), Some(State::Finished { .. })) && rmse <= error, "{rmse} {error} {:?}", run.ended());
}

#[test]
fn rows_confirm_wells_below_walls_ten_thousand_times_as_high() {
    let report = finished(of_own(30_000), double_well(400, 10.0)).surveyed(&|| false).0;
    assert_eq!(report.own.wells, 2, "{:?} {:?}", report.own.minima, report.warnings);
}

#[test]
fn wells_of_known_formula_count_below_walls_a_thousand_times_as_high() {
    for (formula, samples) in [("(x^2-1)^2", 400), ("(x^2-1)^2+y^2", 600)] {
        let settings = format!("bounds=-6..6&samples={samples}&formula={formula}");
        let mut run = finished(Settings::on(Recipe::Reliable, "formula").with(&settings).unwrap(), DataSource::Benchmark);
        let Metrics { own, warnings, .. } = run.surveyed(&|| false).0;
        assert_eq!((own.wells, own.true_wells), (2, Some(2)), "{formula}: {:?} {warnings:?}", own.minima);
        assert!(own.barrier_error.is_some_and(|error| error < 0.05), "{formula}: {:?}", own.barrier_error);
    }
}

#[test]
fn well_between_few_rows_of_a_bowl_is_found_or_its_errors_are_named() {
    for seed in 1..=3 {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let x = Array2::from_shape_simple_fn((600, 2), || rng.random_range(-8.0..8.0_f64));
        let source = own_data(x, |x| {
            let well =
                |depth: f64, [a, b]: [f64; 2]| depth * (-((x[0] - a).powi(2) + (x[1] - b).powi(2)) / (2.0 * 0.6 * 0.6)).exp();
            0.2 * (x[0] * x[0] + x[1] * x[1]) - well(3.0, [-1.2, -0.5]) - well(3.0, [1.0, 1.1])
        });
        let report = finished(of_own(30_000), source).surveyed(&|| false).0;
        assert!(report.own.wells == 2 || !report.warnings.is_empty(), "seed {seed}: {:?}", report.own.minima);
    }
}

#[test]
fn wells_between_lines_of_rows_are_guesses() {
    let lines = Array2::from_shape_fn((200, 2), |(row, k)| match k {
        0 => 3.2 * (row % 40) as f64 / 39.0 - 1.6,
        _ => 0.5 * (row / 40) as f64 - 0.5,
    });
    let bent = |x: &[f64]| (x[0] * x[0] - 1.0).powi(2) + 3.0 * (x[1] - 0.5 * x[0] * x[0]).powi(2) + 0.2 * x[0];
    let report = finished(of_own(30_000), own_data(lines, bent)).surveyed(&|| false).0;
    let mut supported = report.own.minima.iter().filter(|minimum| minimum.supported);
    let is_right = supported.all(|minimum| (minimum.value - bent(&minimum.x)).abs() < 0.05);
    let is_doubted = |sentence: &String| sentence.contains("is between the rows");
    assert!(report.own.wells <= 2 && (is_right || report.warnings.iter().any(is_doubted)), "{:?}", report.warnings);
}

#[test]
fn barriers_of_a_curve_that_its_rows_contradict_are_doubted() {
    let narrow = |x: &[f64]| 0.1 * x[0] * x[0] - 0.6 * (-200.0 * (x[0] - 1.0).powi(2)).exp();
    let ripples = |x: &[f64]| 0.5 * x[0] * x[0] + 0.3 * (12.0 * x[0]).cos();
    let truths: [fn(&[f64]) -> f64; 2] = [narrow, ripples];
    for ((reach, rows), truth) in [(3.0, 60), (1.5, 30)].into_iter().zip(truths) {
        let x = Array2::from_shape_fn((rows, 1), |(k, _)| reach * (2.0 * k as f64 / (rows - 1) as f64 - 1.0));
        let report = finished(of_own(30_000), own_data(x, truth)).surveyed(&|| false).0;
        let is_right = report.own.minima.iter().filter(|minimum| !minimum.barrier_at_edge).all(|minimum| {
            let top = minimum.barrier_at.as_ref().map_or(f64::NAN, |top| truth(top));
            let rise = top - truth(&minimum.x);
            minimum.barrier.is_some_and(|barrier| (barrier - rise).abs() < 0.15 * rise)
        });
        assert!(is_right || report.warnings.iter().any(|w| w.contains("by a Gaussian process")), "{:?}", report.warnings);
    }
}

#[test]
fn noise_of_values_beside_derivatives_is_that_of_fresh_values() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(6);
    let x = Array2::from_shape_simple_fn((120, 1), || rng.random_range(-1.7..1.7_f64));
    let slopes = x.mapv(|x| 4.0 * x * x * x - 4.0 * x + 0.3);
    let mut noise = || (0..12).map(|_| rng.random_range(-0.5..0.5)).sum::<f64>();
    let y = x.column(0).mapv(|x| x.powi(4) - 2.0 * x * x + 0.3 * x);
    let spread = y.std(0.0);
    let y = y.mapv(|y| y + 0.5 * spread * noise());
    let data = Dataset { y, ..Dataset::gradients(x, slopes).unwrap() };
    let report = finished(of_own(30_000), DataSource::Own(data)).metrics();
    let expected = report.held_out.and_then(|errors| errors.r2).expect("noise matters");
    assert!((expected - 0.8).abs() < 0.1, "{expected}");
    assert!(!report.warnings.iter().any(|sentence| sentence.contains("too closely")), "{:?}", report.warnings);
}

#[test]
fn steep_walls_do_not_raise_the_expected_error() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    let x = Array2::from_shape_simple_fn((150, 1), || rng.random_range(-2.2..2.2_f64));
    let mut noise = || (0..12).map(|_| rng.random_range(-0.5..0.5)).sum::<f64>();
    // The values reach 32, and the barriers are 2 high.
    let steep = |x: &[f64]| (x[0] * (x[0] * x[0] - 2.25)).powi(2) + 0.3 * x[0] + 0.1 * noise();
    let report = finished(of_own(30_000), own_data(x, steep)).metrics();
    let expected = report.held_out.expect("noise matters").rmse;
    assert!((0.09..0.16).contains(&expected), "{expected}");
}

#[test]
fn noise_of_any_kind_is_no_error_of_the_fit() {
    let is_doubted = |error: &dyn Fn(f64, f64, f64) -> f64| {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        let x = Array2::from_shape_simple_fn((300, 1), || rng.random_range(-1.8..1.8_f64));
        let value = |x: &[f64]| {
            let y = x[0].powi(4) - 2.0 * x[0] * x[0] + 0.3 * x[0];
            y + error(x[0], y, (0..12).map(|_| rng.random_range(-0.5..0.5)).sum())
        };
        let report = finished(of_own(30_000), own_data(x, value)).metrics();
        assert_eq!(report.own.wells, 2, "{:?}", report.own.minima);
        report.warnings.iter().any(|sentence| sentence.contains("but their noise is"))
    };
    // Rounded values, noise of one half of the rows, and an error of the fit.
    assert!(!is_doubted(&|_, y, _| (4.0 * y).round() / 4.0 - y));
    assert!(!is_doubted(&|x, _, noise| if x < 0.0 { 0.003 * noise } else { 0.2 * noise }));
    assert!(is_doubted(&|x, _, _| if x > 1.3 { 0.4 * (60.0 * x).sin() } else { 0.0 }));
}
