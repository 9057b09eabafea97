//! Model files in other forms.

use multiwell_export::written::{Wish, written};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::train::refused;

/// The model in the text of a model file as code, a graph, a formula, or values on a grid with `points` points along each input.
#[pyfunction]
#[pyo3(signature = (text, to, name, hessian=false, fast=false, float32=false, points=100))]
#[allow(clippy::too_many_arguments, clippy::fn_params_excessive_bools, reason = "Python gives them by their names")]
pub fn export<'py>(
    py: Python<'py>,
    text: &str,
    to: &str,
    name: &str,
    hessian: bool,
    fast: bool,
    float32: bool,
    points: usize,
) -> PyResult<Bound<'py, PyBytes>> {
    let wish = Wish { to, name, set: None, hessian, fast, single: float32, points };
    let written = py.detach(|| written(text, &wish).map_err(refused))?;
    Ok(PyBytes::new(py, &written.bytes))
}
