//! Figures as functions over any plotters backend: the page draws them on a canvas, the command line writes SVG.
//!
//! A figure is drawn from slices of numbers in the units of the data onto a [`Surface`] of a given size and palette. It keeps no
//! state and does no other computations. Nothing is drawn outside the surface, whatever the numbers are (finite or not), and the
//! backend is never asked for the size of a text, which workers in a browser cannot determine.
//!
//! [`Landscape`] is the main figure, [`Loss`] and [`Gates`] are the two histories below it. Each returns its [`Panel`], with
//! which handlers of pointer events find the data under the pointer.

pub mod contour;
mod drawing;
pub mod figures;
mod fits;
mod ghosts;
pub mod heat;
mod history;
mod landscape;
pub mod palette;
mod panel;
mod residual;
mod surface;
pub mod ticks;

pub use drawing::Drawing;
pub use fits::{Fit, Fits};
pub use ghosts::{Ghost, Haunted};
pub use heat::HeatMap;
pub use history::{Gates, Loss};
pub use landscape::{DOUBTFUL, Dots, Landscape, Mark, Mode, bounds};
pub use palette::Theme;
pub use panel::{Axis, Panel};
pub use surface::{Drawn, Hold, Ink, Place, Surface, UNIT, Undrawn};

use plotters::backend::SVGBackend;
pub use plotters::style::{ShapeStyle, TextStyle};

/// A figure: something that can be drawn on a surface.
pub trait Figure {
    /// The main plot area on a surface of this size.
    fn panel(&self, size: (f64, f64)) -> Panel;

    /// Draws the figure.
    ///
    /// # Errors
    /// If the backend fails.
    fn draw(&self, on: &Surface) -> Drawn;

    /// Hands the numbers that are drawn to `put`, one point after another: the name of its series, and x, y and, of a map, the value there.
    fn numbers(&self, put: &mut dyn FnMut(&str, &[f64]));
}

/// A part of a figure, which fills its plot area.
pub struct Enlarged<'a> {
    /// The figure.
    pub figure: &'a dyn Figure,
    /// The part of each of its axes.
    pub part: [Axis; 2],
}

impl Figure for Enlarged<'_> {
    /// Those that are seen. Series that share the horizontal axis alone have a vertical one of their own.
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

    fn draw(&self, on: &Surface) -> Drawn {
        on.draw_part(self.figure, self.part)
    }
}

/// A figure with a cross-hair at the pointer.
pub struct Pointed<'a> {
    /// The figure.
    pub figure: &'a dyn Figure,
    /// The position of the pointer, in the units of the axes.
    pub at: Option<(f64, f64)>,
    /// Whether the cross-hair has a horizontal line, or only a vertical one.
    pub across: bool,
}

impl Figure for Pointed<'_> {
    fn numbers(&self, put: &mut dyn FnMut(&str, &[f64])) {
        self.figure.numbers(put);
    }

    fn panel(&self, size: (f64, f64)) -> Panel {
        self.figure.panel(size)
    }

    fn draw(&self, on: &Surface) -> Drawn {
        self.figure.draw(on)?;
        let Some((x, y)) = self.at else { return Ok(()) };
        let panel = on.panel(self);
        let (x, y) = panel.at(x, y);
        let (is_across, is_upward) = ((panel.left..=panel.right).contains(&x), (panel.top..=panel.bottom).contains(&y));
        let colour = palette::with_opacity(on.theme.ink, 0.5);
        if is_across {
            on.line(&[(x, panel.top), (x, panel.bottom)], colour, 1.0)?;
        }
        if self.across && is_upward { on.line(&[(panel.left, y), (panel.right, y)], colour, 1.0) } else { Ok(()) }
    }
}

/// Draws on a backend whose coordinates are [`UNIT`] times `size` CSS pixels.
///
/// # Errors
/// If the backend fails.
pub fn draw(figure: &dyn Figure, backend: &mut dyn Ink, size: (f64, f64), theme: &Theme) -> Drawn {
    let surface = Surface::new(backend, size, theme, 1.0);
    figure.draw(&surface)?;
    surface.finish()
}

/// Draws a figure of `size` CSS pixels at a place on a backend that holds others too. `text_scale` is 1 but for [`svg_of`], which gives it.
///
/// # Errors
/// If the backend fails.
pub fn draw_at(
    figure: &dyn Figure,
    backend: &mut dyn Ink,
    at: (f64, f64),
    size: (f64, f64),
    theme: &Theme,
    text_scale: f64,
) -> Drawn {
    figure.draw(&Surface::new(backend, size, theme, text_scale).at(at))
}

/// A figure as the text of an SVG file of `size` pixels, with a background.
pub fn svg(figure: &dyn Figure, size: (u32, u32), theme: &Theme) -> String {
    let pixels = (f64::from(size.0), f64::from(size.1));
    svg_of(size, theme, &mut |backend, text_scale| draw_at(figure, backend, (0.0, 0.0), pixels, theme, text_scale))
}

/// The text of an SVG file of `size` pixels with a background, on which `draw` draws; it is given the scale of texts.
pub fn svg_of(size: (u32, u32), theme: &Theme, draw: &mut dyn FnMut(&mut dyn Ink, f64) -> Drawn) -> String {
    // The SVG backend of plotters writes fonts smaller by this factor.
    const TEXT: f64 = 1.24;
    let unit = UNIT as u32;
    let enlarged = (size.0 * unit, size.1 * unit);
    let pixels = (f64::from(size.0), f64::from(size.1));
    let mut text = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut text, enlarged);
        let drawn = Surface::new(&mut backend, pixels, theme, TEXT)
            .rectangle((0.0, 0.0), pixels, palette::with_opacity(theme.background, 1.0))
            .and_then(|()| draw(&mut backend, TEXT))
            .and_then(|()| Ink::finish(&mut backend));
        debug_assert!(drawn.is_ok(), "writing to a string does not fail");
    }
    let large = format!("width=\"{}\" height=\"{}\"", enlarged.0, enlarged.1);
    text.replacen(&large, &format!("width=\"{}\" height=\"{}\"", size.0, size.1), 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use figures::{Chart, Layer, Shape, Tone};

    #[test]
    fn a_part_of_a_figure_fills_its_plot_area_and_nothing_is_drawn_outside_of_it() {
        let axis = Axis::linear(0.0, 10.0);
        let points: Vec<(f64, f64)> = (0..=100).map(|k| (f64::from(k) / 10.0, f64::from(k % 10))).collect();
        let layers =
            [Shape::Line(1.0), Shape::Band, Shape::Dots(2.0)].map(|shape| Layer::new(points.clone(), shape, Tone::Accent));
        let (across, upward) = ("x".into(), "y".into());
        let chart =
            Chart { x: axis, y: axis, across, upward, labels: Vec::new(), marks: [4, 4], layers: layers.into(), strip: None };
        let part = [Axis::linear(4.0, 5.0), Axis::linear(2.0, 8.0)];
        let enlarged = Enlarged { figure: &chart, part };
        let (whole, panel) = (chart.panel((400.0, 300.0)), enlarged.panel((400.0, 300.0)));
        assert_eq!(Panel { x: whole.x, y: whole.y, ..panel }, whole);
        let pointed = Pointed { figure: &enlarged, at: Some((4.5, 5.0)), across: true };
        for figure in [&enlarged as &dyn Figure, &pointed] {
            let text = svg(figure, (400, 300), &Theme::LIGHT);
            assert!(text.contains("4.5") && !text.contains(">\n10\n"), "{text}");
            let lines = text.split("points=\"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default());
            for place in lines.flat_map(str::split_whitespace) {
                let (x, y) = place.split_once(',').unwrap();
                let [x, y] = [x, y].map(|v| v.parse::<f64>().unwrap() / f64::from(UNIT));
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
