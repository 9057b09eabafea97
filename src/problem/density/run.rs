//! The fit of densities to sets of samples, an epoch at a time.

use super::choice::CrossValidation;
use super::evaluation::DensityEvaluation;
use super::fits::{FitLog, SampleFit, SetFits};
use super::fitter::{Fitter, binned};
use super::metrics::FittedWell;
use super::samples::{self, SampleSets};
use super::settings::DensitySettings;
use super::start;
use super::tasks::{FitQueue, WorkPhase};
use super::wells::{Well, supported_wells, wells_between};
use crate::data::estimate::normalised;
use crate::data::support::Support;
use crate::dynamics::schlogl::Schlogl;
use crate::model::Architecture;
use crate::problem::job::FitInputs;
use crate::problem::settings::{InvalidSetting, Settings};
use crate::recipe::Stage;

/// The fits of densities to sets of samples.
pub struct DensityRun {
    pub(super) settings: Settings,
    pub(super) own: DensitySettings,
    pub(super) samples: SampleSets,
    /// The reaction that the samples come from, if they do.
    pub(super) model: Option<Schlogl>,
    pub(super) arch: Architecture,
    pub(super) fitter: Fitter,
    pub(super) queue: FitQueue,
    pub(super) selection: CrossValidation,
    pub(super) results: SetFits,
    pub(super) log: FitLog,
    pub(super) evaluation: DensityEvaluation,
}

/// Shift and scale of a state for the network that is fitted to a set, for each set.
pub(super) fn scalings_of(samples: &SampleSets) -> Vec<[f64; 2]> {
    let of = |set: usize| {
        let states = samples.samples_of(set);
        let count = states.len() as f64;
        start::scaling(&normalised(binned(states.into_iter(), samples.top, samples.top + 1)), count)
    };
    (0..samples.sets()).map(of).collect()
}

/// Samples with the bounds of their quantities that the settings state.
pub(super) fn bounded(samples: SampleSets, settings: &Settings) -> Result<SampleSets, InvalidSetting> {
    let unusable = |sentence: String| InvalidSetting::new("support", sentence);
    let stated = settings.density().map_or("", |own| &own.support);
    let support = Support::read(stated).map_err(unusable)?;
    samples.bounded(&support).map_err(unusable)
}

impl DensityRun {
    /// Draws or reads the samples. Nothing is fitted yet, except for the fits of a model file.
    ///
    /// # Errors
    /// Every setting that cannot be used, or what is wrong with the table or the file.
    pub fn open(settings: Settings, given: FitInputs) -> Result<Self, Vec<InvalidSetting>> {
        settings.check()?;
        let named = |sentence: String| vec![InvalidSetting::new("", sentence)];
        let own = settings.benchmark == Settings::OWN_SAMPLES;
        let samples = match given.table {
            _ if !own => SampleSets::of_reaction(&settings).map_err(|problem| vec![problem])?,
            Some(table) => {
                let blocks = settings.density().map_or(0, |own| own.blocks);
                let samples = SampleSets::of_table(table).map_err(|e| named(e.to_string()))?;
                samples.in_blocks(blocks).map_err(|problem| vec![problem])?
            }
            None => return Err(named("a density of your own samples needs their table; open it first".into())),
        };
        let samples = if own { bounded(samples, &settings).map_err(|problem| vec![problem])? } else { samples };
        let model = (!own).then(|| samples::reaction(&settings));
        let mut run = Self::on(settings, samples, model);
        if let Some(text) = given.model {
            run.restore(text).map_err(named)?;
        }
        Ok(run)
    }

    /// A fit of these samples, of a reaction if one is given.
    pub(super) fn on(settings: Settings, samples: SampleSets, model: Option<Schlogl>) -> Self {
        let arch = Architecture::new(1, settings.training.modes, &settings.training.hidden);
        let fitter = Fitter::new(&arch, settings.training.seed, samples.top);
        let evaluation = DensityEvaluation::new(&samples, model.as_ref());
        let mut run = Self {
            queue: FitQueue::default(),
            selection: CrossValidation::new(&samples),
            results: SetFits::new(scalings_of(&samples), settings.training.modes),
            log: FitLog::default(),
            own: settings.density().cloned().unwrap_or_default(),
            settings,
            samples,
            model,
            arch,
            fitter,
            evaluation,
        };
        run.plan();
        run
    }

    /// The samples.
    pub fn samples(&self) -> &SampleSets {
        &self.samples
    }

    /// The reaction that the samples come from, if they do.
    pub fn model(&self) -> Option<&Schlogl> {
        self.model.as_ref()
    }

    /// The fitted density of a set, over the states; `None` if it has not been fitted yet.
    pub fn density(&mut self, set: usize) -> Option<Vec<f64>> {
        let fit = self.results.fits.get(set)?.clone()?;
        Some(self.density_of(&fit))
    }

    /// The density of a fit over the states.
    pub(super) fn density_of(&mut self, fit: &SampleFit) -> Vec<f64> {
        self.fitter.probabilities(&fit.params, self.samples.top + 1, fit.scaling)
    }

    /// An upper bound on the epoch at which all fits are complete: the number of modes that are needed is not known beforehand.
    pub fn last_epoch(&self) -> u64 {
        self.queue.last_epoch
    }

    /// How many sets have been fitted; the latest set is fitted first.
    pub fn fitted(&self) -> usize {
        self.results.fitted()
    }

    /// The number of completed fits, cross-validation included, and their total number.
    pub fn completed_fits(&self) -> [u64; 2] {
        [self.log.history.len() as u64, self.queue.parts]
    }

    /// Wells of `-log q` for a density `q` of a set that its samples can tell from none, in units of `kT` for a thermal density.
    pub fn wells(&self, set: usize, density: &[f64]) -> Vec<FittedWell> {
        let found = self.found(set, density);
        let largest = found.iter().map(|well| well.mass).fold(0.0, f64::max);
        let of = |well: &Well| {
            let value = -(density[well.at] / self.samples.unit(set)[1]).ln();
            FittedWell::new(well, largest, self.samples.value(set, well.at as f64), value, true)
        };
        found.iter().map(of).collect()
    }

    /// The wells of a density of a set, in states.
    pub(super) fn found(&self, set: usize, density: &[f64]) -> Vec<Well> {
        wells_between(density, self.judged_size(set), self.samples.walls(set))
    }

    /// The wells of the fit of a set, each with whether its samples support it at 95 %. The deepest always counts.
    pub fn wells_of_fit(&self, set: usize, density: &[f64]) -> Vec<FittedWell> {
        let (parts, _) = self.data_on_states(set, self.choice_of(set).1, None);
        let left = supported_wells(density, &parts, self.effective_size(set), self.samples.walls(set));
        let found = self.found(set, density);
        let highest = found.iter().map(|well| density[well.at]).fold(0.0, f64::max);
        let is_supported = |well: &Well| density[well.at] >= highest || left.iter().any(|other| other.at == well.at);
        let supported: Vec<bool> = found.iter().map(is_supported).collect();
        let with = |(well, supported)| FittedWell { supported, ..well };
        self.wells(set, density).into_iter().zip(supported).map(with).collect()
    }

    pub(super) fn current_stage(&self) -> Option<Stage> {
        let (name, sentence) = match self.queue.phase {
            _ if self.log.ended.is_some() => return None,
            WorkPhase::Pooling => {
                ("choosing pooling", "Each fold of the samples is left out in turn; the likelihood of those left out decides.")
            }
            WorkPhase::Strength => {
                ("choosing decay", "Asking whether the held-out likelihood speaks for a stronger or a weaker decay.")
            }
            WorkPhase::Fits => ("fitting", "Each set of samples is fitted by maximum likelihood, the latest first."),
            WorkPhase::Removal => {
                ("removing modes", "The mode with the least probability is closed and the others fit again: is it needed?")
            }
        };
        let [done, of] = self.completed_fits();
        Some(Stage { name: name.into(), done, of, by_steps: false, sentence: sentence.into() })
    }
}
