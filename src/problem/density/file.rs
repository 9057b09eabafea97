//! Model file of densities: settings, chosen pooling, and the model file of the potential `-log q` of each fitted set.

use serde::{Deserialize, Serialize};

use super::job::FORMAT_NAME;
use super::run::{DensityRun, FittedSet};
use super::samples::{self, LARGEST_STATE};
use crate::data::support::Support;
use crate::model::model_file::{self, KeptSettings, LearntDomain, ModelFile, ModelFileError};
use crate::problem::settings::{Pooling, Settings};

/// Version of the format that is written. Versions 1 and 2 can be read, and the inputs of their models are states. Version
/// 1 has one unit for all sets.
const FORMAT_VERSION: u32 = 3;
/// Last version whose models have states as inputs.
const LAST_STATE_INPUT_VERSION: u32 = 2;

#[derive(Serialize, Deserialize)]
pub(super) struct DensityFile {
    format: String,
    version: u32,
    #[serde(deserialize_with = "model_file::distinct")]
    settings: KeptSettings,
    /// In version 1: value of state 0, and the distance between states.
    #[serde(default, skip_serializing)]
    unit: Option<[f64; 2]>,
    /// For each set of samples, value of state 0 and the distance between states.
    #[serde(default)]
    units: Vec<[f64; 2]>,
    pub(super) poolings: Vec<Pooling>,
    fits: Vec<FileFit>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct FileFit {
    /// Name of its samples.
    pub label: String,
    /// Strength of the weight decay.
    pub decay: f64,
    pub pooling: Pooling,
    /// False in version 2 if the removal of modes had not ended.
    #[serde(default = "settled", skip_serializing)]
    pub settled: bool,
    /// Effective number of samples; absent in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<f64>,
    /// In version 2: states of minima that the samples do not support.
    #[serde(default, skip_serializing)]
    unsupported: Vec<f64>,
    /// The potential, from version 3 on in the units of the samples.
    pub model: ModelFile,
}

fn settled() -> bool {
    true
}

/// Fit of a model file in the units of its samples, with its line of states.
pub(super) struct OfStates {
    pub fit: FileFit,
    /// Value of state 0, and the distance between states.
    pub unit: [f64; 2],
    /// The largest state.
    pub top: usize,
    /// True if the line ends at a bound of the quantity below and above.
    pub walls: [bool; 2],
}

impl DensityFile {
    pub(super) fn read(text: &str) -> Result<Self, ModelFileError> {
        model_file::read(text, FORMAT_NAME, 1..=FORMAT_VERSION)
    }

    /// Fitted potentials in the units of their samples. `labels` are the names of all sets, if they are known.
    pub(super) fn models(self, labels: &[String]) -> Result<Vec<OfStates>, ModelFileError> {
        let settings = Settings::from_kept(&self.settings);
        let top = settings.as_ref().and_then(|settings| samples::top_of(settings).ok()).unwrap_or(LARGEST_STATE);
        let stated = settings.and_then(|settings| Some(settings.density()?.support.clone()));
        let support = Support::read(&stated.unwrap_or_default()).unwrap_or_default();
        let units = self.unit.map_or(self.units, |unit| vec![unit; self.fits.len()]);
        // The file names the fitted sets only. Files of version 2 have the units of all sets.
        let are_alike = units.windows(2).all(|pair| pair[0] == pair[1]);
        let is_of_all = units.len() != self.fits.len();
        if units.is_empty() || !are_alike && is_of_all && units.len() != labels.len() {
            return Err(ModelFileError::Field("not all of its densities had been fitted when it was written".into()));
        }
        let of_states = self.version <= LAST_STATE_INPUT_VERSION;
        let of = |(k, mut fit): (usize, FileFit)| {
            let place = if is_of_all { labels.iter().position(|label| *label == fit.label).unwrap_or(0) } else { k };
            let unit = units[place.min(units.len() - 1)];
            fit.model.check()?;
            if fit.model.inputs.len() != 1 {
                return Err(ModelFileError::Field("the potential of a density must have one input".into()));
            }
            if of_states {
                let [first, step] = unit;
                let scaling = &mut fit.model.scaling;
                (scaling.input_shift[0], scaling.input_scale[0]) =
                    (first + step * scaling.input_shift[0], step * scaling.input_scale[0]);
                let unsupported = fit.unsupported.iter().map(|state| vec![first + step * state]).collect();
                let bounds = vec![[first, first + step * top as f64]];
                fit.model.domain = Some(LearntDomain { bounds, threshold: 0.0, unsupported, accuracy: None });
            }
            let walls = support.bounds(&fit.label).map(|end| end.is_some());
            Ok(OfStates { fit, unit, top, walls })
        };
        self.fits.into_iter().enumerate().map(of).collect()
    }
}

impl DensityRun {
    pub(super) fn save(&self) -> String {
        let fitted = || self.fits.iter().enumerate().filter_map(|(set, fit)| Some((set, fit.as_ref()?)));
        let fit = |(set, fit): (usize, &FittedSet)| FileFit {
            label: self.samples.labels[set].clone(),
            decay: fit.decay,
            pooling: self.poolings[set],
            settled: true,
            samples: fit.metrics.own.density.as_ref().map(|density| density.effective_samples),
            unsupported: Vec::new(),
            model: ModelFile { settings: None, ..fit.run.model_file() },
        };
        let file = DensityFile {
            format: FORMAT_NAME.into(),
            version: FORMAT_VERSION,
            settings: self.settings.kept(),
            unit: None,
            units: fitted().map(|(set, _)| self.samples.unit(set)).collect(),
            poolings: self.poolings.clone(),
            fits: fitted().map(fit).collect(),
        };
        model_file::write(&file)
    }

    /// Adopts the pooling and the fits of a model file of the same settings and samples.
    pub(super) fn restore(&mut self, text: &str) -> Result<(), String> {
        let wrong = |error: ModelFileError| error.to_string();
        let mut file = DensityFile::read(text).map_err(wrong)?;
        let poolings = std::mem::take(&mut file.poolings);
        let sets = self.samples.sets();
        if poolings.len() == sets {
            self.poolings = poolings;
        }
        if file.fits.is_empty() {
            return Ok(());
        }
        let other_samples = || "the model is of other samples: open the table that it was fitted to first".to_string();
        for OfStates { fit, unit, .. } in file.models(&self.samples.labels).map_err(wrong)? {
            let set = self.samples.labels.iter().position(|label| *label == fit.label).ok_or_else(other_samples)?;
            if !are_near(unit, self.samples.unit(set)) {
                // Fits of version 1 keep their common line around all sets, also in files of later versions.
                if !are_near(unit, self.samples.common_unit()) {
                    return Err(other_samples());
                }
                self.samples.set_unit(set, unit);
            }
            if (self.settings.training.modes, &self.settings.training.hidden) != (fit.model.modes, &fit.model.hidden) {
                return Err(wrong(ModelFileError::Field("the network of a fit differs from the settings".into())));
            }
            if fit.settled {
                self.poolings[set] = fit.pooling;
                self.fits[set] = Some(self.restored(set, fit.model, fit.decay).map_err(|problems| problems[0].sentence.clone())?);
            }
        }
        Ok(())
    }
}

/// Returns true if two divisions of a line into states agree up to rounding.
fn are_near(a: [f64; 2], b: [f64; 2]) -> bool {
    const ROUNDING: f64 = 1e-6;
    (a[0] - b[0]).abs() <= ROUNDING * b[1] && (a[1] - b[1]).abs() <= ROUNDING * b[1] / LARGEST_STATE as f64
}
