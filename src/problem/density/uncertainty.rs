//! How sure the wells of a density are: intervals by the delta method.
//!
//! The information of n samples is n times the covariance of `dPsi/dw` under the density q, Fisher's. With `g = dPsi/dw` at fixed x and its mean
//! `E` over q, `-log q` has the slope `g - E`, a barrier `g(pass) - g(x*)`, and the logarithm of the mass of a basin `E - E_basin`, with the mean
//! over q in the basin, plus what the moving ends of the basin contribute: a pass moves by `-(dg/dx) / Psi''`.

use std::f64::consts::PI;

use super::fits::SampleFit;
use super::metrics::FittedWell;
use super::run::DensityRun;
use super::wells::Well;
use crate::data::estimate::kernel;
use crate::landscape::MinimumInterval;
use crate::landscape::uncertainty::{ParameterDerivatives, quantile, weighted_mean};
use crate::model::Potential;
use crate::model::model_file::Normalization;
use crate::numerics::covariance::Covariance;
use crate::numerics::misfit::{self, Misfit};
use crate::numerics::statistics::difference;

impl DensityRun {
    /// Adds intervals to the wells of the fit of a set, if they are asked for and its samples tell.
    pub(super) fn describe(&self, set: usize, fit: &SampleFit, density: &[f64], fitted: &mut [FittedWell]) {
        if self.settings.data.uncertainty == 0 || !fit.is_settled {
            return;
        }
        let samples = self.effective_size(set);
        let [shift, scale] = fit.scaling;
        let scaling = Normalization { input_shift: vec![shift], input_scale: vec![scale], ..Normalization::identity(1) };
        let params: Vec<f64> = fit.params.iter().map(|&p| p.into()).collect();
        let psi = Potential::new(&self.arch, &scaling, params.clone());
        let x: Vec<f64> = (0..density.len()).map(|n| (n as f64 - shift) / scale).collect();
        let slopes = ParameterDerivatives::new(&self.arch, &scaling, &params);
        let Some(of) = StateSensitivities::new(slopes, &x, [density, &self.own_weights(set)], samples) else { return };
        let unit = self.samples.unit(set)[1];
        let states: Vec<f64> = (0..density.len()).map(|n| n as f64).collect();
        let found = self.found(set, density);
        let Some(largest) = found.iter().max_by(|a, b| a.mass.total_cmp(&b.mass)) else { return };
        let own = self.own_weights(set);
        let misfit = Misfit {
            samples: [&states, &own],
            cells: [&states, density],
            widths: vec![kernel::improved_sheather_jones_binned(&own, samples).max(1.0)],
            periods: vec![None],
            effective: samples.min(self.samples.rows_of(set).count() as f64),
        };
        let at = |state: usize| {
            let mut ratio = misfit.at(&[state as f64]).unwrap_or_default();
            // Weights of states are those of many samples: the error is that of the number under the square of the kernel.
            let near = density[state] * misfit.widths[0] * 2.0 * PI.sqrt() * misfit.effective;
            let factor = 1.0 / near.max(f64::MIN_POSITIVE).sqrt() / ratio.log[1].max(f64::MIN_POSITIVE);
            ratio.log[1] *= factor;
            ratio.slopes.iter_mut().for_each(|slope| slope[1] *= factor);
            ratio
        };
        let of_mass = |well: &Well| {
            let drawn: f64 = own[well.from..well.to].iter().sum();
            [(drawn.max(f64::MIN_POSITIVE) / well.mass).ln(), (1.0 / (drawn.max(f64::MIN_POSITIVE) * misfit.effective)).sqrt()]
        };
        let top = density.len() - 1;
        for (well, fitted) in found.iter().zip(fitted) {
            let curvature = scale * scale * psi.hessian(&[well.at as f64])[[0, 0]];
            let mixed = of.slopes.by_input(&x[well.at..=well.at], 0).remove(0);
            let here = at(well.at);
            // A mode at a bound does not move.
            let is_inside = well.at > 0 && well.at < top;
            let moved = here.slopes.first().map_or(0.0, |slope| misfit::widening(*slope)) * scale * scale;
            let half = if is_inside { unit * (scale * of.half(&mixed) + moved) / curvature } else { 0.0 };
            let value = |slope: &[f64], middle: f64, misfit: [f64; 2]| {
                let half = of.half(slope) + misfit::widening(misfit);
                [middle - half, middle + half]
            };
            let lowest = found.iter().max_by(|a, b| density[a.at].total_cmp(&density[b.at])).unwrap_or(well);
            let above = (density[lowest.at] / density[well.at]).ln();
            fitted.interval = (curvature > 0.0 || !is_inside).then(|| MinimumInterval {
                x: vec![[fitted.x[0] - half, fitted.x[0] + half]],
                value: value(&difference(&of.values[well.at], &of.mean), fitted.value, here.log),
                above_lowest: value(
                    &difference(&of.values[well.at], &of.values[lowest.at]),
                    above,
                    misfit::between(here.log, at(lowest.at).log),
                ),
            });
            fitted.barrier_interval = well.barrier.zip(well.pass).map(|(barrier, pass)| {
                let misfit = misfit::between(here.log, at(pass).log);
                let [low, high] = value(&difference(&of.values[pass], &of.values[well.at]), barrier, misfit);
                [low.max(0.0), high]
            });
            let masses = [largest, well].map(|well| of.mass(&psi, density, well));
            let of_ratio = if well.at == largest.at { [0.0; 2] } else { misfit::between(of_mass(well), of_mass(largest)) };
            fitted.delta_g_interval = Some(value(&difference(&masses[0], &masses[1]), fitted.delta_g, of_ratio));
            let [low, high] = value(&masses[1], well.mass.ln(), of_mass(well)).map(f64::exp);
            fitted.mass_interval = Some([low, high.min(1.0)]);
        }
    }
}

/// Derivatives by the parameters at each state, and the covariance of the parameters.
struct StateSensitivities {
    slopes: ParameterDerivatives,
    values: Vec<Vec<f64>>,
    /// Their mean over the density.
    mean: Vec<f64>,
    covariance: Covariance,
}

impl StateSensitivities {
    /// For a density at the states x, and the part of the samples that is at each.
    fn new(mut slopes: ParameterDerivatives, x: &[f64], [density, data]: [&[f64]; 2], samples: f64) -> Option<Self> {
        let width = slopes.varied().len();
        let flat = slopes.without_idle(slopes.at(x).concat());
        let width = flat.len().checked_div(x.len()).filter(|&kept| kept > 0 && kept <= width)?;
        let values: Vec<Vec<f64>> = flat.chunks_exact(width).map(<[f64]>::to_vec).collect();
        let mean = weighted_mean(&values, density);
        let rows = values.iter().zip(density).flat_map(|(slope, q)| {
            let weight = (q * x.len() as f64).sqrt();
            difference(slope, &mean).into_iter().map(move |d| weight * d).collect::<Vec<_>>()
        });
        let ascent = difference(&mean, &weighted_mean(&values, data)).into_iter().map(|d| samples * d).collect::<Vec<_>>();
        let covariance = Covariance::of_scores(rows.collect(), &ascent, samples, &slopes.varied())?;
        Some(Self { slopes, values, mean, covariance })
    }

    /// Half of the width of the interval of a quantity with this derivative by the parameters.
    fn half(&self, slope: &[f64]) -> f64 {
        let chance = quantile(self.covariance.freedom()) * self.covariance.variance(slope).sqrt();
        chance.hypot(self.covariance.change(slope))
    }

    /// The derivative of the logarithm of the mass of a well.
    fn mass(&self, psi: &Potential, density: &[f64], well: &Well) -> Vec<f64> {
        let inside = weighted_mean(&self.values[well.from..well.to], &density[well.from..well.to]);
        let mut slope = difference(&self.mean, &inside);
        for (cut, outwards) in [(well.from, -1.0), (well.to, 1.0)] {
            let scale = psi.scaling().input_scale[0];
            let curvature = scale * scale * psi.hessian(&[cut as f64])[[0, 0]];
            // The ends of the line do not move.
            if cut > 0 && cut < density.len() && curvature < 0.0 {
                let at = (cut as f64 - psi.scaling().input_shift[0]) / scale;
                let moved = self.slopes.by_input(&[at], 0).remove(0);
                let factor = -outwards * density[cut] / well.mass * scale / curvature;
                slope.iter_mut().zip(moved).for_each(|(slope, m)| *slope += factor * m);
            }
        }
        slope
    }
}
