//! Fits of arrays.

use std::collections::HashMap;
use std::time::Duration;

use multiwell::internal::data::trajectories::{Trajectories, Trajectory};
use multiwell::internal::fit::by_name::{self, Observations, TimedTraining};
use multiwell::internal::plot::Theme;
use multiwell::internal::problem::frame::Freshness;
use multiwell::internal::problem::settings;
use ndarray::{Array1, Array2};
use wasm_bindgen::prelude::*;

use crate::refused;

/// A fit in progress.
#[wasm_bindgen(js_name = Fit)]
pub struct JsFit(TimedTraining);

#[wasm_bindgen(js_class = Fit)]
impl JsFit {
    /// Starts a fit of a potential to values, derivatives (forces, if `has_forces`) or both: points and slopes `[points, inputs]`. `sigmas` are
    /// standard errors of the points, or nothing if they are equal. `names` are those of the inputs and of the output. `settings` alternates names
    /// and values. `start` is the text of a model file with the initial parameters.
    ///
    /// # Errors
    /// If the data or the settings cannot be used.
    #[allow(clippy::too_many_arguments, reason = "JavaScript collects them")]
    pub fn potential(
        x: Vec<f64>,
        inputs: usize,
        values: Option<Vec<f64>>,
        slopes: Option<Vec<f64>>,
        has_forces: bool,
        sigmas: Vec<f64>,
        names: Vec<String>,
        settings: Vec<String>,
        start: Option<String>,
    ) -> Result<Self, JsError> {
        let slopes = slopes.map(|slopes| table(slopes, inputs)).transpose()?;
        let known = Observations { x: table(x, inputs)?, values: values.map(Array1::from), slopes, has_forces, sigmas, names };
        by_name::potential(known, &pairs(&settings), start.as_deref()).map(Self).map_err(refused)
    }

    /// Starts a fit of a density to samples `[samples, quantities]`, with weights, or nothing if they are equal.
    ///
    /// # Errors
    /// As [`JsFit::potential`].
    pub fn density(
        x: Vec<f64>,
        quantities: usize,
        weights: Vec<f64>,
        names: Vec<String>,
        settings: Vec<String>,
        start: Option<String>,
    ) -> Result<Self, JsError> {
        by_name::density(table(x, quantities)?, weights, names, &pairs(&settings), start.as_deref()).map(Self).map_err(refused)
    }

    /// Starts a fit of a material with memory to trajectories with equal numbers of rows, one after another.
    ///
    /// # Errors
    /// As [`JsFit::potential`].
    pub fn material(
        rows: usize,
        time: Vec<f64>,
        inputs: Vec<f64>,
        outputs: Vec<f64>,
        input_names: Vec<String>,
        output_names: Vec<String>,
        settings: Vec<String>,
    ) -> Result<Self, JsError> {
        let trajectories = trajectories(rows, &time, (&inputs, input_names.len()), Some((&outputs, output_names.len())));
        let data = Trajectories {
            name: "trajectories".into(),
            inputs: input_names,
            outputs: output_names,
            trajectories,
            ..Trajectories::default()
        };
        by_name::material(data, &pairs(&settings)).map(Self).map_err(refused)
    }

    /// Starts a fit of a benchmark of the program.
    ///
    /// # Errors
    /// As [`JsFit::potential`].
    pub fn benchmark(id: &str, settings: Vec<String>, start: Option<String>) -> Result<Self, JsError> {
        by_name::benchmark(id, &pairs(&settings), start.as_deref()).map(Self).map_err(refused)
    }

    /// Trains for about `milliseconds`. Returns false if training has ended.
    pub fn advance(&mut self, milliseconds: f64) -> bool {
        self.0.advance(Duration::from_secs_f64(milliseconds / 1e3))
    }

    /// Approximate numbers of completed epochs and of all epochs.
    pub fn progress(&self) -> Vec<f64> {
        self.0.total_progress().map(|epochs| epochs as f64).to_vec()
    }

    /// Name of the current stage of the recipe.
    pub fn stage(&self) -> String {
        self.0.stage()
    }

    /// Text of the model file of the current fit.
    pub fn model(&self) -> String {
        self.0.model_text()
    }

    /// Names of the inputs and of the output.
    pub fn names(&self) -> Vec<String> {
        self.0.names()
    }

    /// Remarks on the data.
    pub fn remarks(&self) -> Vec<String> {
        self.0.remarks().to_vec()
    }

    /// Settings with an effect as JSON, by their names.
    ///
    /// # Errors
    /// None.
    pub fn settings(&self) -> Result<String, JsError> {
        let all: HashMap<_, _> = self.0.settings().into_iter().collect();
        serde_json::to_string(&all).map_err(refused)
    }

    /// Pictures of the fit in a view, as JSON that contains SVG; see `multiwell::internal::fit::pictures`. Results of searches in them are at most
    /// `seconds` old; 0 stands for the current state.
    ///
    /// # Errors
    /// None.
    pub fn pictures(&mut self, view: &str, width: f64, height: f64, dark: bool, seconds: f64) -> Result<String, JsError> {
        let theme = if dark { &Theme::DARK } else { &Theme::LIGHT };
        let freshness = if seconds > 0.0 { Freshness::Within(seconds) } else { Freshness::Current };
        serde_json::to_string(&self.0.pictures(view, (width, height), theme, freshness)).map_err(refused)
    }

    /// Text of the model file, numbers of the fit as JSON, history as CSV, and remarks on the data.
    ///
    /// # Errors
    /// If training has diverged.
    pub fn result(&mut self) -> Result<Vec<String>, JsError> {
        let found = self.0.result(&|| false).map_err(refused)?;
        Ok([found.text, found.metrics, found.history].into_iter().chain(found.notes).collect())
    }
}

/// Trajectories with equal numbers of rows, one after another. Outputs may be unknown. Inputs and outputs have their number of columns.
pub fn trajectories(
    rows: usize,
    time: &[f64],
    (inputs, input_columns): (&[f64], usize),
    outputs: Option<(&[f64], usize)>,
) -> Vec<Trajectory> {
    let part = |numbers: &[f64], columns: usize, k: usize| numbers[k * rows * columns..(k + 1) * rows * columns].to_vec();
    let one = |k: usize| Trajectory {
        name: (k + 1).to_string(),
        time: part(time, 1, k),
        inputs: part(inputs, input_columns, k),
        outputs: outputs.map_or_else(Vec::new, |(outputs, columns)| part(outputs, columns, k)),
    };
    (0..time.len() / rows.max(1)).map(one).collect()
}

fn table(numbers: Vec<f64>, columns: usize) -> Result<Array2<f64>, JsError> {
    Array2::from_shape_vec((numbers.len() / columns.max(1), columns), numbers).map_err(refused)
}

/// Settings from alternating names and values.
fn pairs(settings: &[String]) -> Vec<(String, String)> {
    settings.chunks_exact(2).map(|pair| (own_name(&pair[0]), pair[1].clone())).collect()
}

/// Name of a setting in the library: `hold-out` for `holdOut` and `hold_out`.
fn own_name(name: &str) -> String {
    let dashed = name.replace('_', "-");
    if settings::find(&dashed).is_some() {
        return dashed;
    }
    dashed.chars().flat_map(|c| c.is_ascii_uppercase().then_some('-').into_iter().chain([c.to_ascii_lowercase()])).collect()
}
