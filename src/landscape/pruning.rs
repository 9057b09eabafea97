//! Removal cost of modes that are removed one after another.

use serde::{Deserialize, Serialize};

use super::survey::extrema;
use super::{Bounds, largest_responsibilities, responsible_modes};
use crate::model::Potential;
use crate::model::potential::Outputs;

/// Fit without some of its modes, not trained further. The parameter N stays the initial number of modes, so that Psi does not change where
/// the removed modes had no responsibility.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pruned {
    /// Indices of the removed modes, in order of removal.
    pub removed: Vec<usize>,
    /// Root mean squared error against the truth, or the data.
    pub rmse: f64,
    /// Root mean square difference from the fit with all modes, over the sampled domain.
    pub change: f64,
    /// Number of wells.
    pub wells: usize,
    /// Number of responsible modes.
    pub responsible_modes: usize,
}

/// Mean squared rise of Psi after the removal of a single mode with constant N, for each of `modes` modes. It is the mean over the points
/// of `(log(1 - r_i) / rho)^2`, from responsibilities `[points, modes]`. It is infinite where a mode has a responsibility of 1.
pub fn removal_errors(responsibilities: &[f64], modes: usize, rho: f64) -> Vec<f64> {
    let mut sums = vec![0.0; modes];
    for point in responsibilities.chunks(modes) {
        for (sum, &r) in sums.iter_mut().zip(point) {
            *sum += (-r.min(1.0)).ln_1p().powi(2);
        }
    }
    let points = (responsibilities.len() / modes).max(1) as f64;
    sums.into_iter().map(|sum| sum / (points * rho * rho)).collect()
}

/// Successive removal of modes until one is left. Each step removes the mode with the smallest [`removal_errors`]. Counting the wells of
/// each remaining fit is slow in several inputs, so that each call computes the removal cost of a single step.
#[derive(Debug)]
pub struct Pruning {
    fit: Potential,
    /// Smallest barrier of a well.
    threshold: f64,
    /// Walls at which minima count, as in [`super::WellRule`].
    walls: Vec<[bool; 2]>,
    removed: Vec<usize>,
    /// Index of the mode to be removed next; `None` at the beginning.
    next: Option<usize>,
    /// Values of the fit with all modes; `None` at the beginning.
    full: Option<Vec<f64>>,
}

impl Pruning {
    /// Prepares the removal of modes of a fit whose wells have a barrier above `threshold`, inside `walls` as in [`super::WellRule`].
    pub fn new(fit: Potential, threshold: f64, walls: &[[bool; 2]]) -> Self {
        Self { fit, threshold, walls: walls.to_vec(), removed: Vec::new(), next: None, full: None }
    }

    /// Number of fits whose removal cost has not been computed.
    pub fn left(&self) -> usize {
        self.fit.modes() - self.removed.len() - usize::from(self.full.is_some())
    }

    /// Computes the removal cost of the next fit: first of the fit with all modes, then after one, two, ... removals. Returns the cost, and
    /// Psi at the points of `domain` `[points, inputs]`, over which the change is measured; `None` at the end.
    ///
    /// `test` holds points `[points, inputs]`, the values for the errors, and optional weights with a mean of one. Wells are searched
    /// inside `bounds`.
    pub fn removal_cost(
        &mut self,
        bounds: &[[f64; 2]],
        domain: &[f64],
        test: (&[f64], &[f64], Option<&[f64]>),
    ) -> Option<(Pruned, Vec<f64>)> {
        if self.left() == 0 {
            return None;
        }
        if let Some(mode) = self.next {
            self.removed.push(mode);
            self.fit.close(&[mode]);
        }
        let modes = self.fit.modes();
        let here = self.fit.values(domain, Outputs { modes: true, ..Outputs::default() });
        let weight = |k: usize| test.2.map_or(1.0, |weights| weights[k].sqrt());
        let errors = self.fit.values(test.0, Outputs::default()).psi.into_iter().zip(test.1).enumerate();
        let errors = errors.map(|(k, (a, b))| weight(k) * (a - b));
        let full = self.full.get_or_insert_with(|| here.psi.clone());
        let whole = Bounds { ends: bounds, periodic: &self.fit.periodic() };
        let found = extrema(&self.fit, whole, self.threshold, &self.walls, &|| false);
        let pruned = Pruned {
            removed: self.removed.clone(),
            rmse: rms(errors),
            change: rms(here.psi.iter().zip(&*full).map(|(a, b)| a - b)),
            wells: found.wells(self.threshold),
            responsible_modes: responsible_modes(&largest_responsibilities(&here.responsibilities, modes)),
        };
        let errors = removal_errors(&here.responsibilities, modes, self.fit.rho());
        let present = (0..modes).filter(|k| !self.removed.contains(k));
        self.next = present.min_by(|&a, &b| errors[a].total_cmp(&errors[b]));
        Some((pruned, here.psi))
    }
}

fn rms(numbers: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = numbers.fold((0, 0.0), |(count, sum), x| (count + 1, sum + x * x));
    (sum / f64::from(count.max(1))).sqrt()
}

#[cfg(test)]
mod tests {
    use std::iter::from_fn;

    use super::*;
    use crate::model::model_file::Normalization;
    use crate::model::potential::declared;
    use crate::model::{Architecture, init};

    fn potential() -> (Potential, Vec<f64>) {
        let arch = Architecture::new(1, 5, &[6]);
        let mut params: Vec<f64> = init::paper(&declared(&arch), 3).iter().map(|p| 1.5 * p).collect();
        *params.last_mut().unwrap() = 4.0;
        let fit = Potential::new(&arch, &Normalization { output_scale: 0.5, ..Normalization::identity(1) }, params);
        (fit, (0..101).map(|k| f64::from(k) * 0.06 - 3.0).collect())
    }

    #[test]
    fn removal_errors_equal_mean_square_change() {
        let (mut fit, x) = potential();
        let here = fit.values(&x, Outputs { modes: true, ..Outputs::default() });
        let params = fit.params().to_vec();
        for (mode, expected) in removal_errors(&here.responsibilities, 5, fit.rho()).into_iter().enumerate() {
            fit.set_params(params.clone());
            fit.close(&[mode]);
            let after = fit.values(&x, Outputs::default()).psi;
            let change = rms(after.iter().zip(&here.psi).map(|(a, b)| a - b)).powi(2);
            assert!((change - expected).abs() <= 1e-6 * expected + 1e-14, "{mode}: {change} {expected}");
        }
    }

    #[test]
    fn modes_are_removed_in_order_of_least_change() {
        let (fit, x) = potential();
        let y = fit.values(&x, Outputs::default()).psi;
        let mut pruning = Pruning::new(fit.clone(), 0.01, &[]);
        let (steps, curves): (Vec<_>, Vec<_>) = from_fn(|| pruning.removal_cost(&[[-3.0, 3.0]], &x, (&x, &y, None))).unzip();
        assert_eq!((steps.len(), curves.len(), pruning.left()), (5, 5, 0));
        assert_eq!(curves[0], y);
        for (k, step) in steps.iter().enumerate() {
            assert_eq!(step.removed.len(), k);
            assert_eq!(step.removed[..k.max(1) - 1], steps[k.max(1) - 1].removed);
            assert_eq!(step.rmse, step.change, "the test points are the domain, and the truth is the fit");
        }
        assert_eq!(steps[0].change, 0.0);
        // The removal of modes raises a soft minimum everywhere.
        assert!(steps.windows(2).all(|w| w[1].change >= w[0].change));
        assert_eq!(steps[4].responsible_modes, 1);
        assert_eq!(fit.values(&x, Outputs::default()).psi, y);
    }
}
