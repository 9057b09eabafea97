//! All that is known of a fit's landscape.

use serde::{Deserialize, Serialize};

use super::{ACTIVE_GATE, Certificate, Comparison, CriticalPoint, Extrema, Minimum, Role, STARTS};
use super::{certificates, compare, extrema_above, roles, starting_points, symmetric};
use crate::SYSTEMS;
use crate::model::Potential;
use crate::model::potential::Outputs;
use crate::potentials;

/// Points of the grid on which extrema are bracketed in one dimension.
const GRID: usize = 401;
/// Points at which responsibilities are looked at in more.
const POINTS: usize = 1024;

/// All that is known of a fit's landscape, in the data's own units.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// Local minima with barriers and curvatures, from left to right in one dimension and lowest first in more. A barrier above
    /// `threshold` makes a minimum a well.
    pub minima: Vec<Minimum>,
    /// Maxima in one dimension, saddles in more.
    #[serde(rename = "maxima")]
    pub saddles: Vec<CriticalPoint>,
    /// The least barrier of a well.
    pub threshold: f64,
    /// How many minima are wells.
    pub wells: usize,
    /// How many modes are responsible somewhere.
    pub responsible_modes: usize,
    /// How many gates exceed 0.01.
    pub active_gates: usize,
    /// What each mode does.
    pub roles: Vec<Role>,
    /// Whether each mode is convex.
    pub convexity: Vec<Certificate>,
    /// Against the truth, if it is known.
    pub truth: Option<Comparison>,
    /// Whether the search for minima and saddles was cut short: there may be more of them, and barriers may be lower.
    #[serde(default)]
    pub partial: bool,
}

/// Surveys a fit inside a box `[low, high]` an input. Curvatures are exact: the fit's Hessian comes from the same table of
/// derivatives as its training.
/// In many inputs the search is cut short, at the latest as soon as `is_stopped` says so: then the survey is partial.
pub fn survey(
    fit: &Potential,
    bounds: &[[f64; 2]],
    threshold: f64,
    truth: Option<&dyn potentials::Potential>,
    is_stopped: &dyn Fn() -> bool,
) -> Survey {
    let mut found = extrema(fit, bounds, threshold, truth.is_some_and(potentials::Potential::has_walls), is_stopped);
    let domain: Vec<f64> = match *bounds {
        [[low, high]] => (0..GRID).map(|k| low + (high - low) * k as f64 / (GRID - 1) as f64).collect(),
        _ => starting_points(bounds, POINTS).into_iter().collect(),
    };
    let roles = roles(fit, &domain, &found, threshold);
    for (x, curvatures) in found
        .minima
        .iter_mut()
        .map(|m| (&m.x, &mut m.curvatures))
        .chain(found.saddles.iter_mut().map(|m| (&m.x, &mut m.curvatures)))
    {
        let hessian = fit.values(x, Outputs { hessian: true, ..Outputs::default() }).hessian;
        *curvatures = symmetric(&hessian).into_iter().map(|pair| pair.0).collect();
    }
    Survey {
        wells: found.wells(threshold),
        threshold,
        responsible_modes: roles.iter().filter(|r| r.largest_responsibility > 0.5).count(),
        active_gates: roles.iter().filter(|r| r.gate > ACTIVE_GATE).count(),
        roles,
        convexity: certificates(fit, bounds),
        truth: truth.map(|truth| compare(&found.minima, truth, threshold)),
        minima: found.minima,
        saddles: found.saddles,
        partial: found.partial,
    }
}

/// Minima and maxima (in more than one dimension, saddles) of a fit inside a box `[low, high]` an input, with barriers above
/// `threshold`.
pub fn of_fit(fit: &Potential, bounds: &[[f64; 2]], threshold: f64) -> Extrema {
    extrema(fit, bounds, threshold, false, &|| false)
}

/// The same; `walls` says whether the faces belong to the box.
fn extrema(fit: &Potential, bounds: &[[f64; 2]], threshold: f64, walls: bool, is_stopped: &dyn Fn() -> bool) -> Extrema {
    if let [domain] = *bounds {
        return extrema_above(domain, GRID, threshold, |xs| {
            let values = fit.values(xs, Outputs { gradient: true, ..Outputs::default() });
            (values.psi, values.gradient)
        });
    }
    if !SYSTEMS {
        return Extrema::default();
    }
    let starts = starting_points(bounds, STARTS);
    super::saddles::search(bounds, &starts, threshold, walls, &mut |x| fit.evaluate(x, true), is_stopped)
}
