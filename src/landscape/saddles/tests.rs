use super::strings::{evenly, mixed};
use super::*;
use crate::landscape::starting_points;
use crate::landscape::tests::in_batches;
use crate::numerics::statistics::norm;
use crate::potentials::{GeneCircuit, KnownPotential, Mechanochemical};

fn search(bounds: &[[f64; 2]], threshold: f64, f: impl Fn(&[f64]) -> (f64, Vec<f64>)) -> Extrema {
    stationary(bounds, &starting_points(bounds, 64), threshold, &mut in_batches(&f))
}

fn himmelblau(x: &[f64]) -> (f64, Vec<f64>) {
    let (a, b) = (x[0] * x[0] + x[1] - 11.0, x[0] + x[1] * x[1] - 7.0);
    (a * a + b * b, vec![4.0 * a * x[0] + 2.0 * b, 2.0 * a + 4.0 * b * x[1]])
}

#[test]
fn all_saddles_of_himmelblau_function_give_its_barriers() {
    let found = search(&[[-6.0, 6.0], [-6.0, 6.0]], 0.1, himmelblau);
    assert_eq!((found.minima.len(), found.saddles.len()), (4, 4), "{found:?}");
    let saddles = [
        ([3.385_154, 0.073_852], 13.311_93),
        ([0.086_678, 2.884_255], 67.719_26),
        ([-3.073_026, -0.081_353], 104.015_1),
        ([-0.127_961, -1.953_715], 178.337_2),
    ];
    for (saddle, (place, value)) in found.saddles.iter().zip(saddles) {
        assert!((saddle.x[0] - place[0]).abs() < 1e-5 && (saddle.x[1] - place[1]).abs() < 1e-5, "{saddle:?}");
        assert!((saddle.value - value).abs() < 1e-3, "{saddle:?}");
    }
    // All minima have the value zero. The lowest ways from (3, 2) and (3.58, -1.85) lead over the lowest saddle. The
    // lowest ways from (-2.8, 3.1) and (-3.8, -3.3) lead over the next one.
    for m in &found.minima {
        let expected = if m.x[0] > 0.0 {
            13.311_93
        } else if m.x[1] > 0.0 {
            67.719_26
        } else {
            104.015_1
        };
        assert!((m.barrier.unwrap() - expected).abs() < 1e-3, "{m:?}");
    }
}

#[test]
fn barriers_are_independent_of_unit_of_values() {
    let domain = [[-6.0, 6.0], [-6.0, 6.0]];
    let wanted = search(&domain, 0.1, himmelblau);
    for unit in [1e-20, 1e-6, 1e20] {
        let found = search(&domain, 0.1 * unit, |x| {
            let (value, slope) = himmelblau(x);
            (unit * value, slope.iter().map(|slope| unit * slope).collect())
        });
        assert_eq!((found.minima.len(), found.saddles.len()), (4, 4), "{unit}: {found:?}");
        for minimum in &found.minima {
            let apart = |other: &&Minimum| (minimum.x[0] - other.x[0]).hypot(minimum.x[1] - other.x[1]) < 1e-4;
            let same = wanted.minima.iter().find(apart).expect("the same minimum");
            assert!((minimum.barrier.unwrap() / unit / same.barrier.unwrap() - 1.0).abs() < 1e-6, "{unit}: {minimum:?}");
        }
    }
}

#[test]
fn barrier_in_narrow_box_is_at_its_faces() {
    // A bowl: the lowest point of the faces of [-1, 2] x [-3, 5] is at (-1, 0).
    let found = search(&[[-1.0, 2.0], [-3.0, 5.0]], 0.0, |x| (x[0] * x[0] + 2.0 * x[1] * x[1], vec![2.0 * x[0], 4.0 * x[1]]));
    assert_eq!((found.minima.len(), found.saddles.len()), (1, 0));
    assert!((found.minima[0].barrier.unwrap() - 1.0).abs() < 1e-9, "{found:?}");
}

#[test]
fn barrier_beside_open_flank_is_at_saddle() {
    // The function x^3 - 3 x is unbounded below on the left. The way from the minimum at 1 leads over the saddle at -1, a rise of 4.
    let found = search(&[[-3.0, 2.5], [-3.0, 3.0]], 0.0, |x| {
        (x[0].powi(3) - 3.0 * x[0] + 4.0 * x[1] * x[1], vec![3.0 * x[0] * x[0] - 3.0, 8.0 * x[1]])
    });
    assert_eq!((found.minima.len(), found.saddles.len()), (1, 1), "{found:?}");
    assert!((found.minima[0].barrier.unwrap() - 4.0).abs() < 1e-9, "{found:?}");
}

#[test]
fn coupled_wells_in_seven_dimensions_are_found() {
    // Double wells along two inputs, and stiff parabolas about a curved valley along the others: 4 minima and 4 saddles of index one.
    let bounds = [[-2.0, 2.0]; 7];
    let found = search(&bounds, 0.01, |x| {
        let mut value = 0.0;
        let mut slope = vec![0.0; 7];
        for (k, tilt) in [(0, 0.1), (1, 0.3)] {
            value += (x[k] * x[k] - 1.0).powi(2) + tilt * x[k];
            slope[k] += 4.0 * x[k] * (x[k] * x[k] - 1.0) + tilt;
        }
        for k in 2..7 {
            let d = x[k] - 0.3 * x[0] * x[1];
            let stiffness = k as f64;
            value += stiffness * d * d;
            slope[k] += 2.0 * stiffness * d;
            slope[0] -= 0.6 * stiffness * d * x[1];
            slope[1] -= 0.6 * stiffness * d * x[0];
        }
        (value, slope)
    });
    assert_eq!((found.minima.len(), found.saddles.len()), (4, 4), "{found:?}");
    // In the valley the energy is the sum of both double wells.
    let well = |x: f64, tilt: f64| (x * x - 1.0).powi(2) + tilt * x;
    let roots = |tilt: f64| {
        [-1.0, 0.0, 1.0].map(|start: f64| (0..50).fold(start, |x, _| x - (4.0 * x * (x * x - 1.0) + tilt) / (12.0 * x * x - 4.0)))
    };
    let rise = |tilt: f64, k: usize| well(roots(tilt)[1], tilt) - well(roots(tilt)[k], tilt);
    for m in &found.minima {
        let side = |x: f64| if x < 0.0 { 0 } else { 2 };
        let expected = rise(0.1, side(m.x[0])).min(rise(0.3, side(m.x[1])));
        assert!((m.barrier.unwrap() - expected).abs() < 1e-7, "{m:?} {expected}");
    }
}

#[test]
fn saddle_separates_two_states_of_gene_circuit() {
    let found = search(&[[0.0, 2.0], [0.0, 2.0]], 0.0, |x| (GeneCircuit::DEFAULT.value(x), GeneCircuit::DEFAULT.gradient(x)));
    assert_eq!(found.minima.len(), 2, "{found:?}");
    for m in &found.minima {
        assert!((m.x[0].min(m.x[1]) - 0.13).abs() < 0.01 && (m.x[0].max(m.x[1]) - 1.60).abs() < 0.01, "{m:?}");
    }
    let middle = found.saddles.iter().find(|s| s.x.iter().all(|x| (x - 1.0).abs() < 1e-6));
    assert!(middle.is_some(), "{found:?}");
}

/// Free energy of a crystal with three variants, with its gradient.
fn crystal(x: &[f64]) -> (f64, Vec<f64>) {
    (Mechanochemical.value(x), Mechanochemical.gradient(x))
}

#[test]
fn crystal_has_four_minima_and_saddles_between_them() {
    let mut bounds = vec![[-0.15, 0.15]; 6];
    bounds.push([-0.2, 1.2]);
    let found = search(&bounds, 0.01, crystal);
    assert_eq!(found.minima.len(), 4, "{found:?}");
    let barriers: Vec<f64> = found.minima.iter().map(|m| m.barrier.unwrap()).collect();
    for (m, barrier) in found.minima.iter().zip(&barriers).take(3) {
        assert!((m.value + 0.6075).abs() < 1e-3 && (m.x[6] + 0.0062).abs() < 1e-3, "{m:?}");
        assert!((barrier - barriers[0]).abs() < 1e-6, "the variants are alike: {barriers:?}");
    }
    assert!(found.minima[3].value.abs() < 1e-9 && (found.minima[3].x[6] - 1.0).abs() < 1e-9);
    // Three equivalent saddles lie between the variants, and three lead to the parent.
    assert_eq!(found.saddles.len(), 6, "{:?}", found.saddles);
    assert!((found.saddles[0].value - found.saddles[2].value).abs() < 1e-9);
    assert!((found.saddles[3].value - found.saddles[5].value).abs() < 1e-9);
}

#[test]
fn variants_and_passes_are_found_on_walls() {
    let mut bounds = vec![[-0.15, 0.15]; 6];
    bounds.push([0.0, 1.0]);
    let found = stationary_with_faces(&bounds, &starting_points(&bounds, 128), 0.01, &mut in_batches(&crystal));
    let values: Vec<f64> = found.minima.iter().map(|m| m.value).collect();
    assert_eq!(values.len(), 4, "{values:?}");
    assert!(values[..3].iter().all(|v| (v + 0.6).abs() < 1e-6) && values[3].abs() < 1e-9, "{values:?}");
    assert!(found.minima[..3].iter().all(|m| m.x[6] == 0.0));
    // On c = 0 a pass between two variants is opposite the third variant. There the radius is 0.05 and -90 r^2 + 9000 r^4 + 600 r^3 is
    // -0.09375.
    for pass in &found.saddles[..3] {
        assert!((pass.value + 0.09375).abs() < 1e-8 && pass.x[6] == 0.0, "{pass:?}");
    }
    for minimum in &found.minima[..3] {
        assert!((minimum.barrier.unwrap() - 0.50625).abs() < 1e-6, "{minimum:?}");
    }
    assert!(found.minima[3].barrier.is_some_and(|b| b > 1.0) && found.saddles.len() == 6, "{:?}", found.saddles);
}

#[test]
fn points_of_string_are_equally_spaced() {
    let string = [0.0, 0.1, 0.5, 4.0].map(|x| vec![x, 0.0]);
    let even: Vec<f64> = evenly(&string).into_iter().map(|p| p[0]).collect();
    for (x, expected) in even.iter().zip([0.0, 4.0 / 3.0, 8.0 / 3.0, 4.0]) {
        assert!((x - expected).abs() < 1e-12, "{even:?}");
    }
}

#[test]
fn planes_and_non_finite_values_have_no_extrema() {
    assert_eq!(search(&[[0.0, 1.0], [0.0, 1.0]], 0.0, |x| (x[0] + 2.0 * x[1], vec![1.0, 2.0])), Extrema::default());
    assert_eq!(search(&[[0.0, 1.0], [0.0, 1.0]], 0.0, |_| (f64::NAN, vec![f64::NAN; 2])), Extrema::default());
}

/// Bowl with a ripple in each input, and the number of its evaluations.
fn rippled(inputs: usize, is_stopped: &dyn Fn(usize) -> bool) -> (Extrema, usize) {
    let states = std::cell::Cell::new(0);
    let bounds = vec![[-1.0, 1.1]; inputs];
    let mut surface = |x: &Array2<f64>| {
        states.set(states.get() + x.nrows());
        let value = |x: f64| x * x + 0.3 * (5.0 * x).cos();
        let slope = |x: f64| 2.0 * x - 1.5 * (5.0 * x).sin();
        (x.rows().into_iter().map(|row| row.iter().map(|&x| value(x)).sum()).collect(), x.mapv(slope))
    };
    let stopped = || is_stopped(states.get());
    let found = super::search((&bounds).into(), &starting_points(&bounds, 128), 0.1, false, &mut surface, &stopped);
    (found, states.get())
}

#[test]
fn search_in_many_inputs_is_limited_and_marked_partial() {
    let (found, states) = rippled(200, &|_| false);
    assert!(found.partial && states < 20_000, "{states}");
    let (found, states) = rippled(3, &|_| false);
    assert!(!found.partial && !found.minima.is_empty(), "{states}");
}

#[test]
fn cancelled_search_ends_early() {
    let (found, states) = rippled(6, &|states| states > 3_000);
    assert!(found.partial && states < 6_000, "{states}");
}

#[test]
fn barriers_over_kink_match_fine_grid() {
    use crate::numerics::flooding::flood;
    // Minimum of two elliptic bowls with other axes. The lowest point of the ridge is not on the line between their centres.
    let both = |x: &[f64]| {
        let [u, v] = [x[0] + 1.0, x[1] + 0.3];
        let first = (0.5 * (u * u + 4.0 * v * v) + 1.2 * u * v, vec![u + 1.2 * v, 4.0 * v + 1.2 * u]);
        let [u, v] = [x[0] - 0.9, x[1] - 0.5];
        let second = (0.2 + 0.5 * (3.0 * u * u + v * v) - 0.9 * u * v, vec![3.0 * u - 0.9 * v, v - 0.9 * u]);
        if first.0 < second.0 { first } else { second }
    };
    let found = search(&[[-2.0, 2.0], [-2.0, 2.0]], 0.05, both);
    let side = 801;
    let at = |k: usize| -2.0 + 4.0 * k as f64 / (side - 1) as f64;
    let values: Vec<f64> = (0..side * side).map(|k| both(&[at(k / side), at(k % side)]).0).collect();
    let mut grid: Vec<f64> = flood(&values, side, 2).into_iter().map(|m| m.persistence).filter(|&p| p > 0.01).collect();
    grid.sort_by(f64::total_cmp);
    let mut barriers: Vec<f64> = found.minima.iter().map(|m| m.barrier.unwrap()).collect();
    barriers.sort_by(f64::total_cmp);
    assert_eq!(barriers.len(), 2, "{found:?}");
    assert!((barriers[0] / grid[0] - 1.0).abs() < 0.02, "{barriers:?} {grid:?}");
}

/// Minimum of bowls `|x - centre|^2`, or their soft minimum with a sharpness.
fn bowls(centres: &[Vec<f64>], sharpness: f64) -> impl Fn(&[f64]) -> (f64, Vec<f64>) + '_ {
    move |x| {
        let heights: Vec<f64> = centres.iter().map(|centre| norm(&difference(x, centre)).powi(2)).collect();
        let least = heights.iter().copied().fold(f64::INFINITY, f64::min);
        let weights: Vec<f64> = heights.iter().map(|height| f64::from(u8::from(*height == least))).collect();
        let soft = || heights.iter().map(|height| (-sharpness * (height - least)).exp()).collect();
        let weights: Vec<f64> = if sharpness.is_finite() { soft() } else { weights };
        let total: f64 = weights.iter().sum();
        let slope =
            |k: usize| centres.iter().zip(&weights).map(|(centre, weight)| 2.0 * weight / total * (x[k] - centre[k])).sum();
        (least - if sharpness.is_finite() { total.ln() / sharpness } else { 0.0 }, (0..x.len()).map(slope).collect())
    }
}

#[test]
fn every_pass_over_kink_is_found_at_its_lowest_point() {
    // The kink between two equal bowls is lowest half-way, unless a third bowl is nearer. In a triangle with an obtuse angle, the longest
    // side has no pass.
    let acute = vec![vec![-0.9, -0.5], vec![1.0, -0.7], vec![0.1, 1.1]];
    let obtuse = vec![vec![-1.3, 0.1], vec![0.0, -0.2], vec![1.2, 0.2]];
    let solid = vec![vec![-0.9, -0.5, 0.2], vec![1.0, -0.7, -0.1], vec![0.1, 1.1, 0.5], vec![0.0, 0.3, -1.3]];
    for (centres, passes) in [(acute, 3), (obtuse, 2), (solid, 6)] {
        for sharpness in [f64::INFINITY, 1e5, 1e3, 30.0] {
            let bounds = vec![[-2.0, 2.0]; centres[0].len()];
            let found = search(&bounds, 0.05, bowls(&centres, sharpness));
            assert_eq!((found.minima.len(), found.saddles.len()), (centres.len(), passes), "{sharpness}: {found:#?}");
            for saddle in &found.saddles {
                let is_half_way = |a: &[f64], b: &[f64]| norm(&difference(&mixed(a, b, 0.5), &saddle.x)) < 4e-3;
                let is_there = centres.iter().any(|a| centres.iter().any(|b| a != b && is_half_way(a, b)));
                assert!(is_there, "{sharpness}: {saddle:?}");
                assert_eq!(saddle.is_kink, sharpness > 1e4, "{saddle:?}");
            }
        }
    }
}

#[test]
fn string_below_known_passes_is_a_way() {
    let double_well = |x: &[f64]| {
        let [a, b] = [x[0] * x[0] - 1.0, x[1]];
        (a * a + b * b, vec![4.0 * a * x[0], 2.0 * b])
    };
    let surface: &mut SurfaceFn = &mut in_batches(&double_well);
    let bounds = [[-2.0, 2.0], [-1.0, 1.0]];
    let unit = UnitBox::new(Bounds::from(&bounds[..]), surface, &|| false);
    let (exits, saddles, strings, done) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut search = SaddleSearch { unit, steepest: 1.0, walls: false, exits, saddles, strings, done };
    let minima = [0.25, 0.75].map(|u| Arrival { place: vec![u, 0.5], value: 0.0 });
    let mut ways = |heights: &[f64], is_climbed: bool| {
        let points = strings::straight(&minima.clone().map(|minimum| minimum.place));
        search.strings.push(MinimaString { sides: [0, 1], points, is_climbed });
        let way = |&height: &f64| LocatedPass {
            pass: Pass { height, sides: [Some(0), Some(1)] },
            top: vec![0.5; 2],
            at_edge: false,
            turns: Vec::new(),
        };
        search.ways_along_strings(&minima, &heights.iter().map(way).collect::<Vec<_>>())
    };
    for found in [ways(&[], true), ways(&[1.1], true), ways(&[1.0], false)] {
        assert_eq!(found.len(), 1);
        assert!((found[0].pass.height - 1.0).abs() < 1e-3 && (found[0].top[0] - 0.5).abs() < 0.02, "{found:?}");
    }
    assert!(ways(&[1.0], true).is_empty());
}
