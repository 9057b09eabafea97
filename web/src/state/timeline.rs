//! The runs before the one that is shown, and those after it that were undone: each is kept by its worker as it was left.

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
    /// Its number.
    pub run: u32,
    /// The worker that keeps it.
    pub worker: u32,
    /// Its settings.
    pub settings: Settings,
    /// Origin of the run besides its settings.
    pub origin: Origin,
    /// Content of the page for the run.
    pub shown: LinkView,
    /// The seeds trained of it, if those of the run after it are others.
    pub ensemble: Option<Ensemble>,
    /// How many samples it learns from.
    pub samples: usize,
}

/// A step that can be taken back, or taken again.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "few")]
pub enum TimelineStep {
    /// To another run.
    Run(ParkedRun),
    /// To other settings of the run of this number, with the limits that belong to them.
    Change(u32, Settings, Option<FormerLimits>),
    /// Over a removal of these modes from the run of this number.
    Removal(u32, Vec<usize>),
}

impl TimelineStep {
    fn run(&self) -> Option<&ParkedRun> {
        if let Self::Run(left) = self { Some(left) } else { None }
    }
}

/// Which way to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To what was before.
    Back,
    /// To what was undone.
    On,
}

/// Everything that can be undone and done again.
#[derive(Debug, Default)]
pub struct Timeline {
    /// Steps back; the last is taken first.
    past: Vec<TimelineStep>,
    /// Steps on again; the last is taken first.
    future: Vec<TimelineStep>,
    /// Workers and runs that were dropped since [`Timeline::tidy`].
    dropped: Vec<(u32, u32)>,
}

impl Timeline {
    fn side(&mut self, direction: Direction) -> &mut Vec<TimelineStep> {
        if direction == Direction::Back { &mut self.past } else { &mut self.future }
    }

    fn other_side(&mut self, direction: Direction) -> &mut Vec<TimelineStep> {
        if direction == Direction::Back { &mut self.future } else { &mut self.past }
    }

    /// Records a step and clears the steps that could be redone.
    pub fn record(&mut self, step: TimelineStep) {
        self.dropped.extend(self.future.iter().filter_map(TimelineStep::run).map(|left| (left.worker, left.run)));
        self.future.clear();
        self.past.push(step);
    }

    /// The next step in this direction.
    pub fn next(&self, direction: Direction) -> Option<&TimelineStep> {
        if direction == Direction::Back { self.past.last() } else { self.future.last() }
    }

    /// Takes the next step if it stays with the run that is shown, which may take no changes; `now` are the settings that it is taken from.
    pub fn change(
        &mut self,
        direction: Direction,
        (run, takes_changes): (u32, bool),
        now: (Settings, Option<FormerLimits>),
    ) -> Option<TimelineStep> {
        let step = self.side(direction).pop_if(|step| match step {
            TimelineStep::Change(of, ..) => takes_changes && *of == run,
            TimelineStep::Removal(of, _) => *of == run,
            TimelineStep::Run(_) => false,
        })?;
        let back = if let TimelineStep::Removal(_, modes) = &step {
            TimelineStep::Removal(run, modes.clone())
        } else {
            TimelineStep::Change(run, now.0, now.1)
        };
        self.other_side(direction).push(back);
        Some(step)
    }

    /// Forgets steps that lie next in this direction and lead to no other run: the run that is shown takes none.
    pub fn skip_changes(&mut self, direction: Direction) {
        while self.side(direction).pop_if(|step| step.run().is_none()).is_some() {}
    }

    /// The direction in which a run lies.
    pub fn direction_of(&self, run: u32) -> Option<Direction> {
        let has = |side: &[TimelineStep]| side.iter().any(|step| matches!(step, TimelineStep::Run(left) if left.run == run));
        if has(&self.past) { Some(Direction::Back) } else { has(&self.future).then_some(Direction::On) }
    }

    /// The run of this number.
    pub fn run(&self, run: u32) -> Option<&ParkedRun> {
        self.runs().find(|left| left.run == run)
    }

    /// All runs that can be returned to.
    pub fn runs(&self) -> impl Iterator<Item = &ParkedRun> {
        self.past.iter().chain(&self.future).filter_map(TimelineStep::run)
    }

    /// Goes to a run in this direction, past all steps before it; `from` is the run that is left.
    pub fn move_to_run(&mut self, direction: Direction, run: u32, from: Option<ParkedRun>) -> Option<ParkedRun> {
        self.other_side(direction).extend(from.map(TimelineStep::Run));
        while let Some(step) = self.side(direction).pop() {
            match step {
                TimelineStep::Run(left) if left.run == run => return Some(left),
                // Settings are those with which each run was left.
                TimelineStep::Change(..) | TimelineStep::Removal(..) => {}
                passed @ TimelineStep::Run(_) => self.other_side(direction).push(passed),
            }
        }
        None
    }

    /// Forgets what does not fit unless it is pinned, and the runs of workers that are gone; says which runs, and whose.
    pub fn tidy(&mut self, is_gone: impl Fn(u32) -> bool, is_pinned: impl Fn(u32) -> bool) -> Vec<(u32, u32)> {
        let mut before = std::mem::take(&mut self.dropped);
        before.extend(self.runs().map(|left| (left.worker, left.run)));
        let mut has_large = false;
        for side in [&mut self.past, &mut self.future] {
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
