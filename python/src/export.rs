//! Model files in other forms.

use multiwell_export::grid::{self, Axis};
use multiwell_export::{Format, Model, Options};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::train::refused;

/// The model in the text of a model file as code, a graph, a formula, or values on a grid with so many points along each input.
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
    let written = py.detach(|| {
        let model = Model::read(text, None).map_err(refused)?;
        let format = match to {
            "c" => Format::C { fast },
            "rust" => Format::Rust,
            "python" => Format::Python,
            "jax" => Format::Jax,
            "js" => Format::Js,
            "fortran" => Format::Fortran,
            "onnx" => Format::Onnx { single: float32 },
            "formula" => Format::Formula,
            "npz" => return grid::npz(&model, &axes(&model, points)?).map_err(refused),
            "plumed" => return grid::plumed(&model, &axes(&model, points)?).map(String::into_bytes).map_err(refused),
            other => {
                let all = "c, rust, python, jax, js, fortran, onnx, formula, npz or plumed";
                return Err(refused(format!("to must be {all}, not \"{other}\"")));
            }
        };
        multiwell_export::export(text, &model, &Options { name: name.into(), hessian, format }).map_err(refused)
    })?;
    Ok(PyBytes::new(py, &written))
}

/// The axes of a grid: of a periodic input a whole turn, of others where they were learnt.
fn axes(model: &Model, points: usize) -> PyResult<Vec<Axis>> {
    let count = model.inputs.len() as u32;
    if points < 2 || points.checked_pow(count).is_none_or(|all| all > grid::MOST_POINTS) {
        return Err(refused(format!("points must be at least 2, and the grid may have at most {} of them", grid::MOST_POINTS)));
    }
    let axis = |input: &multiwell_export::model::Input| {
        let range = input.period.or(input.domain).ok_or_else(|| refused("the model file does not say where it was learnt"))?;
        Ok(Axis { count: points, range })
    };
    model.inputs.iter().map(axis).collect()
}
