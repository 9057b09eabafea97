//! Heat map on a grid, with contours and curves on top.

use serde::{Deserialize, Serialize};

use super::contour::contour;
use super::figures::ChartLayer;
use super::figures::chart::numbers;
use super::palette::{Rgb, is_dark, with_opacity};
use super::panel::{CAPTION_SIZE_PX, LABEL_SIZE_PX, Panel, PlotAxis, wide};
use super::surface::{DrawResult, HPos, Surface};
use super::{Figure, Theme, ticks};

/// Number of colours of a map drawn as rectangles.
const RECTANGLE_COLOURS: f64 = 40.0;
/// Number of colours of a map drawn as an image, and of the colour bar.
const IMAGE_COLOURS: usize = 255;
/// Width and height of the colour bar, in pixels.
const BAR_SIZE_PX: (f64, f64) = (64.0, 8.0);

/// Heat map of values on a grid.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeatMap {
    /// Horizontal axis, from the first to the last column.
    pub x: PlotAxis,
    /// Vertical axis, from the first to the last row.
    pub y: PlotAxis,
    /// Number of values in a row.
    pub columns: usize,
    /// Values row by row from the bottom.
    pub values: Vec<f64>,
    /// Values of the first and the last colour. Values outside are clipped.
    pub range: [f64; 2],
    /// True if the colour scale diverges from the middle of the range, for differences.
    pub is_difference: bool,
    /// Values of the contours.
    pub levels: Vec<f64>,
    /// Curves and marks on top.
    pub layers: Vec<ChartLayer>,
    /// Label of the horizontal axis.
    pub across: String,
    /// Label of the vertical axis.
    pub upward: String,
    /// Name of the quantity that the colours show.
    pub of: String,
    /// True if the unit of both axes has the same length.
    pub is_to_scale: bool,
    /// Ends of both axes of the whole map, if this map is an enlarged part.
    pub whole: [[f64; 2]; 2],
}

impl HeatMap {
    /// Position of a grid point, given in units of cells, in the units of the axes.
    fn place(&self, (i, j): (f64, f64)) -> (f64, f64) {
        let rows = (self.values.len() / self.columns.max(1)).max(2);
        (self.x.value(i / (self.columns.max(2) - 1) as f64), self.y.value(j / (rows - 1) as f64))
    }

    /// Position of a value between the first and the last colour, from 0 to 1; `None` if it is not finite.
    fn share(&self, value: f64) -> Option<f64> {
        let [low, high] = self.range;
        let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
        part.is_finite().then_some(part)
    }

    /// Colour at a position between 0 and 1.
    fn shade(&self, part: f64, theme: &Theme) -> Rgb {
        // Low values have more colours, because wells are of interest.
        if self.is_difference { theme.difference(2.0 * part - 1.0) } else { theme.height((8.0 * part).ln_1p() / 9f64.ln()) }
    }

    /// Draws the map as one image, if the surface supports images.
    fn image(&self, on: &Surface, panel: &Panel) -> Option<DrawResult> {
        let columns = self.columns.max(1);
        if self.columns < 2 || self.values.len() < 2 * columns {
            return None;
        }
        let shades: Vec<Rgb> = (0..=IMAGE_COLOURS).map(|k| self.shade(k as f64 / IMAGE_COLOURS as f64, on.theme)).collect();
        let rows = self.values.chunks_exact(columns).rev();
        let mut pixels = Vec::with_capacity(4 * self.values.len());
        for &value in rows.flatten() {
            let shade = self.share(value).map(|part| shades[(part * IMAGE_COLOURS as f64).round() as usize]);
            let (r, g, b) = shade.unwrap_or_default();
            pixels.extend([r, g, b, if shade.is_some() { 255 } else { 0 }]);
        }
        on.image((panel.left, panel.top), (panel.right, panel.bottom), columns, &pixels)
    }

    fn rectangles(&self, on: &Surface, panel: &Panel) -> DrawResult {
        let corner = |i: f64, j: f64| {
            let (x, y) = self.place((i, j));
            let (across, up) = panel.at(x, y);
            (across.clamp(panel.left, panel.right), up.clamp(panel.top, panel.bottom))
        };
        for (j, row) in self.values.chunks(self.columns.max(1)).enumerate() {
            let steps: Vec<Option<f64>> =
                row.iter().map(|&v| self.share(v).map(|part| (part * RECTANGLE_COLOURS).round())).collect();
            let mut start = 0;
            for i in 1..=steps.len() {
                // A run of neighbouring cells of the same colour is one rectangle.
                if i < steps.len() && steps[i] == steps[start] {
                    continue;
                }
                if let Some(step) = steps[start] {
                    // An overlap of half a pixel with the neighbours hides seams.
                    let seam = 0.5;
                    let (from, to) = (corner(start as f64 - 0.5, j as f64 + 0.5), corner(i as f64 - 0.5, j as f64 - 0.5));
                    let to = ((to.0 + seam).min(panel.right), (to.1 + seam).min(panel.bottom));
                    on.rectangle(from, to, with_opacity(self.shade(step / RECTANGLE_COLOURS, on.theme), 1.0))?;
                }
                start = i;
            }
        }
        Ok(())
    }

    /// Values of the ends of the colour scale, the smaller first.
    fn rising(&self) -> [f64; 2] {
        let [a, b] = self.range;
        [a.min(b), a.max(b)]
    }

    /// Draws the colour bar above the map, on the right, with its two ends and, if there is enough space, its quantity.
    fn bar(&self, on: &Surface, panel: &Panel) -> DrawResult {
        let [low, high] = self.rising().map(|end| ticks::number(end, 2));
        let is_falling = self.range[0] > self.range[1];
        let right = panel.right - wide(&high) - 5.0;
        let (left, y) = (right - BAR_SIZE_PX.0, 10.0);
        // Label and colour bar share a line. In a narrow figure only the label is drawn.
        let room = left - wide(&low) - 5.0 - (panel.left - 40.0) - wide(&self.upward) * CAPTION_SIZE_PX / LABEL_SIZE_PX - 6.0;
        if room < 0.0 {
            return Ok(());
        }
        if room > wide(&self.of) + 8.0 {
            on.text(&self.of, (left - wide(&low) - 13.0, y), HPos::Right, LABEL_SIZE_PX, on.theme.soft)?;
        }
        let steps = BAR_SIZE_PX.0 as usize;
        for k in 0..steps {
            let at = |k: usize| left + BAR_SIZE_PX.0 * k as f64 / steps as f64;
            let part = k as f64 / (steps - 1) as f64;
            let colour = with_opacity(self.shade(if is_falling { 1.0 - part } else { part }, on.theme), 1.0);
            // An overlap of half a step hides seams.
            on.rectangle((at(k), y - BAR_SIZE_PX.1 / 2.0), ((at(k + 1) + 0.5).min(right), y + BAR_SIZE_PX.1 / 2.0), colour)?;
        }
        let (top, bottom) = (y - BAR_SIZE_PX.1 / 2.0, y + BAR_SIZE_PX.1 / 2.0);
        let rim = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        on.line(&rim, with_opacity(on.theme.soft, 0.5), 0.75)?;
        on.text(&low, (left - 5.0, y), HPos::Right, LABEL_SIZE_PX, on.theme.soft)?;
        on.text(&high, (panel.right, y), HPos::Right, LABEL_SIZE_PX, on.theme.soft)
    }

    /// Contours of these values, in the units of the axes.
    pub fn lines(&self, levels: &[f64]) -> Vec<Vec<(f64, f64)>> {
        let lines = levels.iter().flat_map(|&level| contour(&self.values, self.columns, level));
        lines.map(|line| line.into_iter().map(|place| self.place(place)).collect()).collect()
    }

    /// Grid point nearest to a position, with its value.
    pub fn nearest(&self, (x, y): (f64, f64)) -> Option<(f64, f64, f64)> {
        let rows = self.values.len() / self.columns.max(1);
        let index = |along: f64, count: usize| (along * (count.max(1) - 1) as f64).round().clamp(0.0, (count.max(1) - 1) as f64);
        let (i, j) = (index(self.x.along(x), self.columns), index(self.y.along(y), rows));
        let (x, y) = self.place((i, j));
        self.values.get(j as usize * self.columns + i as usize).map(|&value| (x, y, value))
    }
}

impl Figure for HeatMap {
    fn numbers(&self, put: &mut dyn FnMut(&str, &[f64])) {
        let columns = self.columns.max(1);
        for (k, value) in self.values.iter().enumerate() {
            let (x, y) = self.place(((k % columns) as f64, (k / columns) as f64));
            put(&self.of, &[x, y, *value]);
        }
        numbers(&self.layers, "mark", put);
    }

    fn panel(&self, (width, height): (f64, f64)) -> Panel {
        let whole = Panel {
            left: 46.0,
            top: 24.0,
            right: (width - 14.0).max(60.0),
            bottom: (height - 38.0).max(40.0),
            x: self.x,
            y: self.y,
        };
        if !self.is_to_scale {
            return whole;
        }
        // Pixels per unit are equal along both axes. The map is centred in the space that it does not fill.
        let span = |axis: &PlotAxis| (axis.value(1.0) - axis.value(0.0)).abs().max(1e-300);
        let (across, upward) = (whole.right - whole.left, whole.bottom - whole.top);
        let a_unit = (across / span(&self.x)).min(upward / span(&self.y));
        let (across_left, upward_left) = (across - a_unit * span(&self.x), upward - a_unit * span(&self.y));
        Panel {
            left: whole.left + 0.5 * across_left,
            right: whole.right - 0.5 * across_left,
            bottom: whole.bottom - upward_left,
            ..whole
        }
    }

    fn draw(&self, on: &Surface) -> DrawResult {
        let (panel, theme) = (self.panel(on.size), on.theme);
        self.image(on, &panel).unwrap_or_else(|| self.rectangles(on, &panel))?;
        for &level in &self.levels {
            // A contour lies on a single colour, and must contrast with it.
            let is_on_dark = self.share(level).is_some_and(|part| is_dark(self.shade(part, theme)));
            let colour = if is_on_dark { (255, 255, 255) } else { (0, 0, 0) };
            for line in self.lines(&[level]) {
                let line: Vec<_> = line.into_iter().map(|(x, y)| panel.at(x, y)).collect();
                on.line(&line, with_opacity(colour, 0.3), 0.75)?;
            }
        }
        self.layers.iter().try_for_each(|layer| layer.draw(on, &panel))?;
        panel.labels_below(on, &panel.x.marks(4))?;
        for (y, label) in panel.y.marks(4) {
            on.text(&label, (panel.left - 6.0, panel.at(panel.x.value(0.0), y).1), HPos::Right, LABEL_SIZE_PX, theme.soft)?;
        }
        on.text(&self.upward, (panel.left - 40.0, 10.0), HPos::Left, CAPTION_SIZE_PX, theme.ink)?;
        self.bar(on, &panel)?;
        let middle = f64::midpoint(panel.left, panel.right);
        on.text(&self.across, (middle, panel.bottom + 29.0), HPos::Center, LABEL_SIZE_PX, theme.soft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::figures::{MarkShape, Tone};
    use crate::plot::svg;

    #[test]
    fn every_finite_value_has_a_colour() {
        let layer = ChartLayer::new(vec![(0.2, 0.2), (0.8, 0.8)], MarkShape::Dots(2.0), Tone::Ink);
        let mut map = HeatMap {
            x: PlotAxis::linear(0.0, 1.0),
            y: PlotAxis::linear(-1.0, 1.0),
            columns: 3,
            values: vec![0.0, 1.0, 2.0, 1.0, f64::NAN, 3.0, 2.0, 3.0, 4.0],
            range: [0.0, 4.0],
            levels: vec![1.5],
            layers: vec![layer],
            across: "e1".into(),
            upward: "e2".into(),
            of: "energy [kJ/mol]".into(),
            ..HeatMap::default()
        };
        let text = svg(&map, (300, 260), &Theme::LIGHT);
        assert!(["e1", "e2", "energy [kJ/mol]"].iter().all(|name| text.contains(name)) && !text.contains("NaN"));
        assert_eq!(text.matches("<circle").count(), 2);
        let colour = |map: &HeatMap, value: f64| map.share(value).map(|part| map.shade(part, &Theme::LIGHT));
        assert_eq!(colour(&map, 0.0), Some(Theme::LIGHT.height(0.0)));
        assert_eq!((colour(&map, 9.0), colour(&map, f64::NAN)), (Some(Theme::LIGHT.background), None));
        assert_eq!(map.nearest((0.4, 2.0)), Some((0.5, 1.0, 3.0)));
        map.is_difference = true;
        assert_eq!(colour(&map, 2.0), Some(Theme::LIGHT.background));
        assert_eq!(colour(&map, -3.0), Some(Theme::LIGHT.count));
    }

    #[test]
    fn map_to_scale_has_equal_units_on_both_axes() {
        let map = HeatMap {
            x: PlotAxis::linear(-1.5, 1.1),
            y: PlotAxis::linear(-0.2, 1.8),
            columns: 2,
            values: vec![0.0; 4],
            is_to_scale: true,
            ..HeatMap::default()
        };
        for size in [(820.0, 240.0), (340.0, 300.0), (170.0, 210.0)] {
            let panel = map.panel(size);
            let (across, upward) = ((panel.right - panel.left) / 2.6, (panel.bottom - panel.top) / 2.0);
            assert!((across - upward).abs() < 1e-9, "{size:?}: {across} and {upward} pixels a unit");
            assert!(panel.left >= 46.0 && panel.right <= size.0 - 14.0 && panel.bottom <= size.1 - 38.0);
        }
    }
}
