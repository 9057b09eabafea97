//! Plot area with layers of curves, steps, dots and bands.

use serde::{Deserialize, Serialize};

use crate::plot::palette::{Rgb, mix, with_opacity};
use crate::plot::panel::{CAPTION_SIZE_PX, LABEL_SIZE_PX, Panel, PlotAxis};
use crate::plot::surface::{DrawResult, HPos, Surface};
use crate::plot::{Figure, Theme, residual};

/// Colour, named by its meaning.
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
    /// Shade from grey (0) to the accent colour (1), for a series of curves.
    Shade(f64),
}

impl Tone {
    fn colour(self, theme: &Theme) -> Rgb {
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

/// Shape in which the points of a layer are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum MarkShape {
    /// Line of this width, in pixels.
    Line(f64),
    /// Line of this width with a contrasting rim, visible on any colour.
    Rimmed(f64),
    /// Line of this width with an arrowhead on each of its pieces, in the order of the points.
    Arrows(f64),
    /// Steps of this line width: a value holds until the next point.
    Stairs(f64),
    /// Disc of this radius at each point.
    Dots(f64),
    /// Open circle of this radius around each point.
    Rings(f64),
    /// Disc of this radius at each point, with a contrasting rim.
    Marks(f64),
    /// Area enclosed by the points.
    Band,
}

/// Points drawn in one style.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChartLayer {
    /// Points in the units of the axes.
    pub points: Vec<(f64, f64)>,
    /// Shape in which the points are drawn.
    pub shape: MarkShape,
    /// Colour of the layer.
    pub tone: Tone,
    /// Opacity of the layer, 0 to 1.
    pub opacity: f64,
    /// Name in the legend; no entry if it is empty.
    pub name: String,
}

impl ChartLayer {
    /// Creates an opaque layer without a name.
    pub fn new(points: Vec<(f64, f64)>, shape: MarkShape, tone: Tone) -> Self {
        Self { points, shape, tone, opacity: 1.0, name: String::new() }
    }

    /// Returns true if the layer is drawn as a line.
    pub fn is_line(&self) -> bool {
        matches!(self.shape, MarkShape::Line(_) | MarkShape::Stairs(_))
    }

    /// Sets the opacity.
    #[must_use]
    pub fn with_opacity(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }

    /// Sets the name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    pub(crate) fn draw(&self, on: &Surface, panel: &Panel) -> DrawResult {
        let colour = with_opacity(self.tone.colour(on.theme), self.opacity);
        let points = || self.points.iter().copied();
        let is_inside = |(x, y): (f64, f64)| {
            let slack = 0.5;
            (panel.left - slack..=panel.right + slack).contains(&x) && (panel.top - slack..=panel.bottom + slack).contains(&y)
        };
        let places = || points().map(|(x, y)| panel.at(x, y)).filter(|&at| is_inside(at));
        match self.shape {
            MarkShape::Line(width) => panel.curve(on, points(), colour, width),
            MarkShape::Rimmed(width) => {
                panel.curve(on, points(), with_opacity(on.theme.background, 0.75 * self.opacity), width + 2.0)?;
                panel.curve(on, points(), colour, width)
            }
            MarkShape::Arrows(width) => {
                panel.curve(on, points(), colour, width)?;
                let line: Vec<_> = points().map(|(x, y)| panel.at(x, y)).collect();
                let pieces = line.split(|at| !(at.0.is_finite() && at.1.is_finite()));
                pieces
                    .filter_map(arrowhead)
                    .filter(|head| head.iter().all(|&at| is_inside(at)))
                    .try_for_each(|head| on.area(&head, colour))
            }
            MarkShape::Stairs(width) => {
                // Drawing the corners suffices, because counts are mostly constant.
                let kinds = |w: &&[(f64, f64)]| w[0].1 != w[1].1;
                let corners = self.points.windows(2).filter(kinds).flat_map(|w| [(w[1].0, w[0].1), w[1]]);
                let stairs = points().take(1).chain(corners).chain(self.points.last().copied());
                panel.curve(on, stairs, colour, width)
            }
            MarkShape::Dots(radius) => places().try_for_each(|at| on.disc(at, radius, colour)),
            MarkShape::Marks(radius) => places().try_for_each(|at| {
                on.disc(at, radius + 1.0, with_opacity(on.theme.background, self.opacity))?;
                on.disc(at, radius, colour)
            }),
            MarkShape::Rings(radius) => places().try_for_each(|(x, y)| {
                let circle = |k: u32| {
                    let (sin, cos) = (f64::from(k) * std::f64::consts::TAU / 32.0).sin_cos();
                    (x + radius * cos, y + radius * sin)
                };
                let ring: Vec<_> = (0..=32).map(circle).collect();
                // The rim makes the ring visible on its background.
                on.line(&ring, with_opacity(on.theme.background, self.opacity), 3.5)?;
                on.line(&ring, colour, 1.5)
            }),
            MarkShape::Band => {
                // The clipping of the panel omits points that are not finite.
                panel.area(on, &points().map(|(x, y)| panel.at(x, y)).collect::<Vec<_>>(), colour)
            }
        }
    }
}

/// Arrowhead along a line in pixels; `None` if the line is too short for one.
fn arrowhead(line: &[(f64, f64)]) -> Option<[(f64, f64); 3]> {
    const TICK_LENGTH_PX: f64 = 7.0;
    // The arrowhead is nearer to the beginning, because many lines meet at their ends and few at their beginnings.
    const LEGEND_PLACE: f64 = 0.3;
    let lengths = || line.windows(2).map(|w| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1));
    let whole: f64 = lengths().sum();
    if whole < 3.0 * TICK_LENGTH_PX {
        return None;
    }
    let along = |way: f64| {
        let mut left = way;
        for (w, length) in line.windows(2).zip(lengths()) {
            if left <= length && length > 0.0 {
                let part = left / length;
                return Some((w[0].0 + part * (w[1].0 - w[0].0), w[0].1 + part * (w[1].1 - w[0].1)));
            }
            left -= length;
        }
        None
    };
    let (tail, tip) = (along(LEGEND_PLACE * whole - TICK_LENGTH_PX / 2.0)?, along(LEGEND_PLACE * whole + TICK_LENGTH_PX / 2.0)?);
    let (across, up) = (0.4 * (tip.0 - tail.0), 0.4 * (tip.1 - tail.1));
    Some([tip, (tail.0 - up, tail.1 + across), (tail.0 + up, tail.1 - across)])
}

/// Strip below a chart with the differences of fits from the truth. It shares the horizontal axis, and has its own vertical
/// scale around zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Strip {
    /// Name of the strip, for example `fit − truth`.
    pub name: String,
    /// Layers of the differences.
    pub layers: Vec<ChartLayer>,
}

impl Strip {
    /// Creates a strip of the differences of fit and truth; `None` if all differences are zero.
    pub fn from_layers(layers: Vec<ChartLayer>) -> Option<Self> {
        Some(Self { name: "fit − truth".into(), layers }).filter(|strip| strip.most(&|_| true) > 0.0)
    }

    /// Largest magnitude of a visible difference; zero if there is none.
    fn most(&self, is_shown: &dyn Fn(f64) -> bool) -> f64 {
        let all = self.layers.iter().flat_map(|layer| &layer.points).filter(|point| is_shown(point.0));
        all.map(|point| point.1.abs()).filter(|most| most.is_finite()).fold(0.0, f64::max)
    }
}

/// Layers in one plot area, drawn in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// Horizontal axis.
    pub x: PlotAxis,
    /// Vertical axis.
    pub y: PlotAxis,
    /// Label below the horizontal axis.
    pub across: String,
    /// Label above the vertical axis.
    pub upward: String,
    /// Labelled positions on the horizontal axis; if empty, about `marks[0]` round values.
    pub labels: Vec<(f64, String)>,
    /// Approximate number of marks on each axis.
    pub marks: [usize; 2],
    /// Layers in the order of drawing.
    pub layers: Vec<ChartLayer>,
    /// Strip below the plot area. It is drawn if the chart is high enough.
    pub strip: Option<Strip>,
}

/// Height in pixels of the space above a plot area with a legend of one line, and of each further line of the legend.
const HEAD_HEIGHT_PX: f64 = 24.0;
const LINE_HEIGHT_PX: f64 = 14.0;

impl Chart {
    /// Creates a chart without labelled positions and without a strip. `marks` are the approximate numbers of marks on the axes.
    pub fn new([x, y]: [PlotAxis; 2], labels: [&str; 2], marks: [usize; 2], layers: Vec<ChartLayer>) -> Self {
        let [across, upward] = labels.map(String::from);
        Self { x, y, across, upward, labels: Vec::new(), marks, layers, strip: None }
    }

    /// Distributes the named layers over the lines of the legend, on a surface of this width. The legend is beside the label of the
    /// vertical axis if there is enough space, or else below it on lines of its own. It never covers the plot area.
    fn legend_lines(&self, width: f64) -> Vec<Vec<&ChartLayer>> {
        let named = || self.layers.iter().filter(|layer| !layer.name.is_empty());
        let beside = width - 20.0 - 14.0 - 0.54 * CAPTION_SIZE_PX * self.upward.chars().count() as f64;
        if named().map(entry).sum::<f64>() - 10.0 < beside {
            return vec![named().collect()];
        }
        let mut lines = vec![Vec::new()];
        let mut used = if self.upward.is_empty() { 0.0 } else { width };
        for layer in named() {
            if used > 0.0 && used + entry(layer) > width - 20.0 {
                lines.push(Vec::new());
                used = 0.0;
            }
            used += entry(layer);
            lines.last_mut().expect("there is a line").push(layer);
        }
        lines
    }

    fn legend(&self, on: &Surface, panel: &Panel) -> DrawResult {
        let mut y = 10.0;
        for line in self.legend_lines(on.size.0) {
            let mut x = panel.right + 10.0 - line.iter().map(|layer| entry(layer)).sum::<f64>();
            for layer in line {
                let colour = with_opacity(layer.tone.colour(on.theme), layer.opacity.max(0.5));
                match layer.shape {
                    MarkShape::Line(thick) | MarkShape::Stairs(thick) | MarkShape::Rimmed(thick) | MarkShape::Arrows(thick) => {
                        on.line(&[(x, y), (x + 15.0, y)], colour, thick)?;
                    }
                    MarkShape::Dots(radius) | MarkShape::Rings(radius) | MarkShape::Marks(radius) => {
                        on.disc((x + 9.0, y), radius, colour)?;
                    }
                    MarkShape::Band => {
                        let shade = with_opacity(layer.tone.colour(on.theme), layer.opacity);
                        on.rectangle((x, y - 4.0), (x + 15.0, y + 4.0), shade)?;
                    }
                }
                on.text(&layer.name, (x + 20.0, y), HPos::Left, CAPTION_SIZE_PX, on.theme.soft)?;
                x += entry(layer);
            }
            y += LINE_HEIGHT_PX;
        }
        Ok(())
    }

    /// Height of the strip and of the gap above it, on a surface of this size.
    fn strip_room(&self, (width, height): (f64, f64)) -> f64 {
        if self.strip.is_some() { residual::room(height - 38.0 - self.top(width)) } else { 0.0 }
    }

    fn top(&self, width: f64) -> f64 {
        HEAD_HEIGHT_PX + LINE_HEIGHT_PX * (self.legend_lines(width).len() - 1) as f64
    }
}

/// Width of a layer's entry in the legend. Text cannot be measured here. A character is assumed to be 0.54 of its size wide, which is
/// accurate enough for a legend.
fn entry(layer: &ChartLayer) -> f64 {
    20.0 + 0.54 * CAPTION_SIZE_PX * layer.name.chars().count() as f64 + 14.0
}

/// Passes the points of layers to `put`. A layer without a name gets the name of the axis.
pub(in crate::plot) fn numbers(layers: &[ChartLayer], axis: &str, put: &mut dyn FnMut(&str, &[f64])) {
    for layer in layers {
        let name = if layer.name.is_empty() { axis } else { &layer.name };
        layer.points.iter().for_each(|(x, y)| put(name, &[*x, *y]));
    }
}

impl Figure for Chart {
    fn numbers(&self, put: &mut dyn FnMut(&str, &[f64])) {
        numbers(&self.layers, &self.upward, put);
        if let Some(strip) = &self.strip {
            numbers(&strip.layers, &strip.name, put);
        }
    }

    fn panel(&self, (width, height): (f64, f64)) -> Panel {
        let top = self.top(width);
        let bottom = (height - 38.0 - self.strip_room((width, height))).max(top + 16.0);
        Panel { left: 46.0, top, right: (width - 20.0).max(60.0), bottom, x: self.x, y: self.y }
    }

    fn draw(&self, on: &Surface) -> DrawResult {
        let (panel, theme) = (on.panel(self), on.theme);
        panel.hairlines(on, self.marks[1])?;
        let room = self.strip_room(on.size);
        let mut lowest = panel;
        if let Some(strip) = self.strip.as_ref().filter(|_| room > 0.0) {
            lowest = residual::frame(on, &panel, room, &strip.name, strip.most(&|x| panel.x.shows(x)))?;
            strip.layers.iter().try_for_each(|layer| layer.draw(on, &lowest))?;
        }
        if self.labels.is_empty() {
            lowest.labels_below(on, &panel.x.marks(self.marks[0]))?;
        } else {
            lowest.labels_below(on, &self.labels)?;
        }
        on.text(&self.upward, (6.0, 10.0), HPos::Left, CAPTION_SIZE_PX, theme.ink)?;
        let middle = f64::midpoint(panel.left, panel.right);
        on.text(&self.across, (middle, lowest.bottom + 29.0), HPos::Center, LABEL_SIZE_PX, theme.soft)?;
        self.layers.iter().try_for_each(|layer| layer.draw(on, &panel))?;
        self.legend(on, &panel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::svg;

    fn chart(layers: Vec<ChartLayer>) -> Chart {
        Chart::new([PlotAxis::default(); 2], ["epoch", "loss"], [4, 4], layers)
    }

    #[test]
    fn svg_contains_every_layer_and_legend_every_name() {
        let points = vec![(0.1, 0.2), (0.5, 0.4), (0.9, 0.1)];
        let shapes = [MarkShape::Line(1.0), MarkShape::Stairs(1.0), MarkShape::Dots(2.0), MarkShape::Band];
        let layers = shapes.map(|shape| ChartLayer::new(points.clone(), shape, Tone::Accent)).to_vec();
        let count = |text: &str, what: &str| text.matches(what).count();
        let text = svg(&chart(layers.clone()), (320, 200), &Theme::LIGHT);
        assert_eq!((count(&text, "<circle"), count(&text, "<polygon")), (3, 1));
        let named = svg(&chart(vec![layers[0].clone().named("median")]), (320, 200), &Theme::LIGHT);
        assert!(named.contains("median") && named.contains("epoch") && named.contains("loss"));
    }

    #[test]
    fn chart_omits_non_finite_numbers() {
        let points = vec![(0.0, f64::NAN), (f64::INFINITY, 0.5), (0.5, -1e300), (f64::NAN, f64::NAN)];
        for shape in [MarkShape::Line(1.0), MarkShape::Stairs(1.0), MarkShape::Dots(2.0), MarkShape::Band] {
            let text = svg(&chart(vec![ChartLayer::new(points.clone(), shape, Tone::Shade(2.0))]), (320, 200), &Theme::DARK);
            assert!(text.contains("</svg>") && !text.contains("NaN"));
        }
    }

    #[test]
    fn shades_range_from_grey_to_accent() {
        let theme = &Theme::LIGHT;
        assert_eq!([0.0, 1.0].map(|part| Tone::Shade(part).colour(theme)), [theme.dot, theme.accent]);
    }

    #[test]
    fn legend_does_not_cover_plot_area() {
        let layer = |name: &str| ChartLayer::new(vec![(0.0, 1.0), (1.0, 0.0)], MarkShape::Line(1.0), Tone::Ink).named(name);
        let names = ["KDE Silverman", "KDE Sheather-Jones", "KDE oracle", "3 Gaussians", "fit"];
        let chart = chart(names.map(layer).to_vec());
        for width in [170.0, 300.0, 480.0, 900.0] {
            let lines = chart.legend_lines(width);
            let named = lines.iter().flatten().count();
            let lowest = 10.0 + LINE_HEIGHT_PX * (lines.len() - 1) as f64;
            assert!(named == names.len() && lowest + 8.0 <= chart.panel((width, 300.0)).top, "{width}");
        }
        assert_eq!((chart.legend_lines(900.0).len(), chart.panel((900.0, 300.0)).top), (1, HEAD_HEIGHT_PX));
    }

    #[test]
    fn strip_has_its_scale_and_needs_a_tall_chart() {
        let off = ChartLayer::new(vec![(0.0, 3e-4), (1.0, -1.7e-4)], MarkShape::Line(1.0), Tone::Accent);
        let with = Chart { strip: Strip::from_layers(vec![off.clone()]), ..chart(Vec::new()) };
        let text = |height| svg(&with, (320, height), &Theme::LIGHT);
        assert!(["fit − truth", "5e-4", "−5e-4"].iter().all(|words| text(300).contains(words)), "{}", text(300));
        assert!(!text(120).contains("fit − truth"));
        let bottom = |chart: &Chart| chart.panel((320.0, 300.0)).bottom;
        assert!(bottom(&with) < bottom(&chart(Vec::new())) - 20.0);
        assert_eq!(Strip::from_layers(vec![ChartLayer { points: vec![(0.0, 0.0), (1.0, f64::NAN)], ..off }]), None);
    }

    #[test]
    fn mark_has_a_rim_in_background_colour() {
        let text =
            svg(&chart(vec![ChartLayer::new(vec![(0.5, 0.5)], MarkShape::Marks(3.0), Tone::Mode(0))]), (320, 200), &Theme::DARK);
        let discs: Vec<&str> = text.split("<circle").skip(1).collect();
        let has = |disc: &str, colour| disc.contains(&crate::plot::palette::css(colour).to_uppercase());
        assert_eq!(discs.len(), 2);
        assert!(has(discs[0], Theme::DARK.background) && has(discs[1], Theme::DARK.mode(0)), "{discs:?}");
    }

    #[test]
    fn flow_line_has_an_arrowhead_along_its_direction() {
        let head = arrowhead(&[(0.0, 0.0), (20.0, 0.0), (40.0, 0.0)]).expect("it is long enough");
        assert!(head[0].0 > head[1].0 && (head[1].0 - head[2].0).abs() < 1e-9 && head[1].1 > 0.0 && head[2].1 < 0.0, "{head:?}");
        assert_eq!((arrowhead(&[(0.0, 0.0), (5.0, 0.0)]), arrowhead(&[])), (None, None));
    }
}
