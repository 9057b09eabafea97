//! Parallel runs, each on one thread: workers process one [`EnsembleTask`] after another. A run gives the same bits as
//! outside of an ensemble.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::plot::figures::LearningCurves;
use crate::problem::frame::{Frame, FrameLayout, Freshness, Status};
use crate::problem::job::{FitInputs, Job};
use crate::problem::jobs;
use crate::problem::settings::{InvalidSetting, Settings};
use crate::problem::table::UserTable;

/// Run to train to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnsembleTask {
    /// Number of the task in all its events.
    pub number: u32,
    /// Settings of the run.
    pub settings: Settings,
    /// Table, if `settings.benchmark` is [`Settings::OWN_DATA`].
    pub table: Option<UserTable>,
}

/// Report of a worker about its tasks, with the number of the task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant)]
pub enum EnsembleEvent {
    /// The worker is ready for tasks.
    Ready,
    /// A run is being trained. It has this number of epochs.
    Progress(u32, u64),
    /// A run has ended, with this state. Comes with an array with the layout `frame.layout`: the curves of the fit and the history
    /// of the run.
    Done(u32, Box<Frame>),
    /// The settings of a task are unusable.
    Refused(u32, Vec<InvalidSetting>),
    /// The worker has failed with this message and will send no more events.
    Failed(String),
}

/// Performs a task and reports progress about every `slice` epochs; returns the last event and its numbers.
pub fn work(
    task: EnsembleTask,
    slice: impl Fn(&dyn Job) -> u64,
    mut report: impl FnMut(&EnsembleEvent),
) -> (EnsembleEvent, Vec<f32>) {
    let EnsembleTask { number, settings, table } = task;
    let mut job = match jobs::open(settings, FitInputs { table: table.as_ref(), model: None }) {
        Ok(job) => job,
        Err(problems) => return (EnsembleEvent::Refused(number, problems), Vec::new()),
    };
    while job.ended().is_none() {
        job.advance(slice(&*job));
        report(&EnsembleEvent::Progress(number, job.progress().epoch));
    }
    let (mut frame, numbers) = job.frame(Freshness::Current);
    frame.status = job.ended().cloned().unwrap_or(Status::Paused);
    (EnsembleEvent::Done(number, Box::new(frame)), numbers)
}

/// Learning curves of runs, from their last frames with arrays: loss (geometric mean of the smallest and the largest loss
/// of each entry), number of responsible modes, and number of active gates.
pub fn learning_curves(ends: &[(&Frame, &[f32])]) -> [LearningCurves; 3] {
    fn part<'a>((frame, numbers): &(&Frame, &'a [f32]), of: fn(&FrameLayout) -> Range<usize>) -> &'a [f32] {
        numbers.get(of(&frame.layout)).unwrap_or_default()
    }
    let losses = |end| {
        part(end, FrameLayout::loss_low).iter().zip(part(end, FrameLayout::loss_high)).map(|(l, h)| (l * h).sqrt()).collect()
    };
    let losses: Vec<Vec<f32>> = ends.iter().map(losses).collect();
    let curves = |values: Vec<&[f32]>| {
        LearningCurves::new(
            &ends.iter().zip(values).map(|(end, values)| (part(end, FrameLayout::epochs), values)).collect::<Vec<_>>(),
        )
    };
    let count = |of| curves(ends.iter().map(|end| part(end, of)).collect());
    [curves(losses.iter().map(Vec::as_slice).collect()), count(FrameLayout::responsible), count(FrameLayout::active)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{DataSource, PotentialRun};

    fn small(seed: u64) -> Settings {
        Settings::from_recipe(crate::problem::settings::Recipe::Paper)
            .with(&format!("modes=3&hidden=4&samples=30&epochs=60&seed={seed}"))
            .unwrap()
    }

    #[test]
    fn ensemble_task_reports_progress_and_equals_single_run() {
        let mut told = Vec::new();
        let job = EnsembleTask { number: 9, settings: small(2), table: None };
        let (news, numbers) = work(job, |_| 25, |news| told.push(news.clone()));
        let progress = [25, 50, 60].map(|epochs| EnsembleEvent::Progress(9, epochs));
        assert_eq!(told, progress);
        let EnsembleEvent::Done(9, frame) = news else { panic!("not done: {news:?}") };
        assert!(matches!(frame.status, Status::Finished { .. }));
        assert_eq!(numbers.len(), frame.layout.len());
        let mut run = PotentialRun::new(small(2), DataSource::Benchmark, None).unwrap();
        run.advance(u64::MAX);
        assert!((frame.metrics.potential().unwrap().rho - run.params().pop().unwrap()).abs() < 1e-12);
    }

    #[test]
    fn invalid_settings_are_refused_with_number_of_task() {
        let mut settings = small(1);
        settings.training.epochs = 0;
        let job = EnsembleTask { number: 4, settings, table: None };
        assert!(matches!(work(job, |_| 1, |_| ()).0, EnsembleEvent::Refused(4, _)));
    }
}
