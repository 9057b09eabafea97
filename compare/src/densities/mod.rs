//! Estimates of a density of one to three quantities from samples.

mod compared;
mod judge;
mod kernel;
mod mixture;
mod truth;

use std::f64::consts::TAU;

use multiwell::loss::training_set::picked;
use multiwell::model::init;
use multiwell::numerics::statistics::moments;
use multiwell::potentials::sampling;
use serde::{Deserialize, Serialize};

pub use compared::{Densities, Samples};
pub use judge::{Judge, OfPotential, Score};
pub use kernel::Kernels;
pub use mixture::Mixture;
pub use truth::Boltzmann;

use crate::NoFit;
use crate::comparison::{self, of_some};
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
            Self::Kernel => {
                "A Gaussian, along periodic inputs a von Mises density, around each of 10,000 samples at most, of the likeliest width."
            }
            Self::Mixture => {
                "Up to twelve Gaussians, wrapped along periodic inputs, of 5,000 samples at most; their number by the Bayesian criterion."
            }
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

    /// The number of samples that it has learnt from, if these are not all.
    fn some_samples(&self) -> Option<usize> {
        None
    }
}

/// Samples of one to three quantities.
#[derive(Clone, Copy, Debug)]
pub struct Sampled<'a> {
    /// The samples, `[samples, inputs]`.
    pub x: &'a [f64],
    /// Number of inputs.
    pub inputs: usize,
    /// The range that each input repeats; empty if none is periodic.
    pub periods: &'a [Option<[f64; 2]>],
}

impl Sampled<'_> {
    /// Number of samples.
    fn samples(&self) -> usize {
        self.x.len() / self.inputs
    }

    /// The period of an input, if it has one.
    fn period(&self, input: usize) -> Option<f64> {
        self.periods.get(input).copied().flatten().map(|[low, high]| high - low)
    }

    /// The standard deviation of each input, of a periodic one that of the points on its circle, which does not depend on where its range begins; one
    /// where there is none.
    fn spreads(&self) -> Vec<f64> {
        let column = |k: usize| self.x.iter().skip(k).step_by(self.inputs).copied();
        let of = |k: usize| match self.period(k) {
            None => moments(&column(k).collect::<Vec<_>>()).1,
            Some(period) => {
                let deviation = |of: fn(f64) -> f64| moments(&column(k).map(|x| of(TAU * x / period)).collect::<Vec<_>>()).1;
                period / TAU * deviation(f64::cos).hypot(deviation(f64::sin))
            }
        };
        (0..self.inputs).map(of).map(|spread| if spread > 0.0 { spread } else { 1.0 }).collect()
    }
}

/// Fits samples by a method, or some of them where they are too many for it.
///
/// # Errors
/// If the method does not suit the samples, or if the user has stopped it.
///
/// # Panics
/// For [`Method::LseIcnn`], which has a recipe of its own.
pub fn fit(method: Method, samples: Sampled, seed: u64, is_stopped: &dyn Fn() -> bool) -> Result<Box<dyn Estimate>, NoFit> {
    let (all, most) = match method {
        Method::LseIcnn => unreachable!("an LSE-ICNN is trained by its own recipe"),
        Method::Kernel => (samples.samples(), kernel::MOST_SAMPLES),
        Method::Mixture => (samples.samples(), mixture::MOST_SAMPLES),
    };
    let some = (all > most).then(|| picked(samples.x, all, &sampling::subset(all, most, &mut init::stream(seed))));
    let samples = Sampled { x: some.as_deref().unwrap_or(samples.x), ..samples };
    let inner: Box<dyn Estimate> = if method == Method::Kernel {
        Box::new(Kernels::fit(samples, is_stopped)?)
    } else {
        Box::new(Mixture::fit(samples, seed, is_stopped)?)
    };
    Ok(if some.is_some() { Box::new(OfSome { inner, samples: most, choice: of_some(most, all, "samples") }) } else { inner })
}

/// An estimate from some of the samples.
struct OfSome {
    inner: Box<dyn Estimate>,
    samples: usize,
    /// Of which samples, behind the words on what was chosen.
    choice: String,
}

impl Estimate for OfSome {
    fn log_density(&self, x: &[f64]) -> Vec<f64> {
        self.inner.log_density(x)
    }

    fn parameters(&self) -> usize {
        self.inner.parameters()
    }

    fn choice(&self) -> String {
        self.inner.choice() + &self.choice
    }

    fn some_samples(&self) -> Option<usize> {
        Some(self.samples)
    }
}

/// The logarithm of a sum of exponentials.
fn log_sum(exponents: &[f64]) -> f64 {
    let top = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY { top } else { top + exponents.iter().map(|e| (e - top).exp()).sum::<f64>().ln() }
}

#[cfg(test)]
mod tests;
