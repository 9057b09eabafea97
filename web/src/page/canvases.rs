//! Canvases: their sizes, drawing, and events of pointers and keys.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, Event, HtmlCanvasElement, HtmlElement, KeyboardEvent, PointerEvent, ResizeObserver};

use super::dom;
use super::events::send;
use super::screen::Screen;
use crate::state::action::{Action, Button, Pointer};
use crate::state::app::State;
use crate::state::figures::{Cursor, theme, values_at_cursor, version, with_figure};
use crate::state::view::{CanvasPicture, PICTURE_LIST, ViewId};
use crate::state::zoom::Change;
use multiwell::internal::controller::protocol::Status;
use multiwell::internal::plot::{self, Figure, Ink, Panel, UNITS_PER_PX};

/// Interval in milliseconds between two drawings of a history during training. Histories grow slowly.
const HISTORY_INTERVAL_MS: f64 = 90.0;
/// Zoom factor of a key.
const KEY_ZOOM_FACTOR: f64 = 1.5;
/// Maximum distance from the plot area at which a press still belongs to it, in CSS pixels.
const PRESS_MARGIN_PX: f64 = 8.0;
/// Interval in milliseconds between two drawings during training, for readers who prefer reduced motion.
const STILL_INTERVAL_MS: f64 = 1000.0;

/// Attribute of a canvas that shows a part of its picture.
const ENLARGED_ATTRIBUTE: &str = "data-enlarged";

/// Drawn state of a canvas: the cursor, the version of the picture, the version of the page.
type Shown = (Cursor, Option<u64>, u64);

struct Canvas {
    picture: CanvasPicture,
    element: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    readout: HtmlElement,
    /// Plot area of the last drawing.
    panel: Cell<Option<Panel>>,
    /// Position of the canvas in the window when it was pressed. The drawing does not jump if the page above it changes.
    origin: Cell<(f64, f64)>,
    /// Last drawn state, and the time of drawing in milliseconds.
    drawn: Cell<(Shown, f64)>,
}

/// All canvases.
pub struct Canvases {
    all: Vec<Rc<Canvas>>,
    drawn_at: f64,
    observer: Option<ResizeObserver>,
}

impl Canvases {
    /// Finds all canvases of the document.
    pub fn new() -> Self {
        let resized = Closure::<dyn FnMut()>::new(|| send(Action::Resized));
        let observer = ResizeObserver::new(resized.as_ref().unchecked_ref()).ok();
        resized.forget();
        let mut canvases = Self { all: Vec::new(), drawn_at: f64::NEG_INFINITY, observer };
        for (picture, id, ..) in PICTURE_LIST {
            canvases.add(picture, &dom::by_id(id));
        }
        canvases
    }

    /// Adds a canvas with its readout, and listens to its events.
    pub fn add(&mut self, picture: CanvasPicture, element: &HtmlCanvasElement) {
        let Some(canvas) = Canvas::new(picture, element.clone()).map(Rc::new) else { return };
        if let Some(observer) = &self.observer {
            observer.observe(element);
        }
        listen(&canvas);
        self.all.push(canvas);
    }

    /// Draws the visible canvases that have changed.
    pub fn draw(&mut self, state: &State) {
        let running = matches!(state.run.frame.0.status, Status::Running);
        let now = dom::now();
        if state.environment.reduces_motion && running && now - self.drawn_at < STILL_INTERVAL_MS {
            return;
        }
        self.drawn_at = now;
        if state.run.has_frame && state.run.frame.0.layout.history == 0 {
            // Without a history, as of a model file, the pictures would still be those of the run before.
            let histories = [CanvasPicture::Loss, CanvasPicture::Gates];
            self.all.iter().filter(|canvas| histories.contains(&canvas.picture)).for_each(|canvas| canvas.clear());
        }
        for canvas in self.all.iter().filter(|canvas| canvas.is_seen(state)) {
            let shown = (state.pictures.cursor(canvas.picture), version(state, canvas.picture), state.pictures.repaints);
            if !canvas.can_wait(now, running, shown) {
                canvas.drawn.set((shown, now));
                canvas.draw(state);
            }
        }
    }
}

impl Canvas {
    /// A canvas, followed by its readout in the document.
    fn new(picture: CanvasPicture, element: HtmlCanvasElement) -> Option<Self> {
        let context = element.get_context("2d").ok()??.dyn_into().ok()?;
        let readout = element.next_element_sibling()?.dyn_into().ok()?;
        let drawn = Cell::new(((None, None, 0), f64::NEG_INFINITY));
        Some(Self { picture, element, context, readout, panel: Cell::new(None), origin: Cell::default(), drawn })
    }

    /// Returns true if the canvas is visible and has numbers, which determine its axes.
    fn is_seen(&self, state: &State) -> bool {
        match self.picture {
            _ if !state.run.has_frame => false,
            CanvasPicture::Loss | CanvasPicture::Gates if state.run.frame.0.layout.history == 0 => false,
            CanvasPicture::Plot(k) => state.views.current == ViewId::Own && state.views.own.plot(k).is_some(),
            one => PICTURE_LIST.iter().any(|(picture, .., views)| *picture == one && views.contains(&state.views.current)),
        }
    }

    /// Clears the canvas.
    fn clear(&self) {
        if self.panel.take().is_some() {
            // Setting the width clears a canvas.
            self.element.set_width(self.element.width());
            self.drawn.set(((None, None, 0), f64::NEG_INFINITY));
        }
    }

    /// Returns true if a pointer draws on the canvas.
    fn takes_strokes(&self) -> bool {
        self.picture == CanvasPicture::Landscape && self.element.class_list().contains("stroke")
    }

    /// Width and height in CSS pixels, and in device pixels.
    fn size(&self) -> ((f64, f64), (u32, u32)) {
        let (width, height) = (f64::from(self.element.client_width()), f64::from(self.element.client_height()));
        let pixels = dom::window().device_pixel_ratio();
        ((width, height), ((width * pixels).round() as u32, (height * pixels).round() as u32))
    }

    /// Returns true if drawing can be skipped: nothing has changed, or a history was drawn recently.
    fn can_wait(&self, now: f64, running: bool, (cursor, version, repaints): Shown) -> bool {
        let ((drawn_cursor, drawn_version, drawn_repaints), at) = self.drawn.get();
        let fits = (self.element.width(), self.element.height()) == self.size().1;
        let waits = match version {
            Some(_) => drawn_version == version,
            None => running && self.picture != CanvasPicture::Landscape && now - at < HISTORY_INTERVAL_MS,
        };
        fits && waits && drawn_cursor == cursor && drawn_repaints == repaints
    }

    fn draw(&self, state: &State) {
        let ((width, height), (w, h)) = self.size();
        if width < 1.0 || height < 1.0 {
            return;
        }
        with_figure(state, self.picture, state.pictures.cursor(self.picture), (width, height), &mut |figure: &dyn Figure| {
            if (self.element.width(), self.element.height()) != (w, h) {
                self.element.set_width(w);
                self.element.set_height(h);
            }
            if let Some(mut screen) = Screen::new(&self.element, &self.context, f64::from(w) / width) {
                self.context.clear_rect(0.0, 0.0, width * f64::from(UNITS_PER_PX), height * f64::from(UNITS_PER_PX));
                // If drawing fails, the canvas stays unchanged. The numbers below are correct.
                let drawn = plot::draw_at(figure, &mut screen, (0.0, 0.0), (width, height), theme(state), 1.0);
                let _ = drawn.and_then(|()| screen.finish());
            }
            let panel = figure.panel((width, height));
            self.set_area_attribute(state, &panel);
            self.panel.set(Some(panel));
            self.show_readout(state, &panel, width);
        });
    }

    /// Sets attributes for `zoom.js`: the plot area, and whether a part of the picture is shown.
    fn set_area_attribute(&self, state: &State, Panel { left, top, right, bottom, .. }: &Panel) {
        if self.picture != CanvasPicture::Fits {
            dom::set(&self.element, "data-area", &format!("{left} {top} {right} {bottom}"));
            dom::set_if(&self.element, ENLARGED_ATTRIBUTE, state.part(self.picture).is_some());
        }
    }

    fn show_readout(&self, state: &State, panel: &Panel, width: f64) {
        let text = values_at_cursor(state, self.picture, panel, self.element.matches(":focus-visible").unwrap_or_default());
        dom::show(&self.readout, !text.is_empty());
        let Some((at, _)) = state.pictures.cursor(self.picture).filter(|_| !text.is_empty()) else { return };
        dom::write(&self.readout, &text);
        let x = panel.across(at);
        // The readout is on the wider side of the cursor.
        let (side, other, distance) =
            if x < width / 2.0 { ("left", "right", x + 10.0) } else { ("right", "left", width - x + 10.0) };
        dom::set_style(&self.readout, side, &format!("{distance:.0}px"));
        dom::set_style(&self.readout, other, "auto");
    }
}

/// Changes the visible part of the canvas with this id: new ends of each axis as fractions of the visible part.
/// Called by `zoom.js`.
#[wasm_bindgen]
pub fn zoom(id: &str, left: f64, right: f64, low: f64, high: f64) {
    let plot = id.strip_prefix("view-plot-").and_then(|k| k.parse().ok()).map(CanvasPicture::Plot);
    let picture = plot.or_else(|| PICTURE_LIST.iter().find(|(_, known, ..)| *known == id).map(|(picture, ..)| *picture));
    if let Some(picture) = picture {
        send(Action::Zoom(picture, Change::To([[left, right], [low, high]])));
    }
}

/// Returns true if a press at a pixel belongs to the plot area, not to the legend or the axes.
fn is_near(panel: &Panel, (across, down): (f64, f64)) -> bool {
    let is_within = |at: f64, [from, to]: [f64; 2]| (from - PRESS_MARGIN_PX..=to + PRESS_MARGIN_PX).contains(&at);
    is_within(across, [panel.left, panel.right]) && is_within(down, [panel.top, panel.bottom])
}

/// Listens to pointers and keys on a canvas.
fn listen(canvas: &Rc<Canvas>) {
    let (picture, element) = (canvas.picture, &canvas.element);
    let pixel = |event: &PointerEvent| (f64::from(event.offset_x()), f64::from(event.offset_y()));
    for kind in ["pointermove", "pointerdown"] {
        let canvas = Rc::clone(canvas);
        dom::on(element, kind, move |event: PointerEvent| {
            let pointer = match event.buttons() & 1 == 1 && event.is_primary() {
                false => Pointer::Hovering,
                true if kind == "pointerdown" => Pointer::Pressed,
                true => Pointer::Dragging,
            };
            // A canvas for drawing captures the pointer until release. Strokes are limited to its plot area.
            let is_held = pointer != Pointer::Hovering && canvas.takes_strokes();
            let (left, top) = canvas.origin.get();
            let (client_x, client_y) = (f64::from(event.client_x()), f64::from(event.client_y()));
            let (across, down) =
                if is_held && pointer == Pointer::Dragging { (client_x - left, client_y - top) } else { pixel(&event) };
            if pointer == Pointer::Pressed {
                canvas.origin.set((client_x - across, client_y - down));
            }
            let at = canvas
                .panel
                .get()
                .filter(|panel| pointer != Pointer::Pressed || is_near(panel, (across, down)))
                .and_then(|panel| panel.under((if is_held { across.clamp(panel.left, panel.right) } else { across }, down)));
            if is_held && pointer == Pointer::Pressed {
                // Fails only if the pointer has gone.
                let _ = canvas.element.set_pointer_capture(event.pointer_id());
            }
            send(Action::Point(picture, at, pointer));
        });
    }
    for kind in ["pointerup", "pointercancel"] {
        let canvas = Rc::clone(canvas);
        dom::on(element, kind, move |event: PointerEvent| {
            send(if kind == "pointerup" { Action::Lift(picture) } else { Action::CancelStroke(picture) });
            // Values beside a touch would cover the drawing.
            if canvas.takes_strokes() && event.pointer_type() == "touch" {
                send(Action::Point(picture, None, Pointer::Hovering));
            }
        });
    }
    // The values stay after a touch, and disappear when the mouse leaves.
    dom::on(element, "pointerleave", move |event: PointerEvent| {
        if event.pointer_type() == "mouse" {
            send(Action::Point(picture, None, Pointer::Hovering));
        }
    });
    dom::on(element, "blur", move |_: Event| {
        send(Action::Lift(picture));
        send(Action::Point(picture, None, Pointer::Hovering));
    });
    let used = Rc::clone(canvas);
    dom::on(element, "keydown", move |event: KeyboardEvent| {
        let is_plot = matches!(picture, CanvasPicture::Plot(_)) || used.takes_strokes();
        let zoom = |change| {
            event.prevent_default();
            send(Action::Zoom(picture, change));
        };
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let (right, up) = match event.key().as_str() {
            "+" | "=" => return zoom(Change::By(KEY_ZOOM_FACTOR)),
            "-" => return zoom(Change::By(1.0 / KEY_ZOOM_FACTOR)),
            "0" => return zoom(Change::ALL),
            "ArrowLeft" => (-1.0, 0.0),
            "ArrowRight" => (1.0, 0.0),
            "ArrowDown" if is_plot => (0.0, -1.0),
            "ArrowUp" if is_plot => (0.0, 1.0),
            // Along curves the cursor moves only left and right.
            key @ ("ArrowDown" | "ArrowUp") if used.element.has_attribute(ENLARGED_ATTRIBUTE) => {
                let by = if key == "ArrowUp" { 0.1 } else { -0.1 };
                return zoom(Change::To([[0.0, 1.0], [by, 1.0 + by]]));
            }
            "Escape" => {
                event.prevent_default();
                return send(Action::HideCursor(picture));
            }
            "Enter" if is_plot => {
                event.prevent_default();
                if let Some(panel) = used.panel.get() {
                    send(Action::PressAtCursor(picture, panel));
                }
                return;
            }
            "Delete" | "Backspace" if picture == CanvasPicture::Landscape && is_plot => {
                event.prevent_default();
                return send(Action::Press(Button::EraseAtCursor));
            }
            _ => return,
        };
        event.prevent_default();
        let far = if event.shift_key() { 10.0 } else { 1.0 };
        if let Some(panel) = used.panel.get() {
            send(Action::MoveCursor(picture, panel, (far * right, far * up)));
        }
    });
    let clicked = Rc::clone(canvas);
    dom::on(element, "click", move |event: PointerEvent| {
        if let Some(panel) = clicked.panel.get() {
            send(Action::Click(picture, panel, clicked.size().0, pixel(&event)));
        }
    });
}
