//! Timeline for undo and redo: the runs before and after the current one. Workers keep the runs.

use super::ensemble::Ensemble;
use super::link::LinkView;
use super::run::{FormerLimits, Origin};
use multiwell::internal::problem::settings::Settings;

/// Maximum number of kept runs on either side of the displayed one.
const MAX_KEPT_RUNS: usize = 12;
/// Number of samples above which a run is large. Only the last large run is kept.
const LARGE_RUN_SAMPLES: usize = 100_000;

/// Run that the timeline keeps.
#[derive(Debug, Default)]
pub struct ParkedRun {
    /// Number of the run.
    pub run: u32,
    /// Worker that holds the run.
    pub worker: u32,
    /// Settings of the run.
    pub settings: Settings,
    /// Origin of the run besides its settings.
    pub origin: Origin,
    /// Display of the run.
    pub shown: LinkView,
    /// Ensemble of the run, unless it also belongs to the following run.
    pub ensemble: Option<Ensemble>,
    /// Number of samples of the run.
    pub samples: usize,
}

/// A step that can be undone or redone.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "few")]
pub enum TimelineStep {
    /// Switches to another run.
    Run(ParkedRun),
    /// Restores settings of the run with this number, with its former limits.
    Change(u32, Settings, Option<FormerLimits>),
    /// Removes these modes from the run with this number, or restores them.
    Removal(u32, Vec<usize>),
}

impl TimelineStep {
    fn run(&self) -> Option<&ParkedRun> {
        if let Self::Run(left) = self { Some(left) } else { None }
    }
}

/// Direction on the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Undo.
    Back,
    /// Redo.
    On,
}

/// All steps that can be undone or redone.
#[derive(Debug, Default)]
pub struct Timeline {
    /// Steps to undo and steps to redo, in the order of [`Direction`]. The next step of each list is last.
    steps: [Vec<TimelineStep>; 2],
    /// Workers and numbers of runs dropped since the last [`Timeline::drop_surplus`].
    dropped: Vec<(u32, u32)>,
}

impl Timeline {
    /// Records a step and clears the steps that could be redone.
    pub fn record(&mut self, step: TimelineStep) {
        let [past, future] = &mut self.steps;
        self.dropped.extend(future.iter().filter_map(TimelineStep::run).map(|left| (left.worker, left.run)));
        future.clear();
        past.push(step);
    }

    /// Next step in this direction.
    pub fn next(&self, direction: Direction) -> Option<&TimelineStep> {
        self.steps[direction as usize].last()
    }

    /// Takes the next step if it stays within the current run. `now` are the current settings, for the step back.
    pub fn change(
        &mut self,
        direction: Direction,
        (run, takes_changes): (u32, bool),
        now: (Settings, Option<FormerLimits>),
    ) -> Option<TimelineStep> {
        let step = self.steps[direction as usize].pop_if(|step| match step {
            TimelineStep::Change(of, ..) => takes_changes && *of == run,
            TimelineStep::Removal(of, _) => *of == run,
            TimelineStep::Run(_) => false,
        })?;
        let back = if let TimelineStep::Removal(_, modes) = &step {
            TimelineStep::Removal(run, modes.clone())
        } else {
            TimelineStep::Change(run, now.0, now.1)
        };
        self.steps[1 - direction as usize].push(back);
        Some(step)
    }

    /// Drops the next steps in this direction up to a step to another run. The current run cannot take them.
    pub fn skip_changes(&mut self, direction: Direction) {
        while self.steps[direction as usize].pop_if(|step| step.run().is_none()).is_some() {}
    }

    /// Run with this number, and the direction in which it lies.
    pub fn find(&self, run: u32) -> Option<(Direction, &ParkedRun)> {
        let find = |direction| {
            let mut runs = self.steps[direction as usize].iter().filter_map(TimelineStep::run);
            Some((direction, runs.find(|left| left.run == run)?))
        };
        [Direction::Back, Direction::On].into_iter().find_map(find)
    }

    /// All runs that can be returned to.
    pub fn runs(&self) -> impl Iterator<Item = &ParkedRun> {
        self.steps.iter().flatten().filter_map(TimelineStep::run)
    }

    /// Moves to a run in this direction past all steps before it. `from` is the current run.
    pub fn move_to_run(&mut self, direction: Direction, run: u32, from: Option<ParkedRun>) -> Option<ParkedRun> {
        self.steps[1 - direction as usize].extend(from.map(TimelineStep::Run));
        while let Some(step) = self.steps[direction as usize].pop() {
            match step {
                TimelineStep::Run(left) if left.run == run => return Some(left),
                // A run keeps its last settings, so changes within runs are skipped.
                TimelineStep::Change(..) | TimelineStep::Removal(..) => {}
                passed @ TimelineStep::Run(_) => self.steps[1 - direction as usize].push(passed),
            }
        }
        None
    }

    /// Drops runs beyond the limits unless they are pinned, and runs of ended workers. Returns the dropped runs with their workers.
    pub fn drop_surplus(&mut self, is_gone: impl Fn(u32) -> bool, is_pinned: impl Fn(u32) -> bool) -> Vec<(u32, u32)> {
        let mut before = std::mem::take(&mut self.dropped);
        before.extend(self.runs().map(|left| (left.worker, left.run)));
        let mut has_large = false;
        for side in &mut self.steps {
            side.reverse();
            let mut count = 0;
            side.retain(|step| {
                let Some(left) = step.run() else { return count < MAX_KEPT_RUNS };
                count += 1;
                let is_second = left.samples > LARGE_RUN_SAMPLES && std::mem::replace(&mut has_large, true);
                let is_kept = count <= MAX_KEPT_RUNS && !is_second || is_pinned(left.run);
                is_kept && !is_gone(left.worker)
            });
            side.reverse();
        }
        let kept: Vec<u32> = self.runs().map(|left| left.run).collect();
        before.into_iter().filter(|(_, run)| !kept.contains(run)).collect()
    }
}
