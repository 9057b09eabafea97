//! Gaussian processes through all rows, see [`multiwell::internal::numerics::gaussian_process`].

use multiwell::internal::data::Dataset;
use multiwell::internal::numerics::bounds::Bounds;
use multiwell::internal::numerics::gaussian_process::GaussianProcess;

use super::{FittedSurface, MethodData};
use crate::NoFit;

/// Maximum number of observations. The time of the factorization of their covariance is proportional to the cube of this number. Each derivative
/// counts as one.
pub const MAX_OBSERVATIONS: usize = 1600;

/// Returns the mean of the process with the likeliest hyperparameters.
///
/// # Errors
/// If there are too few rows, or if the user has stopped it.
pub fn fit(rows: &Dataset, task: &MethodData) -> Result<GaussianProcess, NoFit> {
    if (task.is_stopped)() {
        return Err(NoFit::Stopped);
    }
    let periodic = rows.periodic();
    let process = rows.gaussian_process(Bounds { ends: task.bounds, periodic: &periodic }, true);
    process.ok_or_else(|| NoFit::unsuitable("it takes 4 rows or more, and values that differ"))
}

impl FittedSurface for GaussianProcess {
    fn evaluate(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        self.means(x).expect("the process uses all rows")
    }

    fn parameters(&self) -> usize {
        self.parameters()
    }

    fn choice(&self) -> String {
        let periodic = if self.is_periodic() { ", periodic" } else { "" };
        format!("{}{periodic}", if self.is_smooth() { "squared exponential" } else { "Matérn 5/2" })
    }
}
