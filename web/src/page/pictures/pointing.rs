//! Pointers and keys on the canvases: where the reader points, clicks and draws.

use web_sys::{Event, HtmlCanvasElement, KeyboardEvent, PointerEvent};

use super::{ALL, Picture, Pictures, with_landscape};
use crate::page::app::App;
use crate::page::views::ViewId;
use crate::page::{act, dom};

/// Listens to pointers and keys on a picture.
pub fn listen_to(picture: Picture, canvas: &HtmlCanvasElement) {
    let at = |event: &PointerEvent| (f64::from(event.offset_x()), f64::from(event.offset_y()));
    for kind in ["pointermove", "pointerdown"] {
        dom::on(canvas, kind, move |event: PointerEvent| {
            let (at, pressed) = (at(&event), event.buttons() & 1 == 1);
            act(move |app| app.point(picture, Some(at), pressed.then_some(kind == "pointerdown")));
        });
    }
    // A finger that is lifted leaves its values on the screen; a mouse that goes away takes them along.
    dom::on(canvas, "pointerleave", move |event: PointerEvent| {
        if event.pointer_type() == "mouse" {
            act(move |app| app.point(picture, None, None));
        }
    });
    dom::on(canvas, "blur", move |_: Event| act(move |app| app.point(picture, None, None)));
    dom::on(canvas, "keydown", move |event: KeyboardEvent| {
        let is_plate = matches!(picture, Picture::Plot(_));
        let (right, up) = match event.key().as_str() {
            "ArrowLeft" => (-1.0, 0.0),
            "ArrowRight" => (1.0, 0.0),
            "ArrowDown" if is_plate => (0.0, -1.0),
            "ArrowUp" if is_plate => (0.0, 1.0),
            "Escape" => (f64::NAN, 0.0),
            "Enter" if is_plate => (0.0, f64::NAN),
            _ => return,
        };
        event.prevent_default();
        let far = if event.shift_key() { 10.0 } else { 1.0 };
        act(move |app| app.nudge(picture, (far * right, far * up)));
    });
    dom::on(canvas, "click", move |event: PointerEvent| {
        let at = at(&event);
        act(move |app| app.clicked(picture, at));
    });
}

/// Takes the canvases in, and listens to what changes their size or palette.
pub fn listen(pictures: &mut Pictures) {
    for (picture, id, ..) in ALL {
        pictures.add(picture, &dom::by_id(id));
    }
    dom::on(&dom::window(), "resize", |_: Event| act(App::ask_to_draw));
    for query in ["(prefers-color-scheme: dark)", "(prefers-reduced-motion: reduce)"] {
        if let Ok(Some(list)) = dom::window().match_media(query) {
            dom::on(&list, "change", |_: Event| act(App::repaint));
        }
    }
}

impl App {
    /// A click: on the landscape a ball is dropped, or a mode is seen alone; on a plate a place is added.
    fn clicked(&mut self, picture: Picture, at: (f64, f64)) {
        let Some(canvas) = self.pictures.canvas(picture) else { return };
        let (panel, size) = (canvas.panel, canvas.size().0);
        match picture {
            Picture::Plot(k) => {
                if let Some(place) = panel.and_then(|panel| panel.under(at)) {
                    self.place(k, place);
                }
            }
            Picture::Landscape if self.view == ViewId::Physics => {
                if let Some(x) = panel.and_then(|panel| panel.x_under(at.0)) {
                    self.drop_balls(&[x]);
                }
            }
            Picture::Landscape => {
                let place = (None, self.pictures.bounds, size);
                let mode = with_landscape(&self.show(), place, |landscape| landscape.mode_at(size, at));
                self.see_alone(mode.filter(|_| mode != self.tools.alone));
            }
            _ => {}
        }
    }

    /// The reader points at a pixel, or away; `pressed` says whether a stroke begins with it or goes on.
    fn point(&mut self, picture: Picture, pixel: Option<(f64, f64)>, pressed: Option<bool>) {
        let Some(canvas) = self.pictures.canvas(picture) else { return };
        let cursor = pixel.and_then(|at| canvas.panel?.under(at));
        canvas.draws &= cursor.is_some();
        if canvas.cursor != cursor {
            canvas.cursor = cursor;
            self.ask_to_draw();
        }
        if let (Picture::Plot(k), Some(begins), Some(at)) = (picture, pressed, cursor) {
            self.stroke(k, at, begins);
        }
    }

    // Moves the cursor by hundredths of the axes; takes it away if the step to the right is not a number, and presses where it is if
    // the other is not. On a plate that is drawn upon a press begins or ends a stroke, and moves in between draw it.
    fn nudge(&mut self, picture: Picture, (right, up): (f64, f64)) {
        let Some(canvas) = self.pictures.canvas(picture) else { return };
        let Some(panel) = canvas.panel else { return };
        if up.is_nan() {
            let Picture::Plot(k) = picture else { return };
            let at = *canvas.cursor.get_or_insert((panel.x.value(0.5), panel.y.value(0.5)));
            canvas.draws = !canvas.draws;
            let begins = canvas.draws;
            self.place(k, at);
            if begins {
                self.stroke(k, at, true);
            }
            self.ask_to_draw();
            return;
        }
        let (x, y) = canvas.cursor.map_or((0.5, 0.5), |at| (panel.x.along(at.0), panel.y.along(at.1)));
        let part = |from: f64, step: f64| (from + step / 100.0).clamp(0.0, 1.0);
        canvas.cursor = (!right.is_nan()).then(|| (panel.x.value(part(x, right)), panel.y.value(part(y, up))));
        canvas.draws &= canvas.cursor.is_some();
        if let (Picture::Plot(k), true, Some(at)) = (picture, canvas.draws, canvas.cursor) {
            self.stroke(k, at, false);
        }
        self.ask_to_draw();
    }

    fn repaint(&mut self) {
        self.pictures.forget();
        self.pictures.dark = dom::matches("(prefers-color-scheme: dark)");
        self.pictures.still = dom::matches("(prefers-reduced-motion: reduce)");
        self.ask_to_draw();
    }
}
