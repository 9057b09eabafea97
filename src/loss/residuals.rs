//! The errors `Psi(x_n) - y_n` one by one, and their Jacobian: for methods that need more than one number and its gradient.
//!
//! Some modes may be helpers: they round off what the others make, and are to be responsible nowhere. The share of all of them
//! together is kept below [`SHARE`] by more errors, one for each of some points that are watched, which are zero where that holds:
//!
//! ```text
//! max( (lse_helpers - lse_others + log((1 - share) / share)) / rho, 0 ),   lse = log sum exp(log s_i - rho f_i)
//! ```
//!
//! It is the height by which the helpers lie too low.

use crate::grad::grad;
use crate::graph::{Axis, Graph, NodeId};
use crate::model::{Architecture, LseIcnn, Params};
use crate::plan::{Batch, Drain, Options, Plan};

/// The largest share of all helpers together, well below the half that makes a mode responsible.
pub const SHARE: f64 = 0.45;
/// Taken from the exponents of modes that are not asked for: nothing is left of them.
const AWAY: f64 = 1e30;

/// Compiled errors of an LSE-ICNN on fixed samples.
#[derive(Debug)]
pub struct Residuals {
    parts: Vec<Part>,
    y: Vec<f64>,
    params: Params,
}

/// One value at each of some points, with its slopes by the parameters.
#[derive(Debug)]
struct Part {
    value: Plan<f64>,
    slopes: Plan<f64>,
    batches: [Batch<f64>; 2],
    /// For each parameter, which output of the slopes is its column.
    columns: Vec<Option<usize>>,
}

impl Part {
    fn new(mut graph: Graph, of: NodeId, x: &[f64], points: usize) -> Self {
        let value = Plan::compile(&graph, &[of], Options::default());
        let sum = graph.sum(Axis::Samples, of);
        let leaves = graph.params().to_vec();
        let mut outputs = Vec::new();
        let columns = grad(&mut graph, sum, &leaves)
            .into_iter()
            .map(|slope| {
                outputs.extend(slope);
                slope.map(|_| outputs.len() - 1)
            })
            .collect();
        let slopes = Plan::compile(&graph, &outputs, Options { drain: Drain::PerSample, ..Options::default() });
        let batches = [&value, &slopes].map(|plan| {
            let mut batch = plan.batch(points);
            batch.set(0, x);
            batch
        });
        Self { value, slopes, batches, columns }
    }

    fn values(&mut self, params: &[f64]) -> &[f64] {
        self.value.set_params(params);
        self.value.run(&self.batches[0]);
        self.value.output(0)
    }

    fn fill_slopes(&mut self, layout: &Params, params: &[f64], rows: &mut [f64]) {
        self.slopes.set_params(params);
        self.slopes.run(&self.batches[1]);
        for (param, column) in layout.iter().zip(&self.columns) {
            let Some(column) = *column else { continue };
            let values = self.slopes.output(column);
            for (row, from) in rows.chunks_exact_mut(layout.len()).zip(values.chunks_exact(param.len())) {
                row[param.range()].copy_from_slice(from);
            }
        }
    }
}

impl Residuals {
    /// Compiles for samples `x` `[samples, inputs]` and their values `y`.
    pub fn new(arch: &Architecture, x: &[f64], y: &[f64]) -> Self {
        let mut graph = Graph::new();
        let model = LseIcnn::record(&mut graph, arch);
        Self { parts: vec![Part::new(graph, model.psi, x, y.len())], y: y.to_vec(), params: model.params }
    }

    /// The same with some modes as helpers, whose share is kept low at the points `watched` `[points, inputs]`.
    pub fn with_helpers(arch: &Architecture, x: &[f64], y: &[f64], auxiliary: &[bool], watched: &[f64]) -> Self {
        let mut residuals = Self::new(arch, x, y);
        if auxiliary.contains(&true) && auxiliary.contains(&false) {
            let mut graph = Graph::new();
            let model = LseIcnn::record(&mut graph, arch);
            let excess = excess(&mut graph, &model, auxiliary);
            residuals.parts.push(Part::new(graph, excess, watched, watched.len() / arch.inputs));
        }
        residuals
    }

    /// Puts other samples in place of those there are, as many.
    pub fn redraw(&mut self, x: &[f64], y: &[f64]) {
        self.y.copy_from_slice(y);
        self.parts[0].batches.iter_mut().for_each(|batch| batch.set(0, x));
    }

    /// The parameters, in the order of the flat vector.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Number of samples: the first so many errors are those of Psi.
    pub fn samples(&self) -> usize {
        self.y.len()
    }

    /// The errors at `params`: one for each sample and, if there are helpers, one for each point that is watched.
    pub fn errors(&mut self, params: &[f64]) -> Vec<f64> {
        let mut errors: Vec<f64> = self.parts.iter_mut().flat_map(|part| part.values(params).to_vec()).collect();
        errors.iter_mut().zip(&self.y).for_each(|(e, y)| *e -= y);
        errors
    }

    /// The derivative of each error by each parameter at `params`, `[errors, params]`.
    pub fn jacobian(&mut self, params: &[f64]) -> Vec<f64> {
        let points = |part: &Part| part.batches[0].samples();
        let mut rows = vec![0.0; self.params.len() * self.parts.iter().map(points).sum::<usize>()];
        let mut rest = rows.as_mut_slice();
        for part in &mut self.parts {
            let (own, others) = rest.split_at_mut(self.params.len() * points(part));
            part.fill_slopes(&self.params, params, own);
            rest = others;
        }
        rows
    }
}

/// By how much the helpers lie too low, `[1, 1]`.
fn excess(graph: &mut Graph, model: &LseIcnn, auxiliary: &[bool]) -> NodeId {
    let sides = [true, false].map(|wanted| {
        let parts: Vec<NodeId> =
            auxiliary.iter().map(|&auxiliary| graph.constant(if auxiliary == wanted { 0.0 } else { -AWAY })).collect();
        let away = graph.concat(Axis::Modes, &parts);
        let exponents = graph.add(model.exponents, away);
        graph.log_sum_exp(Axis::Modes, exponents)
    });
    let lead = graph.sub(sides[0], sides[1]);
    let margin = graph.constant(((1.0 - SHARE) / SHARE).ln());
    let lead = graph.add(lead, margin);
    let height = graph.div(lead, model.rho);
    graph.relu(height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{init, potential};

    #[test]
    fn the_jacobian_agrees_with_differences_helpers_included() {
        let arch = Architecture::new(1, 3, &[4]);
        let x: Vec<f64> = (0..9).map(|k| f64::from(k) * 0.6 - 2.4).collect();
        let y: Vec<f64> = x.iter().map(|x| x.cos()).collect();
        let mut residuals = Residuals::with_helpers(&arch, &x, &y, &[false, true, false], &x[2..7]);
        let mut params = init::paper(&potential::declared(&arch), 5);
        // The helper lies low, so that its errors are there.
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
    fn helpers_with_a_small_share_make_no_errors() {
        let arch = Architecture::new(1, 3, &[4]);
        let x = [-1.0, 0.0, 1.0];
        let mut residuals = Residuals::with_helpers(&arch, &x, &[0.0; 3], &[false, true, false], &x);
        let mut params = init::paper(&potential::declared(&arch), 5);
        params[residuals.params().get("b2").expect("an output bias").offset + 1] += 30.0;
        assert_eq!(residuals.errors(&params)[3..], [0.0; 3]);
        assert_eq!(Residuals::with_helpers(&arch, &x, &[0.0; 3], &[false; 3], &x).errors(&params).len(), 3);
    }
}
