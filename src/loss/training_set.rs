//! Training data in the units of a network. The chain rule is applied here, and only here.
//!
//! With `x_net = (x - shift) / scale` for an input and `Psi = s psi + t`, a derivative is `dpsi/dx_net = (scale / s) dPsi/dx`, and a value is
//! `psi = (Psi - t) / s`. Squared errors of the components of a gradient are weighted by the reciprocal of their standard deviation `sigma_k`. This
//! is a compromise between equal weights and `1/sigma_k^2`. Missing components (NaN) have weight zero. If rows have standard errors, the squared
//! errors of a row are also weighted by [`Dataset::row_weights`].

use std::ops::Range;

use super::RegressionTarget;
use crate::data::{self, Dataset};
use crate::model::model_file::Normalization;

/// Number of samples that are computed together.
const ALIGNED_SAMPLES: usize = 8;

/// Training data of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingSet {
    /// Quantity that is compared with the data.
    pub target: RegressionTarget,
    /// Inputs, `[samples, inputs]`.
    pub x: Vec<f64>,
    /// Targets, `[samples, components]`.
    pub targets: Vec<f64>,
    /// Weights of the squared errors, `[samples, components]`; `None` for equal weights.
    pub weights: Option<Vec<f64>>,
    /// Number of inputs.
    pub inputs: usize,
}

impl TrainingSet {
    /// Scales a dataset. `value_weight` is the weight of the mean squared error of the values (over their standard deviation)
    /// relative to that of the derivatives (over theirs). It has no effect without derivatives or without values.
    pub fn new(data: &Dataset, scaling: &Normalization, value_weight: f64) -> Self {
        let has_values = || value_weight > 0.0 && data.y.iter().any(|y| y.is_finite());
        let target = match &data.gradient {
            _ if data.is_density => RegressionTarget::Density,
            None => RegressionTarget::Value,
            Some(_) if has_values() => RegressionTarget::Both,
            Some(_) => RegressionTarget::Gradient,
        };
        let (inputs, of_rows) = (data.inputs(), data.row_weights());
        let (x, mut targets) = Self::of_rows(data, scaling, target, 0..data.samples());
        if target.slopes(inputs) == 0 {
            let weights = if data.is_density { data.shares() } else { of_rows };
            return Self { target, x, targets, weights, inputs };
        }
        let components = target.components(inputs);
        let mut weights = vec![0.0; targets.len()];
        for component in 0..components {
            let present: Vec<f64> =
                targets.iter().skip(component).step_by(components).copied().filter(|v| v.is_finite()).collect();
            let weight = if component < inputs { 1.0 } else { value_weight * inputs as f64 } / spread(&present);
            for (sample, at) in (component..targets.len()).step_by(components).enumerate() {
                if targets[at].is_finite() {
                    weights[at] = weight * of_rows.as_ref().map_or(1.0, |of_rows| of_rows[sample]);
                } else {
                    targets[at] = 0.0;
                }
            }
        }
        Self { target, x, targets, weights: Some(weights), inputs }
    }

    /// Inputs `[rows, inputs]` and targets `[rows, components]` of some rows. Missing targets are NaN.
    pub fn of_rows(
        data: &Dataset,
        scaling: &Normalization,
        target: RegressionTarget,
        rows: Range<usize>,
    ) -> (Vec<f64>, Vec<f64>) {
        let Normalization { input_shift, input_scale, output_shift, output_scale } = scaling;
        let inputs = data.inputs();
        let (slopes, components) = (target.slopes(inputs), target.components(inputs));
        let (mut x, mut targets) = (Vec::with_capacity(rows.len() * inputs), Vec::with_capacity(rows.len() * components));
        for row in rows {
            x.extend((0..inputs).map(|k| (data.x[[row, k]] - input_shift[k]) / input_scale[k]));
            if let Some(gradient) = data.gradient.as_ref().filter(|_| slopes > 0) {
                targets.extend((0..inputs).map(|k| gradient[[row, k]] * input_scale[k] / output_scale));
            }
            if components > slopes && target != RegressionTarget::Density {
                targets.push((data.y[row] - output_shift) / output_scale);
            }
        }
        (x, targets)
    }

    /// A training set of values `y` at the inputs `x` `[samples, inputs]`, both in the units of the network.
    pub fn of_values(x: Vec<f64>, y: Vec<f64>, inputs: usize) -> Self {
        Self { target: RegressionTarget::Value, x, targets: y, weights: None, inputs }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.x.len() / self.inputs
    }

    /// The samples for which `is_wanted` is true.
    #[must_use]
    pub fn subset(&self, is_wanted: impl Fn(usize) -> bool) -> Self {
        let samples = self.samples();
        let rows: Vec<usize> = (0..samples).filter(|&row| is_wanted(row)).collect();
        let weights = self.weights.as_deref().map(|weights| picked(weights, samples, &rows));
        Self { x: picked(&self.x, samples, &rows), targets: picked(&self.targets, samples, &rows), weights, ..*self }
    }

    /// Factor of the error of each sample and component. The mean square of the errors with these factors is the weighted mean square.
    pub fn factors(&self) -> Vec<f64> {
        let Some(weights) = &self.weights else { return vec![1.0; self.targets.len()] };
        let mean = weights.iter().sum::<f64>() / weights.len().max(1) as f64;
        weights.iter().map(|weight| (weight / mean.max(f64::MIN_POSITIVE)).sqrt()).collect()
    }

    /// Errors of the predictions `psi` `[samples]` and `gradient` `[samples, inputs]`, times [`TrainingSet::factors`].
    pub fn errors(&self, psi: &[f64], gradient: &[f64]) -> Vec<f64> {
        if !self.is_weighted() {
            return psi.iter().zip(&self.targets).map(|(psi, y)| psi - y).collect();
        }
        let (components, slopes) = (self.target.components(self.inputs), self.target.slopes(self.inputs));
        let found = |k: usize| {
            let (sample, component) = (k / components, k % components);
            if component < slopes { gradient[sample * self.inputs + component] } else { psi[sample] }
        };
        let errors = self.factors().into_iter().zip(&self.targets).enumerate();
        errors.map(|(k, (factor, target))| factor * (found(k) - target)).collect()
    }

    /// Returns true if the errors differ from those of values with equal weights. Curves that are included in the program have equal weights.
    pub fn is_weighted(&self) -> bool {
        self.target.slopes(self.inputs) > 0 || self.weights.is_some()
    }

    /// Returns true if the set contains at least one target with a positive weight.
    pub fn counts(&self) -> bool {
        self.weights.as_ref().map_or(!self.targets.is_empty(), |weights| weights.iter().any(|&w| w > 0.0))
    }

    /// The weighted mean square of the targets: the error of a fit that is zero everywhere.
    pub fn mean_square(&self) -> f64 {
        let ones = vec![1.0; self.targets.len()];
        let weights = self.weights.as_ref().unwrap_or(&ones);
        let squares = self.targets.iter().zip(weights).map(|(t, w)| w * t * t);
        squares.sum::<f64>() / weights.iter().sum::<f64>().max(f64::MIN_POSITIVE)
    }
}

/// Samples of a set in the order of a regression.
#[derive(Clone, Copy, Debug)]
pub struct OrderedSamples<'a> {
    /// The set.
    pub set: &'a TrainingSet,
    /// Numbers of the samples in that order; `None` for the order of the set.
    pub order: Option<&'a [usize]>,
    /// Masks of the cells of the modes, `[samples, modes]` in the order of the set, if values are compared within cells.
    pub masks: Option<&'a [f32]>,
}

impl<'a> From<&'a TrainingSet> for OrderedSamples<'a> {
    fn from(set: &'a TrainingSet) -> Self {
        Self { set, order: None, masks: None }
    }
}

impl OrderedSamples<'_> {
    /// Quantity that is compared with the data.
    pub fn target(&self) -> RegressionTarget {
        if self.masks.is_some() { RegressionTarget::Cells } else { self.set.target }
    }

    /// Number in the set of the `k`-th sample.
    pub fn number(&self, k: usize) -> usize {
        self.order.map_or(k, |order| order[k])
    }

    /// Consecutive ranges of approximately `size` samples, and of at least half of `size` if it exceeds 2 `ALIGNED_SAMPLES`. Each range has at least
    /// one target with a positive weight. The result is empty if all samples fit into one range. All ranges but the last one have a multiple of
    /// `ALIGNED_SAMPLES` samples. Other sizes take longer, because the remainder must be excluded from all sums.
    pub fn parts(&self, size: usize) -> impl Iterator<Item = Range<usize>> {
        let samples = self.set.samples();
        let count = ((samples + size / 2) / size).max(1);
        let first = move |k: usize| if k == count { samples } else { k * samples / count / ALIGNED_SAMPLES * ALIGNED_SAMPLES };
        (0..if count > 1 { count } else { 0 }).map(move |k| first(k)..first(k + 1)).filter(|part| self.counts(part.clone()))
    }

    /// Returns true if a range has a target with a positive weight.
    fn counts(&self, part: Range<usize>) -> bool {
        let Some(weights) = &self.set.weights else { return !part.is_empty() };
        let components = weights.len() / self.set.samples().max(1);
        part.map(|k| self.number(k) * components).any(|at| weights[at..at + components].iter().any(|&w| w > 0.0))
    }
}

/// Standard deviation of the values. If it is zero, their magnitude, or else 1.
fn spread(values: &[f64]) -> f64 {
    let values = ndarray::Array1::from(values.to_vec());
    let size = data::mean(&values.mapv(f64::abs));
    [data::standard_deviation(&values), size].into_iter().find(|s| *s > 1e-12 * size && *s > 0.0).unwrap_or(1.0)
}

/// Makes a scaling symmetric under an exchange of the inputs. Exchanged inputs get a common shift and a common scale, which are the means of their
/// own.
#[must_use]
pub fn exchangeable(scaling: &Normalization) -> Normalization {
    let both = |list: &[f64]| list.iter().zip(list.iter().rev()).map(|(a, b)| f64::midpoint(*a, *b)).collect();
    Normalization { input_shift: both(&scaling.input_shift), input_scale: both(&scaling.input_scale), ..scaling.clone() }
}

/// Scaling to inputs with zero mean and unit standard deviation. Periodic inputs range from -pi to pi. Values are scaled in
/// the same way. If derivatives are fitted, they have a mean variance of one instead.
pub fn standard(data: &Dataset) -> Normalization {
    // A constant column has no standard deviation to divide by.
    let spread_or_one = |std: f64| if std > 0.0 { std } else { 1.0 };
    let columns = || data.x.columns().into_iter();
    let inputs = Normalization {
        input_shift: columns().map(|c| data::mean(&c)).collect(),
        input_scale: columns().map(|c| spread_or_one(data::standard_deviation(&c))).collect(),
        ..Normalization::identity(0)
    };
    let Normalization { input_shift, input_scale, .. } = inputs.with_turns(&data.periods);
    let Some(gradient) = &data.gradient else {
        let output_scale = spread_or_one(data.std());
        return Normalization { input_shift, input_scale, output_shift: data::mean(&data.y), output_scale };
    };
    let variance = |(column, scale): (ndarray::ArrayView1<f64>, &f64)| {
        let present: Vec<f64> = column.iter().copied().filter(|g| g.is_finite()).collect();
        (spread(&present) * scale).powi(2)
    };
    let variances: f64 = gradient.columns().into_iter().zip(&input_scale).map(variance).sum();
    let output_scale = (variances / data.inputs() as f64).sqrt();
    let known: Vec<f64> = data.y.iter().copied().filter(|y| y.is_finite()).collect();
    Normalization { input_shift, input_scale, output_shift: data::mean(&ndarray::Array1::from(known)), output_scale }
}

/// The given rows of an array of `samples` samples, in their order.
pub fn picked<V: Copy>(values: &[V], samples: usize, rows: &[usize]) -> Vec<V> {
    let width = values.len() / samples.max(1);
    let mut picked = Vec::with_capacity(rows.len() * width);
    for &row in rows {
        picked.extend_from_slice(&values[row * width..(row + 1) * width]);
    }
    picked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::{Loss, Regression};
    use crate::model::potential::{Outputs, declared};
    use crate::model::{Architecture, Potential, init};
    use ndarray::{Array2, array};

    fn table() -> Dataset {
        Dataset {
            name: "t".into(),
            names: vec!["u".into(), "v".into(), "y".into()],
            x: array![[0.0, 50.0], [-2.0, 60.0], [1.0, -70.0], [0.5, 10.0]],
            y: array![1.0, 3.0, 5.0, 2.0],
            gradient: Some(array![[1.0, 0.1], [f64::NAN, 0.3], [-4.0, 0.2], [2.0, f64::NAN]]),
            ..Dataset::default()
        }
    }

    #[test]
    fn exact_fit_has_zero_loss() {
        // The test scales the gradient of a network in the units of the data. The result must be the gradient in the units of the network.
        let mut data = table();
        let scaling = standard(&data);
        let arch = Architecture::new(2, 3, &[4]);
        let params = init::paper(&declared(&arch), 5);
        let x: Vec<f64> = data.x.iter().copied().collect();
        let values = Potential::new(&arch, &scaling, params.clone()).values(&x, Outputs { gradient: true, ..Outputs::default() });
        data.gradient = Some(Array2::from_shape_vec((4, 2), values.gradient).unwrap());
        data.y = values.psi.into();
        for value_weight in [0.0, 2.0] {
            let training_set = TrainingSet::new(&data, &scaling, value_weight);
            let loss = Regression::<f64>::new(&arch, &training_set).value(&params);
            assert!(loss.total < 1e-24, "{loss:?}");
        }
    }

    #[test]
    fn missing_components_have_no_weight_and_others_are_scaled() {
        let data = table();
        let training_set = TrainingSet::new(&data, &standard(&data), 0.5);
        assert_eq!(training_set.target, RegressionTarget::Both);
        let weights = training_set.weights.unwrap();
        assert_eq!((weights[3], weights[10]), (0.0, 0.0));
        for component in 0..3 {
            let of = |list: &[f64]| -> Vec<f64> { list.iter().skip(component).step_by(3).copied().collect() };
            let (weights, targets) = (of(&weights), of(&training_set.targets));
            let present: Vec<f64> = targets.iter().zip(&weights).filter(|(_, w)| **w > 0.0).map(|(t, _)| *t).collect();
            // The values have a weight of one half relative to the mean of two derivatives.
            assert!((weights[0] * spread(&present) - 1.0).abs() < 1e-12);
        }
        let mean: f64 = [0, 1].iter().map(|&k| 1.0 / (weights[k] * weights[k])).sum::<f64>() / 2.0;
        assert!((mean - 1.0).abs() < 1e-12, "{mean}");
    }
}
