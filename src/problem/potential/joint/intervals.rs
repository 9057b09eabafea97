//! Intervals of free energies and minima of a joint density, and samples around its passes.

use std::f64::consts::TAU;

use super::{FINE_CELLS, GRID_POINTS, JointDensity, MIN_KERNEL_WIDTH_FRACTION, NEGLIGIBLE_HEIGHT_KT, places};
use crate::data::Dataset;
use crate::landscape::Minimum;
use crate::landscape::uncertainty::{MovingEnd, Uncertainty};
use crate::model::potential::Evaluator;
use crate::numerics::bounds::Bounds;
use crate::numerics::misfit::{self, Misfit};
use crate::numerics::statistics::smallest;
use crate::problem::potential::metrics::JointMetrics;

/// Largest expected number of samples around a pass that has none, at 95 %.
const MAX_UNSEEN_SAMPLES: f64 = 3.0;
/// Largest height in kT by which a barrier may exceed its lower bound from the absence of samples around its pass. A higher one is
/// extrapolated.
const MAX_EXTRAPOLATION_KT: f64 = 1.0;

impl JointDensity {
    /// Intervals of the free energies of basins, relative to the most probable one, and of their populations.
    pub fn intervals(
        &self,
        psi: &mut Evaluator<f64>,
        params: &[f64],
        minima: &[Minimum],
        density: &JointMetrics,
        uncertainty: &Uncertainty,
    ) -> (Vec<[f64; 2]>, Vec<[f64; 2]>) {
        let values: Vec<f64> = psi.evaluate(params, &self.grid).psi.iter().map(|psi| psi / self.kt).collect();
        let basins = self.basins(&values, minima);
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let counts: Vec<usize> = (0..values.len()).filter(|&k| values[k] - lowest < NEGLIGIBLE_HEIGHT_KT).collect();
        let places: Vec<f64> =
            counts.iter().flat_map(|&k| self.grid[k * self.inputs..(k + 1) * self.inputs].iter().copied()).collect();
        let ends = self.ends_of_basins(&values, &basins);
        // Half-width of the interval of the logarithm of the ratio of two masses. `sides` marks the basins of each mass.
        let half_of_ratio = |sides: &dyn Fn(Option<usize>) -> [bool; 2]| {
            let weight = |side: usize, k: usize| if sides(basins[k])[side] { (lowest - values[k]).exp() } else { 0.0 };
            let weights = [0, 1].map(|side| counts.iter().map(|&k| weight(side, k)).collect::<Vec<f64>>());
            let masses = weights.each_ref().map(|weights| weights.iter().sum::<f64>());
            let moving = |&[left, right]: &[usize; 2]| {
                let top = if values[left] > values[right] { left } else { right };
                let [left, right] = [left, right].map(|k| sides(basins[k]).map(|is_inside| f64::from(u8::from(is_inside))));
                let change = (left[0] - right[0]) / masses[0] - (left[1] - right[1]) / masses[1];
                MovingEnd { x: self.grid[top], change: change * (lowest - values[top]).exp() / self.lattice.step(0) }
            };
            let moving: Vec<MovingEnd> = ends.iter().map(moving).collect();
            uncertainty.half_of_masses(&places, weights.each_ref().map(Vec::as_slice), &moving)
        };
        let likeliest = density.free_energies.iter().position(|&energy| energy == 0.0).unwrap_or(0);
        let interval = |(basin, &energy): (usize, &f64)| {
            let half = if basin == likeliest || energy.is_nan() {
                0.0
            } else {
                let misfit = misfit::widening(self.misfit_of_masses(&values, &basins, [basin, likeliest]));
                self.kt * (half_of_ratio(&|of| [of == Some(basin), of == Some(likeliest)]) + misfit)
            };
            [energy - half, energy + half]
        };
        let energies = density.free_energies.iter().enumerate().map(interval).collect();
        // The odds of a basin are a ratio of two masses.
        let population = |(basin, &population): (usize, &f64)| {
            if 1.0 - population <= f64::EPSILON || population <= 0.0 {
                return [population; 2];
            }
            let pair: Vec<Option<usize>> = basins.iter().map(|of| Some(usize::from(*of != Some(basin)))).collect();
            let misfit = misfit::widening(self.misfit_of_masses(&values, &pair, [0, 1]));
            let half = half_of_ratio(&|of| [of == Some(basin), of != Some(basin)]) + misfit;
            let log_odds = (population / (1.0 - population)).ln();
            [log_odds - half, log_odds + half].map(|log_odds| 1.0 / (1.0 + (-log_odds).exp()))
        };
        (energies, density.populations.iter().enumerate().map(population).collect())
    }

    /// Neighbouring points of the grid in different basins, the left one first. Empty in several inputs, where the ends of basins are
    /// assumed to be exact.
    fn ends_of_basins(&self, values: &[f64], basins: &[Option<usize>]) -> Vec<[usize; 2]> {
        let pairs = (0..values.len()).map(|k| [k, (k + 1) % values.len()]).filter(|_| self.inputs == 1);
        let is_end = |&[left, right]: &[usize; 2]| {
            let are_neighbours = right > left || self.lattice.neighbours(left).contains(&right);
            are_neighbours && basins[left].zip(basins[right]).is_some_and(|(a, b)| a != b)
        };
        pairs.filter(is_end).collect()
    }

    /// Difference between samples and fit in the logarithm of the ratio of the probabilities of two basins, and its standard
    /// error.
    pub(super) fn misfit_of_masses(&self, values: &[f64], basins: &[Option<usize>], pair: [usize; 2]) -> [f64; 2] {
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let [a, b] = pair.map(|basin| {
            let inside = (0..values.len()).filter(|&k| basins[k] == Some(basin));
            inside.fold([0.0, 0.0], |[fit, scheme], k| {
                [fit + self.bias_factors[GRID_POINTS][k] * (lowest - values[k]).exp(), scheme + self.sample_fractions[k]]
            })
        });
        if [a, b].as_flattened().iter().any(|mass| *mass <= 0.0) {
            return [0.0, f64::INFINITY];
        }
        let error = ((1.0 / a[1] + 1.0 / b[1]) / self.scheme.effective).sqrt();
        [(a[1] / b[1]).ln() - (a[0] / b[0]).ln(), error]
    }

    /// Widens the intervals of minima by the error of the fit: its significant differences from the samples.
    pub fn widen(&self, psi: &mut Evaluator<f64>, params: &[f64], minima: &mut [Minimum], data: &Dataset) {
        let [_, probabilities] = self.probabilities(FINE_CELLS, psi, params);
        let x = places(data);
        let inputs = self.inputs as f64;
        let factor = (4.0 / ((inputs + 2.0) * self.scheme.effective)).powf(1.0 / (inputs + 4.0)).max(MIN_KERNEL_WIDTH_FRACTION);
        let misfit = Misfit {
            samples: [&x, &self.scheme.likelihood_weights],
            cells: [&self.cells[FINE_CELLS].x, &probabilities],
            widths: self.estimate.widths.iter().map(|width| factor * width).collect(),
            periods: (0..self.inputs).map(|k| data.period_length(k)).collect(),
            effective: self.scheme.effective,
        };
        let at = |x: &[f64]| misfit.at(x);
        let bottoms: Vec<_> = minima.iter().map(|minimum| at(&minimum.x)).collect();
        let lowest = (0..minima.len()).min_by(|&a, &b| minima[a].value.total_cmp(&minima[b].value));
        for (k, minimum) in minima.iter_mut().enumerate() {
            let Some(here) = &bottoms[k] else { continue };
            if let Some(pass) = minimum.barrier_at.as_ref().and_then(|pass| at(pass)) {
                let by = self.kt * misfit::widening(misfit::between(here.log, pass.log));
                minimum.barrier_interval =
                    minimum.barrier_interval.map(|ends| misfit::wider(ends, by)).map(|[low, high]| [low.max(0.0), high]);
            }
            let Some(interval) = &mut minimum.interval else { continue };
            interval.value = misfit::wider(interval.value, self.kt * misfit::widening(here.log));
            if let Some(bottom) = lowest.filter(|&lowest| lowest != k).and_then(|lowest| bottoms[lowest].as_ref()) {
                interval.above_lowest =
                    misfit::wider(interval.above_lowest, self.kt * misfit::widening(misfit::between(here.log, bottom.log)));
            }
            for (input, slope) in here.slopes.iter().enumerate() {
                let step = 0.5 * misfit.widths[input];
                let moved = |by: f64| {
                    let mut x = minimum.x.clone();
                    x[input] += by;
                    x
                };
                let values = psi.evaluate(params, &[moved(-step), minimum.x.clone(), moved(step)].concat()).psi;
                let curvature = (values[0] - 2.0 * values[1] + values[2]) / (step * step);
                if curvature > 0.0 && interval.x[input][0] < interval.x[input][1] {
                    interval.x[input] = misfit::wider(interval.x[input], self.kt * misfit::widening(*slope) / curvature);
                }
            }
        }
    }

    /// Bounds the barriers over passes around which a fit predicts so few samples that the data may have none there.
    pub fn bound_barriers(&self, psi: &mut Evaluator<f64>, params: &[f64], minima: &mut [Minimum], data: &Dataset) {
        for (k, expected) in self.unsampled_passes(psi, params, minima, data) {
            let minimum = &mut minima[k];
            let excess = self.kt * (MAX_UNSEEN_SAMPLES / expected).ln();
            minimum.barrier_bound = minimum.barrier.map(|barrier| (barrier - excess).max(0.0));
            (minimum.barrier_interval, minimum.undetermined) = (None, minimum.undetermined && minimum.interval.is_none());
        }
    }

    /// Minima with such passes, by index, and the number of samples that the fit predicts around each pass.
    pub fn unsampled_passes(
        &self,
        psi: &mut Evaluator<f64>,
        params: &[f64],
        minima: &[Minimum],
        data: &Dataset,
    ) -> Vec<(usize, f64)> {
        let passes: Vec<(usize, &[f64])> =
            minima.iter().enumerate().filter_map(|(k, minimum)| Some((k, minimum.barrier_at.as_deref()?))).collect();
        let places: Vec<f64> = passes.iter().flat_map(|(_, x)| x.iter().copied()).collect();
        let numbers = passes.iter().map(|(k, _)| *k).zip(self.expected_samples(psi, params, &places, data));
        numbers.filter(|(_, expected)| (MAX_UNSEEN_SAMPLES / expected).ln() > MAX_EXTRAPOLATION_KT).collect()
    }

    /// Number of samples that a fit predicts around each of some points: in the volume of a Gaussian with the widths of the modes.
    fn expected_samples(&self, psi: &mut Evaluator<f64>, params: &[f64], points: &[f64], data: &Dataset) -> Vec<f64> {
        let [cells, factors] = [&self.cells[FINE_CELLS].sizes, &self.bias_factors[FINE_CELLS]];
        let energies = psi.evaluate(params, &self.cells[FINE_CELLS].x).psi;
        let (heights, x) = (psi.evaluate(params, points).psi, places(data));
        let volume: f64 = self.estimate.widths.iter().map(|width| TAU.sqrt() * width).product();
        let bounds = Bounds { ends: &data.domain(), periodic: &data.periodic() };
        let near = |(point, (height, factor)): (&[f64], (f64, f64))| {
            let masses = energies.iter().zip(cells).zip(factors);
            // All terms are relative to the point, which may be high.
            let total: f64 = masses.map(|((psi, size), factor)| factor * size * ((height - psi) / self.kt).exp()).sum();
            let distance = |x| bounds.way(point, x).iter().zip(&self.estimate.widths).map(|(d, width)| (d / width).powi(2)).sum();
            let distances: Vec<f64> = x.chunks_exact(self.inputs).map(distance).collect();
            let nearest = smallest(&distances, 1).first().map_or(0, |&row| row);
            factor * volume / (total * self.scheme.likelihood_weights[nearest])
        };
        points.chunks_exact(self.inputs).zip(heights.into_iter().zip(self.scheme.bias_factors(points))).map(near).collect()
    }
}
