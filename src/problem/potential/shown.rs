//! What leaves a run: arrays and counts for pictures, the model file, the history as a table.

use web_time::Instant;

use super::Run;
use super::run::narrow;
use crate::landscape::Survey;
use crate::model::model_file::ModelFile;
use crate::problem::Report;
use crate::problem::State;
use crate::problem::frame::{Frame, Layout, Scene};
use crate::problem::potential::evaluation::Search;

/// Training gets at least this many times the time that reports take, for which it waits.
const SHARE: f64 = 1.0;
/// A report that took longer than this many times the one before it was held up by something else.
const HELD_UP: f64 = 2.0;

/// The state that is shown: the numbers, and the parameters that views are drawn from, belong together.
pub(super) struct Shown {
    /// Epochs and steps done.
    position: u64,
    /// Whether its minima were searched for from everywhere.
    is_thorough: bool,
    /// Whether the run had ended.
    has_ended: bool,
    report: Report,
    params: Vec<f64>,
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
        let scene = Scene {
            samples: self.data.samples(),
            inputs: self.data.inputs(),
            names: self.data.names.clone(),
            domain: self.evaluation.bounds()[0],
            points: grid.len(),
            has_truth: self.truth.is_some(),
            views: Vec::new(),
            minima: extrema.minima,
            maxima: extrema.maxima,
        };
        let truth = self.truth.iter().flat_map(|truth| grid.iter().map(|&x| truth.value(&[x])));
        let numbers = self.data.x.column(0).into_iter().copied().chain(self.data.y.iter().copied()).chain(truth);
        (scene, numbers.map(|x| x as f32).collect())
    }

    /// The state that is shown with its array: numbers, curves and history are those of one moment. `status` and rates are left to the
    /// caller, who has a clock. While training goes on (`patience` above 0) that moment may be past, so that reports take no more than a
    /// part of the time, and in more than one dimension new minima are looked for only every `patience` seconds; 0 asks for this very
    /// moment, and for all minima.
    pub fn frame(&mut self, patience: f64) -> (Frame, Vec<f32>) {
        let (position, started) = (self.position(), Instant::now());
        let is_due = |shown: &Shown| {
            if shown.position == position {
                patience == 0.0 && !(shown.is_thorough && shown.has_ended == self.ended.is_some())
            } else {
                patience == 0.0 || shown.at.elapsed().as_secs_f64() >= SHARE * shown.cost
            }
        };
        if self.shown.as_ref().is_none_or(is_due) {
            let is_old = |shown: &Shown| shown.searched.elapsed().as_secs_f64() >= patience;
            let search = match &self.shown {
                _ if patience == 0.0 => Search::Thorough,
                shown if shown.as_ref().is_none_or(is_old) => Search::Quick,
                _ => Search::Known,
            };
            self.report_by(search);
        }
        if let Some(frame) = self.shown.as_ref().and_then(|shown| shown.frame.clone()) {
            return frame;
        }
        let frame = self.frame_of_shown();
        if let Some(shown) = &mut self.shown {
            shown.frame = Some(frame.clone());
            let (now, took) = (Instant::now(), started.elapsed().as_secs_f64());
            let is_usual = shown.searched < started;
            shown.at = now;
            // A search for new minima says nothing of what a state costs without one.
            let most = if shown.cost == 0.0 {
                f64::INFINITY
            } else if is_usual {
                HELD_UP * shown.cost
            } else {
                shown.cost
            };
            shown.cost = took.min(most);
        }
        frame
    }

    /// A frame of the last report.
    fn frame_of_shown(&mut self) -> (Frame, Vec<f32>) {
        let params = self.shown_params();
        let report = self.last_report().clone();
        let entries = self.history.entries();
        let points = self.evaluation.grid().len();
        let layout = Layout { points, modes: self.arch.modes, history: entries.len() };
        let mut numbers = Vec::with_capacity(layout.len());
        self.evaluation.curves(&params, &mut numbers);
        numbers.extend(entries.iter().map(|e| e.epoch as f32));
        numbers.extend(entries.iter().map(|e| e.loss_low as f32));
        numbers.extend(entries.iter().map(|e| e.loss_high as f32));
        numbers.extend(entries.iter().map(|e| e.responsible as f32));
        numbers.extend(entries.iter().map(|e| e.active as f32));
        numbers.extend(entries.iter().map(|e| e.rho as f32));
        for mode in 0..self.arch.modes {
            numbers.extend(entries.iter().map(|e| e.gates[mode] as f32));
        }
        let frame = Frame {
            status: self.ended.clone().unwrap_or_default(),
            last_epoch: self.settings.training.epochs,
            maxima: self.evaluation.maxima().to_vec(),
            mode_of_minimum: self.evaluation.mode_of_minimum().to_vec(),
            matches: self.evaluation.matches(&report.minima),
            largest_responsibilities: self.evaluation.largest_responsibilities().to_vec(),
            altered: self.altered,
            stage: self.stage(),
            report,
            layout,
            ..Frame::default()
        };
        (frame, numbers)
    }

    /// The numbers.
    pub fn report(&mut self) -> Report {
        self.report_by(Search::Thorough);
        self.last_report().clone()
    }

    fn report_by(&mut self, search: Search) {
        let loss = self.fitting.loss(&self.settings.training);
        let params = self.params();
        let mut report = self.evaluation.report(&params, search);
        report.benchmark.clone_from(&self.data.name);
        report.seed = self.settings.training.seed;
        report.data_seed = self.settings.data.seed;
        report.true_rho = self.truth.as_ref().and_then(|truth| truth.sharpness());
        report.epochs = self.epoch();
        report.loss = loss.total;
        report.mse = loss.data;
        report.seconds = self.seconds;
        report.ms_per_epoch = if report.epochs > 0 { 1e3 * self.seconds / report.epochs as f64 } else { 0.0 };
        report.finite = loss.total.is_finite() && !matches!(self.ended, Some(State::Diverged { .. }));
        let has_ended = self.ended.is_some();
        (report.stages, report.lm_steps) = (self.fitting.notes(has_ended, report.rho), self.fitting.lm_steps());
        if has_ended && search == Search::Thorough && report.minima.is_empty() {
            report.warnings = crate::problem::report::warnings(&report, self.evaluation.count_maxima(&params));
        }
        let now = Instant::now();
        let searched = self.shown.as_ref().filter(|_| search == Search::Known).map_or(now, |shown| shown.searched);
        let (position, is_thorough) = (self.position(), search == Search::Thorough);
        let cost = self.shown.as_ref().map_or(0.0, |shown| shown.cost);
        self.shown = Some(Shown { position, is_thorough, has_ended, report, params, frame: None, at: now, cost, searched });
    }

    /// The numbers of the state that is shown, or of one shown from now on if there is none.
    ///
    /// # Panics
    /// Never: a report is kept when it is made.
    pub fn last_report(&mut self) -> &Report {
        if self.shown.is_none() {
            self.report_by(Search::Thorough);
        }
        &self.shown.as_ref().expect("one has just been made").report
    }

    /// The parameters of the state that is shown, in single precision: those of [`Run::last_report`], or as they are now if there has been
    /// no report.
    pub fn shown_params(&self) -> Vec<f32> {
        self.shown.as_ref().map_or_else(|| narrow(&self.params()), |shown| narrow(&shown.params))
    }

    /// The parameters of the state that is shown, in double precision.
    pub fn shown_params_wide(&self) -> Vec<f64> {
        self.shown.as_ref().map_or_else(|| self.params(), |shown| shown.params.clone())
    }

    /// Tells states that are shown from one another: epochs and steps done.
    pub fn shown_position(&self) -> u64 {
        self.shown.as_ref().map_or_else(|| self.position(), |shown| shown.position)
    }

    /// The constant by which the fit lies above the truth in the state that is shown, or above zero if that is not known; zero unless the
    /// gradient alone is learnt.
    pub fn offset(&self) -> f64 {
        self.evaluation.last_offset()
    }

    /// For each minimum of [`Run::last_report`], the mode most responsible there.
    pub fn mode_of_minimum(&self) -> &[usize] {
        self.evaluation.mode_of_minimum()
    }

    /// Lets the state that is shown have the barriers that a survey of it has found, if barriers of its own search are not known.
    pub(crate) fn take_survey(&mut self, survey: &Survey) {
        let position = self.position();
        let several = self.arch.inputs > 1;
        if let Some(shown) = self.shown.as_mut().filter(|shown| several && shown.position == position) {
            self.evaluation.take_minima(&shown.params, survey.minima.clone(), survey.wells, &mut shown.report);
            (shown.is_thorough, shown.frame) = (true, None);
        }
    }

    /// The fit as a file.
    pub fn model_file(&self) -> ModelFile {
        let (target, inputs) = self.data.names.split_last().expect("a data set names its output");
        let scaling = self.potential().scaling().clone();
        ModelFile {
            epochs: self.epochs_before + self.epoch(),
            settings: Some(self.settings.kept()),
            ..ModelFile::new(&self.arch, inputs.to_vec(), target.clone(), scaling, &self.params())
        }
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
