//! Fits of values and of derivatives beside each other.

use std::sync::PoisonError;

use multiwell::problem::settings::Problem;
use multiwell_compare::values::{Method, Values};

use super::{Compare, compared};
use crate::Failure;
use crate::fit::{task, tell_letters};

/// Compares fits.
pub fn compare(arguments: &Compare) -> Result<(), Failure> {
    arguments.methods::<Method>()?;
    let task = task(&arguments.as_fit())?;
    let is_of_values = matches!(task.settings.problem, Problem::Potential(_)) && !task.settings.is_of_joint_density();
    if !is_of_values {
        let what = task.settings.what();
        return Err(Failure::bad_input(format!(
            "compare takes potentials, and with --density the densities of one to three quantities, but not {what}"
        )));
    }
    let rows = task.rows.lock().unwrap_or_else(PoisonError::into_inner).clone();
    tell_letters(&task.settings);
    let each = arguments.each(&task.settings)?;
    compared(arguments, &each, |_, settings, watch| Values::open(settings, rows.as_ref(), watch))
}
