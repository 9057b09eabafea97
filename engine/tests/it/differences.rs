//! Comparison of derivatives with central differences, for tests of the engine and of models that are recorded with it.

use multiwell_engine::grad::grad;
use multiwell_engine::graph::{Graph, NodeId, Shape};
use multiwell_engine::plan::{Plan, PlanOptions, Scalar};

/// Number of samples in a check of derivatives: more than one tile, and not a multiple of a tile.
const CHECK_SAMPLES: usize = 19;

/// Numbers without a pattern.
pub struct UnitNumbers(pub u64);

impl UnitNumbers {
    /// Between 0 and 1.
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number of either sign, away from zero, where some functions have a kink.
    pub fn nonzero(&mut self) -> f64 {
        (0.3 + self.unit()) * if self.unit() < 0.5 { 1.0 } else { -1.0 }
    }
}

/// Inputs and parameters of a graph.
pub fn leaves(graph: &Graph) -> Vec<NodeId> {
    graph.inputs().iter().chain(graph.params()).copied().collect()
}

/// Numbers for all inputs and parameters.
pub fn drawn(graph: &Graph, samples: usize, mut draw: impl FnMut() -> f64) -> Vec<Vec<f64>> {
    let count = |&x: &NodeId| graph.shape(x).len() * if graph.shape(x).batched { samples } else { 1 };
    leaves(graph).iter().map(|x| (0..count(x)).map(|_| draw()).collect()).collect()
}

/// Values of the outputs for these numbers of inputs and parameters.
pub fn run<T: Scalar>(
    graph: &Graph,
    outputs: &[NodeId],
    options: PlanOptions,
    numbers: &[Vec<f64>],
    samples: usize,
) -> Vec<Vec<f64>> {
    let mut plan = Plan::<T>::compile(graph, outputs, options);
    let convert = |n: &[f64]| n.iter().map(|&x| T::narrow(x)).collect::<Vec<T>>();
    let inputs = graph.inputs().len();
    plan.set_params(&convert(&numbers[inputs..].concat()));
    let mut batch = plan.batch(samples);
    for (k, n) in numbers[..inputs].iter().enumerate() {
        batch.set(k, &convert(n));
    }
    plan.run(&batch);
    (0..outputs.len()).map(|k| plan.output(k).iter().map(|x| x.widen()).collect()).collect()
}

/// `sum w y` with a parameter `w` for every entry of `y`, summed over the samples.
fn weighted(g: &mut Graph, y: NodeId) -> NodeId {
    let Shape { modes, rows, cols, .. } = g.shape(y);
    let w = g.param(modes, rows, cols);
    let product = g.mul(w, y);
    g.sum_all(product)
}

/// Values of the outputs for the samples of a check, in several tiles.
fn checked_values(graph: &Graph, outputs: &[NodeId], numbers: &[Vec<f64>]) -> Vec<Vec<f64>> {
    run::<f64>(graph, outputs, PlanOptions { width: Some(4), ..PlanOptions::default() }, numbers, CHECK_SAMPLES)
}

/// Asserts that the derivative of a number along a direction of all inputs and parameters agrees with differences. The differences of two steps are
/// extrapolated, with an error of the fourth order in the step.
fn assert_slope(name: &str, g: &mut Graph, value: NodeId, at: &[Vec<f64>], numbers: &mut UnitNumbers) {
    let all = leaves(g);
    let slopes = grad(g, value, &all);
    let direction = drawn(g, CHECK_SAMPLES, || numbers.nonzero());
    let given: Vec<NodeId> = slopes.iter().flatten().copied().collect();
    let directions: Vec<&Vec<f64>> = slopes.iter().zip(&direction).filter(|(slope, _)| slope.is_some()).map(|(_, d)| d).collect();
    let along: f64 =
        checked_values(g, &given, at).iter().zip(directions).flat_map(|(s, d)| s.iter().zip(d)).map(|(s, d)| s * d).sum();
    let moved = |step: f64| {
        let add = |(x, d): (&Vec<f64>, &Vec<f64>)| x.iter().zip(d).map(|(x, d)| x + step * d).collect();
        checked_values(g, &[value], &at.iter().zip(&direction).map(add).collect::<Vec<_>>())[0][0]
    };
    let central = |h: f64| (moved(h) - moved(-h)) / (2.0 * h);
    let difference = (4.0 * central(1e-4) - central(2e-4)) / 3.0;
    let scale = difference.abs().max(1.0);
    assert!((along - difference).abs() <= 1e-7 * scale, "{name}: derivative {along}, differences {difference}");
}

/// Asserts that the derivatives of a weighted sum of `y`, of both orders, agree with differences at drawn inputs and parameters.
pub fn assert_derivatives(name: &str, g: &mut Graph, y: NodeId, draw: impl Fn(&mut UnitNumbers) -> f64) {
    let mut numbers = UnitNumbers(11);
    let value = weighted(g, y);
    let at = drawn(g, CHECK_SAMPLES, || draw(&mut numbers));
    assert_slope(name, g, value, &at, &mut numbers);
    // Checks the squares of the derivatives, and their products with the derivatives shifted by a number. No term can then cancel by its sign.
    let all = leaves(g);
    let slopes: Vec<NodeId> = grad(g, value, &all).into_iter().flatten().collect();
    let cubes: Vec<NodeId> = slopes
        .iter()
        .map(|&slope| {
            let shift = g.constant(0.7);
            let shifted = g.add(slope, shift);
            let product = g.mul(shifted, slope);
            g.sum_all(product)
        })
        .collect();
    let second = cubes.into_iter().reduce(|a, b| g.add(a, b)).expect("there is a derivative by the weights");
    assert_slope(&format!("{name}, second order"), g, second, &at, &mut numbers);
}
