//! The reducer of the page.

mod ensemble;
mod files;
mod inspection;
mod keeping;
mod pins;
mod pointing;
mod replies;
mod settings;
mod sketch;
#[cfg(test)]
mod tests;
mod training;
mod views;
mod zooms;

use super::action::{Action, Button, Slider};
use super::app::State;
use super::effect::Effect;
use super::environment::{ActionContext, FirstRun};
use super::message::MessageAction;
use super::phase::Phase;
use super::speed::TrainingSpeed;
use super::timeline::Direction;
use super::view::CanvasPicture;
use multiwell::internal::controller::protocol::Request;

/// Changes the state by an action. Returns the tasks for the browser, in order.
pub fn update(state: &mut State, action: Action, now: ActionContext) -> Vec<Effect> {
    state.environment.now = now;
    if !action.is_frequent() {
        state.queue.request_show();
    }
    state.act(action);
    // Deferred changes wait for their run. One of them may request another run.
    if state.requests.pending.is_none() {
        for action in std::mem::take(&mut state.queue.deferred) {
            state.act(action);
        }
    }
    state.arrange();
    state.write_link();
    std::mem::take(&mut state.queue.effects)
}

impl State {
    fn act(&mut self, action: Action) {
        if action.is_by_reader() {
            self.end_opening();
        }
        match action {
            // A field that is hidden loses the focus, and the browser then sends a change event.
            Action::Commit(name, _) | Action::SlideSetting(name, _) | Action::ReleaseSetting(name, _)
                if !self.wanted().applies(name) => {}
            Action::Commit(..) | Action::SlideSetting(..) | Action::ReleaseSetting(..) if self.requests.pending.is_some() => {
                self.queue.deferred.push_back(action);
            }
            Action::Begin => self.start_run(),
            Action::OpenKept(kept) => self.open_kept(kept),
            Action::Press(button) => self.press(button),
            Action::Slide(slider, position) => self.slide(slider, position),
            Action::Commit(name, text) => self.commit(name, &text),
            Action::Typed(name, text) => self.typed(name, &text),
            Action::RevertText(name) => self.leave_field(name, false),
            Action::LeaveField(name) => self.leave_field(name, true),
            Action::SlideSetting(name, value) => self.slide_setting(name, value),
            Action::ReleaseSetting(name, value) => self.release_setting(name, value),
            Action::Choose(benchmark) => self.choose(&benchmark),
            Action::Follow(fragment) => self.follow(&fragment),
            Action::FollowTo(run, fragment) => self.follow_to(run, &fragment),
            Action::Visible(visible) => {
                self.environment.is_hidden = !visible;
                if !visible {
                    self.keep_fit();
                }
                self.send_request(Request::Visible(visible));
            }
            Action::Prefer { dark, reduced_motion } => {
                (self.environment.is_dark, self.environment.reduces_motion) = (dark, reduced_motion);
                self.repaint();
            }
            Action::Reply(worker, reply, _) if self.files.worker(worker).is_some() => self.handle_file_reply(worker, reply),
            Action::WorkerFailed(worker, words) if self.files.worker(worker).is_some() => self.file_worker_failed(worker, words),
            Action::Reply(worker, reply, numbers) if self.workers.current == Some(worker) => self.handle_reply(reply, numbers),
            Action::WorkerFailed(worker, words) if self.workers.current == Some(worker) => self.fail(&words),
            Action::WorkerEnded(worker) => self.worker_has_ended(worker),
            Action::Ensemble(event, numbers) => self.handle_ensemble_event(event, numbers),
            Action::StartOrStopEnsemble(runs) => self.toggle_seeds(&runs),
            Action::OpenSeed(seed) => self.open_seed(seed),
            Action::OpenTab(id) => self.views.open_tab(&id),
            Action::SetControl(id, position) => {
                if !self.edits.slide_parameter(&self.run.scene.0.formula_controls, &id, position) {
                    self.views.own.set_position(&id, position);
                    self.choice_changed();
                }
            }
            Action::PressControl(id) => {
                self.views.own.press(&id, self.environment.now.time);
                self.choice_changed();
            }
            Action::ControlRests => {
                self.views.own.moving = false;
                if let Some(text) = self.edits.release_parameter(&self.run.scene.0.formula_controls) {
                    self.act(Action::Commit("set", text));
                }
            }
            Action::Point(picture, at, pointer) => self.point(picture, at, pointer),
            Action::MoveCursor(picture, panel, step) => self.move_cursor(picture, &panel, step),
            Action::HideCursor(picture) => self.hide_cursor(picture),
            Action::PressAtCursor(picture, panel) => self.press_at_cursor(picture, &panel),
            Action::Zoom(picture, change) => self.zoom(picture, change),
            Action::Lift(CanvasPicture::Landscape) => self.end_stroke(),
            Action::CancelStroke(CanvasPicture::Landscape) => self.cancel_stroke(),
            // Messages of replaced workers, and strokes on pictures other than the landscape.
            Action::Reply(..) | Action::WorkerFailed(..) | Action::Lift(_) | Action::CancelStroke(_) => {}
            Action::Click(picture, panel, size, pixel) => self.click(picture, &panel, size, pixel),
            Action::RestorePin(letter) => self.restore_pin(letter),
            Action::RemovePin(letter) => self.remove_pin(letter),
            Action::ToggleAlone(mode) => self.show_single_mode(Some(mode).filter(|_| self.inspection.single_mode != Some(mode))),
            Action::Opened(files) => self.opened(files, 0),
            Action::OpenedLarge(file, number) => self.opened(vec![file], number),
            Action::Fetched(address, file) => self.fetched(&address, file),
            Action::ChooseKind(kind) => self.change_columns(|choice| choice.choose_kind(kind)),
            Action::ChooseRoles(roles) => self.change_columns(|choice| choice.choose(roles)),
            Action::AddColumn(expression) => self.change_columns(|choice| choice.add(expression.trim())),
            Action::CloseColumns(is_accepted) => self.close_columns(is_accepted),
            Action::SaveCode(form) => self.request_file(Request::Export(form)),
            Action::Exported(exported) => self.exported(exported),
            Action::SavePicture { which, form, dark, scale } => self.save_picture(&which, form, dark, scale),
            Action::ShowMessage(words) => self.feedback.show_message(words),
            Action::ShowError(words) => self.feedback.show_error(words),
            Action::Elsewhere => {
                self.feedback.message.take_if(|message| !message.is_error && message.action == MessageAction::None);
            }
            Action::Resized => self.queue.request_frame(),
            Action::AnimationFrame => self.animation_frame(),
        }
    }

    fn start_run(&mut self) {
        let problems = std::mem::take(&mut self.queue.link_problems);
        let settings = self.run.settings.clone();
        match self.address.requested_view.take_if(|shown| shown.data.is_none() && settings.has_own_data()) {
            Some(shown) => return self.await_file(settings, shown, ""),
            None => self.show_problems("The link was corrected.", &problems),
        }
        match self.address.requested_view.as_ref().and_then(|shown| shown.data.clone()) {
            Some(address) => self.fetch(address, settings),
            None => self.spawn(self.environment.parts.start != FirstRun::Paused && self.sketch.opening.is_none()),
        }
    }

    fn press(&mut self, button: Button) {
        match button {
            Button::Run => self.press_run(),
            Button::Toggle => self.toggle(),
            Button::Step => self.step(),
            Button::Restart => self.restart(),
            Button::NewSeed => self.new_seed(),
            Button::UndoLast if self.is_sketched() => self.step_drawing(true),
            Button::RedoLast if self.is_sketched() => self.step_drawing(false),
            Button::Undo | Button::UndoLast => self.navigate(Direction::Back),
            Button::Redo | Button::RedoLast => self.navigate(Direction::On),
            Button::Recover if self.feedback.action() == Some(MessageAction::Reload) => self.queue.emit(Effect::Reload),
            Button::Recover if self.feedback.action() == Some(MessageAction::Cancel) => self.cancel_reading(),
            Button::Recover if self.feedback.action() == Some(MessageAction::SetPeriods) => {
                self.feedback.message = None;
                self.commit("periodic", &self.run.scene.0.likely_periods.clone());
            }
            Button::Recover if self.feedback.action() == Some(MessageAction::FitDensity) => self.fit_density(),
            Button::Recover if self.feedback.action() == Some(MessageAction::OpenFile) => self.queue.emit(Effect::ChooseFile),
            Button::Recover => {
                self.feedback.message = None;
                self.spawn(true);
            }
            Button::Pin => self.pin(),
            Button::CloseMessage => {
                // The file of a link is not awaited any more, unless the page has no run.
                self.files.awaited.take_if(|_| self.phase != Phase::Awaiting);
                self.feedback.message = None;
            }
            Button::OpenFile => self.queue.emit(Effect::ChooseFile),
            Button::SwitchFace => self.switch_face(),
            Button::Help => self.queue.emit(Effect::OpenDialog("help-dialog")),
            Button::Embed => self.queue.emit(Effect::OpenDialog("embed-dialog")),
            Button::Share => self.queue.emit(Effect::Share(self.run.share_sentence())),
            Button::SaveModel => self.request_file(Request::Save { is_kept: false }),
            Button::SaveHistory => self.send_request(Request::History),
            Button::SaveSettings => self.save_settings(),
            Button::AddParticles => {
                let [low, high] = self.run.scene.0.domain;
                let many: Vec<f64> = (0..20).map(|k| low + (high - low) * (f64::from(k) + 0.5) / 20.0).collect();
                self.drop_particles(&many);
            }
            Button::ClearParticles => {
                self.physics.clear();
                self.queue.request_frame();
            }
            Button::ClearPlaces => {
                self.views.own.chosen.touches.clear();
                self.choice_changed();
            }
            Button::ShowAllModes => self.show_single_mode(None),
            Button::Prune => self.end_pruning(true),
            Button::CancelPruning => self.end_pruning(false),
            Button::Take(tool) => self.take_tool(Some(tool)),
            Button::ToggleTool(tool) => self.take_tool(Some(tool).filter(|_| self.sketch.tool != Some(tool))),
            Button::EraseAtCursor => self.erase_at_cursor(),
        }
    }

    fn slide(&mut self, slider: Slider, position: f64) {
        match slider {
            Slider::Temperature => self.physics.forces.temperature_slider = position,
            Slider::Tilt => self.physics.forces.tilt_slider = position,
            Slider::Sharpness => self.views.sharpness = position,
            Slider::Pruning => return self.slide_pruning(position.max(0.0) as usize),
            Slider::Speed => return self.choose_speed(TrainingSpeed::at(position)),
            Slider::Past => return self.select_snapshot(position.max(0.0) as usize),
        }
        self.set_forces();
        self.queue.request_frame();
    }
}
