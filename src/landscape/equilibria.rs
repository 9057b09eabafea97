//! All places in a box where a gradient vanishes, stable or not: Newton's method from many starting points.
//!
//! Minima and saddles alone are found more surely by [`super::stationary`]; this also finds maxima.

use serde::{Deserialize, Serialize};

use super::{starting_points, symmetric};
use crate::order::sort_by_key;

/// What becomes of what is pushed off an equilibrium.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stability {
    /// It returns: a minimum.
    #[default]
    Stable,
    /// It returns in some directions.
    Saddle,
    /// It never returns: a maximum.
    Unstable,
}

/// A place where the gradient vanishes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Equilibrium {
    /// Where.
    pub x: Vec<f64>,
    /// Principal curvatures, from the smallest up: the negative of how fast what is near goes away.
    pub curvatures: Vec<f64>,
    /// Its stability.
    pub stability: Stability,
}

/// Most steps of a search.
const STEPS: usize = 60;
/// Longest step as a fraction of the box.
const LONGEST: f64 = 0.1;
/// Places nearer than this fraction of the box are one.
const SAME: f64 = 1e-5;

/// Gradient `[inputs]` and Hessian `[inputs, inputs]` at a place.
pub type Slopes<'a> = dyn FnMut(&[f64]) -> (Vec<f64>, Vec<f64>) + 'a;

/// Equilibria inside a box `[low, high]` an input, from so many starts, in the order of their first coordinate. `slopes` is asked
/// for the slopes at a place.
pub fn equilibria(bounds: &[[f64; 2]], starts: usize, slopes: &mut Slopes) -> Vec<Equilibrium> {
    let mut found: Vec<Equilibrium> = Vec::new();
    let widths: Vec<f64> = bounds.iter().map(|[low, high]| high - low).collect();
    for start in starting_points(bounds, starts).rows() {
        let Some((x, curvatures)) = newton(start.to_vec(), &widths, slopes) else { continue };
        let is_inside = x.iter().zip(bounds).all(|(x, [low, high])| (*low..=*high).contains(x));
        let is_new = |e: &Equilibrium| x.iter().zip(&e.x).zip(&widths).any(|((a, b), w)| (a - b).abs() > SAME * w);
        if is_inside && found.iter().all(is_new) {
            let downhill = curvatures.iter().filter(|c| **c < 0.0).count();
            let stability = match downhill {
                0 => Stability::Stable,
                n if n == curvatures.len() => Stability::Unstable,
                _ => Stability::Saddle,
            };
            found.push(Equilibrium { x, curvatures, stability });
        }
    }
    sort_by_key(&mut found, |e| e.x[0]);
    found
}

/// Newton's method with a bound on its steps; place and curvatures if it arrives.
fn newton(mut x: Vec<f64>, widths: &[f64], slopes: &mut Slopes) -> Option<(Vec<f64>, Vec<f64>)> {
    for _ in 0..STEPS {
        let (gradient, hessian) = slopes(&x);
        let modes = symmetric(&hessian);
        let mut step = vec![0.0; x.len()];
        for (curvature, direction) in &modes {
            let along: f64 = direction.iter().zip(&gradient).map(|(d, g)| d * g).sum();
            // Where the curvature vanishes any length will do; it is cut below.
            let length = -along / if curvature.abs() > 1e-12 { *curvature } else { 1e-12 };
            step.iter_mut().zip(direction).for_each(|(s, d)| *s += length * d);
        }
        let relative = step.iter().zip(widths).map(|(s, w)| (s / w).abs()).fold(0.0, f64::max);
        if !relative.is_finite() {
            return None;
        }
        let factor = if relative > LONGEST { LONGEST / relative } else { 1.0 };
        x.iter_mut().zip(&step).for_each(|(x, s)| *x += factor * s);
        if relative < 1e-13 || (relative < 1e-10 && gradient.iter().all(|g| g.abs() < 1e-13)) {
            return Some((x, modes.into_iter().map(|mode| mode.0).collect()));
        }
    }
    None
}
