//! A paper in the landscape that is drawn upon: its points or its samples, the lines of a stroke under way, a cross where the tool is.

use super::palette::with_opacity;
use super::panel::Panel;
use super::surface::{Drawn, Surface};

/// A paper that is drawn upon, and the drawing on it.
#[derive(Clone, Copy, Debug)]
pub struct Drawing<'a> {
    /// The ranges of the axes.
    pub paper: [[f64; 2]; 2],
    /// The points of a curve, or those of the pencil's way over samples.
    pub points: &'a [(f64, f64)],
    /// Whether it is being drawn: lines through its points then stand for the truth.
    pub is_open: bool,
    /// Whether its points are marked.
    pub has_handles: bool,
    /// Samples on the line; empty if a curve is drawn.
    pub samples: &'a [f64],
    /// What the pencil would have to draw for the samples to be those of the fit, as the outline of an area; empty if a curve is drawn.
    pub density: &'a [(f64, f64)],
    /// The points or the samples that are held: the first of them, and the first after them.
    pub held: [usize; 2],
    /// Where the tool is.
    pub at: Option<(f64, f64)>,
}

/// Lengths of the marks of samples, of those that are held too.
const RUG: [f64; 2] = [7.0, 13.0];

impl Drawing<'_> {
    fn holds(&self, k: usize) -> bool {
        (self.held[0]..self.held[1]).contains(&k)
    }

    /// What lies below curves and marks: the density of a fit to samples, and the samples.
    pub(super) fn draw_below(&self, on: &Surface, panel: &Panel) -> Drawn {
        if let (Some(first), Some(last)) = (self.density.first(), self.density.last()) {
            let top = self.density.iter().map(|&(x, y)| panel.at(x, y));
            let ends = [last.0, first.0].map(|x| panel.at(x, self.paper[1][0]));
            panel.area(on, &top.chain(ends).collect::<Vec<_>>(), with_opacity(on.theme.count, 0.13))?;
        }
        for (k, &x) in self.samples.iter().enumerate().filter(|(_, x)| panel.x.shows(**x)) {
            let (across, is_held) = (panel.across(x), self.holds(k));
            let (colour, length) = if is_held { (on.theme.accent, RUG[1]) } else { (on.theme.ink, RUG[0]) };
            on.line(&[(across, panel.bottom), (across, panel.bottom - length)], with_opacity(colour, 0.6), 1.0)?;
        }
        Ok(())
    }

    /// The drawing under way, its points, and a cross where the tool is.
    pub(super) fn draw(&self, on: &Surface, panel: &Panel) -> Drawn {
        let ink = with_opacity(on.theme.ink, 1.0);
        if self.is_open {
            panel.curve(on, self.points.iter().copied(), ink, 1.5)?;
        }
        let is_seen = |&(x, y): &(f64, f64)| self.has_handles && panel.x.shows(x) && panel.y.shows(y);
        for (k, &(x, y)) in self.points.iter().enumerate().filter(|(_, at)| is_seen(at)) {
            let is_held = self.holds(k);
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
