//! Comparison of derivatives with central differences of several steps.

use multiwell::graph::NodeId;
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::bounds::{DOUBLE_PRECISION, EvaluatedNodes, GraphLeaves, evaluate};
use super::{BoundCounts, GraphCase};

/// Largest step. Each further step is half of the one before.
const FIRST_STEP: f64 = 0.02;
const STEP_COUNT: i32 = 7;
/// Number of steps if a derivative and the first differences do not agree. Near structures that are narrower than the steps, the differences may
/// converge to the slope of the surroundings. In this case, the smallest steps whose error allows a comparison are used.
const ALL_STEPS: i32 = 30;
/// Maximum error of differences that are compared, relative to the terms of the derivative.
const CLOSE_DIFFERENCE: f64 = 1e-4;

/// A number and a bound of its error.
#[derive(Clone, Copy, Debug)]
struct About {
    value: f64,
    error: f64,
}

/// Numbers after a displacement of the leaves along a direction.
fn moved(numbers: &GraphLeaves, direction: &GraphLeaves, by: f64) -> GraphLeaves {
    let along = |of: &[Vec<f64>], to: &[Vec<f64>]| {
        of.iter().zip(to).map(|(x, d)| x.iter().zip(d).map(|(x, d)| x + by * d).collect()).collect()
    };
    GraphLeaves {
        samples: numbers.samples,
        inputs: along(&numbers.inputs, &direction.inputs),
        params: along(&numbers.params, &direction.params),
        settings: numbers.settings.clone(),
    }
}

/// Slopes of `value` along a direction by Richardson's extrapolation of two steps each, the smallest last. The rounding error is that of the values.
/// The error of the series is at most twice the differences from neighbouring steps, by assumption. Steps across a kink or a pole have no result. The
/// positions are rounded, which changes a value by at most `place`.
fn slopes(
    case: &GraphCase,
    value: NodeId,
    base: &EvaluatedNodes,
    [numbers, direction]: [&GraphLeaves; 2],
    place: f64,
    steps: i32,
) -> Vec<About> {
    let at = |by: f64| evaluate(&case.graph, &[value], &moved(numbers, direction, by), DOUBLE_PRECISION, Some(base));
    let here = at(0.0).sides;
    let central = |k: i32| -> Option<About> {
        let h = FIRST_STEP * 0.5_f64.powi(k);
        let (after, before) = (at(h), at(-h));
        let [(up, e), (down, f)] = [&after, &before].map(|all| (all.values[value.index()].v[0], all.values[value.index()].e[0]));
        let is_smooth = after.sides == here && before.sides == here && (e + f).is_finite();
        is_smooth.then(|| About { value: (up - down) / (2.0 * h), error: (e + f + 2.0 * place) / (2.0 * h) })
    };
    let plain: Vec<Option<About>> = (0..steps).map(central).collect();
    let better: Vec<Option<About>> = plain
        .windows(2)
        .map(|pair| {
            let (wide, narrow) = (pair[0]?, pair[1]?);
            Some(About { value: (4.0 * narrow.value - wide.value) / 3.0, error: (4.0 * narrow.error + wide.error) / 3.0 })
        })
        .collect();
    let judged = better.windows(3).filter_map(|three| {
        let (before, one, after) = (three[0]?, three[1]?, three[2]?);
        let series = 2.0 * (one.value - before.value).abs().max((one.value - after.value).abs());
        Some(About { value: one.value, error: one.error + series })
    });
    judged.collect()
}

/// Compares the derivatives of `value` with respect to the leaves with differences along a direction.
pub fn check(
    case: &GraphCase,
    value: NodeId,
    gradient: &[Option<NodeId>],
    numbers: &GraphLeaves,
    rng: &mut Xoshiro256PlusPlus,
    count: &mut BoundCounts,
) {
    let mut draw = |of: &[Vec<f64>]| -> Vec<Vec<f64>> {
        of.iter().map(|values| values.iter().map(|_| rng.random_range(-1.0..1.0)).collect()).collect()
    };
    let direction = GraphLeaves {
        samples: numbers.samples,
        inputs: draw(&numbers.inputs),
        params: draw(&numbers.params),
        settings: Vec::new(),
    };
    let present: Vec<NodeId> = gradient.iter().flatten().copied().chain([value]).collect();
    let base = evaluate(&case.graph, &present, numbers, DOUBLE_PRECISION, None);
    let (mut along, mut size, mut place) = (About { value: 0.0, error: 0.0 }, 0.0, 0.0);
    let leaves = numbers.inputs.iter().chain(&numbers.params);
    for ((node, d), x) in gradient.iter().zip(direction.inputs.iter().chain(&direction.params)).zip(leaves) {
        let Some(node) = node else { continue };
        let part = &base.values[node.index()];
        for (((v, e), d), x) in part.v.iter().zip(&part.e).zip(d).zip(x) {
            along.value += v * d;
            along.error += (e + f64::EPSILON * 100.0 * v.abs()) * d.abs();
            size += (v * d).abs();
            // The factor of two allows for the variation of the slope.
            place += 2.0 * f64::EPSILON * v.abs() * (x.abs() + FIRST_STEP);
        }
    }
    let of = |steps: i32| {
        // Differences that still change from step to step are excluded. The series converges too slowly there, for example near a pole.
        let is_judged = |found: &About| {
            let tolerance = found.error + along.error;
            tolerance.is_finite() && tolerance <= CLOSE_DIFFERENCE * size.max(found.value.abs()).max(1e-6)
        };
        slopes(case, value, &base, [numbers, &direction], place, steps).into_iter().filter(is_judged)
    };
    let agrees = |found: &About| (found.value - along.value).abs() <= found.error + along.error;
    let best = of(STEP_COUNT).min_by(|a, b| a.error.total_cmp(&b.error));
    count.add(best.is_some());
    let Some(found) = best.filter(|best| !agrees(best)).and_then(|_| of(ALL_STEPS).next_back()) else { return };
    assert!(
        agrees(&found),
        "the derivative of node {} along {} leaves is {:e}, but differences give {:e} within {:e}",
        value.index(),
        case.leaves.len(),
        along.value,
        found.value,
        found.error + along.error
    );
}
