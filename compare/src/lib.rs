//! Baselines: other fits of the same data, scored like an LSE-ICNN.
//!
//! [`values`] has fits of values and derivatives: the minimum of convex networks, plain networks, polynomials, smoothing splines and Gaussian
//! processes. [`densities`] has estimates of a density from samples: kernels and Gaussian mixtures. Both return a function in the units of the data.
//! [`values::ValueJudge`] and [`densities::DensityJudge`] compare any such function with the truth, with held-out rows, and with the project's definition of a
//! well.
//!
//! [`comparison`] defines the order of the work, and [`report`] the table of the scores and its summary. The command `multiwell compare` prints that
//! table. [`page`] passes it to the page, row by row.

pub mod comparison;
pub mod densities;
pub mod page;
pub mod report;
pub mod values;

/// Reason why there is no fit, in words for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoFit {
    /// The method does not suit these data, with a clause about its requirements.
    Unsuitable(String),
    /// The user has stopped the fit.
    Stopped,
}

impl NoFit {
    /// Error of a method that does not suit these data.
    fn unsuitable(clause: impl Into<String>) -> Self {
        Self::Unsuitable(clause.into())
    }
}
