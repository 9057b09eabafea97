//! State of the page, independent of the browser. An [`super::action::Action`] changes it, an [`Effect`] is work for the browser,
//! and the document is drawn from it.

use super::address::PageAddress;
use super::edits::ControlEdits;
use super::effect::Effect;
use super::ensemble::Ensemble;
use super::environment::{FirstRun, ReaderEnvironment, VisibleParts};
use super::face::Face;
use super::files::OpenedFiles;
use super::form::{self, difference};
use super::inspection::Inspection;
use super::link;
use super::message::{Feedback, Message};
use super::phase::Phase;
use super::physics::Physics;
use super::pictures::PictureStates;
use super::pins::Pin;
use super::queue::WorkQueue;
use super::requests::RunRequests;
use super::run::ShownRun;
use super::sketch::{Opening, Sketching};
use super::speed::TrainingSpeed;
use super::timeline::{Direction, ParkedRun, Timeline, TimelineStep};
use super::view::LowerPanel;
use super::view_choice::ViewChoice;
use super::workers::TrainingWorkers;
use multiwell::internal::controller::protocol::Request;
use multiwell::internal::potentials::Sketch;
use multiwell::internal::problem::settings::{InvalidSetting, Settings};
use multiwell::internal::text::sentence;

/// State of the page, one field for each component. The types describe them.
#[derive(Debug, Default)]
pub struct State {
    pub run: ShownRun,
    pub phase: Phase,
    /// Limit on the speed of training that the reader has chosen.
    pub chosen_speed: Option<TrainingSpeed>,
    pub workers: TrainingWorkers,
    pub requests: RunRequests,
    pub timeline: Timeline,
    pub files: OpenedFiles,
    pub edits: ControlEdits,
    pub feedback: Feedback,
    pub views: ViewChoice,
    pub ensemble: Ensemble,
    pub physics: Physics,
    pub sketch: Sketching,
    /// Pinned runs.
    pub pins: Vec<Pin>,
    pub inspection: Inspection,
    pub pictures: PictureStates,
    pub environment: ReaderEnvironment,
    pub address: PageAddress,
    pub queue: WorkQueue,
}

impl State {
    /// State before the first action: settings of the link, no run.
    pub fn new(fragment: &str, parts: VisibleParts) -> Self {
        let (settings, link_problems, shown) = link::read(fragment);
        let views = ViewChoice::from_link(&shown, parts.face);
        let is_simple = views.face == Face::Simple && !parts.embedded;
        // The simple face without a link starts with a drawing.
        let opens_with_drawing = is_simple && fragment.is_empty();
        let settings = if opens_with_drawing { settings.moved_to(Sketch::ID) } else { settings };
        Self {
            run: ShownRun { settings, ..ShownRun::default() },
            queue: WorkQueue { link_problems, ..WorkQueue::default() },
            views,
            sketch: Sketching { opening: opens_with_drawing.then_some(Opening::default()), ..Sketching::default() },
            address: PageAddress {
                link: fragment.into(),
                // The author of an embedded page has chosen the recipe.
                is_older_recipe: shown.is_older && !parts.embedded,
                requested_view: Some(shown),
                ..PageAddress::default()
            },
            environment: ReaderEnvironment { parts, ..ReaderEnvironment::default() },
            ..Self::default()
        }
    }

    /// Limit on the speed of training: the chosen one, else that of the face. Embedded runs have the limit of the simple face, unless they are shown at
    /// their end.
    pub fn speed(&self) -> TrainingSpeed {
        let parts = &self.environment.parts;
        let is_observed = if parts.embedded { parts.start != FirstRun::Finished } else { self.is_simple() };
        self.chosen_speed.unwrap_or(if is_observed { TrainingSpeed::OBSERVABLE } else { TrainingSpeed::FULL })
    }

    /// Returns true if the page is arranged as the simple face. An embedded page has its own arrangement.
    pub fn is_simple(&self) -> bool {
        self.views.face == Face::Simple && !self.environment.parts.embedded
    }

    /// Sends a request to the current worker if it accepts requests.
    pub(super) fn send_request(&mut self, request: impl Into<Option<Request>>) {
        let worker = self.workers.current.filter(|_| self.workers.is_ready);
        self.queue.emit(worker.zip(request.into()).map(|(worker, request)| Effect::Post(worker, request)));
    }

    /// Shows each problem at its control. The message line shows problems of hidden controls, or all problems if there is an opening.
    pub(super) fn show_problems(&mut self, opening: &str, problems: &[InvalidSetting]) {
        let mut rest = Vec::from_iter((!opening.is_empty() && !problems.is_empty()).then(|| opening.to_owned()));
        for problem in problems {
            let words = sentence(&problem.in_words());
            let control = form::all().map(|setting| setting.name).find(|name| *name == problem.field);
            let is_visible = |name: &&str| self.environment.parts.shows(name) && self.run.settings.applies(name);
            match control.filter(|name| is_visible(name) && opening.is_empty()) {
                Some(name) => _ = self.feedback.notes.insert(name, Message::error(&words)),
                None => rest.push(words),
            }
        }
        if !rest.is_empty() {
            self.feedback.show_error(rest.join(" "));
        }
    }

    /// Settings shown in the controls: those of the pending run, unless that run is recalled from the timeline; else those of the current run.
    pub fn wanted(&self) -> &Settings {
        let pending = self.requests.pending.as_ref().filter(|pending| pending.direction.is_none());
        pending.map_or(&self.run.settings, |pending| &pending.settings)
    }

    /// Latest run on an open table, unless the current settings use one.
    pub fn left_table(&self) -> Option<&ParkedRun> {
        let has_table = |left: &&ParkedRun| left.settings.has_own_data() && left.origin.table.is_some();
        self.timeline.runs().filter(has_table).max_by_key(|left| left.run).filter(|_| !self.wanted().has_own_data())
    }

    /// Description of the next undo or redo; `None` if there is none.
    pub fn step_in_words(&self, direction: Direction) -> Option<String> {
        let (verb, settings) = match self.timeline.next(direction)? {
            TimelineStep::Change(_, settings, _) => ("Set", settings),
            TimelineStep::Run(left) => ("Back to", &left.settings),
            TimelineStep::Removal(..) => {
                let back = direction == Direction::Back;
                return Some(if back { "Restore the removed modes" } else { "Remove the modes again" }.into());
            }
        };
        let words = difference(settings, &self.run.settings);
        Some(if words.is_empty() { "Restore the previous run".into() } else { format!("{verb} {words}") })
    }

    /// Visible panel: the chosen one if it applies; else the stages while a recipe runs, the view's own table, the wells, or the stages.
    pub fn panel(&self) -> LowerPanel {
        let (at_work, own) = (self.run.frame.0.stage.is_some(), self.views.has_own_table());
        let potential = self.run.is_potential();
        let can = |panel: &LowerPanel| match panel {
            LowerPanel::ViewTable => own,
            LowerPanel::Stages => true,
            LowerPanel::Pinned => !self.pins.is_empty(),
            LowerPanel::Wells | LowerPanel::Modes | LowerPanel::Pruning => potential,
        };
        match self.views.panel.filter(can) {
            Some(panel) => panel,
            None if at_work && potential => LowerPanel::Stages,
            None if own => LowerPanel::ViewTable,
            None if potential => LowerPanel::Wells,
            None => LowerPanel::Stages,
        }
    }
}
