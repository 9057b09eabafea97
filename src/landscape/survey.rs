//! Survey of a fit's landscape.

use serde::{Deserialize, Serialize};

use super::energy_paths::{EnergyPath, ways_between};
use super::support::recall;
use super::{
    ACTIVE_GATE, Certificate, CriticalPoint, DESCENT_STARTS, Extrema, LandscapeComparison, Merge, Minimum, ModeClassification,
};
use super::{assign_modes, certificates, compare, extrema_between, roles, starting_points, symmetric};
use crate::model::Potential;
use crate::model::model_file::LearntDomain;
use crate::model::potential::Outputs;
use crate::numerics::accuracy::Accuracy;
use crate::numerics::bounds::Bounds;
use crate::numerics::line::{edge_minima, extrema_around};
use crate::potentials;

/// Number of grid points on which extrema are bracketed in one dimension.
const GRID_POINTS: usize = 401;
/// Number of points at which responsibilities are evaluated in more than one dimension.
const RESPONSIBILITY_POINTS: usize = 1024;

/// Landscape of a fit, in the units of the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// Local minima with barriers and curvatures. They are sorted from left to right in one dimension, and by value in more dimensions. A
    /// minimum with a barrier above `threshold` is a well.
    pub minima: Vec<Minimum>,
    /// Minima of a curve at the edges of the domain, beyond which it may fall further. They are not in `minima`. Empty if the survey is
    /// compared with a truth.
    #[serde(default)]
    pub edge_minima: Vec<Minimum>,
    /// Saddles; of a curve, its maxima.
    #[serde(rename = "maxima")]
    pub saddles: Vec<CriticalPoint>,
    /// Minimum energy paths over the saddles that join two minima, or lead from one out of the domain, in increasing order of height. Paths
    /// that were not found are missing. Empty for a curve, which is its own path.
    #[serde(default)]
    pub paths: Vec<EnergyPath>,
    /// Disconnectivity tree of the minima.
    #[serde(default)]
    pub merges: Vec<Merge>,
    /// Smallest barrier of a well.
    pub threshold: f64,
    /// Number of wells.
    pub wells: usize,
    /// Number of modes with a responsibility above one half somewhere.
    pub responsible_modes: usize,
    /// Number of gates above 0.01.
    pub active_gates: usize,
    /// Classification of each mode.
    pub roles: Vec<ModeClassification>,
    /// Convexity of each mode.
    pub convexity: Vec<Certificate>,
    /// Comparison with the truth, if it is known.
    pub truth: Option<LandscapeComparison>,
    /// True if the search for minima and saddles was stopped early. Then some may be missing, and barriers may be too high.
    #[serde(default)]
    pub partial: bool,
}

/// Surveys a fit inside a box `[low, high]` per input, with exact curvatures from the Hessian of the fit. The range of a periodic input is
/// one period. The search stops early in many inputs, and as soon as `is_stopped` is true. The survey is then partial.
pub fn survey(
    fit: &Potential,
    bounds: &[[f64; 2]],
    threshold: f64,
    truth: Option<&dyn potentials::KnownPotential>,
    is_stopped: &dyn Fn() -> bool,
) -> Survey {
    survey_judged(fit, bounds, WellRule { threshold, judge: None, walls: &[] }, truth, is_stopped)
}

/// Rule that decides which minima are wells.
#[derive(Clone, Copy)]
pub struct WellRule<'a> {
    /// Smallest barrier of a well.
    pub threshold: f64,
    /// Marks the minima that the data do not support, and returns the smallest barrier of a well; `None` if the data are unknown.
    pub judge: Option<&'a dyn Fn(&mut Extrema) -> f64>,
    /// Faces of the box that are walls besides those of a truth. For one input, they are its ends; for several inputs, all faces are walls
    /// unless the list is empty.
    pub walls: &'a [[bool; 2]],
}

/// Marker for walls that are only those of a truth.
const NO_WALLS: [[bool; 2]; 1] = [[false; 2]];

/// Walls for the wells of a fit: those of the data, as in [`WellRule`], unless the truth has its own.
pub fn walls_of<'a>(truth: Option<&dyn potentials::KnownPotential>, of_data: &'a [[bool; 2]]) -> &'a [[bool; 2]] {
    if truth.is_some_and(potentials::KnownPotential::has_walls) { &NO_WALLS } else { of_data }
}

/// Surveys a fit inside its training domain, with the known properties of its wells.
pub fn survey_learnt(fit: &Potential, domain: &LearntDomain) -> Survey {
    let LearntDomain { bounds, threshold, unsupported, .. } = domain;
    let (threshold, periodic) = (*threshold, fit.periodic());
    let whole = Bounds { ends: bounds, periodic: &periodic };
    let judge = |found: &mut Extrema| recall(found, threshold, unsupported, whole);
    survey_judged(fit, bounds, WellRule { threshold, judge: Some(&judge), walls: &[] }, None, &|| false)
}

/// Surveys a fit as [`survey`] does, with a rule that decides which minima are wells.
pub fn survey_judged(
    fit: &Potential,
    bounds: &[[f64; 2]],
    rule: WellRule,
    truth: Option<&dyn potentials::KnownPotential>,
    is_stopped: &dyn Fn() -> bool,
) -> Survey {
    let ends = walls_of(truth, rule.walls);
    let walls = !ends.is_empty();
    let whole = Bounds { ends: bounds, periodic: &fit.periodic() };
    let mut found = extrema(fit, whole, rule.threshold, ends, is_stopped);
    let threshold = rule.judge.map_or(rule.threshold, |judge| judge(&mut found));
    let edge_minima = if truth.is_none() && !walls { edges(fit, whole, &mut found, threshold) } else { Vec::new() };
    let (paths, merges) = ways_between(&found, whole, walls, &mut |x| fit.evaluate(x, true), is_stopped);
    let domain: Vec<f64> = match *bounds {
        [[low, high]] => (0..GRID_POINTS).map(|k| low + (high - low) * k as f64 / (GRID_POINTS - 1) as f64).collect(),
        _ => starting_points(bounds, RESPONSIBILITY_POINTS).into_iter().collect(),
    };
    let places: Vec<f64> = found.minima.iter().flat_map(|m| m.x.iter().copied()).collect();
    let at_minima = fit.values(&places, Outputs { modes: true, ..Outputs::default() }).responsibilities;
    assign_modes(&mut found.minima, &at_minima);
    let roles = roles(fit, &domain, &found, threshold);
    for (x, curvatures) in found
        .minima
        .iter_mut()
        .map(|m| (&m.x, &mut m.curvatures))
        .chain(found.saddles.iter_mut().filter(|m| !m.is_kink).map(|m| (&m.x, &mut m.curvatures)))
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
        paths,
        merges,
        minima: found.minima,
        edge_minima,
        saddles: found.saddles,
        partial: found.partial,
    }
}

/// Surveys a fit under a force, which `fit` includes, as [`survey`] does without a force. The error of the fit decides which minima are
/// wells, because the spread of values has no scale for wells under a force. Minima that the error explains are not supported.
pub fn survey_under_load(
    fit: &Potential,
    bounds: &[[f64; 2]],
    accuracy: &Accuracy,
    truth: Option<&dyn potentials::KnownPotential>,
    is_stopped: &dyn Fn() -> bool,
) -> Survey {
    let whole = Bounds { ends: bounds, periodic: &fit.periodic() };
    let walls = walls_of(truth, &[]);
    let mut search = |threshold: f64| extrema(fit, whole, threshold, walls, is_stopped).minima;
    let threshold = accuracy.threshold(whole, 0.0, &mut search);
    let mut found = survey(fit, bounds, threshold, truth, is_stopped);
    for minimum in &mut found.minima {
        minimum.supported = minimum.barrier.is_none_or(|barrier| barrier > threshold);
    }
    found
}

/// Returns the minima of a curve at the edges of a domain, and removes them from those inside.
fn edges(fit: &Potential, bounds: Bounds, found: &mut Extrema, threshold: f64) -> Vec<Minimum> {
    match *bounds.ends {
        [domain] if !bounds.is_periodic(0) => {
            let ends = fit.values(&domain, Outputs::default()).psi;
            take_edge_minima(domain, [ends[0], ends[1]], found, threshold)
        }
        _ => Vec::new(),
    }
}

/// Returns the minima of a curve at the edges of its domain by [`edge_minima`], and removes those that lie inside from `found`.
pub fn take_edge_minima(domain: [f64; 2], ends: [f64; 2], found: &mut Extrema, threshold: f64) -> Vec<Minimum> {
    let edges = edge_minima(domain, ends, found, threshold);
    found.minima.retain(|minimum| edges.iter().all(|edge| edge.x != minimum.x));
    edges
}

/// Minima and saddles of a fit inside a box `[low, high]` per input, with barriers above `threshold`; `walls` are as in [`WellRule`].
pub(super) fn extrema(
    fit: &Potential,
    bounds: Bounds,
    threshold: f64,
    walls: &[[bool; 2]],
    is_stopped: &dyn Fn() -> bool,
) -> Extrema {
    if let [domain] = *bounds.ends {
        let evaluate = |xs: &[f64]| {
            let values = fit.values(xs, Outputs { gradient: true, ..Outputs::default() });
            (values.psi, values.gradient)
        };
        return if bounds.is_periodic(0) {
            extrema_around(domain, GRID_POINTS, threshold, evaluate)
        } else {
            extrema_between(domain, walls.first().copied().unwrap_or_default(), threshold, evaluate)
        };
    }
    let starts = starting_points(bounds.ends, DESCENT_STARTS);
    super::saddles::search(bounds, &starts, threshold, !walls.is_empty(), &mut |x| fit.evaluate(x, true), is_stopped)
}
