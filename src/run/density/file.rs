//! The model file of a density: the settings, what was chosen, and for each set of samples an ordinary model file whose Psi is `-log q` but
//! for a constant, as a function of the state.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{DensityRun, FORMAT, Fit};
use crate::json;
use crate::nn::model_file::{self, FileScaling, ModelFile};
use crate::nn::potential;
use crate::run::settings::Pooling;

/// The version of the format that is written and read.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct DensityFile {
    format: String,
    version: u32,
    settings: Value,
    /// The number that state 0 stands for, and the distance to that of the next one.
    unit: [f64; 2],
    strength: Option<f64>,
    poolings: Vec<Pooling>,
    fits: Vec<FileFit>,
}

#[derive(Serialize, Deserialize)]
struct FileFit {
    label: String,
    decay: f64,
    pooling: Pooling,
    model: Value,
}

impl DensityRun {
    /// The text of its model file.
    pub(super) fn save(&self) -> String {
        let [shift, scale] = self.fitter.scaling();
        let scaling = FileScaling { input_shift: vec![shift], input_scale: vec![scale], ..FileScaling::identity(1) };
        let fit = |(set, fit): (usize, &Option<Fit>)| {
            let fit = fit.as_ref()?;
            let mut model = ModelFile {
                format: model_file::FORMAT.into(),
                version: model_file::VERSION,
                modes: self.arch.modes,
                hidden: self.arch.hidden.clone(),
                skip: self.arch.skip,
                symmetry: self.arch.symmetry,
                inputs: vec!["state".into()],
                target: "Psi".into(),
                scaling: scaling.clone(),
                params: std::collections::BTreeMap::new(),
                epochs: self.settings.epochs,
                settings: None,
            };
            let params: Vec<f64> = fit.params.iter().map(|&p| p.into()).collect();
            potential::params_into_file(&self.arch, &params, &mut model);
            let model = serde_json::to_value(&model).ok()?;
            Some(FileFit { label: self.samples.labels[set].clone(), decay: fit.decay, pooling: fit.pooling, model })
        };
        let (strength, poolings) = self.chosen.clone().map_or((None, Vec::new()), |(s, poolings)| (Some(s), poolings));
        let file = DensityFile {
            format: FORMAT.into(),
            version: VERSION,
            settings: serde_json::to_value(&self.settings).unwrap_or_default(),
            unit: self.samples.unit,
            strength,
            poolings,
            fits: self.fits.iter().enumerate().filter_map(fit).collect(),
        };
        serde_json::to_value(file).map(|value| json::write(&value)).unwrap_or_default() + "\n"
    }

    /// Takes over the choice and the fits of a model file of the same settings and samples.
    pub(super) fn restore(&mut self, text: &str) -> Result<(), String> {
        let wrong = |words: &str| format!("this is no model file of a density that can be used: {words}");
        let value = json::read(text).map_err(|e| wrong(&e))?;
        let file: DensityFile = json::from_value(&value).map_err(|e| wrong(&e))?;
        if file.version != VERSION {
            return Err(wrong(&format!("its version is {}, but {VERSION} is read", file.version)));
        }
        let sets = self.samples.sets();
        if file.fits.iter().any(|fit| !self.samples.labels.contains(&fit.label)) || file.unit != self.samples.unit {
            return Err("the model is of other samples: open the table that it was fitted to first".into());
        }
        let Some(strength) = file.strength.filter(|_| file.poolings.len() == sets) else { return Ok(()) };
        for FileFit { label, decay, pooling, model } in file.fits {
            let model = ModelFile::read(&json::write(&model)).map_err(|e| wrong(&e.to_string()))?;
            if (model.architecture().modes, &model.hidden) != (self.arch.modes, &self.arch.hidden) {
                return Err(wrong("a fit has another network than the settings say"));
            }
            let params = potential::params_from_file(&model).map_err(|e| wrong(&e.to_string()))?;
            let params = params.iter().map(|&p| p as f32).collect();
            if let Some(set) = self.samples.labels.iter().position(|l| *l == label) {
                self.fits[set] = Some(Fit { params, decay, pooling });
            }
        }
        self.chosen = Some((strength, file.poolings));
        self.list_fits();
        self.last_epoch = self.tasks.len() as u64 * self.settings.epochs;
        self.parts = self.tasks.len() as u64;
        if self.tasks.is_empty() {
            self.next_part();
        }
        Ok(())
    }
}
