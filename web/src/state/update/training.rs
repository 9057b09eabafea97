//! Runs: begun, paused, changed, undone; and the workers that train them.

use crate::state::app::State;
use crate::state::effect::Effect;
use crate::state::link;
use crate::state::message::{Message, Remedy};
use crate::state::trainer::{Aside, Origin, Pending, Phase, Trainer};
use multiwell::controller::protocol::{Reply, Request, Status, Table};
use multiwell::problem::Module;
use multiwell::problem::settings::Settings;
use multiwell_worker::build::STALE;

impl State {
    /// Goes to another phase.
    pub(super) fn enter(&mut self, phase: Phase) {
        let before = std::mem::replace(&mut self.phase, phase);
        if before != phase {
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
        self.set_aside(None);
        let Trainer { workers, spare, issued, .. } = self.trainer;
        self.trainer = Trainer { workers, spare, issued, ..Trainer::default() };
        self.enter(Phase::Loading);
        self.start(self.settings.clone(), self.origin.table.clone(), None, running);
    }

    fn end_worker(&mut self) {
        if let Some(worker) = self.trainer.worker.take() {
            self.emit(Effect::Terminate(worker));
        }
    }

    /// Keeps a worker for the case that a restart is undone; ends the one that was kept before.
    pub(super) fn set_aside(&mut self, worker: Option<Aside>) {
        if let Some(old) = std::mem::replace(&mut self.trainer.aside, worker) {
            self.emit(Effect::Terminate(old.worker));
        }
    }

    /// Starts a worker, which is asked for `first` before anything else.
    fn launch(&mut self, module: Module, first: Request) {
        let trainer = &mut self.trainer;
        if let Some(spare) = trainer.spare.take_if(|_| module == Module::Systems) {
            (trainer.worker, trainer.module, trainer.first, trainer.ready) = (Some(spare), module, Some(first), true);
            return self.hear(Reply::Ready, Vec::new());
        }
        trainer.workers += 1;
        let worker = trainer.workers;
        (trainer.worker, trainer.module, trainer.first, trainer.ready) = (Some(worker), module, Some(first), false);
        self.emit(Effect::Launch { worker, module });
    }

    /// Asks for a new run. What is shown changes when the worker has accepted it.
    pub(super) fn start(&mut self, settings: Settings, table: Option<Table>, model: Option<String>, running: bool) {
        // Whatever is asked for takes the place of what is on its way.
        self.linked = None;
        self.trainer.issued += 1;
        let run = self.trainer.issued;
        let from_model = model.is_some();
        let wanted = Module::of(&settings, table.is_some(), model.as_deref());
        let module = if self.trainer.module.includes(wanted) { self.trainer.module } else { wanted };
        let request = Request::Start { run, settings: settings.clone(), table: table.clone(), model, running };
        // A large file is read by a worker of its own: whoever changes his mind comes back to the one before, whatever that file keeps the other at.
        let file = |table: &Option<Table>| table.as_ref().map_or(0, |table| table.held);
        let is_other_file = file(&table) != 0 && file(&table) != file(&self.origin.table);
        if is_other_file {
            self.say_reading(&table.as_ref().map(|table| table.name.clone()).unwrap_or_default());
        }
        let (same, on_its_way) = (module == self.trainer.module && !is_other_file, self.trainer.first.is_some());
        if self.trainer.worker.is_none() {
            self.launch(module, request);
        } else if same && on_its_way {
            // The worker begins with this instead.
            self.trainer.first = Some(request);
        } else if same {
            self.ask(request);
        } else if on_its_way {
            // The worker has no run yet: there is nothing to come back to.
            self.end_worker();
            self.launch(module, request);
        } else {
            self.ask(Request::Pause);
            let was_running = self.phase == Phase::Running;
            let aside = self.trainer.worker.take().map(|worker| Aside { worker, module: self.trainer.module, was_running });
            self.set_aside(aside);
            self.launch(module, request);
        }
        // Limits that were put off to train on belong to the settings that were raised for it.
        let limits = self.origin.limits.filter(|_| settings.training.epochs == self.settings.training.epochs);
        let address = self.origin.address.clone().filter(|_| table.is_some() && table == self.origin.table);
        let origin = Origin { table, address, from_model, is_older: std::mem::take(&mut self.brings_older), limits };
        self.trainer.pending = Some(Pending { run, settings, origin, undoing: None });
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
                let settings = self.settings.continued(self.frame.0.metrics.epochs);
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

    pub(super) fn undo(&mut self) {
        if self.sketch.followed.is_some() {
            return self.lift(true);
        }
        let Some(before) = self.trainer.before.take() else { return };
        self.trainer.issued += 1;
        let run = self.trainer.issued;
        let (settings, origin) = (self.settings.clone(), before.origin.clone());
        self.trainer.pending = Some(Pending { run, settings, origin, undoing: Some(before) });
        match self.return_to_aside() {
            Some(was_running) => {
                self.ask(Request::Return { run });
                self.ask(was_running.then_some(Request::Go));
            }
            None => self.ask(Request::Undo { run }),
        }
    }

    /// A worker was ended by the browser or by itself, without a word.
    pub(super) fn worker_has_ended(&mut self, worker: u32) {
        if self.is_reader(worker) {
            self.end_reading(worker, Some("its worker was ended, perhaps because the browser ran out of memory".into()));
        } else if self.trainer.spare.take_if(|spare| *spare == worker).is_some() {
            // Another will read the file.
        } else if self.trainer.aside.take_if(|aside| aside.worker == worker).is_some() {
            self.trainer.before = None;
        } else if self.trainer.worker == Some(worker) {
            self.fail("its worker was ended, perhaps because the browser ran out of memory");
        }
    }

    /// Goes on with the worker that was set aside, if the new one has not shown a run.
    pub(super) fn resume_aside(&mut self) -> bool {
        let is_new = self.trainer.first.is_some() || self.trainer.opening;
        let Some(was_running) = is_new.then(|| self.return_to_aside()).flatten() else { return false };
        self.ask(was_running.then_some(Request::Go));
        true
    }

    /// Takes the worker that was set aside again; says whether its run was being trained. `None` if there is none.
    fn return_to_aside(&mut self) -> Option<bool> {
        let Aside { worker, module, was_running } = self.trainer.aside.take()?;
        self.end_worker();
        let trainer = &mut self.trainer;
        (trainer.worker, trainer.module, trainer.first, trainer.ready) = (Some(worker), module, None, true);
        trainer.opening = false;
        Some(was_running)
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
        self.set_aside(None);
        (self.trainer.ready, self.trainer.before) = (false, None);
        self.enter(Phase::Failed);
        let words = format!("Training has failed: {words}. What is shown stays; the settings are kept.");
        self.message = Some(Message { words, alarming: true, remedy: Remedy::Restart });
    }

    /// The worker is of another build: a new one would not help.
    pub(super) fn fail_as_stale(&mut self) {
        self.fail(STALE);
        if let Some(message) = &mut self.message {
            (message.words, message.remedy) = (STALE.into(), Remedy::Reload);
        }
    }

    /// Takes over the settings of a link that was followed on this page. Whatever was asked for before gives way to it.
    pub(super) fn follow(&mut self, fragment: &str) {
        self.link = fragment.into();
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
