//! Pointers and keys on the pictures: where the reader points, clicks and draws.

use crate::state::app::State;
use crate::state::figures::with_landscape;
use crate::state::view::{Picture, ViewId};
use multiwell::plot::Panel;

impl State {
    /// A click: on the landscape a ball is dropped, or a mode is seen alone; on a plot a place is added.
    pub(super) fn click(&mut self, picture: Picture, panel: &Panel, size: (f64, f64), pixel: (f64, f64)) {
        match picture {
            Picture::Plot(k) => {
                if let Some(place) = panel.under(pixel) {
                    self.click_plot(k, place);
                }
            }
            Picture::Landscape if self.tool().is_some() => {}
            Picture::Landscape if self.view == ViewId::Physics => {
                if let Some(x) = panel.x_under(pixel.0) {
                    self.drop_balls(&[x]);
                }
            }
            Picture::Landscape => {
                let mut mode = None;
                with_landscape(self, None, &mut |landscape| mode = landscape.mode_at(panel, size, pixel));
                self.see_alone(mode.filter(|_| mode != self.inspection.alone));
            }
            _ => {}
        }
    }

    fn click_plot(&mut self, k: usize, place: (f64, f64)) {
        if self.own.click(k, place) {
            self.choice_changed();
        }
    }

    fn draw_path(&mut self, k: usize, place: (f64, f64), begins: bool) {
        if self.own.draw_path(k, place, begins) {
            self.choice_changed();
        }
    }

    pub(super) fn set_cursor(&mut self, picture: Picture, at: Option<(f64, f64)>) {
        if self.cursor(picture) != at {
            self.cursors.retain(|(of, _)| *of != picture);
            self.cursors.extend(at.map(|at| (picture, at)));
            self.draw();
        }
        if at.is_none() {
            self.drawing = self.drawing.filter(|of| *of != picture);
        }
    }

    pub(super) fn point(&mut self, picture: Picture, at: Option<(f64, f64)>, pressed: Option<bool>) {
        self.set_cursor(picture, at);
        if let (Picture::Landscape, Some(begins), Some(at)) = (picture, pressed, at) {
            self.use_tool(at, begins);
        }
        if let (Picture::Plot(k), Some(begins), Some(at)) = (picture, pressed, at) {
            self.draw_path(k, at, begins);
        }
    }

    /// On a plot that is drawn upon a press begins or ends a path, and moves in between draw it.
    pub(super) fn nudge(&mut self, picture: Picture, panel: &Panel, (right, up): (f64, f64)) {
        if picture == Picture::Landscape && self.tool().is_some() {
            self.nudge_tool(panel, (right, up));
            return self.keep_in_sight(picture);
        }
        let whole = self.part(picture).and_then(|_| self.whole(picture)).unwrap_or([panel.x, panel.y]);
        let along = self.cursor(picture).map_or((0.5, 0.5), |at| (panel.x.along(at.0), panel.y.along(at.1)));
        // Hundredths of what is shown, up to the ends of the whole.
        let step = |k: usize, from: f64, step: f64| {
            let to = [panel.x, panel.y][k].value(from + step / 100.0);
            whole[k].value(whole[k].along(to).clamp(0.0, 1.0))
        };
        let draws = self.drawing == Some(picture);
        let Picture::Plot(k) = picture else {
            let at = (step(0, along.0, right), panel.y.value(0.5));
            self.set_cursor(picture, Some(at).filter(|_| !right.is_nan()));
            return self.keep_in_sight(picture);
        };
        if up.is_nan() {
            let at = self.cursor(picture).unwrap_or((panel.x.value(0.5), panel.y.value(0.5)));
            self.set_cursor(picture, Some(at));
            self.drawing = (!draws).then_some(picture);
            self.click_plot(k, at);
            if !draws {
                self.draw_path(k, at, true);
            }
            self.draw();
            return;
        }
        let at = (step(0, along.0, right), step(1, along.1, up));
        self.set_cursor(picture, Some(at).filter(|_| !right.is_nan()));
        self.keep_in_sight(picture);
        if draws && !right.is_nan() {
            self.draw_path(k, at, false);
        }
    }
}
