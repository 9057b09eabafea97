//! Fits of arrays.

use multiwell::data::Dataset;
use multiwell::data::trajectories::{Trajectories, Trajectory};
use multiwell::problem::density::{self, Samples};
use multiwell::problem::material;
use multiwell::problem::settings::Scaling;
use multiwell::problem::{Run, Settings, Source};
use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3};
use pyo3::prelude::*;

use crate::train::{Given, Trained, problems, refused, settings, train};

/// Fits a potential to values, derivatives (forces, if `has_forces`) or both. `sigma` are standard errors of the rows, `names` those of the inputs
/// and of the output.
#[pyfunction]
#[pyo3(signature = (x, y, gradient, sigma, names, given, has_forces=false, report=None))]
#[allow(clippy::too_many_arguments, reason = "Python gives them by their names")]
pub fn fit_potential(
    py: Python,
    x: PyReadonlyArray2<f64>,
    y: Option<PyReadonlyArray1<f64>>,
    gradient: Option<PyReadonlyArray2<f64>>,
    sigma: Option<PyReadonlyArray1<f64>>,
    names: Vec<String>,
    given: Given,
    has_forces: bool,
    report: Option<Py<PyAny>>,
) -> PyResult<Trained> {
    let (x, y) = (x.as_array().to_owned(), y.map(|y| y.as_array().to_owned()));
    let gradient = gradient.map(|gradient| gradient.as_array().to_owned());
    let sigmas = sigma.map(|sigma| sigma.as_array().to_vec()).unwrap_or_default();
    train(py, report, move || {
        let has_values = y.is_some();
        let is_of_slopes = gradient.is_some();
        let data = match (y, gradient) {
            (Some(y), None) => Dataset::values(x, y),
            (Some(y), Some(slopes)) => {
                let slopes = if has_forces { -slopes } else { slopes };
                // The constant of the values is learnt, so they may be all the same.
                let data = Dataset { y, ..Dataset::gradients(x, slopes).map_err(refused)? };
                Ok(Dataset { has_forces, ..data })
            }
            (None, Some(slopes)) if has_forces => Dataset::forces(x, slopes),
            (None, Some(slopes)) => Dataset::gradients(x, slopes),
            (None, None) => return Err(refused("there is nothing to learn from: give values or derivatives")),
        };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let data = Dataset { sigmas, ..data.map_err(refused)?.named(&names) };
        let settings = settings(&given, |recipe| {
            let mut settings = if is_of_slopes {
                Settings::on_derivatives(recipe, has_values)
            } else {
                Settings::on(recipe, Settings::OWN_DATA)
            };
            // As on the command line and on the page.
            settings.potential_mut().expect("settings of a potential").scaling = Scaling::Standard;
            settings
        })
        .map_err(|wrong| problems(&wrong))?;
        let run = Run::new(settings, Source::Own(data), None).map_err(|wrong| problems(&wrong))?;
        Ok(Box::new(run))
    })
}

/// Fits a density to samples of one to three quantities called `names`. Samples with weights, and those of several quantities, have a joint density.
#[pyfunction]
#[pyo3(signature = (x, weights, names, given, report=None))]
pub fn fit_density(
    py: Python,
    x: PyReadonlyArray2<f64>,
    weights: Option<PyReadonlyArray1<f64>>,
    mut names: Vec<String>,
    given: Given,
    report: Option<Py<PyAny>>,
) -> PyResult<Trained> {
    let x = x.as_array().to_owned();
    let weights = weights.map(|weights| weights.as_array().to_vec()).unwrap_or_default();
    train(py, report, move || {
        if x.ncols() == 1 && weights.is_empty() {
            let numbers: Vec<f64> = x.iter().copied().collect();
            let mut samples = Samples::of_numbers(&numbers).map_err(refused)?;
            samples.labels = names;
            let settings = settings(&given, |recipe| Settings::on(recipe, Settings::OWN_SAMPLES));
            let settings = settings.map_err(|wrong| problems(&wrong))?;
            return density::job::open_samples(settings, samples).map_err(|wrong| problems(&wrong));
        }
        let data = Dataset::samples_of_density(x, weights).map_err(refused)?;
        names.push("Psi".into());
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let settings = settings(&given, |recipe| Settings::on(recipe, Settings::OWN_JOINT)).map_err(|wrong| problems(&wrong))?;
        let run = Run::new(settings, Source::Own(data.named(&names)), None).map_err(|wrong| problems(&wrong))?;
        Ok(Box::new(run))
    })
}

/// Fits a material with memory to trajectories: times `[trajectories, rows]`, inputs and outputs `[trajectories, rows, columns]`.
#[pyfunction]
#[pyo3(signature = (time, inputs, outputs, names, given, report=None))]
pub fn fit_material(
    py: Python,
    time: PyReadonlyArray2<f64>,
    inputs: PyReadonlyArray3<f64>,
    outputs: PyReadonlyArray3<f64>,
    names: (Vec<String>, Vec<String>),
    given: Given,
    report: Option<Py<PyAny>>,
) -> PyResult<Trained> {
    let trajectories = trajectories(&time, &inputs, Some(&outputs));
    train(py, report, move || {
        let data = Trajectories { name: "trajectories".into(), inputs: names.0, outputs: names.1, trajectories };
        let data = data.checked().map_err(refused)?;
        let settings = settings(&given, |recipe| Settings::on(recipe, Settings::OWN_TRAJECTORIES));
        material::job::open_trajectories(settings.map_err(|wrong| problems(&wrong))?, data).map_err(|wrong| problems(&wrong))
    })
}

/// Trajectories in arrays, whose outputs need not be known.
pub fn trajectories(
    time: &PyReadonlyArray2<f64>,
    inputs: &PyReadonlyArray3<f64>,
    outputs: Option<&PyReadonlyArray3<f64>>,
) -> Vec<Trajectory> {
    let (time, inputs) = (time.as_array(), inputs.as_array());
    let outputs = outputs.map(|outputs| outputs.as_array());
    let one = |k: usize| Trajectory {
        name: (k + 1).to_string(),
        time: time.row(k).to_vec(),
        inputs: inputs.index_axis(ndarray::Axis(0), k).iter().copied().collect(),
        outputs: outputs.map_or_else(Vec::new, |all| all.index_axis(ndarray::Axis(0), k).iter().copied().collect()),
    };
    (0..time.nrows()).map(one).collect()
}
