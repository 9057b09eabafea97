//! Data as a network is to learn them: everything in the network's own units, the chain rule applied once, here.
//!
//! With `x_net = (x - shift) / scale` an input and `Psi = s psi + t`, a derivative is `dpsi/dx_net = (scale / s) dPsi/dx`, and a value
//! `psi = (Psi - t) / s`. The components of a gradient differ in size and are weighted by one over their standard deviation, half-way between errors that count alike
//! and errors that count alike as fractions; what is missing (not a number) has the weight zero.

use super::Target;
use crate::data::{self, Dataset};
use crate::model::model_file::Normalization;

/// What a network is trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingSet {
    /// What it is compared with.
    pub target: Target,
    /// Inputs, `[samples, inputs]`.
    pub x: Vec<f64>,
    /// What it should say there, `[samples, components]`.
    pub targets: Vec<f64>,
    /// How much each of that counts.
    pub weights: Option<Vec<f64>>,
    /// Number of inputs.
    pub inputs: usize,
}

impl TrainingSet {
    /// Data seen through a scaling. `value_weight` is that of the values' mean squared error (over their standard deviation) beside
    /// the derivatives' (over theirs); it has no effect where there are no derivatives, or no values.
    pub fn new(data: &Dataset, scaling: &Normalization, value_weight: f64) -> Self {
        let Normalization { input_shift, input_scale, output_shift, output_scale } = scaling;
        let scale = |(input, x): (usize, &f64)| (x - input_shift[input]) / input_scale[input];
        let x = data.x.rows().into_iter().flat_map(|row| row.iter().enumerate().map(scale).collect::<Vec<_>>()).collect();
        let value = |y: &f64| (y - output_shift) / output_scale;
        let Some(gradient) = &data.gradient else {
            return Self {
                target: Target::Value,
                x,
                targets: data.y.iter().map(value).collect(),
                weights: None,
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
                weights[sample * components + component] = weight;
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

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.x.len() / self.inputs
    }

    /// Those samples for which `is_wanted` holds.
    #[must_use]
    pub fn only(&self, is_wanted: impl Fn(usize) -> bool) -> Self {
        let samples = self.samples();
        let some = |values: &[f64]| {
            let width = values.len() / samples.max(1);
            let rows = values.chunks_exact(width.max(1)).enumerate().filter(|(k, _)| is_wanted(*k));
            rows.flat_map(|(_, row)| row.iter().copied()).collect::<Vec<f64>>()
        };
        let weights = self.weights.as_deref().map(some);
        Self { x: some(&self.x), targets: some(&self.targets), weights, ..*self }
    }

    /// Whether there is anything in it to learn: a number that weighs.
    pub fn counts(&self) -> bool {
        self.weights.as_ref().map_or(!self.targets.is_empty(), |weights| weights.iter().any(|&w| w > 0.0))
    }

    /// The weighted mean square of what is to be learnt: the error of a fit that says zero everywhere.
    pub fn mean_square(&self) -> f64 {
        let ones = vec![1.0; self.targets.len()];
        let weights = self.weights.as_ref().unwrap_or(&ones);
        let squares = self.targets.iter().zip(weights).map(|(t, w)| w * t * t);
        squares.sum::<f64>() / weights.iter().sum::<f64>().max(f64::MIN_POSITIVE)
    }

    /// The samples in parts of about `size`, in order. None has less than half as many, and each has at least one number that counts;
    /// there is none if all samples fit into one.
    #[must_use]
    pub fn parts(&self, size: usize) -> Vec<Self> {
        let samples = self.samples();
        let count = ((samples + size / 2) / size).max(1);
        let part = |k: usize| {
            let rows = |values: &[f64]| {
                let edge = |k: usize| k * samples / count * (values.len() / samples);
                values[edge(k)..edge(k + 1)].to_vec()
            };
            Self { x: rows(&self.x), targets: rows(&self.targets), weights: self.weights.as_deref().map(rows), ..*self }
        };
        if count > 1 { (0..count).map(part).filter(Self::counts).collect() } else { Vec::new() }
    }
}

/// The root mean square of the deviations; of what has none the size itself, and at last one.
fn spread(values: &[f64]) -> f64 {
    let values = ndarray::Array1::from(values.to_vec());
    let size = data::mean(&values.mapv(f64::abs));
    [data::standard_deviation(&values), size].into_iter().find(|s| *s > 1e-12 * size && *s > 0.0).unwrap_or(1.0)
}

/// A scaling under which an exchange of the inputs is one of the network's inputs too: those that change places have one shift and one
/// scale, the mean of both.
#[must_use]
pub fn exchangeable(scaling: &Normalization) -> Normalization {
    let both = |list: &[f64]| list.iter().zip(list.iter().rev()).map(|(a, b)| f64::midpoint(*a, *b)).collect();
    Normalization { input_shift: both(&scaling.input_shift), input_scale: both(&scaling.input_scale), ..scaling.clone() }
}

/// The scaling under which inputs have zero mean and unit standard deviation, and so have the values or, where derivatives are
/// learnt from, the derivatives a mean variance of one.
pub fn standard(data: &Dataset) -> Normalization {
    // A constant column has no spread to divide by.
    let spread_or_one = |std: f64| if std > 0.0 { std } else { 1.0 };
    let input_shift = data.x.columns().into_iter().map(|c| data::mean(&c)).collect();
    let input_scale: Vec<f64> = data.x.columns().into_iter().map(|c| spread_or_one(data::standard_deviation(&c))).collect();
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
        }
    }

    #[test]
    fn a_fit_without_loss_has_the_gradient_of_the_data() {
        // Targets made from a network's own gradient in the data's units are its gradient in its own units.
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
            // A weight of one half for the values, which stand against the mean of two slopes.
            assert!((weights[0] * spread(&present) - 1.0).abs() < 1e-12);
        }
        let mean: f64 = [0, 1].iter().map(|&k| 1.0 / (weights[k] * weights[k])).sum::<f64>() / 2.0;
        assert!((mean - 1.0).abs() < 1e-12, "{mean}");
    }
}
