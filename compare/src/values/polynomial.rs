//! Polynomials in all inputs, by least squares in products of Legendre polynomials.
//!
//! The degree, the sum of the exponents, is the one with the least sum of squared errors of rows that are left out one by one, which the
//! projection onto the columns gives without refitting: `sum_n (r_n / (1 - h_n))^2` with the diagonal `h` of the projection (Allen, 1974).

use multiwell::loss::training_set::TrainingSet;
use nalgebra::{DMatrix, DVector};

use super::Surface;
use crate::NoFit;

/// Half of the range of an input in the units of the fit.
const HALF: f64 = 3.0;
/// The most terms, whatever the number of rows.
const MOST_TERMS: usize = 400;
/// The most that a polynomial may have of the number of rows.
const SHARE: f64 = 2.0 / 3.0;
/// Degrees above the best one at which the search ends.
const PATIENCE: usize = 8;

/// A fitted polynomial.
#[derive(Debug)]
pub struct Polynomial {
    /// The degree in each input, for each term.
    exponents: Vec<Vec<usize>>,
    coefficients: Vec<f64>,
    degree: usize,
}

/// All exponents of so many inputs with a sum of at most `degree`, in increasing order of the sum.
fn exponents(inputs: usize, degree: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..inputs {
        let longer = |head: &Vec<usize>| {
            let left = degree - head.iter().sum::<usize>();
            (0..=left).map(|last| [&head[..], &[last]].concat()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all.sort_by_key(|term| term.iter().sum::<usize>());
    all
}

/// Number of terms of a polynomial of this degree: `(inputs + degree)! / (inputs! degree!)`.
fn terms(inputs: usize, degree: usize) -> usize {
    (1..=inputs).fold(1.0, |count, k| count * (degree + k) as f64 / k as f64).round() as usize
}

/// Legendre polynomials `P_0` to `P_degree` and their derivatives at `t`, by their recurrence.
fn legendre(t: f64, degree: usize) -> Vec<[f64; 2]> {
    let mut all = vec![[1.0, 0.0], [t, 1.0]];
    for n in 1..degree {
        let ([p, d], [before, d_before]) = (all[n], all[n - 1]);
        let (k, next) = (n as f64, n as f64 + 1.0);
        all.push([((2.0 * k + 1.0) * t * p - k * before) / next, ((2.0 * k + 1.0) * (p + t * d) - k * d_before) / next]);
    }
    all.truncate(degree + 1);
    all
}

/// The terms at a point, and their derivatives by each input.
fn at(exponents: &[Vec<usize>], degree: usize, x: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let along: Vec<Vec<[f64; 2]>> = x.iter().map(|x| legendre(x / HALF, degree)).collect();
    let product = |term: &Vec<usize>, by: Option<usize>| {
        let factor = |(k, &n): (usize, &usize)| {
            let [value, slope] = along[k][n];
            if by == Some(k) { slope / HALF } else { value }
        };
        term.iter().enumerate().map(factor).product::<f64>()
    };
    let values = exponents.iter().map(|term| product(term, None)).collect();
    let slopes = (0..x.len()).map(|k| exponents.iter().map(|term| product(term, Some(k))).collect()).collect();
    (values, slopes)
}

/// The equations: one row for each sample and component that was measured, times the factor of its error.
fn equations(set: &TrainingSet, exponents: &[Vec<usize>], degree: usize) -> (DMatrix<f64>, DVector<f64>) {
    let (slopes, components) = (set.target.slopes(set.inputs), set.target.components(set.inputs));
    let factors = set.factors();
    let (mut rows, mut right) = (Vec::new(), Vec::new());
    for (sample, x) in set.x.chunks_exact(set.inputs).enumerate() {
        let (values, by) = at(exponents, degree, x);
        for component in 0..components {
            let factor = factors[sample * components + component];
            if factor > 0.0 {
                let terms = if component < slopes { &by[component] } else { &values };
                rows.extend(terms.iter().map(|term| factor * term));
                right.push(factor * set.targets[sample * components + component]);
            }
        }
    }
    (DMatrix::from_row_slice(right.len(), exponents.len(), &rows), DVector::from_vec(right))
}

/// The coefficients, and the mean squared error of rows that are left out; `None` where the rows do not determine the polynomial.
fn solved(matrix: DMatrix<f64>, right: &DVector<f64>) -> Option<(Vec<f64>, f64)> {
    let qr = matrix.qr();
    let (q, r) = (qr.q(), qr.r());
    let diagonal = r.diagonal().abs();
    if diagonal.min() < 1e-11 * diagonal.max() {
        return None;
    }
    let onto = q.transpose() * right;
    let errors = right - &q * &onto;
    let left_out = |(row, error): (usize, &f64)| {
        let leverage: f64 = q.row(row).iter().map(|q| q * q).sum();
        (error / (1.0 - leverage).max(1e-9)).powi(2)
    };
    let press = errors.iter().enumerate().map(left_out).sum::<f64>() / right.len() as f64;
    let coefficients = r.solve_upper_triangular(&onto)?;
    Some((coefficients.iter().copied().collect(), press))
}

/// The polynomial of the best degree.
///
/// # Errors
/// If there are too few rows.
pub fn fit(set: &TrainingSet) -> Result<Polynomial, NoFit> {
    // The constant of a potential that is learnt from derivatives is not determined.
    let is_without_constant = set.target.slopes(set.inputs) == set.target.components(set.inputs);
    let rows = set.factors().iter().filter(|factor| **factor > 0.0).count();
    let mut best: Option<(f64, Polynomial)> = None;
    for degree in 1.. {
        let count = terms(set.inputs, degree);
        let is_late = best.as_ref().is_some_and(|(_, best)| degree > best.degree + PATIENCE);
        if count > MOST_TERMS || count as f64 > SHARE * rows as f64 || is_late {
            break;
        }
        let mut exponents = exponents(set.inputs, degree);
        if is_without_constant {
            exponents.remove(0);
        }
        let (matrix, right) = equations(set, &exponents, degree);
        let Some((coefficients, press)) = solved(matrix, &right) else { break };
        if best.as_ref().is_none_or(|(least, _)| press < *least) {
            best = Some((press, Polynomial { exponents, coefficients, degree }));
        }
    }
    best.map(|(_, polynomial)| polynomial).ok_or_else(|| NoFit::because("it needs more rows"))
}

impl Surface for Polynomial {
    fn evaluate(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let inputs = self.exponents[0].len();
        let dot = |terms: &[f64]| terms.iter().zip(&self.coefficients).map(|(t, c)| t * c).sum::<f64>();
        let points = x.len() / inputs;
        let (mut values, mut slopes) = (Vec::with_capacity(points), Vec::with_capacity(x.len()));
        for x in x.chunks_exact(inputs) {
            let (terms, by) = at(&self.exponents, self.degree, x);
            values.push(dot(&terms));
            slopes.extend(by.iter().map(|terms| dot(terms)));
        }
        (values, slopes)
    }

    fn parameters(&self) -> usize {
        self.coefficients.len()
    }

    fn choice(&self) -> String {
        format!("degree {}", self.degree)
    }
}
