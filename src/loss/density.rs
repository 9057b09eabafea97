//! Fits a density `q = exp(-Psi)/Z` by maximum likelihood (Sec. 4.2 of the paper). The minus sign, which is missing in Eq. 20 as printed, is needed
//! because an LSE-ICNN grows at infinity.
//!
//! ```text
//! loss = -mean log q + kl sum q log(q/u) + wd sum (V^2 + W^2)
//! ```
//!
//! with `Z` by quadrature over cells and `u` uniform over them. The derivative of the loss with respect to Psi is the weight of a sample, and minus
//! the probability of a cell. A probability depends on `Z`, and `Z` on all cells. A single pass over the cells suffices, because `Z` is a common
//! factor: the pass sums `size exp(shift - Psi)` times the derivatives of Psi, and the sums are divided by `Z exp(shift)` afterwards. The shift keeps
//! the exponentials in range; it is `-log Z` of the evaluation before. The gradient is exact for the quadrature sum.

use std::borrow::Cow;

use super::{Loss, LossValue, add_gradient};
use crate::grad::pull;
use crate::graph::{Graph, NodeId};
use crate::model::{Architecture, LseIcnn, Param, ParamKind, Params, Symmetry, features};
use crate::plan::{Batch, Plan, PlanOptions, Scalar};

/// Largest difference of the shift from `-log Z`. With a larger one, the exponentials may overflow, and the pass is repeated with another shift.
const MAX_SHIFT_ERROR: f64 = 20.0;

/// Weights of the terms of the loss besides the likelihood.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weights {
    /// Weight of the sum of squares of all network weights, without biases.
    pub decay: f64,
    /// Weight of the Kullback-Leibler divergence from a uniform density.
    pub uniform: f64,
}

/// Samples of a density and the cells of a quadrature, in the units of the network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LikelihoodPoints {
    /// The samples `[samples, inputs]`.
    pub samples: Vec<f64>,
    /// Weight of each sample. The weights sum to one.
    pub weights: Vec<f64>,
    /// A point of each cell `[cells, inputs]`.
    pub cells: Vec<f64>,
    /// Size of each cell.
    pub sizes: Vec<f64>,
}

/// A compiled likelihood with its points.
#[derive(Debug)]
pub struct LikelihoodLoss<T: Scalar> {
    params: Params,
    weights: Weights,
    samples: WeightedSum<T>,
    cells: WeightedSum<T>,
    /// Shift of the exponents of the next pass over the cells.
    shift: f64,
    /// Probability of each cell at the last evaluation.
    probabilities: Vec<f64>,
}

/// Sums of derivatives of Psi with respect to the parameters over some points, with a weight of each point or several.
#[derive(Debug)]
struct WeightedSum<T: Scalar> {
    /// Outputs: Psi at each point, and the sums with each kind of weight, parameter by parameter.
    plan: Plan<T>,
    batch: Batch<T>,
    /// Weight or size of each point.
    weights: Vec<f64>,
}

impl<T: Scalar> WeightedSum<T> {
    /// Compiles sums over points `x` `[points, inputs]`. `factors` records the weights, given Psi and the number of each point in `weights`.
    fn new(
        arch: &Architecture,
        (x, weights): (&[f64], &[f64]),
        factors: impl Fn(&mut Graph, NodeId, NodeId) -> Vec<NodeId>,
    ) -> Self {
        assert!(x.len() == weights.len() * arch.inputs, "a weight of each point");
        let (arch, x) = on_features(arch, x);
        let mut graph = Graph::new();
        let model = LseIcnn::record(&mut graph, &arch);
        let weight = graph.input(1, 1);
        let (params, mut outputs) = (graph.params().to_vec(), vec![Some(model.psi)]);
        for factor in factors(&mut graph, model.psi, weight) {
            outputs.extend(pull(&mut graph, &[(model.psi, factor)], &params));
        }
        let plan = Plan::compile_present(&graph, &outputs, PlanOptions::default());
        let mut batch = plan.batch(weights.len());
        for (k, values) in [&*x, weights].into_iter().enumerate() {
            batch.set(k, &values.iter().map(|&value| T::narrow(value)).collect::<Vec<T>>());
        }
        Self { plan, batch, weights: weights.to_vec() }
    }

    /// Computes Psi and all sums.
    fn run(&mut self, params: &[T]) {
        self.plan.set_params(params);
        self.plan.run(&self.batch);
    }

    /// Psi at each point, with the weight of the point.
    fn weighted_psi(&self) -> impl Iterator<Item = (f64, f64)> {
        self.plan.output(0).iter().map(|psi| psi.widen()).zip(self.weights.iter().copied())
    }

    /// Adds a multiple of the sum with weights of the kind `kind` to a gradient.
    fn add(&self, kind: usize, multiple: f64, params: &Params, gradient: &mut [T]) {
        add_gradient(&self.plan, 1 + kind * params.iter().count(), T::narrow(multiple), gradient);
    }
}

/// The architecture as a function of its features, and points as features. They do not depend on parameters, so training need not repeat them. With
/// an exchange of the inputs, the network computes the features of both orders itself.
fn on_features<'x>(arch: &Architecture, x: &'x [f64]) -> (Architecture, Cow<'x, [f64]>) {
    if arch.symmetry == Symmetry::Exchange {
        return (arch.clone(), Cow::Borrowed(x));
    }
    let of_features = Architecture { inputs: arch.features(), periodic: Vec::new(), ..arch.clone() };
    (of_features, features::of_points(&arch.periodic, x))
}

impl<T: Scalar> LikelihoodLoss<T> {
    /// Compiles the likelihood of an architecture on samples and cells.
    ///
    /// # Panics
    /// If samples and weights, or cells and sizes, differ in number.
    pub fn new(arch: &Architecture, points: &LikelihoodPoints, weights: Weights) -> Self {
        let params = LseIcnn::record(&mut Graph::new(), arch).params;
        let samples = WeightedSum::new(arch, (&points.samples, &points.weights), |_, _, weight| vec![weight]);
        let cells = WeightedSum::new(arch, (&points.cells, &points.sizes), |graph, psi, size| {
            let shift = graph.setting(1, 1, 1);
            let above = graph.sub(shift, psi);
            let exponential = graph.exp(above);
            let mass = graph.mul(size, exponential);
            // The divergence from a uniform density depends on the mean of Psi over the cells, too.
            if weights.uniform == 0.0 { vec![mass] } else { vec![mass, graph.mul(mass, above)] }
        });
        let probabilities = vec![0.0; points.sizes.len()];
        Self { params, weights, samples, cells, shift: f64::NAN, probabilities }
    }

    /// Probability of each cell at the last evaluation.
    pub fn probabilities(&self) -> &[f64] {
        &self.probabilities
    }

    /// Evaluates Psi, the probabilities of the cells and all sums.
    fn run(&mut self, params: &[T]) -> Normalisation {
        self.samples.run(params);
        self.cells.plan.set_setting(0, &[T::narrow(self.shift)]);
        self.cells.run(params);
        let lowest = self.cells.weighted_psi().fold(f64::INFINITY, |least, (psi, _)| least.min(psi));
        let (mut z, mut size) = (0.0, 0.0);
        for (p, (psi, cell)) in self.probabilities.iter_mut().zip(self.cells.weighted_psi()) {
            *p = psi - lowest;
            z += cell * (-*p).exp();
            size += cell;
        }
        let (log_z, log_size) = (z.ln(), size.ln());
        // log(q/u) at a cell is log(size) - log Z - (Psi - lowest).
        let mut divergence = 0.0;
        for (p, cell) in self.probabilities.iter_mut().zip(&self.cells.weights) {
            let log_ratio = log_size - log_z - *p;
            *p = cell * (log_ratio - log_size).exp();
            divergence += *p * log_ratio;
        }
        let likelihood = self.samples.weighted_psi().map(|(psi, weight)| weight * (psi - lowest)).sum::<f64>() + log_z;
        Normalisation { likelihood, divergence, log_z: log_z - lowest, log_size }
    }

    fn total(&self, params: &[T], found: &Normalisation) -> LossValue {
        let decayed = self.decayed().flat_map(|range| &params[range]);
        let squares: f64 = decayed.map(|p| p.widen() * p.widen()).sum();
        let total = found.likelihood + self.weights.uniform * found.divergence + self.weights.decay * squares;
        LossValue { total, data: found.likelihood }
    }

    fn decayed(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        self.params.iter().filter(|p| matches!(p.kind, ParamKind::Free | ParamKind::NonNegative)).map(Param::range)
    }
}

/// Result of an evaluation.
struct Normalisation {
    /// Mean of `-log q` over the samples.
    likelihood: f64,
    /// Kullback-Leibler divergence from the uniform density.
    divergence: f64,
    log_z: f64,
    /// Logarithm of the size of all cells.
    log_size: f64,
}

impl<T: Scalar> Loss<T> for LikelihoodLoss<T> {
    fn params(&self) -> &Params {
        &self.params
    }

    fn evaluate(&mut self, params: &[T], _batch: usize, gradient: &mut [T]) -> LossValue {
        let mut found = self.run(params);
        let is_near = (self.shift + found.log_z).abs() <= MAX_SHIFT_ERROR;
        if !is_near {
            self.shift = -found.log_z;
            found = self.run(params);
        }
        let (mass, uniform) = ((found.log_z + self.shift).exp(), self.weights.uniform);
        gradient.fill(T::zero());
        self.samples.add(0, 1.0, &self.params, gradient);
        let above_divergence = found.divergence - found.log_size + found.log_z + self.shift;
        self.cells.add(0, (uniform * above_divergence - 1.0) / mass, &self.params, gradient);
        if uniform != 0.0 {
            self.cells.add(1, -uniform / mass, &self.params, gradient);
        }
        let twice = T::narrow(2.0 * self.weights.decay);
        for range in self.decayed() {
            for (g, &p) in gradient[range.clone()].iter_mut().zip(&params[range]) {
                *g = *g + twice * p;
            }
        }
        self.shift = -found.log_z;
        self.total(params, &found)
    }

    fn value(&mut self, params: &[T]) -> LossValue {
        let found = self.run(params);
        self.total(params, &found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Skip, init};

    fn architecture(inputs: usize) -> Architecture {
        Architecture::new(inputs, 3, &[5, 4])
    }

    fn points(inputs: usize) -> LikelihoodPoints {
        let (cells, samples) = (40, 13);
        let place = |k: usize| (0..inputs).map(move |i| ((k * (i + 2)) as f64 * 0.37).sin() * 2.0);
        LikelihoodPoints {
            samples: (cells..cells + samples).flat_map(place).collect(),
            weights: vec![1.0 / samples as f64; samples],
            cells: (0..cells).flat_map(place).collect(),
            sizes: (0..cells).map(|k| 0.1 + 0.01 * k as f64).collect(),
        }
    }

    fn setup(arch: &Architecture, weights: Weights) -> (LikelihoodLoss<f64>, Vec<f64>) {
        let loss = LikelihoodLoss::<f64>::new(arch, &points(arch.inputs), weights);
        let params = init::paper(loss.params(), 3);
        (loss, params)
    }

    #[test]
    fn gradient_of_density_loss_agrees_with_differences() {
        let (one, two) = (architecture(1), architecture(2));
        let periodic = two.clone().with_periodic(vec![true, false]);
        let exchanged = two.clone().with(Skip::None, Symmetry::Exchange);
        let both = exchanged.clone().with_periodic(vec![true, true]);
        let cases = [
            (one.clone(), 0.0, 0.0),
            (one, 1e-2, 0.3),
            (two, 1e-3, -0.1),
            (periodic, 0.0, 0.2),
            (exchanged, 0.0, 0.0),
            (both, 1e-2, 0.0),
        ];
        for (arch, decay, uniform) in cases {
            let (mut loss, mut params) = setup(&arch, Weights { decay, uniform });
            let mut gradient = vec![0.0; params.len()];
            // The shift of an evaluation is that of the one before, here at other parameters.
            loss.evaluate(&params, 0, &mut gradient);
            let last = loss.params().get("b3").unwrap().range();
            params[last].iter_mut().for_each(|b| *b += 3.0);
            loss.evaluate(&params, 0, &mut gradient);
            let mut at = |k: usize, step: f64| {
                let mut moved = params.clone();
                moved[k] += step;
                loss.value(&moved).total
            };
            for k in (0..params.len()).step_by(3).chain([params.len() - 1]) {
                let h = 1e-4;
                let slope = (8.0 * (at(k, h) - at(k, -h)) - (at(k, 2.0 * h) - at(k, -2.0 * h))) / (12.0 * h);
                assert!((slope - gradient[k]).abs() < 1e-9, "parameter {k}: {slope} against {}", gradient[k]);
            }
        }
    }

    #[test]
    fn density_is_normalised_for_any_offset_of_psi() {
        let (mut loss, mut params) = setup(&architecture(1), Weights::default());
        let last = loss.params().get("b3").unwrap().range();
        let mut gradients = [1e4, 0.0, -1e4].map(|offset| {
            params[last.clone()].iter_mut().for_each(|b| *b += offset);
            let mut gradient = vec![0.0; params.len()];
            let value = loss.evaluate(&params, 0, &mut gradient);
            assert!((loss.probabilities().iter().sum::<f64>() - 1.0).abs() < 1e-12 && value.total.is_finite());
            gradient
        });
        let known = gradients[2].clone();
        let is_close = |gradient: &mut Vec<f64>| gradient.iter().zip(&known).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(gradients.iter_mut().all(is_close));
    }

    #[test]
    fn flat_potential_gives_uniform_density() {
        let (mut loss, mut params) = setup(&architecture(1), Weights { decay: 0.0, uniform: 1.0 });
        for name in ["V1", "V2", "V3", "W3"] {
            let range = loss.params().get(name).unwrap().range();
            params[range].fill(0.0);
        }
        let sizes = points(1).sizes;
        let size: f64 = sizes.iter().sum();
        let value = loss.value(&params);
        assert!((value.data - size.ln()).abs() < 1e-12 && (value.total - value.data).abs() < 1e-12);
        assert!(loss.probabilities().iter().zip(&sizes).all(|(p, cell)| (p - cell / size).abs() < 1e-14));
    }

    #[test]
    fn decay_applies_to_weights_and_not_to_biases() {
        let (loss, params) = setup(&architecture(2), Weights::default());
        let value = |decay: f64| setup(&architecture(2), Weights { decay, uniform: 0.0 }).0.value(&params).total;
        let added = value(0.3) - value(0.0);
        let weights = ["V1", "V2", "V3", "W2", "W3"].map(|name| loss.params().get(name).unwrap().range());
        let squares: f64 = weights.into_iter().flat_map(|range| &params[range]).map(|p| p * p).sum();
        assert!(squares > 0.1 && (added - 0.3 * squares).abs() < 1e-12, "{added} for {squares}");
    }
}
