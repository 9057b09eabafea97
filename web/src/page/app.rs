//! The state of the page, and what follows from a change of it.

use web_sys::{Element, HtmlElement};

use super::ensemble::Ensemble;
use super::message::{self, Remedy, announce};
use super::physics::Physics;
use super::pictures::Pictures;
use super::sights::Sights;
use super::tools::Tools;
use super::training::{Limits, Trainer};
use super::views::{Panel, ViewId, built_in};
use super::{dom, form, link, numbers, parts};
use multiwell::controller::protocol::{Frame, Scene, Status, Table};
use multiwell::plot::ticks;
use multiwell::problem::settings::{InvalidSetting, Settings};

/// Where the page stands, as `data-state` of the body says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The module or the worker is on its way.
    Loading,
    /// Training.
    Running,
    /// Waiting.
    Paused,
    /// At the last epoch or the loss asked for.
    Finished,
    /// Rolled back.
    Diverged,
    /// The worker is gone.
    Failed,
}

impl Phase {
    /// Where a run stands.
    pub fn of(status: &Status) -> Self {
        match status {
            Status::Running => Self::Running,
            Status::Paused => Self::Paused,
            Status::Finished { .. } => Self::Finished,
            Status::Diverged { .. } => Self::Diverged,
        }
    }

    /// Its name in the document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Diverged => "diverged",
            Self::Failed => "failed",
        }
    }
}

/// All of the page's state.
pub struct App {
    /// Settings of the run that is shown.
    pub settings: Settings,
    /// Which parts are shown.
    pub parts: parts::Parts,
    /// The worker, and what has been asked of it.
    pub trainer: Trainer,
    /// Where the page stands.
    pub phase: Phase,
    /// What does not change during the run, with its numbers.
    pub scene: (Scene, Vec<f32>),
    /// Decimals of the table's places and values.
    pub decimals: (usize, usize),
    /// The newest frame, with its numbers.
    pub frame: (Frame, Vec<f32>),
    /// The user's own table, if the run learns from one.
    pub table: Option<Table>,
    /// A table whose columns are being chosen, with their names.
    pub waiting: Option<(Table, Vec<String>)>,
    /// Whether the run went on from a model file.
    pub from_model: bool,
    /// Where the run was to stop before it was trained on, if it has been.
    pub limits: Option<Limits>,
    /// The canvases.
    pub pictures: Pictures,
    /// The field that was committed last: its text may be replaced though it has the focus.
    pub committed: &'static str,
    /// What is looked at.
    pub view: ViewId,
    /// The run's own views.
    pub sights: Sights,
    /// What the link says about what is looked at, until the run is there that it is about.
    pub followed: Option<link::Seen>,
    /// The panel that the reader has chosen.
    pub chosen_panel: Option<Panel>,
    /// View and panel as they are shown.
    pub shown: Option<(ViewId, Panel)>,
    /// Many seeds.
    pub ensemble: Ensemble,
    /// Balls and tilts.
    pub physics: Physics,
    /// What has been asked about the fit: roles, certificates, prices.
    pub tools: Tools,
    drawing_asked: bool,
    unveiled: bool,
    numbers_at: f64,
    problems: Vec<InvalidSetting>,
}

impl App {
    /// The state before anything has happened: settings of the link, no run.
    pub fn new() -> Self {
        let (settings, problems) = link::read();
        let seen = link::read_view();
        Self {
            settings,
            parts: parts::Parts::of_address(),
            trainer: Trainer::default(),
            phase: Phase::Loading,
            scene: Default::default(),
            decimals: (4, 4),
            frame: Default::default(),
            table: None,
            waiting: None,
            from_model: false,
            limits: None,
            pictures: Pictures::new(),
            committed: "",
            view: built_in(&seen.view).unwrap_or_default(),
            sights: Sights::default(),
            chosen_panel: seen.panel,
            followed: Some(seen),
            shown: None,
            ensemble: Ensemble::default(),
            physics: Physics::default(),
            tools: Tools::default(),
            drawing_asked: false,
            unveiled: false,
            numbers_at: f64::NEG_INFINITY,
            problems,
        }
    }

    /// Begins with the settings of the link.
    pub fn begin(&mut self) {
        let problems = std::mem::take(&mut self.problems);
        message::problems("The link was corrected.", &problems);
        self.settle();
        self.arrange();
        self.spawn(true);
    }

    /// Goes to another phase; the body, the run button and the status line follow.
    pub fn enter(&mut self, phase: Phase) {
        let before = std::mem::replace(&mut self.phase, phase);
        let body: HtmlElement = dom::document().body().expect("the document has a body");
        dom::set(&body, "data-state", phase.name());
        let button: Element = dom::by_id("run");
        dom::write(
            &button,
            match phase {
                Phase::Running => "Pause",
                Phase::Finished if self.frame.0.can_continue => "Continue training",
                Phase::Finished | Phase::Diverged if Self::can_restart() => "New seed",
                Phase::Finished | Phase::Diverged => "Restart",
                _ => "Run",
            },
        );
        let idle = matches!(phase, Phase::Loading | Phase::Failed);
        for id in ["run", "restart"] {
            dom::set_if(&dom::by_id(id), "disabled", idle);
        }
        dom::set_if(&dom::by_id("step"), "disabled", idle || matches!(phase, Phase::Finished | Phase::Diverged));
        if before != phase {
            // Whoever waits for the phase finds the numbers that belong to it.
            numbers::show(self);
            form::show_cost(self);
            self.show_stages();
            self.follow_panel();
            if before == Phase::Diverged {
                message::hush();
            }
            match self.frame.0.status.clone() {
                Status::Finished { sentence } if phase == Phase::Finished => {
                    announce(&format!("{sentence} {}", numbers::summary(self)));
                }
                Status::Diverged { sentence } if phase == Phase::Diverged => {
                    message::say(&sentence, true, Remedy::None);
                }
                _ => {}
            }
        }
        self.ask_to_draw();
    }

    /// The form, the link and the notes follow the settings.
    pub fn settle(&mut self) {
        form::show(self);
        numbers::replay(self);
        link::write(self);
        parts::link_to_full();
    }

    /// Asks for a new picture before the next repaint.
    pub fn ask_to_draw(&mut self) {
        if !self.drawing_asked {
            self.drawing_asked = true;
            super::at_next_frame();
        }
    }

    /// Draws what has changed.
    pub fn draw(&mut self) {
        self.drawing_asked = false;
        let now = dom::now();
        // Digits that change thirty times a second cannot be read.
        if self.phase != Phase::Running || now - self.numbers_at >= 120.0 {
            if !self.frame.0.layout.is_empty() {
                self.numbers_at = now;
            }
            numbers::show(self);
            self.show_stages();
            self.show_sight_table();
        }
        self.show_sight();
        self.follow_panel();
        self.inquire();
        if self.play(now) {
            self.ask_to_draw();
        }
        self.send_look();
        if self.view == ViewId::Physics && self.roll(now) {
            self.ask_to_draw();
        }
        super::pictures::draw(self);
        self.unveil();
    }

    /// Shows the page's parts at once when there is something in them: until then their sizes are not known either.
    fn unveil(&mut self) {
        let is_drawn = self.view != ViewId::Own || self.sights.sight.view == self.sights.look.view;
        if !self.unveiled && !self.frame.0.layout.is_empty() && is_drawn {
            self.unveiled = true;
            dom::set_if(&dom::document().body().expect("the document has a body"), "data-veiled", false);
        }
    }
}

/// How long something will take, in words, no more exactly than it can be told.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() => "unknown".into(),
        s if s < 1.5 => "1 s".into(),
        s if s < 15.0 => format!("{s:.0} s"),
        s if s < 90.0 => format!("{:.0} s", 5.0 * (s / 5.0).round()),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{} h", ticks::number(s / 3600.0, 2)),
    }
}
