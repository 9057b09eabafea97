//! Initial parameters of all networks: of the recipes, of plain networks, and of materials. In this module, only [`stream`]
//! converts seeds to random numbers; `potentials` has separate streams for data.
//!
//! In [`paper`], `V` and `b` are uniform in `+-1/sqrt(fan-in)`, and `W` is the absolute value of such a draw. The fan-in of `V` and `b` is the number
//! of inputs, that of `W` the width of the layer before. All gates are 0.99 (`a = 2.919`) and `rho = 2`.

use rand::distr::uniform::SampleUniform;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::params::{Param, ParamKind, Params};
use crate::numerics::flooding::flood_graph;
use crate::numerics::statistics::{dot, sort_by};
use crate::plan::Scalar;

/// Gate parameter `a` with `s(a) = 0.99`.
pub const OPEN_GATE: f64 = 2.919;
/// Initial sharpness.
pub const FIRST_RHO: f64 = 2.0;

/// Initial sharpness of a soft start, in standardised units.
const SOFT_START_RHO: f64 = 1.0;

/// Parameter `a` of a gate that stays open: `s(a) = 1` in any precision.
pub const ALWAYS_OPEN: f64 = 20.0;
/// Initial sharpness of [`on_data`], for values scaled to a standard deviation of one.
pub const DATA_RHO: f64 = 8.0;
/// Range of the slopes of the first layer's units in [`on_data`], for inputs scaled to [-3, 3].
const SLOPE_RANGE: std::ops::Range<f64> = 0.5..2.0;
/// Initial value of the quartic part of the skip in [`on_data`], in standard deviations of the values. It applies where one input is at an end of its
/// range and the others are zero. It is negligible, but not zero, because at zero all derivatives with respect to its parameters would vanish.
const QUARTIC_HEIGHT: f64 = 0.01;
/// Absolute value of an input at an end of its range.
const RANGE_END: f64 = 3.0;
/// Number of nearest points, itself included, among which a centre has the lowest value.
const CENTRE_NEIGHBOURS: usize = 9;

/// Stream of random numbers for initial parameters. It differs from the streams for data, so that equal seeds do not correlate weights with sample
/// points.
pub fn stream(seed: u64) -> Xoshiro256PlusPlus {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    rng.long_jump();
    rng
}

/// Initial parameters of the recipe `paper`, in `f64`, drawn from a seed.
pub fn paper(params: &Params, seed: u64) -> Vec<f64> {
    let mut rng = stream(seed);
    let inputs = params.get("V1").map_or(1, |v| v.shape[2]);
    let mut flat = Vec::with_capacity(params.len());
    for param in params.iter() {
        let fan_in = if param.kind == ParamKind::NonNegative { param.shape[2] } else { inputs };
        let bound = 1.0 / (fan_in as f64).sqrt();
        flat.extend((0..param.len()).map(|_| match param.kind {
            ParamKind::Free | ParamKind::Bias => rng.random_range(-bound..bound),
            ParamKind::NonNegative => rng.random_range(-bound..bound).abs(),
            ParamKind::Gate => OPEN_GATE,
            ParamKind::Sharpness => FIRST_RHO,
        }));
    }
    flat
}

/// Soft start number `k`, in which every mode contributes everywhere: the parameters of [`paper`] from a separate seed, with another sharpness.
pub fn soft_start(params: &Params, seed: u64, k: usize) -> Vec<f64> {
    // The seeds of initializations are far apart, so that neighbouring seeds have no initializations in common.
    let mut flat = paper(params, seed.wrapping_add((k as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    params.iter().filter(|p| p.kind == ParamKind::Sharpness).for_each(|p| flat[p.range()].fill(SOFT_START_RHO));
    flat
}

/// Initial parameters of plain networks and of the networks of a material. Every weight is uniform in `+-1/sqrt(fan-in)`, and `W` is the absolute
/// value of such a draw. Biases have the fan-in of the weights before them. `gate` is the initial parameter of all gates, or of the thresholds of
/// play before softplus.
pub fn by_fan_in<T: Scalar + SampleUniform>(params: &Params, gate: f64, seed: u64) -> Vec<T> {
    let mut rng = stream(seed);
    let mut fan_in = 1;
    let mut flat = Vec::with_capacity(params.len());
    for param in params.iter() {
        if param.kind != ParamKind::Bias {
            fan_in = param.shape[2];
        }
        let bound = T::one() / T::narrow(fan_in as f64).sqrt();
        flat.extend((0..param.len()).map(|_| match param.kind {
            ParamKind::Free | ParamKind::Bias => rng.random_range(-bound..bound),
            ParamKind::NonNegative => rng.random_range(T::zero()..bound),
            ParamKind::Gate => T::narrow(gate),
            ParamKind::Sharpness => T::narrow(FIRST_RHO),
        }));
    }
    flat
}

/// Initial parameters for modes with given centres. The kinks of the units of every layer lie at points `x` of the data. Each mode has its minimum
/// approximately at its centre, with the value of the centre. Gates stay open (`a = 20`), and `rho` is [`DATA_RHO`].
///
/// `x` is `[points, features]`, and `centres` has a point and a value for each mode, all in the units of the network. `rng` draws the parameters of
/// one mode after another.
pub fn on_data(params: &Params, x: &[f64], centres: &[(Vec<f64>, f64)], rng: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    let mut flat = vec![0.0; params.len()];
    for param in params.iter() {
        match param.kind {
            ParamKind::Gate => flat[param.range()].fill(ALWAYS_OPEN),
            ParamKind::Sharpness => flat[param.offset] = DATA_RHO,
            _ => {}
        }
    }
    for (mode, centre) in centres.iter().enumerate() {
        one_on_data(params, x, mode, centre, rng, &mut flat);
        if let Some(a) = params.get("A") {
            start_quartic(params, &mut flat[..], a, mode, &centre.0);
        }
    }
    flat
}

/// Initialises the quartic part `1/12 sum (A x)^4` of one mode with a small multiple of the unit matrix for `A`. The last layer
/// compensates its height and slope at the centre.
fn start_quartic(params: &Params, flat: &mut [f64], a: &Param, mode: usize, centre: &[f64]) {
    let fourth = 12.0 * QUARTIC_HEIGHT / RANGE_END.powi(4);
    let size = centre.len();
    let last = |kind: ParamKind, prefix: char| {
        params.iter().filter(move |p| p.kind == kind && p.name.starts_with(prefix)).last().map_or(0, |p| p.of_mode(mode).start)
    };
    let (v, b) = (last(ParamKind::Free, 'V'), last(ParamKind::Bias, 'b'));
    for (k, &c) in centre.iter().enumerate() {
        flat[a.of_mode(mode).start + k * size + k] = fourth.sqrt().sqrt();
        let slope = fourth * c.powi(3) / 3.0;
        flat[v + k] -= slope;
        // The linear part vanishes at the centre.
        flat[b] += slope * c - fourth * c.powi(4) / 12.0;
    }
}

fn one_on_data(
    params: &Params,
    x: &[f64],
    mode: usize,
    centre: &(Vec<f64>, f64),
    rng: &mut Xoshiro256PlusPlus,
    flat: &mut [f64],
) {
    let inputs = centre.0.len();
    let layers = params.iter().filter(|p| p.kind == ParamKind::Bias).count();
    for k in 1..=layers {
        let of = |name: &str| params.get(&format!("{name}{k}"));
        let (v, b) = (of("V").expect("every layer sees the inputs"), of("b").expect("every layer has biases"));
        let width = v.shape[1];
        if let Some(w) = of("W") {
            let bound = 1.0 / (w.shape[2] as f64).sqrt();
            let size = w.shape[1] * w.shape[2];
            flat[w.offset + mode * size..][..size].iter_mut().for_each(|w| *w = rng.random_range(0.0..bound));
        }
        for unit in 0..width {
            let row = v.offset + (mode * width + unit) * inputs;
            let bias = b.offset + mode * width + unit;
            if k == layers {
                // The slope at the centre is zero, and the value there is that of the data.
                let step = 1e-3;
                for input in 0..inputs {
                    let [below, above] = [-step, step].map(|d| {
                        let mut near = centre.0.clone();
                        near[input] += d;
                        last(params, flat, mode, layers, &near)
                    });
                    flat[row + input] = (below - above) / (2.0 * step);
                }
                flat[bias] = centre.1 - last(params, flat, mode, layers, &centre.0);
                continue;
            }
            let draw: Vec<f64> = (0..inputs).map(|_| rng.random_range(-1.0..1.0_f64)).collect();
            let length = draw.iter().map(|d| d * d).sum::<f64>().sqrt().max(1e-3);
            let steepness = rng.random_range(SLOPE_RANGE) * if k == 1 { 1.0 } else { 0.5 };
            (0..inputs).for_each(|input| flat[row + input] = draw[input] / length * steepness);
            // The kink of the unit passes through a point of the data.
            let point = rng.random_range(0..x.len() / inputs);
            let before = activations(params, flat, mode, k, &x[point * inputs..][..inputs]);
            flat[bias] = -before[unit];
        }
    }
}

/// Values of layer `k` of one mode, before softplus.
fn activations(params: &Params, flat: &[f64], mode: usize, k: usize, x: &[f64]) -> Vec<f64> {
    let of = |name: &str| params.get(&format!("{name}{k}"));
    let (v, b) = (of("V").expect("every layer sees the inputs"), of("b").expect("every layer has biases"));
    let h: Vec<f64> = if k == 1 {
        Vec::new()
    } else {
        activations(params, flat, mode, k - 1, x).into_iter().map(|z| z.max(0.0) + (-z.abs()).exp().ln_1p()).collect()
    };
    let width = v.shape[1];
    (0..width)
        .map(|unit| {
            let row = |offset: usize, columns: usize| &flat[offset + (mode * width + unit) * columns..][..columns];
            let hidden = of("W").map_or(0.0, |w| dot(row(w.offset, w.shape[2]), &h));
            dot(row(v.offset, x.len()), x) + hidden + flat[b.offset + mode * width + unit]
        })
        .collect()
}

/// The value of one mode.
fn last(params: &Params, flat: &[f64], mode: usize, layers: usize, x: &[f64]) -> f64 {
    activations(params, flat, mode, layers, x)[0]
}

/// Points for the centres of modes. Up to two thirds are points that are lowest among their nearest neighbours, the deepest first. Dense points with
/// noise have more of them. In that case, those with the highest barrier to a deeper one are chosen. Each further centre is the point farthest from
/// those chosen. `x` is `[points, inputs]`. Returns indices, and fewer than `modes` only if there are fewer points.
pub fn centres(x: &[f64], y: &[f64], modes: usize) -> Vec<usize> {
    let (points, inputs) = (y.len(), x.len() / y.len().max(1));
    let apart = |a: usize, b: usize| -> f64 {
        let at = |k: usize| &x[k * inputs..(k + 1) * inputs];
        at(a).iter().zip(at(b)).map(|(a, b)| (a - b) * (a - b)).sum()
    };
    let nearest = |k: usize| -> Vec<usize> {
        let distance: Vec<f64> = (0..points).map(|other| apart(k, other)).collect();
        // The nearest point beyond the last one. Points at equal distance keep their order.
        let mut last = (-1.0, 0);
        let mut next = || {
            let beyond = (0..points).filter(|&other| (distance[other], other) > last);
            let next = beyond.min_by(|&a, &b| distance[a].total_cmp(&distance[b]));
            last = next.map_or(last, |other| (distance[other], other));
            last.1
        };
        (0..CENTRE_NEIGHBOURS.min(points)).map(|_| next()).collect()
    };
    let mut graph: Vec<Vec<usize>> = (0..points).map(nearest).collect();
    let mut chosen: Vec<usize> = (0..points).filter(|&k| graph[k].iter().all(|&other| (y[k], k) <= (y[other], other))).collect();
    let most = (2 * modes).div_ceil(3);
    if chosen.len() > most {
        for k in 0..points {
            for other in graph[k].clone() {
                graph[other].push(k);
            }
        }
        let mut minima = flood_graph(y, |k| graph[k].clone());
        sort_by(&mut minima, |minimum| -minimum.persistence);
        chosen = minima.iter().take(most).map(|minimum| minimum.index).collect();
    }
    sort_by(&mut chosen, |&k| y[k]);
    if chosen.is_empty() && points > 0 {
        chosen.push(0);
    }
    let mut distance: Vec<f64> = (0..points).map(|k| chosen.iter().map(|&c| apart(k, c)).fold(f64::INFINITY, f64::min)).collect();
    while chosen.len() < modes.min(points) {
        let next = (0..points).max_by(|&a, &b| distance[a].total_cmp(&distance[b])).unwrap_or(0);
        chosen.push(next);
        (0..points).for_each(|k| distance[k] = distance[k].min(apart(k, next)));
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::training_set::TrainingSet;
    use crate::loss::{Loss, Regression, RegressionTarget};
    use crate::model::model_file::Normalization;
    use crate::model::{Architecture, Skip, Symmetry, potential};
    use rand::SeedableRng;

    #[test]
    fn initial_modes_are_convex_and_lowest_at_their_centres() {
        for (inputs, hidden) in [(1, vec![10, 10]), (3, vec![5]), (2, vec![4, 4, 4])] {
            let params = potential::declared(&Architecture::new(inputs, 3, &hidden));
            let x: Vec<f64> = (0..20 * inputs).map(|k| 3.0 * (k as f64 * 1.7).sin()).collect();
            let centres: Vec<(Vec<f64>, f64)> =
                (0..3).map(|k| (x[k * inputs..(k + 1) * inputs].to_vec(), k as f64 - 1.0)).collect();
            let flat = on_data(&params, &x, &centres, &mut Xoshiro256PlusPlus::seed_from_u64(1));
            let layers = hidden.len() + 1;
            for (mode, (place, height)) in centres.iter().enumerate() {
                assert!((last(&params, &flat, mode, layers, place) - height).abs() < 1e-9);
                let mut others = x.chunks_exact(inputs).map(|other| last(&params, &flat, mode, layers, other));
                assert!(others.all(|value| value > height - 1e-3), "{inputs}: the centre is the lowest point");
            }
            for param in params.iter().filter(|p| p.kind == ParamKind::NonNegative) {
                assert!(flat[param.range()].iter().all(|&w| w >= 0.0));
            }
        }
    }

    #[test]
    fn initial_quartic_skip_is_small_and_trainable() {
        let arch = Architecture::new(2, 3, &[5]).with(Skip::Quartic, Symmetry::None);
        let x: Vec<f64> = (0..40).map(|k| 3.0 * (f64::from(k) * 1.7).sin()).collect();
        let centres: Vec<(Vec<f64>, f64)> = (0..3).map(|k| (x[2 * k..2 * k + 2].to_vec(), k as f64 - 1.0)).collect();
        let begin =
            |arch: &Architecture| on_data(&potential::declared(arch), &x, &centres, &mut Xoshiro256PlusPlus::seed_from_u64(1));
        let (flat, plain) = (begin(&arch), begin(&Architecture::new(2, 3, &[5])));
        let curves = |arch: &Architecture, flat: &[f64], at: &[f64]| {
            let parts = potential::Outputs { modes: true, ..potential::Outputs::default() };
            potential::Evaluator::<f64>::new(arch, Normalization::identity(2), parts).evaluate(flat, at).curves
        };
        for (mode, (place, height)) in centres.iter().enumerate() {
            let mut near: Vec<f64> = place.repeat(5);
            let h = 1e-4;
            for (k, d) in [(2, h), (4, -h), (7, h), (9, -h)] {
                near[k] += d;
            }
            let at = curves(&arch, &flat, &near);
            let value = |point: usize| at[point * 3 + mode];
            assert!((value(0) - height).abs() < 1e-6);
            assert!([1, 3].iter().all(|&k| ((value(k) - value(k + 1)) / (2.0 * h)).abs() < 1e-4), "level at the centre");
        }
        let (with, without) = (curves(&arch, &flat, &x), curves(&Architecture::new(2, 3, &[5]), &plain, &x));
        // At a corner both inputs add their height. The linear part that levels the centre adds the same amount again, times four.
        assert!(with.iter().zip(&without).all(|(a, b)| (a - b).abs() <= 2.0 * 8.0 * QUARTIC_HEIGHT));
        let set = TrainingSet { target: RegressionTarget::Value, x, targets: vec![0.5; 20], weights: None, inputs: 2 };
        let mut loss = Regression::<f64>::new(&arch, &set);
        let mut gradient = vec![0.0; flat.len()];
        loss.evaluate(&flat, 0, &mut gradient);
        let a = loss.params().get("A").expect("the quartic skip").range();
        assert!(gradient[a].iter().any(|g| g.abs() > 1e-4), "it can grow");
    }

    #[test]
    fn every_well_of_dense_noisy_values_gets_a_centre() {
        // The highest of four wells is a wide one. It lies far above the many minima that noise makes in the lowest well.
        let x: Vec<f64> = (0..1000).map(|k| f64::from(k) * 0.006 - 3.0).collect();
        let noise = |k: usize| 0.05 * (k as f64 * 12.9898).sin() * (k as f64 * 78.233).cos();
        let y: Vec<f64> =
            x.iter().enumerate().map(|(k, x)| (2.0 * std::f64::consts::PI * x / 1.5).cos() + x + noise(k)).collect();
        let chosen = centres(&x, &y, 10);
        for well in [-2.25, -0.75, 0.75, 2.25] {
            assert!(chosen[..7].iter().any(|&k| (x[k] - well).abs() < 0.3), "{well}: {chosen:?}");
        }
    }

    #[test]
    fn centres_start_at_lowest_minima_and_are_distinct() {
        let x: Vec<f64> = (0..60).map(|k| f64::from(k) * 0.1 - 3.0).collect();
        let y: Vec<f64> = x.iter().map(|x| (x * x - 2.0).powi(2) + 0.2 * x).collect();
        let chosen = centres(&x, &y, 10);
        assert!((x[chosen[0]] + 1.4).abs() < 0.11 && (x[chosen[1]] - 1.4).abs() < 0.11, "{chosen:?}");
        let mut sorted = chosen.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!((chosen.len(), sorted.len()), (10, 10));
        assert_eq!(centres(&[0.0, 1.0], &[5.0, 5.0], 10).len(), 2, "as many as there are points");
        assert_eq!(centres(&[0.0; 3], &[1.0; 3], 2).len(), 2);
    }
}
