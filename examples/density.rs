//! Learns the density of samples as `exp(-Psi) / Z`: its modes, the barriers between them, and its logarithm anywhere.

use multiwell::{Density, Error, Fit};
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Seven of ten samples lie around 0, the others around 4.
pub fn main() -> Result<(), Error> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let samples: Vec<f64> = (0..500)
        .map(|_| {
            let centre = if rng.random_bool(0.7) { 0.0 } else { 4.0 };
            centre + 0.8 * rng.sample::<f64, _>(StandardNormal)
        })
        .collect();

    let fit = Fit::density(&samples)?.modes(4).run()?;
    for mode in fit.minima() {
        println!("a mode at {:.2}, with a barrier of {:.2} kT", mode.x[0], mode.barrier.unwrap_or(f64::NAN));
    }
    println!("log q(2) = {:.3}", fit.model.log_density(2.0));

    let path = std::env::temp_dir().join("multiwell-density.json");
    fit.save(&path)?;
    println!("q(0) = {:.3}, from the file", Density::load(&path)?.density(0.0));
    Ok(())
}
