//! Fits that several tests share.

use multiwell::internal::controller::protocol::{Request, UserTable};
use multiwell::internal::data::Dataset;
use multiwell::internal::potentials::random::RandomTargetKind;
use multiwell::internal::potentials::sampling::uniform_of;
use multiwell::internal::potentials::{Observed, RandomLandscape};
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{DataSource, PotentialRun, Settings};
use ndarray::{Array1, Array2};

/// A run that is trained to its end.
pub fn finished(settings: Settings, source: DataSource) -> PotentialRun {
    let mut run = PotentialRun::new(settings, source, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    while run.ended().is_none() {
        run.advance(1_000);
    }
    run
}

/// A user's table with these points and their values.
pub fn own_data(x: Array2<f64>, mut value: impl FnMut(&[f64]) -> f64) -> DataSource {
    let y = x.rows().into_iter().map(|row| value(&row.to_vec())).collect::<Array1<f64>>();
    let names = (0..=x.ncols()).map(|k| format!("c{k}")).collect();
    DataSource::Own(Dataset { name: "own".into(), names, x, y, ..Dataset::default() })
}

/// Settings of a user's table.
pub fn of_own(epochs: u64) -> Settings {
    Settings::on(Recipe::Reliable, Settings::OWN_DATA).with(&format!("epochs={epochs}")).unwrap()
}

/// Request that starts a run and trains it.
pub fn start(run: u32, settings: Settings, table: Option<UserTable>) -> Request {
    Request::Start { run, settings, table, model: None, running: true }
}

/// Index of the part of a mixture at a position from 0 to 1, given the weights of all parts.
pub fn part_at(weights: impl IntoIterator<Item = f64>, mut at: f64) -> usize {
    let is_reached = |weight: f64| {
        at -= weight;
        at < 0.0
    };
    weights.into_iter().position(is_reached).unwrap_or(0)
}

/// Kinds of random targets with their names.
pub const KINDS: [(&str, RandomTargetKind); 3] =
    [("smooth", RandomTargetKind::Smooth), ("kinked", RandomTargetKind::Kinked), ("gaussians", RandomTargetKind::Gaussians)];

/// Environment variable that sets the scope of a measurement.
pub fn variable(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.into())
}

/// Seeds of the targets of a measurement, from the environment variable `TARGETS`.
pub fn targets(default: &str) -> std::ops::Range<u64> {
    let targets = variable("TARGETS", default);
    let (first, last) = targets.split_once("..").unwrap();
    first.parse().unwrap()..last.parse().unwrap()
}

/// Observed quantity of a measurement, from the environment variable `OBSERVED`.
pub fn observed() -> Observed {
    if variable("OBSERVED", "values") == "values" { Observed::Values } else { Observed::Gradient }
}

/// A fit of rows of a user's table. The target gives values or derivatives, and a seed determines their noise and points.
pub fn of_rows(target: &RandomLandscape, observed: Observed, rows: usize, noise: f64, seed: u64) -> PotentialRun {
    let mut data: Dataset = uniform_of(target, observed, rows, noise, seed);
    let settings = if observed == Observed::Gradient {
        data.y.fill(f64::NAN);
        Settings::on_derivatives(Recipe::Reliable, false)
    } else {
        Settings::on(Recipe::Reliable, Settings::OWN_DATA)
    };
    finished(settings, DataSource::Own(data))
}
