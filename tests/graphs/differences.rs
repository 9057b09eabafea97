//! Derivatives beside central differences with several steps.

use multiwell::graph::NodeId;
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::bounds::{DOUBLE, Evaluated, Numbers, evaluate};
use super::{Case, Count};

/// The largest step; each is half of the one before.
const FIRST: f64 = 0.02;
const STEPS: i32 = 7;
/// As many steps are taken where a derivative and these differences do not agree: beside what is narrower than the steps, they may settle on the slope of the
/// surroundings. Then the smallest steps count whose error allows a comparison.
const ALL_STEPS: i32 = 30;
/// The error of differences that are worth a comparison, relative to the parts of the derivative.
const CLOSE: f64 = 1e-4;

/// A number, and what it may be off by.
#[derive(Clone, Copy, Debug)]
struct About {
    value: f64,
    error: f64,
}

/// The numbers with the leaves moved along a direction.
fn moved(numbers: &Numbers, direction: &Numbers, by: f64) -> Numbers {
    let along = |of: &[Vec<f64>], to: &[Vec<f64>]| {
        of.iter().zip(to).map(|(x, d)| x.iter().zip(d).map(|(x, d)| x + by * d).collect()).collect()
    };
    Numbers {
        samples: numbers.samples,
        inputs: along(&numbers.inputs, &direction.inputs),
        params: along(&numbers.params, &direction.params),
        settings: numbers.settings.clone(),
    }
}

/// Slopes of `value` along a direction by Richardson's extrapolation of two steps each, the smallest last. The error of rounding is that of the values; that of the
/// series is taken to be no more than twice the differences to the neighbours among the steps. Steps across a kink or a pole give none. The places are rounded,
/// which moves a value by no more than `place`.
fn slopes(
    case: &Case,
    value: NodeId,
    base: &Evaluated,
    [numbers, direction]: [&Numbers; 2],
    place: f64,
    steps: i32,
) -> Vec<About> {
    let at = |by: f64| evaluate(&case.graph, &[value], &moved(numbers, direction, by), DOUBLE, Some(base));
    let here = at(0.0).sides;
    let central = |k: i32| -> Option<About> {
        let h = FIRST * 0.5_f64.powi(k);
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

/// Compares the derivatives of `value` by the leaves with differences along a direction.
pub fn check(
    case: &Case,
    value: NodeId,
    gradient: &[Option<NodeId>],
    numbers: &Numbers,
    rng: &mut Xoshiro256PlusPlus,
    count: &mut Count,
) {
    let mut draw = |of: &[Vec<f64>]| -> Vec<Vec<f64>> {
        of.iter().map(|values| values.iter().map(|_| rng.random_range(-1.0..1.0)).collect()).collect()
    };
    let direction =
        Numbers { samples: numbers.samples, inputs: draw(&numbers.inputs), params: draw(&numbers.params), settings: Vec::new() };
    let present: Vec<NodeId> = gradient.iter().flatten().copied().chain([value]).collect();
    let base = evaluate(&case.graph, &present, numbers, DOUBLE, None);
    let (mut along, mut size, mut place) = (About { value: 0.0, error: 0.0 }, 0.0, 0.0);
    let leaves = numbers.inputs.iter().chain(&numbers.params);
    for ((node, d), x) in gradient.iter().zip(direction.inputs.iter().chain(&direction.params)).zip(leaves) {
        let Some(node) = node else { continue };
        let part = &base.values[node.index()];
        for (((v, e), d), x) in part.v.iter().zip(&part.e).zip(d).zip(x) {
            along.value += v * d;
            along.error += (e + f64::EPSILON * 100.0 * v.abs()) * d.abs();
            size += (v * d).abs();
            // Twice, for the slope differs from place to place.
            place += 2.0 * f64::EPSILON * v.abs() * (x.abs() + FIRST);
        }
    }
    let of = |steps: i32| {
        // Differences that still change from step to step say nothing: the series is too slow, as near a pole.
        let is_judged = |found: &About| {
            let tolerance = found.error + along.error;
            tolerance.is_finite() && tolerance <= CLOSE * size.max(found.value.abs()).max(1e-6)
        };
        slopes(case, value, &base, [numbers, &direction], place, steps).into_iter().filter(is_judged)
    };
    let agrees = |found: &About| (found.value - along.value).abs() <= found.error + along.error;
    let best = of(STEPS).min_by(|a, b| a.error.total_cmp(&b.error));
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
