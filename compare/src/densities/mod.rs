//! Estimates of a density of one to three quantities from samples.

mod compared;
mod judge;
mod kernel;
mod mixture;
mod truth;

use serde::{Deserialize, Serialize};

pub use compared::{Densities, Samples};
pub use judge::{Judge, OfPotential, Score};
pub use kernel::Kernels;
pub use mixture::Mixture;
pub use truth::Boltzmann;

use crate::NoFit;
use crate::comparison;
use crate::report::OWN;

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The LSE-ICNN, which is trained elsewhere.
    LseIcnn,
    /// Gaussian kernels of one width, in standard deviations of each input.
    Kernel,
    /// A mixture of Gaussians.
    Mixture,
}

impl comparison::Method for Method {
    const LIST: &'static [Self] = &[Self::LseIcnn, Self::Kernel, Self::Mixture];

    fn name(self) -> &'static str {
        match self {
            Self::LseIcnn => OWN,
            Self::Kernel => "kernel",
            Self::Mixture => "mixture",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::LseIcnn => "LSE-ICNN",
            Self::Kernel => "Kernel estimate",
            Self::Mixture => "Gaussian mixture",
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::LseIcnn => {
                "The density exp(−Ψ/kT)/Z of a soft minimum of convex networks, trained with the settings of the page."
            }
            Self::Kernel => "A Gaussian around each sample, of the width under which samples are likeliest given all others.",
            Self::Mixture => "Up to twelve Gaussians, their number by the Bayesian information criterion.",
        }
    }
}

/// A density that has been fitted.
pub trait Estimate {
    /// Logarithms of the density `[points]` at points `[points, inputs]`.
    fn log_density(&self, x: &[f64]) -> Vec<f64>;

    /// How many numbers have been fitted.
    fn parameters(&self) -> usize;

    /// What was chosen in fitting, in a few words: a width, a number of components.
    fn choice(&self) -> String;
}

/// Fits samples `[samples, inputs]` by a method.
///
/// # Errors
/// If the method does not suit the samples, or if the user has stopped it.
///
/// # Panics
/// For [`Method::LseIcnn`], which has a recipe of its own.
pub fn fit(
    method: Method,
    x: &[f64],
    inputs: usize,
    seed: u64,
    is_stopped: &dyn Fn() -> bool,
) -> Result<Box<dyn Estimate>, NoFit> {
    Ok(match method {
        Method::LseIcnn => unreachable!("an LSE-ICNN is trained by its own recipe"),
        Method::Kernel => Box::new(Kernels::fit(x, inputs, is_stopped)?),
        Method::Mixture => Box::new(Mixture::fit(x, inputs, seed, is_stopped)?),
    })
}

/// The standard deviation of each input; one where there is none.
fn spreads(x: &[f64], inputs: usize) -> Vec<f64> {
    let of =
        |k: usize| multiwell::numerics::statistics::moments(&x.iter().skip(k).step_by(inputs).copied().collect::<Vec<_>>()).1;
    (0..inputs).map(of).map(|spread| if spread > 0.0 { spread } else { 1.0 }).collect()
}

/// The logarithm of a sum of exponentials.
fn log_sum(exponents: &[f64]) -> f64 {
    let top = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY { top } else { top + exponents.iter().map(|e| (e - top).exp()).sum::<f64>().ln() }
}

#[cfg(test)]
mod tests;
