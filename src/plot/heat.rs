//! A function of two variables as colours on a grid, with contours and curves over it.

use serde::{Deserialize, Serialize};

use super::contour::contour;
use super::figures::Layer;
use super::palette::{Rgb, with_opacity};
use super::panel::{Axis, CAPTION, LABEL, Panel};
use super::surface::{Drawn, Hold, Surface};
use super::{Figure, Theme};

/// Steps of colour.
const STEPS: f64 = 40.0;

/// Values on a grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeatMap {
    /// The horizontal axis: its ends are the first and the last column.
    pub x: Axis,
    /// The vertical axis: its ends are the first and the last row.
    pub y: Axis,
    /// Values per row.
    pub columns: usize,
    /// The values, row by row from the lowest.
    pub values: Vec<f64>,
    /// The values that have the first colour and the last; those beyond have these too.
    pub range: [f64; 2],
    /// Whether the colours part in the middle of the range, for differences.
    pub is_difference: bool,
    /// The heights of the contours.
    pub levels: Vec<f64>,
    /// What is drawn over it.
    pub layers: Vec<Layer>,
    /// What the horizontal axis shows.
    pub across: String,
    /// What the vertical axis shows.
    pub upward: String,
}

impl HeatMap {
    /// The place of a point of the grid, counted in cells.
    fn place(&self, (i, j): (f64, f64)) -> (f64, f64) {
        let rows = (self.values.len() / self.columns.max(1)).max(2);
        (self.x.value(i / (self.columns.max(2) - 1) as f64), self.y.value(j / (rows - 1) as f64))
    }

    fn colour(&self, value: f64, theme: &Theme) -> Option<Rgb> {
        let [low, high] = self.range;
        let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
        let part = (part * STEPS).round() / STEPS;
        if !part.is_finite() {
            return None;
        }
        Some(match self.is_difference {
            true if part < 0.5 => mix(theme.background, theme.count, 1.0 - 2.0 * part),
            true => mix(theme.background, theme.accent, 2.0 * part - 1.0),
            // Low is strong: wells are what one looks for.
            false => mix(theme.accent, theme.background, part.sqrt()),
        })
    }
}

fn mix(from: Rgb, to: Rgb, part: f64) -> Rgb {
    let one = |from: u8, to: u8| (f64::from(from) + part * (f64::from(to) - f64::from(from))).round() as u8;
    (one(from.0, to.0), one(from.1, to.1), one(from.2, to.2))
}

impl Figure for HeatMap {
    fn panel(&self, (width, height): (f64, f64)) -> Panel {
        Panel { left: 46.0, top: 24.0, right: (width - 14.0).max(60.0), bottom: (height - 38.0).max(40.0), x: self.x, y: self.y }
    }

    fn draw(&self, on: &Surface) -> Drawn {
        let (panel, theme) = (self.panel(on.size), on.theme);
        let corner = |i: f64, j: f64| {
            let (x, y) = self.place((i, j));
            let (across, up) = panel.at(x, y);
            (across.clamp(panel.left, panel.right), up.clamp(panel.top, panel.bottom))
        };
        for (j, row) in self.values.chunks(self.columns.max(1)).enumerate() {
            let colours: Vec<Option<Rgb>> = row.iter().map(|&v| self.colour(v, theme)).collect();
            let mut start = 0;
            for i in 1..=colours.len() {
                // Neighbours of one colour are one rectangle.
                if i < colours.len() && colours[i] == colours[start] {
                    continue;
                }
                if let Some(colour) = colours[start] {
                    // Half a pixel under the next one and over the one below, so that no seam shows.
                    let seam = 0.5;
                    let (from, to) = (corner(start as f64 - 0.5, j as f64 + 0.5), corner(i as f64 - 0.5, j as f64 - 0.5));
                    let to = ((to.0 + seam).min(panel.right), (to.1 + seam).min(panel.bottom));
                    on.rectangle(from, to, with_opacity(colour, 1.0))?;
                }
                start = i;
            }
        }
        for &level in &self.levels {
            for piece in contour(&self.values, self.columns, level) {
                let line = piece.map(|place| {
                    let (x, y) = self.place(place);
                    panel.at(x, y)
                });
                on.line(&line, with_opacity(theme.ink, 0.35), 0.75)?;
            }
        }
        self.layers.iter().try_for_each(|layer| layer.draw(on, &panel))?;
        panel.labels_below(on, &panel.x.marks(4))?;
        for (y, label) in panel.y.marks(4) {
            on.text(&label, (panel.left - 6.0, panel.at(panel.x.value(0.0), y).1), Hold::Right, LABEL, theme.soft)?;
        }
        on.text(&self.upward, (6.0, 10.0), Hold::Left, CAPTION, theme.ink)?;
        let middle = f64::midpoint(panel.left, panel.right);
        on.text(&self.across, (middle, panel.bottom + 29.0), Hold::Middle, LABEL, theme.soft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::figures::{Shape, Tone};
    use crate::plot::svg;

    #[test]
    fn every_value_has_its_colour_and_what_is_not_finite_has_none() {
        let layer = Layer::new(vec![(0.2, 0.2), (0.8, 0.8)], Shape::Dots(2.0), Tone::Ink);
        let mut map = HeatMap {
            x: Axis::linear(0.0, 1.0),
            y: Axis::linear(-1.0, 1.0),
            columns: 3,
            values: vec![0.0, 1.0, 2.0, 1.0, f64::NAN, 3.0, 2.0, 3.0, 4.0],
            range: [0.0, 4.0],
            is_difference: false,
            levels: vec![1.5],
            layers: vec![layer],
            across: "e1".into(),
            upward: "e2".into(),
        };
        let text = svg(&map, (300, 260), &Theme::LIGHT);
        assert!(text.contains("e1") && text.contains("e2") && !text.contains("NaN"));
        assert_eq!(text.matches("<circle").count(), 2);
        assert_eq!(map.colour(0.0, &Theme::LIGHT), Some(Theme::LIGHT.accent));
        assert_eq!(map.colour(9.0, &Theme::LIGHT), Some(Theme::LIGHT.background));
        map.is_difference = true;
        assert_eq!(map.colour(2.0, &Theme::LIGHT), Some(Theme::LIGHT.background));
        assert_eq!(map.colour(-3.0, &Theme::LIGHT), Some(Theme::LIGHT.count));
    }
}
