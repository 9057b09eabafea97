//! Model files as functions.

use std::panic::resume_unwind;
use std::thread;

use multiwell::internal::fit::any::{AnyModel, LearntModel};
use multiwell::internal::model::Potential;
use multiwell::internal::model::potential::{Outputs, PointValues};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArray3, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::data::trajectories;
use crate::train::refused;

/// Number of points that one thread evaluates between two checks for Ctrl-C.
const POINTS: usize = 16_384;
/// Number of trajectories that are evaluated between two checks for Ctrl-C.
const TRAJECTORIES: usize = 64;

/// A fitted model with the text of its model file.
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

    /// `[low, high]` of each input in the training data; empty if the file has no domain.
    #[getter]
    fn domain(&self) -> Vec<[f64; 2]> {
        self.of.domain.bounds.clone()
    }

    #[getter]
    fn threshold(&self) -> f64 {
        self.of.domain.threshold
    }

    /// Thermal energy of a joint density in the unit of its potential; `None` for other models.
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

    /// Periodicity of the potential in each input.
    #[getter]
    fn periodic(&self) -> Vec<bool> {
        self.of.periodic()
    }

    /// Logarithm of the normalisation constant; zero if the potential includes it.
    #[getter]
    fn log_z(&self) -> f64 {
        self.of.log_z()
    }

    /// Potential at points `[points, inputs]`.
    fn value<'py>(&self, py: Python<'py>, x: PyReadonlyArray2<f64>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        Ok(self.values(py, &x, Outputs::default())?.psi.into_pyarray(py))
    }

    /// Gradient `[points, inputs]`.
    fn gradient<'py>(&self, py: Python<'py>, x: PyReadonlyArray2<f64>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let values = self.values(py, &x, Outputs { gradient: true, ..Outputs::default() })?;
        values.gradient.into_pyarray(py).reshape([x.as_array().nrows(), self.of.inputs.len()])
    }

    /// Hessian `[points, inputs, inputs]`.
    fn hessian<'py>(&self, py: Python<'py>, x: PyReadonlyArray2<f64>) -> PyResult<Bound<'py, PyArray3<f64>>> {
        let (values, n) = (self.values(py, &x, Outputs { hessian: true, ..Outputs::default() })?, self.of.inputs.len());
        values.hessian.into_pyarray(py).reshape([x.as_array().nrows(), n, n])
    }

    /// Responsibility of each mode `[points, modes]`.
    fn responsibilities<'py>(&self, py: Python<'py>, x: PyReadonlyArray2<f64>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let values = self.values(py, &x, Outputs { modes: true, ..Outputs::default() })?;
        let rows = x.as_array().nrows();
        let modes = values.responsibilities.len() / rows.max(1);
        values.responsibilities.into_pyarray(py).reshape([rows, modes])
    }

    /// Probability below each position, for a density of one quantity.
    fn cumulative<'py>(&self, py: Python<'py>, x: PyReadonlyArray1<f64>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let LearntModel::Density(density) = &self.of.learnt else { return Err(refused("this is no density of one quantity")) };
        let places = x.as_array().to_vec();
        Ok(py.detach(|| density.cumulative(&places)).into_pyarray(py))
    }

    /// Outputs `[rows, outputs]` and dissipation `[rows - 1]` of a material along each trajectory.
    #[allow(clippy::type_complexity, reason = "pairs of arrays")]
    fn respond<'py>(
        &self,
        py: Python<'py>,
        time: Vec<PyReadonlyArray1<f64>>,
        inputs: Vec<PyReadonlyArray2<f64>>,
    ) -> PyResult<Vec<(Bound<'py, PyArray2<f64>>, Bound<'py, PyArray1<f64>>)>> {
        let LearntModel::Material(material) = &self.of.learnt else { return Err(refused("this is no model of a material")) };
        let (all, outputs) = (trajectories(&time, &inputs, None), self.of.outputs.len());
        let mut found = Vec::new();
        for alike in all.chunk_by(|a, b| a.time.len() == b.time.len()).flat_map(|alike| alike.chunks(TRAJECTORIES)) {
            py.check_signals()?;
            let (rows, response) = (alike[0].time.len(), py.detach(|| material.respond(alike)));
            let steps = response.dissipation.len() / alike.len();
            for (k, stress) in response.stress.chunks(rows * outputs).enumerate() {
                let dissipation = &response.dissipation[k * steps..(k + 1) * steps];
                let stress = PyArray1::from_slice(py, stress).reshape([rows, outputs])?;
                found.push((stress, PyArray1::from_slice(py, dissipation)));
            }
        }
        Ok(found)
    }

    /// Wells of a density of one quantity as JSON, with the probability in each.
    fn wells(&self, py: Python) -> PyResult<String> {
        let LearntModel::Density(density) = &self.of.learnt else { return Err(refused("this is no density of one quantity")) };
        serde_json::to_string(&py.detach(|| density.wells())).map_err(refused)
    }

    /// Minima, saddles and paths in the domain of the training data as JSON.
    fn landscape(&self, py: Python) -> PyResult<String> {
        let found = py.detach(|| self.of.landscape());
        let found = found.ok_or_else(|| refused("the model file does not contain the domain of its fit"))?;
        serde_json::to_string(&found).map_err(refused)
    }
}

impl PyModel {
    fn potential(&self) -> PyResult<&Potential> {
        let refusal = "the energy of a material depends on hidden states; ask for its outputs along trajectories";
        self.of.potential().ok_or_else(|| refused(refusal))
    }

    /// Evaluates points in chunks without the lock of the interpreter. Ctrl-C is handled between them.
    fn values(&self, py: Python, x: &PyReadonlyArray2<f64>, parts: Outputs) -> PyResult<PointValues> {
        let (potential, columns) = (self.potential()?, x.as_array().ncols());
        if columns != potential.inputs() {
            return Err(refused(format!("the points have {columns} columns, but the model has {} inputs", potential.inputs())));
        }
        let mut all = PointValues::default();
        for found in in_parts(py, x, POINTS, |points| potential.values(points, parts))? {
            all.psi.extend(found.psi);
            all.gradient.extend(found.gradient);
            all.hessian.extend(found.hessian);
            all.responsibilities.extend(found.responsibilities);
        }
        Ok(all)
    }
}

/// Evaluates points `[points, inputs]` in parts of `length` points, on all processors and without the lock of the interpreter. Ctrl-C is handled between
/// parts. The threads end with the call, so that a process may fork afterwards.
pub fn in_parts<R: Send>(
    py: Python,
    x: &PyReadonlyArray2<f64>,
    length: usize,
    of: impl Fn(&[f64]) -> R + Sync,
) -> PyResult<Vec<R>> {
    let (columns, x) = (x.as_array().ncols(), x.as_array());
    let x = x.as_standard_layout();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut all = Vec::new();
    for points in x.as_slice().expect("in order").chunks(threads * length * columns) {
        py.check_signals()?;
        let mut parts = points.chunks(length * columns);
        let last = parts.next_back().expect("a chunk has points");
        py.detach(|| {
            thread::scope(|scope| {
                let of = &of;
                let others: Vec<_> = parts.map(|part| scope.spawn(move || of(part))).collect();
                let last = of(last);
                all.extend(others.into_iter().map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic))));
                all.push(last);
            });
        });
    }
    Ok(all)
}
