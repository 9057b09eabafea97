//! The errors `Psi(x_n) - y_n` one by one, and their Jacobian.
//!
//! Some modes may be auxiliary: they smooth the transitions between the others and must not be responsible anywhere. Their total
//! responsibility is kept below r = [`LARGEST_RESPONSIBILITY`] by further errors, one at each of some check points, which vanish
//! where the limit holds:
//!
//! ```text
//! max( (lse_auxiliary - lse_others + log((1 - r) / r)) / rho, 0 ),   lse = log sum exp(log s_i - rho f_i)
//! ```
//!
//! Each of these errors is the height by which the auxiliary modes are too low.

use super::LeastSquares;
use crate::grad::grad;
use crate::graph::{Axis, Graph, NodeId};
use crate::model::{Architecture, LseIcnn, Params};
use crate::plan::{Batch, Drain, Options, Plan};

/// The largest total responsibility of the auxiliary modes, well below the half that makes a mode responsible.
const LARGEST_RESPONSIBILITY: f64 = 0.45;
/// Subtracted from the exponents of excluded modes, so that their softmax weight is 0.
const EXCLUDED: f64 = 1e30;

/// Compiled errors of an LSE-ICNN on fixed samples.
#[derive(Debug)]
pub struct Residuals {
    blocks: Vec<ErrorBlock>,
    y: Vec<f64>,
    params: Params,
}

/// An error at each of some points, with its derivatives by the parameters.
#[derive(Debug)]
struct ErrorBlock {
    value: Plan<f64>,
    slopes: Plan<f64>,
    batches: [Batch<f64>; 2],
}

impl ErrorBlock {
    fn new(mut graph: Graph, of: NodeId, x: &[f64], points: usize) -> Self {
        let value = Plan::compile(&graph, &[of], Options::default());
        let sum = graph.sum(Axis::Samples, of);
        let leaves = graph.params().to_vec();
        let columns = grad(&mut graph, sum, &leaves);
        let slopes = Plan::compile_present(&graph, &columns, Options { drain: Drain::PerSample, ..Options::default() });
        let batches = [&value, &slopes].map(|plan| {
            let mut batch = plan.batch(points);
            batch.set(0, x);
            batch
        });
        Self { value, slopes, batches }
    }

    fn values(&mut self, params: &[f64]) -> &[f64] {
        self.value.set_params(params);
        self.value.run(&self.batches[0]);
        self.value.output(0)
    }

    fn fill_slopes(&mut self, params: &[f64], rows: &mut [f64]) {
        self.slopes.set_params(params);
        self.slopes.run(&self.batches[1]);
        for (range, output) in self.slopes.outputs_by_param(0) {
            let columns = output.unwrap_or_default().chunks_exact(range.len());
            for (row, from) in rows.chunks_exact_mut(params.len()).zip(columns) {
                row[range.clone()].copy_from_slice(from);
            }
        }
    }
}

impl Residuals {
    /// Compiles for samples `x` `[samples, inputs]` and their values `y`.
    pub fn new(arch: &Architecture, x: &[f64], y: &[f64]) -> Self {
        let mut graph = Graph::new();
        let model = LseIcnn::record(&mut graph, arch);
        Self { blocks: vec![ErrorBlock::new(graph, model.psi, x, y.len())], y: y.to_vec(), params: model.params }
    }

    /// Compiles the errors as [`Residuals::new`] does, and limits the responsibility of auxiliary modes at the points `watched`
    /// `[points, inputs]`.
    pub fn with_auxiliary(arch: &Architecture, x: &[f64], y: &[f64], auxiliary: &[bool], watched: &[f64]) -> Self {
        let mut residuals = Self::new(arch, x, y);
        if auxiliary.contains(&true) && auxiliary.contains(&false) {
            let mut graph = Graph::new();
            let model = LseIcnn::record(&mut graph, arch);
            let excess = excess(&mut graph, &model, auxiliary);
            residuals.blocks.push(ErrorBlock::new(graph, excess, watched, watched.len() / arch.inputs));
        }
        residuals
    }
}

impl LeastSquares for Residuals {
    fn params(&self) -> &Params {
        &self.params
    }

    fn samples(&self) -> usize {
        self.y.len()
    }

    fn redraw(&mut self, x: &[f64], targets: &[f64]) {
        self.y.copy_from_slice(targets);
        self.blocks[0].batches.iter_mut().for_each(|batch| batch.set(0, x));
    }

    fn errors(&mut self, params: &[f64]) -> Vec<f64> {
        let mut errors: Vec<f64> = self.blocks.iter_mut().flat_map(|block| block.values(params).to_vec()).collect();
        errors.iter_mut().zip(&self.y).for_each(|(e, y)| *e -= y);
        errors
    }

    fn jacobian(&mut self, params: &[f64]) -> Vec<f64> {
        let points = |block: &ErrorBlock| block.batches[0].samples();
        let mut rows = vec![0.0; self.params.len() * self.blocks.iter().map(points).sum::<usize>()];
        let mut rest = rows.as_mut_slice();
        for block in &mut self.blocks {
            let (own, others) = rest.split_at_mut(self.params.len() * points(block));
            block.fill_slopes(params, own);
            rest = others;
        }
        rows
    }
}

/// The height by which the auxiliary modes are too low, `[1, 1]`.
fn excess(graph: &mut Graph, model: &LseIcnn, auxiliary: &[bool]) -> NodeId {
    let sides = [true, false].map(|wanted| {
        let blocks: Vec<NodeId> =
            auxiliary.iter().map(|&auxiliary| graph.constant(if auxiliary == wanted { 0.0 } else { -EXCLUDED })).collect();
        let excluded = graph.concat(Axis::Modes, &blocks);
        let exponents = graph.add(model.exponents, excluded);
        graph.log_sum_exp(Axis::Modes, exponents)
    });
    let lead = graph.sub(sides[0], sides[1]);
    let margin = graph.constant(((1.0 - LARGEST_RESPONSIBILITY) / LARGEST_RESPONSIBILITY).ln());
    let lead = graph.add(lead, margin);
    let height = graph.div(lead, model.rho);
    graph.relu(height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{init, potential};

    #[test]
    fn the_jacobian_agrees_with_differences_with_auxiliary_modes() {
        let arch = Architecture::new(1, 3, &[4]);
        let x: Vec<f64> = (0..9).map(|k| f64::from(k) * 0.6 - 2.4).collect();
        let y: Vec<f64> = x.iter().map(|x| x.cos()).collect();
        let mut residuals = Residuals::with_auxiliary(&arch, &x, &y, &[false, true, false], &x[2..7]);
        let mut params = init::paper(&potential::declared(&arch), 5);
        // The auxiliary mode is low, so that the errors of its limits do not vanish.
        let bias = residuals.params().get("b2").expect("an output bias").offset;
        params[bias + 1] -= 1.0;
        let errors = residuals.errors(&params);
        assert_eq!((errors.len(), residuals.samples()), (14, 9));
        assert!(errors[9..].iter().all(|&e| e > 0.0), "{errors:?}");
        let jacobian = residuals.jacobian(&params);
        let h = 1e-6;
        for k in 0..params.len() {
            let at = |d: f64| {
                let mut near = params.clone();
                near[k] += d;
                near
            };
            let (ahead, behind) = (residuals.errors(&at(h)), residuals.errors(&at(-h)));
            for n in 0..errors.len() {
                let difference = (ahead[n] - behind[n]) / (2.0 * h);
                let found = jacobian[n * params.len() + k];
                assert!((difference - found).abs() < 1e-7 * (1.0 + found.abs()), "{n} {k}: {difference} {found}");
            }
        }
    }

    #[test]
    fn auxiliary_modes_of_small_responsibility_make_no_errors() {
        let arch = Architecture::new(1, 3, &[4]);
        let x = [-1.0, 0.0, 1.0];
        let mut residuals = Residuals::with_auxiliary(&arch, &x, &[0.0; 3], &[false, true, false], &x);
        let mut params = init::paper(&potential::declared(&arch), 5);
        params[residuals.params().get("b2").expect("an output bias").offset + 1] += 30.0;
        assert_eq!(residuals.errors(&params)[3..], [0.0; 3]);
        assert_eq!(Residuals::with_auxiliary(&arch, &x, &[0.0; 3], &[false; 3], &x).errors(&params).len(), 3);
    }
}
