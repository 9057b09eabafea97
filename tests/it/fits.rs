//! Fits that several tests share.

use multiwell::internal::controller::protocol::{Request, UserTable};
use multiwell::internal::data::Dataset;
use multiwell::internal::problem::density::DensityRun;
use multiwell::internal::problem::job::FitInputs;
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{DataSource, Job, PotentialRun, Settings};
use ndarray::{Array1, Array2};

/// A run that is trained to its end.
pub fn finished(settings: Settings, source: DataSource) -> PotentialRun {
    let mut run = PotentialRun::new(settings, source, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    run.advance(u64::MAX);
    run
}

/// A run for densities that is trained to its end.
pub fn finished_density(settings: Settings, table: Option<&UserTable>) -> DensityRun {
    let mut run = DensityRun::open(settings, FitInputs { table, model: None }).unwrap_or_else(|problems| panic!("{problems:?}"));
    run.advance(u64::MAX);
    run
}

/// A user's table of this text.
pub fn own_table(text: &str) -> UserTable {
    UserTable { name: "own.csv".into(), text: text.into(), ..UserTable::default() }
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
