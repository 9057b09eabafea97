//! Fits a density `q = exp(-Psi)/Z` by maximum likelihood (Sec. 4.2 of the paper). The minus sign, which is missing in Eq. 20 as printed, is needed
//! because an LSE-ICNN grows at infinity.
//!
//! ```text
//! loss = -mean log q + kl sum q log(q/u) + wd sum (V^2 + W^2)
//! ```
//!
//! with `Z` by quadrature over a grid of cells and `u` uniform over it. All points, of data and grid, are one batch. The forward call evaluates Psi
//! at each point. The backward call pulls back the derivative of the loss with respect to Psi at each point. For `log Z` this derivative is the
//! softmax weight `-q`. The gradient is therefore exact for the quadrature sum.

use super::{BatchFunction, Loss, LossValue};
use crate::graph::Graph;
use crate::model::{Architecture, LseIcnn, Param, ParamKind, Params};
use crate::plan::{Batch, PlanOptions, Scalar};

/// Weights of the terms of the loss besides the likelihood.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weights {
    /// Weight of the sum of squares of all network weights, without biases.
    pub decay: f64,
    /// Weight of the Kullback-Leibler divergence from a uniform density.
    pub uniform: f64,
}

/// Points at which Psi is evaluated, with their weights in the data and in the quadrature.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LikelihoodPoints {
    /// Points `[points, inputs]`, in the units of the network.
    pub x: Vec<f64>,
    /// Weight of the data at each point; zero at points that belong to the grid only. The weights sum to one.
    pub data: Vec<f64>,
    /// Size of the cell of each point in the quadrature; zero at points that belong to the data only.
    pub cells: Vec<f64>,
}

/// A compiled likelihood with its training points.
#[derive(Debug)]
pub struct LikelihoodLoss<T: Scalar> {
    function: BatchFunction<T>,
    params: Params,
    inputs: usize,
    weights: Weights,
    batch: DensityBatch<T>,
}

/// Points packed for a [`LikelihoodLoss`].
#[derive(Debug)]
pub struct DensityBatch<T: Scalar> {
    forward: Batch<T>,
    pullback: Batch<T>,
    data: Vec<f64>,
    cells: Vec<f64>,
    /// Probability of the cell of each point at the last evaluation.
    probabilities: Vec<f64>,
    cotangent: Vec<T>,
}

impl<T: Scalar> DensityBatch<T> {
    /// Probability of the cell of each point at the last evaluation.
    pub fn probabilities(&self) -> &[f64] {
        &self.probabilities
    }
}

impl<T: Scalar> LikelihoodLoss<T> {
    /// Compiles the likelihood of an architecture, without points.
    pub fn new(arch: &Architecture, options: PlanOptions) -> Self {
        let mut graph = Graph::new();
        let model = LseIcnn::record(&mut graph, arch);
        let function = BatchFunction::new(&graph, &[model.psi], options);
        let batch = packed(&function, arch.inputs, &LikelihoodPoints::default());
        Self { function, params: model.params, inputs: arch.inputs, weights: Weights::default(), batch }
    }

    /// Sets the points and weights for [`Loss::evaluate`] and [`Loss::value`].
    ///
    /// # Panics
    /// If the points, data weights and cells differ in number.
    pub fn train_on(&mut self, points: &LikelihoodPoints, weights: Weights) {
        (self.batch, self.weights) = (self.batch(points), weights);
    }

    /// Packs points for [`LikelihoodLoss::likelihood`].
    ///
    /// # Panics
    /// If the points, data weights and cells differ in number.
    pub fn batch(&self, points: &LikelihoodPoints) -> DensityBatch<T> {
        packed(&self.function, self.inputs, points)
    }

    /// The mean of `-log q` over the data of a batch. The probabilities of its cells are stored in the batch.
    pub fn likelihood(&mut self, params: &[T], batch: &mut DensityBatch<T>) -> f64 {
        normalise(&mut self.function, params, batch)[0]
    }

    /// Probability of the cell of each training point at the last evaluation.
    pub fn probabilities(&self) -> &[f64] {
        self.batch.probabilities()
    }

    fn total(&self, params: &[T], [likelihood, divergence]: [f64; 2]) -> LossValue {
        let decayed = self.decayed().flat_map(|range| &params[range]);
        let squares: f64 = decayed.map(|p| p.widen() * p.widen()).sum();
        let total = likelihood + self.weights.uniform * divergence + self.weights.decay * squares;
        LossValue { total, data: likelihood }
    }

    fn decayed(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        self.params.iter().filter(|p| matches!(p.kind, ParamKind::Free | ParamKind::NonNegative)).map(Param::range)
    }
}

fn packed<T: Scalar>(function: &BatchFunction<T>, inputs: usize, points: &LikelihoodPoints) -> DensityBatch<T> {
    let len = points.data.len();
    assert!(points.x.len() == len * inputs && points.cells.len() == len, "as many places, weights and cells");
    let x: Vec<T> = points.x.iter().map(|&x| T::narrow(x)).collect();
    let (mut forward, mut pullback) = (function.batch(len), function.pullback_batch(len));
    forward.set(0, &x);
    pullback.set(0, &x);
    let (data, cells) = (points.data.clone(), points.cells.clone());
    DensityBatch { forward, pullback, data, cells, probabilities: vec![0.0; len], cotangent: vec![T::zero(); len] }
}

/// Computes the probabilities of the cells of a batch. Returns the mean of `-log q` over the data and the Kullback-Leibler
/// divergence from the uniform density.
fn normalise<T: Scalar>(function: &mut BatchFunction<T>, params: &[T], batch: &mut DensityBatch<T>) -> [f64; 2] {
    function.forward(params, &batch.forward);
    let psi = function.output(0);
    let lowest = psi.iter().fold(f64::INFINITY, |least, psi| least.min(psi.widen()));
    let mut mean = 0.0;
    let (mut z, mut size) = (0.0, 0.0);
    for (((p, psi), cell), data) in batch.probabilities.iter_mut().zip(psi).zip(&batch.cells).zip(&batch.data) {
        let above = psi.widen() - lowest;
        mean += data * above;
        *p = above;
        z += cell * (-above).exp();
        size += cell;
    }
    let log_z = z.ln();
    // log(q/u) at each cell is log(size) - log Z - (Psi - lowest).
    let mut divergence = 0.0;
    for (p, cell) in batch.probabilities.iter_mut().zip(&batch.cells) {
        let above = *p;
        *p = cell * (-above - log_z).exp();
        divergence += *p * (size.ln() - log_z - above);
    }
    [mean + log_z, divergence]
}

impl<T: Scalar> Loss<T> for LikelihoodLoss<T> {
    fn params(&self) -> &Params {
        &self.params
    }

    fn evaluate(&mut self, params: &[T], _batch: usize, gradient: &mut [T]) -> LossValue {
        let Self { function, batch, weights, .. } = self;
        let parts = normalise(function, params, batch);
        let size: f64 = batch.cells.iter().sum();
        for (((ct, &p), &cell), &data) in batch.cotangent.iter_mut().zip(&batch.probabilities).zip(&batch.cells).zip(&batch.data)
        {
            let mut slope = data - p;
            if weights.uniform != 0.0 && p > 0.0 {
                slope -= weights.uniform * p * ((p / cell * size).ln() - parts[1]);
            }
            *ct = T::narrow(slope);
        }
        batch.pullback.set(1, &batch.cotangent);
        function.pullback(params, &batch.pullback);
        function.copy_gradient(gradient);
        let twice = T::narrow(2.0 * weights.decay);
        for range in self.decayed() {
            for (g, &p) in gradient[range.clone()].iter_mut().zip(&params[range]) {
                *g = *g + twice * p;
            }
        }
        self.total(params, parts)
    }

    fn value(&mut self, params: &[T]) -> LossValue {
        let parts = normalise(&mut self.function, params, &mut self.batch);
        self.total(params, parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::check_grads;
    use crate::model::init;

    fn setup(inputs: usize) -> (LikelihoodLoss<f64>, LikelihoodPoints, Vec<f64>) {
        let arch = Architecture::new(inputs, 3, &[5, 4]);
        let loss = LikelihoodLoss::<f64>::new(&arch, PlanOptions::default());
        let params = init::paper(loss.params(), 3);
        let (grid, data) = (40, 13);
        let place = |k: usize| (0..inputs).map(move |i| ((k * (i + 2)) as f64 * 0.37).sin() * 2.0);
        let x = (0..grid + data).flat_map(place).collect();
        let weights = (0..grid + data).map(|k| if k < grid { 0.0 } else { 1.0 / data as f64 }).collect();
        let cells = (0..grid + data).map(|k| if k < grid { 0.1 + 0.01 * k as f64 } else { 0.0 }).collect();
        (loss, LikelihoodPoints { x, data: weights, cells }, params)
    }

    #[test]
    fn gradient_of_density_loss_agrees_with_differences() {
        for (inputs, decay, uniform) in [(1, 0.0, 0.0), (1, 1e-2, 0.3), (2, 1e-3, -0.1)] {
            let (mut loss, points, params) = setup(inputs);
            loss.train_on(&points, Weights { decay, uniform });
            let mut gradient = vec![0.0; params.len()];
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
    fn psi_has_exact_derivatives_of_both_orders() {
        let mut graph = Graph::new();
        let model = LseIcnn::record(&mut graph, &Architecture::new(1, 3, &[4, 3]));
        check_grads(&mut graph, model.psi, 2, 1e-6).unwrap();
    }

    #[test]
    fn density_is_normalised_for_any_offset_of_psi() {
        let (mut loss, points, mut params) = setup(1);
        let last = loss.params().get("b3").unwrap().range();
        for shift in [0.0, 1e4, -1e4] {
            params[last.clone()].iter_mut().for_each(|b| *b += shift);
            let mut batch = loss.batch(&points);
            let likelihood = loss.likelihood(&params, &mut batch);
            assert!((batch.probabilities().iter().sum::<f64>() - 1.0).abs() < 1e-12 && likelihood.is_finite());
        }
    }

    #[test]
    fn flat_potential_gives_uniform_density() {
        let (mut loss, points, mut params) = setup(1);
        for name in ["V1", "V2", "V3", "W3"] {
            let range = loss.params().get(name).unwrap().range();
            params[range].fill(0.0);
        }
        let mut batch = loss.batch(&points);
        let size: f64 = points.cells.iter().sum();
        let [likelihood, divergence] = normalise(&mut loss.function, &params, &mut batch);
        assert!((likelihood - size.ln()).abs() < 1e-12 && divergence.abs() < 1e-12);
        loss.train_on(&points, Weights::default());
        loss.value(&params);
        for probabilities in [batch.probabilities(), loss.probabilities()] {
            assert_eq!(probabilities.len(), points.cells.len());
            assert!(probabilities.iter().zip(&points.cells).all(|(p, cell)| (p - cell / size).abs() < 1e-14));
        }
    }

    #[test]
    fn decay_applies_to_weights_and_not_to_biases() {
        let (mut loss, points, params) = setup(2);
        let mut value = |decay: f64| {
            loss.train_on(&points, Weights { decay, uniform: 0.0 });
            loss.value(&params).total
        };
        let added = value(0.3) - value(0.0);
        let weights = ["V1", "V2", "V3", "W2", "W3"].map(|name| loss.params().get(name).unwrap().range());
        let squares: f64 = weights.into_iter().flat_map(|range| &params[range]).map(|p| p * p).sum();
        assert!(squares > 0.1 && (added - 0.3 * squares).abs() < 1e-12, "{added} for {squares}");
    }
}
