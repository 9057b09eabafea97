//! Model files as functions.

use multiwell::landscape::{Survey, survey};
use multiwell::model::Potential;
use multiwell::model::model_file::ModelFile;
use multiwell::model::potential::Outputs;
use multiwell::problem::Settings;
use multiwell::problem::jobs::Kind;
use multiwell::{Density, Material};
use ndarray::{Array2, Array3};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArray3, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3};
use pyo3::prelude::*;

use crate::data::trajectories;
use crate::train::refused;

/// A fitted model: the text of its model file, read once.
#[pyclass(module = "multiwell._multiwell", frozen)]
pub struct Model {
    #[pyo3(get)]
    text: String,
    #[pyo3(get)]
    inputs: Vec<String>,
    #[pyo3(get)]
    outputs: Vec<String>,
    /// `[low, high]` of each input: where it was learnt. Empty if the file does not say it.
    #[pyo3(get)]
    domain: Vec<[f64; 2]>,
    #[pyo3(get)]
    threshold: f64,
    /// The thermal energy of a joint density, whose potential has its unit; none of anything else.
    #[pyo3(get)]
    kt: Option<f64>,
    what: What,
}

enum What {
    Potential(Potential),
    Density(Density),
    Material(Material),
}

#[pymethods]
impl Model {
    #[new]
    fn new(text: String) -> PyResult<Self> {
        let none =
            |what| Self { text: String::new(), inputs: vec![], outputs: vec![], domain: vec![], threshold: 0.0, kt: None, what };
        match Kind::of_file(&text) {
            Some(Kind::Density) => {
                let densities = Density::read_all(&text).map_err(refused)?;
                let density = densities.into_iter().next_back().ok_or_else(|| refused("no density had been fitted"))?;
                let (inputs, domain) = (vec![density.label().to_owned()], vec![density.domain()]);
                Ok(Self { text, inputs, domain, ..none(What::Density(density)) })
            }
            Some(Kind::Material) => {
                let material = Material::read(&text).map_err(refused)?;
                let (inputs, outputs) = material.names();
                let (inputs, outputs) = (inputs.to_vec(), outputs.to_vec());
                Ok(Self { text, inputs, outputs, ..none(What::Material(material)) })
            }
            _ => {
                let file = ModelFile::read(&text).map_err(refused)?;
                let potential = Potential::from_file(&file).map_err(refused)?;
                let own = file.settings.as_ref().and_then(Settings::from_kept);
                let joint = own.filter(|own| own.benchmark == Settings::OWN_JOINT);
                let kt = joint.and_then(|own| Some(own.potential()?.kt.unwrap_or(1.0)));
                let (domain, threshold) = file.domain.map_or((Vec::new(), 0.0), |domain| (domain.bounds, domain.threshold));
                let (inputs, outputs) = (file.inputs, vec![file.target]);
                Ok(Self { text, inputs, outputs, domain, threshold, kt, ..none(What::Potential(potential)) })
            }
        }
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyAny>, (String,)) {
        (py.get_type::<Self>().into_any(), (self.text.clone(),))
    }

    /// `potential`, `joint`, `density` or `material`.
    #[getter]
    fn kind(&self) -> &'static str {
        match (&self.what, self.kt) {
            (What::Potential(_), None) => "potential",
            (What::Potential(_), Some(_)) => "joint",
            (What::Density(_), _) => "density",
            (What::Material(_), _) => "material",
        }
    }

    /// Which inputs the potential is periodic in.
    #[getter]
    fn periodic(&self) -> Vec<bool> {
        let given = self.potential().map(Potential::periodic).unwrap_or_default();
        if given.is_empty() { vec![false; self.inputs.len()] } else { given }
    }

    /// The logarithm of the normalisation constant; zero where the potential holds it already.
    #[getter]
    fn log_z(&self) -> f64 {
        if let What::Density(density) = &self.what { density.log_z() } else { 0.0 }
    }

    /// The potential at points `[points, inputs]`.
    fn value<'py>(&self, py: Python<'py>, x: PyReadonlyArray2<f64>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        Ok(self.values(py, &x, Outputs::default())?.psi.into_pyarray(py))
    }

    /// Its gradient `[points, inputs]`.
    fn gradient<'py>(&self, py: Python<'py>, x: PyReadonlyArray2<f64>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let values = self.values(py, &x, Outputs { gradient: true, ..Outputs::default() })?;
        values.gradient.into_pyarray(py).reshape([x.as_array().nrows(), self.inputs.len()])
    }

    /// Its Hessian `[points, inputs, inputs]`.
    fn hessian<'py>(&self, py: Python<'py>, x: PyReadonlyArray2<f64>) -> PyResult<Bound<'py, PyArray3<f64>>> {
        let (values, n) = (self.values(py, &x, Outputs { hessian: true, ..Outputs::default() })?, self.inputs.len());
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
        let What::Density(density) = &self.what else { return Err(refused("this is no density of one quantity")) };
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
        let What::Material(material) = &self.what else { return Err(refused("this is no model of a material")) };
        let trajectories = trajectories(&time, &inputs, None);
        let (count, rows) = time.as_array().dim();
        let answer = py.detach(|| material.respond(&trajectories));
        let steps = answer.dissipation.len() / count.max(1);
        let stress = Array3::from_shape_vec((count, rows, self.outputs.len()), answer.stress).map_err(refused)?;
        let dissipation = Array2::from_shape_vec((count, steps), answer.dissipation).map_err(refused)?;
        Ok((stress.into_pyarray(py), dissipation.into_pyarray(py)))
    }

    /// The wells of a density of one quantity as JSON, with the probability in each.
    fn wells(&self, py: Python) -> PyResult<String> {
        let What::Density(density) = &self.what else { return Err(refused("this is no density of one quantity")) };
        serde_json::to_string(&py.detach(|| density.wells())).map_err(refused)
    }

    /// Minima, saddles and paths as JSON, on the domain where it was learnt.
    fn landscape(&self, py: Python) -> PyResult<String> {
        let found = py.detach(|| match &self.what {
            What::Potential(_) if self.domain.is_empty() => Err(refused("the model file does not say where it was learnt")),
            What::Potential(potential) => Ok(survey(potential, &self.domain, self.threshold, None, &|| false)),
            What::Density(density) => Ok(density.survey()),
            What::Material(_) => Ok(Survey::default()),
        })?;
        serde_json::to_string(&found).map_err(refused)
    }
}

impl Model {
    fn potential(&self) -> PyResult<&Potential> {
        match &self.what {
            What::Potential(potential) => Ok(potential),
            What::Density(density) => Ok(density.potential()),
            What::Material(_) => {
                Err(refused("the energy of a material depends on hidden states; ask for its outputs along trajectories"))
            }
        }
    }

    /// Evaluates without the lock of the interpreter; points that lie in order in memory are not copied.
    fn values(&self, py: Python, x: &PyReadonlyArray2<f64>, parts: Outputs) -> PyResult<multiwell::model::potential::Values> {
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
