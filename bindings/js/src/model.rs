//! Model files as functions.

use multiwell::internal::fit::any::{AnyModel, LearntModel};
use multiwell::internal::model::Potential;
use multiwell::internal::model::potential::Outputs;
use multiwell_export::ExportError;
use multiwell_export::written::{ExportSpec, written};
use serde_json::json;
use wasm_bindgen::prelude::*;

use crate::fit::trajectories;
use crate::refused;

/// A fitted model with the text of its model file.
#[wasm_bindgen(js_name = Model)]
pub struct JsModel {
    text: String,
    of: AnyModel,
}

#[wasm_bindgen(js_class = Model)]
impl JsModel {
    /// Reads the text of a model file.
    ///
    /// # Errors
    /// If the text is not a model file.
    #[wasm_bindgen(constructor)]
    pub fn new(text: String) -> Result<Self, JsError> {
        let of = AnyModel::read(&text).map_err(refused)?;
        Ok(Self { text, of })
    }

    /// Description of the model as JSON.
    pub fn describe(&self) -> String {
        let of = &self.of;
        json!({"kind": of.kind(), "inputs": of.inputs, "outputs": of.outputs, "domain": of.domain.bounds, "periodic": of.periodic(), "kT": of.kt})
            .to_string()
    }

    /// Potential at points `[points, inputs]`; for a density of one quantity, `-log q`.
    ///
    /// # Errors
    /// If the points have a different number of inputs, or if the model is a material.
    pub fn values(&self, x: Vec<f64>) -> Result<Vec<f64>, JsError> {
        let (values, log_z) = (self.evaluate(&x, Outputs::default())?.psi, self.of.log_z());
        Ok(values.into_iter().map(|value| value + log_z).collect())
    }

    /// Gradient `[points, inputs]`.
    ///
    /// # Errors
    /// As [`JsModel::values`].
    pub fn gradient(&self, x: Vec<f64>) -> Result<Vec<f64>, JsError> {
        Ok(self.evaluate(&x, Outputs { gradient: true, ..Outputs::default() })?.gradient)
    }

    /// Hessian `[points, inputs, inputs]`.
    ///
    /// # Errors
    /// As [`JsModel::values`].
    pub fn hessian(&self, x: Vec<f64>) -> Result<Vec<f64>, JsError> {
        Ok(self.evaluate(&x, Outputs { hessian: true, ..Outputs::default() })?.hessian)
    }

    /// Responsibility of each mode `[points, modes]`.
    ///
    /// # Errors
    /// As [`JsModel::values`].
    pub fn responsibilities(&self, x: Vec<f64>) -> Result<Vec<f64>, JsError> {
        Ok(self.evaluate(&x, Outputs { modes: true, ..Outputs::default() })?.responsibilities)
    }

    /// Curve of each mode `[points, modes]`, with its gate.
    ///
    /// # Errors
    /// As [`JsModel::values`].
    pub fn modes(&self, x: Vec<f64>) -> Result<Vec<f64>, JsError> {
        let (curves, log_z) = (self.evaluate(&x, Outputs { modes: true, ..Outputs::default() })?.curves, self.of.log_z());
        Ok(curves.into_iter().map(|curve| curve + log_z).collect())
    }

    /// Outputs `[trajectories, rows, outputs]` of a material along trajectories with equal numbers of rows, followed by its dissipation
    /// `[trajectories, rows - 1]`.
    ///
    /// # Errors
    /// If the model is not a material.
    pub fn respond(&self, rows: usize, time: Vec<f64>, inputs: Vec<f64>) -> Result<Vec<f64>, JsError> {
        let LearntModel::Material(material) = &self.of.learnt else { return Err(refused("this is no model of a material")) };
        let answer = material.respond(&trajectories(rows, &time, (&inputs, self.of.inputs.len()), None));
        Ok(answer.stress.into_iter().chain(answer.dissipation).collect())
    }

    /// Wells of a density of one quantity as JSON, with the probability in each; nothing for other models.
    ///
    /// # Errors
    /// None.
    pub fn wells(&self) -> Result<Option<String>, JsError> {
        let LearntModel::Density(density) = &self.of.learnt else { return Ok(None) };
        serde_json::to_string(&density.wells()).map(Some).map_err(refused)
    }

    /// Minima, saddles and paths in the domain of the training data as JSON. The logarithm of the normalisation constant must be added to the
    /// values of saddles.
    ///
    /// # Errors
    /// If the model file has no domain.
    pub fn landscape(&self) -> Result<String, JsError> {
        let survey = self.of.landscape().ok_or_else(|| refused("the model file does not contain the domain of its fit"))?;
        serde_json::to_string(&survey).map_err(refused)
    }

    /// Logarithm of the normalisation constant; zero if the potential includes it.
    pub fn log_z(&self) -> f64 {
        self.of.log_z()
    }

    /// The model in another format: code, a graph, a formula, or values on a grid. `order` is that of the derivatives: 0 (the value
    /// alone, in ONNX), 1 or 2.
    ///
    /// # Errors
    /// If the model has no such format.
    pub fn export(
        &self,
        to: &str,
        name: &str,
        order: u8,
        fast: bool,
        float32: bool,
        points: Vec<usize>,
    ) -> Result<JsExport, JsError> {
        let (values, hessian, single, points) = (order == 0, order == 2, float32, &points[..]);
        let wish = ExportSpec { to, name, values, hessian, fast, single, points, ..ExportSpec::default() };
        match written(&self.text, &wish) {
            Ok(written) => Ok(JsExport { bytes: written.bytes, notes: written.notes }),
            Err(error @ ExportError::NoRole(_)) => Err(refused(format!("{error} on the command line or in Python"))),
            Err(error) => Err(refused(error)),
        }
    }
}

/// A model in another format.
#[wasm_bindgen(getter_with_clone)]
pub struct JsExport {
    /// Contents of the file.
    pub bytes: Vec<u8>,
    /// Remarks, for example on an input that has another name there.
    pub notes: Vec<String>,
}

impl JsModel {
    fn evaluate(&self, x: &[f64], parts: Outputs) -> Result<multiwell::internal::model::potential::PointValues, JsError> {
        let refusal = "the energy of a material depends on hidden states; ask for its outputs along trajectories";
        let potential: &Potential = self.of.potential().ok_or_else(|| refused(refusal))?;
        Ok(potential.values(x, parts))
    }
}
