//! A training run that can be stepped.

use super::Report;
use super::protocol::{Frame, Scene, Status};
use super::settings::{Problem, Settings};
use crate::data::Dataset;
use crate::nn::model_file::ModelFile;

/// Where a run's data come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// The benchmark named in the settings, sampled by their seed.
    Benchmark,
    /// A user's own points.
    Own(Dataset),
}

/// Where a run stands.
pub type State = Status;

/// A run: data, model, trainer, history. Knows no clock but the time it spends in [`Run::advance`].
pub struct Run {}

impl Run {
    /// Checks the settings, draws the data and the initial parameters.
    ///
    /// # Errors
    /// Every setting that cannot be used, each with a sentence.
    pub fn new(_settings: Settings, _source: Source, _start: Option<&ModelFile>) -> Result<Self, Vec<Problem>> {
        todo!()
    }

    /// Trains up to `epochs` more epochs; ends early at the last epoch, at the loss asked for, or when training diverges.
    /// Returns the number of epochs done. How the epochs are cut into calls does not change a single bit.
    pub fn advance(&mut self, _epochs: u64) -> u64 {
        todo!()
    }

    /// Why the run has stopped by itself; `None` while it can go on.
    pub fn ended(&self) -> Option<&State> {
        todo!()
    }

    /// Takes over the settings that do not restart a run: epsilon, rates, schedule, stops.
    ///
    /// # Errors
    /// Every setting that cannot be used, or that would need a restart; the run goes on as it was.
    pub fn change(&mut self, _settings: &Settings) -> Result<(), Vec<Problem>> {
        todo!()
    }

    /// The numbers.
    pub fn report(&mut self) -> Report {
        todo!()
    }

    /// What does not change during the run, with its array.
    pub fn scene(&self) -> (Scene, Vec<f32>) {
        todo!()
    }

    /// The state with its array. `status` and `epochs_per_second` are left to the caller, who has a clock.
    pub fn frame(&mut self) -> (Frame, Vec<f32>) {
        todo!()
    }

    /// The fit as a file.
    pub fn model_file(&self) -> ModelFile {
        todo!()
    }

    /// The history as CSV: epoch, loss, mse, responsible modes, active gates, rho, one column a gate.
    pub fn history_csv(&self) -> String {
        todo!()
    }
}
