//! Runs: begun, paused, changed, undone; and the workers that train them.

use crate::state::app::State;
use crate::state::effect::Effect;
use crate::state::link;
use crate::state::message::{Message, Remedy};
use crate::state::timeline::{Direction, Left, Step};
use crate::state::trainer::{Aside, Origin, Pending, Phase, Trainer};
use crate::worker::build::STALE;
use multiwell::controller::protocol::{Reply, Request, Status, Table};
use multiwell::problem::settings::Settings;

/// Most workers that are kept for the runs in them.
const ASIDES: usize = 2;

impl State {
    /// Goes to another phase.
    pub(super) fn enter(&mut self, phase: Phase) {
        let before = std::mem::replace(&mut self.phase, phase);
        if before != phase {
            if !matches!(phase, Phase::Running | Phase::Loading | Phase::Failed) {
                self.keep_fit();
            }
            if before == Phase::Diverged {
                self.message = None;
            }
            match self.frame.0.status.clone() {
                Status::Finished { sentence } if phase == Phase::Finished => {
                    let words = format!("{sentence} {}", self.summary());
                    self.announce(words.trim_end().to_string());
                }
                Status::Diverged { sentence } if phase == Phase::Diverged => self.say(sentence, true),
                _ => {}
            }
        }
        self.show();
        self.draw();
    }

    /// Starts a fresh worker, and in it a run of the present settings.
    pub(super) fn spawn(&mut self, running: bool) {
        self.end_worker();
        let Trainer { workers, spare, asides, issued, timeline, .. } = std::mem::take(&mut self.trainer);
        self.trainer = Trainer { workers, spare, asides, issued, timeline, ..Trainer::default() };
        self.enter(Phase::Loading);
        self.start(self.settings.clone(), self.origin.table.clone(), None, running);
    }

    fn end_worker(&mut self) {
        if let Some(worker) = self.trainer.worker.take() {
            self.emit(Effect::Terminate(worker));
        }
    }

    /// Keeps the worker for the runs in it.
    fn set_worker_aside(&mut self) {
        self.ask(Request::Pause);
        let was_running = self.phase == Phase::Running;
        let Some(worker) = self.trainer.worker.take() else { return };
        self.trainer.asides.push(Aside { worker, was_running });
    }

    /// Forgets what the timeline cannot keep, and ends the workers that nobody can return to.
    pub(super) fn tidy(&mut self) {
        let pinned: Vec<u32> = self.pins.iter().map(|pin| pin.run).collect();
        let trainer = &mut self.trainer;
        let surplus = trainer.asides.len().saturating_sub(ASIDES);
        let mut ended: Vec<Aside> = trainer.asides.drain(..surplus).collect();
        let living: Vec<u32> = trainer.asides.iter().map(|aside| aside.worker).chain(trainer.worker).collect();
        let mut forgotten = trainer.timeline.tidy(|worker| !living.contains(&worker), |run| pinned.contains(&run));
        let used: Vec<u32> = trainer.timeline.runs().map(|left| left.worker).chain(trainer.came_from).collect();
        ended.extend(trainer.asides.extract_if(.., |aside| !used.contains(&aside.worker)));
        forgotten.retain(|(worker, _)| living.contains(worker) && ended.iter().all(|aside| aside.worker != *worker));
        for (worker, run) in forgotten {
            self.emit(Effect::Post(worker, Request::Forget { runs: vec![run] }));
        }
        for Aside { worker, .. } in ended {
            self.emit(Effect::Terminate(worker));
        }
    }

    /// The run that is shown, as it is left.
    pub(super) fn leave(&mut self) -> Option<Left> {
        let worker = self.trainer.shown_by?;
        let samples = self.scene.0.rows.unwrap_or(self.scene.0.samples);
        let (run, settings, shown) = (self.trainer.run, self.settings.clone(), self.shown());
        let origin = std::mem::take(&mut self.origin);
        Some(Left { run, worker, settings, origin, shown, ensemble: None, samples })
    }

    /// Starts a worker, which is asked for `first` before anything else.
    fn launch(&mut self, first: Request) {
        let trainer = &mut self.trainer;
        if let Some(spare) = trainer.spare.take() {
            (trainer.worker, trainer.first, trainer.ready) = (Some(spare), Some(first), true);
            return self.hear(Reply::Ready, Vec::new());
        }
        trainer.workers += 1;
        let worker = trainer.workers;
        (trainer.worker, trainer.first, trainer.ready) = (Some(worker), Some(first), false);
        self.emit(Effect::Launch(worker));
    }

    /// Asks for a new run. What is shown changes when the worker has accepted it.
    pub(super) fn start(&mut self, settings: Settings, table: Option<Table>, model: Option<String>, running: bool) {
        // Whatever is asked for takes the place of what is on its way.
        self.give_up_files();
        self.trainer.issued += 1;
        let run = self.trainer.issued;
        let from_model = model.is_some();
        let request = Request::Start { run, settings: settings.clone(), table: table.clone(), model, running };
        // A second worker reads a large file, so that the user can return to the run before while the file is being read.
        let file = |table: &Option<Table>| table.as_ref().map_or(0, |table| table.held);
        let is_other_file = file(&table) != 0 && file(&table) != file(&self.origin.table);
        if is_other_file {
            self.say_reading(&table.as_ref().map(|table| table.name.clone()).unwrap_or_default());
        }
        let on_its_way = self.trainer.first.is_some();
        if self.trainer.worker.is_none() {
            self.launch(request);
        } else if !is_other_file && on_its_way {
            // The worker begins with this instead.
            self.trainer.first = Some(request);
        } else if !is_other_file {
            self.ask(request);
        } else if on_its_way {
            // The worker has no run yet: there is nothing to come back to.
            self.end_worker();
            self.launch(request);
        } else {
            self.trainer.came_from = self.trainer.worker;
            self.set_worker_aside();
            self.launch(request);
        }
        // Limits that were put off to train on belong to the settings that were raised for it.
        let limits = self.origin.limits.filter(|_| settings.training.epochs == self.settings.training.epochs);
        let address = self.origin.address.clone().filter(|_| table.is_some() && table == self.origin.table);
        let origin = Origin { table, address, from_model, is_older: std::mem::take(&mut self.brings_older), limits };
        let is_addressed = self.followed.is_some();
        self.trainer.pending = Some(Pending { run, settings, origin, returning: None, is_addressed });
    }

    /// The settings for other data. An end that was put off to train on a run was put off for that run.
    pub(super) fn settings_for(&self, benchmark: &str) -> Settings {
        let mut settings = self.settings.clone();
        if let Some((epochs, stop_loss)) = self.origin.limits {
            (settings.training.epochs, settings.training.stop_loss) = (epochs, stop_loss);
        }
        settings.moved_to(benchmark)
    }

    /// Takes over new settings, with a new run if it needs one.
    pub(super) fn apply(&mut self, settings: Settings, restarts: bool) {
        if restarts {
            self.start_with_own_table(settings, self.phase != Phase::Paused);
        } else {
            self.trainer.unchanged = Some(std::mem::replace(&mut self.settings, settings));
            self.ask(Request::Change { settings: self.settings.clone() });
        }
    }

    /// Asks for a new run, on the table of the one that is shown if it is for one.
    pub(super) fn start_with_own_table(&mut self, settings: Settings, running: bool) {
        let table = self.origin.table.clone().filter(|_| settings.has_own_data());
        self.start(settings, table, None, running);
    }

    pub(super) fn press_run(&mut self) {
        let is_over = self.phase.is_over() && !self.frame.0.can_continue;
        match (is_over, self.can_restart()) {
            (false, _) => self.toggle(),
            (true, true) => self.new_seed(),
            (true, false) => self.restart(),
        }
    }

    /// Whether the page shows a button to restart.
    pub fn can_restart(&self) -> bool {
        self.parts.shows("restart")
    }

    /// Tells the worker what to do, and goes on to the phase that follows.
    fn ask_and_expect(&mut self, request: Request, phase: Phase) {
        self.ask(request);
        self.trainer.expected = Some(phase);
        self.enter(phase);
    }

    pub(super) fn toggle(&mut self) {
        match self.phase {
            Phase::Running => self.ask_and_expect(Request::Pause, Phase::Paused),
            Phase::Paused => {
                self.message = None;
                self.ask_and_expect(Request::Go, Phase::Running);
            }
            Phase::Finished if self.frame.0.can_continue => {
                self.origin.limits.get_or_insert((self.settings.training.epochs, self.settings.training.stop_loss));
                let settings = self.settings.continued(self.frame.0.epochs);
                self.apply(settings, false);
                self.trainer.expected = Some(Phase::Running);
                self.enter(Phase::Running);
            }
            Phase::Finished | Phase::Diverged | Phase::Loading | Phase::Failed => {}
        }
    }

    pub(super) fn step(&mut self) {
        if matches!(self.phase, Phase::Running | Phase::Paused) {
            self.ask_and_expect(Request::Step, Phase::Paused);
        }
    }

    /// Shows the run as it was at one of its moments; after the last of them it is shown as it is now. One moment is asked for at a time.
    pub(super) fn look_back(&mut self, moment: usize) {
        if self.phase == Phase::Running {
            self.toggle();
        }
        if self.looks.replace(moment).is_none() {
            self.ask(Request::LookBack { moment: Some(moment) });
        }
    }

    /// Asks for the moment that is wanted by now, if it is another than the one that has arrived. A run that is awaited would be stopped by that.
    pub(super) fn has_looked_back(&mut self) {
        let (frame, is_left) = (&self.frame.0, self.trainer.pending.is_some());
        let wanted = self.looks.filter(|&moment| !is_left && frame.moments.get(moment).copied() != frame.back);
        self.looks = wanted;
        if let Some(moment) = wanted {
            self.ask(Request::LookBack { moment: Some(moment) });
        }
    }

    pub(super) fn restart(&mut self) {
        if !self.phase.is_idle() {
            self.apply(self.settings.clone(), true);
        }
    }

    pub(super) fn new_seed(&mut self) {
        if !self.phase.is_idle() {
            // Six digits are enough to be new, and can be read aloud.
            let seed = u64::from(self.now.random % 1_000_000);
            self.apply(self.settings.with_seed(seed), true);
        }
    }

    /// Goes one step back or on: to other settings of the run, or to another run.
    pub(super) fn travel(&mut self, direction: Direction) {
        if self.sketch.followed.is_some() {
            return self.lift(true);
        }
        if self.trainer.pending.is_none() {
            let now = (self.settings.clone(), self.origin.limits);
            let shown = (self.trainer.run, self.takes_changes());
            match self.trainer.timeline.change(direction, shown, now) {
                Some(Step::Change(_, settings, limits)) => {
                    self.origin.limits = limits;
                    return self.apply(settings, false);
                }
                Some(Step::Removal(_, modes)) => {
                    self.end_pruning(false);
                    let (words, request) = if direction == Direction::Back {
                        ("What was removed is back.", Request::Reopen)
                    } else {
                        ("The modes are removed again.", Request::Prune { modes })
                    };
                    self.announce(words);
                    return self.ask_of_modes(request);
                }
                _ => {}
            }
        }
        self.trainer.timeline.skip_changes(direction);
        if let Some(&Step::Run(Left { run, .. })) = self.trainer.timeline.next(direction) {
            self.go_to_run(run, false);
        }
    }

    /// Goes to a run on the timeline; false if it is not there.
    pub(super) fn go_to_run(&mut self, run: u32, is_addressed: bool) -> bool {
        let timeline = &self.trainer.timeline;
        let (Some(direction), Some(left)) = (timeline.direction_of(run), timeline.run(run)) else { return false };
        let (worker, settings, origin) = (left.worker, left.settings.clone(), left.origin.clone());
        self.give_up_files();
        self.deferred.clear();
        let is_new = self.trainer.first.is_some() || self.trainer.opening;
        let found = self.trainer.asides.extract_if(.., |aside| aside.worker == worker).next();
        if let Some(aside) = found {
            if is_new {
                // What was asked for is not waited for any more.
                self.end_worker();
            } else {
                self.set_worker_aside();
            }
            let was_running = self.take_up(aside);
            self.ask(Request::Recall { run });
            self.ask(was_running.then_some(Request::Go));
        } else {
            self.ask(Request::Recall { run });
        }
        let returning = Some(direction);
        self.trainer.pending = Some(Pending { run, settings, origin, returning, is_addressed });
        true
    }

    /// Goes back or forward as the address has: to the run of that entry as it was left, if it is still there.
    pub(super) fn follow_to(&mut self, run: u32, fragment: &str) {
        self.editing = "";
        let is_shown = run == self.trainer.run && self.trainer.pending.is_none();
        if is_shown || self.go_to_run(run, true) {
            self.link = fragment.into();
        } else {
            self.follow(fragment);
        }
    }

    /// Notes the settings before a change of them, so that it can be undone.
    pub(super) fn note_change(&mut self) {
        let step = Step::Change(self.trainer.run, self.settings.clone(), self.origin.limits);
        self.trainer.timeline.note(step);
        self.tidy();
    }

    /// A worker was ended by the browser or by itself, without a word.
    pub(super) fn worker_has_ended(&mut self, worker: u32) {
        if self.is_reader(worker) {
            self.end_reading(worker, Some("its worker was ended, perhaps because the browser ran out of memory".into()));
        } else if self.trainer.spare.take_if(|spare| *spare == worker).is_some() {
            // Another will read the file.
        } else if self.trainer.asides.iter().any(|aside| aside.worker == worker) {
            self.trainer.asides.retain(|aside| aside.worker != worker);
            self.tidy();
        } else if self.trainer.worker == Some(worker) {
            self.fail("its worker was ended, perhaps because the browser ran out of memory");
        }
    }

    /// Goes on with the worker that was set aside, if the new one has not shown a run.
    pub(super) fn resume_aside(&mut self) -> bool {
        let is_new = self.trainer.first.is_some() || self.trainer.opening;
        let before = self.trainer.came_from.filter(|_| is_new);
        let found = self.trainer.asides.extract_if(.., |aside| Some(aside.worker) == before).next();
        let Some(aside) = found else { return false };
        self.end_worker();
        let was_running = self.take_up(aside);
        self.ask(was_running.then_some(Request::Go));
        true
    }

    /// Goes on with a worker that was set aside; says whether the run that it showed last was being trained.
    fn take_up(&mut self, Aside { worker, was_running }: Aside) -> bool {
        let trainer = &mut self.trainer;
        (trainer.worker, trainer.first, trainer.ready) = (Some(worker), None, true);
        (trainer.opening, trainer.came_from) = (false, None);
        was_running
    }

    pub(super) fn fail(&mut self, words: &str) {
        if self.phase == Phase::Failed {
            return;
        }
        self.trainer.pending = None;
        let words = words.trim_end_matches('.');
        if self.resume_aside() {
            self.followed = None;
            self.say(format!("This could not be begun: {words}. The run before goes on."), true);
            return;
        }
        self.end_worker();
        (self.trainer.ready, self.trainer.came_from) = (false, None);
        self.tidy();
        self.enter(Phase::Failed);
        let words = format!("Training has failed: {words}. What is shown stays; the settings are kept.");
        self.message = Some(Message::new(&words, true, Remedy::Restart));
    }

    /// The worker is of another build: a new one would not help.
    pub(super) fn fail_as_stale(&mut self) {
        self.fail(STALE);
        if let Some(message) = &mut self.message {
            (message.words, message.remedy) = (STALE.into(), Remedy::Reload);
        }
    }

    /// Takes over the settings of a link that was followed on this page. Whatever was asked for before, is half typed, or was refused, gives way to it.
    pub(super) fn follow(&mut self, fragment: &str) {
        self.editing = "";
        self.notes.clear();
        self.link = fragment.into();
        self.give_up_files();
        self.deferred.clear();
        self.message = None;
        let (settings, problems, shown) = link::read(fragment);
        self.complain("The link was corrected.", &problems);
        let is_shown =
            settings == self.settings && shown.data == self.origin.address && !self.frame.0.altered && !self.origin.from_model;
        if is_shown && self.trainer.pending.is_none() && self.phase != Phase::Failed {
            self.go_to_shown(shown);
            self.check_view();
            return;
        }
        self.brings_older = shown.is_older && !self.parts.embedded;
        let data = shown.data.clone();
        self.followed = Some(shown);
        if let Some(address) = data {
            self.fetch(address, settings);
        } else if self.phase == Phase::Failed {
            (self.settings, self.origin.table) = (settings, None);
            self.spawn(true);
        } else {
            self.start(settings, None, None, true);
        }
    }
}
