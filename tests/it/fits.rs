//! Fits of random landscapes, which several tests share.

use multiwell::internal::data::Dataset;
use multiwell::internal::potentials::sampling::uniform_of;
use multiwell::internal::potentials::{Observed, RandomLandscape};
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{DataSource, PotentialRun, Settings};

/// A fit of rows of a user's table. The target gives values or derivatives, and a seed determines their noise and points.
pub fn of_rows(target: &RandomLandscape, observed: Observed, rows: usize, noise: f64, seed: u64) -> PotentialRun {
    let mut data: Dataset = uniform_of(target, observed, rows, noise, seed);
    let settings = if observed == Observed::Gradient {
        data.y.fill(f64::NAN);
        Settings::on_derivatives(Recipe::Reliable, false)
    } else {
        Settings::on(Recipe::Reliable, Settings::OWN_DATA)
    };
    let mut run = PotentialRun::new(settings, DataSource::Own(data), None).unwrap();
    while run.ended().is_none() {
        run.advance(500);
    }
    run
}
