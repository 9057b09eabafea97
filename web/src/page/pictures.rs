//! The canvases: sized for the screen, drawn by `plot`, read off by pointer and keys.

use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement};

use super::app::App;
use super::ensemble::Ensemble;
use super::physics::Physics;
use super::screen::Screen;
use super::sights::Sights;
use super::tools::Tools;
use super::views::ViewId;
use super::{act, dom, readout};
use multiwell::controller::protocol::{Frame, Scene};
use multiwell::plot::{self, Figure, Gates, Landscape, Loss, Mark, Mode, Panel, Pointed, Theme, UNIT};
use multiwell::problem::view::{Plot, Touch};

mod pointing;

pub use pointing::listen;

/// Which picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// The landscape.
    Landscape,
    /// Loss and counts.
    Loss,
    /// Gates and sharpness.
    Gates,
    /// Small fits of many seeds.
    Fits,
    /// Their losses.
    Losses,
    /// Their counts.
    Counts,
    /// Where balls have been.
    Trace,
    /// A minimum against the tilt.
    Loop,
    /// Parabolas and their soft minimum.
    Soft,
    /// A picture of one of the run's own views, by its number.
    Plot(usize),
}

/// Every picture that the page knows with its canvas, its name for people and for files, and the views that show it.
pub const ALL: [(Picture, &str, &str, &[ViewId]); 9] = [
    (Picture::Landscape, "plot-landscape", "landscape", &[ViewId::Landscape, ViewId::Physics]),
    (Picture::Fits, "plot-fits", "fits", &[ViewId::Ensemble]),
    (Picture::Soft, "plot-soft", "soft minimum", &[ViewId::SoftMinimum]),
    (Picture::Loss, "plot-loss", "loss", &[ViewId::Landscape, ViewId::SoftMinimum, ViewId::Own]),
    (Picture::Gates, "plot-gates", "gates", &[ViewId::Landscape, ViewId::SoftMinimum, ViewId::Own]),
    (Picture::Losses, "plot-losses", "losses", &[ViewId::Ensemble]),
    (Picture::Counts, "plot-counts", "counts", &[ViewId::Ensemble]),
    (Picture::Trace, "plot-trace", "ways", &[ViewId::Physics]),
    (Picture::Loop, "plot-loop", "hysteresis", &[ViewId::Physics]),
];

/// What pictures are drawn from.
struct Show<'a> {
    scene: &'a (Scene, Vec<f32>),
    frame: &'a (Frame, Vec<f32>),
    view: ViewId,
    ensemble: &'a Ensemble,
    physics: &'a Physics,
    tools: &'a Tools,
    sights: &'a Sights,
}

impl Show<'_> {
    /// Counts what a picture shows; `None` for those that follow the run.
    fn version(&self, picture: Picture) -> Option<u64> {
        match picture {
            Picture::Landscape | Picture::Loss | Picture::Gates => None,
            Picture::Fits | Picture::Losses | Picture::Counts => Some(self.ensemble.version),
            Picture::Trace | Picture::Loop => Some(self.physics.version),
            Picture::Soft => Some(super::soft::rho().to_bits()),
            Picture::Plot(_) => Some(self.sights.version),
        }
    }
}

/// Draws what can be seen.
pub fn draw(app: &mut App) {
    let App { pictures, scene, frame, view, ensemble, physics, tools, sights, .. } = app;
    if *view == ViewId::Ensemble {
        ensemble.follow_size();
    }
    pictures.draw(&Show { scene, frame, view: *view, ensemble, physics, tools, sights });
}

struct Canvas {
    picture: Picture,
    element: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    readout: HtmlElement,
    /// The plot area as it was drawn last.
    panel: Option<Panel>,
    /// Where the reader points, in data units.
    cursor: Cursor,
    /// Whether moves of the cursor by keys draw.
    draws: bool,
    /// Where the reader pointed when it was drawn last, when that was, and what it showed.
    drawn: (Cursor, f64, Option<u64>),
}

type Cursor = Option<(f64, f64)>;

impl Canvas {
    /// A canvas that has its readout beside it.
    fn new(picture: Picture, element: HtmlCanvasElement) -> Option<Self> {
        let context = element.get_context("2d").ok()??.dyn_into().ok()?;
        let readout = element.next_element_sibling()?.dyn_into().ok()?;
        let drawn = (None, f64::NEG_INFINITY, None);
        Some(Self { picture, element, context, readout, panel: None, cursor: None, draws: false, drawn })
    }

    /// Whether it belongs to what is looked at.
    fn is_seen(&self, show: &Show) -> bool {
        match self.picture {
            Picture::Plot(k) => show.view == ViewId::Own && show.sights.plate(k).is_some(),
            one => ALL.iter().any(|(picture, .., views)| *picture == one && views.contains(&show.view)),
        }
    }

    /// Width and height in CSS pixels, and in the screen's own.
    fn size(&self) -> ((f64, f64), (u32, u32)) {
        let (width, height) = (f64::from(self.element.client_width()), f64::from(self.element.client_height()));
        let pixels = dom::window().device_pixel_ratio();
        ((width, height), ((width * pixels).round() as u32, (height * pixels).round() as u32))
    }

    /// Whether it need not be drawn: nothing is new, or it can wait; histories grow slowly, a tenth of a second of them cannot be
    /// seen.
    fn can_wait(&self, now: f64, running: bool, version: Option<u64>) -> bool {
        let fits = (self.element.width(), self.element.height()) == self.size().1;
        let waits = match version {
            Some(_) => self.drawn.2 == version,
            None => running && self.picture != Picture::Landscape && now - self.drawn.1 < HISTORY,
        };
        fits && waits && self.drawn.0 == self.cursor
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
    observer: Option<web_sys::ResizeObserver>,
}

impl Pictures {
    /// Finds the canvases.
    pub fn new() -> Self {
        let resized = Closure::<dyn FnMut()>::new(|| act(App::ask_to_draw));
        let observer = web_sys::ResizeObserver::new(resized.as_ref().unchecked_ref()).ok();
        resized.forget();
        Self {
            canvases: Vec::new(),
            bounds: None,
            dark: dom::matches("(prefers-color-scheme: dark)"),
            still: dom::matches("(prefers-reduced-motion: reduce)"),
            drawn_at: f64::NEG_INFINITY,
            observer,
        }
    }

    /// Takes a canvas in, with its readout beside it: draws on it, and listens to it.
    pub fn add(&mut self, picture: Picture, element: &HtmlCanvasElement) {
        self.canvases.extend(Canvas::new(picture, element.clone()));
        if let Some(observer) = &self.observer {
            observer.observe(element);
        }
        pointing::listen_to(picture, element);
    }

    /// The palette in use.
    pub fn theme(&self) -> &'static Theme {
        if self.dark { &Theme::DARK } else { &Theme::LIGHT }
    }

    /// Another run has another picture: forgets where the reader pointed, and looks what must be seen.
    pub fn begin(&mut self, scene: &(Scene, Vec<f32>)) {
        self.bounds = bounds(scene);
        for canvas in &mut self.canvases {
            (canvas.cursor, canvas.draws) = (None, false);
        }
    }

    /// All pictures are drawn anew.
    pub fn forget(&mut self) {
        self.canvases.iter_mut().for_each(|c| c.drawn = (None, f64::NEG_INFINITY, None));
    }

    fn draw(&mut self, show: &Show) {
        if show.frame.0.layout.is_empty() {
            // Axes without numbers would be invented.
            return;
        }
        let running = matches!(show.frame.0.status, multiwell::controller::protocol::Status::Running);
        let now = dom::now();
        if self.still && running && now - self.drawn_at < 1000.0 {
            return;
        }
        self.drawn_at = now;
        let (theme, bounds) = (self.theme(), self.bounds);
        for canvas in &mut self.canvases {
            let version = show.version(canvas.picture);
            if canvas.is_seen(show) && !canvas.can_wait(now, running, version) {
                canvas.drawn = (canvas.cursor, now, version);
                let (cursor, size) = (canvas.cursor, canvas.size().0);
                with_figure(canvas.picture, show, (cursor, bounds, size), &mut Painter { canvas, theme, show });
            }
        }
    }

    /// Smallest and largest value of truth and data.
    pub fn bounds(&self) -> Option<[f64; 2]> {
        self.bounds
    }

    /// The canvas of a picture.
    pub fn element(&self, picture: Picture) -> Option<&HtmlCanvasElement> {
        self.canvases.iter().find(|c| c.picture == picture).map(|c| &c.element)
    }

    /// Whether the reader has asked for little motion.
    pub fn still(&self) -> bool {
        self.still
    }

    fn canvas(&mut self, picture: Picture) -> Option<&mut Canvas> {
        self.canvases.iter_mut().find(|c| c.picture == picture)
    }
}

/// Something that is done with a figure while what it borrows is at hand.
trait Visitor {
    fn visit(&mut self, figure: &dyn Figure);
}

struct Painter<'a> {
    canvas: &'a mut Canvas,
    theme: &'a Theme,
    show: &'a Show<'a>,
}

impl Visitor for Painter<'_> {
    fn visit(&mut self, figure: &dyn Figure) {
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
        if let (Ok(()), Some(mut screen)) = (prepared, Screen::new(&canvas.element, context)) {
            // A canvas that cannot be drawn on stays as it is; the numbers below it hold.
            let _ = plot::draw(figure, &mut screen, (width, height), self.theme);
        }
        let panel = figure.panel((width, height));
        canvas.panel = Some(panel);
        show_readout(canvas, &panel, width, self.show);
    }
}

/// What must be seen of a scene with one input; a figure without data and truth looks at its fit.
fn bounds(scene: &(Scene, Vec<f32>)) -> Option<[f64; 2]> {
    let samples = scene.0.samples;
    let data = scene.1.get(samples..2 * samples).filter(|_| scene.0.inputs == 1)?;
    plot::bounds(readout::truth(scene), data)
}

fn show_readout(canvas: &Canvas, panel: &Panel, width: f64, show: &Show) {
    let Show { scene, frame, .. } = show;
    let text = canvas.cursor.map(|place @ (at, _)| match canvas.picture {
        Picture::Landscape => readout::landscape(scene, frame, at),
        Picture::Loss => readout::bucket(frame, at).map(|b| readout::loss(frame, b)).unwrap_or_default(),
        Picture::Gates => readout::bucket(frame, at).map(|b| readout::gates(frame, b)).unwrap_or_default(),
        Picture::Losses => show.ensemble.readout(0, at),
        Picture::Counts => show.ensemble.readout(1, at),
        Picture::Plot(k) => show.sights.plate(k).map(|plate| of_plate(canvas, plate, place, panel)).unwrap_or_default(),
        _ => String::new(),
    });
    let text = text.filter(|t| !t.is_empty());
    dom::show(&canvas.readout, text.is_some());
    let (Some(text), Some((at, _))) = (text, canvas.cursor) else { return };
    dom::write(&canvas.readout, &text);
    let x = panel.across(at);
    // On the side that has more room.
    let (side, other, distance) = if x < width / 2.0 { ("left", "right", x + 10.0) } else { ("right", "left", width - x + 10.0) };
    let style = canvas.readout.style();
    let placed = style.set_property(side, &format!("{distance:.0}px")).and_then(|()| style.set_property(other, "auto"));
    debug_assert!(placed.is_ok(), "lengths are well-formed");
}

/// The values of a plate, and what keys do there where somebody uses them.
fn of_plate(canvas: &Canvas, plate: &Plot, place: (f64, f64), panel: &Panel) -> String {
    let values = readout::plate(plate, place, panel);
    let by_keys = || canvas.element.matches(":focus-visible").unwrap_or_default();
    match (plate.touch, canvas.draws) {
        (Touch::Stroke, true) if by_keys() => format!("{values}\nEnter: end the path"),
        (Touch::Stroke, false) if by_keys() => format!("{values}\nEnter: begin a path"),
        _ => values,
    }
}

type Place = (Cursor, Option<[f64; 2]>, (f64, f64));

/// Lays a figure over the newest numbers and hands it to `visitor`.
fn with_figure(picture: Picture, show: &Show, place: Place, visitor: &mut dyn Visitor) {
    let (layout, numbers) = (show.frame.0.layout, &show.frame.1);
    let part = |range: std::ops::Range<usize>| numbers.get(range).unwrap_or_default();
    let last_epoch = show.frame.0.last_epoch as f64;
    let (at, bounds, size) = place;
    let cursor = at.map(|at| at.0);
    match picture {
        Picture::Landscape => with_landscape(show, place, |landscape| visitor.visit(landscape)),
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
            let responsible: Vec<_> = show.frame.0.largest_responsibilities.iter().map(|&r| r > 0.5).collect();
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
        Picture::Fits => visitor.visit(&show.ensemble.fits(readout::truth(show.scene), bounds, size)),
        Picture::Losses => visitor.visit(&show.ensemble.chart(0, cursor)),
        Picture::Counts => visitor.visit(&show.ensemble.chart(1, cursor)),
        Picture::Trace => visitor.visit(&show.physics.trace(show.scene.0.domain)),
        Picture::Loop => visitor.visit(&show.physics.cycle(show.scene.0.domain)),
        Picture::Soft => visitor.visit(&super::soft::chart()),
        Picture::Plot(k) => {
            if let Some(plate) = show.sights.plate(k) {
                let across = matches!(plate.picture, multiwell::problem::view::Picture::Map(_));
                visitor.visit(&Pointed { figure: &plate.picture, at, across });
            }
        }
    }
}

fn with_landscape<R>(show: &Show, (cursor, bounds, _): Place, act: impl FnOnce(&Landscape) -> R) -> R {
    let (scene, frame) = (show.scene, show.frame);
    let layout = frame.0.layout;
    let part = |range: std::ops::Range<usize>| frame.1.get(range).unwrap_or_default();
    let one = scene.0.inputs == 1;
    let samples = if one { scene.0.samples } else { 0 };
    let modes: Vec<_> =
        (0..layout.modes).map(|i| Mode { curve: part(layout.mode(i)), responsibility: part(layout.responsibility(i)) }).collect();
    let first = |x: &[f64]| x.first().copied().unwrap_or(f64::NAN);
    let held = |i: usize| frame.0.mode_of_minimum.get(i).copied();
    let minima: Vec<_> =
        frame.0.report.minima.iter().enumerate().map(|(i, m)| Mark { x: first(&m.x), y: m.value, mode: held(i) }).collect();
    // A hump that a mode makes for itself is marked as that mode's.
    let hump = |x: f64| show.tools.hump_at(frame.0.report.epochs, x);
    let maxima: Vec<_> = frame.0.maxima.iter().map(|m| Mark { x: first(&m.x), y: m.value, mode: hump(first(&m.x)) }).collect();
    let names = [
        scene.0.names.first().map_or("x", String::as_str),
        if scene.0.has_truth { "Ψ(x)" } else { scene.0.names.last().map_or("Ψ", String::as_str) },
    ];
    let rho = frame.0.report.rho;
    let in_motion = one && show.view == ViewId::Physics;
    act(&Landscape {
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
        alone: show.tools.alone.filter(|&k| k < layout.modes),
        beside: show.tools.beside(),
        tilt: if in_motion { show.physics.tilt } else { 0.0 },
        balls: if in_motion { &show.physics.balls } else { &[] },
        bounds,
        cursor: cursor.map(|at| at.0),
    })
}

/// Puts what is drawn into a text.
struct Svg<'a>(String, (u32, u32), &'a Theme);

impl Visitor for Svg<'_> {
    fn visit(&mut self, figure: &dyn Figure) {
        self.0 = plot::svg(figure, self.1, self.2);
    }
}

impl App {
    /// What pictures are drawn from.
    fn show(&self) -> Show<'_> {
        let Self { scene, frame, view, ensemble, physics, tools, sights, .. } = self;
        Show { scene, frame, view: *view, ensemble, physics, tools, sights }
    }

    /// A picture as the text of an SVG file.
    pub fn svg(&self, picture: Picture) -> String {
        let size = match picture {
            Picture::Landscape | Picture::Fits | Picture::Soft => (960, 480),
            Picture::Plot(_) => (480, 400),
            _ => (640, 320),
        };
        let mut svg = Svg(String::new(), size, self.pictures.theme());
        let place = (None, self.pictures.bounds, (size.0.into(), size.1.into()));
        with_figure(picture, &self.show(), place, &mut svg);
        svg.0
    }
}
