//! Legend of the landscape, above its plot area.

use super::{Dots, LandscapeFigure};
use crate::plot::palette::with_opacity;
use crate::plot::panel::{CAPTION_SIZE_PX, Panel};
use crate::plot::surface::{DrawResult, HPos, Surface};

/// Largest width in pixels of a figure whose legend has a second line.
const NARROW_WIDTH_PX: f64 = 560.0;
/// Height in pixels of the space above the plot area with one line, and of the second line.
const HEAD_HEIGHT_PX: f64 = 24.0;
const LINE_HEIGHT_PX: f64 = 14.0;

/// Height in pixels of the legend in a figure of this width.
pub(super) fn height(width: f64) -> f64 {
    HEAD_HEIGHT_PX + if width > NARROW_WIDTH_PX { 0.0 } else { LINE_HEIGHT_PX }
}

impl LandscapeFigure<'_> {
    /// Draws the legend. In a narrow figure, the marks are in a second line.
    pub(super) fn legend(&self, on: &Surface, panel: &Panel) -> DrawResult {
        let theme = on.theme;
        let mut entries = Vec::new();
        if !self.truth.is_empty() {
            entries.push((if self.drawing.is_some() { "drawing" } else { "truth" }, theme.ink, 1.25));
        }
        entries.push(("fit", theme.accent, 2.5));
        if !self.modes.is_empty() {
            entries.push(("modes", theme.soft, 1.25));
        }
        if self.drawing.is_some_and(|drawing| !drawing.density.is_empty()) {
            entries.insert(1, ("density", theme.count, 6.0));
        }
        let dots = match self.dots {
            Dots::Values => "data",
            Dots::Kernel => "kernel estimate",
        };
        let marks = [(dots, theme.dot), ("minimum", theme.soft), ("barrier", theme.accent)];
        let mut lines = [entries.iter().map(|entry| entry.0).collect::<Vec<_>>(), marks.map(|mark| mark.0).to_vec()];
        let is_narrow = on.size.0 <= NARROW_WIDTH_PX;
        if !is_narrow {
            lines[0].extend_from_slice(&marks.map(|mark| mark.0));
        }
        // Text cannot be measured here. A character is assumed to be 0.56 of its size wide, which is accurate enough for a legend.
        let width = |name: &str| 21.0 + 0.56 * CAPTION_SIZE_PX * name.len() as f64;
        let left = panel.left + 2.0;
        // Left end of a line, and the gap between its entries. Entries are closer together in a small figure.
        let [(mut x, mut gap), marks_line] = lines.map(|names| {
            let whole: f64 = names.iter().map(|name| width(name)).sum();
            let gap = ((on.size.0 - left - whole) / (names.len().max(2) - 1) as f64).clamp(4.0, 18.0);
            let whole = whole + gap * names.len() as f64;
            ((f64::midpoint(panel.left, panel.right) - whole / 2.0).max(left), gap)
        });
        let mut y = 10.0;
        for (name, colour, thickness) in entries {
            // The density is drawn as an area.
            let opacity = if name == "density" { 0.3 } else { 1.0 };
            if name == "modes" {
                // The entry shows the colours of up to three modes.
                let used = self.minima.iter().filter_map(|minimum| minimum.mode);
                let some: Vec<usize> = used.chain(0..self.modes.len()).take(3).collect();
                let step = 16.0 / some.len() as f64;
                for (k, &mode) in some.iter().enumerate() {
                    let from = x + step * k as f64;
                    on.line(&[(from, y), (from + step, y)], with_opacity(theme.mode(mode), 1.0), 2.0)?;
                }
            } else {
                on.line(&[(x, y), (x + 16.0, y)], with_opacity(colour, opacity), thickness)?;
            }
            on.text(name, (x + 21.0, y), HPos::Left, CAPTION_SIZE_PX, theme.soft)?;
            x += width(name) + gap;
        }
        if is_narrow {
            ((x, gap), y) = (marks_line, y + LINE_HEIGHT_PX);
        }
        for (name, colour) in marks {
            on.disc((x + 11.0, y), if name == dots { 2.5 } else { 4.5 }, with_opacity(colour, 1.0))?;
            if name == "barrier" {
                on.disc((x + 11.0, y), 3.0, with_opacity(theme.background, 1.0))?;
            }
            on.text(name, (x + 21.0, y), HPos::Left, CAPTION_SIZE_PX, theme.soft)?;
            x += width(name) + gap;
        }
        Ok(())
    }
}
