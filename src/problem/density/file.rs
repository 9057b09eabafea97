//! The model file of a density: the settings, the choices made during the fit, and for each set of samples an ordinary model file whose Psi is `-log q` up
//! to a constant, as a function of the state.

use serde::{Deserialize, Serialize};

use super::fits::SampleFit;
use super::job::FORMAT_NAME;
use super::metrics::FittedSets;
use super::run::{self, DensityRun};
use super::samples::{self, LARGEST_STATE};
use crate::data::support::Support;
use crate::model::model_file::{self, KeptSettings, ModelFile, ModelFileError, Normalization};
use crate::problem::settings::{Pooling, Settings};

/// The version of the format that is written. Version 1, which is read too, had one unit and one strength for all sets, and removed no modes.
const FORMAT_VERSION: u32 = 2;

#[derive(Serialize, Deserialize)]
pub(super) struct DensityFile {
    format: String,
    version: u32,
    #[serde(deserialize_with = "model_file::distinct")]
    settings: KeptSettings,
    /// In version 1: the number that state 0 stands for, and the distance to that of the next one.
    #[serde(default, skip_serializing)]
    unit: Option<[f64; 2]>,
    /// For each set of samples, the number that state 0 stands for and the distance to the next state's.
    #[serde(default)]
    units: Vec<[f64; 2]>,
    /// In version 1: the strength of the decay.
    #[serde(default, skip_serializing)]
    strength: Option<f64>,
    /// The decay chosen for each set, if it has been.
    #[serde(default)]
    strengths: Vec<f64>,
    poolings: Vec<Pooling>,
    fits: Vec<FileFit>,
}

#[derive(Serialize, Deserialize)]
struct FileFit {
    label: String,
    decay: f64,
    pooling: Pooling,
    /// Whether every mode that is left has been found to be needed.
    #[serde(default = "settled")]
    settled: bool,
    /// Effective number of its samples; absent in older files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    samples: Option<f64>,
    /// States of its minima that its samples do not support.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unsupported: Vec<f64>,
    model: ModelFile,
}

/// Fits of version 1 are read unchanged.
fn settled() -> bool {
    true
}

impl DensityFile {
    /// Reads the text of a model file.
    pub(super) fn read(text: &str) -> Result<Self, ModelFileError> {
        model_file::read(text, FORMAT_NAME, 1..=FORMAT_VERSION)
    }

    /// The fitted potentials.
    pub(super) fn models(self) -> Result<Vec<OfStates>, ModelFileError> {
        let top =
            Settings::from_kept(&self.settings).and_then(|settings| samples::top_of(&settings).ok()).unwrap_or(LARGEST_STATE);
        let stated = Settings::from_kept(&self.settings).and_then(|settings| Some(settings.density()?.support.clone()));
        let support = Support::read(&stated.unwrap_or_default()).unwrap_or_default();
        let units = self.unit.map_or(self.units, |unit| vec![unit; self.fits.len()]);
        // The file names the sets that have been fitted, and has the units of all.
        let are_alike = units.windows(2).all(|pair| pair[0] == pair[1]);
        if units.is_empty() || !are_alike && units.len() != self.fits.len() {
            return Err(ModelFileError::Field("not all of its densities had been fitted when it was written".into()));
        }
        let unit = |k: usize| units[k.min(units.len() - 1)];
        let of = |(k, fit): (usize, FileFit)| OfStates {
            walls: support.bounds(&fit.label).map(|end| end.is_some()),
            label: fit.label,
            model: fit.model,
            unit: unit(k),
            top,
            samples: fit.samples,
            unsupported: fit.unsupported,
        };
        Ok(self.fits.into_iter().enumerate().map(of).collect())
    }
}

/// A fitted potential of the states of a line.
pub(super) struct OfStates {
    /// Name of its samples.
    pub label: String,
    /// The potential as a function of the state.
    pub model: ModelFile,
    /// The number that state 0 stands for, and the distance to that of the next one.
    pub unit: [f64; 2],
    /// The largest state.
    pub top: usize,
    /// Effective number of its samples, if the file says it.
    pub samples: Option<f64>,
    /// States of its minima that its samples do not support.
    pub unsupported: Vec<f64>,
    /// True if the line ends at a bound of the quantity below and above.
    pub walls: [bool; 2],
}

impl DensityRun {
    /// The text of its model file.
    pub(super) fn save(&self) -> String {
        let fit = |(set, fit): (usize, &Option<SampleFit>)| {
            let fit = fit.as_ref()?;
            let [shift, scale] = fit.scaling;
            let scaling = Normalization { input_shift: vec![shift], input_scale: vec![scale], ..Normalization::identity(1) };
            let params: Vec<f64> = fit.params.iter().map(|&p| p.into()).collect();
            let model = ModelFile {
                epochs: self.settings.training.epochs,
                ..ModelFile::new(&self.arch, vec!["state".into()], "Psi".into(), scaling, &params)
            };
            let SampleFit { decay, pooling, is_settled: settled, .. } = *fit;
            Some(FileFit {
                label: self.samples.labels[set].clone(),
                decay,
                pooling,
                settled,
                samples: Some(self.effective_size(set)),
                unsupported: self.unsupported(set),
                model,
            })
        };
        let (strengths, poolings) = self.selection.chosen.iter().flatten().copied().unzip();
        let file = DensityFile {
            format: FORMAT_NAME.into(),
            version: FORMAT_VERSION,
            settings: self.settings.kept(),
            unit: None,
            units: (0..self.samples.sets()).map(|set| self.samples.unit(set)).collect(),
            strength: None,
            strengths,
            poolings,
            fits: self.results.fits.iter().enumerate().filter_map(fit).collect(),
        };
        model_file::write(&file)
    }

    /// The states of the minima of a fit that its samples do not support.
    fn unsupported(&self, set: usize) -> Vec<f64> {
        let known = self.evaluation.metrics.as_ref().map(|(_, own)| &own.sets);
        let of_set = |sets: &FittedSets| sets.labels.iter().position(|label| *label == self.samples.labels[set]);
        let wells = known.and_then(|sets| sets.wells.get(of_set(sets)?)).map_or(&[][..], |wells| wells);
        let [origin, step] = self.samples.unit(set);
        wells.iter().filter(|well| !well.supported).map(|well| (well.x[0] - origin) / step).collect()
    }

    /// Takes over the choice and the fits of a model file of the same settings and samples.
    pub(super) fn restore(&mut self, text: &str) -> Result<(), String> {
        let wrong = |error: ModelFileError| error.to_string();
        let mut file = DensityFile::read(text).map_err(wrong)?;
        let sets = self.samples.sets();
        // Fits of version 1 stay on the line that they are of, in files that were written since too.
        let (units, common) = (file.unit.map_or(file.units, |unit| vec![unit; sets]), self.samples.common_unit());
        if units.iter().all(|unit| *unit == common) {
            self.samples.put_on(common);
            self.results.scalings = run::scalings_of(&self.samples);
        }
        let are_same = units.iter().copied().eq((0..sets).map(|set| self.samples.unit(set)));
        if file.fits.iter().any(|fit| !self.samples.labels.contains(&fit.label)) || !are_same {
            return Err("the model is of other samples: open the table that it was fitted to first".into());
        }
        if let Some(strength) = file.strength {
            file.strengths = vec![strength; sets];
        }
        if [file.strengths.len(), file.poolings.len()] != [sets; 2] {
            return Ok(());
        }
        for FileFit { label, decay, pooling, settled, model, .. } in file.fits {
            model.check().map_err(wrong)?;
            if (1, model.architecture().modes, &model.hidden) != (model.inputs.len(), self.arch.modes, &self.arch.hidden) {
                return Err(wrong(ModelFileError::Field("a fit has another network than the settings say".into())));
            }
            let params = model.flat_params().map_err(wrong)?;
            let params = params.iter().map(|&p| p as f32).collect();
            let scaling = [model.scaling.input_shift[0], model.scaling.input_scale[0]];
            if let Some(set) = self.samples.labels.iter().position(|l| *l == label) {
                self.results.fits[set] = Some(SampleFit { params, scaling, decay, pooling, is_settled: settled });
            }
        }
        self.selection.chosen = Some(file.strengths.into_iter().zip(file.poolings).collect());
        self.continue_restored_fits();
        Ok(())
    }
}
