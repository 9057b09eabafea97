//! The page's side of training: the worker, the requests, what its replies change.

use wasm_bindgen::JsCast;
use web_sys::{Element, ErrorEvent, Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::app::{App, Phase};
use super::ensemble::Ensemble;
use super::message::{self, Remedy, announce};
use super::{act, dom, form, life, link, menu, numbers};
use crate::wire;
use multiwell::controller::protocol::{Reply, Request, Scene, Table};
use multiwell::problem::benchmarks;
use multiwell::problem::settings::form::restarts;
use multiwell::problem::settings::{InvalidSetting, Settings};

/// A run that has been asked for and not yet begun.
struct Pending {
    run: u32,
    settings: Settings,
    table: Option<Table>,
    from_model: bool,
    limits: Option<Limits>,
    /// The run before, if it is that which is asked for.
    undoing: Option<Before>,
}

/// Where a run was to stop before it was trained on: its last epoch, and its loss.
pub type Limits = (u64, Option<f64>);

/// What the page must know to go back to the run before.
struct Before {
    table: Option<Table>,
    from_model: bool,
    limits: Option<Limits>,
    /// How it was looked at.
    seen: link::Seen,
    /// The seeds trained of it, if those of the run after it are others.
    ensemble: Option<Ensemble>,
}

/// A worker that was set aside for one with the larger module, with the run before in it.
struct Aside {
    worker: Worker,
    generation: u32,
    was_running: bool,
}

/// The worker, and what has been asked of it.
#[derive(Default)]
pub struct Trainer {
    worker: Option<Worker>,
    /// Whether it holds the larger module, which trains more than curves.
    systems: bool,
    /// What it is asked as soon as it listens.
    first: Option<Request>,
    /// The worker before it, as long as a restart can be undone into it.
    aside: Option<Aside>,
    /// Worker number, so that the last words of a worker that was replaced are not taken for the new one's.
    generation: u32,
    ready: bool,
    /// The run that is shown; 0 before the first.
    run: u32,
    /// The last number given to a run.
    issued: u32,
    /// The settings before the last change that did not restart, until the next.
    unchanged: Option<Settings>,
    pending: Option<Pending>,
    before: Option<Before>,
    /// The phase that the page has already gone to; frames sent before the worker knew it do not count.
    expected: Option<Phase>,
    /// Whether the worker has not shown a run yet.
    opening: bool,
}

impl Trainer {
    /// The number of the run that is shown.
    pub fn run(&self) -> u32 {
        self.run
    }
}

/// Listens to the buttons that train.
pub fn listen() {
    for (id, press) in [
        ("run", App::press_run as fn(&mut App)),
        ("step", App::step),
        ("restart", App::restart),
        ("undo-restart", App::undo),
        ("message-action", App::recover),
        ("message-close", |_| message::hush()),
    ] {
        dom::on(&dom::by_id::<Element>(id), "click", move |_: Event| act(press));
    }
    dom::on(&dom::document(), "visibilitychange", |_: Event| {
        act(|app| app.ask(&Request::Visible { visible: !dom::document().hidden() }));
    });
}

impl Trainer {
    /// Whether there is a run to ask about.
    pub fn has_run(&self) -> bool {
        self.ready && self.run != 0
    }
}

impl App {
    /// Starts a fresh worker, and in it a run of the present settings.
    pub fn spawn(&mut self, running: bool) {
        if let Some(old) = self.trainer.worker.take() {
            old.terminate();
        }
        let (generation, issued) = (self.trainer.generation, self.trainer.issued);
        self.set_aside(None);
        self.trainer = Trainer { generation, issued, ..Trainer::default() };
        self.enter(Phase::Loading);
        self.start(self.settings.clone(), self.table.clone(), None, running);
    }

    /// Keeps a worker for the case that a restart is undone; ends the one that was kept before.
    fn set_aside(&mut self, worker: Option<Aside>) {
        if let Some(old) = std::mem::replace(&mut self.trainer.aside, worker) {
            old.worker.terminate();
        }
    }

    /// Starts a worker, which hears `first` before anything else.
    fn launch(&mut self, systems: bool, first: Request) {
        let generation = self.trainer.generation + 1;
        let trainer = &mut self.trainer;
        (trainer.generation, trainer.systems, trainer.first, trainer.ready) = (generation, systems, Some(first), false);
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let name = life::name();
        options.set_name(&name);
        match Worker::new_with_options(if systems { "worker.js?systems" } else { "worker.js" }, &options) {
            Ok(worker) => {
                dom::on(&worker, "message", move |event: MessageEvent| {
                    let name = name.clone();
                    act(move |app| {
                        if app.trainer.generation == generation {
                            match wire::unpack::<Reply>(&event.data()) {
                                Ok((Reply::Ready, _)) => {
                                    life::watch(&name, move || act(move |app| app.worker_has_ended(generation)));
                                    app.hear(Reply::Ready, Vec::new());
                                }
                                Ok((reply, numbers)) => app.hear(reply, numbers),
                                Err(message) => app.fail(&message),
                            }
                        }
                    });
                });
                dom::on(&worker, "error", move |event: Event| {
                    event.prevent_default();
                    // Of a script that cannot be had the browser says nothing.
                    let message = event.dyn_ref::<ErrorEvent>().map_or("its script cannot be loaded".into(), ErrorEvent::message);
                    act(move |app| {
                        if app.trainer.generation == generation {
                            app.fail(&message);
                        }
                    });
                });
                self.trainer.worker = Some(worker);
            }
            Err(_) => self.fail("the browser refused to start a worker"),
        }
    }

    /// Sends a request, if there is a worker that listens.
    pub fn ask(&mut self, request: &Request) {
        let Some(worker) = self.trainer.worker.as_ref().filter(|_| self.trainer.ready) else { return };
        let sent = wire::pack(request, None).map(|(message, _)| worker.post_message(&message));
        if !matches!(sent, Ok(Ok(()))) {
            message::say("The training worker could not be reached; please reload the page.", true, Remedy::None);
        }
    }

    /// Asks for a new run. What is shown changes when the worker has accepted it.
    pub fn start(&mut self, settings: Settings, table: Option<Table>, model: Option<String>, running: bool) {
        self.trainer.issued += 1;
        let run = self.trainer.issued;
        let from_model = model.is_some();
        let systems = self.trainer.systems || !benchmarks::is_curve(&settings, table.as_ref(), from_model);
        let request = Request::Start { run, settings: settings.clone(), table: table.clone(), model, running };
        let on_its_way = self.trainer.first.is_some();
        if self.trainer.worker.is_none() {
            self.launch(systems, request);
        } else if systems == self.trainer.systems && on_its_way {
            // It begins with this instead.
            self.trainer.first = Some(request);
        } else if systems == self.trainer.systems {
            self.ask(&request);
        } else if on_its_way {
            // It has no run yet: there is nothing to come back to.
            if let Some(worker) = self.trainer.worker.take() {
                worker.terminate();
            }
            self.launch(systems, request);
        } else {
            self.ask(&Request::Pause);
            let (generation, was_running) = (self.trainer.generation, self.phase == Phase::Running);
            let aside = self.trainer.worker.take().map(|worker| Aside { worker, generation, was_running });
            self.set_aside(aside);
            self.launch(systems, request);
        }
        // Settings that were raised with the end, to train on, go with it.
        let limits = self.limits.filter(|_| settings.epochs == self.settings.epochs);
        self.trainer.pending = Some(Pending { run, settings, table, from_model, limits, undoing: None });
    }

    /// Whether a change of the setting called `name` begins a new run: always in a run that takes no changes as it is now.
    pub fn restarts(&self, name: &str) -> bool {
        restarts(name) || !self.takes_changes()
    }

    /// Whether those settings that need no restart can be changed in the run that is shown.
    pub fn takes_changes(&self) -> bool {
        let frame = &self.frame.0;
        frame.takes_changes || frame.last_epoch == 0
    }

    /// The settings for other data. An end that was put off to train on a run was put off for that run.
    pub fn settings_for(&self, benchmark: &str) -> Settings {
        let mut settings = self.settings.clone();
        if let Some((epochs, stop_loss)) = self.limits {
            (settings.epochs, settings.stop_loss) = (epochs, stop_loss);
        }
        settings.moved_to(benchmark)
    }

    /// Takes over new settings, with a new run if it needs one.
    pub fn apply(&mut self, settings: Settings, restarts: bool) {
        if restarts {
            let running = self.phase != Phase::Paused;
            let table = self.table.clone().filter(|_| settings.has_own_data());
            self.start(settings, table, None, running);
        } else {
            self.trainer.unchanged = Some(std::mem::replace(&mut self.settings, settings));
            self.ask(&Request::Change { settings: self.settings.clone() });
            self.settle();
        }
    }

    /// What the first button does: runs or pauses, continues training where that is possible, and else begins again.
    fn press_run(&mut self) {
        let is_over = matches!(self.phase, Phase::Finished | Phase::Diverged) && !self.frame.0.can_continue;
        match (is_over, Self::can_restart()) {
            (false, _) => self.toggle(),
            (true, true) => self.new_seed(),
            (true, false) => self.restart(),
        }
    }

    /// Whether the page shows a button to restart.
    pub fn can_restart() -> bool {
        !dom::by_id::<Element>("restart").has_attribute("hidden")
    }

    /// Runs or pauses; continues training past the last epoch where that is possible.
    pub fn toggle(&mut self) {
        match self.phase {
            Phase::Running => {
                self.ask(&Request::Pause);
                self.trainer.expected = Some(Phase::Paused);
                self.enter(Phase::Paused);
            }
            Phase::Paused => {
                message::hush();
                self.ask(&Request::Go);
                self.trainer.expected = Some(Phase::Running);
                self.enter(Phase::Running);
            }
            Phase::Finished if self.frame.0.can_continue => {
                self.limits.get_or_insert((self.settings.epochs, self.settings.stop_loss));
                let settings = self.settings.continued(self.frame.0.report.epochs);
                self.apply(settings, false);
                self.trainer.expected = Some(Phase::Running);
                self.enter(Phase::Running);
            }
            Phase::Finished | Phase::Diverged | Phase::Loading | Phase::Failed => {}
        }
    }

    /// Trains one epoch.
    pub fn step(&mut self) {
        if matches!(self.phase, Phase::Running | Phase::Paused) {
            self.ask(&Request::Step);
            self.trainer.expected = Some(Phase::Paused);
            self.enter(Phase::Paused);
        }
    }

    /// Begins again from the same seed.
    pub fn restart(&mut self) {
        if !matches!(self.phase, Phase::Loading | Phase::Failed) {
            self.apply(self.settings.clone(), true);
        }
    }

    /// Begins again from a new seed.
    pub fn new_seed(&mut self) {
        let mut bytes = [0; 4];
        if getrandom::fill(&mut bytes).is_ok() && !matches!(self.phase, Phase::Loading | Phase::Failed) {
            // Six digits are enough to be new, and can be read aloud.
            let seed = u64::from(u32::from_le_bytes(bytes) % 1_000_000);
            self.apply(Settings { seed, ..self.settings.clone() }, true);
        }
    }

    /// Goes back to the run before the last restart.
    pub fn undo(&mut self) {
        let Some(before) = self.trainer.before.take() else { return };
        self.trainer.issued += 1;
        let run = self.trainer.issued;
        let settings = self.settings.clone();
        let Before { from_model, limits, .. } = before;
        let table = before.table.clone();
        self.trainer.pending = Some(Pending { run, settings, table, from_model, limits, undoing: Some(before) });
        match self.return_to_aside() {
            Some(was_running) => {
                self.ask(&Request::Return { run });
                if was_running {
                    self.ask(&Request::Go);
                }
            }
            None => self.ask(&Request::Undo { run }),
        }
    }

    /// The browser has ended a worker, or it has ended itself, and neither has said so.
    fn worker_has_ended(&mut self, generation: u32) {
        if self.trainer.aside.take_if(|aside| aside.generation == generation).is_some() {
            self.trainer.before = None;
            dom::show(&dom::by_id("undo-restart"), false);
        } else if self.trainer.generation == generation && self.trainer.worker.is_some() {
            self.fail("its worker was ended, perhaps because the browser ran out of memory");
        }
    }

    /// Where a new worker has not come to show a run: the one that was set aside goes on as if nothing had happened.
    fn resume_aside(&mut self) -> bool {
        let is_new = self.trainer.first.is_some() || self.trainer.opening;
        let Some(was_running) = is_new.then(|| self.return_to_aside()).flatten() else { return false };
        if was_running {
            self.ask(&Request::Go);
        }
        true
    }

    /// Shows the worker that was set aside again; says whether its run was being trained. `None` if there is none.
    fn return_to_aside(&mut self) -> Option<bool> {
        let Aside { worker, generation, was_running } = self.trainer.aside.take()?;
        if let Some(other) = self.trainer.worker.replace(worker) {
            other.terminate();
        }
        let trainer = &mut self.trainer;
        (trainer.generation, trainer.systems, trainer.first, trainer.ready) = (generation, false, None, true);
        trainer.opening = false;
        Some(was_running)
    }

    /// After a failure: a fresh worker.
    pub fn recover(&mut self) {
        message::hush();
        self.spawn(true);
    }

    fn fail(&mut self, message: &str) {
        if self.phase == Phase::Failed {
            return;
        }
        if self.resume_aside() {
            self.trainer.pending = None;
            form::show_benchmark(self);
            let sentence = format!("This could not be begun: {}. The run before goes on.", message.trim_end_matches('.'));
            message::say(&sentence, true, Remedy::None);
            return;
        }
        if let Some(worker) = self.trainer.worker.take() {
            worker.terminate();
        }
        self.set_aside(None);
        self.trainer.ready = false;
        self.trainer.before = None;
        dom::show(&dom::by_id("undo-restart"), false);
        self.enter(Phase::Failed);
        dom::write(&dom::by_id("status"), "Training has failed.");
        message::say(
            &format!("Training has failed: {}. What is shown stays; the settings are kept.", message.trim_end_matches('.')),
            true,
            Remedy::Restart,
        );
    }

    fn hear(&mut self, reply: Reply, numbers: Vec<f32>) {
        match reply {
            Reply::Ready => {
                self.trainer.ready = true;
                if dom::document().hidden() {
                    self.ask(&Request::Visible { visible: false });
                }
                if let Some(first) = self.trainer.first.take() {
                    self.ask(&first);
                    self.trainer.opening = true;
                }
            }
            Reply::Scene { run, settings, scene } => self.begun(run, settings, (scene, numbers)),
            Reply::Frame { run, frame } if run == self.trainer.run => {
                let phase = Phase::of(&frame.status);
                self.frame = (*frame, numbers);
                let stale =
                    self.trainer.expected.is_some_and(|e| e != phase && !matches!(phase, Phase::Finished | Phase::Diverged));
                if !stale {
                    self.trainer.expected = None;
                    if phase == self.phase { self.ask_to_draw() } else { self.enter(phase) }
                }
            }
            Reply::View { run, view: sight } if run == self.trainer.run => self.seen(*sight),
            Reply::Refused { problems } => self.refused(&problems),
            Reply::Model { json } => menu::download("model.json", "application/json", &json),
            Reply::History { csv } => menu::download("history.csv", "text/csv", &csv),
            Reply::Survey { run, epoch, survey } if run == self.trainer.run => self.surveyed(epoch, survey),
            Reply::Pruning { run, steps, .. } if run == self.trainer.run => self.priced(steps, numbers),
            Reply::Path { run, path } if run == self.trainer.run => {
                self.physics.take(path, numbers, dom::now());
                self.ask_to_draw();
            }
            Reply::Hysteresis { run, hysteresis } if run == self.trainer.run => {
                self.physics.take_cycle(hysteresis, numbers);
                self.set_forces();
                self.ask_to_draw();
            }
            // Of a run that is shown no more.
            Reply::View { .. }
            | Reply::Frame { .. }
            | Reply::Survey { .. }
            | Reply::Pruning { .. }
            | Reply::Path { .. }
            | Reply::Hysteresis { .. } => {}
            Reply::Declined { sentence } => {
                self.physics.give_up();
                message::say(&sentence, true, Remedy::None);
            }
            Reply::Failed { message } => self.fail(&message),
        }
    }

    /// A run has begun, or is back: all that is shown is of that run from now on.
    fn begun(&mut self, run: u32, settings: Settings, scene: (Scene, Vec<f32>)) {
        let Some(pending) = self.trainer.pending.take_if(|p| p.run == run) else { return };
        if !std::mem::take(&mut self.trainer.opening) {
            // The run before is in the same worker, or there is no way back.
            self.set_aside(None);
        }
        let first = self.trainer.run == 0;
        self.trainer.run = run;
        let is_undone = pending.undoing.is_some();
        let other_data = self.table != pending.table;
        let mut before = Before {
            table: std::mem::replace(&mut self.table, pending.table),
            from_model: std::mem::replace(&mut self.from_model, pending.from_model),
            limits: std::mem::replace(&mut self.limits, pending.limits),
            seen: self.looked_at(),
            ensemble: None,
        };
        if let Some(Before { seen, ensemble, .. }) = pending.undoing {
            self.followed = Some(seen);
            if let Some(ensemble) = ensemble {
                self.put_ensemble(ensemble);
            }
        } else if other_data || !self.ensemble.is_of(&settings) {
            before.ensemble = self.take_ensemble();
        }
        self.trainer.before = (!first && !is_undone).then_some(before);
        self.trainer.expected = None;
        let changed = pending.settings != settings;
        let moved = self.settings.benchmark != settings.benchmark;
        self.settings = settings;
        self.scene = scene;
        self.decimals = numbers::decimals(&self.scene);
        self.frame = Default::default();
        self.pictures.begin(&self.scene);
        self.forget_answers();
        if moved {
            self.sights.forget();
        }
        if let Some(seen) = self.followed.take() {
            self.look_as(seen);
        }
        self.sights.begin();
        self.offer_views();
        form::calm();
        self.settle();
        dom::show(&dom::by_id("undo-restart"), self.trainer.before.is_some());
        if is_undone {
            announce("The run before is back.");
        } else if !first {
            announce(if changed { "A new run has begun, with the settings of the model file." } else { "A new run has begun." });
        }
    }

    fn refused(&mut self, problems: &[InvalidSetting]) {
        if self.trainer.pending.take().is_none()
            && let Some(settings) = self.trainer.unchanged.take()
        {
            self.settings = settings;
            self.settle();
        }
        self.resume_aside();
        form::show_benchmark(self);
        if self.phase == Phase::Loading {
            // Nothing to fall back on but the default: never a blank page.
            message::problems("The settings could not be used; the default is shown instead.", problems);
            self.settings = Settings::default();
            self.table = None;
            self.start(Settings::default(), None, None, true);
            return;
        }
        message::problems("", problems);
    }
}
