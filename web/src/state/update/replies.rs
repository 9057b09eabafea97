//! What the training worker says.

use crate::state::app::State;
use crate::state::effect::Effect;
use crate::state::inspection::Inspection;
use crate::state::message::Remedy;
use crate::state::timeline::{Left, Step};
use crate::state::trainer::{Pending, Phase};
use crate::state::view::Picture;
use multiwell::controller::protocol::{Reply, Request, Scene};
use multiwell::plot;
use multiwell::plot::ticks::number;
use multiwell::problem::settings::{InvalidSetting, Settings};
use std::rc::Rc;

impl State {
    pub(super) fn hear(&mut self, reply: Reply, numbers: Vec<f32>) {
        let shown = self.trainer.run;
        match reply {
            Reply::Ready => {
                self.trainer.ready = true;
                self.ask(self.page_is_hidden.then_some(Request::Visible { visible: false }));
                let first = self.trainer.first.take();
                self.trainer.opening |= first.is_some();
                self.ask(first);
            }
            Reply::Scene { run, settings, scene } => {
                if let Some(pending) = self.trainer.pending.take_if(|p| p.run == run) {
                    self.begun(pending, settings, (scene, numbers));
                } else if run == shown && scene.paper.is_some() {
                    self.has_followed(&settings, (scene, numbers));
                } else if run == shown {
                    self.take_all(settings, (scene, numbers));
                }
            }
            Reply::Frame { run, frame } if run == shown => {
                if let Some(next) = self.sketch.next.take() {
                    self.scene = next;
                    self.bounds = bounds(&self.scene);
                }
                let phase = Phase::of(&frame.status);
                (self.frame, self.has_frame) = (Rc::new((*frame, numbers)), true);
                self.has_looked_back();
                let is_late = self.trainer.expected.is_some_and(|e| e != phase && !phase.is_over());
                if !is_late {
                    self.trainer.expected = None;
                    if phase == self.phase { self.draw() } else { self.enter(phase) }
                }
            }
            Reply::View { run, view } if run == shown => {
                if self.own.take(Rc::from(view)) {
                    self.check_zooms();
                    self.send_choice();
                    self.draw();
                }
            }
            Reply::Notes { run, notes } if run == shown => self.say(notes.join(" "), false),
            Reply::Refused { run, problems } => self.refused(run, &problems),
            Reply::Model { run, json, is_kept: true } if run == shown => self.emit(Effect::KeepFit(run, json)),
            Reply::Model { is_kept: true, .. } => {}
            Reply::Model { json, .. } => self.download("model.json", "application/json", json),
            Reply::Export { json, form, hessian } => self.emit(Effect::Export { model: json, form, hessian }),
            Reply::History { csv } => self.download("history.csv", "text/csv", csv),
            Reply::Survey { run, epoch, survey } if run == shown => {
                (self.inspection.survey, self.inspection.surveyed) = (Some(survey), epoch);
                self.draw();
            }
            Reply::Pruning { run, steps, .. } if run == shown => {
                let moment = self.moment();
                self.inspection.take_prices(steps, numbers, moment, self.now.time);
                self.inquire();
                self.draw();
            }
            Reply::Path { run, path } if run == shown => {
                self.physics.take(path, numbers, self.now.time);
                self.draw();
            }
            Reply::Hysteresis { run, hysteresis } if run == shown => {
                self.physics.take_cycle(hysteresis, numbers);
                self.set_forces();
                self.draw();
            }
            // Of a run that is not shown any more.
            Reply::Notes { .. }
            | Reply::Looked { .. }
            | Reply::View { .. }
            | Reply::Frame { .. }
            | Reply::Survey { .. }
            | Reply::Pruning { .. }
            | Reply::Path { .. }
            | Reply::Hysteresis { .. } => {}
            Reply::Declined { sentence } => {
                self.physics.give_up();
                self.say(sentence, true);
            }
            Reply::Failed { message } => self.fail(&message),
        }
    }

    /// A run has begun, or is back: everything that is shown is of that run from now on.
    fn begun(&mut self, pending: Pending, settings: Settings, scene: (Scene, Vec<f32>)) {
        let is_undone = pending.returning.is_some();
        let first = self.trainer.run == 0;
        let other_data = self.origin.table != pending.origin.table;
        let mut before = self.leave();
        self.origin = pending.origin;
        if other_data || !self.ensemble.is_of(&settings) {
            let ensemble = self.take_ensemble();
            before = before.map(|before| Left { ensemble, ..before });
        }
        if let Some(direction) = pending.returning {
            let Left { shown, ensemble, .. } = self.trainer.timeline.go(direction, pending.run, before).unwrap_or_default();
            self.followed = Some(shown);
            if let Some(ensemble) = ensemble {
                self.put_ensemble(ensemble);
            }
        } else if let Some(before) = before {
            self.trainer.timeline.note(Step::Run(before));
        }
        (self.trainer.opening, self.trainer.came_from) = (false, None);
        (self.trainer.run, self.trainer.shown_by) = (pending.run, self.trainer.worker);
        self.trainer.is_addressed = first || pending.is_addressed || is_undone;
        self.tidy();
        self.trainer.expected = None;
        let changed = pending.settings != settings;
        let moved = self.settings.benchmark != settings.benchmark;
        // Of a run like the one before the same part is of interest, but for its history.
        let axes = |scene: &Scene| scene.paper.map_or(scene.domain, |paper| paper[0]);
        let is_alike = !moved && self.scene.0.names == scene.0.names && axes(&self.scene.0) == axes(&scene.0);
        self.zoom_out(|zoom| is_alike && matches!(zoom.picture, Picture::Landscape | Picture::Plot(_)));
        self.sketch_has_begun(&settings);
        (self.settings, self.scene) = (settings, scene);
        (self.frame, self.has_frame) = Default::default();
        self.bounds = bounds(&self.scene);
        // On a paper the keys go on where they were.
        self.cursors.retain(|(picture, _)| *picture == Picture::Landscape && !moved && self.scene.0.paper.is_some());
        self.drawing = None;
        (self.inspection, self.looks) = (Inspection::default(), None);
        self.physics.begin();
        if moved {
            self.own.forget();
        }
        if let Some(shown) = self.followed.take() {
            self.go_to_shown(shown);
        }
        self.own.begin();
        self.check_view();
        self.arranged = None;
        self.notes.clear();
        if is_undone {
            self.announce("The run before is back.");
        } else if !first {
            self.announce(if changed {
                "A new run has begun, with the settings of the model file."
            } else {
                "A new run has begun."
            });
        }
    }

    /// The whole table has been read of a run whose preview is shown.
    fn take_all(&mut self, settings: Settings, scene: (Scene, Vec<f32>)) {
        (self.settings, self.scene) = (settings, scene);
        (self.frame, self.has_frame) = Default::default();
        self.bounds = bounds(&self.scene);
        self.inspection = Inspection::default();
        self.message = self.message.take().filter(|message| message.remedy != Remedy::Cancel);
        self.own.begin();
        self.check_view();
        self.draw();
    }

    /// A run, or a change of the one that is shown, was refused. A run that was asked for before the one that is awaited does not matter.
    fn refused(&mut self, run: u32, problems: &[InvalidSetting]) {
        let Some(pending) = self.trainer.pending.take_if(|pending| pending.run == run) else {
            if run == self.trainer.run {
                self.settings = self.trainer.unchanged.take().unwrap_or_else(|| self.settings.clone());
                self.complain("", problems);
            }
            return;
        };
        if problems.iter().any(|problem| problem.field == "drawing") && pending.settings.benchmark == self.settings.benchmark {
            self.sketch_was_refused();
        }
        self.resume_aside();
        if self.phase == Phase::Loading {
            // There is nothing to fall back on but the default: never an empty page.
            self.complain("The settings could not be used; the default is shown instead.", problems);
            (self.settings, self.origin.table) = (Settings::default(), None);
            self.start(Settings::default(), None, None, true);
            return;
        }
        self.followed = None;
        self.complain("", problems);
    }

    pub(super) fn download(&mut self, name: &str, kind: &'static str, text: String) {
        self.emit(Effect::Download { name: name.into(), kind, text });
    }

    /// What a finished run has come to, for those who cannot see it.
    pub(super) fn summary(&self) -> String {
        let Some(fit) = self.frame.0.metrics.potential() else { return String::new() };
        let rmse = number(fit.rmse, 2);
        format!("Root mean squared error {rmse}, {} wells, {} modes responsible.", fit.wells, fit.responsible_modes)
    }
}

/// The range that must be seen of a scene with one input; a figure without data and truth shows its fit.
fn bounds(scene: &(Scene, Vec<f32>)) -> Option<[f64; 2]> {
    let samples = scene.0.samples;
    let data = scene.1.get(samples..2 * samples).filter(|_| scene.0.inputs == 1)?;
    plot::bounds(crate::state::readout::truth(scene), data)
}
