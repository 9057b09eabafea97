//! Training workers: the current one, a spare one and the parked ones.

use multiwell::internal::controller::protocol::Request;

/// Maximum number of workers that are parked for the runs in them.
const MAX_PARKED_WORKERS: usize = 2;

/// Worker that another worker has replaced. It still holds the runs that it has trained.
#[derive(Clone, Copy, Debug)]
pub struct ParkedWorker {
    /// Number of the worker.
    pub worker: u32,
    /// True if its last run was being trained.
    pub was_running: bool,
}

/// Training workers of the page, by their numbers.
#[derive(Debug, Default)]
pub struct TrainingWorkers {
    /// Current worker. The page ignores messages of all other workers.
    pub current: Option<u32>,
    /// Number given to the last worker.
    pub last_number: u32,
    /// Request that waits until the current worker is ready.
    pub first_request: Option<Request>,
    /// Worker that has inspected a large file and can read it next.
    pub spare: Option<u32>,
    /// Replaced workers that hold runs of the timeline, oldest first.
    pub parked: Vec<ParkedWorker>,
    /// Parked worker that continues if the current worker shows no run.
    pub previous: Option<u32>,
    /// True if the current worker accepts requests.
    pub is_ready: bool,
    /// True if the current worker has received its first request and has not shown a run.
    pub is_opening: bool,
}

impl TrainingWorkers {
    /// Returns true if the current worker has not shown a run.
    pub fn awaits_first_run(&self) -> bool {
        self.first_request.is_some() || self.is_opening
    }

    /// Number for a new worker.
    pub fn next_number(&mut self) -> u32 {
        self.last_number += 1;
        self.last_number
    }

    /// Removes a worker from the parked ones.
    pub fn take_parked(&mut self, worker: u32) -> Option<ParkedWorker> {
        self.parked.extract_if(.., |parked| parked.worker == worker).next()
    }

    /// Makes a parked worker the current one. Returns whether its last run was being trained.
    pub fn resume(&mut self, ParkedWorker { worker, was_running }: ParkedWorker) -> bool {
        (self.current, self.first_request, self.is_ready) = (Some(worker), None, true);
        (self.is_opening, self.previous) = (false, None);
        was_running
    }

    /// Removes the oldest parked workers beyond the maximum number.
    pub fn take_surplus(&mut self) -> Vec<ParkedWorker> {
        let surplus = self.parked.len().saturating_sub(MAX_PARKED_WORKERS);
        self.parked.drain(..surplus).collect()
    }

    /// Removes the parked workers that are not among these.
    pub fn take_unused(&mut self, used: &[u32]) -> Vec<ParkedWorker> {
        self.parked.extract_if(.., |parked| !used.contains(&parked.worker)).collect()
    }

    /// Parked workers and the current one.
    pub fn numbers(&self) -> Vec<u32> {
        self.parked.iter().map(|parked| parked.worker).chain(self.current).collect()
    }

    /// Removes the current worker. The spare one and the parked ones stay.
    pub fn reset(&mut self) {
        let Self { last_number, spare, parked, .. } = std::mem::take(self);
        *self = Self { last_number, spare, parked, ..Self::default() };
    }
}
