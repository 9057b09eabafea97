//! What leaves a run: arrays and counts for pictures, the model file, the history as a table.

use web_time::Instant;

use super::Run;
use crate::nn::model_file::{FORMAT, ModelFile, VERSION};
use crate::nn::potential;
use crate::run::Report;
use crate::run::judge::Search;
use crate::run::protocol::{Frame, Layout, Scene};

impl Run {
    /// What does not change during the run, with its array: data x, data y, and the truth on the grid if it is known.
    pub fn scene(&self) -> (Scene, Vec<f32>) {
        let grid = self.judge.grid();
        let threshold = self.judge.threshold();
        let extrema = self.truth().map(|truth| crate::landscape::of_truth(truth, threshold)).unwrap_or_default();
        let scene = Scene {
            samples: self.data.samples(),
            inputs: self.data.inputs(),
            names: self.data.names.clone(),
            domain: self.judge.bounds()[0],
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

    /// The state with its array. `status` and `epochs_per_second` are left to the caller, who has a clock. The numbers of the
    /// report may be those of `patience` seconds ago while training goes on, and new minima may be missing from it in more than one
    /// dimension; 0 asks for those of this very epoch, and for all of them.
    pub fn frame(&mut self, patience: f64) -> (Frame, Vec<f32>) {
        let epoch = self.position();
        let recent = |(of, at, _): &(u64, Instant, Report)| *of == epoch || at.elapsed().as_secs_f64() < patience;
        let report = match self.report.as_ref().filter(|r| recent(r)) {
            Some((.., report)) => report.clone(),
            None => self.report_by(if patience > 0.0 { Search::Quick } else { Search::Thorough }),
        };
        let entries = self.history.entries();
        let points = self.judge.grid().len();
        let layout = Layout { points, modes: self.arch.modes, history: entries.len() };
        let mut numbers = Vec::with_capacity(layout.len());
        self.judge.curves(&self.narrow_params(), &mut numbers);
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
            last_epoch: self.settings.epochs,
            epochs_per_second: 0.0,
            report: Report { epochs: self.epoch(), ..report },
            maxima: self.judge.maxima().to_vec(),
            mode_of_minimum: self.judge.mode_of_minimum().to_vec(),
            reach: self.judge.reach().to_vec(),
            altered: self.altered,
            stage: self.stage(),
            layout,
        };
        (frame, numbers)
    }

    /// The fit as a file.
    pub fn model_file(&self) -> ModelFile {
        let (target, inputs) = self.data.names.split_last().expect("a data set names its output");
        let mut file = ModelFile {
            format: FORMAT.into(),
            version: VERSION,
            modes: self.arch.modes,
            hidden: self.arch.hidden.clone(),
            skip: self.arch.skip,
            symmetry: self.arch.symmetry,
            inputs: inputs.to_vec(),
            target: target.clone(),
            scaling: self.potential().scaling().clone(),
            params: std::collections::BTreeMap::new(),
            epochs: self.epochs_before + self.epoch(),
            settings: serde_json::to_value(&self.settings).ok(),
        };
        potential::params_into_file(&self.arch, &self.params(), &mut file);
        file
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
