//! Requests about runs that the current worker has not answered.

use super::phase::Phase;
use super::run::Origin;
use super::timeline::Direction;
use multiwell::internal::problem::settings::Settings;

/// Requested run that has not begun.
#[derive(Debug)]
pub struct PendingRun {
    /// Number of the run.
    pub run: u32,
    /// Settings of the run.
    pub settings: Settings,
    /// Origin of the run besides its settings.
    pub origin: Origin,
    /// Direction of the run on the timeline, if it is recalled from there.
    pub direction: Option<Direction>,
    /// True if the address already belongs to the run: the reader has followed a link, or gone back or forward.
    pub is_addressed: bool,
}

/// Runs, changes and phases that the page has requested from the worker.
#[derive(Debug, Default)]
pub struct RunRequests {
    /// Number given to the last requested run.
    pub last_run: u32,
    /// Requested run that has not begun.
    pub pending: Option<PendingRun>,
    /// Settings before the last change without a restart. A refusal restores them.
    pub previous_settings: Option<Settings>,
    /// Phase that the page has entered before the worker. Frames that the worker sent earlier do not change the phase.
    pub expected_phase: Option<Phase>,
}

impl RunRequests {
    /// Removes the pending run if it has this number.
    pub fn take_pending(&mut self, run: u32) -> Option<PendingRun> {
        self.pending.take_if(|pending| pending.run == run)
    }

    /// Returns true if the phase of a new frame is up to date. If so, no other phase is expected any more.
    pub fn accept_phase(&mut self, phase: Phase) -> bool {
        let is_late = self.expected_phase.is_some_and(|expected| expected != phase && !phase.is_over());
        if !is_late {
            self.expected_phase = None;
        }
        !is_late
    }

    /// Discards all requests. Numbers of runs are not reused.
    pub fn reset(&mut self) {
        *self = Self { last_run: self.last_run, ..Self::default() };
    }
}
