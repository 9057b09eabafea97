//! What leaves a run: arrays and counts for pictures, the model file, the history as a table.

use std::rc::Rc;

use web_time::Instant;

use super::evaluation::{Details, Search};
use super::joint;
use super::large::Fit;
use super::metrics::{PotentialMetrics, Shape, overfitted, unsupported};
use super::run::{Run, narrow};
use super::sign::{self, Sign};
use super::unexplained::{disagreeing, unexplained};
use crate::dynamics::Coexistence;
use crate::landscape::uncertainty::{UNDETERMINED, undetermined};
use crate::landscape::{Extrema, Minimum, Survey};
use crate::model::model_file::{KeptError, LearntDomain, ModelFile};
use crate::potentials::formula::Letter;
use crate::potentials::sketch::samples;
use crate::potentials::{Formula, Sketch, formula, sketch};
use crate::problem::frame::{Frame, Layout, Scene, Status as State, columns};
use crate::problem::metrics::{Metrics, ProblemMetrics};
use crate::problem::view::{Control, ControlKind};
use crate::recipe::gathered::MOST_ROWS;
use crate::recipe::{StageNote, likelihood};

/// While training, at least this many times the time of an evaluation passes between evaluations.
const EVALUATION: f64 = 1.0;
/// An evaluation that took longer than this many times the one before it was held up by something else.
const HELD_UP: f64 = 2.0;
/// Seconds that nobody notices: a state of a curve that takes no more is waited for.
const NOTICED: f64 = 0.02;
/// Positions of the slider of a formula's letter.
const NOTCHES: u32 = 200;

/// A state of a run: its parameters, and what has been found out about them.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Epochs and steps done: tells states from one another.
    pub position: u64,
    /// The parameters, scaled as the network sees them.
    pub params: Vec<f64>,
    /// The numbers.
    pub metrics: Metrics<PotentialMetrics>,
    /// What is shown beside the numbers.
    pub details: Details,
}

impl Shown {
    /// The parameters in single precision.
    pub fn narrow(&self) -> Vec<f32> {
        narrow(&self.params)
    }
}

/// The state that is shown, with how and when it was made.
pub(super) struct Showing {
    pub(super) shown: Rc<Shown>,
    /// Whether its minima were searched for from everywhere.
    is_thorough: bool,
    /// Whether the run had ended.
    has_ended: bool,
    /// What was drawn from it, once it has been.
    frame: Option<(Frame, Vec<f32>)>,
    /// When it was made, and how many seconds such a state takes to be made, searches for new minima apart.
    at: Instant,
    cost: f64,
    /// When new minima were looked for last.
    searched: Instant,
}

impl Run {
    /// What does not change during the run, with its array: data x, data y, and the truth on the grid if it is known.
    pub fn scene(&self) -> (Scene, Vec<f32>) {
        let grid = self.evaluation.grid();
        let threshold = self.evaluation.threshold();
        let extrema = self.truth().map(|truth| crate::landscape::of_truth(truth, threshold)).unwrap_or_default();
        // A model that stands alone has no data to show.
        // Samples of a density have no values: a kernel estimate stands for them.
        let is_density = self.data.is_density && self.data.inputs() == 1;
        let plotted = if is_density { self.evaluation.held_out() } else { self.plotted() };
        let samples = if self.data.is_model { 0 } else { plotted.samples() };
        let scene = Scene {
            samples,
            rows: (is_density || self.large.is_some()).then(|| self.data.samples()),
            inputs: self.data.inputs(),
            names: self.data.names.clone(),
            domain: self.evaluation.bounds()[0],
            points: grid.len(),
            has_truth: self.truth.is_some(),
            views: Vec::new(),
            minima: extrema.minima,
            saddles: extrema.saddles,
            letters: self.letters(),
            paper: self.paper(),
        };
        let truth = self.truth.iter().flat_map(|truth| grid.iter().map(|&x| truth.value(&[x])));
        let [x, y] = [plotted.x.column(0), plotted.y.view()].map(|column| column.into_iter().copied().take(samples));
        let numbers = x.chain(y).chain(truth);
        (scene, numbers.map(|x| x as f32).collect())
    }

    /// The paper of the drawing that is learnt, if it is one.
    fn paper(&self) -> Option<[[f64; 2]; 2]> {
        let own = self.settings.potential()?;
        match self.settings.benchmark.as_str() {
            Sketch::ID => sketch::paper(&own.bounds).ok(),
            samples::ID => samples::paper(&own.bounds, own.kt.unwrap_or(1.0)).ok(),
            _ => None,
        }
    }

    /// The letters of the formula that is learnt, if it is one, as sliders.
    fn letters(&self) -> Vec<Control> {
        let own = self.settings.potential().filter(|_| self.settings.benchmark == Formula::ID);
        let letters = own.map(|own| formula::letters(&own.formula, &own.set, &own.bounds)).unwrap_or_default();
        let slider = |Letter { name, value, range }: Letter| Control {
            meaning: "A letter of the formula: the run begins again when its slider rests.".into(),
            id: format!("set-{name}"),
            label: name,
            kind: ControlKind::Slide { range, steps: NOTCHES, logarithmic: false },
            value,
        };
        letters.into_iter().map(slider).collect()
    }

    /// The state that is shown with its array: numbers, curves and history are those of one moment. `status` and rates are left to the
    /// caller, who has a clock. While training goes on (`patience` above 0) that moment may be past, so that evaluation takes no more than a
    /// part of the time, and in more than one dimension new minima are searched for only every `patience` seconds; 0 asks for this very
    /// moment, and for all minima; infinity for what is shown already, unless the state as it is now takes no time that anyone notices: of several inputs the search for all
    /// minima does.
    pub fn frame(&mut self, patience: f64) -> (Frame, Vec<f32>) {
        let (position, started) = (self.position(), Instant::now());
        let is_slow = |showing: &&Showing| self.arch.inputs > 1 || showing.cost > NOTICED;
        let at_once = self.showing.as_ref().filter(|_| patience == f64::INFINITY).filter(is_slow);
        if let Some(frame) = at_once.and_then(|showing| showing.frame.clone()) {
            return frame;
        }
        let patience = if patience == f64::INFINITY { 0.0 } else { patience };
        let is_due = |showing: &Showing| {
            if showing.shown.position == position {
                patience == 0.0 && !(showing.is_thorough && showing.has_ended == self.ended.is_some())
            } else {
                patience == 0.0 || showing.at.elapsed().as_secs_f64() >= EVALUATION * showing.cost
            }
        };
        if self.showing.as_ref().is_none_or(is_due) {
            let is_old = |showing: &Showing| showing.searched.elapsed().as_secs_f64() >= patience;
            let search = match &self.showing {
                _ if patience == 0.0 => Search::Thorough,
                showing if showing.as_ref().is_none_or(is_old) => Search::Near(self.known.clone(), Some(self.searches)),
                _ => Search::Near(self.known.clone(), None),
            };
            self.evaluate(&search);
        }
        if let Some(frame) = self.showing.as_ref().and_then(|showing| showing.frame.clone()) {
            return frame;
        }
        let shown = self.shown();
        let frame = self.frame_of(&shown);
        if let Some(showing) = &mut self.showing {
            showing.frame = Some(frame.clone());
            let (now, took) = (Instant::now(), started.elapsed().as_secs_f64());
            let is_usual = showing.searched < started;
            showing.at = now;
            // A search for new minima says nothing of what a state costs without one.
            let most = if showing.cost == 0.0 {
                f64::INFINITY
            } else if is_usual {
                HELD_UP * showing.cost
            } else {
                showing.cost
            };
            showing.cost = took.min(most);
        }
        frame
    }

    fn frame_of(&self, shown: &Shown) -> (Frame, Vec<f32>) {
        let Details { offset, saddles, mode_of_minimum, largest_responsibilities, .. } = shown.details.clone();
        let entries = self.history.entries();
        let layout = Layout { points: self.evaluation.grid().len(), modes: self.arch.modes, history: entries.len() };
        let mut numbers = Vec::with_capacity(layout.len());
        self.evaluation.curves(&shown.narrow(), offset, &mut numbers);
        numbers.extend(columns(entries, self.arch.modes));
        let has_intervals = shown.metrics.own.minima.iter().any(|m| m.interval.is_some());
        let uncertainty = if has_intervals { self.uncertainty() } else { None };
        let band = uncertainty.map(|sure| narrow(&sure.band(self.evaluation.grid()))).unwrap_or_default();
        let frame = Frame {
            band,
            status: self.ended.clone().unwrap_or_default(),
            epochs: self.fitting.epoch(),
            moments: self.moments.kept().iter().map(|moment| moment.position).collect(),
            back: self.back.as_ref().map(|moment| moment.position),
            last_epoch: self.settings.training.epochs,
            saddles,
            mode_of_minimum,
            matches: self.evaluation.matches(&shown.metrics.own.minima),
            largest_responsibilities,
            stage_ends: self.stage_ends.clone(),
            altered: self.altered,
            stage: self.stage(),
            metrics: shown.metrics.clone().map(|own| ProblemMetrics::Potential(own, None)),
            layout,
            ..Frame::default()
        };
        (frame, numbers)
    }

    /// The numbers of the fit as it is now. It is the state that is shown from now on.
    pub fn metrics(&mut self) -> Metrics<PotentialMetrics> {
        self.evaluate(&Search::Thorough).metrics.clone()
    }

    /// The numbers of the fit as it is now, with a survey of its landscape. In more than one dimension minima, barriers and wells are those of
    /// the survey, whose search for saddles takes too long for every frame; it ends early when `is_stopped` says so.
    pub fn surveyed(&mut self, is_stopped: &dyn Fn() -> bool) -> (Metrics<PotentialMetrics>, Survey) {
        self.evaluate(&Search::Thorough);
        let survey = self.survey(is_stopped);
        self.take_survey(&survey);
        (self.shown().metrics.clone(), survey)
    }

    /// The state that is shown: the fit as it is now if none has been.
    pub fn shown(&mut self) -> Rc<Shown> {
        match &self.showing {
            Some(showing) => Rc::clone(&showing.shown),
            None => self.evaluate(&Search::Thorough),
        }
    }

    /// Evaluates the fit as it is now.
    fn evaluated(&mut self, search: &Search) -> Shown {
        let params = self.params();
        let has_ended = self.ended.is_some() && self.back.is_none();
        let is_last = has_ended && *search == Search::Thorough;
        // While training goes on, that of very many samples is the one that the last epoch began with.
        let known = self.last_loss.filter(|_| self.data.samples() > MOST_ROWS && *search != Search::Thorough);
        let loss = match self.back.as_ref().map(|moment| moment.loss).or(known) {
            Some(loss) => loss,
            None => self.fitting.loss(&self.settings.training),
        };
        // While training goes on, minima are not judged.
        let judge: &dyn Fn(&mut Extrema) -> f64 = &|found| self.judge(found);
        let (mut own, details) = self.evaluation.evaluate(&params, search, Some(judge).filter(|_| is_last));
        if self.arch.inputs == 1 && *search == Search::Thorough {
            self.describe(&mut own.minima);
        }
        let true_rho = self.truth.as_ref().and_then(|truth| truth.sharpness());
        let mut own = PotentialMetrics { loss: loss.total, mse: loss.data, true_rho, ..own };
        if let Some(density) = own.density.as_mut() {
            density.log_likelihood = -loss.data - self.scaling.input_scale.iter().map(|scale| scale.ln()).sum::<f64>();
            own.mse = (own.rmse / self.scaling.output_scale).powi(2);
        }
        let fit = Fit { arch: &self.arch, scaling: &self.scaling, params: &params, offset: details.offset };
        if let Some(large) = self.large.as_ref().filter(|_| is_last && self.truth.is_none() && !self.data.is_density) {
            large.measure(self.position(), &self.data, &fit, &mut own);
        }
        let gathered = if is_last { self.of_gathered(&fit, &mut own) } else { None };
        if self.data.is_model {
            (own.rmse, own.r2) = (f64::NAN, f64::NAN);
        }
        let finite = loss.total.is_finite() && !matches!(self.ended, Some(State::Diverged { .. }));
        let compared = self.held_out.as_ref().map(|rows| rows.errors(&self.evaluation, &params, details.offset, is_last));
        let (held_out, parted) = compared.unzip();
        let held_out = held_out.or_else(|| if is_last && finite { self.expected_errors() } else { None });
        let mut warnings: Vec<String> = parted.flatten().filter(|_| finite && self.epoch() > 0).into_iter().collect();
        warnings.extend(self.data.doubts.iter().cloned());
        if has_ended && finite && *search == Search::Thorough && !(self.data.is_model) {
            warnings.extend(unsupported(&own.minima));
            warnings.extend(held_out.as_ref().and_then(|expected| overfitted(own.r2, expected)));
            warnings.extend(own.warnings(self.shape(&own, &params, &details)));
            warnings.extend(own.density.as_ref().and_then(joint::few));
            warnings.extend(own.density.as_ref().and_then(joint::doubt));
            warnings.extend(self.evaluation.lack_of_fit(&params, &self.data));
            warnings.extend(self.gap(&own));
            let of_values = self.data.gradient.is_none().then(|| loss.data * self.scaling.output_scale.powi(2));
            warnings.extend(unexplained(self.plotted(), &self.evaluation, &params, details.offset, of_values));
            warnings.extend(of_values.and_then(|mse| disagreeing(&self.data, mse)));
            let lacks_intervals = self.settings.data.uncertainty > 0 && self.uncertainty().is_none();
            warnings.extend(lacks_intervals.then(|| UNDETERMINED.into()));
            warnings.extend(undetermined(&own.minima));
        }
        let metrics = Metrics {
            benchmark: self.data.name.clone(),
            seed: self.settings.training.seed,
            data_seed: self.settings.data.seed,
            epochs: self.epoch(),
            lm_steps: self.lm_steps(),
            seconds: self.seconds,
            finite,
            held_out,
            stages: self.fitting.notes(has_ended, own.rho).into_iter().chain(gathered).collect(),
            warnings,
            own,
        };
        Shown { position: self.position(), params, metrics, details }
    }

    /// What is said of the samples of a density that are too many to be learnt from as they are. Of very many, the likelihood is that of all.
    fn of_gathered(&self, fit: &Fit, own: &mut PotentialMetrics) -> Option<StageNote> {
        let density = own.density.as_mut().filter(|_| self.data.samples() > likelihood::MOST)?;
        let (of_all, of_middles) = (self.evaluation.log_likelihood(fit, &self.data)?, density.log_likelihood);
        if self.large.is_some() {
            density.log_likelihood = of_all;
        }
        Some(joint::gathered(&self.data, of_all, of_middles))
    }

    /// A stretch without rows in which the fit has a well or the barrier of one.
    fn gap(&self, own: &PotentialMetrics) -> Option<String> {
        let is_own = self.truth.is_none();
        let wells = || own.minima.iter().filter(|m| m.barrier.is_none_or(|barrier| barrier > self.threshold()));
        let barriers = wells().filter_map(|well| well.barrier_at.as_deref());
        let places: Vec<(&str, &[f64])> = if is_own {
            wells().map(|well| ("well", &well.x[..])).chain(barriers.map(|x| ("barrier", x))).collect()
        } else {
            Vec::new()
        };
        self.data.gap_with(&places)
    }

    /// What the shape of a fit says about signs. Maxima are searched for where their number may be asked for.
    fn shape(&self, own: &PotentialMetrics, params: &[f64], details: &Details) -> Shape {
        let may_ask = self.truth.is_none() && (own.minima.is_empty() || !own.r2_components.is_empty());
        let falls_off = may_ask && self.evaluation.falls_off(params);
        let maxima =
            if may_ask && (falls_off || own.minima.is_empty()) { self.evaluation.count_maxima(params, details) } else { 0 };
        let is_monotone = may_ask && own.minima.is_empty() && maxima == 0;
        let lowest = |found: Vec<Coexistence>| found.into_iter().find(|pair| pair.is_lowest).map(|pair| pair.tilt);
        let two_wells_at = if is_monotone { lowest(self.coexistences()) } else { None };
        let sign = if may_ask { sign::of(&self.data) } else { Sign::Unknown };
        Shape { maxima, falls_off, has_forces: self.data.has_forces, two_wells_at, sign }
    }

    /// Evaluates the fit as it is now, which is the state that is shown from now on.
    fn evaluate(&mut self, search: &Search) -> Rc<Shown> {
        let shown = Rc::new(self.evaluated(search));
        let now = Instant::now();
        let searched = match (search, &self.showing) {
            (Search::Near(_, None), Some(showing)) => showing.searched,
            _ => now,
        };
        self.searches += usize::from(matches!(search, Search::Near(known, Some(_)) if !known.is_empty()));
        self.known = places(&shown.metrics.own.minima);
        let cost = self.showing.as_ref().map_or(0.0, |showing| showing.cost);
        let (is_thorough, has_ended) = (*search == Search::Thorough, self.ended.is_some());
        self.showing = Some(Showing { shown: Rc::clone(&shown), is_thorough, has_ended, frame: None, at: now, cost, searched });
        shown
    }

    /// Lets the state that is shown have the barriers and paths that a survey of it has found, if barriers of its own search are not known.
    pub(crate) fn take_survey(&mut self, survey: &Survey) {
        let position = self.position();
        let several = self.arch.inputs > 1;
        let uncertainty = if self.data.is_density { self.uncertainty() } else { None };
        if let Some(showing) = self.showing.as_mut().filter(|showing| several && showing.shown.position == position) {
            let shown = Rc::make_mut(&mut showing.shown);
            let known = &mut shown.metrics.warnings;
            known.extend(unsupported(&survey.minima).filter(|warning| !known.contains(warning)));
            let (own, minima) = (&mut shown.metrics.own, survey.minima.clone());
            shown.details.mode_of_minimum = self.evaluation.take_minima(&shown.params, minima, survey.wells, own);
            if let Some(uncertainty) = uncertainty {
                self.evaluation.describe_basins(&shown.params, own, &uncertainty);
            }
            (shown.details.paths, shown.details.threshold) = (Some(survey.paths.clone()), Some(survey.threshold));
            shown.details.merges.clone_from(&survey.merges);
            (showing.is_thorough, showing.frame) = (true, None);
            self.known = places(&survey.minima);
        }
    }

    /// The fit as a file.
    pub fn model_file(&self) -> ModelFile {
        let (target, inputs) = self.data.names.split_last().expect("a data set names its output");
        let scaling = self.potential().scaling().clone();
        ModelFile {
            epochs: self.epochs_before + self.epoch(),
            domain: Some(self.learnt_domain()),
            settings: Some(self.settings.kept()),
            periods: self.data.periods.clone(),
            errors: self.kept_errors(target, inputs),
            ..ModelFile::new(&self.arch, inputs.to_vec(), target.clone(), scaling, &self.params())
        }
    }

    /// The domain, with what is known of the wells if the state that is shown is the fit as it is now.
    fn learnt_domain(&self) -> LearntDomain {
        let shown =
            self.showing.as_ref().filter(|showing| showing.shown.position == self.position()).map(|showing| &showing.shown);
        let threshold = shown.and_then(|shown| shown.details.threshold).unwrap_or_else(|| self.threshold());
        let minima = shown.map(|shown| shown.metrics.own.minima.as_slice()).unwrap_or_default();
        let unsupported = minima.iter().filter(|minimum| !minimum.supported).map(|minimum| minimum.x.clone()).collect();
        LearntDomain { bounds: self.evaluation.bounds().to_vec(), threshold, unsupported, accuracy: self.accuracy() }
    }

    /// The errors that are shown, if they are those of the fit as it is now. A density has none: they would be those against a kernel estimate.
    fn kept_errors(&self, target: &str, inputs: &[String]) -> Vec<KeptError> {
        let is_current = |showing: &&Showing| showing.shown.position == self.position();
        let Some(showing) = self.showing.as_ref().filter(is_current) else { return Vec::new() };
        let own = &showing.shown.metrics.own;
        if own.density.is_some() {
            return Vec::new();
        }
        let slopes = own.rmse_components.iter().zip(&own.r2_components).zip(inputs);
        let slopes = slopes.map(|((&rmse, &r2), input)| (format!("d {target} / d {input}"), rmse, r2));
        let value = self.data.has_values().then(|| (target.to_owned(), own.rmse, own.r2));
        value.into_iter().chain(slopes).filter_map(|(of, rmse, r2)| KeptError::new(of, rmse, r2)).collect()
    }

    /// The history as CSV: epoch, smallest and largest loss since the line before, responsible modes, active gates, rho, one
    /// column a gate.
    pub fn history_csv(&self) -> String {
        let mut text = String::from("epoch,loss_low,loss_high,responsible_modes,active_gates,rho");
        for mode in 0..self.arch.modes {
            text += &format!(",gate_{mode}");
        }
        text.push('\n');
        for e in self.history.entries() {
            text += &format!("{},{:e},{:e},{},{},{}", e.epoch, e.loss_low, e.loss_high, e.responsible, e.active, e.rho);
            for gate in &e.gates {
                text += &format!(",{gate}");
            }
            text.push('\n');
        }
        text
    }
}

/// The places of minima, one after another.
fn places(minima: &[Minimum]) -> Vec<f64> {
    minima.iter().flat_map(|m| m.x.iter().copied()).collect()
}
