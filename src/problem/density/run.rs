//! Fits of densities to sets of samples, each as a joint density of one input, from the latest set to the earliest.

use super::choice;
use super::evaluation::DensityEvaluation;
use super::metrics::FittedWell;
use super::samples::{self, SampleSets};
use super::settings::DensitySettings;
use crate::data::estimate::normalised;
use crate::dynamics::schlogl::Schlogl;
use crate::landscape::density_wells::{LineWell, line_wells};
use crate::loss::density::Weights;
use crate::model::model_file::ModelFile;
use crate::model::potential::Outputs;
use crate::problem::frame::Status as State;
use crate::problem::job::{FitInputs, Job};
use crate::problem::metrics::Metrics;
use crate::problem::potential::{DataSource, PotentialMetrics, PotentialRun};
use crate::problem::settings::{InitialWeights, InvalidSetting, Pooling, Settings};
use crate::recipe::likelihood::PRIOR;
use crate::recipe::{DensityPrior, StageNote};
use crate::train::HistoryEntry;

/// Completed fit of a set.
pub(super) struct FittedSet {
    pub(super) run: PotentialRun,
    pub(super) metrics: Metrics<PotentialMetrics>,
    /// Strength of the weight decay.
    pub(super) decay: f64,
    /// Mean of `-log q` over the samples of the set itself.
    pub(super) loss: f64,
}

impl FittedSet {
    fn new(mut run: PotentialRun, decay: f64, samples: &[f64]) -> Self {
        let metrics = run.metrics();
        let loss = run.potential().values(samples, Outputs::default()).psi.iter().sum::<f64>() / samples.len() as f64;
        Self { run, metrics, decay, loss }
    }
}

/// Fits of densities to sets of samples.
pub struct DensityRun {
    pub(super) settings: Settings,
    pub(super) own: DensitySettings,
    /// Samples of all sets.
    pub samples: SampleSets,
    /// Reaction that generated the samples, if there is one.
    pub(super) model: Option<Schlogl>,
    pub(super) poolings: Vec<Pooling>,
    pub(super) fits: Vec<Option<FittedSet>>,
    /// Set in training, and its fit.
    pub(super) current: Option<(usize, PotentialRun)>,
    /// Completed stages of the fits, each with its name.
    pub(super) history: Vec<(String, HistoryEntry)>,
    pub(super) ended: Option<State>,
    /// Number of epochs of completed fits.
    epochs_before: u64,
    pub(super) seconds: f64,
    pub(super) evaluation: DensityEvaluation,
}

impl DensityRun {
    /// Draws or reads the samples. No set is fitted yet, except those of a model file.
    ///
    /// # Errors
    /// Every unusable setting, or the fault of the table or the file.
    pub fn open(settings: Settings, given: FitInputs) -> Result<Self, Vec<InvalidSetting>> {
        settings.check()?;
        let samples = if settings.benchmark == Settings::OWN_SAMPLES {
            let missing = || invalid("a density of your own samples needs their table; open it first");
            SampleSets::of_table(given.table.ok_or_else(missing)?).map_err(|e| invalid(e.to_string()))?
        } else {
            SampleSets::of_reaction(&settings)?
        };
        Self::on(settings, samples, given.model)
    }

    /// Fit of samples, with the fits in the text of a model file, if there is one.
    pub(crate) fn on(settings: Settings, samples: SampleSets, text: Option<&str>) -> Result<Self, Vec<InvalidSetting>> {
        settings.check()?;
        let model = (settings.benchmark != Settings::OWN_SAMPLES).then(|| samples::reaction(&settings));
        let samples = if model.is_some() { samples } else { samples.prepared(&settings)? };
        let own = settings.density().cloned().unwrap_or_default();
        let mut run = Self {
            evaluation: DensityEvaluation::new(&samples, model.as_ref()),
            poolings: choice::poolings(&samples, own.pooling),
            fits: (0..samples.sets()).map(|_| None).collect(),
            current: None,
            history: Vec::new(),
            ended: None,
            epochs_before: 0,
            seconds: 0.0,
            own,
            settings,
            samples,
            model,
        };
        if let Some(text) = text {
            run.restore(text).map_err(invalid)?;
        }
        run.begin()?;
        Ok(run)
    }

    /// Settings of the fit of a set: those of a joint density.
    fn settings_of_a_fit(&self) -> Settings {
        let mut settings = Settings::on(self.settings.training.recipe, Settings::OWN_JOINT);
        settings.training = self.settings.training.clone();
        settings.data.uncertainty = self.settings.data.uncertainty;
        settings
    }

    /// Prior of the fit of a set. Modes up to the number of wells of the next later time have a smaller removal cost.
    fn prior(&self, set: usize) -> DensityPrior {
        let later = self.fits.get(set + 1).and_then(Option::as_ref).filter(|_| !self.samples.times.is_empty());
        let decay = self.own.decay.unwrap_or(PRIOR.weights.decay);
        DensityPrior { weights: Weights { decay, uniform: self.own.kl }, wells: later.map_or(0, |fit| fit.metrics.own.wells) }
    }

    fn data_of(&self, set: usize) -> DataSource {
        DataSource::Prepared(self.samples.fit_data(set, self.poolings[set]), self.prior(set))
    }

    /// Completed fit of a set from a model file.
    pub(super) fn restored(&self, set: usize, mut file: ModelFile, decay: f64) -> Result<FittedSet, Vec<InvalidSetting>> {
        // The fit computes the constant that normalises the density.
        file.scaling.output_shift = 0.0;
        let run = PotentialRun::completed(self.settings_of_a_fit(), self.data_of(set), &file)?;
        Ok(FittedSet::new(run, decay, &self.samples.values(set)))
    }

    /// Starts the fit of the latest set without one; ends the run if there is none.
    fn begin(&mut self) -> Result<(), Vec<InvalidSetting>> {
        let sets = self.samples.sets();
        let Some(set) = self.fits.iter().rposition(Option::is_none) else {
            let what = if sets == 1 { "The density is".into() } else { format!("All {sets} densities are") };
            self.ended = Some(State::Finished { sentence: format!("{what} fitted.") });
            return Ok(());
        };
        let later = self.fits.get(set + 1).and_then(Option::as_ref).filter(|_| self.own.start == InitialWeights::Last);
        let start = later.filter(|_| !self.samples.times.is_empty()).map(|fit| fit.run.model_file());
        self.current = Some((set, PotentialRun::new(self.settings_of_a_fit(), self.data_of(set), start.as_ref())?));
        Ok(())
    }

    /// Adds the completed stage to the history.
    pub(super) fn record_stage(&mut self, stage: usize) {
        let epoch = self.epoch();
        let Some((set, run)) = &mut self.current else { return };
        let name = run.stage_notes().get(stage).map_or_else(|| "end".into(), |note| note.name.clone());
        let loss = run.density_loss();
        let rho = run.params().last().copied().unwrap_or(f64::NAN);
        let what = format!("{}: {name}", self.samples.labels[*set]);
        self.history.push((what, HistoryEntry { epoch, loss_low: loss, loss_high: loss, rho, ..HistoryEntry::default() }));
    }

    /// Stores the completed fit.
    pub(super) fn complete(&mut self) {
        let Some((set, run)) = self.current.take() else { return };
        self.epochs_before += run.epoch();
        if let Some(State::Diverged { sentence }) = run.ended() {
            let kept = match self.fitted() {
                0 => "No density had been fitted before".into(),
                1 => "The density that had been fitted before is kept".into(),
                count => format!("The {count} densities that had been fitted before are kept"),
            };
            let sentence = format!("The fit failed on {}: {sentence} {kept}.", self.samples.labels[set]);
            self.ended = Some(State::Diverged { sentence });
            return;
        }
        let decay = self.prior(set).weights.decay / run.prior_samples();
        self.fits[set] = Some(FittedSet::new(run, decay, &self.samples.values(set)));
        if let Err(problems) = self.begin() {
            self.ended = Some(State::Diverged { sentence: problems[0].sentence.clone() });
        }
    }

    /// Number of epochs done.
    pub(super) fn epoch(&self) -> u64 {
        self.epochs_before + self.current.as_ref().map_or(0, |(_, run)| run.epoch())
    }

    /// Upper bound on the epoch at which all fits are complete. The number of required modes is not known beforehand.
    pub fn last_epoch(&self) -> u64 {
        if self.ended.is_some() {
            return self.epoch();
        }
        self.epochs_before + self.settings.training.epochs * (self.samples.sets() - self.fitted()) as u64
    }

    /// Number of fitted sets; the latest set is fitted first.
    pub fn fitted(&self) -> usize {
        self.fits.iter().flatten().count()
    }

    /// Fitted density of a set over the states; `None` if it has not been fitted yet.
    pub fn density(&self, set: usize) -> Option<Vec<f64>> {
        let fit = self.fits.get(set)?.as_ref()?;
        let places: Vec<f64> = (0..=self.samples.top).map(|n| self.samples.value(set, n as f64)).collect();
        let psi = fit.run.potential().values(&places, Outputs::default()).psi;
        let lowest = psi.iter().copied().fold(f64::INFINITY, f64::min);
        Some(normalised(psi.into_iter().map(|psi| (lowest - psi).exp()).collect()))
    }

    /// Wells of `-log` of a known density of a set that its samples support, in units of `kT` for a thermal density.
    pub fn wells(&self, set: usize, density: &[f64]) -> Vec<FittedWell> {
        let found = line_wells(density, self.samples.effective(set), self.samples.walls(set));
        let largest = found.iter().map(|well| well.mass).fold(0.0, f64::max);
        let of = |well: &LineWell| {
            let value = -(density[well.at] / self.samples.unit(set)[1]).ln();
            FittedWell::new(well, largest, self.samples.value(set, well.at as f64), value, true)
        };
        found.iter().map(of).collect()
    }

    /// Minima of the fit of a set, including unsupported ones.
    pub fn wells_of_fit(&self, set: usize) -> Vec<FittedWell> {
        self.fits[set].as_ref().map(|fit| FittedWell::of_fit(&fit.metrics.own)).unwrap_or_default()
    }

    /// Choice of pooling, and the completed stages; a note for each set if there are several.
    pub(super) fn fitted_stages(&self) -> Vec<StageNote> {
        let is_chosen = self.own.pooling == Pooling::Auto && self.samples.times.len() > 1;
        let choice = is_chosen.then(|| {
            let first = self.poolings.iter().position(|pooling| *pooling != Pooling::Alone);
            let sentence = first.map_or("Neighbouring times are not pooled.".into(), |set| {
                format!("From time {} on, neighbouring times are pooled.", self.samples.labels[set])
            });
            StageNote { name: "choose pooling".into(), epochs: 0, sentence }
        });
        let fitted = self.fits.iter().zip(&self.samples.labels).rev().filter_map(|(fit, label)| Some((fit.as_ref()?, label)));
        // A fit from a file has no stages.
        let of_set = |(fit, label): (&FittedSet, &String)| {
            let stages = &fit.metrics.stages;
            let sentence = stages.last()?.sentence.clone();
            Some(StageNote { name: format!("fit {label}"), epochs: stages.iter().map(|note| note.epochs).sum(), sentence })
        };
        let of_fits = match (&self.fits[..], &self.current) {
            ([Some(fit)], _) => fit.metrics.stages.clone(),
            ([None], current) => current.as_ref().map(|(_, run)| run.stage_notes().to_vec()).unwrap_or_default(),
            _ => fitted.filter_map(of_set).collect(),
        };
        choice.into_iter().chain(of_fits).collect()
    }
}

/// Fault that belongs to no setting.
fn invalid(sentence: impl Into<String>) -> Vec<InvalidSetting> {
    vec![InvalidSetting::new("", sentence)]
}
