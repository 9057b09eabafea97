//! The run's own views: the last view sent by the worker, and the reader's choices in it.
//! The page takes the list of views from the scene.

use std::rc::Rc;

use multiwell::internal::plot::Figure;
use multiwell::internal::problem::view::{Control, ControlKind, Plot, Touch, View, ViewPicture, ViewState};

use super::link::rounded;
use super::view::CanvasPicture;

/// Time in milliseconds after which an unanswered request is repeated.
const REPLY_TIMEOUT_MS: f64 = 1000.0;
/// Minimum distance between two points of a drawn path, as a fraction of the axes.
const MIN_PATH_STEP: f64 = 0.004;
/// Maximum number of points of a drawn path.
const MAX_PATH_POINTS: usize = 2000;
/// Last position of a slider that plays automatically.
const PLAY_POSITIONS: u32 = 400;
/// Interval in milliseconds between two steps of a playing slider, for readers who prefer reduced motion.
const STILL_STEP_MS: f64 = 500.0;

/// State of the run's views, with the reader's choices.
#[derive(Debug, Default)]
pub struct OwnView {
    /// Current view with the reader's choices.
    pub chosen: ViewState,
    /// Last view from the worker.
    pub seen: Rc<View>,
    /// Version of the last view from the worker.
    pub version: u64,
    /// Version of the reader's choices.
    pub choices: u64,
    /// Control that plays, and the time of its last step in milliseconds.
    pub playing: Option<(String, f64)>,
    /// True if a slider is being moved. The link is written after its release.
    pub moving: bool,
    /// Values of controls that the reader has not moved.
    untouched: Vec<(String, f64)>,
    /// Choices in the hidden views.
    left: Vec<ViewState>,
    /// Last request to the worker.
    #[allow(clippy::option_option, reason = "that nothing is shown has to be sent as well")]
    sent: Option<Option<ViewState>>,
    /// Time of the unanswered request, in milliseconds.
    waiting: Option<f64>,
}

impl OwnView {
    /// Plot with this number, counted row by row from above.
    pub fn plot(&self, k: usize) -> Option<&Plot> {
        self.seen.rows.iter().flatten().nth(k)
    }

    /// Returns true if the map in a picture is to scale; `None` if the picture shows no map.
    pub fn map_is_to_scale(&self, picture: CanvasPicture) -> Option<bool> {
        let CanvasPicture::Plot(k) = picture else { return None };
        match &self.plot(k)?.picture {
            ViewPicture::Map(map) => Some(map.is_to_scale),
            ViewPicture::Chart(_) => None,
        }
    }

    /// Next request to the worker, unless the same request was made or is unanswered.
    #[allow(clippy::option_option, reason = "that nothing is shown has to be sent as well")]
    pub fn request(&mut self, is_shown: bool, now: f64) -> Option<Option<ViewState>> {
        let wanted = is_shown.then(|| self.chosen.clone());
        let busy = is_shown && self.waiting.is_some_and(|asked| now - asked < REPLY_TIMEOUT_MS);
        if busy || self.sent.as_ref() == Some(&wanted) {
            return None;
        }
        self.waiting = is_shown.then_some(now);
        self.sent = Some(wanted.clone());
        Some(wanted)
    }

    /// Accepts a view from the worker. Returns false if it is not the current view.
    pub fn accept(&mut self, seen: Rc<View>) -> bool {
        let is_it = seen.view == self.chosen.view;
        if is_it {
            (self.seen, self.waiting) = (seen, None);
            self.version += 1;
            let settled = self.sent.as_ref().is_some_and(|sent| sent.as_ref() == Some(&self.chosen));
            for control in self.seen.controls.iter().filter(|control| settled && self.chosen.control(&control.id).is_none()) {
                self.untouched.retain(|(id, _)| *id != control.id);
                self.untouched.push((control.id.clone(), control.value));
            }
        }
        is_it
    }

    /// Value of a control: the reader's choice, else the view's. An up-to-date reply takes precedence.
    pub fn value(&self, control: &Control) -> f64 {
        if self.waiting.is_none() && self.sent.as_ref().is_some_and(|sent| sent.as_ref() == Some(&self.chosen)) {
            return control.value;
        }
        self.latest(control)
    }

    /// Latest value of a control, which may be newer than the worker's answer.
    fn latest(&self, control: &Control) -> f64 {
        self.chosen.control(&control.id).or_else(|| self.untouched(control)).unwrap_or(control.value)
    }

    fn untouched(&self, control: &Control) -> Option<f64> {
        self.untouched.iter().find(|(id, _)| *id == control.id).map(|(_, at)| *at)
    }

    /// Switches to another view and restores its choices.
    pub fn go_to(&mut self, view: &str) {
        if self.chosen.view == view {
            return;
        }
        self.chosen.part = None;
        let kept = self.left.iter().position(|one| one.view == view).map(|k| self.left.swap_remove(k));
        let chosen = kept.unwrap_or_else(|| ViewState { view: view.into(), ..ViewState::default() });
        self.left.push(std::mem::replace(&mut self.chosen, chosen));
        (self.playing, self.untouched) = (None, Vec::new());
    }

    /// Resets all choices, which belong to another benchmark.
    pub fn forget(&mut self) {
        let view = std::mem::take(&mut self.chosen.view);
        *self = Self { chosen: ViewState { view, ..ViewState::default() }, version: self.version + 1, ..Self::default() };
    }

    /// Prepares for another run: cancels the request and discards the contents of other views.
    pub fn reset(&mut self) {
        (self.sent, self.waiting) = (None, None);
        if self.seen.view != self.chosen.view {
            self.seen = Rc::default();
            self.version += 1;
        }
    }

    fn control(&self, id: &str) -> Option<Control> {
        self.seen.controls.iter().find(|control| control.id == id).cloned()
    }

    /// Moves a slider or a choice.
    pub fn set_position(&mut self, id: &str, position: f64) {
        if let Some(control) = self.control(id) {
            (self.playing, self.moving) = (None, true);
            self.set(&control, value_at(&control.kind, position));
        }
    }

    /// Presses the play button of a control.
    pub fn press(&mut self, id: &str, now: f64) {
        let Some(control) = id.strip_prefix("play-").and_then(|id| self.control(id)) else { return };
        let ControlKind::Play { range: [low, high], .. } = control.kind else { return };
        if self.playing.take().is_none_or(|(played, _)| played != control.id) {
            self.playing = Some((control.id.clone(), now));
            if self.latest(&control) >= high {
                self.set(&control, low);
            }
        }
    }

    fn set(&mut self, control: &Control, at: f64) {
        // Choices start with the first item, even before the worker has sent the control.
        let first = matches!(control.kind, ControlKind::Choose(_)).then_some(0.0);
        let untouched = self.untouched(control).or(first);
        self.chosen.controls.retain(|(id, _)| *id != control.id);
        // The link omits a control at its initial value.
        if untouched.is_none_or(|from| position(&control.kind, from) != position(&control.kind, at)) {
            self.chosen.controls.push((control.id.clone(), at));
        }
    }

    /// Advances the playing control. Returns whether it still plays.
    pub fn play(&mut self, now: f64, still: bool) -> bool {
        let Some((id, before)) = self.playing.clone() else { return false };
        let Some(control) = self.control(&id) else { return false };
        let ControlKind::Play { range: [low, high], seconds } = control.kind else { return false };
        if still && now - before < STILL_STEP_MS {
            return true;
        }
        let at = (self.latest(&control) + (high - low) * (now - before) / (1e3 * seconds.max(0.1))).min(high);
        self.playing = (at < high).then_some((id, now));
        self.set(&control, at);
        self.playing.is_some()
    }

    /// Starts a path at a point, or extends it to the point. Returns whether the path has changed.
    pub fn draw_path(&mut self, k: usize, (x, y): (f64, f64), begins: bool) -> bool {
        let Some(plot) = self.plot(k).filter(|plot| plot.touch == Touch::Stroke) else { return false };
        let panel = plot.picture.panel((100.0, 100.0));
        let places = &mut self.chosen.touches;
        if begins {
            places.clear();
        } else if let Some(&(_, from, up)) = places.last() {
            let length = (panel.x.along(x) - panel.x.along(from)).hypot(panel.y.along(y) - panel.y.along(up));
            if length < MIN_PATH_STEP || places.len() >= MAX_PATH_POINTS {
                return false;
            }
        }
        places.push((k, x, y));
        true
    }
}

/// Last position of a slider.
pub fn positions(kind: &ControlKind) -> u32 {
    if let ControlKind::Slide { steps, .. } = kind { (*steps).max(1) } else { PLAY_POSITIONS }
}

/// Position of a control for a value.
pub fn position(kind: &ControlKind, value: f64) -> f64 {
    let all = f64::from(positions(kind));
    match kind {
        ControlKind::Slide { range: [low, high], .. } | ControlKind::Play { range: [low, high], .. } => {
            ((value - low) / (high - low) * all).round()
        }
        ControlKind::Choose(_) => value,
    }
}

/// Value at a position of a control.
pub fn value_at(kind: &ControlKind, position: f64) -> f64 {
    let part = position / f64::from(positions(kind));
    rounded(match kind {
        ControlKind::Slide { range: [low, high], .. } | ControlKind::Play { range: [low, high], .. } => low + part * (high - low),
        ControlKind::Choose(_) => position,
    })
}
