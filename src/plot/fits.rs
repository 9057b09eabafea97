//! A grid of small fits, each with the truth, its minima and two labels.

use super::Figure;
use super::palette::with_opacity;
use super::panel::{LABEL_SIZE_PX, Panel, PlotAxis};
use super::surface::{DrawResult, HPos, Surface};

/// Small figure of a fit. All curves are at equally spaced points over the same domain.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FitPanel<'a> {
    /// Values of the fit; empty if there is none.
    pub fit: &'a [f32],
    /// Positions of the minima of the fit on the domain, from 0 to 1, with their modes.
    pub minima: Vec<(f64, usize)>,
    /// Label below the figure, on the left.
    pub name: String,
    /// Label below the figure, on the right.
    pub words: String,
    /// True if the figure is highlighted.
    pub chosen: bool,
}

/// Width in pixels below which the labels of a cell are stacked.
const STACKED_LABELS_WIDTH_PX: f64 = 190.0;
/// Height of a line of labels in pixels.
const LINE_HEIGHT_PX: f64 = 13.0;

/// Small figures of fits in rows of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fits<'a> {
    /// Figures in the order of rows.
    pub fits: Vec<FitPanel<'a>>,
    /// Number of fits in a row.
    pub columns: usize,
    /// The truth; empty if it is not known.
    pub truth: &'a [f32],
    /// Smallest and largest value that must be visible.
    pub bounds: [f64; 2],
}

impl Fits<'_> {
    /// Number of columns for which each figure is about 1.5 times as wide as high.
    pub fn column_count(fits: usize, (width, height): (f64, f64)) -> usize {
        let wanted = (fits as f64 * width / height.max(1.0) / 1.5).sqrt();
        // Smallest number of columns with the same number of rows.
        let columns = (wanted.ceil().max(1.0) as usize).min(fits.max(1));
        fits.max(1).div_ceil(fits.max(1).div_ceil(columns))
    }

    fn cell(&self, k: usize, (width, height): (f64, f64)) -> Panel {
        let columns = self.columns.max(1);
        let rows = self.fits.len().div_ceil(columns).max(1);
        let (w, h) = (width / columns as f64, height / rows as f64);
        let (left, top) = ((k % columns) as f64 * w, (k / columns) as f64 * h);
        let [low, high] = self.bounds;
        let span = if high > low { high - low } else { 1.0 };
        Panel {
            left: left + 8.0,
            top: top + 8.0,
            right: left + w - 8.0,
            bottom: top + h - 24.0 - if w < STACKED_LABELS_WIDTH_PX { LINE_HEIGHT_PX } else { 0.0 },
            x: PlotAxis::linear(0.0, 1.0),
            y: PlotAxis::linear(low - 0.14 * span, high + 0.1 * span),
        }
    }
}

fn on_grid(values: &[f32]) -> impl Iterator<Item = (f64, f64)> + '_ {
    let last = values.len().max(2) - 1;
    values.iter().enumerate().map(move |(i, &y)| (i as f64 / last as f64, y.into()))
}

impl Figure for Fits<'_> {
    fn numbers(&self, put: &mut dyn FnMut(&str, &[f64])) {
        for fit in &self.fits {
            on_grid(fit.fit).for_each(|(x, y)| put(&fit.name, &[x, y]));
        }
    }

    fn panel(&self, size: (f64, f64)) -> Panel {
        self.cell(0, size)
    }

    fn draw(&self, on: &Surface) -> DrawResult {
        let theme = on.theme;
        for (k, fit) in self.fits.iter().enumerate() {
            let cell = self.cell(k, on.size);
            let below = cell.bottom + 10.0;
            on.line(&[(cell.left, cell.bottom), (cell.right, cell.bottom)], with_opacity(theme.grid, 1.0), 1.0)?;
            cell.curve(on, on_grid(self.truth), with_opacity(theme.ink, if fit.fit.is_empty() { 0.25 } else { 0.8 }), 1.0)?;
            cell.curve(on, on_grid(fit.fit), with_opacity(theme.accent, 1.0), 2.0)?;
            for &(x, mode) in &fit.minima {
                let value = fit.fit.get((x * (fit.fit.len().max(1) - 1) as f64).round() as usize);
                let at = cell.at(x, value.map_or(f64::NAN, |&y| y.into()));
                if (cell.top..=cell.bottom).contains(&at.1) {
                    on.mark(at, 3.5, theme.mode(mode), theme.background)?;
                }
            }
            if fit.chosen {
                on.disc((cell.left + 3.0, below), 3.0, with_opacity(theme.accent, 1.0))?;
            }
            let indent = if fit.chosen { 10.0 } else { 0.0 };
            on.text(
                &fit.name,
                (cell.left + indent, below),
                HPos::Left,
                LABEL_SIZE_PX,
                if fit.chosen { theme.ink } else { theme.soft },
            )?;
            let is_narrow = on.size.0 < STACKED_LABELS_WIDTH_PX * self.columns.max(1) as f64;
            let (words, hold) =
                if is_narrow { ((cell.left, below + LINE_HEIGHT_PX), HPos::Left) } else { ((cell.right, below), HPos::Right) };
            on.text(&fit.words, words, hold, LABEL_SIZE_PX, theme.soft)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Theme, svg};

    #[test]
    fn number_of_fits_in_a_row_follows_shape_of_figure() {
        assert_eq!([1, 2, 10, 40, 100].map(|n| Fits::column_count(n, (1000.0, 330.0))), [1, 2, 5, 8, 15]);
        assert_eq!(Fits::column_count(0, (1000.0, 330.0)), 1);
        assert_eq!(Fits::column_count(10, (360.0, 300.0)), 3);
    }

    #[test]
    fn every_fit_is_named_and_non_finite_fits_are_omitted() {
        let (good, bad) = ([1.0, 0.0, 1.0], [f32::NAN, f32::INFINITY, -1e30]);
        let fits = [&good[..], &bad[..], &[]].into_iter().enumerate();
        let fits = fits
            .map(|(k, fit)| FitPanel { fit, minima: vec![(0.5, k)], name: format!("seed {k}"), ..FitPanel::default() })
            .collect();
        let text = svg(&Fits { fits, columns: 2, truth: &good, bounds: [0.0, 1.0] }, (640, 400), &Theme::LIGHT);
        assert!(["seed 0", "seed 1", "seed 2"].iter().all(|name| text.contains(name)) && !text.contains("NaN"));
    }
}
