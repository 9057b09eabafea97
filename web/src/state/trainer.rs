//! The training workers: the one in use, those set aside, and what has been asked of them.

use super::timeline::{Direction, Timeline};
use multiwell::controller::protocol::{Request, Status, Table};
use multiwell::problem::settings::Settings;

/// The phase of the page, `data-state` of the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// The module or the worker is being loaded.
    #[default]
    Loading,
    /// Training.
    Running,
    /// Waiting.
    Paused,
    /// At the last epoch or the loss asked for.
    Finished,
    /// Rolled back.
    Diverged,
    /// The worker has failed.
    Failed,
}

impl Phase {
    /// Where a run stands.
    pub fn of(status: &Status) -> Self {
        match status {
            Status::Running => Self::Running,
            Status::Paused => Self::Paused,
            Status::Finished { .. } => Self::Finished,
            Status::Diverged { .. } => Self::Diverged,
        }
    }

    /// The value of `data-state`.
    pub fn name(self) -> String {
        format!("{self:?}").to_ascii_lowercase()
    }

    /// Whether there is no worker to ask.
    pub fn is_idle(self) -> bool {
        matches!(self, Self::Loading | Self::Failed)
    }

    /// Whether training has stopped by itself.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Diverged)
    }
}

/// Where a run was to stop before it was trained on: its last epoch, and its loss.
pub type Limits = (u64, Option<f64>);

/// What a run has come from besides its settings.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The user's own table, if the run learns from one.
    pub table: Option<Table>,
    /// Where the table lies, if a link said so.
    pub address: Option<String>,
    /// Whether the run went on from a model file.
    pub from_model: bool,
    /// Whether it was asked for by a link or a model file of an older version of the recipe.
    pub is_older: bool,
    /// Where the run was to stop before it was trained on, if it has been.
    pub limits: Option<Limits>,
}

/// A run that has been asked for and has not begun.
#[derive(Debug)]
pub struct Pending {
    /// Its number.
    pub run: u32,
    /// Its settings.
    pub settings: Settings,
    /// What else it comes from.
    pub origin: Origin,
    /// Where it lies on the timeline, if it is a run that was left.
    pub returning: Option<Direction>,
    /// Whether the address is its own already: the reader has followed a link, or gone back or forward.
    pub is_addressed: bool,
}

/// A worker that was replaced by one that reads a large file, with the runs in it.
#[derive(Clone, Copy, Debug)]
pub struct Aside {
    /// Its number.
    pub worker: u32,
    /// Whether the run that it showed last was being trained.
    pub was_running: bool,
}

/// The workers, and what has been asked of them.
#[derive(Debug, Default)]
pub struct Trainer {
    /// The number of the worker in use; messages of other workers are ignored.
    pub worker: Option<u32>,
    /// The last number given to a worker.
    pub workers: u32,
    /// Requests that wait until the worker is ready.
    pub first: Option<Request>,
    /// A worker that has looked into a large file, and waits to read it.
    pub spare: Option<u32>,
    /// The workers before it, as long as there are runs in them to return to.
    pub asides: Vec<Aside>,
    /// The one among them that is gone on with if the worker shows no run.
    pub came_from: Option<u32>,
    /// Whether the worker is ready for requests.
    pub ready: bool,
    /// Whether the worker has not shown a run yet.
    pub opening: bool,
    /// The run that is shown; 0 before the first.
    pub run: u32,
    /// The worker that it is in.
    pub shown_by: Option<u32>,
    /// Whether the browser's history has an entry of the run that is shown: if not, it gets one.
    pub is_addressed: bool,
    /// The run of the entry that was written last.
    pub written: u32,
    /// The run that was kept last.
    pub kept: u32,
    /// When its fit was kept last.
    pub fit_kept: f64,
    /// The last number given to a run.
    pub issued: u32,
    /// The settings before the last change that did not restart, until the next.
    pub unchanged: Option<Settings>,
    /// The run that has been asked for.
    pub pending: Option<Pending>,
    /// The runs before the one that is shown, and those after it that were undone.
    pub timeline: Timeline,
    /// The phase that the page has already gone to; frames sent before the worker knew of it do not count.
    pub expected: Option<Phase>,
}
