//! Model files as functions.

use multiwell::internal::fit::any::{AnyModel, LearntModel};
use multiwell::internal::model::Potential;
use multiwell::internal::model::potential::Outputs;
use ndarray::{Array2, Array3};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArray3, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3};
use pyo3::prelude::*;

use crate::data::trajectories;
use crate::train::refused;

/// A fitted model: the text of its model file, read once.
#[pyclass(name = "Model", module = "multiwell._multiwell", frozen)]
pub struct PyModel {
    #[pyo3(get)]
    text: String,
    of: AnyModel,
}

#[pymethods]
impl PyModel {
    #[new]
    fn new(text: String) -> PyResult<Self> {
        let of = AnyModel::read(&text).map_err(refused)?;
        Ok(Self { text, of })
    }

    #[getter]
    fn inputs(&self) -> Vec<String> {
        self.of.inputs.clone()
    }

    #[getter]
    fn outputs(&self) -> Vec<String> {
        self.of.outputs.clone()
    }

    /// `[low, high]` of each input: where it was learnt. Empty if the file does not say it.
    #[getter]
    fn domain(&self) -> Vec<[f64; 2]> {
        self.of.domain.clone()
    }

    #[getter]
    fn threshold(&self) -> f64 {
        self.of.threshold
    }

    /// The thermal energy of a joint density, whose potential has its unit; none of anything else.
    #[getter]
    fn kt(&self) -> Option<f64> {
        self.of.kt
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyAny>, (String,)) {
        (py.get_type::<Self>().into_any(), (self.text.clone(),))
    }

    /// `potential`, `joint`, `density` or `material`.
    #[getter]
    fn kind(&self) -> &'static str {
        self.of.kind()
    }

    /// Which inputs the potential is periodic in.
    #[getter]
    fn periodic(&self) -> Vec<bool> {
        self.of.periodic()
    }

    /// The logarithm of the normalisation constant; zero where the potential holds it already.
    #[getter]
    fn log_z(&self) -> f64 {
        self.of.log_z()
    }

    /// The potential at points `[points, inputs]`.
    fn value<'py>(&self, py: Python<'py>, x: PyReadonlyArray2<f64>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        Ok(self.values(py, &x, Outputs::default())?.psi.into_pyarray(py))
    }

    /// Its gradient `[points, inputs]`.
    fn gradient<'py>(&self, py: Python<'py>, x: PyReadonlyArray2<f64>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let values = self.values(py, &x, Outputs { gradient: true, ..Outputs::default() })?;
        values.gradient.into_pyarray(py).reshape([x.as_array().nrows(), self.of.inputs.len()])
    }

    /// Its Hessian `[points, inputs, inputs]`.
    fn hessian<'py>(&self, py: Python<'py>, x: PyReadonlyArray2<f64>) -> PyResult<Bound<'py, PyArray3<f64>>> {
        let (values, n) = (self.values(py, &x, Outputs { hessian: true, ..Outputs::default() })?, self.of.inputs.len());
        values.hessian.into_pyarray(py).reshape([x.as_array().nrows(), n, n])
    }

    /// The responsibility of each mode `[points, modes]`.
    fn responsibilities<'py>(&self, py: Python<'py>, x: PyReadonlyArray2<f64>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let values = self.values(py, &x, Outputs { modes: true, ..Outputs::default() })?;
        let rows = x.as_array().nrows();
        let modes = values.responsibilities.len() / rows.max(1);
        values.responsibilities.into_pyarray(py).reshape([rows, modes])
    }

    /// The probability below each of some places, of a density of one quantity.
    fn cumulative<'py>(&self, py: Python<'py>, x: PyReadonlyArray1<f64>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let LearntModel::Density(density) = &self.of.learnt else { return Err(refused("this is no density of one quantity")) };
        let places = x.as_array().to_vec();
        Ok(py.detach(|| density.cumulative(&places)).into_pyarray(py))
    }

    /// Outputs `[trajectories, rows, outputs]` and dissipation `[trajectories, rows - 1]` of a material along trajectories.
    #[allow(clippy::type_complexity, reason = "a pair of arrays")]
    fn respond<'py>(
        &self,
        py: Python<'py>,
        time: PyReadonlyArray2<f64>,
        inputs: PyReadonlyArray3<f64>,
    ) -> PyResult<(Bound<'py, PyArray3<f64>>, Bound<'py, PyArray2<f64>>)> {
        let LearntModel::Material(material) = &self.of.learnt else { return Err(refused("this is no model of a material")) };
        let trajectories = trajectories(&time, &inputs, None);
        let (count, rows) = time.as_array().dim();
        let answer = py.detach(|| material.respond(&trajectories));
        let steps = answer.dissipation.len() / count.max(1);
        let stress = Array3::from_shape_vec((count, rows, self.of.outputs.len()), answer.stress).map_err(refused)?;
        let dissipation = Array2::from_shape_vec((count, steps), answer.dissipation).map_err(refused)?;
        Ok((stress.into_pyarray(py), dissipation.into_pyarray(py)))
    }

    /// The wells of a density of one quantity as JSON, with the probability in each.
    fn wells(&self, py: Python) -> PyResult<String> {
        let LearntModel::Density(density) = &self.of.learnt else { return Err(refused("this is no density of one quantity")) };
        serde_json::to_string(&py.detach(|| density.wells())).map_err(refused)
    }

    /// Minima, saddles and paths as JSON, on the domain where it was learnt.
    fn landscape(&self, py: Python) -> PyResult<String> {
        let found = py.detach(|| self.of.landscape());
        let found = found.ok_or_else(|| refused("the model file does not say where it was learnt"))?;
        serde_json::to_string(&found).map_err(refused)
    }
}

impl PyModel {
    fn potential(&self) -> PyResult<&Potential> {
        let refusal = "the energy of a material depends on hidden states; ask for its outputs along trajectories";
        self.of.potential().ok_or_else(|| refused(refusal))
    }

    /// Evaluates without the lock of the interpreter; points that lie in order in memory are not copied.
    fn values(
        &self,
        py: Python,
        x: &PyReadonlyArray2<f64>,
        parts: Outputs,
    ) -> PyResult<multiwell::internal::model::potential::PointValues> {
        let (potential, x) = (self.potential()?, x.as_array());
        if x.ncols() != potential.inputs() {
            return Err(refused(format!(
                "the points have {} columns, but the model has {} inputs",
                x.ncols(),
                potential.inputs()
            )));
        }
        let x = x.as_standard_layout();
        let flat = x.as_slice().expect("in order");
        Ok(py.detach(|| potential.values(flat, parts)))
    }
}
