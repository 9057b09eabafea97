//! Replies of the training worker.

use crate::state::app::State;
use crate::state::effect::Effect;
use crate::state::inspection::Inspection;
use crate::state::message::{Message, MessageAction};
use crate::state::phase::Phase;
use crate::state::requests::PendingRun;
use crate::state::run::SceneData;
use crate::state::timeline::{ParkedRun, TimelineStep};
use crate::state::view::CanvasPicture;
use multiwell::internal::controller::protocol::{Reply, Request, Scene};
use multiwell::internal::landscape::Minimum;
use multiwell::internal::problem::settings::{InvalidSetting, Settings};
use multiwell::internal::recipe::TrainingStep;
use multiwell::internal::text::counted;
use std::rc::Rc;

impl State {
    pub(super) fn handle_reply(&mut self, reply: Reply, numbers: Vec<f32>) {
        let shown = self.run.number;
        match reply {
            Reply::Ready => {
                self.workers.is_ready = true;
                self.send_request(self.environment.is_hidden.then_some(Request::Visible(false)));
                self.send_request(self.speed().limit().map(|limit| Request::LimitSpeed(Some(limit))));
                let first = self.workers.first_request.take();
                self.workers.is_opening |= first.is_some();
                self.send_request(first);
            }
            Reply::Scene { run, settings, scene } => {
                if let Some(pending) = self.requests.take_pending(run) {
                    self.begun(pending, settings, (scene, numbers));
                } else if run == shown && scene.canvas.is_some() {
                    self.sketch.accept_scene(&settings, (scene, numbers));
                } else if run == shown {
                    self.take_all(settings, (scene, numbers));
                }
            }
            Reply::Frame { run, mut frame } if run == shown => {
                let current = frame.stage.iter_mut().map(|stage| &mut stage.name);
                for name in frame.metrics.stages.iter_mut().map(|stage| &mut stage.name).chain(current) {
                    *name = TrainingStep::in_words(name);
                }
                if let Some(next) = self.sketch.next.take() {
                    self.run.set_scene(next);
                }
                let phase = Phase::from_status(&frame.status);
                (self.run.frame, self.run.has_frame) = (Rc::new((*frame, numbers)), true);
                self.count_wells();
                self.request_awaited_state();
                if self.requests.accept_phase(phase) {
                    if phase == self.phase { self.queue.request_frame() } else { self.enter(phase) }
                }
            }
            Reply::View { run, view } if run == shown => {
                let is_current = self.views.own.accept(Rc::from(view));
                if is_current {
                    self.check_zooms();
                    self.send_choice();
                    self.queue.request_frame();
                }
            }
            Reply::Notes { run, notes } if run == shown => {
                let has_angles = !self.run.scene.0.likely_periods.is_empty();
                let action = if has_angles { MessageAction::SetPeriods } else { MessageAction::None };
                self.feedback.message = Some(Message::new(&notes.join(" "), false, action));
            }
            Reply::Refused { run, problems } => self.refused(run, &problems),
            Reply::Model { run, json, is_kept: true } if run == shown => self.queue.emit(Effect::KeepFit(run, json)),
            Reply::Model { is_kept: true, .. } => {}
            Reply::Model { json, .. } => self.queue.download("model.json", "application/json", json),
            Reply::Export(json, form) => self.queue.emit(Effect::Export(json, form)),
            Reply::History(csv) => self.queue.download("history.csv", "text/csv", csv),
            Reply::Survey { run, epoch, survey } if run == shown => {
                if self.awaits_survey() {
                    let (wells, dips): (Vec<&Minimum>, _) = survey.minima.iter().partition(|minimum| minimum.supported);
                    let doubt = if dips.is_empty() { String::new() } else { format!(", {} more uncertain", dips.len()) };
                    self.queue.announce(format!("{} found{doubt}.", counted(wells.len(), "well")));
                }
                (self.inspection.survey, self.inspection.survey_epoch) = (Some(survey), epoch);
                self.queue.request_frame();
            }
            Reply::Pruning { run, steps, .. } if run == shown => {
                let fit = self.run.fit_id(self.phase);
                self.inspection.accept_removal_costs(steps, numbers, fit, self.environment.now.time);
                self.request_missing_data();
                self.queue.request_frame();
            }
            Reply::Path { run, path } if run == shown => {
                self.physics.accept_path(path, numbers, self.environment.now.time);
                self.queue.request_frame();
            }
            Reply::Hysteresis { run, hysteresis } if run == shown => {
                self.physics.accept_cycle(hysteresis, numbers);
                self.set_forces();
                self.queue.request_frame();
            }
            Reply::Declined(sentence) => {
                self.physics.requests.answered = self.physics.requests.sent;
                self.feedback.show_error(sentence);
            }
            // Late replies of a run that is no longer shown.
            Reply::Notes { .. }
            | Reply::Inspected(_)
            | Reply::Thumbnail(..)
            | Reply::View { .. }
            | Reply::Frame { .. }
            | Reply::Survey { .. }
            | Reply::Pruning { .. }
            | Reply::Path { .. }
            | Reply::Hysteresis { .. } => {}
        }
    }

    /// Shows a run that has begun or was recalled.
    fn begun(&mut self, pending: PendingRun, settings: Settings, scene: SceneData) {
        let is_undone = pending.direction.is_some();
        let first = self.run.number == 0;
        let other_data = self.run.origin.table != pending.origin.table;
        let shown = self.views.link_view(self.run.origin.address.clone());
        let mut before = self.run.park(shown);
        self.run.origin = pending.origin;
        if other_data || !self.ensemble.is_of(&settings) {
            let ensemble = self.take_ensemble();
            before = before.map(|before| ParkedRun { ensemble, ..before });
        }
        if let Some(direction) = pending.direction {
            let ParkedRun { shown, ensemble, .. } = self.timeline.move_to_run(direction, pending.run, before).unwrap_or_default();
            self.address.requested_view = Some(shown);
            if let Some(ensemble) = ensemble {
                self.put_ensemble(ensemble);
            }
        } else if let Some(before) = before {
            self.timeline.record(TimelineStep::Run(before));
        }
        (self.workers.is_opening, self.workers.previous, self.files.awaited) = (false, None, None);
        (self.run.number, self.run.worker) = (pending.run, self.workers.current);
        self.address.records.has_entry = first || pending.is_addressed || is_undone;
        self.drop_unused_runs();
        self.requests.expected_phase = None;
        let changed = pending.settings != settings;
        // The worker of a recalled run may have more intervals than its settings request.
        let settings = if is_undone { pending.settings } else { settings };
        let moved = self.run.settings.benchmark != settings.benchmark;
        // A similar run keeps the visible part, except in its history.
        let axes = |scene: &Scene| scene.canvas.map_or(scene.domain, |canvas| canvas[0]);
        let is_alike = !moved && self.run.scene.0.names == scene.0.names && axes(&self.run.scene.0) == axes(&scene.0);
        self.zoom_out(|zoom| is_alike && matches!(zoom.picture, CanvasPicture::Landscape | CanvasPicture::Plot(_)));
        self.sketch.begin_run(&self.run.settings, &settings.benchmark);
        self.run.replace(settings, scene);
        // On a canvas the cursor keeps its position.
        self.pictures
            .cursors
            .retain(|(picture, _)| *picture == CanvasPicture::Landscape && !moved && self.run.scene.0.canvas.is_some());
        self.pictures.path_picture = None;
        (self.inspection, self.views.awaited_state) = (Inspection::default(), None);
        self.physics.reset();
        if moved {
            self.views.own.forget();
        }
        // The chosen panel is kept only for the same data.
        self.views.panel.take_if(|_| moved || other_data);
        if let Some(shown) = self.address.requested_view.take() {
            self.views.restore(shown, self.run.first_view());
        }
        self.views.own.reset();
        self.check_view();
        self.views.last_layout = None;
        // A refused value stays to be corrected while the landscape is the same.
        self.feedback.notes.retain(|_, note| note.is_error && !moved && !is_undone);
        if is_undone {
            self.queue.announce("The previous run is restored.");
        } else if !first {
            let of_file = if changed { ", with the settings of the model file" } else { "" };
            self.queue.announce(format!("A new run has begun{of_file}: {}.", self.run.title()));
        }
    }

    /// Replaces the preview of a run after its whole table has been read.
    fn take_all(&mut self, settings: Settings, scene: SceneData) {
        self.run.replace(settings, scene);
        self.inspection = Inspection::default();
        self.feedback.message.take_if(|message| message.action == MessageAction::Cancel);
        self.views.own.reset();
        self.check_view();
        self.queue.request_frame();
    }

    /// Handles the refusal of a run or of a change. The refusal of a run that is no longer awaited is ignored.
    fn refused(&mut self, run: u32, problems: &[InvalidSetting]) {
        let Some(pending) = self.requests.take_pending(run) else {
            if run == self.run.number {
                self.run.settings = self.requests.previous_settings.take().unwrap_or_else(|| self.run.settings.clone());
                self.show_problems("", problems);
            }
            return;
        };
        if problems.iter().any(|problem| problem.field == "drawing") && pending.settings.benchmark == self.run.settings.benchmark
        {
            // The previous drawing is shown again.
            self.sketch.past.pop();
            self.end_following();
            self.repaint();
        }
        self.resume_previous_worker();
        if self.phase == Phase::Loading {
            // Without a valid run, the page falls back to the default settings.
            self.show_problems("The settings could not be used; the default is shown instead.", problems);
            (self.run.settings, self.run.origin.table) = (Settings::default(), None);
            self.start(Settings::default(), None, None, true);
            return;
        }
        self.address.requested_view = None;
        self.show_problems("", problems);
    }
}
