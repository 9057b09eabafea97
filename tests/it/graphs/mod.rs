//! Tests of random graphs: their values and their derivatives of first and second order. The tests vary the kernels, precision, merging, widths of
//! tiles and numbers of threads.
//!
//! `GRAPHS=100000` tests more graphs, and `GRAPH=17` a single one. [`bounds`] computes the expected value of each number and a bound of its error.
//! [`differences`] computes the derivatives by differences with several steps, and a bound for each.
mod bounds;
mod differences;
mod grow;

use bounds::{DOUBLE_PRECISION, EvaluatedNodes, FloatPrecision, GraphLeaves, SINGLE_PRECISION, evaluate};
use multiwell::grad::grad;
use multiwell::graph::{Graph, NodeId};
use multiwell::plan::{KernelSet, Plan, PlanOptions, Scalar};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Number of graphs of a normal test.
const GRAPH_COUNT: u64 = if cfg!(debug_assertions) { 30 } else { 400 };
/// Maximum number of nodes before a further differentiation.
const MAX_NODES: usize = 2500;

/// Computation on a graph.
struct GraphCase {
    graph: Graph,
    /// Values without a user, their weighted sum, its derivatives, their weighted sum, and the derivatives of that sum.
    outputs: Vec<NodeId>,
    /// The two sums, each with its derivatives with respect to the leaves.
    orders: Vec<(NodeId, Vec<Option<NodeId>>)>,
    /// Inputs and parameters.
    leaves: Vec<NodeId>,
}

impl GraphCase {
    fn new(rng: &mut Xoshiro256PlusPlus) -> Option<Self> {
        let (mut graph, ends) = grow::grow(rng);
        let leaves: Vec<NodeId> = graph.inputs().iter().chain(graph.params()).copied().collect();
        let (mut outputs, mut orders) = (ends.clone(), Vec::new());
        let mut values = ends;
        while orders.len() < 2 && graph.len() < MAX_NODES {
            let Some(sum) = weighted_sum(&mut graph, &values) else { break };
            let gradient = grad(&mut graph, sum, &leaves);
            values = gradient.iter().flatten().copied().collect();
            outputs.push(sum);
            outputs.extend(&values);
            orders.push((sum, gradient));
        }
        (!outputs.is_empty()).then_some(Self { graph, outputs, orders, leaves })
    }

    /// Random numbers for its leaves, representable in single precision.
    fn numbers(&self, samples: usize, rng: &mut Xoshiro256PlusPlus) -> GraphLeaves {
        let mut number = |_| f64::from(rng.random_range(0.2..1.3_f32) * if rng.random() { 1.0 } else { -1.0 });
        let mut draw = |nodes: &[NodeId]| -> Vec<Vec<f64>> {
            let shapes = nodes.iter().map(|&node| self.graph.shape(node));
            let lengths = shapes.map(|shape| shape.len() * if shape.batched { samples } else { 1 });
            lengths.map(|length| (0..length).map(&mut number).collect()).collect()
        };
        GraphLeaves {
            samples,
            inputs: draw(self.graph.inputs()),
            params: draw(self.graph.params()),
            settings: draw(self.graph.settings()),
        }
    }
}

/// Sum of all entries of some values. Each has a weight, which is a setting.
fn weighted_sum(graph: &mut Graph, values: &[NodeId]) -> Option<NodeId> {
    let mut terms = Vec::new();
    for &value in values {
        let shape = graph.shape(value);
        let weight = graph.setting(shape.modes, shape.rows, shape.cols);
        let term = graph.mul(value, weight);
        terms.push(graph.sum_all(term));
    }
    terms.into_iter().reduce(|a, b| graph.add(a, b))
}

fn run<T: Scalar>(case: &GraphCase, numbers: &GraphLeaves, options: PlanOptions) -> Vec<Vec<f64>> {
    let mut plan = Plan::<T>::compile(&case.graph, &case.outputs, options);
    let narrow = |values: &[f64]| values.iter().map(|&v| T::narrow(v)).collect::<Vec<T>>();
    plan.set_params(&narrow(&numbers.params.concat()));
    numbers.settings.iter().enumerate().for_each(|(k, value)| plan.set_setting(k, &narrow(value)));
    let mut batch = plan.batch(numbers.samples);
    numbers.inputs.iter().enumerate().for_each(|(k, values)| batch.set(k, &narrow(values)));
    plan.run(&batch);
    (0..case.outputs.len()).map(|k| plan.output(k).iter().map(|v| v.widen()).collect()).collect()
}

/// Number of all numbers, and number of those with a finite bound.
#[derive(Clone, Copy, Debug, Default)]
struct BoundCounts {
    all: usize,
    judged: usize,
}

impl BoundCounts {
    fn add(&mut self, is_judged: bool) {
        self.all += 1;
        self.judged += usize::from(is_judged);
    }

    fn share(self) -> f64 {
        self.judged as f64 / self.all.max(1) as f64
    }
}

/// Compares the results of a plan with the expected values.
fn compare(
    case: &GraphCase,
    expected: &EvaluatedNodes,
    exact: &EvaluatedNodes,
    found: &[Vec<f64>],
    what: &str,
    count: &mut BoundCounts,
) {
    for (&node, found) in case.outputs.iter().zip(found) {
        let (wide, narrow) = (&expected.values[node.index()], &exact.values[node.index()]);
        assert_eq!(wide.v.len(), found.len(), "{what}: numbers of node {}", node.index());
        let scale = wide.v.iter().filter(|v| v.is_finite()).fold(0.0_f64, |most, v| most.max(v.abs()));
        for (k, &found) in found.iter().enumerate() {
            let (v, bound) = (wide.v[k], wide.e[k] + narrow.e[k]);
            count.add(bound <= 1e-2 * scale.max(1e-30));
            // The bound does not include products of two roundings.
            let is_near = bound.is_infinite() || (found - v).abs() <= 1.01 * bound;
            assert!(
                is_near,
                "{what}: entry {k} of node {} ({:?}) is {found:e}, but {v:e} is expected within {bound:e}",
                node.index(),
                case.graph.op(node)
            );
        }
    }
}

/// Counts over all graphs: numbers in double and single precision, and derivatives.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    double: BoundCounts,
    single: BoundCounts,
    slopes: [BoundCounts; 2],
    nodes: usize,
}

fn check(seed: u64, pool: &rayon::ThreadPool, counts: &mut Counts) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let Some(case) = GraphCase::new(&mut rng) else { return };
    counts.nodes += case.graph.len();
    let samples = *[1, 3, 8, 19, 33].get(rng.random_range(0..5)).expect("five");
    let numbers = case.numbers(samples, &mut rng);
    let of = |precision: FloatPrecision| evaluate(&case.graph, &case.outputs, &numbers, precision, None);
    let (double, single) = (of(DOUBLE_PRECISION), of(SINGLE_PRECISION));
    let naive = PlanOptions { kernels: KernelSet::Naive, fuse: false, ..PlanOptions::default() };
    compare(&case, &double, &double, &run::<f64>(&case, &numbers, naive), "naive, double", &mut counts.double);
    compare(&case, &single, &double, &run::<f32>(&case, &numbers, naive), "naive, single", &mut counts.single);
    for fuse in [false, true] {
        let width = *[None, Some(1), Some(2), Some(3), Some(5)].get(rng.random_range(0..5)).expect("five");
        let options = PlanOptions { fuse, width, ..PlanOptions::default() };
        let what = format!("merged {fuse}, width {width:?}");
        compare(&case, &double, &double, &run::<f64>(&case, &numbers, options), &format!("{what}, double"), &mut counts.double);
        compare(&case, &single, &double, &run::<f32>(&case, &numbers, options), &format!("{what}, single"), &mut counts.single);
    }
    // There are more tiles than one thread processes at once. Tiles of a single vector have one sample in double precision, and eight in single
    // precision.
    let options = PlanOptions { width: Some(1), ..PlanOptions::default() };
    let many = case.numbers(150, &mut rng);
    // The sign of a sum of two NaN depends on the processor.
    let bits =
        |all: Vec<Vec<f64>>| all.into_iter().flatten().map(|v| if v.is_nan() { 0 } else { v.to_bits() }).collect::<Vec<u64>>();
    let alone = [bits(run::<f64>(&case, &many, options)), bits(run::<f32>(&case, &many, options))];
    let shared = pool.install(|| [bits(run::<f64>(&case, &many, options)), bits(run::<f32>(&case, &many, options))]);
    assert!(alone == shared, "three threads give other bits than one");
    let few = case.numbers(3, &mut rng);
    for (order, (sum, gradient)) in case.orders.iter().enumerate() {
        differences::check(&case, *sum, gradient, &few, &mut rng, &mut counts.slopes[order]);
    }
}

#[test]
fn random_graphs_have_exact_values_and_derivatives() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let asked = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = asked("GRAPH").map_or(0..asked("GRAPHS").unwrap_or(GRAPH_COUNT), |one| one..one + 1);
    let (mut counts, mut failed, is_alone) = (Counts::default(), Vec::new(), asked("GRAPH").is_some());
    for seed in seeds.clone() {
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(seed, &pool, &mut counts)));
        if checked.is_err() {
            failed.push(seed);
            assert!(failed.len() < 20, "GRAPH={failed:?}");
        }
    }
    println!("{} graphs: {counts:?}", seeds.count());
    assert!(failed.is_empty(), "GRAPH={failed:?}");
    if !is_alone {
        let shares = [counts.double.share(), counts.single.share(), counts.slopes[0].share(), counts.slopes[1].share()];
        assert!(shares.iter().all(|share| *share > 0.5), "too little is judged: {shares:?}");
    }
}
