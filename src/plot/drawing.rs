//! Canvas in the landscape: its points or its samples, the lines of a stroke in progress, and a cross at the drawing tool.

use super::palette::with_opacity;
use super::panel::Panel;
use super::surface::{DrawResult, Surface};

/// Canvas with the drawing on it.
#[derive(Clone, Copy, Debug)]
pub struct SketchFigure<'a> {
    /// Ranges of the axes.
    pub canvas: [[f64; 2]; 2],
    /// Points of a curve, or of the path of the pointer over samples.
    pub points: &'a [(f64, f64)],
    /// True if the drawing is in progress. Lines through its points then replace the truth.
    pub is_open: bool,
    /// True if the points are marked.
    pub has_handles: bool,
    /// Samples on the line; empty if a curve is drawn.
    pub samples: &'a [f64],
    /// Drawing whose samples would be those of the fit, as the outline of an area; empty if a curve is drawn.
    pub density: &'a [(f64, f64)],
    /// Range of the points or samples that the pointer moves: index of the first one, and index after the last one.
    pub held: [usize; 2],
    /// Position of the drawing tool.
    pub at: Option<(f64, f64)>,
}

/// Lengths of the marks of samples: of most samples, and of those that the pointer moves.
const RUG_LENGTHS_PX: [f64; 2] = [7.0, 13.0];

impl SketchFigure<'_> {
    fn is_held(&self, k: usize) -> bool {
        (self.held[0]..self.held[1]).contains(&k)
    }

    /// Draws the layer below curves and marks: the density of a fit to samples, and the samples.
    pub(super) fn draw_below(&self, on: &Surface, panel: &Panel) -> DrawResult {
        if let (Some(first), Some(last)) = (self.density.first(), self.density.last()) {
            let top = self.density.iter().map(|&(x, y)| panel.at(x, y));
            let ends = [last.0, first.0].map(|x| panel.at(x, self.canvas[1][0]));
            panel.area(on, &top.chain(ends).collect::<Vec<_>>(), with_opacity(on.theme.count, 0.13))?;
        }
        for (k, &x) in self.samples.iter().enumerate().filter(|(_, x)| panel.x.shows(**x)) {
            let (across, is_held) = (panel.across(x), self.is_held(k));
            let (colour, length) = if is_held { (on.theme.accent, RUG_LENGTHS_PX[1]) } else { (on.theme.ink, RUG_LENGTHS_PX[0]) };
            on.line(&[(across, panel.bottom), (across, panel.bottom - length)], with_opacity(colour, 0.6), 1.0)?;
        }
        Ok(())
    }

    /// Draws the drawing in progress, its points, and a cross at the drawing tool.
    pub(super) fn draw(&self, on: &Surface, panel: &Panel) -> DrawResult {
        let ink = with_opacity(on.theme.ink, 1.0);
        if self.is_open {
            panel.curve(on, self.points.iter().copied(), ink, 1.5)?;
        }
        let is_seen = |&(x, y): &(f64, f64)| self.has_handles && panel.x.shows(x) && panel.y.shows(y);
        for (k, &(x, y)) in self.points.iter().enumerate().filter(|(_, at)| is_seen(at)) {
            let is_held = self.is_held(k);
            on.disc(panel.at(x, y), if is_held { 6.0 } else { 3.5 }, ink)?;
            if !is_held {
                on.disc(panel.at(x, y), 2.2, with_opacity(on.theme.background, 1.0))?;
            }
        }
        if let Some((x, y)) = self.at {
            let (across, down) = panel.at(x, y);
            on.line(&[(across - 6.0, down), (across + 6.0, down)], ink, 1.0)?;
            on.line(&[(across, down - 6.0), (across, down + 6.0)], ink, 1.0)?;
        }
        Ok(())
    }
}
