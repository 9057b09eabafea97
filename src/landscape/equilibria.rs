//! Stationary points of a function in a box, both stable and unstable, by Newton's method from many starting points.
//!
//! [`super::stationary`] finds minima and saddles more reliably; this module also finds maxima.

use serde::{Deserialize, Serialize};

use super::{starting_points, symmetric};
use crate::numerics::bounds::Bounds;
use crate::numerics::statistics::{dot, sort_by};
use crate::potentials::KnownPotential;

/// Stability of an equilibrium.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stability {
    /// Minimum: all perturbations decay.
    #[default]
    Stable,
    /// Saddle: perturbations decay in some directions and grow in others.
    Saddle,
    /// Maximum: all perturbations grow.
    Unstable,
}

/// Stationary point of a function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Equilibrium {
    /// Position of the point.
    pub x: Vec<f64>,
    /// Principal curvatures in increasing order: the decay rates of perturbations.
    pub curvatures: Vec<f64>,
    /// Stability of the point.
    pub stability: Stability,
}

/// Largest number of steps of a search.
const MAX_STEPS: usize = 60;
/// Longest step as a fraction of the box.
const MAX_STEP: f64 = 0.1;
/// Largest distance of duplicates of an equilibrium, as a fraction of the box.
const DUPLICATE_DISTANCE: f64 = 1e-5;

/// Evaluates gradients `[points, inputs]` and Hessians `[points, inputs, inputs]` at a batch of points `[points, inputs]`.
pub type DerivativesFn<'a> = dyn FnMut(&[f64]) -> (Vec<f64>, Vec<f64>) + 'a;

/// Gradients and Hessians of a benchmark, for [`equilibria`].
pub fn slopes_of(truth: &dyn KnownPotential, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let places = || x.chunks(truth.inputs().len());
    (places().flat_map(|x| truth.gradient(x)).collect(), places().flat_map(|x| truth.hessian(x)).collect())
}

/// Equilibria inside a box `[low, high]` per input from `starts` starting points, sorted by their first coordinate. Newton's method with
/// bounded steps runs from all starting points in parallel, so that slopes are evaluated in batches.
pub fn equilibria<'a>(bounds: impl Into<Bounds<'a>>, starts: usize, slopes: &mut DerivativesFn) -> Vec<Equilibrium> {
    let bounds = bounds.into();
    let inputs = bounds.ends.len();
    let widths: Vec<f64> = bounds.ends.iter().map(|[low, high]| high - low).collect();
    let mut found: Vec<Equilibrium> = Vec::new();
    let mut searches: Vec<Vec<f64>> = starting_points(bounds.ends, starts).rows().into_iter().map(|x| x.to_vec()).collect();
    for _ in 0..MAX_STEPS {
        if searches.is_empty() {
            break;
        }
        let (gradients, hessians) = slopes(&searches.concat());
        let here = searches.into_iter().zip(gradients.chunks(inputs).zip(hessians.chunks(inputs * inputs)));
        let mut moving = Vec::new();
        for (mut x, (gradient, hessian)) in here {
            let modes = symmetric(hessian);
            let relative = step(&mut x, gradient, &modes, &widths);
            if !relative.is_finite() {
                continue;
            }
            if relative < 1e-13 || (relative < 1e-10 && gradient.iter().all(|g| g.abs() < 1e-13)) {
                let curvatures: Vec<f64> = modes.into_iter().map(|mode| mode.0).collect();
                add_if_new(&mut found, Equilibrium { stability: stability(&curvatures), x, curvatures }, bounds);
            } else {
                moving.push(x);
            }
        }
        searches = moving;
    }
    sort_by(&mut found, |equilibrium| equilibrium.x[0]);
    found
}

/// Takes a step of Newton's method of bounded length. Returns its unbounded length as a fraction of the box.
fn step(x: &mut [f64], gradient: &[f64], modes: &[(f64, Vec<f64>)], widths: &[f64]) -> f64 {
    let mut step = vec![0.0; x.len()];
    for (curvature, direction) in modes {
        let along = dot(direction, gradient);
        // Where the curvature vanishes, any length is valid; it is limited below.
        let length = -along / if curvature.abs() > 1e-12 { *curvature } else { 1e-12 };
        step.iter_mut().zip(direction).for_each(|(s, d)| *s += length * d);
    }
    let relative =
        step.iter().zip(widths).map(|(s, w)| (s / w).abs()).fold(0.0, |top, r| if r.is_nan() || r > top { r } else { top });
    let factor = if relative > MAX_STEP { MAX_STEP / relative } else { 1.0 };
    x.iter_mut().zip(&step).for_each(|(x, s)| *x += factor * s);
    relative
}

fn stability(curvatures: &[f64]) -> Stability {
    match curvatures.iter().filter(|c| **c < 0.0).count() {
        0 => Stability::Stable,
        n if n == curvatures.len() => Stability::Unstable,
        _ => Stability::Saddle,
    }
}

/// Adds an equilibrium that is inside the box and not a duplicate.
fn add_if_new(found: &mut Vec<Equilibrium>, new: Equilibrium, bounds: Bounds) {
    let new = Equilibrium { x: bounds.within(&new.x), ..new };
    let is_inside = new.x.iter().zip(bounds.ends).all(|(x, [low, high])| (*low..=*high).contains(x));
    let apart = |(way, [low, high]): (&f64, &[f64; 2])| way.abs() > DUPLICATE_DISTANCE * (high - low);
    if is_inside && found.iter().all(|e| bounds.way(&e.x, &new.x).iter().zip(bounds.ends).any(apart)) {
        found.push(new);
    }
}
