//! A plot area with layers of curves, steps, dots and bands.

use serde::{Deserialize, Serialize};

use crate::plot::palette::{Rgb, mix, with_opacity};
use crate::plot::panel::{Axis, CAPTION, LABEL, Panel};
use crate::plot::surface::{Drawn, Hold, Surface};
use crate::plot::{Figure, Theme};

/// A colour, named by its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Tone {
    /// The truth, and losses.
    Ink,
    /// Text and background elements.
    Soft,
    /// The fit and its sharpness.
    Accent,
    /// Counts of modes.
    Count,
    /// Data, and modes without responsibility.
    Dot,
    /// Mode `i`.
    Mode(usize),
    /// From grey (0) to the accent colour (1), for a series of curves.
    Shade(f64),
}

impl Tone {
    fn of(self, theme: &Theme) -> Rgb {
        match self {
            Self::Ink => theme.ink,
            Self::Soft => theme.soft,
            Self::Accent => theme.accent,
            Self::Count => theme.count,
            Self::Dot => theme.dot,
            Self::Mode(i) => theme.mode(i),
            Self::Shade(part) => mix(theme.dot, theme.accent, part.clamp(0.0, 1.0)),
        }
    }
}

/// How the points of a layer are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// A line of this width, in pixels.
    Line(f64),
    /// Steps of this line width: a value holds until the next point.
    Stairs(f64),
    /// A disc of this radius at each point.
    Dots(f64),
    /// An open circle of this radius around each point.
    Rings(f64),
    /// A disc of this radius at each point, with a contrasting rim.
    Marks(f64),
    /// The area enclosed by the points.
    Band,
}

/// Points drawn in one style.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// The points, in the units of the axes.
    pub points: Vec<(f64, f64)>,
    /// How they are drawn.
    pub shape: Shape,
    /// Their colour.
    pub tone: Tone,
    /// Their opacity, 0 to 1.
    pub opacity: f64,
    /// Their name in the legend; no entry if it is empty.
    pub name: String,
}

impl Layer {
    /// An opaque layer without a name.
    pub fn new(points: Vec<(f64, f64)>, shape: Shape, tone: Tone) -> Self {
        Self { points, shape, tone, opacity: 1.0, name: String::new() }
    }

    /// Sets the opacity.
    #[must_use]
    pub fn faint(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }

    /// Sets the name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    pub(crate) fn draw(&self, on: &Surface, panel: &Panel) -> Drawn {
        let colour = with_opacity(self.tone.of(on.theme), self.opacity);
        let points = || self.points.iter().copied();
        let is_inside = |(x, y): (f64, f64)| {
            let slack = 0.5;
            (panel.left - slack..=panel.right + slack).contains(&x) && (panel.top - slack..=panel.bottom + slack).contains(&y)
        };
        match self.shape {
            Shape::Line(width) => panel.curve(on, points(), colour, width),
            Shape::Stairs(width) => {
                // Corners suffice, because counts are mostly constant.
                let kinds = |w: &&[(f64, f64)]| w[0].1 != w[1].1;
                let corners = self.points.windows(2).filter(kinds).flat_map(|w| [(w[1].0, w[0].1), w[1]]);
                let ends = |point: Option<&(f64, f64)>| point.copied();
                let stairs = ends(self.points.first()).into_iter().chain(corners).chain(ends(self.points.last()));
                panel.curve(on, stairs, colour, width)
            }
            Shape::Dots(radius) => {
                let places = points().map(|(x, y)| panel.at(x, y)).filter(|&at| is_inside(at));
                places.into_iter().try_for_each(|at| on.disc(at, radius, colour))
            }
            Shape::Marks(radius) => {
                let places = points().map(|(x, y)| panel.at(x, y)).filter(|&at| is_inside(at));
                places.into_iter().try_for_each(|at| {
                    on.disc(at, radius + 1.0, with_opacity(on.theme.background, self.opacity))?;
                    on.disc(at, radius, colour)
                })
            }
            Shape::Rings(radius) => {
                let places = points().map(|(x, y)| panel.at(x, y)).filter(|&at| is_inside(at));
                places.into_iter().try_for_each(|(x, y)| {
                    let circle = |k: u32| {
                        let (sin, cos) = (f64::from(k) * std::f64::consts::TAU / 32.0).sin_cos();
                        (x + radius * cos, y + radius * sin)
                    };
                    let ring: Vec<_> = (0..=32).map(circle).collect();
                    // The rim sets it off from its background.
                    on.line(&ring, with_opacity(on.theme.background, self.opacity), 3.5)?;
                    on.line(&ring, colour, 1.5)
                })
            }
            Shape::Band => {
                let edge = |v: f64, low: f64, high: f64| v.clamp(low, high);
                let area: Vec<_> = points()
                    .map(|(x, y)| panel.at(x, y))
                    .filter(|at| at.0.is_finite() && at.1.is_finite())
                    .map(|(x, y)| (edge(x, panel.left, panel.right), edge(y, panel.top, panel.bottom)))
                    .collect();
                if area.len() > 2 { on.area(&area, colour) } else { Ok(()) }
            }
        }
    }
}

/// Layers in one plot area, drawn in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// Label below the horizontal axis.
    pub across: String,
    /// Label above the vertical axis.
    pub upward: String,
    /// Labelled positions on the horizontal axis; if empty, about `marks[0]` round values.
    pub labels: Vec<(f64, String)>,
    /// Approximate number of marks on each axis.
    pub marks: [usize; 2],
    /// The layers.
    pub layers: Vec<Layer>,
}

impl Chart {
    /// The legend: on the line of the label of the vertical axis, at the right.
    fn legend(&self, on: &Surface, panel: &Panel) -> Drawn {
        // Text cannot be measured here; letters are assumed to be 0.54 of their size wide, which is accurate enough for a
        // legend.
        let width = |name: &str| 20.0 + 0.54 * CAPTION * name.chars().count() as f64 + 14.0;
        let named = || self.layers.iter().filter(|layer| !layer.name.is_empty());
        let mut x = panel.right + 10.0 - named().map(|layer| width(&layer.name)).sum::<f64>();
        let mut y = 10.0;
        // A narrow figure has no room beside the label, so the names are listed inside the plot area.
        let inside = x < 14.0 + 0.54 * CAPTION * self.upward.chars().count() as f64;
        let widest = named().map(|layer| width(&layer.name)).fold(0.0, f64::max);
        for layer in named() {
            if inside {
                x = panel.right + 10.0 - widest;
                y = if y < panel.top { panel.top + 8.0 } else { y + 14.0 };
                on.rectangle((x - 2.0, y - 7.0), (panel.right, y + 7.0), with_opacity(on.theme.background, 0.7))?;
            }
            let colour = with_opacity(layer.tone.of(on.theme), layer.opacity.max(0.5));
            match layer.shape {
                Shape::Line(thick) | Shape::Stairs(thick) => on.line(&[(x, y), (x + 15.0, y)], colour, thick)?,
                Shape::Dots(radius) | Shape::Rings(radius) | Shape::Marks(radius) => on.disc((x + 9.0, y), radius, colour)?,
                Shape::Band => {
                    on.rectangle((x, y - 4.0), (x + 15.0, y + 4.0), with_opacity(layer.tone.of(on.theme), layer.opacity))?;
                }
            }
            on.text(&layer.name, (x + 20.0, y), Hold::Left, CAPTION, on.theme.soft)?;
            x += width(&layer.name);
        }
        Ok(())
    }
}

impl Figure for Chart {
    fn panel(&self, (width, height): (f64, f64)) -> Panel {
        Panel { left: 46.0, top: 24.0, right: (width - 20.0).max(60.0), bottom: (height - 38.0).max(40.0), x: self.x, y: self.y }
    }

    fn draw(&self, on: &Surface) -> Drawn {
        let (panel, theme) = (self.panel(on.size), on.theme);
        panel.hairlines(on, self.marks[1])?;
        if self.labels.is_empty() {
            panel.labels_below(on, &panel.x.marks(self.marks[0]))?;
        } else {
            panel.labels_below(on, &self.labels)?;
        }
        on.text(&self.upward, (6.0, 10.0), Hold::Left, CAPTION, theme.ink)?;
        let middle = f64::midpoint(panel.left, panel.right);
        on.text(&self.across, (middle, panel.bottom + 29.0), Hold::Middle, LABEL, theme.soft)?;
        self.layers.iter().try_for_each(|layer| layer.draw(on, &panel))?;
        self.legend(on, &panel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::svg;

    fn chart(layers: Vec<Layer>) -> Chart {
        let axis = Axis::linear(0.0, 1.0);
        Chart { x: axis, y: axis, across: "epoch".into(), upward: "loss".into(), labels: vec![], marks: [4, 4], layers }
    }

    #[test]
    fn every_layer_is_in_the_svg_and_those_with_a_name_in_the_legend() {
        let points = vec![(0.1, 0.2), (0.5, 0.4), (0.9, 0.1)];
        let shapes = [Shape::Line(1.0), Shape::Stairs(1.0), Shape::Dots(2.0), Shape::Band];
        let layers = shapes.map(|shape| Layer::new(points.clone(), shape, Tone::Accent)).to_vec();
        let count = |text: &str, what: &str| text.matches(what).count();
        let text = svg(&chart(layers.clone()), (320, 200), &Theme::LIGHT);
        assert_eq!((count(&text, "<circle"), count(&text, "<polygon")), (3, 1));
        let named = svg(&chart(vec![layers[0].clone().named("median")]), (320, 200), &Theme::LIGHT);
        assert!(named.contains("median") && named.contains("epoch") && named.contains("loss"));
    }

    #[test]
    fn numbers_that_are_not_finite_draw_nothing_and_break_nothing() {
        let points = vec![(0.0, f64::NAN), (f64::INFINITY, 0.5), (0.5, -1e300), (f64::NAN, f64::NAN)];
        for shape in [Shape::Line(1.0), Shape::Stairs(1.0), Shape::Dots(2.0), Shape::Band] {
            let text = svg(&chart(vec![Layer::new(points.clone(), shape, Tone::Shade(2.0))]), (320, 200), &Theme::DARK);
            assert!(text.contains("</svg>") && !text.contains("NaN"));
        }
    }

    #[test]
    fn shades_go_from_grey_to_the_accent() {
        let theme = &Theme::LIGHT;
        assert_eq!([0.0, 1.0].map(|part| Tone::Shade(part).of(theme)), [theme.dot, theme.accent]);
    }
}
