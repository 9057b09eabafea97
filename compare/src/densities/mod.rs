//! Estimates of a density of one to three quantities from samples.

mod compared;
mod judge;
mod kernel;
mod mixture;
mod truth;

use std::f64::consts::TAU;

use multiwell::internal::loss::training_set::picked;
use multiwell::internal::model::init;
use multiwell::internal::numerics::statistics::moments;
use multiwell::internal::potentials::sampling;
use serde::{Deserialize, Serialize};

pub use compared::{Densities, SampleSource};
pub use judge::{DensityJudge, DensityScore, OfPotential};
pub use kernel::KernelDensity;
pub use mixture::EmMixture;
pub use truth::Boltzmann;

use crate::NoFit;
use crate::comparison::{self, of_some};
use crate::report::OWN_NAME;

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DensityMethod {
    /// The LSE-ICNN, which is not trained here.
    LseIcnn,
    /// Gaussian kernels of one width, in standard deviations of each input.
    Kernel,
    /// A mixture of Gaussians.
    Mixture,
}

impl comparison::Method for DensityMethod {
    const LIST: &'static [Self] = &[Self::LseIcnn, Self::Kernel, Self::Mixture];

    fn words(self) -> [&'static str; 3] {
        match self {
            Self::LseIcnn => [
                OWN_NAME,
                "LSE-ICNN",
                "The density exp(−Ψ/kT)/Z of a soft minimum of convex networks, trained with the settings of the page.",
            ],
            Self::Kernel => [
                "kernel",
                "Kernel estimate",
                "A Gaussian, along periodic inputs a von Mises density, around each of 10,000 samples at most, of the likeliest width.",
            ],
            Self::Mixture => [
                "mixture",
                "Gaussian mixture",
                "Up to twelve Gaussians, wrapped along periodic inputs, of 5,000 samples at most; their number by the Bayesian criterion.",
            ],
        }
    }
}

/// A fitted density.
pub trait FittedDensity {
    /// Logarithms of the density `[points]` at points `[points, inputs]`.
    fn log_density(&self, x: &[f64]) -> Vec<f64>;

    /// Number of fitted parameters.
    fn parameters(&self) -> usize {
        0
    }

    /// Hyperparameters chosen by the fit, in a few words: a width, a number of components.
    fn choice(&self) -> String {
        String::new()
    }

    /// Number of training samples, if it is smaller than the number of all samples.
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
    /// Range of one period of each input; empty if none is periodic.
    pub periods: &'a [Option<[f64; 2]>],
}

impl Sampled<'_> {
    fn samples(&self) -> usize {
        self.x.len() / self.inputs
    }

    fn period(&self, input: usize) -> Option<f64> {
        self.periods.get(input).copied().flatten().map(|[low, high]| high - low)
    }

    /// Standard deviation of each input, or one if it is zero. For a periodic input, it is that of the points on its circle, which does not depend on
    /// the beginning of the range.
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

/// Fits samples by a method. If there are too many for the method, fits some of them.
///
/// # Errors
/// If the method does not suit the samples, or if the user has stopped it.
///
/// # Panics
/// For [`DensityMethod::LseIcnn`], which has a separate recipe.
pub fn fit(
    method: DensityMethod,
    samples: Sampled,
    seed: u64,
    is_stopped: &dyn Fn() -> bool,
) -> Result<Box<dyn FittedDensity>, NoFit> {
    let (all, most) = match method {
        DensityMethod::LseIcnn => unreachable!("an LSE-ICNN is trained by its own recipe"),
        DensityMethod::Kernel => (samples.samples(), kernel::MAX_SAMPLES),
        DensityMethod::Mixture => (samples.samples(), mixture::MAX_SAMPLES),
    };
    let some = (all > most).then(|| picked(samples.x, all, &sampling::subset(all, most, &mut init::stream(seed))));
    let samples = Sampled { x: some.as_deref().unwrap_or(samples.x), ..samples };
    let inner: Box<dyn FittedDensity> = if method == DensityMethod::Kernel {
        Box::new(KernelDensity::fit(samples, is_stopped)?)
    } else {
        Box::new(EmMixture::fit(samples, seed, is_stopped)?)
    };
    Ok(if some.is_some() { Box::new(SubsetFit { inner, samples: most, choice: of_some(most, all, "samples") }) } else { inner })
}

/// An estimate from some of the samples.
struct SubsetFit {
    inner: Box<dyn FittedDensity>,
    samples: usize,
    /// Number of the samples, in words behind the hyperparameters.
    choice: String,
}

impl FittedDensity for SubsetFit {
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

fn log_sum(exponents: &[f64]) -> f64 {
    let top = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY { top } else { top + exponents.iter().map(|e| (e - top).exp()).sum::<f64>().ln() }
}

#[cfg(test)]
mod tests;
