//! Training data in the units of a network. The chain rule is applied here, and only here.
//!
//! With `x_net = (x - shift) / scale` for an input and `Psi = s psi + t`, a derivative is `dpsi/dx_net = (scale / s) dPsi/dx`,
//! and a value is `psi = (Psi - t) / s`. Squared errors of the components of a gradient are weighted by the reciprocal of their
//! standard deviation `sigma_k`, a compromise between equal weights and `1/sigma_k^2`. Missing components (NaN) have weight zero. Where rows have
//! standard errors, the squared errors of a row are also weighted by [`Dataset::row_weights`].

use std::ops::Range;

use super::Target;
use crate::data::{self, Dataset};
use crate::model::model_file::Normalization;

/// Number of samples that are computed together.
const ALIGNED: usize = 8;

/// The data that a network is trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingSet {
    /// The quantity that the data are compared with.
    pub target: Target,
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
        let Normalization { input_shift, input_scale, output_shift, output_scale } = scaling;
        let scale = |(input, x): (usize, &f64)| (x - input_shift[input]) / input_scale[input];
        let mut x = Vec::with_capacity(data.x.len());
        data.x.rows().into_iter().for_each(|row| x.extend(row.iter().enumerate().map(scale)));
        let value = |y: &f64| (y - output_shift) / output_scale;
        if data.is_density {
            let weights = data.shares();
            return Self { target: Target::Density, x, targets: Vec::new(), weights, inputs: data.inputs() };
        }
        let of_rows = data.row_weights();
        let Some(gradient) = &data.gradient else {
            return Self {
                target: Target::Value,
                x,
                targets: data.y.iter().map(value).collect(),
                weights: of_rows,
                inputs: data.inputs(),
            };
        };
        let both = value_weight > 0.0 && data.y.iter().any(|y| y.is_finite());
        let target = if both { Target::Both } else { Target::Gradient };
        let inputs = data.inputs();
        let components = target.components(inputs);
        let mut targets = vec![0.0; data.samples() * components];
        let mut weights = vec![0.0; data.samples() * components];
        let mut fill = |component: usize, column: &mut dyn Iterator<Item = f64>, weight: f64| {
            let column: Vec<f64> = column.collect();
            let present: Vec<f64> = column.iter().copied().filter(|v| v.is_finite()).collect();
            let weight = weight / spread(&present);
            for (sample, v) in column.into_iter().enumerate().filter(|(_, v)| v.is_finite()) {
                targets[sample * components + component] = v;
                weights[sample * components + component] = weight * of_rows.as_ref().map_or(1.0, |of_rows| of_rows[sample]);
            }
        };
        for (k, column) in gradient.columns().into_iter().enumerate() {
            fill(k, &mut column.iter().map(|g| g * input_scale[k] / output_scale), 1.0);
        }
        if both {
            fill(inputs, &mut data.y.iter().map(value), value_weight * inputs as f64);
        }
        Self { target, x, targets, weights: Some(weights), inputs }
    }

    /// The inputs `[rows, inputs]` and the targets `[rows, components]` of some rows, NaN where nothing was measured.
    pub fn of_rows(data: &Dataset, scaling: &Normalization, target: Target, rows: Range<usize>) -> (Vec<f64>, Vec<f64>) {
        let Normalization { input_shift, input_scale, output_shift, output_scale } = scaling;
        let inputs = data.inputs();
        let (slopes, components) = (target.slopes(inputs), target.components(inputs));
        let (mut x, mut targets) = (Vec::with_capacity(rows.len() * inputs), Vec::with_capacity(rows.len() * components));
        for row in rows {
            x.extend((0..inputs).map(|k| (data.x[[row, k]] - input_shift[k]) / input_scale[k]));
            if let Some(gradient) = data.gradient.as_ref().filter(|_| slopes > 0) {
                targets.extend((0..inputs).map(|k| gradient[[row, k]] * input_scale[k] / output_scale));
            }
            if components > slopes {
                targets.push((data.y[row] - output_shift) / output_scale);
            }
        }
        (x, targets)
    }

    /// Values `y` at the inputs `x` `[samples, inputs]`, both in the units of the network.
    pub fn of_values(x: Vec<f64>, y: Vec<f64>, inputs: usize) -> Self {
        Self { target: Target::Value, x, targets: y, weights: None, inputs }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.x.len() / self.inputs
    }

    /// The samples for which `is_wanted` is true.
    #[must_use]
    pub fn only(&self, is_wanted: impl Fn(usize) -> bool) -> Self {
        let samples = self.samples();
        let rows: Vec<usize> = (0..samples).filter(|&row| is_wanted(row)).collect();
        let weights = self.weights.as_deref().map(|weights| picked(weights, samples, &rows));
        Self { x: picked(&self.x, samples, &rows), targets: picked(&self.targets, samples, &rows), weights, ..*self }
    }

    /// For each sample and component, the factor of an error whose mean square over all of them is the weighted mean square.
    pub fn factors(&self) -> Vec<f64> {
        let Some(weights) = &self.weights else { return vec![1.0; self.targets.len()] };
        let mean = weights.iter().sum::<f64>() / weights.len().max(1) as f64;
        weights.iter().map(|weight| (weight / mean.max(f64::MIN_POSITIVE)).sqrt()).collect()
    }

    /// The errors of what was found, `psi` `[samples]` and `gradient` `[samples, inputs]`, times [`TrainingSet::factors`].
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

    /// Whether errors differ from those of values that all count alike. Curves that come with the program are such values.
    pub fn is_weighted(&self) -> bool {
        self.target.slopes(self.inputs) > 0 || self.weights.is_some()
    }

    /// Whether the set contains at least one target with a positive weight.
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

/// The samples of a set in the order in which a regression goes over them.
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a> {
    /// The set.
    pub set: &'a TrainingSet,
    /// The numbers of its samples in that order, unless it is their own.
    pub order: Option<&'a [usize]>,
    /// The cells of the modes, `[samples, modes]` in the order of the set, if values are compared in these.
    pub masks: Option<&'a [f32]>,
}

impl<'a> From<&'a TrainingSet> for Samples<'a> {
    fn from(set: &'a TrainingSet) -> Self {
        Self { set, order: None, masks: None }
    }
}

impl Samples<'_> {
    /// What is compared with the data.
    pub fn target(&self) -> Target {
        if self.masks.is_some() { Target::Cells } else { self.set.target }
    }

    /// The number in the set of the `k`-th sample.
    pub fn number(&self, k: usize) -> usize {
        self.order.map_or(k, |order| order[k])
    }

    /// Consecutive parts of about `size` samples, at least half of it for a `size` of more than 2 `ALIGNED`. Each part has
    /// at least one target with a positive weight. Empty if all samples fit into one part. All parts but the last one have a
    /// multiple of `ALIGNED` samples, because others take longer: the rest must be left out of all sums.
    pub fn parts(&self, size: usize) -> impl Iterator<Item = Range<usize>> {
        let samples = self.set.samples();
        let count = ((samples + size / 2) / size).max(1);
        let first = move |k: usize| if k == count { samples } else { k * samples / count / ALIGNED * ALIGNED };
        (0..if count > 1 { count } else { 0 }).map(move |k| first(k)..first(k + 1)).filter(|part| self.counts(part.clone()))
    }

    /// Whether a part has a target with a positive weight.
    fn counts(&self, part: Range<usize>) -> bool {
        let Some(weights) = &self.set.weights else { return !part.is_empty() };
        let components = weights.len() / self.set.samples().max(1);
        part.map(|k| self.number(k) * components).any(|at| weights[at..at + components].iter().any(|&w| w > 0.0))
    }
}

/// The standard deviation of the values; if it is zero, their magnitude, or else 1.
fn spread(values: &[f64]) -> f64 {
    let values = ndarray::Array1::from(values.to_vec());
    let size = data::mean(&values.mapv(f64::abs));
    [data::standard_deviation(&values), size].into_iter().find(|s| *s > 1e-12 * size && *s > 0.0).unwrap_or(1.0)
}

/// Makes a scaling symmetric under an exchange of the inputs: exchanged inputs get one shift and one scale, the means of theirs.
#[must_use]
pub fn exchangeable(scaling: &Normalization) -> Normalization {
    let both = |list: &[f64]| list.iter().zip(list.iter().rev()).map(|(a, b)| f64::midpoint(*a, *b)).collect();
    Normalization { input_shift: both(&scaling.input_shift), input_scale: both(&scaling.input_scale), ..scaling.clone() }
}

/// The scaling under which inputs have zero mean and unit standard deviation; periodic ones turn from -pi to pi. It does the same to the values, or gives
/// derivatives, if they are learnt, a mean variance of one.
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

/// These rows of an array with so many samples, in their order.
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
    fn a_fit_without_loss_has_the_gradient_of_the_data() {
        // The gradient of a network in the units of the data, used as a target, is scaled to the gradient in the units of the
        // network.
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
    fn what_is_missing_weighs_nothing_and_components_count_by_their_spread() {
        let data = table();
        let training_set = TrainingSet::new(&data, &standard(&data), 0.5);
        assert_eq!(training_set.target, Target::Both);
        let weights = training_set.weights.unwrap();
        assert_eq!((weights[3], weights[10]), (0.0, 0.0));
        for component in 0..3 {
            let of = |list: &[f64]| -> Vec<f64> { list.iter().skip(component).step_by(3).copied().collect() };
            let (weights, targets) = (of(&weights), of(&training_set.targets));
            let present: Vec<f64> = targets.iter().zip(&weights).filter(|(_, w)| **w > 0.0).map(|(t, _)| *t).collect();
            // The values have a weight of one half against the mean of two derivatives.
            assert!((weights[0] * spread(&present) - 1.0).abs() < 1e-12);
        }
        let mean: f64 = [0, 1].iter().map(|&k| 1.0 / (weights[k] * weights[k])).sum::<f64>() / 2.0;
        assert!((mean - 1.0).abs() < 1e-12, "{mean}");
    }
}
