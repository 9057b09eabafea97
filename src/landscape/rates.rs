//! Escape rates from one well to another over the saddle between them: Kramers' rate in one input, Langer's rate in several inputs.
//!
//! In overdamped motion with an isotropic friction gamma at a temperature kT, and with a well and a saddle that are quadratic within kT,
//!
//! `k = |b| / (2 pi gamma) sqrt(det H_well / |det H_saddle|) exp(-rise / kT)`
//!
//! where H are the Hessians and b is the negative eigenvalue of the Hessian at the saddle. In one input this is
//! `sqrt(Psi''_well |Psi''_top|) / (2 pi gamma) exp(-rise / kT)`.
//!
//! A test shows whether well and saddle are quadratic. Along each principal direction, the integral of exp(-Psi / kT) (of exp(Psi / kT)
//! across the saddle) is compared with the integral for the parabola. In one input, the rate times the product of these ratios is the flux
//! over population, which is exact for high barriers.

use serde::{Deserialize, Serialize};

use super::energy_paths::passes_of_curve;
use super::{Minimum, Survey, symmetric};
use crate::model::Potential;
use crate::model::potential::Outputs;
use crate::numerics::passes::Pass;
use crate::numerics::statistics::sort_by;

/// Smallest barrier, in kT, between two wells for which a rate is meaningful.
pub const MIN_RATE_BARRIER: f64 = 3.0;
/// Largest correction of a rate. A larger factor shows that well or saddle are not quadratic within kT.
pub const LARGEST_CORRECTION: f64 = 1.25;
/// Number of quadrature steps per thermal width of the parabola, total number of steps on either side, and growth factor of the steps
/// outside of the parabola.
const STEPS_PER_WIDTH: f64 = 16.0;
const QUADRATURE_STEPS: usize = 320;
const STEP_GROWTH: f64 = 1.03;
/// Half-width of the quadrature in kT.
const QUADRATURE_RANGE: f64 = 12.0;

/// Escape rate from one well over a saddle to another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Index of the initial well among the minima.
    pub from: usize,
    /// Index of the final well among the minima.
    pub to: usize,
    /// Coordinates of the saddle; of a curve, of the maximum.
    pub over: Vec<f64>,
    /// Rise from the initial well to the saddle.
    pub rise: f64,
    /// Prefactor times the friction, in units of Psi per squared unit of the inputs; `None` if the highest point of the way
    /// is a kink, where the slope jumps.
    pub prefactor: Option<f64>,
    /// Rate at a temperature, in units of the prefactor divided by the friction.
    pub rate: Option<f64>,
    /// Factor by which deviations of well and saddle from parabolas change the rate at a temperature.
    pub correction: Option<f64>,
}

/// Rates between the wells of a fit that a saddle joins, sorted by the initial well. `survey` is the survey of this potential, with
/// curvatures. The default of `friction` is 1. Without a temperature `kt` only the prefactors are computed. If minima that are not wells
/// lie between the wells, the saddle is the highest one on the lowest way.
pub fn rates(fit: &Potential, survey: &Survey, kt: Option<f64>, friction: Option<f64>) -> Vec<Rate> {
    let passes: Vec<(Pass, Vec<f64>)> = if fit.inputs() == 1 {
        let passes = passes_of_curve(&survey.minima, &survey.saddles, fit.periodic() == [true]);
        passes.into_iter().zip(survey.saddles.iter().map(|top| top.x.clone())).collect()
    } else {
        survey.paths.iter().map(|path| (path.pass(), path.saddle.clone())).collect()
    };
    let wells = draining_wells(&survey.minima, &passes, survey.threshold);
    let mut rates = Vec::new();
    for (pass, over) in &passes {
        let [Some(a), Some(b)] = pass.sides.map(|side| side.and_then(|k| wells[k])) else { continue };
        if a == b {
            continue;
        }
        let saddle = Extremum::at(fit, over);
        for (from, to) in [(a, b), (b, a)] {
            let minimum = &survey.minima[from];
            let rise = pass.height - minimum.value;
            let well = Extremum::at(fit, &minimum.x);
            let prefactor = prefactor(&well, &saddle);
            let friction = friction.unwrap_or(1.0);
            let rate = prefactor.zip(kt).map(|(prefactor, kt)| prefactor / friction * (-rise / kt).exp());
            let correction = rate.zip(kt).map(|(_, kt)| saddle.integral(fit, kt).recip() / well.integral(fit, kt));
            rates.push(Rate { from, to, over: over.clone(), rise, prefactor, rate, correction });
        }
    }
    sort_by(&mut rates, |rate| rate.rise);
    sort_by(&mut rates, |rate| rate.from as f64);
    rates
}

/// Returns for each minimum its well: the minimum itself, or the well into which it drains over the lowest passes. `None` if these lead
/// outside first.
fn draining_wells(minima: &[Minimum], passes: &[(Pass, Vec<f64>)], threshold: f64) -> Vec<Option<usize>> {
    let is_well = |k: usize| minima[k].barrier.is_some_and(|barrier| barrier > threshold);
    let mut ordered: Vec<&Pass> = passes.iter().map(|(pass, _)| pass).collect();
    sort_by(&mut ordered, |pass| pass.height);
    let outside = minima.len();
    // Representative of the basin into which each minimum drains so far: a well or the outside, if the basin contains one.
    let mut held: Vec<usize> = (0..=outside).collect();
    let is_end = |k: usize| k == outside || is_well(k);
    for pass in ordered {
        let [a, b] = pass.sides.map(|side| held[side.unwrap_or(outside)]);
        let [from, to] = if is_end(a) { [b, a] } else { [a, b] };
        if a != b && !is_end(from) {
            held.iter_mut().filter(|held| **held == from).for_each(|held| *held = to);
        }
    }
    held[..outside].iter().map(|&k| (k < outside && is_well(k)).then_some(k)).collect()
}

/// Quadratic model of a potential at an extremum.
struct Extremum {
    x: Vec<f64>,
    value: f64,
    /// Curvatures in increasing order, with their directions.
    modes: Vec<(f64, Vec<f64>)>,
}

impl Extremum {
    fn at(fit: &Potential, x: &[f64]) -> Self {
        let values = fit.values(x, Outputs { hessian: true, ..Outputs::default() });
        Self { x: x.to_vec(), value: values.psi[0], modes: symmetric(&values.hessian) }
    }

    /// Number of downhill directions.
    fn downhill(&self) -> usize {
        self.modes.iter().filter(|mode| mode.0 < 0.0).count()
    }

    /// Ratio of the integral of the Boltzmann factor to that of the parabola, multiplied over all directions. Across a saddle, the inverse
    /// of the Boltzmann factor is integrated.
    fn integral(&self, fit: &Potential, kt: f64) -> f64 {
        self.modes.iter().map(|(curvature, direction)| self.along(fit, kt, *curvature, direction)).product()
    }

    fn along(&self, fit: &Potential, kt: f64, curvature: f64, direction: &[f64]) -> f64 {
        let width = (kt / curvature.abs()).sqrt();
        let mut distances = vec![0.0];
        let mut step = width / STEPS_PER_WIDTH;
        for k in 0..QUADRATURE_STEPS {
            distances.push(distances[k] + step);
            if k as f64 > 4.0 * STEPS_PER_WIDTH {
                step *= STEP_GROWTH;
            }
        }
        let side = |sign: f64| {
            let place = |s: &f64| self.x.iter().zip(direction).map(|(x, d)| x + sign * s * d).collect::<Vec<_>>();
            let points: Vec<f64> = distances.iter().flat_map(place).collect();
            let rises: Vec<f64> = fit.values(&points, Outputs::default()).psi;
            let rises: Vec<f64> = rises.iter().map(|psi| curvature.signum() * (psi - self.value) / kt).collect();
            // The integral ends at the next pass or minimum.
            let end =
                rises.windows(2).position(|pair| pair[1] < pair[0] || pair[0] > QUADRATURE_RANGE).unwrap_or(QUADRATURE_STEPS);
            let term = |k: usize| 0.5 * (distances[k + 1] - distances[k]) * ((-rises[k]).exp() + (-rises[k + 1]).exp());
            (0..end).map(term).sum::<f64>()
        };
        (side(1.0) + side(-1.0)) / (width * (2.0 * std::f64::consts::PI).sqrt())
    }
}

/// Prefactor times the friction; `None` if the well has a downhill direction, or if the saddle does not have exactly one.
fn prefactor(well: &Extremum, saddle: &Extremum) -> Option<f64> {
    if well.downhill() != 0 || saddle.downhill() != 1 {
        return None;
    }
    let ratios = well.modes.iter().zip(&saddle.modes).map(|(well, saddle)| well.0 / saddle.0.abs());
    let prefactor = saddle.modes[0].0.abs() / (2.0 * std::f64::consts::PI) * ratios.product::<f64>().sqrt();
    prefactor.is_finite().then_some(prefactor)
}
