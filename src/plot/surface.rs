//! What the figures draw on: any plotters backend, addressed in CSS pixels with fractions.
//!
//! Plotters backends count in whole units. So that curves are smooth and lines may be 1.5 pixels wide, a figure is drawn
//! [`UNIT`] times enlarged; whoever owns the backend scales it down again (a canvas by its transform, an SVG by its view box).

use std::cell::RefCell;

use plotters::backend::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontFamily, FontStyle, RGBAColor, ShapeStyle, TextStyle};
use plotters_backend::DrawingErrorKind;

use super::palette::{Rgb, Theme, with_opacity};

/// Backend units in a CSS pixel.
pub const UNIT: i32 = 16;

/// The page's own font, so that figures and words look alike.
const FONT: FontFamily = FontFamily::Name("system-ui, sans-serif");

/// What a drawing call returns: the backend's own error, if it has any.
pub type Drawn<DB> = Result<(), DrawingErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// Where a text is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// By its left end.
    Left,
    /// By its middle.
    Middle,
    /// By its right end.
    Right,
}

/// A backend with its size in pixels and its colours.
pub struct Surface<'a, DB: DrawingBackend> {
    backend: RefCell<DB>,
    /// Width and height in CSS pixels.
    pub size: (f64, f64),
    /// The colours.
    pub theme: &'a Theme,
    text_scale: f64,
}

impl<'a, DB: DrawingBackend> Surface<'a, DB> {
    /// A surface of `size` CSS pixels on a backend [`UNIT`] times as large. Backends that shrink fonts say by what with `text_scale`.
    pub fn new(backend: DB, size: (f64, f64), theme: &'a Theme, text_scale: f64) -> Self {
        Self { backend: RefCell::new(backend), size, theme, text_scale }
    }

    /// Ends the drawing.
    ///
    /// # Errors
    /// The backend's.
    pub fn finish(&self) -> Drawn<DB> {
        self.backend.borrow_mut().present()
    }

    /// An open line through `points`, `width` pixels wide.
    ///
    /// # Errors
    /// The backend's.
    pub fn line(&self, points: &[(f64, f64)], colour: RGBAColor, width: f64) -> Drawn<DB> {
        if points.len() < 2 {
            return Ok(());
        }
        self.backend.borrow_mut().draw_path(points.iter().map(|&p| units(p)), &stroke(colour, width))
    }

    /// A filled area bounded by `points`.
    ///
    /// # Errors
    /// The backend's.
    pub fn area(&self, points: &[(f64, f64)], colour: RGBAColor) -> Drawn<DB> {
        self.backend.borrow_mut().fill_polygon(points.iter().map(|&p| units(p)), &fill(colour))
    }

    /// A filled rectangle between two corners.
    ///
    /// # Errors
    /// The backend's.
    pub fn rectangle(&self, from: (f64, f64), to: (f64, f64), colour: RGBAColor) -> Drawn<DB> {
        self.backend.borrow_mut().draw_rect(units(from), units(to), &fill(colour), true)
    }

    /// A filled disc.
    ///
    /// # Errors
    /// The backend's.
    pub fn disc(&self, centre: (f64, f64), radius: f64, colour: RGBAColor) -> Drawn<DB> {
        let radius = (radius * f64::from(UNIT)).round() as u32;
        self.backend.borrow_mut().draw_circle(units(centre), radius, &fill(colour), true)
    }

    /// A mark that stands out from what it lies on: a disc of `inside` with a rim of `rim`.
    ///
    /// # Errors
    /// The backend's.
    pub fn mark(&self, centre: (f64, f64), radius: f64, inside: Rgb, rim: Rgb) -> Drawn<DB> {
        self.disc(centre, radius + 1.0, with_opacity(rim, 1.0))?;
        self.disc(centre, radius - 0.5, with_opacity(inside, 1.0))
    }

    /// A line of text, vertically centred on `at`.
    ///
    /// # Errors
    /// The backend's.
    pub fn text(&self, text: &str, at: (f64, f64), hold: Hold, pixels: f64, colour: Rgb) -> Drawn<DB> {
        let held = match hold {
            Hold::Left => HPos::Left,
            Hold::Middle => HPos::Center,
            Hold::Right => HPos::Right,
        };
        let font = (FONT, pixels * self.text_scale * f64::from(UNIT), FontStyle::Normal);
        let colour = with_opacity(colour, 1.0);
        let style = TextStyle::from(font).color(&colour).pos(Pos::new(held, VPos::Center));
        self.backend.borrow_mut().draw_text(text, &style, units(at))
    }
}

fn units((x, y): (f64, f64)) -> (i32, i32) {
    let unit = |v: f64| (v.clamp(-1e5, 1e5) * f64::from(UNIT)).round() as i32;
    (unit(x), unit(y))
}

fn stroke(colour: RGBAColor, width: f64) -> ShapeStyle {
    ShapeStyle { color: colour, filled: false, stroke_width: (width * f64::from(UNIT)).round() as u32 }
}

fn fill(colour: RGBAColor) -> ShapeStyle {
    ShapeStyle { color: colour, filled: true, stroke_width: 0 }
}
