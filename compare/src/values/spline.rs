//! Smoothing splines of one and two inputs, and periodic splines of one input. Of all functions, a smoothing spline minimises
//!
//! ```text
//! sum_n (f(x_n) - y_n)^2 + penalty * integral of the squared second derivatives
//! ```
//!
//! It is a natural cubic spline of one input and a thin plate spline of two (Wahba, *Spline Models for Observational Data*, 1990). Its form is
//! `f(x) = sum_n c_n E(|x - x_n|) + d_0 + d x` with `E = r^3` or `r^2 log r`, where `c` is orthogonal to all linear functions. On a circle it is the
//! periodic cubic spline with `E(r) = sum_k cos(k r) / k^4` and `d = 0`. There, only the constant has no bending. The penalty minimises the
//! generalised cross-validation score `n |(1 - A) y|^2 / tr(1 - A)^2`. One decomposition into eigenvectors gives the influence matrix `A` for all
//! penalties.

use std::f64::consts::{PI, TAU};

use multiwell::internal::loss::training_set::TrainingSet;
use nalgebra::{DMatrix, DVector, Dyn, QR, SymmetricEigen};

use super::{FittedSurface, require_equally_weighted_values};
use crate::NoFit;

/// Maximum number of rows. The time of the decomposition of their matrix is proportional to the cube of their number.
pub const MAX_ROWS: usize = 1000;
/// Number of tested penalties.
const PENALTY_COUNT: usize = 121;
/// Smallest ratio of the diagonal entries of the triangular factor of the linear functions. It is smaller if the rows do not determine them.
const MIN_DIAGONAL: f64 = 1e-11;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InputSpace {
    /// One input.
    Line,
    /// One periodic input, with a period of two pi.
    Circle,
    /// Two inputs.
    Plane,
}

impl InputSpace {
    fn inputs(self) -> usize {
        if self == Self::Plane { 2 } else { 1 }
    }

    /// Number of functions without bending: the constant and the linear functions. On a circle, only the constant is periodic.
    fn linear_functions(self) -> usize {
        if self == Self::Circle { 1 } else { self.inputs() + 1 }
    }

    /// Displacement from a knot to a point. On a circle, it is in the positive direction.
    fn way(self, from: &[f64], to: &[f64]) -> Vec<f64> {
        let along = |(from, to): (&f64, &f64)| if self == Self::Circle { (to - from).rem_euclid(TAU) } else { to - from };
        from.iter().zip(to).map(along).collect()
    }

    /// The kernel at a distance.
    fn kernel(self, r: f64) -> f64 {
        match self {
            Self::Line => r * r * r,
            Self::Circle => PI.powi(4) / 90.0 + r * r * (-PI * PI / 12.0 + r * (PI / 12.0 - r / 48.0)),
            Self::Plane if r > 0.0 => r * r * r.ln(),
            Self::Plane => 0.0,
        }
    }

    /// Derivative of the kernel with respect to the distance, divided by the distance.
    fn slope(self, r: f64) -> f64 {
        match self {
            Self::Line => 3.0 * r,
            Self::Circle => -PI * PI / 6.0 + r * (PI / 4.0 - r / 12.0),
            Self::Plane if r > 0.0 => 2.0 * r.ln() + 1.0,
            Self::Plane => 0.0,
        }
    }
}

fn length(way: &[f64]) -> f64 {
    way.iter().map(|d| d * d).sum::<f64>().sqrt()
}

/// A fitted smoothing spline.
#[derive(Debug)]
pub struct SmoothingSpline {
    space: InputSpace,
    /// Points of the rows, `[rows, inputs]`.
    knots: Vec<f64>,
    /// Weight of each row's kernel.
    weights: DVector<f64>,
    /// The constant, and the slope for each input that is not periodic.
    plane: DVector<f64>,
    /// The trace of the influence matrix.
    freedom: f64,
}

/// Returns the fit with the penalty of the minimum score. A periodic input has a period of two pi.
///
/// # Errors
/// If there are derivatives, more than two inputs, two inputs of which one is periodic, or too few rows.
pub fn fit(set: &TrainingSet, periodic: &[bool]) -> Result<SmoothingSpline, NoFit> {
    Smoother::new(set, periodic).map(Smoother::best)
}

/// Matrices that do not depend on the penalty.
struct Smoother {
    space: InputSpace,
    knots: Vec<f64>,
    y: DVector<f64>,
    /// Kernel between all rows, and the factors of the values of the functions without bending at all rows.
    kernel: DMatrix<f64>,
    linear: QR<f64, Dyn, Dyn>,
    /// Eigenvectors of the kernel that are orthogonal to these functions, with their eigenvalues, which are all positive.
    modes: DMatrix<f64>,
    stiffness: DVector<f64>,
}

impl Smoother {
    fn new(set: &TrainingSet, periodic: &[bool]) -> Result<Self, NoFit> {
        require_equally_weighted_values(set)?;
        let (inputs, rows) = (set.inputs, set.samples());
        let space = match (inputs, periodic.contains(&true)) {
            (1, false) => InputSpace::Line,
            (1, true) => InputSpace::Circle,
            (2, false) => InputSpace::Plane,
            (2, true) => return Err(NoFit::unsuitable("with two inputs, its thin plate is not periodic")),
            _ => return Err(NoFit::unsuitable("it takes one or two inputs")),
        };
        if rows < inputs + 3 {
            return Err(NoFit::unsuitable(format!("it takes {} rows or more", inputs + 3)));
        }
        let (place, count) = (|row: usize| &set.x[row * inputs..(row + 1) * inputs], space.linear_functions());
        let kernel = DMatrix::from_fn(rows, rows, |a, b| space.kernel(length(&space.way(place(b), place(a)))));
        let linear = DMatrix::from_fn(rows, count, |row, k| if k == 0 { 1.0 } else { place(row)[k - 1] });
        // The columns of the complete orthogonal factor behind the first ones are orthogonal to the functions without bending. All kernels are
        // positive there.
        let mut factor = DMatrix::identity(rows, rows);
        let qr = linear.qr();
        qr.q_tr_mul(&mut factor);
        let sizes = qr.r().diagonal().abs();
        if sizes.min() < MIN_DIAGONAL * sizes.max() {
            return Err(NoFit::unsuitable("the rows of a table of two inputs lie on one line"));
        }
        let free = factor.transpose().columns(count, rows - count).into_owned();
        let eigen = SymmetricEigen::new(free.transpose() * &kernel * &free);
        let stiffness = eigen.eigenvalues.map(|value| value.max(0.0));
        let modes = free * eigen.eigenvectors;
        Ok(Self {
            space,
            knots: set.x.clone(),
            y: DVector::from_column_slice(&set.targets),
            kernel,
            linear: qr,
            modes,
            stiffness,
        })
    }

    /// The score of a penalty and the trace of its influence matrix.
    fn score(&self, along: &DVector<f64>, penalty: f64) -> (f64, f64) {
        let rows = self.y.len() as f64;
        let (mut square, mut trace) = (0.0, 0.0);
        for (z, stiffness) in along.iter().zip(self.stiffness.iter()) {
            let left = penalty / (stiffness + penalty);
            square += (left * z).powi(2);
            trace += left;
        }
        (rows * square / (trace * trace), rows - trace)
    }

    fn best(self) -> SmoothingSpline {
        let along = self.modes.transpose() * &self.y;
        let largest = self.stiffness.max();
        let penalty = |k: usize| largest * 10.0_f64.powf(-14.0 + 16.0 * k as f64 / (PENALTY_COUNT - 1) as f64);
        let scored = (0..PENALTY_COUNT).map(|k| (self.score(&along, penalty(k)).0, penalty(k)));
        let (_, best) = scored.min_by(|a, b| a.0.total_cmp(&b.0)).expect("there are penalties");
        self.with(best)
    }

    fn with(&self, penalty: f64) -> SmoothingSpline {
        let along = self.modes.transpose() * &self.y;
        let freedom = self.score(&along, penalty).1;
        let bent = DVector::from_fn(along.len(), |k, _| along[k] / (self.stiffness[k] + penalty));
        let weights = &self.modes * bent;
        // After the subtraction of the kernels, a function without bending remains.
        let rest = &self.y - &self.kernel * &weights - &weights * penalty;
        let along = self.linear.q().transpose() * rest;
        let plane = self.linear.r().solve_upper_triangular(&along).expect("the diagonal was checked");
        SmoothingSpline { space: self.space, knots: self.knots.clone(), weights, plane, freedom }
    }
}

impl FittedSurface for SmoothingSpline {
    fn evaluate(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (space, inputs) = (self.space, self.space.inputs());
        let (mut values, mut slopes) = (Vec::with_capacity(x.len() / inputs), Vec::with_capacity(x.len()));
        for x in x.chunks_exact(inputs) {
            let mut value = self.plane[0] + x.iter().zip(self.plane.iter().skip(1)).map(|(x, d)| x * d).sum::<f64>();
            let mut by: Vec<f64> = (1..=inputs).map(|k| self.plane.get(k).copied().unwrap_or(0.0)).collect();
            for (knot, weight) in self.knots.chunks_exact(inputs).zip(&self.weights) {
                let way = space.way(knot, x);
                let r = length(&way);
                value += weight * space.kernel(r);
                let factor = weight * space.slope(r);
                by.iter_mut().zip(way).for_each(|(by, along)| *by += factor * along);
            }
            values.push(value);
            slopes.extend(by);
        }
        (values, slopes)
    }

    fn parameters(&self) -> usize {
        self.weights.len()
    }

    fn choice(&self) -> String {
        format!("{:.0} degrees of freedom", self.freedom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(rows: usize, inputs: usize) -> TrainingSet {
        let x: Vec<f64> = (0..rows * inputs).map(|k| 3.0 * (k as f64 * 1.7).sin()).collect();
        let y = x.chunks_exact(inputs).map(|x| x.iter().map(|x| x.sin()).sum::<f64>()).collect();
        TrainingSet::of_values(x, y, inputs)
    }

    #[test]
    fn spline_with_infinite_penalty_is_least_squares_line() {
        for inputs in [1, 2] {
            let set = wave(30, inputs);
            let smoother = Smoother::new(&set, &[]).unwrap();
            let stiff = smoother.with(1e14);
            let line = (smoother.linear.q() * smoother.linear.r()).svd(true, true).solve(&smoother.y, 1e-12).unwrap();
            let (values, slopes) = stiff.evaluate(&set.x);
            for ((x, value), slopes) in set.x.chunks_exact(inputs).zip(values).zip(slopes.chunks_exact(inputs)) {
                let on_line = line[0] + x.iter().zip(line.iter().skip(1)).map(|(x, d)| x * d).sum::<f64>();
                assert!((value - on_line).abs() < 1e-9, "{value} {on_line}");
                assert!(slopes.iter().zip(line.iter().skip(1)).all(|(a, b)| (a - b).abs() < 1e-9));
            }
            assert!((stiff.freedom - (inputs + 1) as f64).abs() < 1e-6);
        }
    }

    #[test]
    fn spline_without_penalty_interpolates_with_exact_slope() {
        for inputs in [1, 2] {
            let set = wave(40, inputs);
            let spline = Smoother::new(&set, &[]).unwrap().with(1e-9);
            let (values, _) = spline.evaluate(&set.x);
            assert!(values.iter().zip(&set.targets).all(|(a, b)| (a - b).abs() < 1e-6));
            let (h, at) = (1e-5, vec![0.3; inputs]);
            let slopes = spline.evaluate(&at).1;
            for k in 0..inputs {
                let near = |by: f64| {
                    let mut x = at.clone();
                    x[k] += by;
                    spline.evaluate(&x).0[0]
                };
                assert!(((near(h) - near(-h)) / (2.0 * h) - slopes[k]).abs() < 1e-7);
            }
        }
    }

    #[test]
    fn periodic_spline_interpolates_across_boundary() {
        let x: Vec<f64> = (0..24).map(|k| -3.0 + 0.25 * f64::from(k)).collect();
        let wave = |x: f64| (2.0 * x + 0.4).sin() - 0.3 * x.cos();
        let set = TrainingSet::of_values(x.clone(), x.iter().map(|&x| wave(x)).collect(), 1);
        let spline = Smoother::new(&set, &[true]).unwrap().with(1e-12);
        for at in [-PI, -1.03, 0.7, 3.0, PI, 3.3] {
            let (here, there) = (spline.evaluate(&[at]), spline.evaluate(&[at + TAU]));
            assert!((here.0[0] - wave(at)).abs() < 5e-3, "{at}: {} {}", here.0[0], wave(at));
            assert!((here.0[0] - there.0[0]).abs() < 1e-9 && (here.1[0] - there.1[0]).abs() < 1e-9);
            let near = |by: f64| spline.evaluate(&[at + by]).0[0];
            assert!(((near(1e-5) - near(-1e-5)) / 2e-5 - here.1[0]).abs() < 1e-6);
        }
        let stiff = Smoother::new(&set, &[true]).unwrap().with(1e14);
        assert!((stiff.freedom - 1.0).abs() < 1e-6 && (stiff.evaluate(&[0.3]).0[0] - stiff.evaluate(&[2.0]).0[0]).abs() < 1e-9);
    }

    #[test]
    fn chosen_penalty_follows_signal_and_not_noise() {
        let mut set = wave(120, 1);
        let noise: Vec<f64> = (0..120).map(|k| 0.1 * (f64::from(k) * 12.9898).sin() * (f64::from(k) * 78.233).cos()).collect();
        set.targets.iter_mut().zip(&noise).for_each(|(y, e)| *y += e);
        let spline = fit(&set, &[]).unwrap();
        let (values, _) = spline.evaluate(&set.x);
        let rms = |errors: Vec<f64>| (errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64).sqrt();
        let error = rms(set.x.iter().zip(&values).map(|(x, v)| v - x.sin()).collect());
        assert!(error < 0.6 * rms(noise), "{error}");
    }
}
