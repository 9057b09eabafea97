//! Checks of a fit by the data of its run that do not depend on the fit: the wells that they support, and the error expected on fresh rows.

use std::rc::Rc;

use super::run::Run;
use crate::landscape::support::{Evidence, judge};
use crate::landscape::{Extrema, well_threshold};
use crate::numerics::gaussian_process::GaussianProcess;
use crate::numerics::statistics::moments;
use crate::problem::metrics::HeldOut;

/// Largest number of places at which the error on fresh rows is estimated.
const MAX_PLACES: usize = 400;
/// Largest number of rows whose noise may be far from its estimate, and the part of the spread above which noise matters.
const FEW_ROWS: usize = 50;
const NOISE_THAT_MATTERS: f64 = 0.01;

impl Run {
    /// Marks the wells that the data do not support, and returns the smallest barrier of a well. Derivatives and densities are not judged here.
    pub(super) fn judge(&self, found: &mut Extrema) -> f64 {
        let threshold = self.threshold();
        if self.data.is_model {
            return self.evaluation.recall(found);
        }
        if self.ended.is_none() || self.data.is_density || self.data.gradient.is_some() {
            return threshold;
        }
        let rows = self.plotted();
        let resolution = well_threshold(rows.std(), 0.0);
        let sigma = rows.sigma();
        let sigmas: Vec<f64> = rows.relative_sigmas().iter().map(|ratio| ratio * sigma).collect();
        let y = rows.y.to_vec();
        let surrogate = |ceiling: f64| self.surrogate(ceiling).map(|found| (*found).clone());
        let bounds = self.evaluation.whole();
        judge(found, threshold, &Evidence { bounds, x: &rows.x, y: &y, sigmas: &sigmas, resolution, surrogate: &surrogate })
    }

    /// The Gaussian process through the rows at which the fit is at most as high as a ceiling; through all, if these are few.
    fn surrogate(&self, ceiling: f64) -> Option<Rc<GaussianProcess>> {
        let position = self.position();
        if let Some((at, height, found)) = &*self.surrogate.borrow()
            && (*at, *height) == (position, ceiling)
        {
            return found.clone();
        }
        let rows = if self.inputs() == 1 { self.data() } else { self.plotted() };
        let (psi, _) = self.evaluation.values_on(&self.params(), rows);
        let low: Vec<usize> = (0..psi.len()).filter(|&row| psi[row] <= ceiling).collect();
        let rows = if low.len() >= FEW_ROWS { &rows.only(&low) } else { rows };
        let x: Vec<f64> = rows.x.iter().copied().collect();
        let weights = rows.row_weights();
        let found = GaussianProcess::new(self.evaluation.whole(), &x, &rows.y.to_vec(), weights.as_deref()).map(Rc::new);
        *self.surrogate.borrow_mut() = Some((position, ceiling, found.clone()));
        found
    }

    /// The errors expected on fresh rows between those of the fit, where noise matters and no rows are held out: mean over places among the rows of
    /// the squared difference of the fit from the Gaussian process, of the variance of the latter, and of the noise.
    pub(super) fn expected_errors(&self) -> Option<HeldOut> {
        let rows = self.plotted();
        let is_judged = self.held_out.is_none() && self.truth.is_none() && !self.data.is_model && !self.data.is_density;
        let std = rows.std();
        if !is_judged || rows.gradient.is_some() || std <= 0.0 {
            return None;
        }
        if rows.samples() >= FEW_ROWS && rows.sigma() <= NOISE_THAT_MATTERS * std {
            return None;
        }
        let known = self.surrogate.borrow().as_ref().filter(|known| known.0 == self.position()).map(|known| known.1);
        let ceiling = known.unwrap_or(f64::INFINITY);
        let surrogate = self.surrogate(ceiling)?;
        let (places, count) = self.beside_rows();
        let psi = self.potential().values(&places, crate::model::potential::Outputs::default()).psi;
        let below: Vec<usize> = (0..count).filter(|&k| psi[k] <= ceiling).collect();
        let inputs = self.inputs();
        let error = |&k: &usize| {
            let posterior = surrogate.at(&places[k * inputs..(k + 1) * inputs]);
            (psi[k] - posterior.mean[0]).powi(2) + posterior.variance(0)
        };
        let misfit = below.iter().map(error).sum::<f64>() / below.len().max(1) as f64;
        let mse = misfit + surrogate.noise_variance();
        let variance = moments(&rows.y.to_vec()).1.powi(2);
        let r2 = (1.0 - mse / variance).max(-1.0);
        Some(HeldOut { rows: 0, rmse: mse.sqrt(), r2: Some(r2), r2_components: Vec::new(), rmse_components: Vec::new() })
    }

    /// Places among the rows, and their number: beside each of some rows, as far from it as the nearest other row and on the other side, which is how
    /// far a fresh row lies from those of the fit.
    fn beside_rows(&self) -> (Vec<f64>, usize) {
        let (rows, whole) = (self.plotted(), self.evaluation.whole());
        let every = rows.samples().div_ceil(MAX_PLACES);
        let all: Vec<Vec<f64>> = rows.x.rows().into_iter().map(|row| row.to_vec()).collect();
        let beside = |(k, row): (usize, &Vec<f64>)| {
            let scaled = |other: &Vec<f64>| -> f64 {
                let way = whole.way(row, other).into_iter().zip(whole.ends);
                way.map(|(d, [low, high])| (d / (high - low)).powi(2)).sum()
            };
            let others = all.iter().enumerate().filter(|(other, at)| *other != k && *at != row).map(|(_, other)| other);
            let nearest = others.min_by(|a, b| scaled(a).total_cmp(&scaled(b)))?;
            let away = row.iter().zip(whole.way(row, nearest)).zip(whole.ends);
            Some(away.map(|((x, d), [low, high])| (x - d).clamp(*low, *high)).collect::<Vec<f64>>())
        };
        let places: Vec<Vec<f64>> = all.iter().enumerate().step_by(every).filter_map(beside).collect();
        (places.concat(), places.len())
    }
}
