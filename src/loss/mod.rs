//! Losses: functions of the parameters to be minimised, with their gradients.
//!
//! Everything that is trained by gradients is a [`Loss`]. A [`Regression`] compares Psi with values (Eq. 7 of the paper), its gradient with
//! derivatives, or both. [`ownership`] adds a penalty on modes in the wells of others. A [`density`] is a likelihood. The losses of [`trajectories`]
//! are evaluated through time, by [`rollout`] or [`play`]. [`Residuals`] are the separate errors that a second-order method needs.

pub mod density;
pub mod gathered;
pub mod ownership;
pub mod play;
mod regression;
pub mod residuals;
pub mod rollout;
pub mod training_set;
pub mod trajectories;

pub use regression::{Regression, RegressionTarget, squares};
pub use residuals::Residuals;

use crate::model::Params;
use crate::plan::{Plan, Scalar};

/// The value of a loss.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LossValue {
    /// The loss, including penalties.
    pub total: f64,
    /// Data term of the loss: a mean squared error, or minus the mean log-likelihood.
    pub data: f64,
}

/// A function of the parameters that a gradient method minimises. It owns its samples and divides an epoch into mini-batches.
pub trait Loss<T: Scalar>: Send {
    /// The parameters, in the order of the flat vector.
    fn params(&self) -> &Params;

    /// Number of mini-batches in an epoch.
    fn batches(&self) -> usize {
        1
    }

    /// Prepares an epoch before its first mini-batch, for example by shuffling the samples or changing a homotopy parameter.
    fn begin_epoch(&mut self, _epoch: u64) {}

    /// Sets the weight of the penalty on the gates. A loss without gates ignores it.
    fn set_epsilon(&mut self, _epsilon: f64) {}

    /// Evaluates the loss over a mini-batch at `params` and writes its gradient into `gradient`, both in the order of the flat
    /// vector.
    ///
    /// # Panics
    /// If a vector has a different length than the parameters, or if there is no such mini-batch.
    fn evaluate(&mut self, params: &[T], batch: usize, gradient: &mut [T]) -> LossValue;

    /// The loss over all samples at `params`.
    fn value(&mut self, params: &[T]) -> LossValue;
}

/// Adds a multiple of the outputs of a plan from `first` on, one for each parameter, to a gradient.
fn add_gradient<T: Scalar>(plan: &Plan<T>, first: usize, multiple: T, gradient: &mut [T]) {
    for (range, output) in plan.outputs_by_param(first) {
        gradient[range].iter_mut().zip(output.unwrap_or_default()).for_each(|(g, &v)| *g = *g + multiple * v);
    }
}
