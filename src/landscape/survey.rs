//! A survey of a fit's landscape.

use serde::{Deserialize, Serialize};

use super::energy_paths::{EnergyPath, ways_between};
use super::support::recall;
use super::{ACTIVE_GATE, Certificate, Comparison, CriticalPoint, Extrema, Merge, Minimum, Role, STARTS};
use super::{certificates, compare, extrema_between, roles, starting_points, symmetric};
use crate::model::Potential;
use crate::model::model_file::LearntDomain;
use crate::model::potential::Outputs;
use crate::numerics::accuracy::Accuracy;
use crate::numerics::bounds::Bounds;
use crate::numerics::line::{edge_minima, extrema_around};
use crate::potentials;

/// Number of grid points on which extrema are bracketed in one dimension.
const GRID: usize = 401;
/// Number of points at which responsibilities are evaluated in more than one dimension.
const POINTS: usize = 1024;

/// The landscape of a fit, in the units of the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// Local minima with barriers and curvatures, in one dimension from left to right, in more in increasing order of value. A
    /// minimum with a barrier above `threshold` is a well.
    pub minima: Vec<Minimum>,
    /// Minima of a curve at the edges of the domain, beyond which it may fall further: they are none of `minima`. Empty if it is compared with a truth.
    #[serde(default)]
    pub edge_minima: Vec<Minimum>,
    /// Saddles; of a curve, its maxima.
    #[serde(rename = "maxima")]
    pub saddles: Vec<CriticalPoint>,
    /// Minimum energy paths over the saddles that join two minima, or lead from one out of the domain, in increasing order of height, as far as
    /// they have been found. Empty for a curve, which is its own path.
    #[serde(default)]
    pub paths: Vec<EnergyPath>,
    /// The disconnectivity tree of the minima.
    #[serde(default)]
    pub merges: Vec<Merge>,
    /// The smallest barrier of a well.
    pub threshold: f64,
    /// Number of wells.
    pub wells: usize,
    /// Number of modes with a responsibility above one half somewhere.
    pub responsible_modes: usize,
    /// Number of gates above 0.01.
    pub active_gates: usize,
    /// The role of each mode.
    pub roles: Vec<Role>,
    /// The convexity of each mode.
    pub convexity: Vec<Certificate>,
    /// Comparison with the truth, if it is known.
    pub truth: Option<Comparison>,
    /// Whether the search for minima and saddles was stopped early, so that some may be missing and barriers may be too high.
    #[serde(default)]
    pub partial: bool,
}

/// Surveys a fit inside a box `[low, high]` per input, which for a periodic input is one period, with exact curvatures from the Hessian of the fit. In many inputs the
/// search stops early; it also stops as soon as `is_stopped` is true. The survey is then partial.
pub fn survey(
    fit: &Potential,
    bounds: &[[f64; 2]],
    threshold: f64,
    truth: Option<&dyn potentials::KnownPotential>,
    is_stopped: &dyn Fn() -> bool,
) -> Survey {
    survey_judged(fit, bounds, Rule { threshold, judge: None, walls: &[] }, truth, is_stopped)
}

/// When a minimum is a well.
#[derive(Clone, Copy)]
pub struct Rule<'a> {
    /// The smallest barrier of a well.
    pub threshold: f64,
    /// Marks the minima that the data do not support, if these are known, and returns the smallest barrier of a well.
    pub judge: Option<&'a dyn Fn(&mut Extrema) -> f64>,
    /// Which faces of the box are walls besides those of a truth: of one input its ends, of several all faces unless the list is empty.
    pub walls: &'a [[bool; 2]],
}

/// Walls that are those of a truth.
const WALLS: [[bool; 2]; 1] = [[false; 2]];

/// Surveys a fit inside the domain that it was learnt on, with what is known of its wells.
pub fn survey_learnt(fit: &Potential, domain: &LearntDomain) -> Survey {
    let LearntDomain { bounds, threshold, unsupported, .. } = domain;
    let (threshold, periodic) = (*threshold, fit.periodic());
    let whole = Bounds { ends: bounds, periodic: &periodic };
    let judge = |found: &mut Extrema| recall(found, threshold, unsupported, whole);
    survey_judged(fit, bounds, Rule { threshold, judge: Some(&judge), walls: &[] }, None, &|| false)
}

/// Surveys a fit as [`survey`] does; a minimum is a well by a rule.
pub fn survey_judged(
    fit: &Potential,
    bounds: &[[f64; 2]],
    rule: Rule,
    truth: Option<&dyn potentials::KnownPotential>,
    is_stopped: &dyn Fn() -> bool,
) -> Survey {
    let has_walls = truth.is_some_and(potentials::KnownPotential::has_walls);
    let ends = if has_walls { &WALLS } else { rule.walls };
    let walls = !ends.is_empty();
    let whole = Bounds { ends: bounds, periodic: &fit.periodic() };
    let mut found = extrema(fit, whole, rule.threshold, ends, is_stopped);
    let threshold = rule.judge.map_or(rule.threshold, |judge| judge(&mut found));
    let edge_minima = if truth.is_none() && !walls { edges(fit, whole, &mut found, threshold) } else { Vec::new() };
    let (paths, merges) = ways_between(&found, whole, walls, &mut |x| fit.evaluate(x, true), is_stopped);
    let domain: Vec<f64> = match *bounds {
        [[low, high]] => (0..GRID).map(|k| low + (high - low) * k as f64 / (GRID - 1) as f64).collect(),
        _ => starting_points(bounds, POINTS).into_iter().collect(),
    };
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

/// Surveys a fit under a force, which `fit` includes, as [`survey`] does without one. What is a well is judged by how far the fit may be off: neither the
/// spread of its values without the force nor that under it says how deep a well must be. Minima that its errors explain are not supported.
pub fn survey_under_load(
    fit: &Potential,
    bounds: &[[f64; 2]],
    accuracy: &Accuracy,
    truth: Option<&dyn potentials::KnownPotential>,
    is_stopped: &dyn Fn() -> bool,
) -> Survey {
    let whole = Bounds { ends: bounds, periodic: &fit.periodic() };
    let walls: &[[bool; 2]] = if truth.is_some_and(potentials::KnownPotential::has_walls) { &WALLS } else { &[] };
    let mut search = |threshold: f64| extrema(fit, whole, threshold, walls, is_stopped).minima;
    let threshold = accuracy.threshold(whole, 0.0, &mut search);
    let mut found = survey(fit, bounds, threshold, truth, is_stopped);
    for minimum in &mut found.minima {
        minimum.supported = minimum.barrier.is_none_or(|barrier| barrier > threshold);
    }
    found
}

/// The minima of a curve at the edges of a domain, which are taken from those inside.
fn edges(fit: &Potential, bounds: Bounds, found: &mut Extrema, threshold: f64) -> Vec<Minimum> {
    match *bounds.ends {
        [domain] if !bounds.is_periodic(0) => {
            let ends = fit.values(&domain, Outputs::default()).psi;
            take_edge_minima(domain, [ends[0], ends[1]], found, threshold)
        }
        _ => Vec::new(),
    }
}

/// The minima of a curve at the edges of its domain by [`edge_minima`], and leaves those that lie inside out of the others.
pub fn take_edge_minima(domain: [f64; 2], ends: [f64; 2], found: &mut Extrema, threshold: f64) -> Vec<Minimum> {
    let edges = edge_minima(domain, ends, found, threshold);
    found.minima.retain(|minimum| edges.iter().all(|edge| edge.x != minimum.x));
    edges
}

/// Minima and saddles of a fit inside a box `[low, high]` per input, with barriers above `threshold`.
pub fn of_fit(fit: &Potential, bounds: &[[f64; 2]], threshold: f64) -> Extrema {
    extrema(fit, Bounds { ends: bounds, periodic: &fit.periodic() }, threshold, &[], &|| false)
}

/// Minima and saddles of a fit as by [`of_fit`]; `walls` are as in [`Rule`].
fn extrema(fit: &Potential, bounds: Bounds, threshold: f64, walls: &[[bool; 2]], is_stopped: &dyn Fn() -> bool) -> Extrema {
    if let [domain] = *bounds.ends {
        let evaluate = |xs: &[f64]| {
            let values = fit.values(xs, Outputs { gradient: true, ..Outputs::default() });
            (values.psi, values.gradient)
        };
        return if bounds.is_periodic(0) {
            extrema_around(domain, GRID, threshold, evaluate)
        } else {
            extrema_between(domain, walls.first().copied().unwrap_or_default(), threshold, evaluate)
        };
    }
    let starts = starting_points(bounds.ends, STARTS);
    super::saddles::search(bounds, &starts, threshold, !walls.is_empty(), &mut |x| fit.evaluate(x, true), is_stopped)
}
