//! Figures as functions over any plotters backend: the page draws them on a canvas, the command line writes SVG.
//!
//! A figure is drawn from slices of numbers in the units of the data onto a [`Surface`] of a given size and palette. It keeps no state and
//! does no other computations. Nothing is drawn outside the surface for any numbers, finite or not. Figures never require the size of a
//! text from the backend, because workers in a browser cannot determine it.
//!
//! [`LandscapeFigure`] is the main figure, [`LossHistory`] and [`Gates`] are the two histories below it. Each returns its [`Panel`]. Handlers of pointer
//! events use it to find the data under the pointer. A function that returns a [`DrawResult`] fails only if the backend fails.

#![allow(clippy::missing_errors_doc, reason = "all functions here have the same error")]

pub mod contour;
mod drawing;
pub mod figures;
mod fits;
pub mod heat;
mod history;
mod landscape;
mod overlays;
pub mod palette;
mod panel;
mod residual;
mod surface;
pub mod ticks;

pub use drawing::SketchFigure;
pub use fits::{FitPanel, Fits};
pub use heat::HeatMap;
pub use history::{Gates, LossHistory};
pub use landscape::{Dots, LandscapeFigure, Mark, ModeCurve, UNSUPPORTED_OPACITY, bounds};
pub use overlays::{OverlaidFigure, Overlay};
pub use palette::Theme;
pub use panel::{Panel, PlotAxis};
pub use surface::{BackendPoint, DrawError, DrawResult, HPos, Ink, Surface, UNITS_PER_PX};

use plotters::backend::SVGBackend;
pub use plotters::style::{ShapeStyle, TextStyle};

/// Figure that can be drawn on a surface.
pub trait Figure {
    /// Main plot area on a surface of this size.
    fn panel(&self, size: (f64, f64)) -> Panel;

    /// Draws the figure.
    fn draw(&self, on: &Surface) -> DrawResult;

    /// Passes the drawn numbers to `put`, one point after another: the name of the series, then x, y and, for a map, the value.
    fn numbers(&self, put: &mut dyn FnMut(&str, &[f64]));
}

/// Enlarged part of a figure, which fills its plot area.
pub struct EnlargedFigure<'a> {
    /// Figure of which a part is shown.
    pub figure: &'a dyn Figure,
    /// Visible part of each axis of the figure.
    pub part: [PlotAxis; 2],
}

impl Figure for EnlargedFigure<'_> {
    /// Passes the numbers of the visible points. Only the horizontal axis decides for series with a vertical axis of their own.
    fn numbers(&self, put: &mut dyn FnMut(&str, &[f64])) {
        self.figure.numbers(&mut |series, numbers| {
            let shown = if numbers.len() > 2 { 2 } else { 1 };
            if self.part.iter().zip(numbers).take(shown).all(|(axis, at)| axis.shows(*at)) {
                put(series, numbers);
            }
        });
    }

    fn panel(&self, size: (f64, f64)) -> Panel {
        let [x, y] = self.part;
        Panel { x, y, ..self.figure.panel(size) }
    }

    fn draw(&self, on: &Surface) -> DrawResult {
        on.draw_part(self.figure, self.part)
    }
}

/// Draws a figure of `size` CSS pixels at a position on a backend that may hold other figures. `text_scale` is 1, or the scale from
/// [`svg_of`].
pub fn draw_at(
    figure: &dyn Figure,
    backend: &mut dyn Ink,
    at: (f64, f64),
    size: (f64, f64),
    theme: &Theme,
    text_scale: f64,
) -> DrawResult {
    figure.draw(&Surface::new(backend, size, theme, text_scale).at(at))
}

/// Draws a figure as the text of an SVG file of `size` pixels, with a background.
pub fn svg(figure: &dyn Figure, size: (u32, u32), theme: &Theme) -> String {
    let pixels = (f64::from(size.0), f64::from(size.1));
    svg_of(size, theme, &mut |backend, text_scale| draw_at(figure, backend, (0.0, 0.0), pixels, theme, text_scale))
}

/// Creates the text of an SVG file of `size` pixels with a background. The function `draw` draws on it; its second argument is the scale of
/// texts.
pub fn svg_of(size: (u32, u32), theme: &Theme, draw: &mut dyn FnMut(&mut dyn Ink, f64) -> DrawResult) -> String {
    // Factor by which the SVG backend of plotters reduces font sizes.
    const TEXT_FACTOR: f64 = 1.24;
    let unit = UNITS_PER_PX as u32;
    let enlarged = (size.0 * unit, size.1 * unit);
    let pixels = (f64::from(size.0), f64::from(size.1));
    let mut text = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut text, enlarged);
        let drawn = Surface::new(&mut backend, pixels, theme, TEXT_FACTOR)
            .rectangle((0.0, 0.0), pixels, palette::with_opacity(theme.background, 1.0))
            .and_then(|()| draw(&mut backend, TEXT_FACTOR))
            .and_then(|()| Ink::finish(&mut backend));
        debug_assert!(drawn.is_ok(), "writing to a string does not fail");
    }
    let large = format!("width=\"{}\" height=\"{}\"", enlarged.0, enlarged.1);
    text.replacen(&large, &format!("width=\"{}\" height=\"{}\"", size.0, size.1), 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use figures::{Chart, ChartLayer, MarkShape, Tone};

    #[test]
    fn enlarged_part_fills_plot_area_and_is_clipped() {
        let axis = PlotAxis::linear(0.0, 10.0);
        let points: Vec<(f64, f64)> = (0..=100).map(|k| (f64::from(k) / 10.0, f64::from(k % 10))).collect();
        let layers = [MarkShape::Line(1.0), MarkShape::Band, MarkShape::Dots(2.0)]
            .map(|shape| ChartLayer::new(points.clone(), shape, Tone::Accent));
        let chart = Chart::new([axis, axis], ["x", "y"], [4, 4], layers.into());
        let part = [PlotAxis::linear(4.0, 5.0), PlotAxis::linear(2.0, 8.0)];
        let enlarged = EnlargedFigure { figure: &chart, part };
        let (whole, panel) = (chart.panel((400.0, 300.0)), enlarged.panel((400.0, 300.0)));
        assert_eq!(Panel { x: whole.x, y: whole.y, ..panel }, whole);
        let pointed = OverlaidFigure { figure: &enlarged, overlays: &[], crosshair: Some((4.5, 5.0)), is_crossed: true };
        for figure in [&enlarged as &dyn Figure, &pointed] {
            let text = svg(figure, (400, 300), &Theme::LIGHT);
            assert!(text.contains("4.5") && !text.contains(">\n10\n"), "{text}");
            let lines = text.split("points=\"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default());
            for place in lines.flat_map(str::split_whitespace) {
                let (x, y) = place.split_once(',').unwrap();
                let [x, y] = [x, y].map(|v| v.parse::<f64>().unwrap() / f64::from(UNITS_PER_PX));
                assert!(
                    x > panel.left - 1.0 && x < panel.right + 1.0 && y > panel.top - 1.0 && y < panel.bottom + 1.0,
                    "{place}"
                );
            }
        }
        let mut seen = Vec::new();
        enlarged.numbers(&mut |_, numbers| seen.push(numbers[0]));
        assert!(seen.len() == 33 && seen.iter().all(|x| (4.0..=5.0).contains(x)), "{seen:?}");
    }
}
