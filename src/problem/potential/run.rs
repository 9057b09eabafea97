//! A training run that can be stepped: data, model, a fit under a recipe and its history, put together from [`Settings`].
//!
//! Equal settings on equal data give equal bits, however the epochs are cut into calls. The only clock here measures the time
//! spent training; it decides nothing.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use web_time::Instant;

use super::evaluation::Evaluation;
use super::held_out::{self, HeldOutRows};
use super::joint::{self, Joint};
use super::large::Large;
use super::shown::Showing;
use super::size;
use super::source::{Source, bounded, of_benchmark, over_domain, repeating, start_from, take_shape};
use super::viewer::Viewer;
use crate::data::{Dataset, InvalidData};
use crate::landscape::Minimum;
use crate::landscape::uncertainty::Uncertainty;
use crate::loss::LossValue;
use crate::loss::training_set::{self, TrainingSet};
use crate::model::model_file::{ModelFile, Normalization};
use crate::model::{Architecture, lse, potential};
use crate::numerics::gaussian_process::GaussianProcess;
use crate::potentials::KnownPotential;
use crate::potentials::sampling;
use crate::problem::frame::Status as State;
use crate::problem::settings::{Drawing, InvalidSetting, Recipe, Scaling, Schedule, Settings, Symmetry, Training};
use crate::recipe::{self, Domain, Fitting, Stage, gradient};
use crate::train::{Divergence, History, Moment, Moments};

/// What is said of a model that is shown without its data.
const ALONE: &str = "The model as it was saved. The data that it was learnt from are not here, so no errors are told and it learns no further: open \
                     the data first, and then the model, to go on.";

/// A Gaussian process through the rows of a run.
#[derive(Debug)]
pub(super) struct Surrogate {
    pub process: GaussianProcess,
    /// Height of the fit up to which rows count.
    pub ceiling: f64,
}

/// The Gaussian process of a run: the position in its training, the height that was asked for, and the process.
pub(super) type SurrogateCell = RefCell<Option<(u64, f64, Option<Rc<Surrogate>>)>>;

/// A run: data, model, recipe, history.
pub struct Run {
    pub(super) settings: Settings,
    pub(super) truth: Option<Box<dyn KnownPotential>>,
    /// The rows that are learnt from.
    pub(super) data: Arc<Dataset>,
    /// What is done because there are very many of them.
    pub(super) large: Option<Large>,
    /// The loss at the beginning of the last epoch, of a part of the rows if they are very many.
    pub(super) last_loss: Option<LossValue>,
    pub(super) held_out: Option<HeldOutRows>,
    pub(super) arch: Architecture,
    pub(super) scaling: Normalization,
    pub(super) fitting: Box<dyn Fitting>,
    pub(super) history: History,
    /// What it was at some moments, and the one that is looked back to.
    pub(super) moments: Moments,
    /// The parameters before each removal of modes by hand, and whether training had ended.
    removals: Vec<(Vec<f64>, Option<State>)>,
    pub(super) back: Option<Moment>,
    /// Where in the history each stage has ended.
    pub(super) stage_ends: Vec<u64>,
    pub(super) evaluation: Evaluation,
    pub(super) ended: Option<State>,
    pub(super) altered: bool,
    /// Epochs that had been trained before this run began, in the file that it started from.
    pub(super) epochs_before: u64,
    pub(super) seconds: f64,
    pub(super) showing: Option<Showing>,
    /// Places of the minima found last, one after another, and how many searches there have been that began from these and a few others.
    pub(super) known: Vec<f64>,
    pub(super) searches: usize,
    /// The covariance of the parameters at a position, if it is determined there.
    pub(super) covariance: RefCell<Option<(u64, Option<Rc<Uncertainty>>)>>,
    /// A regression of the data that is independent of the fit.
    pub(super) surrogate: SurrogateCell,
    /// The views, made when they are first asked for.
    pub(super) views: OnceCell<Vec<Box<dyn Viewer>>>,
}

impl Run {
    /// Checks the settings, draws the data and the initial parameters. A model file to start from brings its own shape and
    /// scaling, which replace those of the settings.
    ///
    /// # Errors
    /// Every setting that cannot be used, each with a sentence.
    pub fn new(mut settings: Settings, source: Source, start: Option<&ModelFile>) -> Result<Self, Vec<InvalidSetting>> {
        if let Some(file) = start {
            take_shape(&mut settings, file);
        }
        settings.check()?;
        let own = settings.potential().cloned().unwrap_or_default();
        let unusable = |error: InvalidData| vec![InvalidSetting::new("hold-out", error.to_string())];
        let (truth, (data, held_out)) = match source {
            Source::Own(data) => {
                let data = repeating(data, &mut settings, start).map_err(|problem| vec![problem])?;
                let data = bounded(data, &own).map_err(|problem| vec![problem])?;
                if data.is_density {
                    (None, (joint::in_blocks(data, own.blocks, &own.unit)?, None))
                } else {
                    (None, held_out::parts(data, &settings).map_err(unusable)?)
                }
            }
            Source::Benchmark => {
                let (truth, data) = of_benchmark(&settings, &own)?;
                (truth, (data, None))
            }
        };
        let arch = Architecture::new(data.inputs(), settings.training.modes, &settings.training.hidden)
            .with(own.skip, own.symmetry)
            .with_periodic(data.periodic());
        size::check_data(&arch, &data)?;
        let joint = data.is_density.then(|| Joint::new(&data, own.kt.unwrap_or(1.0)));
        let doubts = joint.as_ref().map(|joint| joint.doubts(&data)).unwrap_or_default();
        let data = Dataset { doubts: [data.doubts, doubts].concat(), ..data };
        let scaling = match (start, &joint, settings.training.recipe) {
            (Some(file), ..) => file.scaling.clone(),
            (None, Some(joint), _) => joint.scaling(&data),
            (None, None, Recipe::Reliable) if data.gradient.is_none() => over_domain(&data),
            (None, None, Recipe::Paper) if own.scaling == Scaling::Raw => Normalization::identity(data.inputs()),
            (None, None, _) => training_set::standard(&data),
        };
        let scaling = if start.is_none() { scaling.with_turns(&data.periods) } else { scaling };
        let scaling = match own.symmetry {
            Symmetry::Exchange => training_set::exchangeable(&scaling),
            Symmetry::None => scaling,
        };
        let fit = start.map(|file| start_from(file, &data)).transpose()?;
        let data = Arc::new(data);
        let large = Large::of(&data, &scaling, &settings);
        let some = large.as_ref().map_or(&*data, |large| &large.some);
        let evaluation = Evaluation::new(&arch, &scaling, &data, some, truth.as_deref());
        let evaluation = match (joint, &truth, &data.gradient) {
            (Some(joint), ..) => evaluation.of_density(joint, &data),
            (None, Some(truth), Some(_)) => {
                evaluation.on(sampling::held_out(&**truth, settings.data.samples, gradient::HELD_OUT, settings.data.seed))
            }
            _ => evaluation,
        };
        let evaluation = evaluation.with_wells_of(start.filter(|_| data.is_model));
        let gathered = large.as_ref().and_then(|large| large.gathered.clone());
        let set = match &gathered {
            Some(gathered) => gathered.training_set(),
            None => TrainingSet::new(&data, &scaling, own.value_weight),
        };
        let place = |(k, ends): (usize, &[f64; 2])| ends.map(|x| (x - scaling.input_shift[k]) / scaling.input_scale[k]);
        let domain = Domain {
            bounds: evaluation.bounds().iter().enumerate().map(place).collect(),
            sigma: if data.is_density { 0.0 } else { fine_sigma(some, &data, set.samples()) / scaling.output_scale },
            threshold: evaluation.threshold() / scaling.output_scale,
            samples: data.effective_numbers(),
            unit: scaling.output_scale,
            rows: gathered,
        };
        let fitting = recipe::begin(&arch, set, &domain, &settings.training, fit);
        Ok(Self {
            truth,
            held_out: held_out.map(|rows| HeldOutRows::new(some, rows)),
            arch,
            scaling,
            fitting,
            history: History::default(),
            moments: Moments::default(),
            removals: Vec::new(),
            back: None,
            stage_ends: Vec::new(),
            evaluation,
            ended: data.is_model.then(|| State::Finished { sentence: ALONE.into() }),
            altered: false,
            epochs_before: start.map_or(0, |file| file.epochs),
            seconds: 0.0,
            showing: None,
            covariance: RefCell::default(),
            surrogate: SurrogateCell::default(),
            known: Vec::new(),
            searches: 0,
            views: OnceCell::new(),
            large,
            last_loss: None,
            data,
            settings,
        })
    }

    /// The settings as they are now.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Epochs done, up to the moment that is looked back to.
    pub fn epoch(&self) -> u64 {
        self.back.as_ref().map_or_else(|| self.fitting.epoch(), |moment| moment.epoch)
    }

    /// Shows the run as it was at one of the moments that are kept of it: its parameters are those of that moment until it is trained or changed, or as it
    /// is now.
    pub fn look_back(&mut self, moment: Option<usize>) {
        self.back = moment.and_then(|k| self.moments.kept().get(k)).cloned();
        self.showing = None;
    }

    /// Leaves the moment that is looked back to.
    fn return_to_now(&mut self) {
        if self.back.is_some() {
            self.look_back(None);
        }
    }

    /// Seconds spent training.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Trains up to `epochs` more epochs; ends early at the last epoch, at the loss asked for, or when training diverges.
    /// Returns the number of epochs done. How the epochs are cut into calls does not change a single bit.
    pub fn advance(&mut self, epochs: u64) -> u64 {
        self.train(epochs, false)
    }

    /// Trains as [`Run::advance`] does, but a step of a second-order method is left after each of its parts.
    pub fn advance_in_parts(&mut self, epochs: u64) -> u64 {
        self.train(epochs, true)
    }

    fn train(&mut self, epochs: u64, in_parts: bool) -> u64 {
        self.return_to_now();
        let started = Instant::now();
        let first = self.epoch();
        let mut left = epochs;
        while left > 0 && self.ended.is_none() {
            // A step of a second-order method takes as long as many epochs.
            left = left.saturating_sub(self.fitting.cost());
            self.one_epoch();
            while self.fitting.is_amid_step() && self.ended.is_none() && !in_parts {
                self.one_epoch();
            }
            if self.fitting.is_amid_step() {
                break;
            }
        }
        self.seconds += started.elapsed().as_secs_f64();
        self.epoch().saturating_sub(first)
    }

    fn one_epoch(&mut self) {
        if let Err(divergence) = self.try_epoch() {
            self.history.rewind(divergence.back_to);
            self.moments.rewind(divergence.back_to);
            self.ended = Some(State::Diverged { sentence: divergence.sentence() });
        }
    }

    fn try_epoch(&mut self) -> Result<(), Divergence> {
        let Self { fitting, settings, evaluation, history, moments, stage_ends, ended, last_loss, .. } = self;
        let (training, finished) = (&settings.training, |sentence| State::Finished { sentence });
        *ended = fitting.ending(training, None).map(finished);
        if ended.is_some() {
            return Ok(());
        }
        let loss = fitting.evaluate(training)?;
        *last_loss = Some(loss);
        // Steps of the second-order method are counted after the epochs in the history.
        let position = fitting.epoch() + fitting.lm_steps();
        if !fitting.only_looks() && !fitting.is_amid_step() {
            history.note(position, loss.total, || evaluation.reading(&narrow(&fitting.params())));
            moments.note(position, || Moment { epoch: fitting.epoch(), position, loss, params: narrow(&fitting.params()) });
        }
        if stage_ends.len() < fitting.stages_ended() {
            stage_ends.resize(fitting.stages_ended(), position);
        }
        *ended = fitting.ending(training, Some(loss)).map(finished);
        if ended.is_none() {
            fitting.step(training, loss)?;
            *ended = fitting.ending(training, None).map(finished);
        }
        Ok(())
    }

    /// Why training has ended; `None` while it can continue.
    pub fn ended(&self) -> Option<&State> {
        self.ended.as_ref()
    }

    /// Applies the settings that need no restart: epsilon, rates, schedule, stops. A run that had ended continues if they allow it.
    ///
    /// # Errors
    /// Every setting that cannot be used or would need a restart; the run is unchanged.
    pub fn change(&mut self, settings: &Settings) -> Result<(), Vec<InvalidSetting>> {
        settings.check()?;
        self.return_to_now();
        let needs_a_run = || Err(vec![InvalidSetting::new("", "This change needs a new run: restart to apply it.")]);
        let Training { epsilon, lr, gate_lr, schedule, epochs, stop_loss, .. } = settings.training;
        let now = &self.settings.training;
        let training = Training { epsilon, lr, gate_lr, schedule, epochs, stop_loss, ..now.clone() };
        let data = Drawing { uncertainty: settings.data.uncertainty, ..self.settings.data };
        let asked = Settings { data, ..self.settings.clone() };
        if asked == *settings {
            (self.settings, self.showing) = (asked, None);
            return Ok(());
        }
        let tuned = Settings { training, ..asked };
        if tuned != *settings || (tuned != self.settings && !self.takes_changes()) {
            return needs_a_run();
        }
        // More epochs at a constant rate are those of a longer run; after any other change a link cannot replay the run.
        let longer = Training { epochs, ..now.clone() };
        let is_constant = schedule == Schedule::Constant && now.recipe == Recipe::Paper;
        let same_path = tuned.training == longer && (is_constant || epochs == now.epochs);
        self.altered |= self.epoch() > 0 && !same_path;
        if tuned != self.settings {
            self.ended = None;
        }
        self.settings = tuned;
        if let Some(sentence) = self.fitting.ending(&self.settings.training, None) {
            self.ended = Some(State::Finished { sentence });
        }
        self.showing = None;
        Ok(())
    }

    /// Whether training has stopped at the last epoch or at the loss asked for and continues if that stop is moved. A recipe in stages
    /// does not continue after its last stage.
    pub fn can_continue(&self) -> bool {
        let may_go_on = self.settings.training.recipe == Recipe::Paper && !self.data.is_model;
        may_go_on && matches!(self.ended, Some(State::Finished { .. }))
    }

    /// Whether [`Run::change`] may change anything: not after the last stage of a recipe, whose result would stay as it is.
    pub fn takes_changes(&self) -> bool {
        self.can_continue() || !matches!(self.ended, Some(State::Finished { .. }))
    }

    /// The fit as it is now, to be evaluated.
    pub fn potential(&self) -> crate::model::Potential {
        let mut fit = crate::model::Potential::new(&self.arch, &self.scaling, self.params());
        fit.lift(-self.offset());
        fit
    }

    /// The constant by which the fit as it is now lies above the truth, or above zero if the truth is not known; zero unless the gradient is
    /// learnt from.
    pub fn offset(&self) -> f64 {
        self.evaluation.offset(&self.params())
    }

    /// An evaluator of this run's fits in single precision. It does not remove the constant of a potential learnt from its gradient.
    pub fn evaluator(&self, parts: potential::Outputs) -> potential::Evaluator<f32> {
        potential::Evaluator::new(&self.arch, self.scaling.clone(), parts)
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.arch.inputs
    }

    /// Names of the inputs and of the output.
    pub fn names(&self) -> &[String] {
        &self.data.names
    }

    /// The sampled domain: `[low, high]` for each input.
    pub fn bounds(&self) -> &[[f64; 2]] {
        self.evaluation.bounds()
    }

    /// The samples that are learnt from.
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    /// The samples that are plotted: all, or some of very many.
    pub fn plotted(&self) -> &Dataset {
        self.large.as_ref().map_or(&self.data, |large| &large.some)
    }

    /// The samples that errors are measured on.
    pub fn held_out(&self) -> &Dataset {
        self.evaluation.held_out()
    }

    /// Minima of the truth, if it is known.
    pub fn true_minima(&self) -> Option<&[Minimum]> {
        self.evaluation.truth()
    }

    /// The evaluation of this run's fits.
    pub(crate) fn evaluation(&self) -> &Evaluation {
        &self.evaluation
    }

    /// The true potential, if it is known.
    pub fn truth(&self) -> Option<&dyn KnownPotential> {
        self.truth.as_deref()
    }

    /// Removes modes for good: training continues with the others, N stays.
    pub(crate) fn close(&mut self, modes: &[usize]) {
        self.return_to_now();
        let (layout, params) = (potential::declared(&self.arch), self.params());
        let mut without = params.clone();
        for &mode in modes {
            lse::close(&layout, &mut without, mode);
        }
        self.removals.push((params, self.ended.clone()));
        if self.fitting.take(without, None) {
            self.ended = None;
        }
        self.altered = true;
        self.showing = None;
    }

    /// Takes the last removal back: the fit is as it was before it, and training goes on from there unless it had ended. Nothing changes if there was none.
    pub(crate) fn reopen(&mut self) {
        if let Some((params, ended)) = self.removals.pop() {
            self.return_to_now();
            self.fitting.take(params, Some(ended.is_some()));
            (self.ended, self.showing) = (ended, None);
        }
    }

    /// The modes that have not been removed.
    pub(crate) fn present(&self) -> Vec<usize> {
        let (layout, params) = (potential::declared(&self.arch), self.params());
        (0..self.arch.modes).filter(|&mode| !lse::is_closed(&layout, &params, mode)).collect()
    }

    /// The parameters, scaled as the network sees them, in the order of the flat vector.
    pub fn params(&self) -> Vec<f64> {
        match &self.back {
            Some(moment) => moment.params.iter().copied().map(f64::from).collect(),
            None => self.fitting.params(),
        }
    }

    /// The current stage of the recipe, if it has stages and they have not ended.
    pub fn stage(&self) -> Option<Stage> {
        self.fitting.stage(&self.settings.training, self.ended.is_some())
    }

    /// Steps of the second-order method, which do not count as epochs.
    pub fn lm_steps(&self) -> u64 {
        self.back.as_ref().map_or_else(|| self.fitting.lm_steps(), |moment| moment.position - moment.epoch)
    }

    /// Epochs and other steps done.
    pub(super) fn position(&self) -> u64 {
        self.epoch() + self.lm_steps()
    }
}

pub(super) fn narrow(params: &[f64]) -> Vec<f32> {
    params.iter().map(|&p| p as f32).collect()
}

/// The standard deviation of the noise of the samples that are learnt from: averages, if they are fewer than the rows. It is estimated on some rows.
fn fine_sigma(some: &Dataset, rows: &Dataset, samples: usize) -> f64 {
    let of_rows = some.fine_sigma();
    if samples < rows.samples() { of_rows * (samples as f64 / rows.samples() as f64).sqrt() } else { of_rows }
}
