//! Tests of the modes of densities of a user's own samples: none is missing, and none is spurious.
//!
//! Some of these measurements run with all tests. The full set, with a table, runs by
//! `cargo test --release --test it density_modes:: -- --ignored --nocapture`.

use multiwell::internal::controller::protocol::UserTable;
use multiwell::internal::data::csv::Columns;
use multiwell::internal::problem::Metrics;
use multiwell::internal::problem::density::{DensityMetrics, DensityRun};
use multiwell::internal::problem::job::FitInputs;
use multiwell::internal::problem::jobs;
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{Job, JobFile, Settings};
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Weight, mean and standard deviation of each component of a Gaussian mixture.
type MixtureParameters = Vec<[f64; 3]>;

/// Two modes of different weight and width, with a deep valley between them.
fn two_wells() -> MixtureParameters {
    vec![[0.6, -1.0, 0.35], [0.4, 1.2, 0.45]]
}

/// Random mixture of one to three components, each with at least a fifth of the samples and a width between 0.3 and 1. Neighbours are 4 to 8 standard
/// deviations of the wider one apart. The density between them therefore falls to at most 0.55 of the lower peak.
fn random_mixture(rng: &mut Xoshiro256PlusPlus) -> MixtureParameters {
    let components: u8 = rng.random_range(1..=3);
    let free: Vec<f64> = (0..components).map(|_| rng.random_range(0.0..1.0)).collect();
    let left = 1.0 - 0.2 * f64::from(components);
    let mut mixture: MixtureParameters = Vec::new();
    for part in &free {
        let width: f64 = rng.random_range(0.3..1.0);
        let gap: f64 = rng.random_range(4.0..8.0);
        let mean = mixture.last().map_or(rng.random_range(-5.0..5.0), |[_, mean, before]| mean + gap * width.max(*before));
        mixture.push([0.2 + left * part / free.iter().sum::<f64>(), mean, width]);
    }
    mixture
}

fn density(mixture: &MixtureParameters, x: f64) -> f64 {
    mixture.iter().map(|[weight, mean, width]| weight / width * (-0.5 * ((x - mean) / width).powi(2)).exp()).sum()
}

/// Peaks of the density of a mixture, which are close to its means.
fn peaks(mixture: &MixtureParameters) -> Vec<f64> {
    let end = |[_, mean, width]: [f64; 3], side: f64| mean + side * 4.0 * width;
    let (low, high) = (end(mixture[0], -1.0), end(mixture[mixture.len() - 1], 1.0));
    let places: Vec<f64> = (0..=20_000).map(|k| low + (high - low) * f64::from(k) / 20_000.0).collect();
    let is_peak =
        |w: &&[f64]| density(mixture, w[1]) > density(mixture, w[0]) && density(mixture, w[1]) >= density(mixture, w[2]);
    places.windows(3).filter(is_peak).map(|w| w[1]).collect()
}

fn draws(mixture: &MixtureParameters, count: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    let draw = |_| {
        let mut part = rng.random_range(0.0..1.0);
        let component = mixture.iter().find(|[weight, ..]| {
            part -= weight;
            part < 0.0
        });
        let [_, mean, width] = component.unwrap_or(&mixture[0]);
        mean + width * rng.sample::<f64, _>(StandardNormal)
    };
    (0..count).map(draw).collect()
}

/// A table of columns of samples.
fn table(columns: &[(&str, &[f64])]) -> UserTable {
    let rows = columns.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    let mut text = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",") + "\n";
    for row in 0..rows {
        let fields = columns.iter().map(|(_, values)| values.get(row).map(f64::to_string).unwrap_or_default());
        text += &(fields.collect::<Vec<_>>().join(",") + "\n");
    }
    UserTable { name: "own.csv".into(), text, ..UserTable::default() }
}

fn fitted(settings: Settings, table: &UserTable) -> DensityRun {
    let given = FitInputs { table: Some(table), model: None };
    let mut run = DensityRun::open(settings, given).unwrap_or_else(|problems| panic!("{problems:?}"));
    run.advance(u64::MAX);
    run
}

fn fit(samples: &[f64], seed: u64) -> Metrics<DensityMetrics> {
    let settings = Settings::on(Recipe::Reliable, Settings::OWN_SAMPLES).with(&format!("seed={seed}")).unwrap();
    fitted(settings, &table(&[("x", samples)])).compared()
}

/// Counts of the errors in the modes of a known density.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct ModeErrorCounts {
    fits: usize,
    /// Number of fits that miss one of the true peaks.
    lost: usize,
    /// Number of fits with more peaks than the truth.
    extra: usize,
    /// Number of fits whose number of modes equals the number of true peaks.
    as_many: usize,
    seconds: f64,
}

impl ModeErrorCounts {
    fn add(&mut self, truth: &[f64], report: &Metrics<DensityMetrics>) {
        let found = &report.own.sets.modes_fit[0];
        let nearest = |place: &f64| {
            (0..truth.len()).min_by(|&a, &b| (truth[a] - place).abs().total_cmp(&(truth[b] - place).abs())).unwrap()
        };
        let held: Vec<usize> = found.iter().map(nearest).collect();
        self.fits += 1;
        self.lost += usize::from((0..truth.len()).any(|peak| !held.contains(&peak)));
        self.extra += usize::from(found.len() > truth.len());
        self.as_many += usize::from(report.own.sets.active_gates[0] == truth.len());
        self.seconds += report.seconds;
    }
}

/// Three modes of different weight. Two of them are narrow and near each other. With few samples, a fit that trains too fast merges these two.
fn three_wells() -> MixtureParameters {
    vec![[0.28, -0.99, 0.075], [0.24, -0.6, 0.038], [0.48, -0.36, 0.055]]
}

/// Fits of samples of a mixture. Each fit has new samples and the seed of weights that belongs to them.
fn fits_of(
    mixture: &MixtureParameters,
    count: usize,
    draws_of: std::ops::RangeInclusive<u64>,
    seed: impl Fn(u64) -> u64,
) -> ModeErrorCounts {
    let mut all = ModeErrorCounts::default();
    for draw in draws_of {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(draw);
        all.add(&peaks(mixture), &fit(&draws(mixture, count, &mut rng), seed(draw)));
    }
    all
}

/// Fits of random mixtures. The numbers of samples are 200, 2,000 and 20,000, used cyclically.
fn random_mixtures(seeds: std::ops::RangeInclusive<u64>) -> ModeErrorCounts {
    let mut all = ModeErrorCounts::default();
    for seed in seeds {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1_000_000 + seed);
        let mixture = random_mixture(&mut rng);
        let count = [200, 2000, 20_000][seed as usize % 3];
        let (lost, extra) = (all.lost, all.extra);
        let report = fit(&draws(&mixture, count, &mut rng), 1);
        all.add(&peaks(&mixture), &report);
        if (all.lost, all.extra) != (lost, extra) {
            println!("mixture {seed}, {count} samples: {mixture:?} gives {:?}", report.own.sets.modes_fit[0]);
        }
    }
    all
}

fn print(what: &str, count: ModeErrorCounts) {
    let ModeErrorCounts { fits, lost, extra, as_many, seconds } = count;
    println!("{what:<28} {fits:>5} {lost:>6} {extra:>6} {as_many:>8} {:>8.3}", seconds / fits as f64);
}

#[test]
fn remaining_modes_are_reported() {
    let samples = draws(&two_wells(), 500, &mut Xoshiro256PlusPlus::seed_from_u64(1));
    let mut run = fitted(Settings::on(Recipe::Reliable, Settings::OWN_SAMPLES), &table(&[("x", &samples)]));
    let report = run.compared();
    assert_eq!((&report.own.sets.active_gates[..], &report.own.sets.responsible_modes[..]), (&[2][..], &[2][..]));
    let stage = report.stages.last().expect("stages");
    assert!(stage.name == "settle" && stage.sentence.starts_with("The fit keeps 2 of 8 modes"), "{stage:?}");
    assert_eq!(report.stages.iter().map(|stage| stage.epochs).sum::<u64>(), run.progress().epoch);
    let shown = run.metrics();
    assert_eq!((shown.own.sets, shown.own.minima.len()), (report.own.sets, 2));
    assert_eq!(shown.stages, report.stages);
}

#[test]
fn density_of_column_does_not_depend_on_other_columns() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    let part = draws(&vec![[0.6, 0.2, 0.05], [0.4, 0.7, 0.08]], 400, &mut rng);
    let angle = draws(&vec![[0.5, -120.0, 20.0], [0.5, 90.0, 40.0]], 300, &mut rng);
    let settings = Settings::on(Recipe::Reliable, Settings::OWN_SAMPLES).with("epochs=300").unwrap();
    let columns: [(&str, &[f64]); 2] = [("angle", &angle), ("part", &part)];
    let mut both = fitted(settings.clone(), &table(&columns));
    let beside = both.compared();
    for (set, column) in columns.into_iter().enumerate() {
        let mut alone = fitted(settings.clone(), &table(&[column]));
        let report = alone.compared();
        assert_eq!(alone.samples().unit(0), both.samples().unit(set));
        assert_eq!(alone.density(0), both.density(set), "{}", column.0);
        let numbers = |report: &Metrics<DensityMetrics>, set: usize| {
            (report.own.sets.loss[set], report.own.sets.decay[set], report.own.sets.modes_fit[set].clone())
        };
        assert_eq!(numbers(&report, 0), numbers(&beside, set));
        assert_eq!(beside.own.sets.modes_fit[set].len(), 2, "{:?}", beside.own.sets.modes_fit);
    }
    // The times belong to one quantity, so there is one line.
    let times = fitted(settings.with("epochs=8").unwrap(), &table(&[("1", &part), ("2", &part)]));
    assert_eq!(times.samples().unit(0), times.samples().unit(1));
}

#[test]
fn column_of_samples_is_fitted_as_joint_density_of_one_quantity() {
    let samples = draws(&two_wells(), 400, &mut Xoshiro256PlusPlus::seed_from_u64(5));
    let settings = |benchmark| Settings::on(Recipe::Reliable, benchmark).with("epochs=700&uncertainty=1").unwrap();
    let column = table(&[("x", &samples)]);
    let sets = fitted(settings(Settings::OWN_SAMPLES), &column);
    let columns = Columns { inputs: vec!["x".into()], ..Columns::default() };
    let chosen = UserTable { columns, ..column };
    let mut joint = jobs::open(settings(Settings::OWN_JOINT), FitInputs { table: Some(&chosen), model: None }).expect("samples");
    joint.advance(u64::MAX);
    let [of_set, of_joint] = [sets.file_text(JobFile::Model), joint.file_text(JobFile::Model)]
        .map(|text| serde_json::from_str::<serde_json::Value>(&text).expect("a model file"));
    for field in ["params", "scaling"] {
        assert_eq!(of_set["fits"][0]["model"][field], of_joint[field], "{field}");
    }
    let minima = joint.metrics().minima().to_vec();
    let wells = sets.wells_of_fit(0);
    assert_eq!(wells.len(), minima.len());
    for (well, minimum) in wells.iter().zip(&minima) {
        assert_eq!((&well.x, well.value, well.supported), (&minimum.x, minimum.value, minimum.supported));
        assert!(well.mass_interval.is_some_and(|[low, high]| low <= well.mass && well.mass <= high), "{well:?}");
    }
}

#[test]
#[ignore = "measurement: 800 fits, table of the modes found"]
fn many_fits_lose_no_mode_and_add_few() {
    let number = |name: &str, usual: u64| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    let draws = number("MW_DRAWS", 200);
    println!("{:<28} {:>5} {:>6} {:>6} {:>8} {:>8}", "samples of", "fits", "lost", "extra", "modes =", "s a fit");
    let known = random_mixtures(1..=number("MW_MIXTURES", 200));
    print("1 to 3 Gaussians", known);
    for count in [200, 2000, 20_000] {
        let all = fits_of(&two_wells(), count, 1..=draws, |_| 1);
        print(&format!("two wells, {count} samples"), all);
        assert_eq!(all.lost, 0, "{count} samples");
    }
    for (what, mixture) in [("two", two_wells()), ("three", three_wells())] {
        for count in [200, 2000] {
            let default = fits_of(&mixture, count, 1..=draws, |_| 1);
            let others = fits_of(&mixture, count, 1..=draws, |draw| 2 + draw % 8);
            print(&format!("{what} wells, {count}, seed 1"), default);
            print(&format!("{what} wells, {count}, seeds 2-9"), others);
        }
    }
    assert!(known.lost == 0 && 100 * known.extra <= 3 * known.fits, "{known:?}");
}

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn both_modes_of_two_wells_are_found_for_all_seeds() {
        let truth = peaks(&two_wells());
        let mut all = ModeErrorCounts::default();
        for draw in 1..=8 {
            let samples = draws(&two_wells(), 2000, &mut Xoshiro256PlusPlus::seed_from_u64(draw));
            // The first draws use the default seed, and later draws use other seeds.
            all.add(&truth, &fit(&samples, if draw <= 6 { 1 } else { draw }));
        }
        assert_eq!((all.lost, all.extra, all.as_many), (0, 0, all.fits), "{all:?}");
    }
}
