//! The interface of front ends. A [`Controller`] holds the job being trained and those before it, so that any of them can be shown again as it was left,
//! and answers the requests of [`protocol`]; the clock and the posting of replies belong to the worker.

pub mod analysis;
pub mod ensemble;
pub mod link;
pub mod pace;
mod preview;
pub mod protocol;

use std::any::Any;

use crate::data::csv::look_into;
use crate::landscape::Pruning;
use crate::problem::InvalidSetting;
use crate::problem::job::Job;
use crate::problem::potential::Run;
use crate::problem::settings::Settings;
use crate::problem::view::ViewState;
use pace::Pace;
use preview::{Given, Preview};
pub use preview::{READING, excerpt, places};
use protocol::{Reply, Request, Status, Table};

/// Most runs that are kept beside the one that is shown, where a front end forgets none.
const KEPT: usize = 32;
/// Seconds between searches for new minima during training: a search may take as long as dozens of epochs.
const SEARCHES: f64 = 0.2;

/// A job with the number that the page gave it.
struct Active {
    number: u32,
    job: Box<dyn Job>,
    training: bool,
    /// Speed in epochs, and in steps of a second-order method.
    speed: [Speed; 2],
    /// Steps of a second-order method in the last slice of training.
    steps: u64,
    pace: Pace,
    /// Milliseconds of a step that is not over.
    amid: f64,
    /// What a pause is still owed.
    owed: Owed,
    /// The position of the view that was sent last.
    seen: Option<u64>,
    /// Whether the current view may have work left to do.
    working: bool,
    /// Whether it follows a drawing: the run itself is the one that was drawn upon.
    follows: bool,
    /// The removals of modes that are being priced; in one input all are at once.
    pruning: Option<Pruning>,
    /// Of a job that learns from some lines of a large table, what is to be done with all of it.
    preview: Option<Preview>,
}

/// A pause is answered at once by what is shown already, where the state as it is takes time, and then by that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Owed {
    #[default]
    Nothing,
    Answer,
    State,
}

impl Active {
    fn new(number: u32, job: Box<dyn Job>, training: bool) -> Self {
        let (speed, pace) = Default::default();
        let (amid, owed, follows) = (0.0, Owed::Nothing, false);
        Self {
            number,
            job,
            training,
            speed,
            steps: 0,
            pace,
            amid,
            owed,
            seen: None,
            working: true,
            follows,
            pruning: None,
            preview: None,
        }
    }
}

/// Training speed: a mean over about the last half second of training.
#[derive(Default)]
struct Speed {
    done: f64,
    milliseconds: f64,
}

impl Speed {
    fn add(&mut self, done: u64, milliseconds: f64) {
        let keep = (-milliseconds / 500.0).exp();
        self.done = self.done * keep + done as f64;
        self.milliseconds = self.milliseconds * keep + milliseconds;
    }

    fn per_second(&self) -> f64 {
        if self.milliseconds > 0.0 { 1e3 * self.done / self.milliseconds } else { 0.0 }
    }
}

/// The current job, those that were left, and the view that is asked for.
#[derive(Default)]
pub struct Controller {
    active: Option<Active>,
    /// The run that is drawn upon, while the active one follows the drawing.
    drawn_upon: Option<Active>,
    /// Runs that were left, the last one last.
    kept: Vec<Active>,
    state: Option<ViewState>,
}

/// A reply and the numbers that go with it.
type Numbered = (Reply, Option<Vec<f32>>);

impl Controller {
    /// Handles a request and returns the replies, without the frame that follows every request.
    ///
    /// # Panics
    /// On [`Request::Panic`].
    pub fn answer(&mut self, request: Request) -> Vec<Numbered> {
        if let Some(active) = &mut self.active {
            // Any request may change the view.
            (active.seen, active.working) = (None, true);
        }
        if is_about_all(&request) {
            // What is asked of a run is not asked of its preview.
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
                return self.start(run, running, Given { settings, table, model });
            }
            Request::Recall { run } => return self.recall(run),
            Request::Forget { runs } => self.kept.retain(|kept| !runs.contains(&kept.number)),
            Request::Redraw { drawing } => return self.redraw(drawing.as_deref()),
            Request::Change { settings } => return self.change(&settings),
            Request::Go => self.set_training(true),
            Request::Pause => {
                self.set_training(false);
                if let Some(active) = &mut self.active {
                    active.owed = Owed::Answer;
                }
            }
            Request::Step => {
                self.set_training(false);
                if let Some(active) = &mut self.active {
                    active.job.advance(1);
                }
            }
            Request::LookBack { moment } => {
                self.set_training(false);
                if let Some(active) = &mut self.active {
                    active.job.look_back(moment);
                }
            }
            Request::Save { is_kept } => {
                let run = self.active.as_ref().map_or(0, |active| active.number);
                return self.text(|job| Reply::Model { run, json: job.model_text(), is_kept });
            }
            Request::Export { form, hessian } => return self.text(|job| Reply::Export { json: job.model_text(), form, hessian }),
            Request::History => return self.text(|job| Reply::History { csv: job.history_csv() }),
            Request::Survey
            | Request::Pruning { .. }
            | Request::Prune { .. }
            | Request::Reopen
            | Request::Drop { .. }
            | Request::Tilt { .. } => {
                let Some(active) = &mut self.active else { return Vec::new() };
                let job: &mut dyn Any = &mut *active.job;
                let Some(run) = job.downcast_mut::<Run>() else {
                    let sentence = "This is asked of potentials alone: choose another benchmark for it.".into();
                    return vec![(Reply::Declined { sentence }, None)];
                };
                let pruning = &mut active.pruning;
                return analysis::answer(active.number, run, pruning, request).into_iter().collect();
            }
            Request::ViewState { state } => self.state = state,
            Request::Look { files } => {
                return vec![(Reply::seen(look_into(files).map_err(|error| error.to_string())), None)];
            }
            Request::Visible { .. } => {}
            Request::Panic => panic!("the page asked for a panic"),
        }
        Vec::new()
    }

    fn start(&mut self, run: u32, running: bool, given: Given) -> Vec<Numbered> {
        let (opened, preview) = match given.preview() {
            Some(job) => (Ok(job), Some(Preview::Of(Box::new(given)))),
            None => (given.open(), None),
        };
        match opened {
            Ok(job) => self.show(Active { preview, ..Active::new(run, job, running) }),
            Err(problems) => vec![(Reply::Refused { run, problems }, None)],
        }
    }

    /// Shows another run; the one before can be returned to.
    fn show(&mut self, active: Active) -> Vec<Numbered> {
        self.leave();
        self.active = Some(active);
        self.scene_and_notes()
    }

    /// Keeps the run that is shown; of one that follows a drawing, the run that was drawn upon.
    fn leave(&mut self) {
        let drawn_upon = self.drawn_upon.take();
        let left = self.active.take().filter(|active| !active.follows).or(drawn_upon);
        self.kept.extend(left);
        if self.kept.len() > KEPT {
            self.kept.remove(0);
        }
    }

    /// Shows a run again that is kept, or still shown.
    fn recall(&mut self, run: u32) -> Vec<Numbered> {
        let is_it = |one: &Active| one.number == run;
        if self.active.as_ref().is_some_and(|active| is_it(active) && !active.follows) {
            return self.scene();
        }
        if !self.kept.iter().chain(&self.drawn_upon).any(is_it) {
            return Vec::new();
        }
        self.leave();
        let place = self.kept.iter().position(is_it);
        self.active = place.map(|place| self.kept.remove(place));
        self.scene()
    }

    /// Begins a run on a table in a large file of so many bytes with what an excerpt of it shows. Nothing happens if the excerpt cannot be
    /// learnt from, for what is wrong with it may not be wrong with all.
    pub fn begin(
        &mut self,
        run: u32,
        settings: Settings,
        (excerpt, bytes): (&Table, u64),
        running: bool,
    ) -> Option<Vec<Numbered>> {
        let given = Given { settings, table: Some(excerpt.clone()), model: None };
        let job = given.open().ok()?;
        let preview = Some(Preview::Awaiting { given: Box::new(given), read: [0, bytes] });
        Some(self.show(Active { preview, ..Active::new(run, job, running) }))
    }

    /// The number of the file that is still to be read for the run that is shown.
    pub fn awaited(&self) -> Option<u32> {
        match &self.active.as_ref()?.preview {
            Some(Preview::Awaiting { given, .. }) => given.table.as_ref().map(|table| table.held),
            _ => None,
        }
    }

    /// Whether a request needs the file to be read before it is answered.
    pub fn needs_all(&self, request: &Request) -> bool {
        self.awaited().is_some() && is_about_all(request)
    }

    /// Notes how much of the file has been read, and how much there is, in bytes.
    pub fn tell_read(&mut self, bytes: [u64; 2]) {
        if let Some(Preview::Awaiting { read, .. }) = self.active.as_mut().and_then(|active| active.preview.as_mut()) {
            *read = bytes;
        }
    }

    /// Takes the bytes of the file, or why they cannot be had.
    pub fn take_file(&mut self, bytes: Result<Vec<u8>, &str>) -> Vec<Numbered> {
        let Some(active) = &mut self.active else { return Vec::new() };
        active.preview = match active.preview.take() {
            Some(Preview::Awaiting { mut given, .. }) => match (bytes, &mut given.table) {
                (Ok(bytes), Some(table)) => {
                    table.fill(bytes);
                    Some(Preview::Of(given))
                }
                (Err(why), _) => Some(Preview::Refused(vec![InvalidSetting::new("", why)])),
                (Ok(_), None) => None,
            },
            other => other,
        };
        active.training &= !matches!(active.preview, Some(Preview::Refused(_)));
        self.refusal().into_iter().collect()
    }

    /// Whether there is a table to be read, of which a preview is shown.
    pub fn has_to_read(&self) -> bool {
        self.active.as_ref().is_some_and(|active| matches!(active.preview, Some(Preview::Of(_))))
    }

    /// Reads the table of which a preview is shown, if there is one, and begins its run.
    pub fn read(&mut self) -> Vec<Numbered> {
        let Some(active) = self.active.as_mut() else { return Vec::new() };
        let given = match active.preview.take() {
            Some(Preview::Of(given)) => given,
            other => {
                active.preview = other;
                return Vec::new();
            }
        };
        match given.open() {
            Ok(job) => {
                *active = Active::new(active.number, job, active.training);
                self.scene_and_notes()
            }
            Err(problems) => {
                (active.training, active.preview) = (false, Some(Preview::Refused(problems)));
                self.refusal().into_iter().collect()
            }
        }
    }

    /// What is wrong with the table of a preview that stays one.
    fn refusal(&self) -> Option<Numbered> {
        let active = self.active.as_ref()?;
        let Some(Preview::Refused(problems)) = &active.preview else { return None };
        Some((Reply::Refused { run: active.number, problems: problems.clone() }, None))
    }

    /// Whether there is something to train.
    pub fn is_training(&self) -> bool {
        self.active.as_ref().is_some_and(|a| a.training && a.preview.is_none())
    }

    /// About how many epochs take `milliseconds`; one, as long as nothing has been measured.
    pub fn epochs_in(&self, milliseconds: f64) -> u64 {
        let speed = self.active.as_ref().map_or(0.0, |a| a.speed[0].per_second());
        (speed * milliseconds / 1e3).floor().max(1.0) as u64
    }

    /// Trains for up to `epochs` epochs, or for a part of a step of a second-order method; returns how many were done.
    pub fn train(&mut self, epochs: u64) -> u64 {
        let Some(active) = &mut self.active else { return 0 };
        let steps = active.job.lm_steps();
        let done = active.job.advance_in_parts(epochs);
        if active.job.ended().is_some() {
            active.training = false;
        }
        active.steps = active.job.lm_steps() - steps;
        done
    }

    /// Notes how long the last epochs took.
    pub fn measure(&mut self, epochs: u64, milliseconds: f64) {
        let Some(Active { speed: [of_epochs, of_steps], steps, amid, .. }) = &mut self.active else { return };
        *amid += milliseconds;
        if epochs == 0 && *steps == 0 {
            return;
        }
        // A stage consists of epochs or of other steps; a speed measured in the previous stage does not apply.
        let (now, over, done) = if *steps > 0 { (of_steps, of_epochs, *steps) } else { (of_epochs, of_steps, epochs) };
        now.add(done, std::mem::take(amid));
        *over = Speed::default();
    }

    /// Sets the time, in milliseconds; to be called at least before each frame.
    pub fn tell_time(&mut self, now: f64) {
        if let Some(active) = &mut self.active {
            let [done, _] = active.job.work_done_and_left();
            if active.training { active.pace.note(now, done) } else { active.pace.rest() }
        }
    }

    /// Whether a pause has been answered with a state that may be past, so that the next frame has news.
    pub fn owes_frame(&self) -> bool {
        self.active.as_ref().is_some_and(|active| active.owed == Owed::State)
    }

    /// The newest state, if there is a run. What answers a pause may be a state that is past: the next frame is exact.
    pub fn frame(&mut self) -> Option<(Reply, Vec<f32>)> {
        let active = self.active.as_mut()?;
        let patience = match std::mem::take(&mut active.owed) {
            _ if active.training => SEARCHES,
            Owed::Answer => {
                active.owed = Owed::State;
                f64::INFINITY
            }
            _ => 0.0,
        };
        let (mut frame, numbers) = active.job.frame(patience);
        frame.status = match active.job.ended() {
            Some(ended) => ended.clone(),
            None if active.training => Status::Running,
            None => Status::Paused,
        };
        if let Some(stage) = active.preview.as_ref().and_then(Preview::stage) {
            frame.stage = Some(stage);
        } else if active.training {
            [frame.epochs_per_second, frame.steps_per_second] = [0, 1].map(|kind| active.speed[kind].per_second());
            let [_, left] = active.job.work_done_and_left();
            frame.seconds_left = active.pace.seconds_for(left);
        }
        (frame.can_continue, frame.takes_changes) = (active.job.can_continue(), active.job.takes_changes());
        Some((Reply::Frame { run: active.number, frame: Box::new(frame) }, numbers))
    }

    /// The view that was asked for, if it has changed.
    pub fn view(&mut self) -> Option<Reply> {
        let (active, state) = (self.active.as_mut()?, self.state.as_ref()?);
        let position = active.job.position();
        if active.seen == Some(position) {
            return None;
        }
        let view = Box::new(active.job.view(state)?);
        active.seen = Some(position);
        Some(Reply::View { run: active.number, view })
    }

    /// Whether the current view has work left to do.
    pub fn is_working(&self) -> bool {
        self.state.is_some() && self.active.as_ref().is_some_and(|active| active.working)
    }

    /// Does a little of the current view's work.
    pub fn work(&mut self) {
        let (Some(active), Some(state)) = (&mut self.active, &self.state) else { return };
        active.working = active.job.work(state);
        active.seen = None;
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

    /// Lets the run that is shown follow a drawing, or shows again the one that was drawn upon.
    fn redraw(&mut self, drawing: Option<&str>) -> Vec<Numbered> {
        let Some(active) = &self.active else { return Vec::new() };
        let (number, follows) = (active.number, active.follows);
        let redrawn = match drawing {
            None if follows => self.drawn_upon.take(),
            None => None,
            Some(drawing) => {
                let job: &dyn Any = &*active.job;
                let run = job.downcast_ref::<Run>().and_then(|run| run.redrawn(drawing).ok());
                run.map(|run| Active { follows: true, ..Active::new(number, Box::new(run), true) })
            }
        };
        if let Some(redrawn) = redrawn {
            let before = self.active.replace(redrawn);
            if !follows {
                self.drawn_upon = before;
            }
        }
        self.scene()
    }

    fn set_training(&mut self, training: bool) {
        if let Some(active) = self.active.as_mut().filter(|active| !matches!(active.preview, Some(Preview::Refused(_)))) {
            active.training = training && active.job.ended().is_none();
            // A pause does not count as training time.
            active.pace.rest();
        }
    }

    fn change(&mut self, settings: &Settings) -> Vec<Numbered> {
        let Some(active) = &mut self.active else { return Vec::new() };
        let had_ended = active.job.ended().is_some();
        if let Err(problems) = active.job.change(settings) {
            return vec![(Reply::Refused { run: active.number, problems }, None)];
        }
        // A later stop lets a finished run continue, a smaller rate one that had diverged.
        active.training = active.job.ended().is_none() && (active.training || had_ended);
        Vec::new()
    }

    fn text(&self, reply: impl FnOnce(&dyn Job) -> Reply) -> Vec<Numbered> {
        self.active.as_ref().map(|a| (reply(&*a.job), None)).into_iter().collect()
    }
}

/// Whether a request is about a run as a whole, and so not about a preview of it.
fn is_about_all(request: &Request) -> bool {
    !matches!(
        request,
        Request::Start { .. }
            | Request::Recall { .. }
            | Request::Forget { .. }
            | Request::ViewState { .. }
            | Request::Visible { .. }
            | Request::Look { .. }
            | Request::Go
            | Request::Pause
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::table::Table;

    fn small() -> Settings {
        Settings::of(crate::problem::settings::Recipe::Paper).with("modes=2&hidden=3&samples=20&epochs=50").unwrap()
    }

    fn start(run: u32, settings: Settings) -> Request {
        Request::Start { run, settings, table: None, model: None, running: true }
    }

    fn report(controller: &mut Controller) -> (u32, Status, u64) {
        match controller.frame() {
            Some((Reply::Frame { run, frame }, numbers)) => {
                assert_eq!(numbers.len(), frame.layout.len());
                (run, frame.status, frame.metrics.epochs)
            }
            other => panic!("no frame: {other:?}"),
        }
    }

    #[test]
    fn a_run_is_started_paused_stepped_and_finished() {
        let mut controller = Controller::default();
        assert!(controller.frame().is_none() && !controller.is_training());
        assert!(matches!(controller.answer(start(1, small())).as_slice(), [(Reply::Scene { run: 1, .. }, Some(_))]));
        assert!(controller.is_training());
        assert_eq!(controller.train(10), 10);
        assert!(controller.answer(Request::Step).is_empty());
        assert_eq!(report(&mut controller), (1, Status::Paused, 11));
        controller.answer(Request::Go);
        assert_eq!(controller.train(1000), 39);
        assert!(matches!(report(&mut controller), (1, Status::Finished { .. }, 50)));
        controller.answer(Request::Go);
        assert!(!controller.is_training(), "there is nothing left to train");
    }

    #[test]
    fn runs_that_were_left_come_back_as_they_were() {
        let mut controller = Controller::default();
        controller.answer(start(1, small()));
        controller.train(7);
        controller.answer(start(2, small().with("modes=3").unwrap()));
        controller.train(3);
        assert_eq!(report(&mut controller), (2, Status::Running, 3));
        controller.answer(start(3, small().with("modes=4").unwrap()));
        match controller.answer(Request::Recall { run: 1 }).as_slice() {
            [(Reply::Scene { run: 1, settings, .. }, _)] => assert_eq!(*settings, small()),
            other => panic!("{other:?}"),
        }
        assert_eq!(report(&mut controller), (1, Status::Running, 7));
        assert!(controller.answer(Request::Recall { run: 4 }).is_empty(), "there is none");
        assert_eq!(report(&mut controller), (1, Status::Running, 7));
        controller.answer(Request::Recall { run: 2 });
        assert_eq!(report(&mut controller), (2, Status::Running, 3));
        controller.answer(Request::Forget { runs: vec![1, 2] });
        assert!(controller.answer(Request::Recall { run: 1 }).is_empty());
        assert_eq!(report(&mut controller).0, 2, "what is shown is not forgotten");
        controller.answer(Request::Recall { run: 3 });
        assert_eq!(report(&mut controller), (3, Status::Running, 0));
    }

    #[test]
    fn what_is_refused_leaves_the_run_as_it_was() {
        let mut controller = Controller::default();
        controller.answer(start(1, small()));
        controller.train(5);
        let bad_model = Request::Start { run: 2, settings: small(), table: None, model: Some("{}".into()), running: true };
        let bad_table = Request::Start {
            run: 2,
            settings: {
                let mut s = small();
                s.benchmark = Settings::OWN_DATA.into();
                s
            },
            table: Some(Table { name: "a.csv".into(), text: "x,y\n1,two\n".into(), ..Table::default() }),
            model: None,
            running: true,
        };
        let mut unusable = small();
        unusable.training.modes = 0;
        let requests = [start(2, unusable), bad_model, bad_table, Request::Change { settings: small().with("modes=3").unwrap() }];
        for request in requests {
            assert!(
                matches!(controller.answer(request).as_slice(), [(Reply::Refused { problems, .. }, None)] if !problems.is_empty())
            );
            assert_eq!(report(&mut controller), (1, Status::Running, 5));
        }
    }

    #[test]
    fn a_finished_run_goes_on_when_its_end_is_moved() {
        let mut controller = Controller::default();
        controller.answer(start(1, small()));
        controller.train(50);
        assert!(!controller.is_training());
        controller.answer(Request::Change { settings: small().with("epochs=60").unwrap() });
        assert_eq!((controller.is_training(), controller.train(100)), (true, 10));
        controller.answer(Request::Change { settings: small().with("epochs=40").unwrap() });
        assert!(!controller.is_training());
    }

    #[test]
    fn a_saved_model_is_gone_on_from() {
        let mut controller = Controller::default();
        controller.answer(start(1, small()));
        controller.train(30);
        let Some((Reply::Model { json, .. }, None)) = controller.answer(Request::Save { is_kept: false }).pop() else {
            panic!("no model")
        };
        let other = Settings::on(crate::recipe::Recipe::Reliable, "double-well").with("modes=5").unwrap();
        let request = Request::Start { run: 2, settings: other, table: None, model: Some(json), running: false };
        match controller.answer(request).as_slice() {
            [(Reply::Scene { run: 2, settings, .. }, _)] => {
                assert_eq!((settings.training.modes, settings.benchmark.as_str()), (2, "cosine-well"));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(report(&mut controller), (2, Status::Paused, 0));
        assert!(
            matches!(controller.answer(Request::History).as_slice(), [(Reply::History { csv }, None)] if csv.starts_with("epoch,"))
        );
    }
}
