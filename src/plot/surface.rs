//! Surface on which figures are drawn: any plotters backend, in fractional CSS pixels.
//!
//! Plotters backends have integer coordinates. For smooth curves and fractional line widths, figures are drawn [`UNITS_PER_PX`] times
//! larger. The owner of the backend scales them down (a canvas by its transform, an SVG by its view box).

use std::cell::{Cell, RefCell};

use plotters::backend::DrawingBackend;
pub use plotters::style::text_anchor::HPos;
use plotters::style::text_anchor::{Pos, VPos};
use plotters::style::{FontFamily, FontStyle, RGBAColor, ShapeStyle, TextStyle};

use super::Figure;
use super::palette::{Rgb, Theme, with_opacity};
use super::panel::{Panel, PlotAxis};

/// Backend units per CSS pixel.
pub const UNITS_PER_PX: i32 = 16;

/// Font of the page. It makes figures and text match.
const PAGE_FONT: FontFamily = FontFamily::Name("system-ui, sans-serif");

/// Error of a backend that failed to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the figure could not be drawn")]
pub struct DrawError;

/// Result of a drawing call.
pub type DrawResult = Result<(), DrawError>;

/// Drawing operations that a surface needs from a backend. Figures use this interface, so that they are compiled only once for all
/// backends.
pub trait Ink {
    /// Draws an open line.
    fn path(&mut self, points: &[BackendPoint], style: &ShapeStyle) -> DrawResult;
    /// Draws a filled polygon.
    fn polygon(&mut self, points: &[BackendPoint], style: &ShapeStyle) -> DrawResult;
    /// Draws a filled rectangle.
    fn rectangle(&mut self, from: BackendPoint, to: BackendPoint, style: &ShapeStyle) -> DrawResult;
    /// Draws an image of colours on a grid. The colours are interpolated between the grid points, and the outermost points are on the edges
    /// of the rectangle. `pixels` holds rows of `columns` from the top, four bytes each (red, green, blue, opacity). `None` if the backend
    /// does not support images.
    fn image(&mut self, _from: BackendPoint, _to: BackendPoint, _columns: usize, _pixels: &[u8]) -> Option<DrawResult> {
        None
    }
    /// Draws a filled disc.
    fn disc(&mut self, centre: BackendPoint, radius: u32, style: &ShapeStyle) -> DrawResult;
    /// Draws a line of text.
    fn text(&mut self, text: &str, style: &TextStyle, at: BackendPoint) -> DrawResult;
    /// Ends the drawing.
    fn finish(&mut self) -> DrawResult;
}

/// Position in backend units.
pub type BackendPoint = (i32, i32);

impl<DB: DrawingBackend> Ink for DB {
    fn path(&mut self, points: &[BackendPoint], style: &ShapeStyle) -> DrawResult {
        self.draw_path(points.iter().copied(), style).map_err(|_| DrawError)
    }

    fn polygon(&mut self, points: &[BackendPoint], style: &ShapeStyle) -> DrawResult {
        self.fill_polygon(points.iter().copied(), style).map_err(|_| DrawError)
    }

    fn rectangle(&mut self, from: BackendPoint, to: BackendPoint, style: &ShapeStyle) -> DrawResult {
        self.draw_rect(from, to, style, true).map_err(|_| DrawError)
    }

    fn disc(&mut self, centre: BackendPoint, radius: u32, style: &ShapeStyle) -> DrawResult {
        self.draw_circle(centre, radius, style, true).map_err(|_| DrawError)
    }

    fn text(&mut self, text: &str, style: &TextStyle, at: BackendPoint) -> DrawResult {
        self.draw_text(text, style, at).map_err(|_| DrawError)
    }

    fn finish(&mut self) -> DrawResult {
        self.present().map_err(|_| DrawError)
    }
}

/// Backend with its size in pixels and its colours.
pub struct Surface<'a> {
    ink: RefCell<&'a mut dyn Ink>,
    /// Width and height in CSS pixels.
    pub size: (f64, f64),
    /// Colours of the figure.
    pub theme: &'a Theme,
    text_scale: f64,
    /// Position on the backend at which the surface begins, in CSS pixels.
    origin: (f64, f64),
    /// Visible part of the axes; `None` for the whole axes.
    part: Cell<Option<[PlotAxis; 2]>>,
}

impl<'a> Surface<'a> {
    /// Creates a surface of `size` CSS pixels on a backend [`UNITS_PER_PX`] times as large. `text_scale` compensates for backends that
    /// reduce font sizes.
    pub fn new(ink: &'a mut dyn Ink, size: (f64, f64), theme: &'a Theme, text_scale: f64) -> Self {
        Self { ink: RefCell::new(ink), size, theme, text_scale, origin: (0.0, 0.0), part: Cell::default() }
    }

    /// Moves the surface to another position on its backend.
    #[must_use]
    pub fn at(self, origin: (f64, f64)) -> Self {
        Self { origin, ..self }
    }

    /// Plot area of a figure on this surface, with the axes of the visible part.
    pub fn panel(&self, figure: &dyn Figure) -> Panel {
        let whole = figure.panel(self.size);
        self.part.get().map_or(whole, |[x, y]| Panel { x, y, ..whole })
    }

    /// Draws a part of a figure.
    pub fn draw_part(&self, figure: &dyn Figure, part: [PlotAxis; 2]) -> DrawResult {
        let before = self.part.replace(Some(part));
        let drawn = figure.draw(self);
        self.part.set(before);
        drawn
    }

    fn all_units(&self, points: &[(f64, f64)]) -> Vec<BackendPoint> {
        points.iter().map(|&point| self.units(point)).collect()
    }

    fn units(&self, (x, y): (f64, f64)) -> BackendPoint {
        let unit = |v: f64, from: f64| ((v + from).clamp(-1e5, 1e5) * f64::from(UNITS_PER_PX)).round() as i32;
        (unit(x, self.origin.0), unit(y, self.origin.1))
    }

    /// Draws an open line through `points`, `width` pixels wide.
    pub fn line(&self, points: &[(f64, f64)], colour: RGBAColor, width: f64) -> DrawResult {
        if points.len() < 2 {
            return Ok(());
        }
        self.ink.borrow_mut().path(&self.all_units(points), &stroke(colour, width))
    }

    /// Draws a filled area bounded by `points`.
    pub fn area(&self, points: &[(f64, f64)], colour: RGBAColor) -> DrawResult {
        self.ink.borrow_mut().polygon(&self.all_units(points), &fill(colour))
    }

    /// Draws a filled rectangle between two corners.
    pub fn rectangle(&self, from: (f64, f64), to: (f64, f64), colour: RGBAColor) -> DrawResult {
        self.ink.borrow_mut().rectangle(self.units(from), self.units(to), &fill(colour))
    }

    /// Draws an image between two corners, see [`Ink::image`]; `None` if rectangles have to be drawn instead.
    pub fn image(&self, from: (f64, f64), to: (f64, f64), columns: usize, pixels: &[u8]) -> Option<DrawResult> {
        self.ink.borrow_mut().image(self.units(from), self.units(to), columns, pixels)
    }

    /// Draws a filled disc.
    pub fn disc(&self, centre: (f64, f64), radius: f64, colour: RGBAColor) -> DrawResult {
        let radius = (radius * f64::from(UNITS_PER_PX)).round() as u32;
        self.ink.borrow_mut().disc(self.units(centre), radius, &fill(colour))
    }

    /// Draws a mark that contrasts with its background: a disc of the colour `inside` with a rim of the colour `rim`.
    pub fn mark(&self, centre: (f64, f64), radius: f64, inside: Rgb, rim: Rgb) -> DrawResult {
        self.disc(centre, radius + 1.0, with_opacity(rim, 1.0))?;
        self.disc(centre, radius - 0.5, with_opacity(inside, 1.0))
    }

    /// Draws a line of text, vertically centred on `at`, which is its left end, its middle or its right end.
    pub fn text(&self, text: &str, at: (f64, f64), hold: HPos, pixels: f64, colour: Rgb) -> DrawResult {
        let font = (PAGE_FONT, pixels * self.text_scale * f64::from(UNITS_PER_PX), FontStyle::Normal);
        let colour = with_opacity(colour, 1.0);
        let style = TextStyle::from(font).color(&colour).pos(Pos::new(hold, VPos::Center));
        self.ink.borrow_mut().text(text, &style, self.units(at))
    }
}

fn stroke(colour: RGBAColor, width: f64) -> ShapeStyle {
    ShapeStyle { color: colour, filled: false, stroke_width: (width * f64::from(UNITS_PER_PX)).round() as u32 }
}

fn fill(colour: RGBAColor) -> ShapeStyle {
    ShapeStyle { color: colour, filled: true, stroke_width: 0 }
}
