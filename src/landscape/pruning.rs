//! The cost of removing modes one after another.

use serde::{Deserialize, Serialize};

use super::{largest_responsibilities, of_fit, responsible_modes};
use crate::model::Potential;
use crate::model::potential::Outputs;

/// A fit without some of its modes, not trained further. N stays the number of modes offered, so Psi does not change where the
/// removed modes had no responsibility.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pruned {
    /// The removed modes, in order of removal.
    pub removed: Vec<usize>,
    /// Root mean squared error against the truth, or the data.
    pub rmse: f64,
    /// Root mean square change from the fit with all modes, over the sampled domain.
    pub change: f64,
    /// Number of its wells.
    pub wells: usize,
    /// Number of its responsible modes.
    pub responsible_modes: usize,
}

/// The mean squared rise of Psi if a single mode is removed and N stays, for each of `modes` modes: the mean over the points of
/// `(log(1 - r_i) / rho)^2`, from responsibilities `[points, modes]`. Infinite where a mode has a responsibility of 1.
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

/// Removes modes one after another until one is left, each time the mode with the smallest [`removal_errors`] over `domain`
/// (points `[points, inputs]`). Returns the fit after each removal, from none on, and its values of Psi at these points,
/// `[steps, points]`.
///
/// `test` holds points `[points, inputs]`, the values that errors are measured against, and weights with a mean of one, if there are such. Wells have a barrier above
/// `threshold` and are searched inside `bounds`.
pub fn pruning(
    fit: &Potential,
    bounds: &[[f64; 2]],
    threshold: f64,
    domain: &[f64],
    test: (&[f64], &[f64], Option<&[f64]>),
) -> (Vec<Pruned>, Vec<f64>) {
    let (modes, rho) = (fit.modes(), fit.rho());
    let mut fit = fit.clone();
    let mut steps: Vec<Pruned> = Vec::new();
    let mut curves: Vec<f64> = Vec::new();
    let mut removed: Vec<usize> = Vec::new();
    loop {
        let here = fit.values(domain, Outputs { modes: true, ..Outputs::default() });
        let weight = |k: usize| test.2.map_or(1.0, |weights| weights[k].sqrt());
        let errors = fit.values(test.0, Outputs::default()).psi.into_iter().zip(test.1).enumerate();
        let errors = errors.map(|(k, (a, b))| weight(k) * (a - b));
        let full = if curves.is_empty() { &here.psi } else { &curves[..here.psi.len()] };
        let change = rms(here.psi.iter().zip(full).map(|(a, b)| a - b));
        steps.push(Pruned {
            removed: removed.clone(),
            rmse: rms(errors),
            change,
            wells: of_fit(&fit, bounds, threshold).wells(threshold),
            responsible_modes: responsible_modes(&largest_responsibilities(&here.responsibilities, modes)),
        });
        curves.extend(here.psi);
        if removed.len() + 1 >= modes {
            break;
        }
        let removal_errors = removal_errors(&here.responsibilities, modes, rho);
        let left = (0..modes).filter(|k| !removed.contains(k));
        let least = left.min_by(|&a, &b| removal_errors[a].total_cmp(&removal_errors[b])).expect("more than one is left");
        removed.push(least);
        fit.close(&[least]);
    }
    (steps, curves)
}

fn rms(numbers: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = numbers.fold((0, 0.0), |(count, sum), x| (count + 1, sum + x * x));
    (sum / f64::from(count.max(1))).sqrt()
}

#[cfg(test)]
mod tests {
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
    fn removal_errors_are_the_mean_square_of_what_a_removal_changes() {
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
    fn modes_go_in_the_order_of_least_change_until_one_is_left_and_the_fit_stays() {
        let (fit, x) = potential();
        let y = fit.values(&x, Outputs::default()).psi;
        let (steps, curves) = pruning(&fit, &[[-3.0, 3.0]], 0.01, &x, (&x, &y, None));
        assert_eq!((steps.len(), curves.len()), (5, 5 * x.len()));
        assert_eq!(curves[..x.len()], y);
        for (k, step) in steps.iter().enumerate() {
            assert_eq!(step.removed.len(), k);
            assert_eq!(step.removed[..k.max(1) - 1], steps[k.max(1) - 1].removed);
            assert_eq!(step.rmse, step.change, "the test points are the domain, and the truth is the fit");
        }
        assert_eq!(steps[0].change, 0.0);
        // Removing modes raises a soft minimum everywhere.
        assert!(steps.windows(2).all(|w| w[1].change >= w[0].change));
        assert_eq!(steps[4].responsible_modes, 1);
        assert_eq!(fit.values(&x, Outputs::default()).psi, y);
    }
}
