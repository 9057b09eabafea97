//! Output of a run: arrays and counts for pictures, the model file, the history as a table.

use std::borrow::Cow;
use std::rc::Rc;

use web_time::Instant;

use super::derivative_scale::{DerivativeScale, derivative_scale};
use super::evaluation::{Details, SearchStarts};
use super::joint;
use super::large::FitParams;
use super::metrics::{FitShape, PotentialMetrics, overfitting_warning};
use super::run::PotentialRun;
use super::unexplained::{chi_square_warning, unexplained_error_warning};
use crate::dynamics::Coexistence;
use crate::landscape::uncertainty::{UNDETERMINED_MESSAGE, undetermined};
use crate::landscape::{Extrema, Survey};
use crate::loss::gathered::MAX_ROWS;
use crate::model::model_file::{KeptError, LearntDomain, ModelFile};
use crate::numerics::linear::narrow;
use crate::potentials::formula::FormulaParameter;
use crate::potentials::sketch::samples;
use crate::potentials::{Formula, Sketch, formula, sketch};
use crate::problem::frame::{Frame, FrameLayout, Freshness, Scene, Status as State, columns};
use crate::problem::metrics::{Metrics, ProblemMetrics};
use crate::problem::view::{Control, ControlKind};
use crate::recipe::{StageNote, likelihood};
use crate::train::HistoryEntry;

/// Smallest pause between evaluations during training, in units of the time of an evaluation.
const EVALUATION_PAUSE_FACTOR: f64 = 1.0;
/// Ratio of the durations of successive evaluations above which the later one counts as interrupted.
const INTERRUPTED_COST_FACTOR: f64 = 2.0;
/// Time budget in seconds for evaluating a curve synchronously.
const SYNC_EVALUATION_BUDGET_S: f64 = 0.02;
/// Number of steps of the slider of a formula's parameter.
const SLIDER_STEPS: u32 = 200;

/// State of a run: its parameters, metrics and details.
#[derive(Clone, Debug)]
pub struct EvaluatedState {
    /// Number of epochs and steps done, which identifies the state.
    pub position: u64,
    /// Parameters in the units of the network.
    pub params: Vec<f64>,
    /// Metrics.
    pub metrics: Metrics<PotentialMetrics>,
    /// Details beside the metrics.
    pub details: Details,
}

impl EvaluatedState {
    /// Parameters in single precision.
    pub fn narrow(&self) -> Vec<f32> {
        narrow(&self.params)
    }
}

/// Shown state with facts about its evaluation.
pub(super) struct ShownState {
    pub(super) shown: Rc<EvaluatedState>,
    /// True if the search for its minima was thorough.
    is_thorough: bool,
    /// True if the run had ended.
    has_ended: bool,
    /// Frame of the state, after the first request.
    frame: Option<(Frame, Vec<f32>)>,
    /// Time of the evaluation, and its duration in seconds without the search for new minima.
    at: Instant,
    cost: f64,
    /// Time of the last search for new minima.
    searched: Instant,
}

impl PotentialRun {
    /// Constant properties of the run, with their array: data x, data y, and the truth on the grid if it is known.
    pub fn scene(&self) -> (Scene, Vec<f32>) {
        let grid = &self.evaluation.domain.grid;
        let extrema = self.evaluation.truth_above(self.evaluation.threshold).unwrap_or_default();
        // A model without data has no samples. Samples of a density have no values; a kernel estimate replaces them.
        let is_density = self.data.rows.is_density && self.data.rows.inputs() == 1;
        let plotted = if is_density { &self.evaluation.test.rows } else { self.plotted() };
        let samples = if self.data.rows.is_model { 0 } else { plotted.samples() };
        let scene = Scene {
            samples,
            rows: (is_density || self.data.large.is_some()).then(|| self.data.rows.samples()),
            inputs: self.data.rows.inputs(),
            names: self.data.rows.names.clone(),
            domain: self.bounds()[0],
            points: grid.len(),
            has_truth: self.data.truth.is_some(),
            views: Vec::new(),
            minima: extrema.minima,
            saddles: extrema.saddles,
            formula_controls: self.formula_controls(),
            likely_periods: self.likely_periods(),
            canvas: self.canvas(),
        };
        let truth = self.data.truth.iter().flat_map(|truth| grid.iter().map(|&x| truth.value(&[x])));
        let [x, y] = [plotted.x.column(0), plotted.y.view()].map(|column| column.into_iter().copied().take(samples));
        let numbers = x.chain(y).chain(truth);
        (scene, numbers.map(|x| x as f32).collect())
    }

    /// Canvas of the drawing, if the data are one.
    fn canvas(&self) -> Option<[[f64; 2]; 2]> {
        let own = self.settings.potential()?;
        match self.settings.benchmark.as_str() {
            Sketch::ID => sketch::canvas(&own.bounds).ok(),
            samples::SAMPLES_ID => samples::canvas(&own.bounds, own.kt.unwrap_or(1.0)).ok(),
            _ => None,
        }
    }

    /// Parameters of the formula, if the data are one, as sliders.
    fn formula_controls(&self) -> Vec<Control> {
        let own = self.settings.potential().filter(|_| self.settings.benchmark == Formula::ID);
        let parameters = own.map(|own| formula::parameters(&own.formula, &own.set, &own.bounds)).unwrap_or_default();
        let slider = |FormulaParameter { name, value, range }: FormulaParameter| Control {
            meaning: "A parameter of the formula. The run restarts when you release the slider.".into(),
            id: format!("set-{name}"),
            label: name,
            kind: ControlKind::Slide { range, steps: SLIDER_STEPS },
            value,
        };
        parameters.into_iter().map(slider).collect()
    }

    /// Frame of the shown state with its array: numbers, curves and history belong to one state. The caller sets `status`
    /// and rates. With [`Freshness::Within`] the state may be old, which limits the time spent on evaluations. Searches for
    /// new minima are then at least the given seconds apart. With [`Freshness::Cached`] the last frame returns unless the
    /// evaluation of the current state of a curve takes a negligible time.
    pub fn frame(&mut self, freshness: Freshness) -> (Frame, Vec<f32>) {
        let (position, started) = (self.position(), Instant::now());
        if let (Freshness::Cached, Some(current)) = (freshness, &self.shown_state)
            && (self.arch.inputs > 1 || current.cost > SYNC_EVALUATION_BUDGET_S)
            && let Some(frame) = &current.frame
        {
            return frame.clone();
        }
        // Seconds between searches while an old state suffices.
        let interval = match freshness {
            Freshness::Within(seconds) => Some(seconds),
            Freshness::Cached | Freshness::Current => None,
        };
        let is_due = |current: &ShownState| match interval {
            None if current.shown.position == position => {
                !(current.is_thorough && current.has_ended == self.training.ended.is_some())
            }
            None => true,
            Some(_) => {
                current.shown.position != position && current.at.elapsed().as_secs_f64() >= EVALUATION_PAUSE_FACTOR * current.cost
            }
        };
        if self.shown_state.as_ref().is_none_or(is_due) {
            let search = match (interval, &self.shown_state) {
                (None, _) => SearchStarts::Thorough,
                (Some(interval), Some(current)) => self.search.starts(current.searched.elapsed().as_secs_f64() >= interval),
                (Some(_), None) => self.search.starts(true),
            };
            self.evaluate(&search);
        }
        if let Some(frame) = self.shown_state.as_ref().and_then(|current| current.frame.clone()) {
            return frame;
        }
        let shown = self.shown();
        let frame = self.frame_of(&shown);
        if let Some(current) = &mut self.shown_state {
            current.frame = Some(frame.clone());
            let (now, took) = (Instant::now(), started.elapsed().as_secs_f64());
            let is_usual = current.searched < started;
            current.at = now;
            // The duration of a search for new minima does not count.
            let most = if current.cost == 0.0 {
                f64::INFINITY
            } else if is_usual {
                INTERRUPTED_COST_FACTOR * current.cost
            } else {
                current.cost
            };
            current.cost = took.min(most);
        }
        frame
    }

    fn frame_of(&self, shown: &EvaluatedState) -> (Frame, Vec<f32>) {
        let Details { offset, saddles, largest_responsibilities, threshold, .. } = shown.details.clone();
        let mut entries = Cow::Borrowed(self.training.history.entries());
        // A later stage may have been refused: the fit is then an earlier one than the last entry.
        if !entries.is_empty() && self.training.is_finished() && self.training.selected.is_none() {
            let loss = shown.metrics.own.loss;
            let reading = self.evaluation.reading(&shown.narrow());
            entries.to_mut().push(HistoryEntry { epoch: self.position(), loss_low: loss, loss_high: loss, ..reading });
        }
        let layout = FrameLayout { points: self.evaluation.domain.grid.len(), modes: self.arch.modes, history: entries.len() };
        let mut numbers = Vec::with_capacity(layout.len());
        self.evaluation.curves(&shown.narrow(), offset, &mut numbers);
        numbers.extend(columns(&entries, self.arch.modes));
        let has_intervals = shown.metrics.own.minima.iter().any(|m| m.interval.is_some());
        let uncertainty = if has_intervals { self.uncertainty() } else { None };
        let band = uncertainty.map(|intervals| narrow(&intervals.band(&self.evaluation.domain.grid))).unwrap_or_default();
        let frame = Frame {
            band,
            status: self.training.ended.clone().unwrap_or_default(),
            epochs: self.training.fitting.progress().epoch,
            snapshots: self.training.snapshots.kept().iter().map(|snapshot| snapshot.position).collect(),
            selected_snapshot: self.training.selected.as_ref().map(|snapshot| snapshot.position),
            last_epoch: self.settings.training.epochs,
            saddles,
            matches: self.evaluation.matches(&shown.metrics.own.minima, threshold.unwrap_or(self.evaluation.threshold)),
            threshold: threshold.filter(|_| !self.data.rows.is_density),
            largest_responsibilities,
            stage_ends: self.training.stage_ends.clone(),
            altered: self.training.altered,
            stage: self.training.fitting.stage(&self.settings.training),
            metrics: shown.metrics.clone().map(|own| ProblemMetrics::Potential(own, None)),
            layout,
            ..Frame::default()
        };
        (frame, numbers)
    }

    /// Metrics of the current fit, which becomes the shown state.
    pub fn metrics(&mut self) -> Metrics<PotentialMetrics> {
        self.evaluate(&SearchStarts::Thorough).metrics.clone()
    }

    /// Metrics of the current fit, with a survey of its landscape. In several inputs, minima, barriers and wells come from the
    /// survey, whose search for saddles takes too long for every frame. The survey ends early when `is_stopped` returns true.
    pub fn surveyed(&mut self, is_stopped: &dyn Fn() -> bool) -> (Metrics<PotentialMetrics>, Survey) {
        self.evaluate(&SearchStarts::Thorough);
        let survey = self.survey(is_stopped);
        self.set_survey(&survey);
        (self.shown().metrics.clone(), survey)
    }

    /// State that is shown: the current fit if there is none yet.
    pub fn shown(&mut self) -> Rc<EvaluatedState> {
        match &self.shown_state {
            Some(current) => Rc::clone(&current.shown),
            None => self.evaluate(&SearchStarts::Thorough),
        }
    }

    /// Evaluates the current fit.
    fn compute_state(&mut self, search: &SearchStarts) -> EvaluatedState {
        let params = self.params();
        let has_ended = self.training.ended.is_some() && self.training.selected.is_none();
        let is_last = has_ended && *search == SearchStarts::Thorough;
        // During training on very many samples, the loss is that at the beginning of the last epoch.
        let last_loss =
            self.training.last_loss.filter(|_| self.data.rows.samples() > MAX_ROWS && *search != SearchStarts::Thorough);
        let loss = match self.training.selected.as_ref().map(|snapshot| snapshot.loss).or(last_loss) {
            Some(loss) => loss,
            None => self.training.fitting.loss(&self.settings.training),
        };
        // Minima are not judged during training.
        let judge: &dyn Fn(&mut Extrema) -> f64 = &|found| self.judge_wells(found);
        let (mut own, details) = self.evaluation.evaluate(&params, search, Some(judge).filter(|_| is_last));
        if self.arch.inputs == 1 && *search == SearchStarts::Thorough {
            self.describe(&mut own.minima);
            if let Some(uncertainty) = self.uncertainty().filter(|_| own.density.is_some()) {
                self.evaluation.describe_basins(&params, &mut own, &uncertainty);
            }
        }
        let true_rho = self.data.truth.as_ref().and_then(|truth| truth.sharpness());
        let mut own = PotentialMetrics { loss: loss.total, mse: loss.data, true_rho, ..own };
        if let Some(density) = own.density.as_mut() {
            density.log_likelihood = -loss.data - self.scaling.input_scale.iter().map(|scale| scale.ln()).sum::<f64>();
            own.mse = (own.rmse / self.scaling.output_scale).powi(2);
        }
        let fit = FitParams { arch: &self.arch, scaling: &self.scaling, params: &params, offset: details.offset };
        if let Some(large) =
            self.data.large.as_ref().filter(|_| is_last && self.data.truth.is_none() && !self.data.rows.is_density)
        {
            large.measure(self.position(), &self.data.rows, &fit, &mut own);
        }
        let gathered = if is_last { self.merging_note(&fit, &mut own) } else { None };
        if self.data.rows.is_model {
            (own.loss, own.rmse, own.r2) = (f64::NAN, f64::NAN, f64::NAN);
        }
        let finite = loss.total.is_finite() && !matches!(self.training.ended, Some(State::Diverged { .. }));
        let compared = self.data.held_out.as_ref().map(|rows| rows.errors(&self.evaluation, &params, details.offset, is_last));
        let (held_out, parted) = compared.unzip();
        let held_out = held_out.or_else(|| if is_last && finite { self.expected_errors() } else { None });
        let mut warnings: Vec<String> = parted.flatten().filter(|_| finite && self.epoch() > 0).into_iter().collect();
        warnings.extend(self.data.rows.doubts.iter().cloned());
        if has_ended && finite && *search == SearchStarts::Thorough && !(self.data.rows.is_model) {
            let threshold = details.threshold.unwrap_or(self.threshold());
            warnings.extend(self.well_warnings(&own.minima, threshold));
            warnings.extend(held_out.as_ref().and_then(|expected| overfitting_warning(own.r2, expected)));
            warnings.extend(own.warnings(self.shape(&own, &params, &details)));
            warnings.extend(own.density.as_ref().and_then(joint::sample_size_warning));
            warnings.extend(own.density.as_ref().and_then(joint::normalization_warning));
            let rows = &self.data.rows;
            let region = self.evaluation.of_joint(|joint, psi| joint.lack_of_fit(psi, &params, rows)).flatten();
            warnings.extend(region.map(|region| region.sentence(&rows.names)));
            warnings.extend(self.evaluation.of_joint(|joint, psi| joint.kernel_warning(psi, &params)).flatten());
            let of_values = self.data.rows.gradient.is_none().then(|| loss.data * self.scaling.output_scale.powi(2));
            warnings.extend(unexplained_error_warning(&self.row_values(self.plotted()), self.data.outliers()));
            warnings.extend(of_values.and_then(|mse| chi_square_warning(&self.data.rows, mse)));
            if self.settings.data.uncertainty > 0 && self.uncertainty().is_none() {
                own.minima.iter_mut().for_each(|minimum| minimum.undetermined = true);
                warnings.push(UNDETERMINED_MESSAGE.into());
            } else {
                warnings.extend(undetermined(&own.minima));
            }
        }
        let metrics = Metrics {
            benchmark: self.data.rows.name.clone(),
            seed: self.settings.training.seed,
            data_seed: self.settings.data.seed,
            epochs: self.epoch(),
            lm_steps: self.lm_steps(),
            seconds: self.training.seconds,
            finite,
            held_out,
            stages: self.training.fitting.notes().iter().cloned().chain(gathered).collect(),
            warnings,
            own,
        };
        EvaluatedState { position: self.position(), params, metrics, details }
    }

    /// Note on the samples of a density that were merged in cells. Sets the likelihood to that of all samples if they are very many.
    fn merging_note(&self, fit: &FitParams, own: &mut PotentialMetrics) -> Option<StageNote> {
        let density = own.density.as_mut().filter(|_| self.data.rows.samples() > likelihood::MERGING_NOTE_SAMPLES)?;
        let (of_all, of_middles) = (self.evaluation.joint()?.log_likelihood(fit, &self.data.rows), density.log_likelihood);
        if self.data.large.is_some() {
            density.log_likelihood = of_all;
        }
        Some(joint::merging_note(&self.data.rows, of_all, of_middles))
    }

    /// Shape of a fit with respect to the sign of its data. Maxima are searched for only if a warning may need their number.
    fn shape(&self, own: &PotentialMetrics, params: &[f64], details: &Details) -> FitShape {
        let is_checked = self.data.truth.is_none() && (own.minima.is_empty() || !own.r2_components.is_empty());
        let falls_outwards = is_checked && self.evaluation.falls_outwards(params);
        let maxima = if is_checked && (falls_outwards || own.minima.is_empty()) {
            self.evaluation.count_maxima(params, details)
        } else {
            0
        };
        let is_monotone = is_checked && own.minima.is_empty() && maxima == 0;
        let lowest = |found: Vec<Coexistence>| found.into_iter().find(|pair| pair.is_lowest).map(|pair| pair.tilt);
        let coexistence_force = if is_monotone { lowest(self.coexistences()) } else { None };
        let scale = if is_checked { derivative_scale(&self.data.rows) } else { DerivativeScale::Unknown };
        let edges = self.bounds()[0];
        FitShape { maxima, falls_outwards, has_forces: self.data.rows.has_forces, coexistence_force, scale, edges }
    }

    /// Evaluates the current fit, which becomes the shown state.
    fn evaluate(&mut self, search: &SearchStarts) -> Rc<EvaluatedState> {
        let shown = Rc::new(self.compute_state(search));
        let now = Instant::now();
        let searched = match (search, &self.shown_state) {
            (SearchStarts::Near(_, None), Some(current)) => current.searched,
            _ => now,
        };
        self.search.record(search, &shown.metrics.own.minima);
        let cost = self.shown_state.as_ref().map_or(0.0, |current| current.cost);
        let (is_thorough, has_ended) = (*search == SearchStarts::Thorough, self.training.ended.is_some());
        self.shown_state =
            Some(ShownState { shown: Rc::clone(&shown), is_thorough, has_ended, frame: None, at: now, cost, searched });
        shown
    }

    /// Adds the barriers and paths of a survey to the shown state, in several inputs.
    pub(crate) fn set_survey(&mut self, survey: &Survey) {
        let position = self.position();
        let several = self.arch.inputs > 1;
        let uncertainty = if self.data.rows.is_density { self.uncertainty() } else { None };
        let found = self.well_warnings(&survey.minima, survey.threshold);
        if let Some(current) = self.shown_state.as_mut().filter(|current| several && current.shown.position == position) {
            let shown = Rc::make_mut(&mut current.shown);
            let warnings = &mut shown.metrics.warnings;
            let new: Vec<String> = found.into_iter().filter(|warning| !warnings.contains(warning)).collect();
            warnings.extend(new);
            let (own, minima) = (&mut shown.metrics.own, survey.minima.clone());
            shown.details.largest_responsibilities =
                self.evaluation.set_minima(&shown.params, minima, (survey.wells, survey.threshold), own);
            if let Some(uncertainty) = uncertainty {
                self.evaluation.describe_basins(&shown.params, own, &uncertainty);
            }
            shown.details.paths = Some(self.evaluation.sampled_paths(&shown.params, survey));
            shown.details.threshold = Some(survey.threshold);
            shown.details.merges.clone_from(&survey.merges);
            (current.is_thorough, current.frame) = (true, None);
            self.search.set_known(&survey.minima);
        }
    }

    /// Model file of the fit.
    pub fn model_file(&self) -> ModelFile {
        let (target, inputs) = self.data.rows.names.split_last().expect("a data set names its output");
        let scaling = self.potential().scaling().clone();
        ModelFile {
            epochs: self.training.epochs_before + self.epoch(),
            domain: Some(self.learnt_domain()),
            settings: Some(self.settings.kept()),
            periods: self.data.rows.periods.clone(),
            errors: self.kept_errors(target, inputs),
            ..ModelFile::new(&self.arch, inputs.to_vec(), target.clone(), scaling, &self.params())
        }
    }

    /// Domain, with the supported wells if the shown state is the current fit.
    fn learnt_domain(&self) -> LearntDomain {
        let shown =
            self.shown_state.as_ref().filter(|current| current.shown.position == self.position()).map(|current| &current.shown);
        let threshold = shown.and_then(|shown| shown.details.threshold).unwrap_or_else(|| self.threshold());
        let minima = shown.map(|shown| shown.metrics.own.minima.as_slice()).unwrap_or_default();
        let unsupported = minima.iter().filter(|minimum| !minimum.supported).map(|minimum| minimum.x.clone()).collect();
        LearntDomain { bounds: self.bounds().to_vec(), threshold, unsupported, accuracy: self.accuracy() }
    }

    /// Shown errors, if they belong to the current fit. A density has none, because its errors are against a kernel estimate.
    fn kept_errors(&self, target: &str, inputs: &[String]) -> Vec<KeptError> {
        let is_current = |current: &&ShownState| current.shown.position == self.position();
        let Some(current) = self.shown_state.as_ref().filter(is_current) else { return Vec::new() };
        let own = &current.shown.metrics.own;
        if own.density.is_some() {
            return Vec::new();
        }
        let slopes = own.rmse_components.iter().zip(&own.r2_components).zip(inputs);
        let slopes = slopes.map(|((&rmse, &r2), input)| (format!("d {target} / d {input}"), rmse, r2));
        let value = self.data.rows.has_values().then(|| (target.to_owned(), own.rmse, own.r2));
        value.into_iter().chain(slopes).filter_map(|(of, rmse, r2)| KeptError::new(of, rmse, r2)).collect()
    }

    /// History as CSV: epoch, smallest and largest loss since the line before, responsible modes, active gates, rho, one column a
    /// gate.
    pub fn history_csv(&self) -> String {
        let mut text = String::from("epoch,loss_low,loss_high,responsible_modes,active_gates,rho");
        for mode in 0..self.arch.modes {
            text += &format!(",gate_{mode}");
        }
        text.push('\n');
        for e in self.training.history.entries() {
            text += &format!("{},{:e},{:e},{},{},{}", e.epoch, e.loss_low, e.loss_high, e.responsible, e.active, e.rho);
            for gate in &e.gates {
                text += &format!(",{gate}");
            }
            text.push('\n');
        }
        text
    }
}
