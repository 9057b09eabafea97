//! Compiled formulas: value, first and second derivatives at a point, and the potential of a field.

use std::sync::{Mutex, PoisonError};

use super::domain::{Domain, check, check_field, point};
use super::error::FormulaError;
use super::points::FormulaPoints;
use super::record::RecordedFormula;
use crate::graph::NodeId;
use crate::potentials::sampling::spread;
use crate::text::number;

/// Fraction of the way to a point inside the domain at which a derivative is taken if it does not exist at the point itself.
const INWARD_FRACTION: f64 = 1e-8;
/// Number of quadrature nodes in each piece of a line.
const QUADRATURE_NODES: usize = 32;
/// Largest number of pieces, and relative difference at convergence.
const MAX_PIECES: usize = 16;
const QUADRATURE_TOLERANCE: f64 = 1e-12;
/// Number of points at which a periodic formula is compared with itself, and largest difference by rounding, relative to its largest value.
const SAMPLED_POINTS: usize = 200;
const REPETITION_TOLERANCE: f64 = 1e-8;

/// Formula that can be evaluated at any point, from any thread.
#[derive(Debug)]
pub(super) struct Compiled {
    value: Mutex<FormulaPoints>,
    slope: Mutex<FormulaPoints>,
    curved: Mutex<FormulaPoints>,
    /// Quadrature for the potential of a field; `None` for a potential.
    line: Option<LineQuadrature>,
    /// Point inside the domain.
    inside: Vec<f64>,
    centre: Vec<f64>,
}

impl Compiled {
    /// Compiles a formula.
    ///
    /// # Errors
    /// A sentence if the formula cannot be evaluated somewhere in its domain, or if it is a field without a potential.
    pub fn new(mut recorded: RecordedFormula, domain: Domain) -> Result<Self, FormulaError> {
        let grid = domain.grid();
        check(&recorded, domain, &grid)?;
        if recorded.is_field {
            check_field(&mut recorded, domain, &grid)?;
        }
        let roots = recorded.roots.clone();
        let slopes = match roots[..] {
            [potential] if !recorded.is_field => recorded.gradient(potential),
            _ => roots.iter().map(|&component| recorded.graph.neg(component)).collect(),
        };
        let curvatures: Vec<NodeId> = slopes.iter().flat_map(|&slope| recorded.gradient(slope)).collect();
        let points = |outputs: &[NodeId]| Mutex::new(FormulaPoints::new(&recorded.graph, outputs));
        let part = |part: f64| move |[low, high]: &[f64; 2]| low + part * (high - low);
        let mut compiled = Self {
            value: points(&roots),
            slope: points(&slopes),
            curved: points(&curvatures),
            line: None,
            // A formula is unlikely to have a special value at this point.
            inside: domain.bounds.iter().zip([0.381_966, 0.414_214, 0.442_951]).map(|(ends, at)| part(at)(ends)).collect(),
            centre: domain.bounds.iter().map(part(0.5)).collect(),
        };
        compiled.check_slopes(domain, &grid)?;
        if recorded.is_field {
            compiled.line = Some(compiled.quadrature(&grid));
        }
        Ok(compiled)
    }

    /// Checks that a formula has the same values and derivatives one period further along each periodic input.
    ///
    /// # Errors
    /// One sentence on a point at which they differ.
    pub fn check_periods(&self, domain: Domain, periodic: &[bool]) -> Result<(), FormulaError> {
        let places: Vec<Vec<f64>> = if periodic.is_empty() {
            Vec::new()
        } else {
            spread(domain.bounds, SAMPLED_POINTS).rows().into_iter().map(|x| x.to_vec()).collect()
        };
        let all = |x: &[f64]| [vec![self.value(x)], self.gradient(x)].concat();
        let here: Vec<Vec<f64>> = places.iter().map(|x| all(x)).collect();
        let size = |of: usize| here.iter().map(|values| values[of].abs()).fold(f64::MIN_POSITIVE, f64::max);
        let sizes: Vec<f64> = (0..=domain.bounds.len()).map(size).collect();
        for k in (0..periodic.len()).filter(|&k| periodic[k]) {
            let [low, high] = domain.bounds[k];
            for (x, here) in places.iter().zip(&here) {
                let mut further = x.clone();
                further[k] += high - low;
                let there = all(&further);
                let repeats = |of: usize| (there[of] - here[of]).abs() <= REPETITION_TOLERANCE * sizes[of];
                if let Some(of) = (0..here.len()).find(|&of| !repeats(of)) {
                    let what = match of {
                        0 if self.line.is_some() => "its potential is".into(),
                        0 => "it is".into(),
                        of => format!("its derivative by {} is", domain.inputs[of - 1]),
                    };
                    let [here, there] = [here[of], there[of]].map(|value| number(value, 4));
                    let (input, period, place) = (&domain.inputs[k], number(high - low, 5), domain.place(x));
                    let sentence = format!(
                        "does not repeat itself after {period} in {input}: at {place} {what} {here}, and one period further {there}; give another period, or none"
                    );
                    return Err(FormulaError::new("formula", sentence));
                }
            }
        }
        Ok(())
    }

    /// Checks that the derivatives are finite beside every point where they do not exist.
    fn check_slopes(&self, domain: Domain, grid: &[Vec<f64>]) -> Result<(), FormulaError> {
        let mut slopes = locked(&self.slope);
        slopes.run(grid);
        let is_missing = |k: &usize| (0..grid.len()).any(|j| !slopes.output(j)[*k].is_finite());
        let missing: Vec<usize> = (0..grid[0].len()).filter(is_missing).collect();
        drop(slopes);
        for x in missing.into_iter().map(|k| point(grid, k)) {
            if let Some(slope) = self.gradient(&x).into_iter().find(|slope| !slope.is_finite()) {
                let (slope, place) = (number(slope, 2), domain.place(&x));
                let sentence = format!("has the slope {slope} at {place}; choose other bounds or another formula");
                return Err(FormulaError::new("formula", sentence));
            }
        }
        Ok(())
    }

    /// Value of the potential at a point.
    pub fn value(&self, x: &[f64]) -> f64 {
        match &self.line {
            Some(line) => self.integral(line, x),
            None => locked(&self.value).one(x)[0],
        }
    }

    /// First derivatives of the potential.
    pub fn gradient(&self, x: &[f64]) -> Vec<f64> {
        self.beside(&self.slope, x)
    }

    /// Second derivatives of the potential, `[inputs, inputs]`.
    pub fn hessian(&self, x: &[f64]) -> Vec<f64> {
        self.beside(&self.curved, x)
    }

    /// Values at a point, or beside it if they are not finite there.
    fn beside(&self, points: &Mutex<FormulaPoints>, x: &[f64]) -> Vec<f64> {
        let mut points = locked(points);
        let found = points.one(x);
        if found.iter().all(|value| value.is_finite()) {
            return found;
        }
        let aside: Vec<f64> = x.iter().zip(&self.inside).map(|(x, inside)| x + INWARD_FRACTION * (inside - x)).collect();
        points.one(&aside)
    }

    /// Potential whose negative gradient is the field: minus the work along the line from the centre of the domain.
    fn integral(&self, line: &LineQuadrature, x: &[f64]) -> f64 {
        let way = || self.centre.iter().zip(x).map(|(centre, x)| (centre, x - centre));
        let places: Vec<Vec<f64>> = way().map(|(centre, by)| line.nodes.iter().map(|(t, _)| centre + t * by).collect()).collect();
        let mut forces = locked(&self.value);
        forces.run(&places);
        let mean = |k: usize| line.nodes.iter().zip(forces.output(k)).map(|((_, weight), force)| weight * force).sum::<f64>();
        -way().enumerate().map(|(k, (_, by))| by * mean(k)).sum::<f64>()
    }

    /// Quadrature with the smallest number of pieces for which more pieces do not change the potential at some points of the domain.
    fn quadrature(&self, grid: &[Vec<f64>]) -> LineQuadrature {
        let every = grid[0].len().div_ceil(64);
        let some = || (0..grid[0].len()).step_by(every);
        let values = |line: &LineQuadrature| some().map(|k| self.integral(line, &point(grid, k))).collect::<Vec<f64>>();
        let mut line = LineQuadrature::new(1);
        let mut before = values(&line);
        for pieces in [2, 4, 8, MAX_PIECES] {
            let finer = LineQuadrature::new(pieces);
            let now = values(&finer);
            let size = now.iter().fold(f64::MIN_POSITIVE, |size: f64, value| size.max(value.abs()));
            if before.iter().zip(&now).all(|(before, now)| (before - now).abs() <= QUADRATURE_TOLERANCE * size) {
                break;
            }
            (line, before) = (finer, now);
        }
        line
    }
}

/// Locks the points. A thread that panicked during an evaluation leaves no invalid state, because the next evaluation overwrites it.
fn locked(points: &Mutex<FormulaPoints>) -> std::sync::MutexGuard<'_, FormulaPoints> {
    points.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gauss-Legendre quadrature from 0 to 1, in pieces of equal length, as nodes and weights.
#[derive(Debug)]
struct LineQuadrature {
    nodes: Vec<(f64, f64)>,
}

impl LineQuadrature {
    fn new(pieces: usize) -> Self {
        let rule = legendre(QUADRATURE_NODES);
        let width = 1.0 / pieces as f64;
        let of_piece = |k: usize| rule.iter().map(move |(x, w)| ((k as f64 + 0.5 * (x + 1.0)) * width, 0.5 * w * width));
        Self { nodes: (0..pieces).flat_map(of_piece).collect() }
    }
}

/// Nodes and weights of Gauss-Legendre quadrature on `[-1, 1]`, by Newton's method on the polynomial.
fn legendre(count: usize) -> Vec<(f64, f64)> {
    let n = count as f64;
    let node = |k: usize| {
        let mut x = (std::f64::consts::PI * (k as f64 + 0.75) / (n + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..100 {
            let (mut before, mut now) = (1.0, x);
            for j in 2..=count {
                let j = j as f64;
                (before, now) = (now, ((2.0 * j - 1.0) * x * now - (j - 1.0) * before) / j);
            }
            slope = n * (x * now - before) / (x * x - 1.0);
            let step = now / slope;
            x -= step;
            if step.abs() < 1e-16 {
                break;
            }
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..count).map(node).collect()
}
