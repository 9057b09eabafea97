//! Pointers and keys on the pictures: cursor, clicks and strokes.

use crate::state::action::Pointer;
use crate::state::app::State;
use crate::state::figures::with_landscape;
use crate::state::view::{CanvasPicture, ViewId};
use multiwell::internal::plot::Panel;
use multiwell::internal::problem::view::Touch;

impl State {
    /// Handles a click: drops a particle on the landscape, shows a mode alone, or adds a point to a plot.
    pub(super) fn click(&mut self, picture: CanvasPicture, panel: &Panel, size: (f64, f64), pixel: (f64, f64)) {
        match picture {
            CanvasPicture::Plot(k) => {
                if let Some(place) = panel.under(pixel) {
                    self.click_plot(k, place);
                }
            }
            CanvasPicture::Landscape if self.tool().is_some() => {}
            CanvasPicture::Landscape if self.views.current == ViewId::Physics => {
                if let Some(x) = panel.x_under(pixel.0) {
                    self.drop_particles(&[x]);
                }
            }
            CanvasPicture::Landscape => {
                let mut mode = None;
                with_landscape(self, None, &mut |landscape| mode = landscape.mode_at(panel, size, pixel));
                self.show_single_mode(mode.filter(|_| mode != self.inspection.single_mode));
            }
            _ => {}
        }
    }

    fn click_plot(&mut self, k: usize, (x, y): (f64, f64)) {
        if self.views.own.plot(k).is_some_and(|plot| plot.touch == Touch::Place) {
            self.views.own.chosen.touches.push((k, x, y));
            self.choice_changed();
        }
    }

    fn draw_path(&mut self, k: usize, place: (f64, f64), begins: bool) {
        if self.views.own.draw_path(k, place, begins) {
            self.choice_changed();
        }
    }

    pub(super) fn set_cursor(&mut self, picture: CanvasPicture, at: Option<(f64, f64)>) {
        if self.pictures.set_cursor(picture, at) {
            self.queue.request_frame();
        }
    }

    pub(super) fn point(&mut self, picture: CanvasPicture, at: Option<(f64, f64)>, pointer: Pointer) {
        self.set_cursor(picture, at);
        let Some(at) = at.filter(|_| pointer != Pointer::Hovering) else { return };
        let begins = pointer == Pointer::Pressed;
        match picture {
            CanvasPicture::Landscape => self.use_tool(at, begins),
            CanvasPicture::Plot(k) => self.draw_path(k, at, begins),
            _ => {}
        }
    }

    /// Moves the cursor. On a plot with a path, the move extends the path.
    pub(super) fn move_cursor(&mut self, picture: CanvasPicture, panel: &Panel, (right, up): (f64, f64)) {
        if picture == CanvasPicture::Landscape && self.tool().is_some() {
            self.move_tool(panel, (right, up));
            return self.pan_to_cursor(picture);
        }
        let whole = self.part(picture).and_then(|_| self.whole(picture)).unwrap_or([panel.x, panel.y]);
        let along = self.pictures.cursor(picture).map_or((0.5, 0.5), |at| (panel.x.along(at.0), panel.y.along(at.1)));
        // Hundredths of the visible part, limited to the whole range.
        let step = |k: usize, from: f64, step: f64| {
            let to = [panel.x, panel.y][k].value(from + step / 100.0);
            whole[k].value(whole[k].along(to).clamp(0.0, 1.0))
        };
        let x = step(0, along.0, right);
        let y = if matches!(picture, CanvasPicture::Plot(_)) { step(1, along.1, up) } else { panel.y.value(0.5) };
        self.set_cursor(picture, Some((x, y)));
        self.pan_to_cursor(picture);
        if let (CanvasPicture::Plot(k), true) = (picture, self.pictures.path_picture == Some(picture)) {
            self.draw_path(k, (x, y), false);
        }
    }

    /// Hides the cursor. Discards the stroke of a tool.
    pub(super) fn hide_cursor(&mut self, picture: CanvasPicture) {
        if picture == CanvasPicture::Landscape && self.tool().is_some() {
            self.cancel_stroke();
        }
        self.set_cursor(picture, None);
        self.pan_to_cursor(picture);
    }

    /// Presses at the cursor. On a plot for drawing, a press starts or ends a path.
    pub(super) fn press_at_cursor(&mut self, picture: CanvasPicture, panel: &Panel) {
        if picture == CanvasPicture::Landscape && self.tool().is_some() {
            self.press_tool();
            return self.pan_to_cursor(picture);
        }
        let CanvasPicture::Plot(k) = picture else { return };
        let at = self.pictures.cursor(picture).unwrap_or((panel.x.value(0.5), panel.y.value(0.5)));
        self.set_cursor(picture, Some(at));
        let begins = self.pictures.path_picture != Some(picture);
        self.pictures.path_picture = begins.then_some(picture);
        self.click_plot(k, at);
        if begins {
            self.draw_path(k, at, true);
        }
        self.queue.request_frame();
    }
}
