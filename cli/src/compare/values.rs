//! Comparison of fits of values and of derivatives.

use std::sync::PoisonError;

use multiwell::internal::problem::settings::Problem;
use multiwell_compare::values::{ComparedValues, ValueMethod};

use super::{Compare, compared};
use crate::Failure;
use crate::fit::{print_parameters, task};

pub fn compare(arguments: &Compare) -> Result<(), Failure> {
    arguments.methods::<ValueMethod>()?;
    let task = task(&arguments.as_fit())?;
    let is_of_values = matches!(task.settings.problem, Problem::Potential(_)) && !task.settings.is_of_joint_density();
    if !is_of_values {
        let what = task.settings.data_name();
        return Err(Failure::bad_input(format!(
            "compare takes potentials, and with --density the densities of one to three quantities, but not {what}"
        )));
    }
    let rows = task.rows.lock().unwrap_or_else(PoisonError::into_inner).clone();
    print_parameters(&task.settings);
    let each = arguments.each(&task.settings)?;
    compared(arguments, &each, |_, settings, watch| ComparedValues::open(settings, rows.as_ref(), watch))
}
