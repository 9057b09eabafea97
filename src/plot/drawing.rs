//! A paper in the landscape that is drawn upon: its points, the lines of a stroke under way, a cross where the tool is.

use super::palette::with_opacity;
use super::panel::Panel;
use super::surface::{Drawn, Surface};

/// A paper that is drawn upon, and the drawing on it.
#[derive(Clone, Copy, Debug)]
pub struct Drawing<'a> {
    /// The ranges of the axes.
    pub paper: [[f64; 2]; 2],
    /// The points of the drawing.
    pub points: &'a [(f64, f64)],
    /// Whether it is being drawn: lines through its points then stand for the truth.
    pub is_open: bool,
    /// Whether its points are marked.
    pub has_handles: bool,
    /// The point that is held.
    pub held: Option<usize>,
    /// Where the tool is.
    pub at: Option<(f64, f64)>,
}

impl Drawing<'_> {
    /// The drawing under way, its points, and a cross where the tool is.
    pub(super) fn draw(&self, on: &Surface, panel: &Panel) -> Drawn {
        let ink = with_opacity(on.theme.ink, 1.0);
        if self.is_open {
            panel.curve(on, self.points.iter().copied(), ink, 1.5)?;
        }
        for (k, &(x, y)) in self.points.iter().enumerate().filter(|_| self.has_handles) {
            let is_held = self.held == Some(k);
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
