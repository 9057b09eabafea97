//! Interface of front ends. A [`Controller`] holds the current job and earlier ones, any of which can be shown again
//! unchanged. It answers the requests of [`protocol`]. The worker provides the clock and posts the replies.

pub mod analysis;
pub mod ensemble;
pub mod epoch_rate;
mod files;
pub mod link;
mod preview;
pub mod protocol;
pub mod thumbnail;

use files::needs_whole_table;
use std::any::Any;

use crate::data::csv::inspect_files;
use crate::landscape::Pruning;
use crate::problem::frame::Freshness;
use crate::problem::job::{Job, JobFile, JobProgress};
use crate::problem::potential::PotentialRun;
use crate::problem::settings::Settings;
use crate::problem::view::ViewState;
use epoch_rate::TrainingClock;
use preview::{Preview, PreviewInputs};
pub use preview::{READING_STAGE, excerpt, places};
use protocol::{Reply, Request, Status};

/// Seconds between searches for new minima during training. A search can take as long as dozens of epochs.
const SEARCH_INTERVAL_S: f64 = 0.2;

/// Job with the number from the page.
struct Active {
    number: u32,
    job: Box<dyn Job>,
    training: bool,
    clock: TrainingClock,
    /// Frame that is pending after a pause.
    pending_frame: PendingFrame,
    view: ViewProgress,
    /// Removals whose costs are being computed, in several inputs.
    pruning: Option<Pruning>,
    /// Pending work on the whole table, while the job trains on an excerpt of it.
    preview: Option<Preview>,
}

/// Frame that is pending after a pause. The cached state is sent at once; a costly evaluation of the current state follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum PendingFrame {
    #[default]
    None,
    Cached,
    Current,
}

/// Progress of sending the current view.
#[derive(Default)]
struct ViewProgress {
    /// Position of the last view sent.
    sent: Option<u64>,
    /// True if the view has no remaining work.
    is_complete: bool,
}

impl Active {
    fn new(number: u32, job: Box<dyn Job>, training: bool) -> Self {
        let (clock, pending_frame, view) = Default::default();
        Self { number, job, training, clock, pending_frame, view, pruning: None, preview: None }
    }

    /// Handles a request about the run.
    fn answer(&mut self, request: Request) -> Option<Numbered> {
        let run = self.number;
        match request {
            Request::Go => self.set_training(true),
            Request::Pause => {
                self.set_training(false);
                self.pending_frame = PendingFrame::Cached;
            }
            Request::Step => {
                self.set_training(false);
                self.job.advance(1);
            }
            Request::SelectSnapshot(snapshot) => {
                self.set_training(false);
                self.job.select_snapshot(snapshot);
            }
            Request::Change(settings) => return self.change(&settings),
            Request::Save { is_kept } => {
                return Some((Reply::Model { run, json: self.job.file_text(JobFile::Model), is_kept }, None));
            }
            Request::Export(form) => return Some((Reply::Export(self.job.file_text(JobFile::Model), form), None)),
            Request::History => return Some((Reply::History(self.job.file_text(JobFile::History)), None)),
            request => {
                let job: &mut dyn Any = &mut *self.job;
                let Some(potential) = job.downcast_mut::<PotentialRun>() else {
                    let sentence = "This is asked of potentials alone: choose another benchmark for it.";
                    return Some((Reply::Declined(sentence.into()), None));
                };
                return analysis::answer(run, potential, &mut self.pruning, request);
            }
        }
        None
    }

    fn set_training(&mut self, training: bool) {
        if !matches!(self.preview, Some(Preview::Refused(_))) {
            self.training = training && self.job.ended().is_none();
            // A pause does not count as training time.
            self.clock.epoch_rate.rest();
        }
    }

    fn change(&mut self, settings: &Settings) -> Option<Numbered> {
        let had_ended = self.job.ended().is_some();
        if let Err(problems) = self.job.change(settings) {
            return Some((Reply::Refused { run: self.number, problems }, None));
        }
        // A later stop lets a finished run continue, a smaller rate a diverged one.
        self.training = self.job.ended().is_none() && (self.training || had_ended);
        None
    }
}

/// Current job, parked jobs, and the requested view.
#[derive(Default)]
pub struct Controller {
    active: Option<Active>,
    /// Original run, while the active one follows a changed drawing.
    original: Option<Active>,
    /// Parked runs, the latest one last.
    kept: Vec<Active>,
    state: Option<ViewState>,
}

/// Reply with its array of numbers.
type Numbered = (Reply, Option<Vec<f32>>);

impl Controller {
    /// Handles a request and returns the replies, without the frame that follows every request.
    ///
    /// # Panics
    /// On [`Request::Panic`].
    pub fn answer(&mut self, request: Request) -> Vec<Numbered> {
        if let Some(active) = &mut self.active {
            // Any request may change the view.
            active.view = ViewProgress::default();
        }
        if needs_whole_table(&request) {
            // Requests about a run do not go to its preview.
            let mut replies = self.read();
            if let Some(refusal) = self.refusal() {
                return vec![refusal];
            }
            replies.extend(self.answer_run(request));
            return replies;
        }
        self.answer_run(request)
    }

    fn answer_run(&mut self, request: Request) -> Vec<Numbered> {
        match request {
            Request::Start { run, settings, table, model, running } => {
                return self.start(run, running, PreviewInputs { settings, table, model });
            }
            Request::Recall(run) => return self.recall(run),
            Request::Forget(runs) => self.kept.retain(|kept| !runs.contains(&kept.number)),
            Request::Redraw(drawing) => return self.redraw(drawing.as_deref()),
            Request::ViewState(state) => self.state = state,
            Request::Inspect(files) => {
                return vec![(Reply::inspected(inspect_files(files).map_err(|error| error.to_string())), None)];
            }
            Request::Thumbnail(task) => {
                let benchmark = task.settings.benchmark.clone();
                return vec![(Reply::Thumbnail(benchmark, task.picture()), None)];
            }
            Request::Visible(_) | Request::LimitSpeed(_) => {}
            Request::Panic => panic!("the page asked for a panic"),
            request => return self.active.as_mut().and_then(|active| active.answer(request)).into_iter().collect(),
        }
        Vec::new()
    }

    fn start(&mut self, run: u32, running: bool, given: PreviewInputs) -> Vec<Numbered> {
        let (opened, preview) = match given.preview() {
            Some(job) => (Ok(job), Some(Preview::Reading(Box::new(given)))),
            None => (given.open(), None),
        };
        match opened {
            Ok(job) => self.show(Active { preview, ..Active::new(run, job, running) }),
            Err(problems) => vec![(Reply::Refused { run, problems }, None)],
        }
    }

    /// Shows another run and parks the current one.
    fn show(&mut self, active: Active) -> Vec<Numbered> {
        self.park_run();
        self.active = Some(active);
        self.scene_and_notes()
    }

    /// Parks the shown run. If it follows a drawing, parks the original run instead.
    fn park_run(&mut self) {
        let shown = self.active.take();
        self.kept.extend(self.original.take().or(shown));
    }

    /// Shows a parked run again, or the current one.
    fn recall(&mut self, run: u32) -> Vec<Numbered> {
        let is_it = |one: &Active| one.number == run;
        if self.original.is_none() && self.active.as_ref().is_some_and(is_it) {
            return self.scene();
        }
        if !self.kept.iter().chain(&self.original).any(is_it) {
            return Vec::new();
        }
        self.park_run();
        let place = self.kept.iter().position(is_it);
        self.active = place.map(|place| self.kept.remove(place));
        self.scene()
    }

    /// Returns true if a run is in training.
    pub fn is_training(&self) -> bool {
        self.active.as_ref().is_some_and(|a| a.training && a.preview.is_none())
    }

    /// Approximate number of epochs in `milliseconds`; one without any measurement.
    pub fn epochs_in(&self, milliseconds: f64) -> u64 {
        let speed = self.active.as_ref().map_or(0.0, |a| a.clock.speeds()[0]);
        (speed * milliseconds / 1e3).floor().max(1.0) as u64
    }

    /// Trains for up to `epochs` epochs, or for a part of a step of a second-order method; returns the number of epochs done.
    pub fn train(&mut self, epochs: u64) -> u64 {
        let Some(active) = &mut self.active else { return 0 };
        let steps = active.job.progress().lm_steps;
        let done = active.job.advance_in_parts(epochs);
        if active.job.ended().is_some() {
            active.training = false;
        }
        active.clock.steps = active.job.progress().lm_steps - steps;
        done
    }

    /// Number of epochs and of steps of a second-order method done.
    pub fn steps_done(&self) -> u64 {
        self.active.as_ref().map_or(0, |active| {
            let progress = active.job.progress();
            progress.epoch + progress.lm_steps
        })
    }

    /// Records the duration of the last epochs in milliseconds.
    pub fn measure(&mut self, epochs: u64, milliseconds: f64) {
        if let Some(active) = &mut self.active {
            active.clock.measure(epochs, milliseconds);
        }
    }

    /// Sets the time in milliseconds. Callers set it at least before each frame.
    pub fn record_time(&mut self, now: f64) {
        if let Some(active) = &mut self.active {
            let [done, _] = active.job.work_done_and_left();
            if active.training { active.clock.epoch_rate.record(now, done) } else { active.clock.epoch_rate.rest() }
        }
    }

    /// Returns true if the answer to a pause was a possibly old state, so that another frame follows.
    pub fn has_pending_frame(&self) -> bool {
        self.active.as_ref().is_some_and(|active| active.pending_frame == PendingFrame::Current)
    }

    /// Latest state, if there is a run. The answer to a pause may be an old state; the next frame is exact.
    pub fn frame(&mut self) -> Option<(Reply, Vec<f32>)> {
        let active = self.active.as_mut()?;
        let freshness = match std::mem::take(&mut active.pending_frame) {
            _ if active.training => Freshness::Within(SEARCH_INTERVAL_S),
            PendingFrame::Cached => {
                active.pending_frame = PendingFrame::Current;
                Freshness::Cached
            }
            _ => Freshness::Current,
        };
        let (mut frame, numbers) = active.job.frame(freshness);
        frame.status = match active.job.ended() {
            Some(ended) => ended.clone(),
            None if active.training => Status::Running,
            None => Status::Paused,
        };
        if let Some(stage) = active.preview.as_ref().and_then(Preview::stage) {
            frame.stage = Some(stage);
        } else if active.training {
            [frame.epochs_per_second, frame.steps_per_second] = active.clock.speeds();
            let [_, left] = active.job.work_done_and_left();
            frame.seconds_left = active.clock.epoch_rate.seconds_for(left);
        }
        let JobProgress { can_continue, takes_changes, .. } = active.job.progress();
        (frame.can_continue, frame.takes_changes) = (can_continue, takes_changes);
        Some((Reply::Frame { run: active.number, frame: Box::new(frame) }, numbers))
    }

    /// Requested view, if it has changed.
    pub fn view(&mut self) -> Option<Reply> {
        let (active, state) = (self.active.as_mut()?, self.state.as_ref()?);
        let position = active.job.progress().position;
        if active.view.sent == Some(position) {
            return None;
        }
        let view = Box::new(active.job.view(state)?);
        active.view.sent = Some(position);
        Some(Reply::View { run: active.number, view })
    }

    /// Returns true if the current view has remaining work.
    pub fn is_working(&self) -> bool {
        self.state.is_some() && self.active.as_ref().is_some_and(|active| !active.view.is_complete)
    }

    /// Performs a part of the work of the current view.
    pub fn work(&mut self) {
        let (Some(active), Some(state)) = (&mut self.active, &self.state) else { return };
        active.view.is_complete = !active.job.work_on_view(state);
        active.view.sent = None;
    }

    fn scene_and_notes(&self) -> Vec<Numbered> {
        let notes =
            self.active.iter().filter(|active| active.preview.is_none()).map(|active| (active.number, active.job.notes()));
        let notes = notes.filter(|(_, notes)| !notes.is_empty()).map(|(run, notes)| (Reply::Notes { run, notes }, None));
        self.scene().into_iter().chain(notes).collect()
    }

    fn scene(&self) -> Vec<Numbered> {
        let Some(active) = &self.active else { return Vec::new() };
        let (scene, numbers) = active.job.scene();
        vec![(Reply::Scene { run: active.number, settings: active.job.settings().clone(), scene }, Some(numbers))]
    }

    /// Lets the shown run follow a drawing, or shows the original run again.
    fn redraw(&mut self, drawing: Option<&str>) -> Vec<Numbered> {
        let Some(active) = &self.active else { return Vec::new() };
        let job: &dyn Any = &*active.job;
        match (drawing, job.downcast_ref::<PotentialRun>()) {
            (None, _) => self.active = self.original.take().or(self.active.take()),
            (Some(drawing), Some(run)) => {
                if let Ok(run) = run.redrawn(drawing) {
                    let redrawn = Active::new(active.number, Box::new(run), true);
                    let before = self.active.replace(redrawn);
                    self.original = self.original.take().or(before);
                }
            }
            (Some(_), None) => {}
        }
        self.scene()
    }
}

#[cfg(test)]
mod tests;
