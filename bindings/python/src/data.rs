//! Fits of arrays.

use multiwell::internal::data::trajectories::{Trajectories, Trajectory};
use multiwell::internal::fit::by_name::{self, Observations};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::train::{PySettings, Trained, train};

/// Fits a potential to values, derivatives (forces, if `has_forces`) or both. `sigma` are standard errors of the rows. `names` are those of the
/// inputs and of the output.
#[pyfunction]
#[pyo3(signature = (x, y, gradient, sigma, names, given, jobs, has_forces=false, report=None))]
#[allow(clippy::too_many_arguments, reason = "Python gives them by their names")]
pub fn fit_potential(
    py: Python,
    x: PyReadonlyArray2<f64>,
    y: Option<PyReadonlyArray1<f64>>,
    gradient: Option<PyReadonlyArray2<f64>>,
    sigma: Option<PyReadonlyArray1<f64>>,
    names: Vec<String>,
    given: PySettings,
    jobs: usize,
    has_forces: bool,
    report: Option<Py<PyAny>>,
) -> PyResult<Trained> {
    let known = Observations {
        x: x.as_array().to_owned(),
        values: y.map(|y| y.as_array().to_owned()),
        slopes: gradient.map(|gradient| gradient.as_array().to_owned()),
        has_forces,
        sigmas: sigma.map(|sigma| sigma.as_array().to_vec()).unwrap_or_default(),
        names,
    };
    train(py, jobs, report, move || by_name::potential(known, &given, None))
}

/// Fits a density to samples of one to three quantities called `names`. Samples with weights or of several quantities have a joint density.
#[pyfunction]
#[pyo3(signature = (x, weights, names, given, jobs, report=None))]
pub fn fit_density(
    py: Python,
    x: PyReadonlyArray2<f64>,
    weights: Option<PyReadonlyArray1<f64>>,
    names: Vec<String>,
    given: PySettings,
    jobs: usize,
    report: Option<Py<PyAny>>,
) -> PyResult<Trained> {
    let x = x.as_array().to_owned();
    let weights = weights.map(|weights| weights.as_array().to_vec()).unwrap_or_default();
    train(py, jobs, report, move || by_name::density(x, weights, names, &given, None))
}

/// Fits a material with memory to trajectories: for each, times `[rows]`, inputs and outputs `[rows, columns]`.
#[pyfunction]
#[pyo3(signature = (time, inputs, outputs, names, given, jobs, report=None))]
#[allow(clippy::too_many_arguments, reason = "Python gives them by their names")]
pub fn fit_material(
    py: Python,
    time: Vec<PyReadonlyArray1<f64>>,
    inputs: Vec<PyReadonlyArray2<f64>>,
    outputs: Vec<PyReadonlyArray2<f64>>,
    names: (Vec<String>, Vec<String>),
    given: PySettings,
    jobs: usize,
    report: Option<Py<PyAny>>,
) -> PyResult<Trained> {
    let trajectories = trajectories(&time, &inputs, Some(&outputs));
    train(py, jobs, report, move || {
        let data = Trajectories {
            name: "trajectories".into(),
            inputs: names.0,
            outputs: names.1,
            trajectories,
            ..Trajectories::default()
        };
        by_name::material(data, &given)
    })
}

/// Trajectories in arrays. Outputs may be unknown.
pub fn trajectories(
    time: &[PyReadonlyArray1<f64>],
    inputs: &[PyReadonlyArray2<f64>],
    outputs: Option<&[PyReadonlyArray2<f64>]>,
) -> Vec<Trajectory> {
    let flat = |table: &PyReadonlyArray2<f64>| table.as_array().iter().copied().collect();
    let one = |k: usize| Trajectory {
        name: (k + 1).to_string(),
        time: time[k].as_array().to_vec(),
        inputs: flat(&inputs[k]),
        outputs: outputs.map_or_else(Vec::new, |all| flat(&all[k])),
    };
    (0..time.len()).map(one).collect()
}
