//! Fits to random landscapes, as several tests make them.

use multiwell::data::Dataset;
use multiwell::potentials::sampling::uniform_of;
use multiwell::potentials::{Observed, RandomLandscape};
use multiwell::problem::settings::Recipe;
use multiwell::problem::{Run, Settings, Source};

/// A fit, as if the rows were a user's own, to so many values or derivatives, with noise and points drawn by a seed.
pub fn of_rows(target: &RandomLandscape, observed: Observed, rows: usize, noise: f64, seed: u64) -> Run {
    let mut data: Dataset = uniform_of(target, observed, rows, noise, seed);
    let settings = if observed == Observed::Gradient {
        data.y.fill(f64::NAN);
        Settings::on_derivatives(Recipe::Reliable, false)
    } else {
        Settings::on(Recipe::Reliable, Settings::OWN_DATA)
    };
    let mut run = Run::new(settings, Source::Own(data), None).unwrap();
    while run.ended().is_none() {
        run.advance(500);
    }
    run
}
