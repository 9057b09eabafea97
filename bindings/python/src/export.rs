//! Model files in other formats.

use multiwell::internal::text::shortened;
use multiwell_export::ExportError;
use multiwell_export::continuum::InputRole;
use multiwell_export::written::{ExportSpec, written};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::train::refused;

/// Options of exports.
#[derive(FromPyObject)]
pub struct PyExportOptions {
    /// Order of the derivatives: 0 (the value alone, in ONNX), 1 or 2.
    #[pyo3(item)]
    order: u8,
    #[pyo3(item)]
    fast: bool,
    #[pyo3(item)]
    float32: bool,
    #[pyo3(item)]
    points: Vec<usize>,
    #[pyo3(item)]
    bounds: Vec<[f64; 2]>,
    #[pyo3(item)]
    roles: Vec<(String, String)>,
    #[pyo3(item)]
    measure: String,
}

/// The model of a model file as code, a graph, a formula, or values on a grid; and sentences about it.
#[pyfunction]
pub fn export<'py>(
    py: Python<'py>,
    text: &str,
    to: &str,
    name: &str,
    options: PyExportOptions,
) -> PyResult<(Bound<'py, PyBytes>, Vec<String>)> {
    let PyExportOptions { order, fast, float32: single, points, bounds, roles, measure } = options;
    let role = |(name, role): (String, String)| Ok((name, role.parse::<InputRole>()?));
    let roles = roles.into_iter().map(role).collect::<Result<Vec<_>, String>>().map_err(refused)?;
    let measure = measure.parse().map_err(|sentence: String| refused(sentence))?;
    let wish = ExportSpec {
        to,
        name,
        set: None,
        values: order == 0,
        hessian: order == 2,
        fast,
        single,
        points: &points,
        bounds: &bounds,
        roles: &roles,
        measure,
    };
    let written = py.detach(|| written(text, &wish)).map_err(|error| match &error {
        ExportError::NoRole(name) => refused(format!("{error} by roles={{\"{}\": \"11\"}}", shortened(name))),
        ExportError::NoDomain(_) => refused(format!("{error}; give them by bounds")),
        _ => refused(error),
    })?;
    Ok((PyBytes::new(py, &written.bytes), written.notes))
}
