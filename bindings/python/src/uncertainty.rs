//! Standard deviations of a fit.

use multiwell::internal::landscape::uncertainty::Uncertainty;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::model::in_parts;
use crate::train::refused;

/// Number of points that one thread evaluates between two checks for Ctrl-C.
const POINTS: usize = 512;

/// Covariance of the parameters of a fit.
#[pyclass(name = "Uncertainty", module = "multiwell._multiwell", frozen)]
pub struct PyUncertainty {
    bytes: Vec<u8>,
    of: Uncertainty,
}

#[pymethods]
impl PyUncertainty {
    #[new]
    fn new(bytes: Vec<u8>) -> PyResult<Self> {
        let of = Uncertainty::from_bytes(&bytes).map_err(refused)?;
        Ok(Self { bytes, of })
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyAny>, (Bound<'py, PyBytes>,)) {
        (py.get_type::<Self>().into_any(), (PyBytes::new(py, &self.bytes),))
    }

    /// Standard deviation of the potential at points `[points, inputs]`.
    fn value<'py>(&self, py: Python<'py>, x: PyReadonlyArray2<f64>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        Ok(in_parts(py, &x, POINTS, |points| self.of.deviations(points))?.concat().into_pyarray(py))
    }

    /// Standard deviations of its derivatives `[points, inputs]`.
    fn gradient<'py>(&self, py: Python<'py>, x: PyReadonlyArray2<f64>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let found = in_parts(py, &x, POINTS, |points| self.of.gradient_deviations(points))?.concat();
        found.into_pyarray(py).reshape([x.as_array().nrows(), x.as_array().ncols()])
    }
}
