//! What else one would use: other fits of the same data, judged by the same scores as an LSE-ICNN.
//!
//! [`values`] has fits of values and derivatives: the minimum of convex networks, plain networks, polynomials, smoothing splines and Gaussian
//! processes. [`densities`] has estimates of a density from samples: kernels and Gaussian mixtures. Both give a function in the units of the
//! data, and [`values::Judge`] and [`densities::Judge`] compare any such function with the truth, with rows that were held out, and with the
//! project's definition of a well.
//!
//! [`comparison`] is the order in which all of it is done, [`report`] the table of the scores and what it says. The command `multiwell compare`
//! prints that table; [`page`] hands it to the page, row by row.

pub mod comparison;
pub mod densities;
pub mod page;
pub mod report;
pub mod values;

/// Why there is no fit, in words for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoFit {
    /// The method does not suit these data: a clause that says what it needs.
    Unsuitable(String),
    /// The user has stopped it.
    Stopped,
}

impl NoFit {
    /// A method that does not suit these data.
    fn because(clause: impl Into<String>) -> Self {
        Self::Unsuitable(clause.into())
    }
}
