//! Strip of residuals below the landscape: the differences of the fit from the truth, or from the data if the truth is not known.

use super::{Dots, LandscapeFigure, MAX_DOTS};
use crate::plot::palette::with_opacity;
use crate::plot::panel::Panel;
use crate::plot::residual;
use crate::plot::surface::{DrawResult, Surface};

/// Lower end of the plot area and the strip, which share the horizontal axis, in a figure of this size.
pub fn below(size: (f64, f64)) -> f64 {
    (size.1 - 40.0).max(40.0)
}

impl LandscapeFigure<'_> {
    /// Height of the strip of residuals with the gap above it, in a figure of this height.
    pub(super) fn room(&self, height: f64) -> f64 {
        let is_seen = self.drawing.is_none() && self.tilt == 0.0 && self.particles.is_empty() && !self.fit.is_empty();
        let is_known = !self.truth.is_empty() || (self.dots == Dots::Values && self.data_y.iter().any(|y| y.is_finite()));
        if is_seen && is_known && height >= 260.0 { residual::room(height - 64.0) } else { 0.0 }
    }

    /// Draws the differences of the fit from the truth, or from the data if the truth is not known.
    pub(super) fn residuals(&self, on: &Surface, panel: &Panel) -> DrawResult {
        let room = self.room(on.size.1);
        if room == 0.0 {
            return Ok(());
        }
        let has_truth = self.truth.len() == self.fit.len();
        let every = self.data_x.len().div_ceil(MAX_DOTS).max(1);
        let off: Vec<(f64, f64)> = if has_truth {
            let pairs = self.fit.iter().zip(self.truth).enumerate();
            pairs.map(|(i, (fit, truth))| (self.x(i, self.fit.len()), f64::from(fit - truth))).collect()
        } else {
            let data = self.data_x.iter().zip(self.data_y).step_by(every);
            data.map(|(&x, &y)| (x.into(), self.height(x.into(), f64::NAN) - f64::from(y))).collect()
        };
        let shown = off.iter().filter(|(x, _)| panel.x.shows(*x));
        let most = shown.map(|(_, off)| off.abs()).filter(|off| off.is_finite()).fold(0.0, f64::max);
        let strip = residual::frame(on, panel, room, if has_truth { "fit − truth" } else { "fit − data" }, most)?;
        if has_truth {
            return strip.curve(on, off.into_iter(), with_opacity(on.theme.accent, 1.0), 1.25);
        }
        let places = off.into_iter().map(|(x, y)| strip.at(x, y));
        places.filter(|at| strip.contains(*at)).try_for_each(|at| on.disc(at, 1.25, with_opacity(on.theme.accent, 0.6)))
    }
}
