//! The state of the page, independent of the browser: it is changed by an [`super::action::Action`], what is to be done in the browser is an
//! [`Effect`], and the document is drawn from it.

use std::collections::VecDeque;
use std::rc::Rc;

use super::action::Action;
use super::columns::Choice;
use super::effect::Effect;
use super::ensemble::Ensemble;
use super::form::difference;
use super::inspection::{Inspection, Moment};
use super::link::{self, Shown};
use super::message::{Message, Note, Notes, Remedy};
use super::own_view::OwnView;
use super::physics::Physics;
use super::pins::Pin;
use super::sketch::Sketching;
use super::timeline::{Direction, Step};
use super::trainer::{Origin, Phase, Trainer};
use super::view::{Panel, Picture, VIEWS, ViewId, built_in, name};
use super::zoom::Zoom;
use multiwell::controller::protocol::{File, Frame, Request, Scene};
use multiwell::problem::settings::form::restarts;
use multiwell::problem::settings::{InvalidSetting, Settings};
use multiwell::text::sentence;

/// Which parts of the page are shown: all of them, or, embedded, few and what the address asks for.
#[derive(Debug, Default)]
pub struct Parts {
    /// Whether the page stands in another document: no keys, no menu.
    pub embedded: bool,
    /// Parts that the address adds.
    pub added: Vec<String>,
    /// Parts that the address takes away.
    pub hidden: Vec<String>,
}

impl Parts {
    /// `knobs` is what addresses call the controls of a view.
    const EMBEDDED: [&str; 4] = ["landscape", "knobs", "run", "numbers"];

    /// Whether a part is shown.
    pub fn shows(&self, part: &str) -> bool {
        let names = |parts: &[String]| parts.iter().any(|name| name == part);
        !names(&self.hidden) && (!self.embedded || Self::EMBEDDED.contains(&part) || names(&self.added))
    }
}

/// A scene with its numbers.
pub type Shot = (Scene, Vec<f32>);

/// The time, and a random number.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    /// Milliseconds since the page was opened.
    pub time: f64,
    /// A random number.
    pub random: u32,
}

/// All of the page's state.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each says something of its own")]
pub struct State {
    /// Settings of the run that is shown.
    pub settings: Settings,
    /// Which parts are shown.
    pub parts: Parts,
    /// The workers, and what has been asked of them.
    pub trainer: Trainer,
    /// The phase of the page.
    pub phase: Phase,
    /// What does not change during the run, with its numbers.
    pub scene: Shot,
    /// Smallest and largest value of truth and data.
    pub bounds: Option<[f64; 2]>,
    /// The newest frame, with its numbers.
    pub frame: Rc<(Frame, Vec<f32>)>,
    /// Whether there is a frame of the run that is shown.
    pub has_frame: bool,
    /// What the run has come from besides its settings.
    pub origin: Origin,
    /// Files that a worker of this number looks into, until it has been given them.
    pub reading: Option<(u32, Vec<File>)>,
    /// The number of the large file that is looked into; 0 if it is none.
    pub(super) held: u32,
    /// A link to a table that is on its way: its address, and the settings of the link.
    pub(super) linked: Option<(String, Settings)>,
    /// A table whose columns are being chosen.
    pub columns: Option<Choice>,
    /// The setting whose control is being typed into: its text stays until it is committed, given up or left.
    pub editing: &'static str,
    /// The setting whose slider is being moved: it stays where it is held.
    pub sliding: &'static str,
    /// The letter of a formula whose slider is being moved, and where it is held.
    pub letter: Option<(String, f64)>,
    /// Notes below the controls.
    pub notes: Notes,
    /// The message line.
    pub message: Option<Message>,
    /// Which view is shown.
    pub view: ViewId,
    /// The run's own views.
    pub own: OwnView,
    /// The panel that the reader has chosen.
    pub chosen_panel: Option<Panel>,
    /// Many seeds.
    pub ensemble: Ensemble,
    /// Balls and tilts.
    pub physics: Physics,
    /// Drawing on the picture.
    pub sketch: Sketching,
    /// Runs that were pinned.
    pub pins: Vec<Pin>,
    /// Requests about the fit and their answers.
    pub inspection: Inspection,
    /// The moment of the run that is looked back to, until it has arrived.
    pub looks: Option<usize>,
    /// Position of the slider of the soft minimum's sharpness.
    pub sharpness: f64,
    /// The cursor in each picture, in the units of its axes.
    pub cursors: Vec<(Picture, (f64, f64))>,
    /// The pictures of which a part is shown.
    pub zooms: Vec<Zoom>,
    /// The picture on which keys draw a path.
    pub drawing: Option<Picture>,
    /// Whether the reader prefers dark colours.
    pub dark: bool,
    /// Whether the reader prefers little motion.
    pub still: bool,
    /// Whether there is something in the page's parts: until then their sizes are not known either.
    pub revealed: bool,
    /// Version of what all canvases show besides their own contents.
    pub repaints: u64,
    /// Whether the run that is asked for next comes from a link or a model file of an older version of the recipe.
    pub(super) brings_older: bool,
    /// View and panel asked for by a link, until its run has begun.
    pub(super) followed: Option<Shown>,
    /// View and panel as they were shown last.
    pub(super) arranged: Option<(String, Panel)>,
    /// The fragment that was followed or written last.
    pub(super) link: String,
    /// Changes that wait until the run that has been asked for is there.
    pub(super) deferred: VecDeque<Action>,
    pub(super) now: Now,
    pub(super) page_is_hidden: bool,
    pub(super) drawing_asked: bool,
    pub(super) numbers_at: f64,
    pub(super) problems: Vec<InvalidSetting>,
    pub(super) effects: Vec<Effect>,
}

impl State {
    /// The state before anything has happened: settings of the link, no run.
    pub fn new(fragment: &str, parts: Parts) -> Self {
        let (settings, problems, shown) = link::read(fragment);
        Self {
            settings,
            problems,
            // An author's frame is what its author has chosen.
            brings_older: shown.is_older && !parts.embedded,
            parts,
            view: built_in(&shown.view).unwrap_or_default(),
            chosen_panel: shown.panel,
            followed: Some(shown),
            link: fragment.into(),
            looks: None,
            sharpness: 70.0,
            numbers_at: f64::NEG_INFINITY,
            ..Self::default()
        }
    }

    pub(super) fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Lets the document follow.
    pub(super) fn show(&mut self) {
        if !self.effects.iter().any(|effect| matches!(effect, Effect::Show)) {
            self.emit(Effect::Show);
        }
    }

    /// Asks for new pictures before the next repaint.
    pub(super) fn draw(&mut self) {
        if !std::mem::replace(&mut self.drawing_asked, true) {
            self.emit(Effect::Draw);
        }
    }

    /// Sends a request, if there is a worker that listens.
    pub(super) fn ask(&mut self, request: impl Into<Option<Request>>) {
        if let (Some(worker), Some(request)) = (self.trainer.worker.filter(|_| self.trainer.ready), request.into()) {
            self.emit(Effect::Post(worker, request));
        }
    }

    pub(super) fn announce(&mut self, words: impl Into<String>) {
        self.emit(Effect::Announce(words.into()));
    }

    pub(super) fn say(&mut self, words: impl Into<String>, alarming: bool) {
        self.message = Some(Message::new(&words.into(), alarming, Remedy::None));
    }

    /// Shows each problem at its control. Problems of hidden controls, and all problems if there is an opening, are shown on the message line.
    pub(super) fn complain(&mut self, opening: &str, problems: &[InvalidSetting]) {
        let mut rest = Vec::from_iter((!opening.is_empty() && !problems.is_empty()).then(|| opening.to_owned()));
        for problem in problems {
            let words = sentence(&problem.in_words());
            let control = super::form::all().map(|setting| setting.name).find(|name| *name == problem.field);
            match control.filter(|name| self.parts.shows(name) && self.settings.applies(name) && opening.is_empty()) {
                Some(name) => self.notes.insert(name, Note::new(&words, true)),
                None => rest.push(words),
            }
        }
        if !rest.is_empty() {
            self.say(rest.join(" "), true);
        }
    }

    /// Whether a change of the setting called `name` begins a new run: always in a run that takes no changes as it is now.
    pub fn restarts(&self, name: &str) -> bool {
        restarts(name) || !self.takes_changes()
    }

    /// Whether settings that need no restart can be changed in the run that is shown.
    pub fn takes_changes(&self) -> bool {
        let frame = &self.frame.0;
        frame.takes_changes || frame.last_epoch == 0
    }

    /// The settings shown in the controls: those of a pending run, else of the current one.
    pub fn wanted(&self) -> &Settings {
        self.trainer.pending.as_ref().filter(|pending| pending.returning.is_none()).map_or(&self.settings, |p| &p.settings)
    }

    /// What the next step back or on leads to; `None` if there is none.
    pub fn step_in_words(&self, direction: Direction) -> Option<String> {
        let (verb, settings) = match self.trainer.timeline.next(direction)? {
            Step::Change(_, settings, _) => ("Set", settings),
            Step::Run(left) => ("Back to", &left.settings),
            Step::Removal(..) => {
                let back = direction == Direction::Back;
                return Some(if back { "Put what was removed back" } else { "Remove the modes again" }.into());
            }
        };
        let words = difference(settings, &self.settings);
        Some(if words.is_empty() { "Back to the run as it was left".into() } else { format!("{verb} {words}") })
    }

    /// Which fit is shown.
    pub(super) fn moment(&self) -> Moment {
        let metrics = &self.frame.0.metrics;
        (metrics.epochs, metrics.lm_steps, metrics.stages.len(), self.phase == Phase::Finished)
    }

    /// The panel that is shown: the one chosen, else the stages while a recipe is at work on them, else the view's own table.
    pub fn panel(&self) -> Panel {
        let (at_work, own) = (self.frame.0.stage.is_some(), self.has_own_table());
        let potential = self.is_of_potential();
        let can = |panel: &Panel| match panel {
            Panel::ViewId => own,
            Panel::Stages => true,
            Panel::Pinned => !self.pins.is_empty(),
            Panel::Wells | Panel::Modes | Panel::Pruning => potential,
        };
        match self.chosen_panel.filter(can) {
            Some(panel) => panel,
            None if at_work && potential => Panel::Stages,
            None if own => Panel::ViewId,
            None if potential => Panel::Wells,
            None => Panel::Stages,
        }
    }

    /// Whether the view that is shown has a table.
    pub fn has_own_table(&self) -> bool {
        self.view == ViewId::Own && !self.own.seen.table.head.is_empty()
    }

    /// The name of the view that is shown.
    pub fn view_name(&self) -> &str {
        if self.view == ViewId::Own { &self.own.chosen.view } else { name(&VIEWS, &self.view) }
    }

    /// Whether the run is that of a potential, so that it has wells and modes to ask about.
    pub fn is_of_potential(&self) -> bool {
        self.settings.potential().is_some()
    }

    /// Whether a built-in view can show this run, as far as it is known.
    pub fn applies(&self, view: ViewId) -> bool {
        let scene = &self.scene.0;
        let is_curve = scene.inputs == 0 || (scene.inputs == 1 && scene.points > 0);
        match view {
            ViewId::Landscape | ViewId::Physics => is_curve,
            ViewId::SoftMinimum => is_curve && scene.views.is_empty(),
            ViewId::Ensemble => self.is_of_potential(),
            ViewId::Own => false,
        }
    }

    /// The name of the view that is shown unless another is asked for.
    pub fn first_view(&self) -> &str {
        let built_in = || VIEWS.iter().find(|(_, view)| self.applies(*view)).map_or("", |(name, _)| name);
        self.scene.0.views.first().map_or_else(built_in, |tab| &tab.id)
    }

    /// What is shown now.
    pub(super) fn shown(&self) -> Shown {
        let controls = if self.view == ViewId::Own { self.own.chosen.controls.clone() } else { Vec::new() };
        let data = self.origin.address.clone();
        Shown { view: self.view_name().into(), panel: self.chosen_panel, controls, data, is_older: false }
    }

    /// Where the reader points in a picture.
    pub fn cursor(&self, picture: Picture) -> Option<(f64, f64)> {
        self.cursors.iter().find(|(of, _)| *of == picture).map(|(_, at)| *at)
    }

    /// The sharpness of the soft minimum, 1 to 1000.
    pub fn rho(&self) -> f64 {
        10f64.powf(self.sharpness / 100.0)
    }
}
