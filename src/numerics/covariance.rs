//! Covariance of fitted parameters by the Gauss-Newton approximation, and variance of quantities that depend on them (the delta method).
//!
//! With errors `r` of variance `s^2` and their Jacobian `J` with respect to the parameters, the covariance is
//!
//! ```text
//! C = s^2 (J^T J + lambda I)^-1,    lambda = alpha s^2
//! ```
//!
//! where alpha is the precision of a normal prior of the parameters. The data do not determine some directions in the parameter space of a
//! network. Without a prior their variance would be infinite. Alpha and `s^2` maximise the evidence (`MacKay`, 1992):
//! `alpha = gamma / |w|^2` and `s^2 = |r|^2 / (n - gamma)`. Here `gamma = sum_k d_k / (d_k + lambda)`, with the eigenvalues d of `J^T J`,
//! is the number of parameters that the data determine.
//!
//! The smaller one of two equivalent systems is solved: `J^T J + lambda I` over the parameters, or `J J^T + lambda I` over the errors.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::linear::{dot, factorize, gram, inverse_of_factor, substitute};

/// Largest number of iterations for alpha and the variance, and relative change of `gamma` at convergence.
const MAX_ROUNDS: usize = 30;
const GAMMA_TOLERANCE: f64 = 0.01;

/// The covariance of parameters.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Covariance {
    /// Jacobian `[rows, params]`, scaled so that its rows represent all errors. Empty unless the system is the one over the rows.
    rows: Vec<f64>,
    /// True if the system is the one over the rows.
    dual: bool,
    /// Cholesky factor of the system.
    factor: Vec<f64>,
    lambda: f64,
    variance: f64,
    degrees_of_freedom: f64,
    /// Step that would reduce the errors further: `-(J^T J + lambda I)^-1 J^T r`.
    step: Vec<f64>,
}

impl Covariance {
    /// Computes the covariance from errors, their Jacobian `[errors, params]`, and the parameters. The errors represent `samples` errors of
    /// the same kind, and determine their variance.
    ///
    /// `None` if the number of errors does not exceed the number of parameters that they determine, or if a number is not finite.
    pub fn of_errors(jacobian: Vec<f64>, errors: &[f64], samples: f64, params: &[f64]) -> Option<Self> {
        let mean = dot(errors, errors) / errors.len().max(1) as f64;
        let mut descent = vec![0.0; params.len()];
        for (row, error) in jacobian.chunks_exact(params.len().max(1)).zip(errors) {
            add(&mut descent, row, -error * samples / errors.len() as f64);
        }
        Self::from_scores(jacobian, samples, params, &descent, |gamma| mean * samples / (samples - gamma))
    }

    /// Computes the covariance from scores `[rows, params]`, the derivatives of log-likelihoods with respect to the parameters. The
    /// rows represent `samples` scores of the same kind. `ascent` is the derivative of the log-likelihood of all samples.
    ///
    /// `None` as for [`Covariance::of_errors`].
    pub fn of_scores(scores: Vec<f64>, ascent: &[f64], samples: f64, params: &[f64]) -> Option<Self> {
        Self::from_scores(scores, samples, params, ascent, |_| 1.0)
    }

    fn from_scores(
        mut rows: Vec<f64>,
        samples: f64,
        params: &[f64],
        ascent: &[f64],
        variance: impl Fn(f64) -> f64,
    ) -> Option<Self> {
        let width = params.len();
        let count = rows.len().checked_div(width).filter(|&count| count > 0)?;
        let weight = (samples / count as f64).sqrt();
        for entry in &mut rows {
            *entry *= weight;
        }
        let (dual, extent) = (count < width, count.min(width));
        let table = ArrayView2::from_shape((count, width), &rows).ok()?;
        let system = gram(&if dual { table.reversed_axes() } else { table });
        let length = dot(params, params).max(f64::MIN_POSITIVE);
        let mut gamma = 0.5 * extent as f64;
        for _ in 0..MAX_ROUNDS {
            let variance = variance(gamma);
            let lambda = variance * gamma / length;
            let mut factor = system.clone();
            (0..extent).for_each(|k| factor[k * extent + k] += lambda);
            factorize(&mut factor, extent)?;
            // The trace of (L L^T)^-1 is the sum of the squared entries of L^-1.
            let inverse = inverse_of_factor(&factor, extent);
            let before = std::mem::replace(&mut gamma, extent as f64 - lambda * dot(&inverse, &inverse));
            let degrees_of_freedom = samples - gamma;
            let is_sound = variance > 0.0 && variance.is_finite() && gamma > 0.0 && degrees_of_freedom > 0.0;
            if !is_sound {
                return None;
            }
            if (gamma - before).abs() <= GAMMA_TOLERANCE * gamma {
                let rows = if dual { rows } else { Vec::new() };
                let mut found = Self { rows, dual, factor, lambda, variance, degrees_of_freedom, step: Vec::new() };
                found.step = found.solve(ascent);
                return Some(found);
            }
        }
        None
    }

    /// Solution of `(J^T J + lambda I) x = b`.
    fn solve(&self, b: &[f64]) -> Vec<f64> {
        let mut solution = b.to_vec();
        if self.dual {
            let mut through: Vec<f64> = self.rows.chunks_exact(b.len()).map(|row| dot(row, b)).collect();
            substitute(&self.factor, &mut through);
            self.rows.chunks_exact(b.len()).zip(&through).for_each(|(row, t)| add(&mut solution, row, -t));
            for x in &mut solution {
                *x /= self.lambda;
            }
        } else {
            substitute(&self.factor, &mut solution);
        }
        solution
    }

    /// First-order change of a quantity with this derivative with respect to the parameters, if the errors were reduced further. It
    /// is zero at a minimum of the sum of squares, and not zero if training stopped before the minimum.
    pub fn change(&self, slope: &[f64]) -> f64 {
        dot(&self.step, slope)
    }

    /// Number of errors minus the number of parameters that they determine.
    pub fn degrees_of_freedom(&self) -> f64 {
        self.degrees_of_freedom
    }

    /// Returns true if the data determine a quantity with this derivative with respect to the parameters: its variance is
    /// less than half of that by the prior alone.
    pub fn determines(&self, slope: &[f64]) -> bool {
        self.lambda * dot(slope, &self.solve(slope)) < 0.5 * dot(slope, slope)
    }

    /// Variance of a quantity with this derivative with respect to the parameters.
    pub fn variance(&self, slope: &[f64]) -> f64 {
        self.variance * dot(slope, &self.solve(slope)).max(0.0)
    }
}

/// Adds `factor b` to `a`.
fn add(a: &mut [f64], b: &[f64], factor: f64) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += factor * b);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line through noisy values: columns 1 and x, and errors that are orthogonal to both.
    fn line(samples: usize) -> (Vec<f64>, Vec<f64>) {
        let x = |k: usize| (k as f64 + 0.5) / samples as f64 - 0.5;
        let jacobian = (0..samples).flat_map(|k| [1.0, x(k)]).collect();
        // With period four, its sums with 1 and x vanish.
        let errors = (0..samples).map(|k| [0.1, -0.1, -0.1, 0.1][k % 4]).collect();
        (jacobian, errors)
    }

    #[test]
    fn variances_of_line_fit_match_closed_form() {
        let n = 400;
        let (jacobian, errors) = line(n);
        // The parameters are large, so that the prior is weak.
        let found = Covariance::of_errors(jacobian, &errors, n as f64, &[1e3, 1e3]).expect("determined");
        let variance = 0.01 * n as f64 / (n as f64 - 2.0);
        assert!((found.variance / variance - 1.0).abs() < 1e-6 && (found.degrees_of_freedom() - 398.0).abs() < 1e-3);
        assert!((found.variance(&[1.0, 0.0]) / (variance / n as f64) - 1.0).abs() < 1e-6);
        assert!((found.variance(&[0.0, 1.0]) / (12.0 * variance / n as f64) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn primal_and_dual_systems_give_same_variances() {
        // Nine errors of six parameters. The second system has further parameters without an effect, so that there are more parameters than
        // errors.
        let numbers: Vec<f64> = (0..54).map(|k| ((f64::from(k) + 1.3) * 0.77).sin()).collect();
        let errors: Vec<f64> = (0..9).map(|k| 0.1 * (f64::from(k) * 2.1).cos()).collect();
        let params = [1.0, -2.0, 0.5, 1.5, -1.0, 2.0];
        let primal = Covariance::of_errors(numbers.clone(), &errors, 90.0, &params).expect("determined");
        let wide: Vec<f64> = numbers.chunks(6).flat_map(|row| row.iter().copied().chain([0.0; 5])).collect();
        let more: Vec<f64> = params.into_iter().chain([0.0; 5]).collect();
        let dual = Covariance::of_errors(wide, &errors, 90.0, &more).expect("determined");
        assert!(!primal.dual && dual.dual);
        for k in 0..6 {
            let slope: Vec<f64> = (0..11).map(|j| f64::from(u8::from(j == k)) + 0.1 * f64::from(u8::from(j == 0))).collect();
            let (a, b) = (primal.variance(&slope[..6]), dual.variance(&slope));
            // Both iterations stop when gamma has converged to one per cent.
            assert!((a / b - 1.0).abs() < 0.05, "{k}: {a} {b}");
        }
    }

    #[test]
    fn unobserved_directions_are_not_determined() {
        // The third of three parameters has no effect at any row.
        let (jacobian, errors) = line(400);
        let jacobian = jacobian.chunks(2).flat_map(|row| [row[0], row[1], 0.0]).collect();
        let found = Covariance::of_errors(jacobian, &errors, 400.0, &[1e3, 1e3, 1.0]).expect("determined");
        assert!(found.determines(&[1.0, 0.0, 0.0]) && found.determines(&[0.0, 1.0, 0.1]));
        assert!(!found.determines(&[0.0, 0.0, 1.0]) && !found.determines(&[0.1, 0.0, 1.0]));
    }

    #[test]
    fn change_by_further_steps_is_predicted() {
        // The errors rise with x: the slope of the line is too large by 0.3.
        let (jacobian, mut errors) = line(400);
        errors.iter_mut().zip(jacobian.chunks(2)).for_each(|(error, row)| *error += 0.3 * row[1]);
        let found = Covariance::of_errors(jacobian, &errors, 400.0, &[1e3, 1e3]).expect("determined");
        assert!((found.change(&[0.0, 1.0]) + 0.3).abs() < 1e-6 && found.change(&[1.0, 0.0]).abs() < 1e-6);
    }

    #[test]
    fn undetermined_systems_have_no_covariance() {
        assert!(Covariance::of_errors(Vec::new(), &[], 0.0, &[1.0]).is_none());
        assert!(Covariance::of_errors(vec![1.0, f64::NAN], &[0.1, 0.1], 2.0, &[1.0]).is_none());
        assert!(Covariance::of_errors(vec![1.0, 2.0], &[0.0, 0.0], 2.0, &[1.0]).is_none(), "no error at all");
    }
}
