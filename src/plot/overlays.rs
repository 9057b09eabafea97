//! Curves of other runs over a figure, as dashed lines with a letter, and a cross-hair at the pointer.

use super::Figure;
use super::palette::with_opacity;
use super::panel::{LABEL_SIZE_PX, Panel};
use super::surface::{DrawResult, HPos, Surface};

/// Lengths of strokes and gaps in pixels, for the first run, the second and so on.
const DASH_LENGTHS_PX: [&[f64]; 3] = [&[7.0, 4.0], &[2.5, 3.0], &[10.0, 3.0, 2.5, 3.0]];

/// Curves of another run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overlay {
    /// Letter at the right end of the curves.
    pub letter: char,
    /// Index of the dash pattern.
    pub number: usize,
    /// Lines in the units of the axes, interrupted where they are not finite.
    pub lines: Vec<Vec<(f64, f64)>>,
}

/// Figure with a cross-hair and the curves of other runs over it.
pub struct OverlaidFigure<'a> {
    /// Figure below the curves.
    pub figure: &'a dyn Figure,
    /// Curves of the other runs.
    pub overlays: &'a [Overlay],
    /// Position of the pointer, in the units of the axes, if it has a cross-hair.
    pub crosshair: Option<(f64, f64)>,
    /// True if the cross-hair has a horizontal line too, rather than only a vertical one.
    pub is_crossed: bool,
}

impl Figure for OverlaidFigure<'_> {
    fn numbers(&self, put: &mut dyn FnMut(&str, &[f64])) {
        self.figure.numbers(put);
    }

    fn panel(&self, size: (f64, f64)) -> Panel {
        self.figure.panel(size)
    }

    fn draw(&self, on: &Surface) -> DrawResult {
        self.figure.draw(on)?;
        let panel = on.panel(self);
        if let Some((x, y)) = self.crosshair.map(|(x, y)| panel.at(x, y)) {
            let colour = with_opacity(on.theme.ink, 0.5);
            if (panel.left..=panel.right).contains(&x) {
                on.line(&[(x, panel.top), (x, panel.bottom)], colour, 1.0)?;
            }
            if self.is_crossed && (panel.top..=panel.bottom).contains(&y) {
                on.line(&[(panel.left, y), (panel.right, y)], colour, 1.0)?;
            }
        }
        for overlay in self.overlays {
            let mut end: Option<(f64, f64)> = None;
            for line in &overlay.lines {
                let pixels: Vec<_> = line.iter().map(|&(x, y)| panel.at(x, y)).collect();
                for piece in panel.clip(&pixels) {
                    // The rim makes the line visible on any colour.
                    for dash in dashes(&piece, DASH_LENGTHS_PX[overlay.number % DASH_LENGTHS_PX.len()]) {
                        on.line(&dash, with_opacity(on.theme.background, 0.6), 3.0)?;
                        on.line(&dash, with_opacity(on.theme.ink, 0.8), 1.5)?;
                    }
                    end = end.into_iter().chain(piece.last().copied()).max_by(|a, b| a.0.total_cmp(&b.0));
                }
            }
            if let Some((x, y)) = end {
                // The letters are side by side where lines end at the same point.
                let at = (
                    x.min(panel.right) - 10.0 - 12.0 * overlay.number as f64,
                    (y - 9.0).clamp(panel.top + 6.0, panel.bottom - 6.0),
                );
                on.disc(at, 6.5, with_opacity(on.theme.background, 0.8))?;
                on.text(overlay.letter.encode_utf8(&mut [0; 4]), at, HPos::Center, LABEL_SIZE_PX, on.theme.ink)?;
            }
        }
        Ok(())
    }
}

/// Strokes of a dashed line through points in pixels.
fn dashes(line: &[(f64, f64)], pattern: &[f64]) -> Vec<Vec<(f64, f64)>> {
    let mut strokes = Vec::new();
    let (mut k, mut left) = (0, pattern[0]);
    let mut stroke: Vec<(f64, f64)> = line.first().copied().into_iter().collect();
    for pair in line.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            if length <= left {
                left -= length;
                if k % 2 == 0 {
                    stroke.push(to);
                }
                break;
            }
            let part = left / length;
            from = (from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1));
            if k % 2 == 0 {
                stroke.push(from);
                strokes.push(std::mem::take(&mut stroke));
            } else {
                stroke = vec![from];
            }
            k += 1;
            left = pattern[k % pattern.len()];
        }
    }
    strokes.extend((k % 2 == 0 && stroke.len() > 1).then_some(stroke));
    strokes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{LossHistory, Theme, svg};

    #[test]
    fn dashes_have_their_lengths_around_corners() {
        let strokes = dashes(&[(0.0, 0.0), (3.0, 0.0), (3.0, 7.0)], &[4.0, 2.0]);
        assert_eq!(strokes, [vec![(0.0, 0.0), (3.0, 0.0), (3.0, 1.0)], vec![(3.0, 3.0), (3.0, 7.0)]]);
        assert!(dashes(&[], &[1.0, 1.0]).is_empty() && dashes(&[(1.0, 1.0)], &[1.0, 1.0]).is_empty());
    }

    #[test]
    fn ghost_with_non_finite_numbers_is_drawn_inside_figure() {
        let figure =
            LossHistory { epochs: &[0.0, 10.0], low: &[1.0, 0.1], high: &[1.0, 0.1], last_epoch: 10.0, ..LossHistory::default() };
        let line = vec![(0.0, 1.0), (5.0, 0.3), (f64::NAN, 1.0), (6.0, 1e-30), (1e9, f64::INFINITY)];
        let overlay = Overlay { letter: 'A', number: 0, lines: vec![line, Vec::new()] };
        let overlaid = OverlaidFigure { figure: &figure, overlays: &[overlay], crosshair: None, is_crossed: false };
        let text = svg(&overlaid, (300, 150), &Theme::LIGHT);
        assert!(text.contains(">\nA\n") || text.contains(">A<"), "{text}");
        assert!(!text.contains("NaN") && !text.contains("inf"));
    }
}
