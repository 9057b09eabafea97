//! The run's own views, as the worker draws them up: plates on canvases of their own, a table, a note; and what the reader has chosen
//! in them. Which views there are, the page learns from the scene; it knows none by name.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlCanvasElement};

use super::app::App;
use super::pictures::Picture;
use super::views::ViewId;
use super::{act, dom, knobs, link, numbers};
use multiwell::controller::protocol::Request;
use multiwell::problem::view::{Control, Plot, Tab, Touch, View, ViewState};

/// Milliseconds that a look is waited for before another is asked for.
const PATIENCE: f64 = 1000.0;
/// Least distance between two places of a stroke, as a part of the axes, and most places of one.
const STEP: f64 = 0.004;
const LONGEST: usize = 2000;

/// What is seen, and what was chosen.
#[derive(Default)]
pub struct Sights {
    /// The view that is looked at, and what the reader has chosen in it.
    pub look: ViewState,
    /// What the worker has sent last.
    pub sight: View,
    /// Counts what it has sent.
    pub version: u64,
    /// The knob that is being played, and when it was moved last.
    pub playing: Option<(String, f64)>,
    /// Where knobs stand that nobody has turned.
    pub untouched: Vec<(String, f64)>,
    /// How the views were left that are not looked at now.
    left: Vec<ViewState>,
    shown: u64,
    /// What the worker was asked last; and when, until it answers.
    #[allow(clippy::option_option, reason = "that nothing is looked at has to be sent as well")]
    sent: Option<Option<ViewState>>,
    waiting: Option<f64>,
    /// Number of plates in each row on the page.
    shape: Vec<usize>,
    /// The figures of plates, as many as were ever needed at once: those in use are in the document.
    figures: Vec<Element>,
    /// The views that the tabs offer.
    pub offered: Vec<Tab>,
}

impl Sights {
    /// A plate by its number, rows from above.
    pub fn plate(&self, k: usize) -> Option<&Plot> {
        self.sight.rows.iter().flatten().nth(k)
    }

    /// Whether the worker has answered all that was asked, so that what it says of the knobs holds.
    pub fn is_settled(&self) -> bool {
        self.waiting.is_none() && self.sent.as_ref().is_some_and(|sent| sent.as_ref() == Some(&self.look))
    }

    /// Where a knob stands: where the reader has put it, or else the view.
    pub fn standing(&self, knob: &Control) -> f64 {
        let untouched = || self.untouched.iter().find(|(id, _)| *id == knob.id).map(|(_, at)| *at);
        self.look.control(&knob.id).or_else(untouched).unwrap_or(knob.value)
    }

    /// Goes to another view, as it was left.
    pub fn go_to(&mut self, view: &str) {
        if self.look.view == view {
            return;
        }
        let kept = self.left.iter().position(|look| look.view == view).map(|k| self.left.swap_remove(k));
        let look = kept.unwrap_or_else(|| ViewState { view: view.into(), ..ViewState::default() });
        let left = std::mem::replace(&mut self.look, look);
        self.left.push(left);
        (self.playing, self.untouched) = (None, Vec::new());
    }

    /// Another benchmark: what was chosen was about the one before.
    pub fn forget(&mut self) {
        let ViewState { view, .. } = std::mem::take(&mut self.look);
        self.look.view = view;
        self.left.clear();
        (self.playing, self.untouched) = (None, Vec::new());
        self.clear();
    }

    /// What the worker was asked holds no more.
    pub fn begin(&mut self) {
        (self.sent, self.waiting) = (None, None);
        if self.sight.view != self.look.view {
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.sight = View::default();
        self.version += 1;
    }
}

/// What keys do on a plate.
fn by_keys(touch: Touch) -> &'static str {
    match touch {
        Touch::Read => "Arrow keys move a cursor that reads off values.",
        Touch::Place => "Arrow keys move a cursor, Enter adds a place under it.",
        Touch::Stroke => "Arrow keys move a cursor; Enter begins a path, arrow keys draw it, Enter ends it.",
    }
}

/// Listens to knobs, and to the link that takes places away.
pub fn listen() {
    knobs::listen();
    dom::on(&dom::by_id::<Element>("touches-clear"), "click", |_: web_sys::Event| {
        act(|app| {
            app.sights.look.touches.clear();
            app.look_changed();
        });
    });
}

impl App {
    /// Asks the worker for what is to be seen, if that is anything new and it has answered what was asked before.
    pub fn send_look(&mut self) {
        let look = (self.view == ViewId::Own).then(|| self.sights.look.clone());
        let sights = &mut self.sights;
        let now = dom::now();
        let busy = look.is_some() && sights.waiting.is_some_and(|asked| now - asked < PATIENCE);
        if busy || sights.sent.as_ref() == Some(&look) || !self.trainer.has_run() {
            return;
        }
        sights.waiting = look.is_some().then_some(now);
        sights.sent = Some(look.clone());
        self.ask(&Request::ViewState { state: look });
    }

    /// Takes what is seen.
    pub fn seen(&mut self, sight: View) {
        if self.view != ViewId::Own || sight.view != self.sights.look.view {
            return;
        }
        (self.sights.sight, self.sights.waiting) = (sight, None);
        self.sights.version += 1;
        self.send_look();
        self.ask_to_draw();
    }

    /// The reader has chosen something else.
    pub fn look_changed(&mut self) {
        self.send_look();
        self.show_touches();
        self.ask_to_draw();
    }

    /// Shows what was sent last: headings, knobs, words. The canvases are drawn by whoever draws all of them.
    pub fn show_sight(&mut self) {
        if std::mem::replace(&mut self.sights.shown, self.sights.version) == self.sights.version {
            return;
        }
        self.lay_plates();
        self.show_knobs();
        self.show_touches();
        let note: Element = dom::by_id("sight-note");
        dom::write(&note, &self.sights.sight.note);
        dom::set(&dom::by_id("plates"), "data-value", &self.sights.sight.view);
    }

    fn show_touches(&self) {
        dom::show(&dom::by_id("touches-clear"), !self.sights.look.touches.is_empty());
    }

    /// As many canvases as plates, in their rows, each with its heading.
    fn lay_plates(&mut self) {
        let shape: Vec<usize> = self.sights.sight.rows.iter().map(Vec::len).collect();
        if shape != self.sights.shape {
            let (plates, mut number) = (dom::by_id::<Element>("plates"), 0);
            plates.set_text_content(None);
            for &count in &shape {
                let row = dom::make("div", "plates-row");
                for _ in 0..count {
                    dom::put(&row, &[&self.figure(number)]);
                    number += 1;
                }
                dom::put(&plates, &[&row]);
            }
            self.sights.shape = shape;
            self.pictures.forget();
            super::menu::pictures(self);
        }
        for (k, plate) in self.sights.sight.rows.iter().flatten().enumerate() {
            let canvas: Element = dom::by_id(&format!("plate-{k}"));
            let caption: Element = dom::by_id(&format!("plate-title-{k}"));
            dom::write(&caption, &plate.title);
            let words = if plate.description.is_empty() { &plate.title } else { &plate.description };
            dom::set(&canvas, "aria-label", words);
            let kind = match plate.touch {
                Touch::Read => "",
                Touch::Place => "place",
                Touch::Stroke => "stroke",
            };
            if canvas.class_name() != kind {
                canvas.set_class_name(kind);
                dom::set(&canvas, "aria-description", by_keys(plate.touch));
            }
            let figure = if matches!(plate.picture, multiwell::problem::view::Picture::Map(_)) { "plate map" } else { "plate" };
            if self.sights.figures[k].class_name() != figure {
                self.sights.figures[k].set_class_name(figure);
            }
        }
    }

    /// The figure of a plate; made where there was none so far.
    fn figure(&mut self, k: usize) -> Element {
        if let Some(figure) = self.sights.figures.get(k) {
            return figure.clone();
        }
        let (figure, caption) = (dom::make("figure", "plate"), dom::make("figcaption", ""));
        let (canvas, readout) = (dom::make("canvas", ""), dom::make("output", "readout"));
        dom::set(&caption, "id", &format!("plate-title-{k}"));
        for (name, value) in [("id", format!("plate-{k}").as_str()), ("tabindex", "0"), ("role", "img")] {
            dom::set(&canvas, name, value);
        }
        dom::set(&canvas, "aria-description", by_keys(Touch::Read));
        dom::show(&readout, false);
        let frame = dom::make("div", "");
        dom::put(&frame, &[&canvas, &readout]);
        dom::put(&figure, &[&caption, &frame]);
        self.pictures.add(Picture::Plot(k), canvas.unchecked_ref::<HtmlCanvasElement>());
        self.sights.figures.push(figure.clone());
        figure
    }

    /// The view's table.
    pub fn show_sight_table(&self) {
        let table = &self.sights.sight.table;
        let tab: Element = dom::by_id("panel-view");
        dom::show(&tab, self.view == ViewId::Own && !table.head.is_empty());
        dom::write(&tab, self.scene.0.views.iter().find(|t| t.id == self.sights.sight.view).map_or("ViewId", |t| &t.title));
        let (head, body): (Element, Element) = (dom::by_id("sight-head"), dom::by_id("sight-rows"));
        while head.child_element_count() as usize > table.head.len() {
            head.last_element_child().expect("there is one").remove();
        }
        while (head.child_element_count() as usize) < table.head.len() {
            let cell = dom::make("th", "");
            dom::set(&cell, "scope", "col");
            dom::put(&head, &[&cell]);
        }
        for (k, text) in table.head.iter().enumerate() {
            if let Some(cell) = head.children().item(k as u32) {
                dom::write(&cell, text);
            }
        }
        if body.first_element_child().is_some_and(|row| row.child_element_count() as usize != table.head.len()) {
            body.set_text_content(None);
        }
        numbers::rows(&body, table.rows.len(), table.head.len());
        for (row, (mode, cells)) in table.rows.iter().enumerate() {
            let Some(line) = body.children().item(row as u32) else { continue };
            for (k, text) in cells.iter().enumerate() {
                let Some(cell) = line.children().item(k as u32) else { continue };
                if k == 0 { numbers::keyed(&cell, *mode, text, self) } else { dom::write(&cell, text) }
            }
        }
    }

    /// A click, or Enter, on a plate.
    pub fn place(&mut self, k: usize, (x, y): (f64, f64)) {
        if self.sights.plate(k).is_some_and(|plate| plate.touch == Touch::Place) {
            self.sights.look.touches.push((k, x, y));
            self.look_changed();
        }
    }

    /// A stroke begins at a place, or goes on to it.
    pub fn stroke(&mut self, k: usize, (x, y): (f64, f64), begins: bool) {
        let Some(plate) = self.sights.plate(k).filter(|plate| plate.touch == Touch::Stroke) else { return };
        let panel = multiwell::plot::Figure::panel(&plate.picture, (100.0, 100.0));
        let touches = &mut self.sights.look.touches;
        if begins {
            touches.clear();
        } else if let Some(&(_, from, up)) = touches.last() {
            let way = (panel.x.along(x) - panel.x.along(from)).hypot(panel.y.along(y) - panel.y.along(up));
            if way < STEP || touches.len() >= LONGEST {
                return;
            }
        }
        touches.push((k, x, y));
        self.look_changed();
    }

    /// Writes the link, where the reader has come to rest.
    pub fn note_look(&self) {
        link::write(self);
    }
}
