//! Separate errors of a training set, and their Jacobian. They are errors of values, `Psi(x_n) - y_n`, of derivatives, or of both.
//!
//! Each component of a sample has a separate row, `sqrt(w) (u . found - target)`. Here `found` is the gradient of Psi, followed by Psi if values
//! are fitted too, and u selects the component. One graph is therefore sufficient for all components.
//!
//! Modes may be forbidden where others own the potential. The excess of [`ownership`] is then an error at each of its points.

use super::RegressionTarget;
use super::ownership::{self, Owners};
use super::training_set::TrainingSet;
use crate::grad::grad;
use crate::graph::{Axis, Graph, NodeId};
use crate::model::{Architecture, LseIcnn, Params};
use crate::plan::{Batch, Plan, PlanOptions, Reduction};

/// Number of errors that are differentiated at once. They fill some tiles of a plan and take a few milliseconds.
const PIECE_ERRORS: usize = 256;
/// Compiled errors of an LSE-ICNN on fixed samples.
#[derive(Debug)]
pub struct Residuals {
    blocks: Vec<ErrorBlock>,
    /// The targets, multiplied by the factors of their errors.
    targets: Vec<f64>,
    params: Params,
}

/// Rows of the errors of a training set, one for each sample and component.
struct ResidualRows {
    x: Vec<f64>,
    /// Direction that selects the component, times the factor of the error; empty for values with equal weights.
    selections: Vec<f64>,
    targets: Vec<f64>,
}

impl ResidualRows {
    fn from_training_set(set: &TrainingSet) -> Self {
        if !set.is_weighted() {
            return Self { x: set.x.clone(), selections: Vec::new(), targets: set.targets.clone() };
        }
        let components = set.target.components(set.inputs);
        let factors = set.factors();
        let mut selections = vec![0.0; factors.len() * components];
        for (row, factor) in factors.iter().enumerate() {
            selections[row * components + row % components] = *factor;
        }
        Self {
            x: set.x.chunks_exact(set.inputs).flat_map(|x| x.repeat(components)).collect(),
            selections,
            targets: set.targets.iter().zip(factors).map(|(target, factor)| target * factor).collect(),
        }
    }

    fn fill(&self, block: &mut ErrorBlock) {
        block.set(0, &self.x);
        if !self.selections.is_empty() {
            block.set(1, &self.selections);
        }
    }
}

/// Errors at points with their derivatives with respect to the parameters. [`Residuals`] of any graph consist of such blocks.
#[derive(Debug)]
pub struct ErrorBlock {
    value: Plan<f64>,
    slopes: Plan<f64>,
    points: Batch<f64>,
    /// The same points in batches for the derivatives.
    pieces: Vec<Batch<f64>>,
}

impl ErrorBlock {
    /// Compiles the node `of` `[1, 1]` of a graph for `points` points, with its derivatives with respect to all parameters of the graph.
    pub fn new(mut graph: Graph, of: NodeId, points: usize) -> Self {
        let value = Plan::compile(&graph, &[of], PlanOptions::default());
        let sum = graph.sum(Axis::Samples, of);
        let leaves = graph.params().to_vec();
        let columns = grad(&mut graph, sum, &leaves);
        let slopes =
            Plan::compile_present(&graph, &columns, PlanOptions { reduction: Reduction::PerSample, ..PlanOptions::default() });
        let pieces = (0..points).step_by(PIECE_ERRORS).map(|first| slopes.batch(PIECE_ERRORS.min(points - first))).collect();
        Self { points: value.batch(points), value, slopes, pieces }
    }

    /// Sets an input of the graph from `[points, rows]`.
    pub fn set(&mut self, input: usize, values: &[f64]) {
        self.points.set(input, values);
        let width = values.len() / self.points.samples().max(1);
        for (piece, values) in self.pieces.iter_mut().zip(values.chunks((PIECE_ERRORS * width).max(1))) {
            piece.set(input, values);
        }
    }

    /// The errors `[points]`.
    pub fn values(&mut self, params: &[f64]) -> &[f64] {
        self.value.set_params(params);
        self.value.run(&self.points);
        self.value.output(0)
    }

    /// Number of points.
    pub fn points(&self) -> usize {
        self.points.samples()
    }

    /// Number of pieces in which the points are differentiated.
    pub fn pieces(&self) -> usize {
        self.pieces.len()
    }

    /// Writes derivatives of the errors of a piece with respect to the parameters into `rows` of all points, `[points, params]`, which begin with
    /// zeros.
    pub fn write_slopes(&mut self, params: &[f64], piece: usize, rows: &mut [f64]) {
        self.slopes.set_params(params);
        self.slopes.run(&self.pieces[piece]);
        let rows = &mut rows[piece * PIECE_ERRORS * params.len()..];
        for (range, output) in self.slopes.outputs_by_param(0) {
            let columns = output.unwrap_or_default().chunks_exact(range.len());
            for (row, from) in rows.chunks_exact_mut(params.len()).zip(columns) {
                row[range.clone()].copy_from_slice(from);
            }
        }
    }
}

impl Residuals {
    /// Compiles the errors of the samples of a training set of values, derivatives, or both.
    pub fn new(arch: &Architecture, set: &TrainingSet) -> Self {
        Self::of_prediction(set, |graph| {
            let model = LseIcnn::record(graph, arch);
            let found = match set.target {
                RegressionTarget::Gradient => model.gradient(graph),
                RegressionTarget::Both => {
                    let slope = model.gradient(graph);
                    graph.concat(Axis::Rows, &[slope, model.psi])
                }
                _ => model.psi,
            };
            (found, model.params)
        })
    }

    /// Compiles the errors of any model. `record` records the components that are compared with the targets of a sample, `[1, components]`. Its
    /// first input is the sample.
    pub fn of_prediction(set: &TrainingSet, record: impl FnOnce(&mut Graph) -> (NodeId, Params)) -> Self {
        let mut graph = Graph::new();
        let (found, params) = record(&mut graph);
        let error = if set.is_weighted() { selected(&mut graph, found, set) } else { found };
        let rows = ResidualRows::from_training_set(set);
        let mut block = ErrorBlock::new(graph, error, rows.targets.len());
        rows.fill(&mut block);
        Self { blocks: vec![block], targets: rows.targets, params }
    }

    /// Forbids modes where others own the potential. The mean squares of the excess and of the errors have equal weights.
    #[must_use]
    pub fn with_owners(mut self, arch: &Architecture, owners: &Owners) -> Self {
        let points = owners.x.len() / arch.inputs;
        let mut graph = Graph::new();
        let model = LseIcnn::record(&mut graph, arch);
        let excess = ownership::excess(&mut graph, &model, arch.modes);
        let factor = graph.constant((self.targets.len() as f64 / points.max(1) as f64).sqrt());
        let excess = graph.mul(excess, factor);
        let mut block = ErrorBlock::new(graph, excess, points);
        block.set(0, &owners.x);
        block.set(1, &owners.forbidden);
        self.blocks.push(block);
        self
    }

    /// The parameters, in the order of the flat vector.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Number of errors of samples, one for each component. They come first, and the errors of constraints follow.
    pub fn samples(&self) -> usize {
        self.targets.len()
    }

    /// Replaces the samples by an equal number of others.
    pub fn redraw(&mut self, set: &TrainingSet) {
        let rows = ResidualRows::from_training_set(set);
        rows.fill(&mut self.blocks[0]);
        self.targets.copy_from_slice(&rows.targets);
    }

    /// The errors at `params`.
    pub fn errors(&mut self, params: &[f64]) -> Vec<f64> {
        let mut errors: Vec<f64> = self.blocks.iter_mut().flat_map(|block| block.values(params).to_vec()).collect();
        errors.iter_mut().zip(&self.targets).for_each(|(error, target)| *error -= target);
        errors
    }

    /// Number of pieces in which the errors are differentiated. Each takes a few milliseconds.
    pub fn pieces(&self) -> usize {
        self.blocks.iter().map(ErrorBlock::pieces).sum()
    }

    /// Derivative of each error with respect to each parameter at `params`, `[errors, params]`.
    pub fn jacobian(&mut self, params: &[f64]) -> Vec<f64> {
        let errors: usize = self.blocks.iter().map(ErrorBlock::points).sum();
        let mut jacobian = vec![0.0; errors * params.len()];
        (0..self.pieces()).for_each(|piece| self.write_jacobian(params, piece, &mut jacobian));
        jacobian
    }

    /// Writes the rows of one piece into a Jacobian, which begins with zeros. The pieces cover all errors.
    pub fn write_jacobian(&mut self, params: &[f64], mut piece: usize, mut jacobian: &mut [f64]) {
        for block in &mut self.blocks {
            if piece < block.pieces() {
                return block.write_slopes(params, piece, jacobian);
            }
            piece -= block.pieces();
            jacobian = &mut jacobian[block.points() * params.len()..];
        }
    }
}

/// Records the component, `[1, 1]`, that the input with the direction selects from all components.
fn selected(graph: &mut Graph, found: NodeId, set: &TrainingSet) -> NodeId {
    let selection = graph.input(1, set.target.components(set.inputs));
    let product = graph.mul(found, selection);
    graph.sum(Axis::Rows, product)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::{Loss, Regression};
    use crate::model::{init, potential};

    /// Compares the Jacobian at `params` with differences of the errors.
    fn check(residuals: &mut Residuals, params: &[f64]) {
        let jacobian = residuals.jacobian(params);
        let h = 1e-6;
        for k in 0..params.len() {
            let mut at = |d: f64| {
                let mut near = params.to_vec();
                near[k] += d;
                residuals.errors(&near)
            };
            let (ahead, behind) = (at(h), at(-h));
            for n in 0..ahead.len() {
                let difference = (ahead[n] - behind[n]) / (2.0 * h);
                let found = jacobian[n * params.len() + k];
                assert!((difference - found).abs() < 1e-7 * (1.0 + found.abs()), "{n} {k}: {difference} {found}");
            }
        }
    }

    /// A training set of derivatives in two inputs, one of them missing. With `target`, it also has values.
    fn slopes(target: RegressionTarget, samples: usize) -> TrainingSet {
        let numbers = |count: usize, seed: f64| (0..count).map(|k| (k as f64 * seed).sin()).collect::<Vec<f64>>();
        let components = target.components(2);
        let mut weights: Vec<f64> = numbers(samples * components, 1.3).iter().map(|w| 1.0 + 0.5 * w).collect();
        weights[3] = 0.0;
        let (x, targets) = (numbers(samples * 2, 1.7), numbers(samples * components, 0.9));
        TrainingSet { target, x, targets, weights: Some(weights), inputs: 2 }
    }

    #[test]
    fn errors_and_jacobian_of_derivatives_match_regression() {
        let arch = Architecture::new(2, 3, &[4]);
        let params = init::paper(&potential::declared(&arch), 3);
        for target in [RegressionTarget::Gradient, RegressionTarget::Both] {
            let (set, other) = (slopes(target, 7), slopes(target, 14));
            let count = 7 * target.components(2);
            let masks = [[0.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0; 3]];
            let owners = Owners { x: set.x.clone(), forbidden: (0..7).flat_map(|k| masks[k % 3]).collect() };
            let mut residuals = Residuals::new(&arch, &set).with_owners(&arch, &owners);
            let errors = residuals.errors(&params);
            assert_eq!((errors.len(), residuals.samples()), (count + 7, count));
            assert!(errors[count..].iter().any(|&e| e > 0.0) && errors[3] == 0.0, "{errors:?}");
            check(&mut residuals, &params);
            let mse = |errors: &[f64]| errors[..count].iter().map(|e| e * e).sum::<f64>() / count as f64;
            let value = |set: &TrainingSet| Regression::<f64>::new(&arch, set).value(&params).data;
            assert!((mse(&errors) / value(&set) - 1.0).abs() < 1e-12);
            let redrawn = other.subset(|k| k % 2 == 1);
            residuals.redraw(&redrawn);
            assert!((mse(&residuals.errors(&params)) / value(&redrawn) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn errors_of_evaluated_fit_equal_residuals() {
        let arch = Architecture::new(2, 3, &[4]);
        let params = init::paper(&potential::declared(&arch), 3);
        for target in [RegressionTarget::Gradient, RegressionTarget::Both] {
            let set = slopes(target, 7);
            let parts = potential::Outputs { gradient: true, ..potential::Outputs::default() };
            let identity = crate::model::model_file::Normalization::identity(2);
            let found = potential::Evaluator::<f64>::new(&arch, identity, parts).evaluate(&params, &set.x);
            let errors = Residuals::new(&arch, &set).errors(&params);
            let others = set.errors(&found.psi, &found.gradient);
            assert!(errors.iter().zip(&others).all(|(a, b)| (a - b).abs() < 1e-12), "{errors:?} {others:?}");
        }
    }
}
