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
use super::app::{Now, State};
use super::effect::Effect;
use super::message::Remedy;
use super::timeline::Direction;
use super::view::Picture;
use crate::worker::build::STALE;
use multiwell::controller::protocol::Request;

/// Changes the state by an action; returns the tasks for the browser, in order.
pub fn update(state: &mut State, action: Action, now: Now) -> Vec<Effect> {
    state.now = now;
    if !action.is_frequent() {
        state.show();
    }
    state.act(action);
    // Changes wait for the run that they are about; one of them may ask for another run.
    if state.trainer.pending.is_none() {
        for action in std::mem::take(&mut state.deferred) {
            state.act(action);
        }
    }
    state.arrange();
    state.write_link();
    std::mem::take(&mut state.effects)
}

impl State {
    fn act(&mut self, action: Action) {
        match action {
            // A field that is hidden loses the focus, and the browser then says that it has changed.
            Action::Commit(name, _) | Action::SlideSetting(name, ..) if !self.wanted().applies(name) => {}
            Action::Commit(..) | Action::SlideSetting(..) if self.trainer.pending.is_some() => self.deferred.push_back(action),
            Action::Begin => self.begin(),
            Action::OpenKept(kept) => self.open_kept(kept),
            Action::Press(button) => self.press(button),
            Action::Slide(slider, position) => self.slide(slider, position),
            Action::Commit(name, text) => self.commit(name, &text),
            Action::Typed(name, text) => self.typed(name, &text),
            Action::Restore(name, leaves) => self.restore(name, leaves),
            Action::SlideSetting(name, value, rests) => self.slide_setting(name, value, rests),
            Action::Choose(benchmark) => self.choose(&benchmark),
            Action::Follow(fragment) => self.follow(&fragment),
            Action::FollowTo(run, fragment) => self.follow_to(run, &fragment),
            Action::Visible(visible) => {
                self.page_is_hidden = !visible;
                if !visible {
                    self.keep_fit();
                }
                self.ask(Request::Visible { visible });
            }
            Action::Prefer(dark, still) => {
                (self.dark, self.still) = (dark, still);
                self.repaint();
            }
            Action::Reply(worker, reply, _) if self.is_reader(worker) => self.hear_of_files(worker, reply),
            Action::WorkerFailed(worker, words) if self.is_reader(worker) => self.end_reading(worker, Some(words)),
            Action::Stale(worker) if self.is_reader(worker) => self.end_reading(worker, Some(STALE.into())),
            Action::Reply(worker, reply, numbers) if self.trainer.worker == Some(worker) => self.hear(reply, numbers),
            Action::WorkerFailed(worker, words) if self.trainer.worker == Some(worker) => self.fail(&words),
            Action::Stale(worker) if self.trainer.worker == Some(worker) => self.fail_as_stale(),
            // Of a worker that was replaced.
            Action::Reply(..) | Action::WorkerFailed(..) | Action::Stale(_) => {}
            Action::WorkerEnded(worker) => self.worker_has_ended(worker),
            Action::Ensemble(event, numbers) => self.hear_of_seed(event, numbers),
            Action::StartOrStopEnsemble(runs) => self.start_or_stop_seeds(&runs),
            Action::OpenSeed(seed) => self.open_seed(seed),
            Action::OpenTab(id) => self.open_tab(&id),
            Action::SetControl(id, position) => {
                if !self.slide_letter(&id, position) {
                    self.own.set_position(&id, position);
                    self.choice_changed();
                }
            }
            Action::PressControl(id) => {
                self.own.press(&id, self.now.time);
                self.choice_changed();
            }
            Action::ControlRests => {
                self.own.moving = false;
                self.set_letter();
            }
            Action::Point(picture, at, pressed) => self.point(picture, at, pressed),
            Action::Nudge(picture, panel, step) => self.nudge(picture, &panel, step),
            Action::Zoom(picture, change) => self.zoom(picture, change),
            Action::Lift(picture, is_given_up) => {
                if picture == Picture::Landscape {
                    self.lift(is_given_up);
                }
            }
            Action::Click(picture, panel, size, pixel) => self.click(picture, &panel, size, pixel),
            Action::Pinned(letter, ends) => self.use_pin(letter, ends),
            Action::ToggleAlone(mode) => self.see_alone(Some(mode).filter(|_| self.inspection.alone != Some(mode))),
            Action::Opened(files) => self.opened(files),
            Action::OpenedLarge(file, held) => self.opened_large(file, held),
            Action::Fetched(address, file) => self.fetched(&address, file),
            Action::ChooseKind(kind) => {
                if let Some(choice) = &mut self.columns {
                    choice.kind = kind;
                    choice.propose();
                }
            }
            Action::ChooseParts(parts) => {
                if let Some(choice) = &mut self.columns {
                    choice.choose(parts);
                }
            }
            Action::AddColumn(expression) => {
                if let Some(choice) = &mut self.columns {
                    choice.add(expression.trim());
                }
            }
            Action::CloseColumns(agreed) => self.close_columns(agreed),
            Action::PrepareExports => self.emit(Effect::PrepareExports),
            Action::SaveCode(form, hessian) => self.ask(Request::Export { form, hessian }),
            Action::Exported(exported) => self.exported(exported),
            Action::SavePicture { which, form, dark, scale } => self.save_picture(&which, form, dark, scale),
            Action::Say(words, alarming) => self.say(words, alarming),
            Action::Elsewhere => self.message = self.message.take().filter(super::message::Message::must_stay),
            Action::Resized => self.draw(),
            Action::AnimationFrame => self.animation_frame(),
        }
    }

    fn begin(&mut self) {
        let problems = std::mem::take(&mut self.problems);
        self.complain("The link was corrected.", &problems);
        match self.followed.as_ref().and_then(|shown| shown.data.clone()) {
            Some(address) => self.fetch(address, self.settings.clone()),
            None => self.spawn(true),
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
            Button::Undo | Button::UndoLast => self.travel(Direction::Back),
            Button::Redo | Button::RedoLast => self.travel(Direction::On),
            Button::Recover if self.message.as_ref().is_some_and(|m| m.remedy == Remedy::Reload) => self.emit(Effect::Reload),
            Button::Recover if self.message.as_ref().is_some_and(|m| m.remedy == Remedy::Cancel) => self.cancel_reading(),
            Button::Recover => {
                self.message = None;
                self.spawn(true);
            }
            Button::Pin => self.pin(),
            Button::CloseMessage => self.message = None,
            Button::Help => self.emit(Effect::OpenDialog("help-dialog")),
            Button::Embed => self.emit(Effect::OpenDialog("embed-dialog")),
            Button::Share => self.share(),
            Button::SaveModel => self.ask(Request::Save { is_kept: false }),
            Button::SaveHistory => self.ask(Request::History),
            Button::SaveSettings => self.save_settings(),
            Button::ManyBalls => {
                let [low, high] = self.scene.0.domain;
                let many: Vec<f64> = (0..20).map(|k| low + (high - low) * (f64::from(k) + 0.5) / 20.0).collect();
                self.drop_balls(&many);
            }
            Button::NoBalls => {
                self.physics.clear();
                self.draw();
            }
            Button::ClearPlaces => {
                self.own.chosen.touches.clear();
                self.choice_changed();
            }
            Button::ShowAllModes => self.see_alone(None),
            Button::Prune => self.end_pruning(true),
            Button::CancelPruning => self.end_pruning(false),
            Button::Take(tool) => self.take_tool(tool),
            Button::UndoDrawing => self.step_drawing(true),
            Button::RedoDrawing => self.step_drawing(false),
            Button::EraseAtCursor => self.erase_at_cursor(),
        }
    }

    fn slide(&mut self, slider: Slider, position: f64) {
        match slider {
            Slider::Temperature => self.physics.sliders[0] = position,
            Slider::Tilt => self.physics.sliders[1] = position,
            Slider::Sharpness => self.sharpness = position,
            Slider::Pruning => return self.slide_pruning(position.max(0.0) as usize),
            Slider::Past => return self.look_back(position.max(0.0) as usize),
        }
        self.set_forces();
        self.draw();
    }
}
