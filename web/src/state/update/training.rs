//! Reducer of training: starting, pausing, changing and undoing runs, and their workers.

use crate::state::address::RunRecords;
use crate::state::app::State;
use crate::state::effect::Effect;
use crate::state::link;
use crate::state::message::{Message, MessageAction};
use crate::state::phase::Phase;
use crate::state::requests::PendingRun;
use crate::state::run::{INTERVALS_SETTING, Origin};
use crate::state::timeline::{Direction, ParkedRun, TimelineStep};
use crate::state::workers::ParkedWorker;
use crate::worker::build::STALE_MESSAGE;
use multiwell::internal::controller::protocol::{Reply, Request, Status, UserTable};
use multiwell::internal::problem::settings::Settings;

impl State {
    /// Enters another phase.
    pub(super) fn enter(&mut self, phase: Phase) {
        let before = std::mem::replace(&mut self.phase, phase);
        if before != phase {
            if !matches!(phase, Phase::Running | Phase::Loading | Phase::Failed) {
                self.keep_fit();
            }
            if before == Phase::Diverged {
                self.feedback.message = None;
            }
            match self.run.frame.0.status.clone() {
                Status::Finished { sentence } if phase == Phase::Finished => {
                    let summary = if self.awaits_survey() { "The wells are being checked.".into() } else { self.run.summary() };
                    let words = format!("{sentence} {summary}");
                    self.queue.announce(words.trim_end().to_string());
                    self.offer_density();
                    // The intervals of doubtful wells. The run keeps the reader's settings.
                    self.send_request(self.settings_with_intervals().map(Request::Change));
                }
                Status::Diverged { sentence } if phase == Phase::Diverged => self.feedback.show_error(sentence),
                _ => {}
            }
        }
        self.queue.request_show();
        self.queue.request_frame();
    }

    /// Settings of the run with intervals, if it has doubtful wells and the reader has not requested intervals.
    fn settings_with_intervals(&self) -> Option<Settings> {
        let mut settings = self.run.settings.clone();
        let are_added = self.has_doubtful_wells() && settings.data.uncertainty == 0 && settings.applies(INTERVALS_SETTING);
        settings.data.uncertainty = 1;
        are_added.then_some(settings)
    }

    /// Requests a file of the run. The file has the reader's settings, without intervals added by the page.
    pub(super) fn request_file(&mut self, request: Request) {
        let (added, settings) = (self.settings_with_intervals(), self.run.settings.clone());
        self.send_request(added.is_some().then_some(Request::Change(settings)));
        self.send_request(request);
        self.send_request(added.map(Request::Change));
    }

    /// Starts a new worker and a run with the current settings in it.
    pub(super) fn spawn(&mut self, running: bool) {
        self.end_worker();
        self.workers.reset();
        self.requests.reset();
        // The run cannot be recalled. Its contents stay on the page.
        (self.run.number, self.run.worker) = (0, None);
        self.address.records = RunRecords::default();
        self.enter(Phase::Loading);
        self.start(self.run.settings.clone(), self.run.origin.table.clone(), None, running);
    }

    fn end_worker(&mut self) {
        self.queue.emit(self.workers.current.take().map(Effect::Terminate));
    }

    /// Parks and pauses the current worker.
    fn park_worker(&mut self) {
        self.send_request(Request::Pause);
        let was_running = self.phase == Phase::Running;
        self.workers.parked.extend(self.workers.current.take().map(|worker| ParkedWorker { worker, was_running }));
    }

    /// Removes runs that exceed the timeline and workers without runs on it.
    pub(super) fn drop_unused_runs(&mut self) {
        let pinned: Vec<u32> = self.pins.iter().map(|pin| pin.run).collect();
        let mut ended = self.workers.take_surplus();
        let living = self.workers.numbers();
        let mut forgotten = self.timeline.drop_surplus(|worker| !living.contains(&worker), |run| pinned.contains(&run));
        let used: Vec<u32> = self.timeline.runs().map(|left| left.worker).chain(self.workers.previous).collect();
        ended.extend(self.workers.take_unused(&used));
        forgotten.retain(|(worker, _)| living.contains(worker) && ended.iter().all(|parked| parked.worker != *worker));
        for (worker, run) in forgotten {
            self.queue.emit(Effect::Post(worker, Request::Forget(vec![run])));
        }
        for ParkedWorker { worker, .. } in ended {
            self.queue.emit(Effect::Terminate(worker));
        }
    }

    /// Starts a worker with `first` as its first request.
    fn launch(&mut self, first: Request) {
        self.workers.first_request = Some(first);
        if let Some(spare) = self.workers.spare.take() {
            (self.workers.current, self.workers.is_ready) = (Some(spare), true);
            return self.handle_reply(Reply::Ready, Vec::new());
        }
        let worker = self.workers.next_number();
        (self.workers.current, self.workers.is_ready) = (Some(worker), false);
        self.queue.emit(Effect::Launch(worker));
    }

    /// Requests a new run. The page shows it once the worker has accepted it.
    pub(super) fn start(&mut self, settings: Settings, table: Option<UserTable>, model: Option<String>, running: bool) {
        // A new request replaces files that are being opened.
        self.discard_pending_files();
        self.requests.last_run += 1;
        let run = self.requests.last_run;
        let from_model = model.is_some();
        let request = Request::Start { run, settings: settings.clone(), table: table.clone(), model, running };
        // A second worker reads a large file, so that the user can return to the previous run in the meantime.
        let file = |table: &Option<UserTable>| table.as_ref().map_or(0, |table| table.held);
        let is_other_file = file(&table) != 0 && file(&table) != file(&self.run.origin.table);
        if is_other_file {
            let name = table.as_ref().map_or("", |table| &table.name);
            let words = format!("Some rows of {name} are shown while all are read.");
            self.feedback.message = Some(Message::new(&words, false, MessageAction::Cancel));
        }
        let on_its_way = self.workers.first_request.is_some();
        if self.workers.current.is_none() {
            self.launch(request);
        } else if !is_other_file && on_its_way {
            // This request replaces the worker's first one.
            self.workers.first_request = Some(request);
        } else if !is_other_file {
            self.send_request(request);
        } else if on_its_way {
            // The worker has no run to return to.
            self.end_worker();
            self.launch(request);
        } else {
            self.workers.previous = self.workers.current;
            self.park_worker();
            self.launch(request);
        }
        // The former limits apply only while the number of epochs stays the same.
        let limits = self.run.origin.limits.filter(|_| settings.training.epochs == self.run.settings.training.epochs);
        let address = self.run.origin.address.clone().filter(|_| table.is_some() && table == self.run.origin.table);
        let origin = Origin { table, address, from_model, is_older: std::mem::take(&mut self.address.is_older_recipe), limits };
        let is_addressed = self.address.requested_view.is_some();
        self.requests.pending = Some(PendingRun { run, settings, origin, direction: None, is_addressed });
    }

    /// Applies new settings, with a new run if they need one.
    pub(super) fn apply(&mut self, settings: Settings, restarts: bool) {
        if self.phase == Phase::Awaiting && settings.has_own_data() {
            if let Some((awaited, _)) = &mut self.files.awaited {
                awaited.clone_from(&settings);
            }
            self.run.settings = settings;
        } else if restarts {
            self.start_with_own_table(settings, self.phase != Phase::Paused);
        } else {
            self.requests.previous_settings = Some(std::mem::replace(&mut self.run.settings, settings));
            self.send_request(Request::Change(self.run.settings.clone()));
        }
    }

    /// Requests a new run, on the current table if the settings use one.
    pub(super) fn start_with_own_table(&mut self, settings: Settings, running: bool) {
        let table = self.run.origin.table.clone().filter(|_| settings.has_own_data());
        self.start(settings, table, None, running);
    }

    pub(super) fn press_run(&mut self) {
        let is_over = self.phase.is_over() && !self.run.frame.0.can_continue;
        if is_over { self.restart() } else { self.toggle() }
    }

    /// Sends a request and enters the phase that it leads to.
    fn request_phase(&mut self, request: Request, phase: Phase) {
        self.send_request(request);
        self.requests.expected_phase = Some(phase);
        self.enter(phase);
    }

    pub(super) fn toggle(&mut self) {
        match self.phase {
            Phase::Running => self.request_phase(Request::Pause, Phase::Paused),
            Phase::Paused => {
                self.feedback.message = None;
                self.request_phase(Request::Go, Phase::Running);
            }
            Phase::Finished if self.run.frame.0.can_continue => {
                self.run.origin.limits.get_or_insert((self.run.settings.training.epochs, self.run.settings.training.stop_loss));
                let settings = self.run.settings.continued(self.run.frame.0.epochs);
                self.apply(settings, false);
                self.requests.expected_phase = Some(Phase::Running);
                self.enter(Phase::Running);
            }
            Phase::Finished | Phase::Diverged | Phase::Loading | Phase::Awaiting | Phase::Failed => {}
        }
    }

    pub(super) fn step(&mut self) {
        if matches!(self.phase, Phase::Running | Phase::Paused) {
            self.request_phase(Request::Step, Phase::Paused);
        }
    }

    /// Shows a recorded state of the run, or the current state after the last one. One state is requested at a time.
    pub(super) fn select_snapshot(&mut self, state: usize) {
        if self.phase == Phase::Running {
            self.toggle();
        }
        if self.views.awaited_state.replace(state).is_none() {
            self.send_request(Request::SelectSnapshot(Some(state)));
        }
    }

    /// Requests the awaited state if another one has arrived. Requests nothing during a pending run, because that would stop it.
    pub(super) fn request_awaited_state(&mut self) {
        let (frame, is_left) = (&self.run.frame.0, self.requests.pending.is_some());
        let wanted =
            self.views.awaited_state.filter(|&state| !is_left && frame.snapshots.get(state).copied() != frame.selected_snapshot);
        self.views.awaited_state = wanted;
        if wanted.is_some() {
            self.send_request(Request::SelectSnapshot(wanted));
        }
    }

    pub(super) fn restart(&mut self) {
        if !self.phase.is_idle() {
            self.apply(self.run.settings.clone(), true);
        }
    }

    pub(super) fn new_seed(&mut self) {
        if !self.phase.is_idle() {
            // Six digits are enough for a new seed and easy to read aloud.
            let seed = u64::from(self.environment.now.random % 1_000_000);
            self.apply(self.run.settings.with_seed(seed), true);
        }
    }

    /// Undoes or redoes one step: a change of the run, or a switch to another run.
    pub(super) fn navigate(&mut self, direction: Direction) {
        if self.sketch.followed.is_some() {
            return self.cancel_stroke();
        }
        if self.requests.pending.is_none() {
            let now = (self.run.settings.clone(), self.run.origin.limits);
            let shown = (self.run.number, self.run.takes_changes());
            match self.timeline.change(direction, shown, now) {
                Some(TimelineStep::Change(_, settings, limits)) => {
                    self.run.origin.limits = limits;
                    return self.apply(settings, false);
                }
                Some(TimelineStep::Removal(_, modes)) => {
                    self.end_pruning(false);
                    let (words, request) = if direction == Direction::Back {
                        ("The removed modes are restored.", Request::Reopen)
                    } else {
                        ("The modes are removed again.", Request::Prune(modes))
                    };
                    self.queue.announce(words);
                    return self.request_mode_change(request);
                }
                _ => {}
            }
        }
        self.timeline.skip_changes(direction);
        if let Some(&TimelineStep::Run(ParkedRun { run, .. })) = self.timeline.next(direction) {
            self.go_to_run(run, false);
        }
    }

    /// Recalls a run of the timeline. Returns false if the timeline does not have it.
    pub(super) fn go_to_run(&mut self, run: u32, is_addressed: bool) -> bool {
        let Some((direction, left)) = self.timeline.find(run) else { return false };
        let (worker, settings, origin) = (left.worker, left.settings.clone(), left.origin.clone());
        self.discard_pending_files();
        self.queue.deferred.clear();
        let is_new = self.workers.awaits_first_run();
        if let Some(parked) = self.workers.take_parked(worker) {
            if is_new {
                // The pending request is dropped.
                self.end_worker();
            } else {
                self.park_worker();
            }
            let was_running = self.workers.resume(parked);
            self.send_request(Request::Recall(run));
            self.send_request(was_running.then_some(Request::Go));
        } else {
            self.send_request(Request::Recall(run));
        }
        let direction = Some(direction);
        self.requests.pending = Some(PendingRun { run, settings, origin, direction, is_addressed });
        true
    }

    /// Follows the browser's history to the run of an entry. Starts the run from its fragment if the timeline does not have it.
    pub(super) fn follow_to(&mut self, run: u32, fragment: &str) {
        self.edits.typed_setting = "";
        let is_shown = run == self.run.number && self.requests.pending.is_none();
        if is_shown || self.go_to_run(run, true) {
            self.address.link = fragment.into();
        } else {
            self.follow(fragment);
        }
    }

    /// Records the current settings before a change, for undo.
    pub(super) fn note_change(&mut self) {
        let step = TimelineStep::Change(self.run.number, self.run.settings.clone(), self.run.origin.limits);
        self.timeline.record(step);
        self.drop_unused_runs();
    }

    /// Handles the end of a worker that sent no message.
    pub(super) fn worker_has_ended(&mut self, worker: u32) {
        if self.files.worker(worker).is_some() {
            self.file_worker_failed(worker, "its worker was ended, perhaps because the browser ran out of memory".into());
        } else if self.workers.spare.take_if(|spare| *spare == worker).is_some() {
            // Another worker will read the file.
        } else if self.workers.take_parked(worker).is_some() {
            self.drop_unused_runs();
        } else if self.workers.current == Some(worker) {
            self.fail("its worker was ended, perhaps because the browser ran out of memory");
        }
    }

    /// Makes the previous worker the current one if the new one has not shown a run.
    pub(super) fn resume_previous_worker(&mut self) -> bool {
        let previous = self.workers.previous.filter(|_| self.workers.awaits_first_run());
        let Some(previous) = previous.and_then(|worker| self.workers.take_parked(worker)) else { return false };
        self.end_worker();
        let was_running = self.workers.resume(previous);
        self.send_request(was_running.then_some(Request::Go));
        true
    }

    pub(super) fn fail(&mut self, words: &str) {
        if self.phase == Phase::Failed {
            return;
        }
        self.requests.pending = None;
        let reason = words.trim_end_matches('.');
        let (sentence, action) = if self.resume_previous_worker() {
            self.address.requested_view = None;
            (format!("The run could not be started: {reason}. The previous run continues."), MessageAction::None)
        } else {
            self.end_worker();
            (self.workers.is_ready, self.workers.previous) = (false, None);
            self.drop_unused_runs();
            self.enter(Phase::Failed);
            (format!("Training has failed: {reason}. The pictures and the settings are kept."), MessageAction::Restart)
        };
        // A new worker would also belong to the other build.
        let is_stale = words == STALE_MESSAGE;
        let (sentence, action) = if is_stale { (STALE_MESSAGE, MessageAction::Reload) } else { (sentence.as_str(), action) };
        self.feedback.message = Some(Message::new(sentence, true, action));
    }

    /// Applies the settings of a followed link. The link replaces pending requests, edits in progress and refused values.
    pub(super) fn follow(&mut self, fragment: &str) {
        self.edits.typed_setting = "";
        self.feedback.notes.clear();
        self.address.link = fragment.into();
        self.discard_pending_files();
        self.queue.deferred.clear();
        self.feedback.message = None;
        let (settings, problems, shown) = link::read(fragment);
        let is_shown = settings == self.run.settings && shown.data == self.run.origin.address && self.run.follows_from_settings();
        if is_shown && self.requests.pending.is_none() && self.phase != Phase::Failed {
            self.views.restore(shown, self.run.first_view());
            self.check_view();
            return;
        }
        if shown.data.is_none() && settings.has_own_data() {
            return self.await_file(settings, shown, "");
        }
        self.show_problems("The link was corrected.", &problems);
        self.address.is_older_recipe = shown.is_older && !self.environment.parts.embedded;
        let data = shown.data.clone();
        self.address.requested_view = Some(shown);
        if let Some(address) = data {
            self.fetch(address, settings);
        } else if self.phase == Phase::Failed {
            (self.run.settings, self.run.origin.table) = (settings, None);
            self.spawn(true);
        } else {
            self.start(settings, None, None, true);
        }
    }
}
