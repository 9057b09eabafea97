//! Fit of densities as a job.

use web_time::Instant;

use super::metrics::FittedWell;
use super::run::DensityRun;
use super::views;
use crate::loss::gathered::MAX_ROWS;
use crate::problem::frame::{Frame, FrameLayout, Freshness, Scene, Status as State, columns};
use crate::problem::job::{Job, JobFile, JobProgress, needs_new_job};
use crate::problem::metrics::{Metrics, ProblemMetrics};
use crate::problem::potential::PotentialRun;
use crate::problem::settings::{InvalidSetting, SamplingSettings, Settings};
use crate::problem::view::{Tab, View, ViewState};
use crate::recipe::Stage;

/// Format of the model files.
pub const FORMAT_NAME: &str = "multiwell-density";

/// Adopts modes and widths of a model file.
pub(crate) fn take_shape(settings: &mut Settings, text: &str) -> Result<(), String> {
    let file =
        Settings::of_file(text).ok_or_else(|| "the file is no model of a density, or its settings are damaged".to_string())?;
    (settings.training.modes, settings.training.hidden) = (file.training.modes, file.training.hidden);
    Ok(())
}

impl Job for DensityRun {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The position is the number of completed stages. Rate and number of steps apply to every fit, so a change of them
    /// needs a new run.
    fn progress(&self) -> JobProgress {
        JobProgress {
            epoch: self.epoch(),
            position: self.history.len() as u64,
            seconds: self.seconds,
            last_epoch: self.last_epoch(),
            ..JobProgress::default()
        }
    }

    fn advance(&mut self, epochs: u64) -> u64 {
        let (started, first) = (Instant::now(), self.epoch());
        while self.ended.is_none() && self.epoch() - first < epochs {
            let Some((_, run)) = &mut self.current else { break };
            let stages = run.stage_notes().len();
            run.advance(1);
            let has_ended = run.ended().is_some();
            if has_ended || run.stage_notes().len() > stages {
                self.record_stage(stages);
            }
            if has_ended {
                self.complete();
            }
        }
        self.seconds += started.elapsed().as_secs_f64();
        self.epoch() - first
    }

    fn ended(&self) -> Option<&State> {
        self.ended.as_ref()
    }

    /// Only intervals can be switched on and off.
    fn change(&mut self, settings: &Settings) -> Result<(), Vec<InvalidSetting>> {
        settings.check()?;
        let uncertainty = settings.data.uncertainty;
        let data = SamplingSettings { uncertainty, ..self.settings.data };
        if *settings != (Settings { data, ..self.settings.clone() }) {
            return Err(needs_new_job());
        }
        self.settings.data = data;
        let of_fit = |run: &PotentialRun| {
            let mut changed = run.settings.clone();
            changed.data.uncertainty = uncertainty;
            changed
        };
        for fit in self.fits.iter_mut().flatten() {
            fit.run.change(&of_fit(&fit.run))?;
            fit.metrics = fit.run.metrics();
        }
        if let Some((_, run)) = &mut self.current {
            run.change(&of_fit(run))?;
        }
        Ok(())
    }

    fn metrics(&mut self) -> Metrics {
        Self::metrics(self).map(ProblemMetrics::Density)
    }

    fn full_metrics(&mut self, _: &dyn Fn() -> bool) -> Metrics {
        self.compared().map(ProblemMetrics::Density)
    }

    fn work_done_and_left(&self) -> [u64; 2] {
        let left = match (&self.ended, &self.current) {
            (Some(_), _) | (None, None) => 0,
            (None, Some((_, run))) => {
                let others = (self.samples.sets() - self.fitted() - 1) as u64;
                run.work_done_and_left()[1] + others * self.settings.training.epochs
            }
        };
        [self.epoch(), left]
    }

    /// Current stage of the current fit. Its name contains the name of the set, if there are several sets.
    fn stage(&self) -> Option<Stage> {
        let (set, run) = self.current.as_ref().filter(|_| self.ended.is_none())?;
        let stage = run.stage()?;
        let name = if self.samples.sets() == 1 { stage.name } else { format!("{}: {}", self.samples.labels[*set], stage.name) };
        Some(Stage { name, ..stage })
    }

    fn notes(&self) -> Vec<String> {
        self.samples.notes.clone()
    }

    fn remarks(&self) -> Vec<String> {
        let is_several = self.samples.sets() > 1 && self.samples.times.is_empty();
        let remark =
            || "each column is fitted as a density of its own; name up to three of them as inputs for their joint density".into();
        self.notes().into_iter().chain(is_several.then(remark)).collect()
    }

    fn scene(&self) -> (Scene, Vec<f32>) {
        let samples = &self.samples;
        let set = samples.sets() - 1;
        let all = samples.values(set);
        // A subset is drawn if there are very many.
        let last: Vec<_> = all.iter().copied().step_by(all.len().div_ceil(MAX_ROWS)).collect();
        let minima = self.evaluation.exact.last().map(|exact| self.wells(set, exact)).unwrap_or_default();
        let minima = minima.iter().map(FittedWell::minimum).collect();
        let scene = Scene {
            samples: last.len(),
            rows: Some(all.len()).filter(|&rows| rows > last.len()),
            inputs: 1,
            names: vec![if self.model.is_some() { "X" } else { views::name(self) }.into(), "-log q".into()],
            domain: [samples.value(set, 0.0), samples.value(set, samples.top as f64)],
            points: 0,
            has_truth: self.model.is_some(),
            views: self.tabs(),
            minima,
            ..Scene::default()
        };
        let places = last.iter().map(|&x| x as f32);
        (scene, places.chain(last.iter().map(|_| 0.0)).collect())
    }

    fn frame(&mut self, _freshness: Freshness) -> (Frame, Vec<f32>) {
        let entries: Vec<_> = self.history.iter().map(|(_, entry)| entry.clone()).collect();
        let layout = FrameLayout { points: 0, modes: 0, history: entries.len() };
        let metrics = Job::metrics(self);
        let ends = metrics.stages.iter().scan(0, |end, stage| {
            *end += stage.epochs;
            Some(*end)
        });
        let frame = Frame {
            epochs: self.epoch(),
            status: self.ended.clone().unwrap_or(State::Paused),
            last_epoch: self.last_epoch(),
            stage_ends: ends.collect(),
            metrics,
            stage: self.stage(),
            layout,
            ..Frame::default()
        };
        (frame, columns(&entries, 0).collect())
    }

    fn file_text(&self, file: JobFile) -> String {
        match file {
            JobFile::Model => self.save(),
            JobFile::History => {
                let lines = self.history.iter().map(|(what, e)| format!("{},{what},{},{}\n", e.epoch, e.loss_low, e.rho));
                std::iter::once("epoch,fit,loss,rho\n".to_string()).chain(lines).collect()
            }
        }
    }

    fn tabs(&self) -> Vec<Tab> {
        views::tabs(self)
    }

    fn view(&mut self, state: &ViewState) -> Option<View> {
        views::view(self, state)
    }

    fn work_on_view(&mut self, _state: &ViewState) -> bool {
        self.compare_next()
    }
}
