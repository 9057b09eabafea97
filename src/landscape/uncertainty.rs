//! Uncertainty of a fit: intervals of the positions, values and barriers of its minima, by the delta method.
//!
//! The covariance of the parameters is that of [`Covariance`]. At a minimum the gradient vanishes. So with `g = dPsi/dw` at fixed x
//!
//! - the value has the slope `g(x*)`, a barrier has the slope `g(x_pass) - g(x*)`, and a difference of two minima has the difference of
//!   their slopes,
//! - the position has the slope `-H^-1 d(grad Psi)/dw` with the Hessian H.
//!
//! Gates are constant, because output biases have the same effect. Weights that the constraint of convexity holds at zero are constant too.
//! The sharpness is represented by its logarithm. The number of wells is fixed: an interval does not show whether a well is real.

mod deviations;

use crate::numerics::linear::{factorize, substitute};
use serde::{Deserialize, Serialize};

use crate::loss::training_set::TrainingSet;
use crate::loss::{RegressionTarget, Residuals};
use crate::model::model_file::Normalization;
use crate::model::potential::{Outputs, declared};
use crate::model::{Architecture, Convexity, ParamKind, Potential};
use crate::numerics::bounds::Bounds;
use crate::numerics::covariance::Covariance;
use crate::numerics::statistics::{difference, extent};
use crate::numerics::{Minimum, MinimumInterval};

/// Quantile of the normal distribution for a two-sided interval with a probability of nine tenths.
const NORMAL_QUANTILE: f64 = 1.644_853_626_951_472_2;
/// Largest number of errors for the covariance. Of more errors, an equidistant subset is used.
const MAX_ROWS: usize = 2000;
/// Step of finite differences with respect to the inputs, in the units of the network.
const DIFFERENCE_STEP: f64 = 1e-4;
/// Largest distance from a face of a minimum on this face, as a fraction of the box's width.
const FACE_TOLERANCE: f64 = 1e-6;

/// Half-width of a 90 % interval in standard deviations, for a variance estimated with `freedom` degrees of freedom. It uses the first
/// terms of the expansion of Student's distribution for many degrees of freedom.
pub fn quantile(freedom: f64) -> f64 {
    NORMAL_QUANTILE + (NORMAL_QUANTILE.powi(3) + NORMAL_QUANTILE) / (4.0 * freedom)
}

/// Sentence, if intervals of some of these minima were requested and are not determined.
pub fn undetermined(minima: &[Minimum]) -> Option<String> {
    let count = minima.iter().filter(|minimum| minimum.undetermined).count();
    (count > 0).then(|| {
        format!(
            "Intervals of {count} of {} minima are not determined by the data: too few rows are left to estimate the noise from, or an interval is as \
             wide as the data. More rows are needed, or fewer modes.",
            minima.len()
        )
    })
}

/// Message when no confidence interval can be computed.
pub const UNDETERMINED_MESSAGE: &str = "No intervals can be given, because they are not determined by the data: the samples do not determine the parameters of the fit. More of them are needed, or fewer modes.";

/// Covariance of a fit's parameters.
#[derive(Debug, Serialize, Deserialize)]
pub struct Uncertainty {
    slopes: ParameterDerivatives,
    covariance: Covariance,
    /// Half-width of an interval in standard deviations.
    factor: f64,
    /// Mean of `dPsi/dw` over the data, if the potential is determined up to a constant.
    constant: Option<Vec<f64>>,
    /// Range of Psi over the data in the units of the network. A quantity with a larger error is not determined.
    range: f64,
}

/// Maximum at which a basin of one input ends.
#[derive(Clone, Copy, Debug)]
pub struct MovingEnd {
    /// Position in the units of the data.
    pub x: f64,
    /// Change of the logarithm of the ratio of two masses if it moves to the right by one unit of the data.
    pub change: f64,
}

/// Derivatives of a fit with respect to its free parameters. Gates and weights that a constraint holds at zero are not free.
#[derive(Debug, Serialize, Deserialize)]
pub struct ParameterDerivatives {
    arch: Architecture,
    scaling: Normalization,
    params: Vec<f64>,
    /// Index of each free parameter, with a flag for representation by its logarithm.
    free: Vec<(usize, bool)>,
}

impl ParameterDerivatives {
    /// Prepares the derivatives of a fit with these parameters, in the units of the network.
    pub fn new(arch: &Architecture, scaling: &Normalization, params: &[f64]) -> Self {
        Self { arch: arch.clone(), scaling: scaling.clone(), params: params.to_vec(), free: free(arch, params) }
    }

    /// Values of the free parameters; of the sharpness, its logarithm.
    pub fn varied(&self) -> Vec<f64> {
        let of = |&(k, is_logarithm): &(usize, bool)| if is_logarithm { self.params[k].ln() } else { self.params[k] };
        self.free.iter().map(of).collect()
    }

    /// Removes the parameters that have no effect in these rows of derivatives, such as those of removed modes, here and from the rows.
    pub fn without_idle(&mut self, rows: Vec<f64>) -> Vec<f64> {
        let width = self.free.len();
        let matters: Vec<bool> = (0..width).map(|k| rows.iter().skip(k).step_by(width).any(|&j| j != 0.0)).collect();
        let mut kept = matters.iter();
        self.free.retain(|_| *kept.next().expect("one a parameter"));
        rows.into_iter().enumerate().filter(|(k, _)| matters[k % width]).map(|(_, j)| j).collect()
    }

    /// Derivatives `dPsi/dw` at points in the units of the network, one list per point.
    pub fn at(&self, x: &[f64]) -> Vec<Vec<f64>> {
        let inputs = self.arch.inputs;
        let mut values = Residuals::new(&self.arch, &TrainingSet::of_values(x.to_vec(), vec![0.0; x.len() / inputs], inputs));
        let full = values.jacobian(&self.params);
        let factor = |(k, is_logarithm): (usize, bool)| if is_logarithm { self.params[k] } else { 1.0 };
        let free = |row: &[f64]| self.free.iter().map(|&free| factor(free) * row[free.0]).collect();
        full.chunks_exact(self.params.len()).map(free).collect()
    }

    /// Derivatives of `dPsi/dw` with respect to one input.
    pub fn by_input(&self, x: &[f64], input: usize) -> Vec<Vec<f64>> {
        let shifted = |by: f64| {
            let mut x = x.to_vec();
            x.iter_mut().skip(input).step_by(self.arch.inputs).for_each(|x| *x += by);
            self.at(&x)
        };
        let by_step =
            |(a, b): (Vec<f64>, Vec<f64>)| difference(&a, &b).into_iter().map(|d| d / (2.0 * DIFFERENCE_STEP)).collect();
        shifted(DIFFERENCE_STEP).into_iter().zip(shifted(-DIFFERENCE_STEP)).map(by_step).collect()
    }

    /// Derivatives of the difference of the logarithms of two masses, see [`Uncertainty::half_of_masses`].
    fn of_masses(&self, x: &[f64], basins: [&[f64]; 2], ends: &[MovingEnd]) -> Vec<f64> {
        let values = self.at(&self.scaled(x));
        let [a, b] = basins.map(|weights| weighted_mean(&values, weights));
        let mut slope = difference(&b, &a);
        for end in ends {
            let curvature = self.hessian(&[end.x])[0];
            if curvature < 0.0 {
                let mixed = self.by_input(&self.scaled(&[end.x]), 0).remove(0);
                let factor = -end.change * self.scaling.input_scale[0] / curvature;
                slope.iter_mut().zip(mixed).for_each(|(slope, mixed)| *slope += factor * mixed);
            }
        }
        slope
    }

    /// Hessian of the fit in the units of the network, at a point in the units of the data.
    fn hessian(&self, x: &[f64]) -> Vec<f64> {
        let Normalization { input_scale, output_scale, .. } = &self.scaling;
        let fit = Potential::new(&self.arch, &self.scaling, self.params.clone());
        let hessian = fit.values(x, Outputs { hessian: true, ..Outputs::default() }).hessian;
        let scale = |k: usize| input_scale[k / x.len()] * input_scale[k % x.len()] / output_scale;
        hessian.iter().enumerate().map(|(k, second)| second * scale(k)).collect()
    }

    /// Range of Psi over some points, all in the units of the network.
    fn range(&self, x: &[f64]) -> f64 {
        let identity = Normalization::identity(self.arch.inputs);
        let psi = Potential::new(&self.arch, &identity, self.params.clone()).values(x, Outputs::default()).psi;
        let [low, high] = extent(psi);
        high - low
    }

    /// Converts a point to the units of the network.
    fn scaled(&self, x: &[f64]) -> Vec<f64> {
        let (shift, scale) = (&self.scaling.input_shift, &self.scaling.input_scale);
        x.iter().enumerate().map(|(k, x)| (x - shift[k % shift.len()]) / scale[k % scale.len()]).collect()
    }

    /// Jacobian `[errors, free]` of the weighted errors of a training set, and the errors.
    fn errors(&self, set: &TrainingSet) -> (Vec<f64>, Vec<f64>) {
        let (samples, inputs) = (set.samples(), set.inputs);
        let components = set.target.components(inputs);
        let learns_slopes = set.target != RegressionTarget::Value;
        let identity = Normalization::identity(inputs);
        let found = Potential::new(&self.arch, &identity, self.params.clone())
            .values(&set.x, Outputs { gradient: learns_slopes, ..Outputs::default() });
        let columns: Vec<(Vec<Vec<f64>>, Vec<f64>)> = (0..components)
            .map(|component| {
                if learns_slopes && component < inputs {
                    let slopes = found.gradient.iter().skip(component).step_by(inputs).copied().collect();
                    (self.by_input(&set.x, component), slopes)
                } else {
                    (self.at(&set.x), found.psi.clone())
                }
            })
            .collect();
        let (mut rows, mut errors) = (Vec::new(), Vec::new());
        for sample in 0..samples {
            for (component, (slopes, values)) in columns.iter().enumerate() {
                let k = sample * components + component;
                let weight = set.weights.as_ref().map_or(1.0, |weights| weights[k]).sqrt();
                if weight > 0.0 {
                    rows.extend(slopes[sample].iter().map(|slope| weight * slope));
                    errors.push(weight * (values[sample] - set.targets[k]));
                }
            }
        }
        (rows, errors)
    }
}

/// Indices of the free parameters, each with a flag for representation by its logarithm.
fn free(arch: &Architecture, params: &[f64]) -> Vec<(usize, bool)> {
    let projected = arch.convexity == Convexity::Projection;
    let of = |kind: ParamKind, k: usize| match kind {
        ParamKind::Gate => None,
        ParamKind::NonNegative if projected && params[k] <= 0.0 => None,
        kind => Some((k, kind == ParamKind::Sharpness)),
    };
    let kinds: Vec<_> = declared(arch).iter().map(|param| (param.kind, param.range())).collect();
    kinds.into_iter().flat_map(|(kind, range)| range.filter_map(move |k| of(kind, k)).collect::<Vec<_>>()).collect()
}

impl Uncertainty {
    /// Covariance of the parameters of a fit to these data, both in the units of the network.
    ///
    /// `None` if the data do not determine it, for example because there are too few.
    pub fn from_fit(arch: &Architecture, scaling: &Normalization, params: &[f64], set: &TrainingSet) -> Option<Self> {
        let mut slopes = ParameterDerivatives::new(arch, scaling, params);
        let samples = set.samples();
        let components = set.target.components(set.inputs);
        let every = (samples * components).div_ceil(MAX_ROWS).max(1);
        let some = set.subset(|k| k % every == 0);
        let (rows, errors) = slopes.errors(&some);
        let rows = slopes.without_idle(rows);
        let count = errors.len() as f64 * samples as f64 / some.samples().max(1) as f64;
        let covariance = Covariance::of_errors(rows, &errors, count, &slopes.varied())?;
        let factor = quantile(covariance.degrees_of_freedom());
        let constant = (set.target == RegressionTarget::Gradient).then(|| mean_of(&slopes.at(&some.x)));
        let range = slopes.range(&some.x);
        Some(Self { slopes, covariance, factor, constant, range })
    }

    /// Covariance of the parameters of a density by Fisher's information: the number of samples times the covariance of
    /// `dPsi/dw` under the density. The density is given by its probabilities at the points of a quadrature, and the
    /// samples by their weights at other points. All points are in the units of the network.
    ///
    /// `None` if the samples do not determine it.
    pub fn of_density(
        arch: &Architecture,
        scaling: &Normalization,
        params: &[f64],
        [density, data]: [(&[f64], &[f64]); 2],
        sought: &[f64],
        samples: f64,
    ) -> Option<Self> {
        let mut slopes = ParameterDerivatives::new(arch, scaling, params);
        let count = density.1.len();
        let rows = slopes.without_idle(slopes.at(density.0).concat());
        let width = rows.len() / count.max(1);
        let values: Vec<Vec<f64>> = rows.chunks_exact(width.max(1)).map(<[f64]>::to_vec).collect();
        let mean = weighted_mean(&values, density.1);
        let scores = values.iter().zip(density.1).flat_map(|(slope, q)| {
            let weight = (q * count as f64).sqrt();
            difference(slope, &mean).into_iter().map(move |d| weight * d).collect::<Vec<_>>()
        });
        let of_data = weighted_mean(&slopes.at(data.0), data.1);
        let ascent: Vec<f64> = difference(&mean, &of_data).into_iter().map(|d| samples * d).collect();
        let covariance = Covariance::of_scores(scores.collect(), &ascent, samples, &slopes.varied())?;
        let factor = quantile(covariance.degrees_of_freedom());
        // Psi is minus the logarithm of the normalised density with the probabilities `sought`.
        let constant = Some(weighted_mean(&values, sought));
        let range = slopes.range(density.0);
        Some(Self { slopes, covariance, factor, constant, range })
    }

    /// Half-width of the interval of a quantity with this derivative with respect to the free parameters, in the units of the network.
    fn half(&self, slope: &[f64]) -> f64 {
        let chance = self.factor * self.covariance.variance(slope).sqrt();
        chance.hypot(self.covariance.change(slope))
    }

    /// Half-width as by `half`, if the data determine the quantity. Then at least one row is left to estimate the noise. The variance is
    /// less than half of that without any data, and the interval is narrower than the range `most` of the data.
    fn determined(&self, slope: &[f64], most: f64) -> Option<f64> {
        let is_zero = slope.iter().all(|s| *s == 0.0);
        let is_determined = is_zero || (self.covariance.degrees_of_freedom() >= 1.0 && self.covariance.determines(slope));
        Some(self.half(slope)).filter(|half| is_determined && *half <= most)
    }

    /// Half-width of the interval of Psi at each of some points, all in the units of the data.
    pub fn band(&self, x: &[f64]) -> Vec<f64> {
        let scale = self.slopes.scaling.output_scale;
        self.values(&self.slopes.scaled(x)).iter().map(|slope| scale * self.half(slope)).collect()
    }

    /// Half-width of the interval of the difference of the logarithms of two masses. The masses are given by weights of
    /// points `[points, inputs]` in the units of the data, in one basin and in the other. `ends` are the maxima at which
    /// basins of one input end. A maximum moves by `-(dg/dx) / Psi''`.
    pub fn half_of_masses(&self, x: &[f64], basins: [&[f64]; 2], ends: &[MovingEnd]) -> f64 {
        self.half(&self.slopes.of_masses(x, basins, ends))
    }

    /// Derivatives `dPsi/dw` at points, without the undetermined constant of a potential.
    fn values(&self, x: &[f64]) -> Vec<Vec<f64>> {
        let without = |slope: Vec<f64>| match &self.constant {
            Some(constant) => difference(&slope, constant),
            None => slope,
        };
        self.slopes.at(x).into_iter().map(without).collect()
    }

    /// Adds intervals to the minima of the fit inside a box, all in the units of the data. Marks the minima with an interval that the data
    /// do not determine.
    pub fn describe(&self, bounds: Bounds, minima: &mut [Minimum]) {
        let scale = self.slopes.scaling.output_scale;
        let places: Vec<Vec<f64>> = minima.iter().map(|m| self.slopes.scaled(&m.x)).collect();
        let values = self.values(&places.concat());
        let lowest = (0..minima.len()).min_by(|&a, &b| minima[a].value.total_cmp(&minima[b].value));
        let bottom = lowest.map(|k| minima[k].value);
        for (k, minimum) in minima.iter_mut().enumerate() {
            let around = |middle: f64, slope: &[f64]| {
                let half = scale * self.determined(slope, self.range)?;
                Some([middle - half, middle + half])
            };
            let above = |(lowest, bottom): (usize, f64)| around(minimum.value - bottom, &difference(&values[k], &values[lowest]));
            let barrier = minimum.barrier.zip(minimum.barrier_at.as_ref());
            minimum.barrier_interval = barrier.and_then(|(barrier, at)| {
                let pass = self.values(&self.slopes.scaled(at)).remove(0);
                let [low, high] = around(barrier, &difference(&pass, &values[k]))?;
                Some([low.max(0.0), high])
            });
            let place = self.place(&minimum.x, &places[k], bounds);
            let above_lowest = lowest.zip(bottom).map_or(Some([0.0; 2]), above);
            let parts = place.zip(around(minimum.value, &values[k])).zip(above_lowest);
            minimum.interval = parts.map(|((x, value), above_lowest)| MinimumInterval { x, value, above_lowest });
            let is_known = minimum.interval.is_some() && minimum.barrier_interval.is_some() == minimum.barrier_at.is_some();
            minimum.undetermined = !is_known;
        }
    }

    /// Interval of each coordinate of a minimum; `None` if its Hessian is not positive definite or the data do not determine a coordinate.
    fn place(&self, x: &[f64], scaled: &[f64], bounds: Bounds) -> Option<Vec<[f64; 2]>> {
        let inputs = x.len();
        let input_scale = &self.slopes.scaling.input_scale;
        let is_inside = |&k: &usize| {
            let [low, high] = bounds.ends[k];
            bounds.is_periodic(k) || x[k] - low > FACE_TOLERANCE * (high - low) && high - x[k] > FACE_TOLERANCE * (high - low)
        };
        let inside: Vec<usize> = (0..inputs).filter(is_inside).collect();
        let hessian = self.slopes.hessian(x);
        let mut factor: Vec<f64> =
            inside.iter().flat_map(|&i| inside.iter().map(move |&j| i * inputs + j)).map(|k| hessian[k]).collect();
        factorize(&mut factor, inside.len())?;
        let mixed: Vec<Vec<f64>> = inside.iter().map(|&k| self.slopes.by_input(scaled, k).remove(0)).collect();
        let mut intervals: Vec<[f64; 2]> = x.iter().map(|&x| [x, x]).collect();
        for (row, &k) in inside.iter().enumerate() {
            let mut weights = vec![0.0; inside.len()];
            weights[row] = 1.0;
            substitute(&factor, &mut weights);
            let slope = (0..mixed[row].len()).map(|p| -weights.iter().zip(&mixed).map(|(w, m)| w * m[p]).sum::<f64>());
            let [low, high] = bounds.ends[k];
            let half = input_scale[k] * self.determined(&slope.collect::<Vec<_>>(), (high - low) / input_scale[k])?;
            intervals[k] = [x[k] - half, x[k] + half];
        }
        Some(intervals)
    }
}

/// Weighted mean of lists.
pub fn weighted_mean(lists: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let all: f64 = weights.iter().sum();
    let mut mean = vec![0.0; lists.first().map_or(0, Vec::len)];
    for (list, weight) in lists.iter().zip(weights) {
        mean.iter_mut().zip(list).for_each(|(mean, value)| *mean += weight / all * value);
    }
    mean
}

fn mean_of(lists: &[Vec<f64>]) -> Vec<f64> {
    let count = lists.len().max(1) as f64;
    let mut mean = vec![0.0; lists.first().map_or(0, Vec::len)];
    for list in lists {
        mean.iter_mut().zip(list).for_each(|(mean, v)| *mean += v / count);
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::init;

    const STEP: f64 = 1e-3;

    /// Logarithm of the ratio of the masses to the left and to the right of the maximum between two wells, the maximum, and the weights
    /// of both sides.
    fn log_ratio(arch: &Architecture, scaling: &Normalization, params: &[f64], x: &[f64]) -> (f64, f64, [Vec<f64>; 2]) {
        let psi = Potential::new(arch, scaling, params.to_vec()).values(x, Outputs::default()).psi;
        let inside = (0..x.len()).filter(|&k| x[k].abs() < 1.0);
        let top = inside.max_by(|&a, &b| psi[a].total_cmp(&psi[b])).expect("points between the wells");
        let [a, b, c] = [psi[top - 1], psi[top], psi[top + 1]];
        let cut = x[top] + 0.5 * STEP * (a - c) / (a - 2.0 * b + c);
        // The part of the cell of each point to the left of the cut.
        let left = |x: f64| ((cut - x) / STEP + 0.5).clamp(0.0, 1.0);
        let weights = [1.0, 0.0].map(|side: f64| -> Vec<f64> {
            let part = |x: f64| side * left(x) + (1.0 - side) * (1.0 - left(x));
            x.iter().zip(&psi).map(|(&x, psi)| part(x) * (-psi).exp()).collect()
        });
        let [a, b] = weights.each_ref().map(|weights| weights.iter().sum::<f64>());
        ((a / b).ln(), cut, weights)
    }

    #[test]
    fn derivatives_of_masses_include_ends_of_basins() {
        let arch = Architecture::new(1, 2, &[10]);
        let scaling = Normalization { input_shift: vec![0.1], input_scale: vec![0.7], ..Normalization::identity(1) };
        let x: Vec<f64> = (0..8001).map(|k| f64::from(k - 4000) * STEP).collect();
        let centres = [(vec![-2.0], 0.0), (vec![2.0], 0.1)];
        let data: Vec<f64> = (0..101).map(|k| f64::from(k) * 0.06 - 3.0).collect();
        let params = init::on_data(&declared(&arch), &data, &centres, &mut init::stream(3));
        let slopes = ParameterDerivatives::new(&arch, &scaling, &params);
        let (_, cut, weights) = log_ratio(&arch, &scaling, &params, &x);
        let [a, b] = weights.each_ref().map(|weights| weights.iter().sum::<f64>() * STEP);
        let density = (-Potential::new(&arch, &scaling, params.clone()).values(&[cut], Outputs::default()).psi[0]).exp();
        let end = MovingEnd { x: cut, change: density * (1.0 / a + 1.0 / b) };
        let basins = weights.each_ref().map(Vec::as_slice);
        let [with, without] = [&[end][..], &[]].map(|ends| slopes.of_masses(&x, basins, ends));
        let mut largest: f64 = 0.0;
        for (at, &(k, is_logarithm)) in slopes.free.iter().enumerate() {
            let moved = |by: f64| {
                let mut params = params.clone();
                params[k] = if is_logarithm { params[k] * by.exp() } else { params[k] + by };
                log_ratio(&arch, &scaling, &params, &x).0
            };
            let difference = (moved(1e-4) - moved(-1e-4)) / 2e-4;
            assert!((with[at] - difference).abs() < 1e-3 * (1.0 + difference.abs()), "{k}: {} {difference}", with[at]);
            largest = largest.max((without[at] - difference).abs());
        }
        assert!(largest > 1e-2, "the ends matter: {largest}");
    }
}
