//! Polynomials in all inputs, by least squares in products of Legendre polynomials. A periodic input has the functions of a Fourier series in place
//! of the polynomials. Cosine and sine of `m` times the angle have degree `m`.
//!
//! The degree is the sum of the exponents. The best degree minimises the sum of squared errors of rows that are left out one by one. The projection
//! onto the columns gives this sum without refitting: `sum_n (r_n / (1 - h_n))^2` with the diagonal `h` of the projection (Allen, 1974).

use multiwell::internal::loss::training_set::TrainingSet;
use nalgebra::{DMatrix, DVector};

use super::{FittedSurface, MethodData};
use crate::NoFit;
use multiwell::internal::numerics::statistics::sort_by;

/// Half of the range of an input in the units of the fit.
const HALF_RANGE: f64 = 3.0;
/// Maximum number of rows. For each degree, least squares take their number times the squared number of terms.
pub const MAX_ROWS: usize = 10_000;
/// Maximum number of terms for any number of rows.
const MAX_TERMS: usize = 400;
/// Maximum ratio of the number of terms to the number of rows.
const MAX_TERM_RATIO: f64 = 2.0 / 3.0;
/// Distance above the best degree at which the search ends.
const DEGREES_BEYOND_BEST: usize = 8;

/// A fitted polynomial.
#[derive(Debug)]
pub struct Polynomial {
    /// For each term, the index of the function of each input.
    terms: Vec<Vec<usize>>,
    coefficients: Vec<f64>,
    degree: usize,
    /// For each input, whether it is periodic; empty if none is.
    periodic: Vec<bool>,
}

fn is_periodic(periodic: &[bool], input: usize) -> bool {
    periodic.get(input).is_some_and(|&is_periodic| is_periodic)
}

/// All products of functions of the inputs with a degree of at most `degree`, in increasing order of the degree.
fn terms(inputs: usize, periodic: &[bool], degree: usize) -> Vec<Vec<usize>> {
    // The functions of a Fourier series are 1, cosine, sine, and so on. Their degree is the multiple of the angle.
    let degree_of = |(k, &n): (usize, &usize)| if is_periodic(periodic, k) { n.div_ceil(2) } else { n };
    let size = |term: &[usize]| term.iter().enumerate().map(degree_of).sum::<usize>();
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for input in 0..inputs {
        let longer = |head: &Vec<usize>| {
            let left = degree - size(head);
            let last = if is_periodic(periodic, input) { 2 * left } else { left };
            (0..=last).map(|last| [&head[..], &[last]].concat()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    sort_by(&mut all, |term| size(term) as f64);
    all
}

/// Functions 1, cosine, sine, cosine of twice the angle, and so on, up to `degree` times the angle, with their derivatives.
fn fourier(angle: f64, degree: usize) -> Vec<[f64; 2]> {
    let pair = |m: usize| {
        let m = m as f64;
        let (sine, cosine) = (m * angle).sin_cos();
        [[cosine, -m * sine], [sine, m * cosine]]
    };
    std::iter::once([1.0, 0.0]).chain((1..=degree).flat_map(pair)).collect()
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

impl Polynomial {
    /// Terms at a point, and their derivatives with respect to each input.
    fn at(&self, x: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
        let along = |(k, &x): (usize, &f64)| {
            let is_periodic = is_periodic(&self.periodic, k);
            if is_periodic { fourier(x, self.degree) } else { legendre(x / HALF_RANGE, self.degree) }
        };
        let along: Vec<Vec<[f64; 2]>> = x.iter().enumerate().map(along).collect();
        let product = |term: &Vec<usize>, by: Option<usize>| {
            let factor = |(k, &n): (usize, &usize)| {
                let [value, slope] = along[k][n];
                let unit = if is_periodic(&self.periodic, k) { 1.0 } else { HALF_RANGE };
                if by == Some(k) { slope / unit } else { value }
            };
            term.iter().enumerate().map(factor).product::<f64>()
        };
        let values = self.terms.iter().map(|term| product(term, None)).collect();
        let slopes = (0..x.len()).map(|k| self.terms.iter().map(|term| product(term, Some(k))).collect()).collect();
        (values, slopes)
    }

    /// Equations: one row for each measured component of a sample, times the factor of its error.
    fn equations(&self, set: &TrainingSet) -> (DMatrix<f64>, DVector<f64>) {
        let (slopes, components) = (set.target.slopes(set.inputs), set.target.components(set.inputs));
        let factors = set.factors();
        let (mut rows, mut right) = (Vec::new(), Vec::new());
        for (sample, x) in set.x.chunks_exact(set.inputs).enumerate() {
            let (values, by) = self.at(x);
            for component in 0..components {
                let factor = factors[sample * components + component];
                if factor > 0.0 {
                    let terms = if component < slopes { &by[component] } else { &values };
                    rows.extend(terms.iter().map(|term| factor * term));
                    right.push(factor * set.targets[sample * components + component]);
                }
            }
        }
        (DMatrix::from_row_slice(right.len(), self.terms.len(), &rows), DVector::from_vec(right))
    }
}

/// Coefficients, and the mean squared error of rows that are left out. Returns `None` if the rows do not determine the polynomial.
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

/// Returns the polynomial of the best degree, or a Fourier series in periodic inputs, whose period is two pi in the units of the fit.
///
/// # Errors
/// If there are too few rows, or if the user has stopped it.
pub fn fit(set: &TrainingSet, task: &MethodData) -> Result<Polynomial, NoFit> {
    let periodic = &task.data.periodic();
    // The constant of a potential that is learnt from derivatives is not determined.
    let is_without_constant = set.target.slopes(set.inputs) == set.target.components(set.inputs);
    let rows = set.factors().iter().filter(|factor| **factor > 0.0).count();
    let mut best: Option<(f64, Polynomial)> = None;
    for degree in 1.. {
        if (task.is_stopped)() {
            return Err(NoFit::Stopped);
        }
        let mut terms = terms(set.inputs, periodic, degree);
        let count = terms.len();
        let is_late = best.as_ref().is_some_and(|(_, best)| degree > best.degree + DEGREES_BEYOND_BEST);
        if count > MAX_TERMS || count as f64 > MAX_TERM_RATIO * rows as f64 || is_late {
            break;
        }
        if is_without_constant {
            terms.remove(0);
        }
        let mut polynomial = Polynomial { terms, coefficients: Vec::new(), degree, periodic: periodic.clone() };
        let (matrix, right) = polynomial.equations(set);
        let Some((coefficients, press)) = solved(matrix, &right) else { break };
        if best.as_ref().is_none_or(|(least, _)| press < *least) {
            polynomial.coefficients = coefficients;
            best = Some((press, polynomial));
        }
    }
    best.map(|(_, polynomial)| polynomial).ok_or_else(|| NoFit::unsuitable("it needs more rows"))
}

impl FittedSurface for Polynomial {
    fn evaluate(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let inputs = self.terms[0].len();
        let dot = |terms: &[f64]| terms.iter().zip(&self.coefficients).map(|(t, c)| t * c).sum::<f64>();
        let points = x.len() / inputs;
        let (mut values, mut slopes) = (Vec::with_capacity(points), Vec::with_capacity(x.len()));
        for x in x.chunks_exact(inputs) {
            let (terms, by) = self.at(x);
            values.push(dot(&terms));
            slopes.extend(by.iter().map(|terms| dot(terms)));
        }
        (values, slopes)
    }

    fn parameters(&self) -> usize {
        self.coefficients.len()
    }

    fn choice(&self) -> String {
        let what = if self.periodic.contains(&true) { "Fourier series of degree" } else { "degree" };
        format!("{what} {}", self.degree)
    }
}
