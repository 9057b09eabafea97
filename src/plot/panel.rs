//! Plot area: the mapping from data to the surface, grid lines and labels, and curves clipped at its edge.

use plotters::style::RGBAColor;
use serde::{Deserialize, Serialize};

use super::palette::with_opacity;
use super::surface::{DrawResult, HPos, Surface};
use super::ticks;

/// Size of the axis labels, in pixels.
pub const LABEL_SIZE_PX: f64 = 11.0;
/// Size of the text of titles and legends, in pixels.
pub const CAPTION_SIZE_PX: f64 = 12.0;

/// Smallest visible part of an axis, as a fraction. A smaller part would lie between two points of a curve.
const MIN_AXIS_PART: f64 = 1.0 / 400.0;

/// Axis with the values at its ends, and a flag for a logarithmic scale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlotAxis {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Default for PlotAxis {
    fn default() -> Self {
        Self::linear(0.0, 1.0)
    }
}

impl PlotAxis {
    /// Creates a linear axis from `low` to `high`, widened if the range is empty.
    pub fn linear(low: f64, high: f64) -> Self {
        let (low, high) = if low.is_finite() && high.is_finite() { (low, high) } else { (0.0, 1.0) };
        let least = 1e-12_f64.max(low.abs().max(high.abs()) * 1e-9);
        if high - low < least {
            Self { low: low - 0.5, high: low + 0.5, logarithmic: false }
        } else {
            Self { low, high, logarithmic: false }
        }
    }

    /// Creates a logarithmic axis over the powers of ten with the exponents `low` to `high`.
    pub fn powers(low: f64, high: f64) -> Self {
        Self { low, high, logarithmic: true }
    }

    /// Position of a value along the axis: 0 at the low end, 1 at the high end.
    pub fn along(&self, value: f64) -> f64 {
        let value = if self.logarithmic { value.max(1e-300).log10() } else { value };
        (value - self.low) / (self.high - self.low)
    }

    /// Value at a position along the axis.
    pub fn value(&self, along: f64) -> f64 {
        let value = self.low + along * (self.high - self.low);
        if self.logarithmic { 10f64.powf(value) } else { value }
    }

    /// Part of the axis, from one position along it to another.
    #[must_use]
    pub fn part(&self, [from, to]: [f64; 2]) -> Self {
        let at = |along: f64| self.low + along * (self.high - self.low);
        Self { low: at(from), high: at(to), ..*self }
    }

    /// Moves and resizes this axis so that it is a part of `whole` with at least the smallest visible length. Returns `whole` if this is
    /// not a part of it.
    #[must_use]
    pub fn within(&self, whole: &Self) -> Self {
        let (all, span) = (whole.high - whole.low, self.high - self.low);
        if self.logarithmic != whole.logarithmic || !span.is_finite() || span > (1.0 - 1e-9) * all {
            return *whole;
        }
        let span = span.max(MIN_AXIS_PART * all);
        let low = (0.5 * (self.low + self.high - span)).clamp(whole.low, whole.high - span);
        Self { low, high: low + span, ..*self }
    }

    /// Part of this axis that lies beside `part` of another axis, `whole`. This is the second axis of a figure.
    #[must_use]
    pub fn beside(&self, part: &Self, whole: &Self) -> Self {
        self.part([0.0, 1.0].map(|end| whole.along(part.value(end))))
    }

    /// Returns true if a value lies on the axis.
    pub fn shows(&self, value: f64) -> bool {
        (-1e-9..=1.0 + 1e-9).contains(&self.along(value))
    }

    /// Returns about `wanted` round values with their labels.
    pub fn marks(&self, wanted: usize) -> Vec<(f64, String)> {
        let decades = || ticks::decades(self.low, self.high, wanted).into_iter();
        if self.logarithmic && (self.high - self.low >= 2.0 || decades().count() > 1) {
            return decades().map(|k| (10f64.powi(k), ticks::power_of_ten(k))).collect();
        }
        let [low, high] = [0.0, 1.0].map(|end| self.value(end));
        let values = ticks::linear(low, high, wanted);
        let step = values.windows(2).map(|w| w[1] - w[0]).next().unwrap_or(1.0);
        let largest = low.abs().max(high.abs());
        let power = (step * 1.000_001).log10().floor();
        let decimals = (-power).max(0.0) as usize;
        // The number of digits distinguishes neighbouring marks.
        let digits = (1.0 + largest.log10().floor() - power).clamp(3.0, 12.0) as usize;
        let label = |v: f64| if decimals > 3 || largest >= 1e6 { ticks::number(v, digits) } else { ticks::fixed(v, decimals) };
        values.into_iter().map(|v| (v, label(v))).collect()
    }
}

/// Plot area on a surface, in pixels, with its two axes.
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
    /// Horizontal axis.
    pub x: PlotAxis,
    /// Vertical axis.
    pub y: PlotAxis,
}

impl Panel {
    /// Position of a point on the surface.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.across(x), self.bottom - self.y.along(y) * (self.bottom - self.top))
    }

    /// Horizontal position of an x.
    pub fn across(&self, x: f64) -> f64 {
        self.left + self.x.along(x) * (self.right - self.left)
    }

    /// Value of x at a pixel column; `None` outside the area.
    pub fn x_under(&self, pixel: f64) -> Option<f64> {
        let along = (pixel - self.left) / (self.right - self.left);
        (-0.01..=1.01).contains(&along).then(|| self.x.value(along.clamp(0.0, 1.0)))
    }

    /// Point under a pixel, with its y limited to the area; `None` if x is outside the area.
    pub fn under(&self, pixel: (f64, f64)) -> Option<(f64, f64)> {
        let along = (self.bottom - pixel.1) / (self.bottom - self.top);
        Some((self.x_under(pixel.0)?, self.y.value(along.clamp(0.0, 1.0))))
    }

    /// Plot area with another vertical axis.
    #[must_use]
    pub fn with_y(&self, y: PlotAxis) -> Self {
        Self { y, ..*self }
    }

    /// Returns true if a position in pixels is in the area.
    pub fn contains(&self, (across, down): (f64, f64)) -> bool {
        (self.left..=self.right).contains(&across) && (self.top..=self.bottom).contains(&down)
    }

    /// Draws horizontal hairlines with labels to the left, and labels below.
    pub fn grid(&self, on: &Surface, x_marks: usize, y_marks: usize) -> DrawResult {
        self.hairlines(on, y_marks)?;
        self.labels_below(on, &self.x.marks(x_marks))
    }

    /// Draws horizontal hairlines with labels to the left.
    pub fn hairlines(&self, on: &Surface, y_marks: usize) -> DrawResult {
        let theme = on.theme;
        for (value, label) in self.y.marks(y_marks) {
            // Hairlines are at pixel centres, so that they are one pixel wide.
            let y = self.at(0.0, value).1.floor() + 0.5;
            on.line(&[(self.left, y), (self.right, y)], with_opacity(theme.grid, 1.0), 1.0)?;
            // A label that is too wide for the space on the left is moved onto the surface.
            let (x, hold) = if wide(&label) > self.left - 9.0 { (1.0, HPos::Left) } else { (self.left - 8.0, HPos::Right) };
            on.text(&label, (x, y), hold, LABEL_SIZE_PX, theme.soft)?;
        }
        Ok(())
    }

    /// Draws the labels of the horizontal axis.
    pub fn labels_below(&self, on: &Surface, marks: &[(f64, String)]) -> DrawResult {
        let (y, mut end) = (self.bottom + 13.0, f64::NEG_INFINITY);
        for (value, label) in marks.iter().filter(|(value, _)| self.x.shows(*value)) {
            let (x, half) = (self.across(*value), wide(label) / 2.0);
            // A label that overlaps the previous one is left out.
            if x - half < end {
                continue;
            }
            end = x + half + 2.0;
            // A label at the end of the axis is moved onto the surface.
            let is_last = x > on.size.0 - 16.0 && label.len() > 3;
            let (x, hold) = if is_last { (x + 6.0, HPos::Right) } else { (x, HPos::Center) };
            on.text(label, (x, y), hold, LABEL_SIZE_PX, on.theme.soft)?;
        }
        Ok(())
    }

    /// Draws the labels of a second vertical axis, on the right.
    pub fn right_labels(&self, on: &Surface, marks: &[(f64, String)], colour: super::palette::Rgb) -> DrawResult {
        marks
            .iter()
            .try_for_each(|(v, label)| on.text(label, (self.right + 8.0, self.at(0.0, *v).1), HPos::Left, LABEL_SIZE_PX, colour))
    }

    /// Draws a curve through `points` (in the units of the data, interrupted where they are not finite), clipped at the edge of the area.
    pub fn curve(&self, on: &Surface, points: impl Iterator<Item = (f64, f64)>, colour: RGBAColor, width: f64) -> DrawResult {
        let pixels: Vec<_> = points.map(|(x, y)| self.at(x, y)).collect();
        self.pieces(on, &pixels, colour, width)
    }

    /// Draws a line in pixels, clipped at the edge of the area.
    pub(super) fn pieces(&self, on: &Surface, pixels: &[(f64, f64)], colour: RGBAColor, width: f64) -> DrawResult {
        self.clip(pixels).iter().try_for_each(|piece| on.line(piece, colour, width))
    }

    /// Clips a line in pixels at the edge of the area. Returns the pieces inside.
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

    /// Draws a filled area, clipped at the edge of the plot area. Its corners are in pixels.
    pub fn area(&self, on: &Surface, corners: &[(f64, f64)], colour: RGBAColor) -> DrawResult {
        let mut corners = corners.to_vec();
        corners.retain(|at| at.0.is_finite() && at.1.is_finite());
        // Sutherland-Hodgman clipping, one edge after another. Each edge is to the left of the kept part, which is then rotated by a right
        // angle.
        for edge in [self.left, self.top, -self.right, -self.bottom] {
            let mut kept = Vec::with_capacity(corners.len() + 2);
            let mut a = corners.last().copied().unwrap_or_default();
            for b in corners {
                if (a.0 < edge) != (b.0 < edge) {
                    kept.push((a.1 + (edge - a.0) / (b.0 - a.0) * (b.1 - a.1), -edge));
                }
                if b.0 >= edge {
                    kept.push((b.1, -b.0));
                }
                a = b;
            }
            corners = kept;
        }
        if corners.len() > 2 { on.area(&corners, colour) } else { Ok(()) }
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

/// Width of a label in pixels. Text cannot be measured here. A digit is slightly wider than half its size.
pub(super) fn wide(label: &str) -> f64 {
    0.58 * LABEL_SIZE_PX * label.chars().count() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::figures::Chart;
    use crate::plot::surface::UNITS_PER_PX;
    use crate::plot::{Theme, svg, svg_of};

    fn panel() -> Panel {
        Panel { left: 0.0, top: 0.0, right: 100.0, bottom: 100.0, x: PlotAxis::linear(0.0, 1.0), y: PlotAxis::powers(-4.0, 0.0) }
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
    fn axis_without_range_is_widened() {
        for axis in [PlotAxis::linear(2.0, 2.0), PlotAxis::linear(f64::NAN, 1.0), PlotAxis::linear(0.0, f64::INFINITY)] {
            assert!(axis.along(axis.value(0.3)).is_finite() && !axis.marks(4).is_empty());
        }
    }

    #[test]
    fn lines_are_clipped_to_plot_area() {
        let p = panel();
        let pieces = p.clip(&[(-50.0, 50.0), (50.0, 50.0), (50.0, 150.0), (70.0, 150.0), (70.0, 50.0)]);
        assert_eq!(pieces, [vec![(0.0, 50.0), (50.0, 50.0), (50.0, 100.0)], vec![(70.0, 100.0), (70.0, 50.0)]]);
        assert!(p.clip(&[(0.0, f64::NAN), (1.0, 1.0)]).is_empty());
        assert!(p.clip(&[(-10.0, -10.0), (110.0, -10.0)]).is_empty());
    }

    #[test]
    fn labels_do_not_overlap_or_leave_surface() {
        let axes = [PlotAxis::linear(-0.06, 0.16), PlotAxis::linear(-0.005, 0.001)];
        let chart = Chart::new(axes, ["", ""], [4, 4], Vec::new());
        let texts = |width| {
            let text = svg(&chart, (width, 200), &Theme::LIGHT);
            let places = text.split("<text x=\"").skip(1).filter_map(|rest| {
                let place = rest.split('"').next()?.parse::<f64>().ok()? / f64::from(UNITS_PER_PX);
                Some((place, rest.split_once('>')?.1.split('<').next()?.trim().to_owned()))
            });
            places.collect::<Vec<_>>()
        };
        let below = |width| texts(width).into_iter().filter(|(_, text)| text.ends_with('0') || text.ends_with('5')).count();
        assert!(below(640) > below(166) && below(166) > 1, "{:?}", texts(166));
        assert!(texts(166).iter().any(|(x, text)| text == "\u{2212}0.004" && *x < 2.0), "{:?}", texts(166));
    }

    #[test]
    fn part_of_axis_has_round_distinct_ticks() {
        let labels = |axis: PlotAxis| axis.marks(5).into_iter().map(|mark| mark.1).collect::<Vec<_>>();
        let whole = PlotAxis::linear(-1.0, 1.0);
        assert_eq!(labels(whole.part([0.61, 0.66])), ["0.22", "0.24", "0.26", "0.28", "0.30", "0.32"]);
        assert_eq!(labels(whole.part([0.7501, 0.7526])), ["0.501", "0.502", "0.503", "0.504", "0.505"]);
        assert_eq!(labels(PlotAxis::linear(0.12341, 0.12349)), ["0.12342", "0.12344", "0.12346", "0.12348"]);
        // A range of less than a decade has no powers of ten.
        let decades = PlotAxis::powers(-6.0, 0.0);
        assert_eq!(labels(decades.part([0.36, 0.44])), ["2e-4", "3e-4", "4e-4"]);
        assert_eq!(labels(decades.part([0.2, 0.7])), ["1e-4", "1e-3", "0.01"]);
    }

    #[test]
    fn part_of_axis_stays_within_whole_axis() {
        for whole in [PlotAxis::linear(-3.0, 5.0), PlotAxis::powers(-6.0, 2.0)] {
            let mut part = whole;
            for step in [[0.9, 0.900_000_1], [-7.0, -6.0], [-2.0, 0.5], [99.0, 100.0], [0.25, 0.75]] {
                part = part.part(step).within(&whole);
                assert!(part.low >= whole.low && part.high <= whole.high, "{part:?}");
                assert!(part.high - part.low > 0.99 * MIN_AXIS_PART * (whole.high - whole.low), "{part:?}");
            }
            assert_eq!(part.part([f64::NEG_INFINITY, f64::INFINITY]).within(&whole), whole);
            assert_eq!(part.part([-999.0, 999.0]).within(&whole), whole);
        }
        let (left, right) = (PlotAxis::linear(0.0, 2.0), PlotAxis::powers(0.0, 4.0));
        let beside = right.beside(&PlotAxis::linear(0.5, 1.0), &left);
        assert!((beside.low - 1.0).abs() + (beside.high - 2.0).abs() < 1e-12);
    }

    #[test]
    fn areas_are_clipped_at_edges() {
        let cut = |corners: &[(f64, f64)]| -> Vec<(i32, i32)> {
            let text = svg_of((200, 200), &Theme::LIGHT, &mut |ink, scale| {
                panel().area(&Surface::new(ink, (200.0, 200.0), &Theme::LIGHT, scale), corners, with_opacity((0, 0, 0), 1.0))
            });
            let points = text.split("<polygon").nth(1).and_then(|rest| rest.split("points=\"").nth(1)?.split('"').next());
            let units = |text: &str| text.parse::<i32>().expect("a number") / UNITS_PER_PX;
            let pairs = points.unwrap_or_default().split_whitespace().filter_map(|pair| pair.split_once(','));
            pairs.map(|(x, y)| (units(x), units(y))).collect()
        };
        let inside = [(10.0, 20.0), (30.0, 40.0), (50.0, 10.0)];
        assert_eq!(cut(&inside), [(10, 20), (30, 40), (50, 10)]);
        assert_eq!(cut(&[(-50.0, -50.0), (150.0, -50.0), (150.0, 150.0), (-50.0, 150.0)]).len(), 4);
        let mut half = cut(&[(50.0, 50.0), (150.0, 50.0), (f64::NAN, 0.0), (150.0, 60.0), (50.0, 60.0)]);
        half.sort_unstable();
        assert_eq!(half, [(50, 50), (50, 60), (100, 50), (100, 60)]);
        assert!(cut(&[(-50.0, 0.0), (-10.0, 0.0), (-20.0, 90.0)]).is_empty());
    }

    #[test]
    fn labels_of_axis_have_equal_number_of_decimals() {
        let labels: Vec<_> = PlotAxis::linear(-0.06, 0.62).marks(4).into_iter().map(|m| m.1).collect();
        assert_eq!(labels, ["0.0", "0.2", "0.4", "0.6"]);
        let labels: Vec<_> = PlotAxis::powers(-6.5, 0.5).marks(4).into_iter().map(|m| m.1).collect();
        assert_eq!(labels, ["1e-6", "1e-4", "0.01", "1"]);
    }
}
