//! Rates of escape from one well to another over the saddle between them: Kramers' in one input, Langer's in several.
//!
//! In overdamped motion with an isotropic friction gamma at a temperature kT, and with a well and a saddle that are quadratic within kT,
//!
//! `k = |b| / (2 pi gamma) sqrt(det H_well / |det H_saddle|) exp(-rise / kT)`
//!
//! with the Hessians H and the one negative eigenvalue b of that at the saddle. In one input this is
//! `sqrt(Psi''_well |Psi''_top|) / (2 pi gamma) exp(-rise / kT)`.
//!
//! Whether well and saddle are quadratic is tested: along each principal direction, the integral of exp(-Psi / kT) (of exp(Psi / kT) across the
//! saddle) is compared with that of the parabola. In one input, the rate times the product of these ratios is the flux over population, which is
//! exact for high barriers.

use serde::{Deserialize, Serialize};

use super::energy_paths::passes_of_curve;
use super::{Minimum, Survey, symmetric};
use crate::model::Potential;
use crate::model::potential::Outputs;
use crate::numerics::passes::Pass;
use crate::numerics::statistics::sort_by;

/// A barrier below so many kT does not separate two wells enough for a rate.
pub const LOWEST: f64 = 3.0;
/// A correction by more than this factor shows that well or saddle are not quadratic within kT.
pub const LARGEST_CORRECTION: f64 = 1.25;
/// Steps of the quadrature per thermal width of the parabola, its steps in all on either side, and by how much each is longer than the one before once
/// the parabola has been left.
const PER_WIDTH: f64 = 16.0;
const STEPS: usize = 320;
const GROWTH: f64 = 1.03;
/// The quadrature ends so many kT from its middle.
const RANGE: f64 = 12.0;

/// The rate of escape from one well over one saddle to another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// The well that is left, as an index of the minima.
    pub from: usize,
    /// The well that is reached.
    pub to: usize,
    /// The saddle; of a curve, the maximum.
    pub over: Vec<f64>,
    /// The rise to it.
    pub rise: f64,
    /// The prefactor times the friction, in units of Psi per square of the inputs' unit; `None` where the way is highest at a kink, where the
    /// slope jumps.
    pub prefactor: Option<f64>,
    /// The rate at a temperature: in units of the prefactor by the friction.
    pub rate: Option<f64>,
    /// The factor by which well and saddle change the rate by not being parabolas within kT, at a temperature.
    pub correction: Option<f64>,
}

/// Rates between the wells of a fit that a saddle joins, by the well that is left. `survey` is of this potential, with curvatures; `friction` is 1
/// unless it is given, and without a temperature `kt` there are prefactors only. Where minima that are no wells lie between, the saddle is the highest
/// on the lowest way.
pub fn rates(fit: &Potential, survey: &Survey, kt: Option<f64>, friction: Option<f64>) -> Vec<Rate> {
    let passes: Vec<(Pass, Vec<f64>)> = if fit.inputs() == 1 {
        let passes = passes_of_curve(&survey.minima, &survey.saddles, fit.periodic() == [true]);
        passes.into_iter().zip(survey.saddles.iter().map(|top| top.x.clone())).collect()
    } else {
        survey.paths.iter().map(|path| (path.pass(), path.saddle.clone())).collect()
    };
    let holders = holders(&survey.minima, &passes, survey.threshold);
    let mut rates = Vec::new();
    for (pass, over) in &passes {
        let [Some(a), Some(b)] = pass.sides.map(|side| side.and_then(|k| holders[k])) else { continue };
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
    rates.sort_by_key(|rate| rate.from);
    rates
}

/// For each minimum the well that holds it: itself, or the well into which it drains over the lowest passes; `None` if these lead outside first.
fn holders(minima: &[Minimum], passes: &[(Pass, Vec<f64>)], threshold: f64) -> Vec<Option<usize>> {
    let is_well = |k: usize| minima[k].barrier.is_some_and(|barrier| barrier > threshold);
    let mut ordered: Vec<&Pass> = passes.iter().map(|(pass, _)| pass).collect();
    sort_by(&mut ordered, |pass| pass.height);
    let outside = minima.len();
    // For each minimum the representative of the basin that it drains into so far: a well or the outside once there is one in it.
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

/// The quadratic model of a potential at an extremum.
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

    /// The number of its downhill directions.
    fn downhill(&self) -> usize {
        self.modes.iter().filter(|mode| mode.0 < 0.0).count()
    }

    /// The product over its directions of the integral of the Boltzmann factor, across a saddle of its inverse, over that of the parabola.
    fn integral(&self, fit: &Potential, kt: f64) -> f64 {
        self.modes.iter().map(|(curvature, direction)| self.along(fit, kt, *curvature, direction)).product()
    }

    fn along(&self, fit: &Potential, kt: f64, curvature: f64, direction: &[f64]) -> f64 {
        let width = (kt / curvature.abs()).sqrt();
        let mut distances = vec![0.0];
        let mut step = width / PER_WIDTH;
        for k in 0..STEPS {
            distances.push(distances[k] + step);
            if k as f64 > 4.0 * PER_WIDTH {
                step *= GROWTH;
            }
        }
        let side = |sign: f64| {
            let place = |s: &f64| self.x.iter().zip(direction).map(|(x, d)| x + sign * s * d).collect::<Vec<_>>();
            let points: Vec<f64> = distances.iter().flat_map(place).collect();
            let rises: Vec<f64> = fit.values(&points, Outputs::default()).psi;
            let rises: Vec<f64> = rises.iter().map(|psi| curvature.signum() * (psi - self.value) / kt).collect();
            // Up to the next pass, or to the next minimum.
            let end = rises.windows(2).position(|pair| pair[1] < pair[0] || pair[0] > RANGE).unwrap_or(STEPS);
            let term = |k: usize| 0.5 * (distances[k + 1] - distances[k]) * ((-rises[k]).exp() + (-rises[k + 1]).exp());
            (0..end).map(term).sum::<f64>()
        };
        (side(1.0) + side(-1.0)) / (width * (2.0 * std::f64::consts::PI).sqrt())
    }
}

/// The prefactor times the friction; `None` if one of the two is not what it should be.
fn prefactor(well: &Extremum, saddle: &Extremum) -> Option<f64> {
    if well.downhill() != 0 || saddle.downhill() != 1 {
        return None;
    }
    let ratios = well.modes.iter().zip(&saddle.modes).map(|(well, saddle)| well.0 / saddle.0.abs());
    let prefactor = saddle.modes[0].0.abs() / (2.0 * std::f64::consts::PI) * ratios.product::<f64>().sqrt();
    prefactor.is_finite().then_some(prefactor)
}
