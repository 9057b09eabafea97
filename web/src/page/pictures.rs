//! The three canvases: sized for the screen, drawn by `plot`, read off by pointer and keys.

use plotters_canvas::CanvasBackend;
use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, Element, Event, HtmlCanvasElement, HtmlElement, KeyboardEvent, PointerEvent};

use super::app::App;
use super::{act, dom, readout};
use multiwell::plot::{self, Figure, Gates, Landscape, Loss, Mark, Mode, Panel, Theme, UNIT};
use multiwell::run::protocol::{Frame, Scene};

/// Which picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// The landscape.
    Landscape,
    /// Loss and counts.
    Loss,
    /// Gates and sharpness.
    Gates,
}

const ALL: [(Picture, &str); 3] =
    [(Picture::Landscape, "plot-landscape"), (Picture::Loss, "plot-loss"), (Picture::Gates, "plot-gates")];

struct Canvas {
    picture: Picture,
    element: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    readout: HtmlElement,
    /// The plot area as it was drawn last.
    panel: Option<Panel>,
    /// Where the reader points, in data units.
    cursor: Option<f64>,
    /// Where the reader pointed when it was drawn last, and when that was.
    drawn: (Option<f64>, f64),
}

impl Canvas {
    /// Width and height in CSS pixels, and in the screen's own.
    fn size(&self) -> ((f64, f64), (u32, u32)) {
        let (width, height) = (f64::from(self.element.client_width()), f64::from(self.element.client_height()));
        let pixels = dom::window().device_pixel_ratio();
        ((width, height), ((width * pixels).round() as u32, (height * pixels).round() as u32))
    }

    /// Whether it need not be drawn yet: histories grow slowly, a tenth of a second of them cannot be seen.
    fn can_wait(&self, now: f64) -> bool {
        let fits = (self.element.width(), self.element.height()) == self.size().1;
        self.picture != Picture::Landscape && fits && self.drawn.0 == self.cursor && now - self.drawn.1 < HISTORY
    }
}

/// Milliseconds between two drawings of a history while training.
const HISTORY: f64 = 90.0;

/// All canvases and their palette.
pub struct Pictures {
    canvases: Vec<Canvas>,
    /// Smallest and largest value of truth and data.
    bounds: Option<[f64; 2]>,
    dark: bool,
    /// Redraw seldom: the reader has asked for little motion.
    still: bool,
    drawn_at: f64,
}

impl Pictures {
    /// Finds the canvases.
    pub fn new() -> Self {
        let canvas = |(picture, id): &(Picture, &str)| {
            let element: HtmlCanvasElement = dom::by_id(id);
            let context = element.get_context("2d").ok()??.dyn_into().ok()?;
            let readout = element.next_element_sibling()?.dyn_into().ok()?;
            let drawn = (None, f64::NEG_INFINITY);
            Some(Canvas { picture: *picture, element, context, readout, panel: None, cursor: None, drawn })
        };
        Self {
            canvases: ALL.iter().filter_map(canvas).collect(),
            bounds: None,
            dark: dom::matches("(prefers-color-scheme: dark)"),
            still: dom::matches("(prefers-reduced-motion: reduce)"),
            drawn_at: f64::NEG_INFINITY,
        }
    }

    /// The palette in use.
    pub fn theme(&self) -> &'static Theme {
        if self.dark { &Theme::DARK } else { &Theme::LIGHT }
    }

    /// Another run has another picture: forgets where the reader pointed, and looks what must be seen.
    pub fn begin(&mut self, scene: &(Scene, Vec<f32>)) {
        self.bounds = bounds(scene);
        for canvas in &mut self.canvases {
            canvas.cursor = None;
        }
    }

    /// Draws all canvases that can be seen.
    pub fn draw(&mut self, scene: &(Scene, Vec<f32>), frame: &(Frame, Vec<f32>)) {
        let running = matches!(frame.0.status, multiwell::run::protocol::Status::Running);
        let now = dom::now();
        if self.still && running && now - self.drawn_at < 1000.0 {
            return;
        }
        self.drawn_at = now;
        dom::show(&dom::by_id("veil"), scene.0.inputs > 1);
        if scene.0.inputs > 1 {
            dom::write(
                &dom::by_id("veil"),
                "Curves are drawn for one input. This table has more: the histories and numbers below hold for it.",
            );
        }
        let (theme, bounds) = (self.theme(), self.bounds);
        for canvas in self.canvases.iter_mut().filter(|c| !running || !c.can_wait(now)) {
            canvas.drawn = (canvas.cursor, now);
            with_figure(canvas.picture, scene, frame, (canvas.cursor, bounds), &mut Painter { canvas, theme, scene, frame });
        }
    }

    /// The landscape as the text of an SVG file.
    pub fn svg(&self, scene: &(Scene, Vec<f32>), frame: &(Frame, Vec<f32>)) -> String {
        struct Svg<'a>(String, &'a Theme);
        impl Visitor for Svg<'_> {
            fn visit(&mut self, figure: &impl Figure) {
                self.0 = plot::svg(figure, (960, 480), self.1);
            }
        }
        let mut svg = Svg(String::new(), self.theme());
        with_figure(Picture::Landscape, scene, frame, (None, self.bounds), &mut svg);
        svg.0
    }

    /// The canvas of the landscape.
    pub fn landscape(&self) -> Option<&HtmlCanvasElement> {
        self.canvases.iter().find(|c| c.picture == Picture::Landscape).map(|c| &c.element)
    }

    fn canvas(&mut self, picture: Picture) -> Option<&mut Canvas> {
        self.canvases.iter_mut().find(|c| c.picture == picture)
    }
}

/// Something that is done with a figure while what it borrows is at hand.
trait Visitor {
    fn visit(&mut self, figure: &impl Figure);
}

struct Painter<'a> {
    canvas: &'a mut Canvas,
    theme: &'a Theme,
    scene: &'a (Scene, Vec<f32>),
    frame: &'a (Frame, Vec<f32>),
}

impl Visitor for Painter<'_> {
    fn visit(&mut self, figure: &impl Figure) {
        let canvas = &mut *self.canvas;
        let ((width, height), (w, h)) = canvas.size();
        if width < 1.0 || height < 1.0 {
            return;
        }
        let pixels = f64::from(w) / width;
        if (canvas.element.width(), canvas.element.height()) != (w, h) {
            canvas.element.set_width(w);
            canvas.element.set_height(h);
        }
        let context = &canvas.context;
        let scale = pixels / f64::from(UNIT);
        let prepared = context.set_transform(scale, 0.0, 0.0, scale, 0.0, 0.0);
        context.clear_rect(0.0, 0.0, width * f64::from(UNIT), height * f64::from(UNIT));
        context.set_line_join("round");
        if let (Ok(()), Some(backend)) = (prepared, CanvasBackend::with_canvas_object(canvas.element.clone())) {
            // A canvas that cannot be drawn on stays as it is; the numbers below it hold.
            let _ = plot::draw(figure, backend, (width, height), self.theme);
        }
        let panel = figure.panel((width, height));
        canvas.panel = Some(panel);
        show_readout(canvas, &panel, width, self.scene, self.frame);
    }
}

/// What must be seen of a scene with one input; a figure without data and truth looks at its fit.
fn bounds(scene: &(Scene, Vec<f32>)) -> Option<[f64; 2]> {
    let samples = scene.0.samples;
    let data = scene.1.get(samples..2 * samples).filter(|_| scene.0.inputs == 1)?;
    Some(plot::bounds(readout::truth(scene), data))
}

fn show_readout(canvas: &Canvas, panel: &Panel, width: f64, scene: &(Scene, Vec<f32>), frame: &(Frame, Vec<f32>)) {
    let text = canvas.cursor.map(|at| match canvas.picture {
        Picture::Landscape => readout::landscape(scene, frame, at),
        Picture::Loss => readout::bucket(frame, at).map(|b| readout::loss(frame, b)).unwrap_or_default(),
        Picture::Gates => readout::bucket(frame, at).map(|b| readout::gates(frame, b)).unwrap_or_default(),
    });
    let text = text.filter(|t| !t.is_empty());
    dom::show(&canvas.readout, text.is_some());
    let (Some(text), Some(at)) = (text, canvas.cursor) else { return };
    dom::write(&canvas.readout, &text);
    let x = panel.across(at);
    // On the side that has more room.
    let (side, other, distance) = if x < width / 2.0 { ("left", "right", x + 10.0) } else { ("right", "left", width - x + 10.0) };
    let style = canvas.readout.style();
    let placed = style.set_property(side, &format!("{distance:.0}px")).and_then(|()| style.set_property(other, "auto"));
    debug_assert!(placed.is_ok(), "lengths are well-formed");
}

/// Lays a figure over the newest numbers and hands it to `visitor`.
fn with_figure(
    picture: Picture,
    scene: &(Scene, Vec<f32>),
    frame: &(Frame, Vec<f32>),
    (cursor, bounds): (Option<f64>, Option<[f64; 2]>),
    visitor: &mut impl Visitor,
) {
    let (layout, numbers) = (frame.0.layout, &frame.1);
    let part = |range: std::ops::Range<usize>| numbers.get(range).unwrap_or_default();
    let last_epoch = frame.0.last_epoch as f64;
    match picture {
        Picture::Landscape => {
            let one = scene.0.inputs == 1;
            let samples = if one { scene.0.samples } else { 0 };
            let modes: Vec<_> = (0..layout.modes)
                .map(|i| Mode { curve: part(layout.mode(i)), responsibility: part(layout.responsibility(i)) })
                .collect();
            let first = |x: &[f64]| x.first().copied().unwrap_or(f64::NAN);
            let held = |i: usize| frame.0.mode_of_minimum.get(i).copied();
            let minima: Vec<_> = frame
                .0
                .report
                .minima
                .iter()
                .enumerate()
                .map(|(i, m)| Mark { x: first(&m.x), y: m.value, mode: held(i) })
                .collect();
            let maxima: Vec<_> = frame.0.maxima.iter().map(|m| Mark { x: first(&m.x), y: m.value, mode: None }).collect();
            let names = [
                scene.0.names.first().map_or("x", String::as_str),
                if scene.0.has_truth { "Ψ(x)" } else { scene.0.names.last().map_or("Ψ", String::as_str) },
            ];
            let rho = frame.0.report.rho;
            visitor.visit(&Landscape {
                domain: scene.0.domain,
                names,
                data_x: scene.1.get(..samples).unwrap_or_default(),
                data_y: scene.1.get(samples..2 * samples).unwrap_or_default(),
                truth: readout::truth(scene),
                fit: part(layout.fit()),
                modes: if layout.points > 0 { &modes } else { &[] },
                lift: if rho > 0.0 { (layout.modes.max(1) as f64).ln() / rho } else { 0.0 },
                minima: if one { &minima } else { &[] },
                maxima: if one { &maxima } else { &[] },
                bounds,
                cursor,
            });
        }
        Picture::Loss => visitor.visit(&Loss {
            epochs: part(layout.epochs()),
            low: part(layout.loss_low()),
            high: part(layout.loss_high()),
            responsible: part(layout.responsible()),
            modes: layout.modes,
            last_epoch,
            cursor,
        }),
        Picture::Gates => {
            let gates: Vec<_> = (0..layout.modes).map(|i| part(layout.gate(i))).collect();
            let responsible: Vec<_> = frame.0.reach.iter().map(|&r| r > 0.5).collect();
            let epochs = part(layout.epochs());
            visitor.visit(&Gates {
                epochs,
                gates: &gates,
                responsible: &responsible,
                rho: part(layout.rho()),
                last_epoch,
                cursor,
            });
        }
    }
}

/// Listens to pointers and keys on the pictures, and to what changes their size or palette.
pub fn listen() {
    for (picture, id) in ALL {
        let canvas: Element = dom::by_id(id);
        let point = move |event: PointerEvent| act(move |app| app.point(picture, Some(f64::from(event.offset_x()))));
        dom::on(&canvas, "pointermove", point);
        dom::on(&canvas, "pointerdown", point);
        // A finger that is lifted leaves its values on the screen; a mouse that goes away takes them along.
        dom::on(&canvas, "pointerleave", move |event: PointerEvent| {
            if event.pointer_type() == "mouse" {
                act(move |app| app.point(picture, None));
            }
        });
        dom::on(&canvas, "blur", move |_: Event| act(move |app| app.point(picture, None)));
        dom::on(&canvas, "keydown", move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowLeft" => -1.0,
                "ArrowRight" => 1.0,
                "Escape" => f64::NAN,
                _ => return,
            };
            event.prevent_default();
            let step = if event.shift_key() { 10.0 * step } else { step };
            act(move |app| app.nudge(picture, step));
        });
    }
    let resized = Closure::<dyn FnMut()>::new(|| act(App::ask_to_draw));
    if let Ok(observer) = web_sys::ResizeObserver::new(resized.as_ref().unchecked_ref()) {
        for (_, id) in ALL {
            observer.observe(&dom::by_id(id));
        }
    }
    resized.forget();
    dom::on(&dom::window(), "resize", |_: Event| act(App::ask_to_draw));
    for query in ["(prefers-color-scheme: dark)", "(prefers-reduced-motion: reduce)"] {
        if let Ok(Some(list)) = dom::window().match_media(query) {
            dom::on(&list, "change", |_: Event| act(App::repaint));
        }
    }
}

impl App {
    fn point(&mut self, picture: Picture, pixel: Option<f64>) {
        if let Some(canvas) = self.pictures.canvas(picture) {
            let cursor = pixel.and_then(|x| canvas.panel?.x_under(x));
            if canvas.cursor != cursor {
                canvas.cursor = cursor;
                self.ask_to_draw();
            }
        }
    }

    // Moves the cursor by hundredths of the axis; takes it away if the step is not a number.
    fn nudge(&mut self, picture: Picture, step: f64) {
        if let Some(canvas) = self.pictures.canvas(picture)
            && let Some(panel) = canvas.panel
        {
            let along = canvas.cursor.map_or(0.5, |at| panel.x.along(at)) + step / 100.0;
            canvas.cursor = (!along.is_nan()).then(|| panel.x.value(along.clamp(0.0, 1.0)));
            self.ask_to_draw();
        }
    }

    fn repaint(&mut self) {
        self.pictures.canvases.iter_mut().for_each(|c| c.drawn.1 = f64::NEG_INFINITY);
        self.pictures.dark = dom::matches("(prefers-color-scheme: dark)");
        self.pictures.still = dom::matches("(prefers-reduced-motion: reduce)");
        self.ask_to_draw();
    }
}
