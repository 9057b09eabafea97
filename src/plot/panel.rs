//! A plot area: the mapping from data to the surface, grid lines and labels, and curves clipped at its edge.

use plotters::style::RGBAColor;
use serde::{Deserialize, Serialize};

use super::palette::with_opacity;
use super::surface::{Drawn, Hold, Surface};
use super::ticks;

/// Size of the axis labels, in pixels.
pub const LABEL: f64 = 11.0;
/// Size of the text of titles and legends, in pixels.
pub const CAPTION: f64 = 12.0;

/// One axis: the values at its ends, and whether it is logarithmic.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Axis {
    /// A linear axis from `low` to `high`, widened if the range is empty.
    pub fn linear(low: f64, high: f64) -> Self {
        let (low, high) = if low.is_finite() && high.is_finite() { (low, high) } else { (0.0, 1.0) };
        let least = 1e-12_f64.max(low.abs().max(high.abs()) * 1e-9);
        if high - low < least {
            Self { low: low - 0.5, high: low + 0.5, logarithmic: false }
        } else {
            Self { low, high, logarithmic: false }
        }
    }

    /// A logarithmic axis over the powers of ten from `low` to `high`.
    pub fn powers(low: f64, high: f64) -> Self {
        Self { low, high, logarithmic: true }
    }

    /// The position of a value along the axis: 0 at its low end, 1 at its high end.
    pub fn along(&self, value: f64) -> f64 {
        let value = if self.logarithmic { value.max(1e-300).log10() } else { value };
        (value - self.low) / (self.high - self.low)
    }

    /// The value at a position along the axis.
    pub fn value(&self, along: f64) -> f64 {
        let value = self.low + along * (self.high - self.low);
        if self.logarithmic { 10f64.powf(value) } else { value }
    }

    /// A part of the axis, from one position along it to another.
    #[must_use]
    pub fn part(&self, [from, to]: [f64; 2]) -> Self {
        let at = |along: f64| self.low + along * (self.high - self.low);
        Self { low: at(from), high: at(to), ..*self }
    }

    /// About `wanted` round values with their labels.
    pub fn marks(&self, wanted: usize) -> Vec<(f64, String)> {
        if self.logarithmic {
            return ticks::decades(self.low, self.high, wanted)
                .into_iter()
                .map(|k| (10f64.powi(k), ticks::power_of_ten(k)))
                .collect();
        }
        let values = ticks::linear(self.low, self.high, wanted);
        let step = values.windows(2).map(|w| w[1] - w[0]).next().unwrap_or(1.0);
        let largest = self.low.abs().max(self.high.abs());
        let decimals = (-(step * 1.000_001).log10().floor()).max(0.0) as usize;
        let label = |v: f64| if decimals > 3 || largest >= 1e6 { ticks::number(v, 3) } else { ticks::fixed(v, decimals) };
        values.into_iter().map(|v| (v, label(v))).collect()
    }
}

/// A plot area on a surface, in pixels, with its two axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Panel {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Bottom edge.
    pub bottom: f64,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
}

impl Panel {
    /// The position of a point on the surface.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.across(x), self.bottom - self.y.along(y) * (self.bottom - self.top))
    }

    /// The horizontal position of an x.
    pub fn across(&self, x: f64) -> f64 {
        self.left + self.x.along(x) * (self.right - self.left)
    }

    /// The x under a pixel column; `None` outside the area.
    pub fn x_under(&self, pixel: f64) -> Option<f64> {
        let along = (pixel - self.left) / (self.right - self.left);
        (-0.01..=1.01).contains(&along).then(|| self.x.value(along.clamp(0.0, 1.0)))
    }

    /// The point under a pixel, with its y limited to the area; `None` if x is outside the area.
    pub fn under(&self, pixel: (f64, f64)) -> Option<(f64, f64)> {
        let along = (self.bottom - pixel.1) / (self.bottom - self.top);
        Some((self.x_under(pixel.0)?, self.y.value(along.clamp(0.0, 1.0))))
    }

    /// The area with another vertical axis.
    #[must_use]
    pub fn with_y(&self, y: Axis) -> Self {
        Self { y, ..*self }
    }

    /// Horizontal hairlines with labels to the left, labels below.
    ///
    /// # Errors
    /// If the backend fails.
    pub fn grid(&self, on: &Surface, x_marks: usize, y_marks: usize) -> Drawn {
        self.hairlines(on, y_marks)?;
        self.labels_below(on, &self.x.marks(x_marks))
    }

    /// Horizontal hairlines with labels to the left.
    ///
    /// # Errors
    /// If the backend fails.
    pub fn hairlines(&self, on: &Surface, y_marks: usize) -> Drawn {
        let theme = on.theme;
        for (value, label) in self.y.marks(y_marks) {
            // Hairlines are at pixel centres, so that they are one pixel wide.
            let y = self.at(0.0, value).1.floor() + 0.5;
            on.line(&[(self.left, y), (self.right, y)], with_opacity(theme.grid, 1.0), 1.0)?;
            // A label without room on its left is kept on the surface.
            let (x, hold) = if wide(&label) > self.left - 9.0 { (1.0, Hold::Left) } else { (self.left - 8.0, Hold::Right) };
            on.text(&label, (x, y), hold, LABEL, theme.soft)?;
        }
        Ok(())
    }

    /// Labels of the horizontal axis.
    ///
    /// # Errors
    /// If the backend fails.
    pub fn labels_below(&self, on: &Surface, marks: &[(f64, String)]) -> Drawn {
        let (y, mut end) = (self.bottom + 13.0, f64::NEG_INFINITY);
        for (value, label) in marks.iter().filter(|(value, _)| (-1e-9..=1.0 + 1e-9).contains(&self.x.along(*value))) {
            let (x, half) = (self.across(*value), wide(label) / 2.0);
            // One that would run into the label before it is left out.
            if x - half < end {
                continue;
            }
            end = x + half + 2.0;
            // A label at the end of the axis is kept on the surface.
            let hold = if x > on.size.0 - 16.0 && label.len() > 3 { Hold::Right } else { Hold::Middle };
            on.text(label, (if hold == Hold::Right { x + 6.0 } else { x }, y), hold, LABEL, on.theme.soft)?;
        }
        Ok(())
    }

    /// Labels of a second vertical axis, to the right.
    ///
    /// # Errors
    /// If the backend fails.
    pub fn right_labels(&self, on: &Surface, marks: &[(f64, String)], colour: super::palette::Rgb) -> Drawn {
        marks.iter().try_for_each(|(v, label)| on.text(label, (self.right + 8.0, self.at(0.0, *v).1), Hold::Left, LABEL, colour))
    }

    /// A curve through `points` (in the units of the data, interrupted where they are not finite), clipped at the edge of the
    /// area.
    ///
    /// # Errors
    /// If the backend fails.
    pub fn curve(&self, on: &Surface, points: impl Iterator<Item = (f64, f64)>, colour: RGBAColor, width: f64) -> Drawn {
        let pixels: Vec<_> = points.map(|(x, y)| self.at(x, y)).collect();
        self.pieces(on, &pixels, colour, width)
    }

    fn pieces(&self, on: &Surface, pixels: &[(f64, f64)], colour: RGBAColor, width: f64) -> Drawn {
        self.clip(pixels).iter().try_for_each(|piece| on.line(piece, colour, width))
    }

    /// Clips a line in pixels at the edge of the area; returns the pieces inside.
    pub fn clip(&self, line: &[(f64, f64)]) -> Vec<Vec<(f64, f64)>> {
        let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
        let mut open = false;
        for pair in line.windows(2) {
            let Some((from, to)) = self.clip_segment(pair[0], pair[1]) else {
                open = false;
                continue;
            };
            match pieces.last_mut() {
                Some(piece) if open => piece.push(to),
                _ => pieces.push(vec![from, to]),
            }
            open = to == pair[1];
        }
        pieces
    }

    // Liang-Barsky clipping: the part of the segment with parameters in [t0, t1] is inside all four edges.
    fn clip_segment(&self, a: (f64, f64), b: (f64, f64)) -> Option<((f64, f64), (f64, f64))> {
        if ![a.0, a.1, b.0, b.1].iter().all(|v| v.is_finite()) {
            return None;
        }
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let (mut t0, mut t1) = (0.0_f64, 1.0_f64);
        for (slope, room) in [(-dx, a.0 - self.left), (dx, self.right - a.0), (-dy, a.1 - self.top), (dy, self.bottom - a.1)] {
            if slope == 0.0 {
                if room < 0.0 {
                    return None;
                }
            } else if slope < 0.0 {
                t0 = t0.max(room / slope);
            } else {
                t1 = t1.min(room / slope);
            }
        }
        let point = |t: f64| {
            if t <= 0.0 {
                a
            } else if t >= 1.0 {
                b
            } else {
                (a.0 + t * dx, a.1 + t * dy)
            }
        };
        (t0 <= t1).then(|| (point(t0), point(t1)))
    }
}

/// The width of a label. Text cannot be measured here; a digit is slightly wider than half its size.
fn wide(label: &str) -> f64 {
    0.58 * LABEL * label.chars().count() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::figures::Chart;
    use crate::plot::surface::UNIT;
    use crate::plot::{Theme, svg};

    fn panel() -> Panel {
        Panel { left: 0.0, top: 0.0, right: 100.0, bottom: 100.0, x: Axis::linear(0.0, 1.0), y: Axis::powers(-4.0, 0.0) }
    }

    #[test]
    fn axes_map_their_ends_to_the_edges_and_back() {
        let p = panel();
        assert_eq!(p.at(0.0, 1e-4), (0.0, 100.0));
        assert_eq!(p.at(1.0, 1.0), (100.0, 0.0));
        assert_eq!(p.x_under(50.0), Some(0.5));
        assert_eq!(p.x_under(150.0), None);
        assert_eq!(
            (p.under((50.0, 100.0)), p.under((50.0, 500.0)), p.under((150.0, 0.0))),
            (Some((0.5, 1e-4)), Some((0.5, 1e-4)), None)
        );
        assert!((p.y.value(p.y.along(3e-3)) - 3e-3).abs() < 1e-15);
    }

    #[test]
    fn an_axis_without_a_range_is_widened() {
        for axis in [Axis::linear(2.0, 2.0), Axis::linear(f64::NAN, 1.0), Axis::linear(0.0, f64::INFINITY)] {
            assert!(axis.along(axis.value(0.3)).is_finite() && !axis.marks(4).is_empty());
        }
    }

    #[test]
    fn lines_are_cut_into_the_pieces_inside() {
        let p = panel();
        let pieces = p.clip(&[(-50.0, 50.0), (50.0, 50.0), (50.0, 150.0), (70.0, 150.0), (70.0, 50.0)]);
        assert_eq!(pieces, [vec![(0.0, 50.0), (50.0, 50.0), (50.0, 100.0)], vec![(70.0, 100.0), (70.0, 50.0)]]);
        assert!(p.clip(&[(0.0, f64::NAN), (1.0, 1.0)]).is_empty());
        assert!(p.clip(&[(-10.0, -10.0), (110.0, -10.0)]).is_empty());
    }

    #[test]
    fn labels_do_not_run_into_one_another_or_off_the_surface() {
        let layers = Vec::new();
        let (x, y) = (Axis::linear(-0.06, 0.16), Axis::linear(-0.005, 0.001));
        let (labels, strip) = (Vec::new(), None);
        let chart = Chart { x, y, across: String::new(), upward: String::new(), labels, marks: [4, 4], layers, strip };
        let texts = |width| {
            let text = svg(&chart, (width, 200), &Theme::LIGHT);
            let places = text.split("<text x=\"").skip(1).filter_map(|rest| {
                let place = rest.split('"').next()?.parse::<f64>().ok()? / f64::from(UNIT);
                Some((place, rest.split_once('>')?.1.split('<').next()?.trim().to_owned()))
            });
            places.collect::<Vec<_>>()
        };
        let below = |width| texts(width).into_iter().filter(|(_, text)| text.ends_with('0') || text.ends_with('5')).count();
        assert!(below(640) > below(166) && below(166) > 1, "{:?}", texts(166));
        assert!(texts(166).iter().any(|(x, text)| text == "\u{2212}0.004" && *x < 2.0), "{:?}", texts(166));
    }

    #[test]
    fn labels_of_an_axis_have_equally_many_decimals() {
        let labels: Vec<_> = Axis::linear(-0.06, 0.62).marks(4).into_iter().map(|m| m.1).collect();
        assert_eq!(labels, ["0.0", "0.2", "0.4", "0.6"]);
        let labels: Vec<_> = Axis::powers(-6.5, 0.5).marks(4).into_iter().map(|m| m.1).collect();
        assert_eq!(labels, ["1e-6", "1e-4", "0.01", "1"]);
    }
}
