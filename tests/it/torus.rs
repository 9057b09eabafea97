//! Tests of landscapes on circles and tori. Each well is found once, for any position of the seam. The barriers equal those of a flooded grid with
//! periodic boundaries.
use std::f64::consts::{PI, TAU};

use multiwell::Fit;
use multiwell::internal::data::Dataset;
use multiwell::internal::landscape::{Bounds, starting_points, stationary};
use multiwell::internal::numerics::Minimum;
use multiwell::internal::potentials::sampling::spread;
use ndarray::{Array1, Array2};

/// Minus the logarithm of a mixture of pairs of von Mises distributions, with positions, concentrations and weights.
#[derive(Clone)]
struct VonMisesMixture(Vec<([f64; 2], [f64; 2], f64)>);

impl VonMisesMixture {
    /// Four wells: at the corner of the square from -pi to pi, at one of its edges, and inside.
    fn dihedral() -> Self {
        Self(vec![
            ([PI - 0.05, -PI + 0.1], [4.0, 3.0], 1.0),
            ([-3.1, 0.4], [3.0, 4.0], 0.5),
            ([-1.1, 2.4], [5.0, 3.0], 0.4),
            ([1.0, 0.9], [5.0, 4.0], 0.15),
        ])
    }

    /// The mixture with every position shifted.
    fn shifted(&self, by: [f64; 2]) -> Self {
        Self(self.0.iter().map(|&([a, b], concentration, weight)| ([a + by[0], b + by[1]], concentration, weight)).collect())
    }

    fn at(&self, x: &[f64]) -> (f64, [f64; 2]) {
        let terms: Vec<(f64, [f64; 2])> = self
            .0
            .iter()
            .map(|(place, concentration, weight)| {
                let term = |k: usize| concentration[k] * ((x[k] - place[k]).cos() - 1.0);
                let slope = |k: usize| -concentration[k] * (x[k] - place[k]).sin();
                (weight * (term(0) + term(1)).exp(), [slope(0), slope(1)])
            })
            .collect();
        let whole: f64 = terms.iter().map(|term| term.0).sum();
        let slope = |k: usize| -terms.iter().map(|(term, slope)| term * slope[k]).sum::<f64>() / whole;
        (-whole.ln(), [slope(0), slope(1)])
    }
}

/// Values and derivatives at the rows of a table.
fn at_rows(x: &Array2<f64>, at: impl Fn(&[f64]) -> (f64, [f64; 2])) -> (Array1<f64>, Array2<f64>) {
    let found: Vec<_> = x.rows().into_iter().map(|row| at(&row.to_vec())).collect();
    let slopes = found.iter().flat_map(|(_, slope)| *slope).collect();
    (found.iter().map(|found| found.0).collect(), Array2::from_shape_vec(x.raw_dim(), slopes).unwrap())
}

/// Number of points of a grid along each input.
const GRID_SIDE: usize = 360;

/// Wells of a function on the torus with their barriers to other wells. They are found by flooding a grid across both seams.
fn flooded(value: impl Fn(&[f64]) -> f64, threshold: f64) -> Vec<([f64; 2], f64)> {
    let place = |k: usize| [k % GRID_SIDE, k / GRID_SIDE].map(|k| TAU * k as f64 / GRID_SIDE as f64 - PI);
    let values: Vec<f64> = (0..GRID_SIDE * GRID_SIDE).map(|k| value(&place(k))).collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut basin: Vec<Option<usize>> = vec![None; values.len()];
    // For each basin its lowest points, and the heights at which they have met those of other basins.
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mut bottoms: Vec<usize> = Vec::new();
    let mut met: Vec<(usize, usize, f64)> = Vec::new();
    for k in order {
        let (i, j) = (k % GRID_SIDE, k / GRID_SIDE);
        let around = [GRID_SIDE - 1, 0, 1]
            .into_iter()
            .flat_map(|di| [GRID_SIDE - 1, 0, 1].map(|dj| (i + di) % GRID_SIDE + GRID_SIDE * ((j + dj) % GRID_SIDE)));
        let mut near: Vec<usize> = around.filter_map(|other| basin[other]).collect();
        near.sort_unstable();
        near.dedup();
        let Some((&first, rest)) = near.split_first() else {
            basin[k] = Some(bottoms.len());
            members.push(vec![bottoms.len()]);
            bottoms.push(k);
            continue;
        };
        basin[k] = Some(first);
        for &other in rest {
            for &a in &members[first] {
                met.extend(members[other].iter().map(|&b| (a, b, values[k])));
            }
            let joined = std::mem::take(&mut members[other]);
            members[first].extend(joined);
            basin.iter_mut().filter(|basin| **basin == Some(other)).for_each(|basin| *basin = Some(first));
        }
    }
    let floor = |a: usize| values[bottoms[a]];
    let is_well = |a: usize| {
        let deeper = met.iter().filter(|(b, c, _)| (*b == a && floor(*c) < floor(a)) || (*c == a && floor(*b) < floor(a)));
        deeper.map(|(_, _, height)| height - floor(a)).fold(f64::INFINITY, f64::min) > threshold
    };
    let wells: Vec<usize> = (0..bottoms.len()).filter(|&a| is_well(a)).collect();
    let barrier = |&a: &usize| {
        let others = met.iter().filter(|(b, c, _)| (*b == a && wells.contains(c)) || (*c == a && wells.contains(b)));
        (place(bottoms[a]), others.map(|(_, _, height)| height - floor(a)).fold(f64::INFINITY, f64::min))
    };
    wells.iter().map(barrier).collect()
}

/// Distance of two points on the torus with these periods.
fn apart(a: &[f64], b: &[f64], period: f64) -> f64 {
    a.iter().zip(b).map(|(a, b)| ((a - b) - period * ((a - b) / period).round()).powi(2)).sum::<f64>().sqrt()
}

/// Asserts that wells are those of the flooded grid, with barriers within the relative error.
fn agree(minima: &[Minimum], expected: &[([f64; 2], f64)], unit: f64, threshold: f64, error: f64) {
    let wells: Vec<&Minimum> = minima.iter().filter(|m| m.barrier.is_some_and(|b| b > threshold)).collect();
    assert_eq!(wells.len(), expected.len(), "{minima:?} {expected:?}");
    for (place, barrier) in expected {
        let place = place.map(|x| unit * x);
        let mut near = wells.iter().filter(|m| apart(&m.x, &place, unit * TAU) < 0.1 * unit);
        let (Some(found), None) = (near.next(), near.next()) else { panic!("{place:?}: {minima:?}") };
        assert!((found.barrier.unwrap() / barrier - 1.0).abs() < error, "{place:?}: {} {barrier}", found.barrier.unwrap());
        assert!(!found.barrier_at_edge && found.x.iter().all(|x| (-PI * unit..PI * unit).contains(x)), "{found:?}");
    }
}

#[test]
fn wells_and_barriers_on_torus_match_flooded_grid_at_any_seam() {
    let bounds = [[-PI, PI]; 2];
    for by in [[0.0, 0.0], [PI, 0.0], [0.7, -2.0]] {
        let mixture = VonMisesMixture::dihedral().shifted(by);
        let expected = flooded(|x| mixture.at(x).0, 0.1);
        assert_eq!(expected.len(), 4, "{expected:?}");
        let whole = Bounds { ends: &bounds, periodic: &[true, true] };
        let found = stationary(whole, &starting_points(&bounds, 128), 0.1, &mut |x| at_rows(x, |x| mixture.at(x)));
        agree(&found.minima, &expected, 1.0, 0.1, 2e-3);
        // On a torus, the number of saddles equals the number of minima and maxima together.
        assert!(found.saddles.len() >= found.minima.len(), "{found:?}");
    }
}

#[test]
fn single_well_on_torus_has_barrier_of_lowest_loop() {
    let single = |x: &[f64]| (-x[0].cos() - 3.0 * x[1].cos(), [x[0].sin(), 3.0 * x[1].sin()]);
    let surface = &mut |x: &Array2<f64>| at_rows(x, single);
    let bounds = [[0.0, TAU]; 2];
    let found = stationary(Bounds { ends: &bounds, periodic: &[true, true] }, &starting_points(&bounds, 64), 0.1, surface);
    assert_eq!(found.minima.len(), 1, "{found:?}");
    assert!((found.minima[0].barrier.unwrap() - 2.0).abs() < 1e-6, "{found:?}");
    // If one input has faces, the lowest path out may lead over a face.
    let half = [[0.0, TAU], [-1.0, 1.0]];
    let found = stationary(Bounds { ends: &half, periodic: &[true, false] }, &starting_points(&half, 64), 0.1, surface);
    assert_eq!(found.minima.len(), 1, "{found:?}");
    let out = 3.0 - 3.0 * 1.0_f64.cos();
    assert!((found.minima[0].barrier.unwrap() - out).abs() < 1e-6 && found.minima[0].barrier_at_edge, "{found:?}");
}

#[test]
fn torsion_is_fitted_as_curve_without_ends() {
    let energy = |x: f64| 2.0 * (1.0 + (3.0 * x).cos()) + 1.2 * (1.0 - x.cos());
    let x: Vec<f64> = (0..200).map(|k| 360.0 * f64::from(k) / 200.0).collect();
    let y: Vec<f64> = x.iter().map(|x| energy(x.to_radians() - 1.0)).collect();
    let fit = Fit::potential(&Dataset::curve(&x, &y).unwrap()).periodic("x:360").run().unwrap();
    let found = fit.landscape().expect("a survey");
    assert_eq!((found.wells, found.minima.len(), found.saddles.len()), (3, 3, 3), "{:?}", found.minima);
    for (minimum, expected) in found.minima.iter().zip([357.2958_f64, 117.2958, 237.2958]) {
        assert!(!minimum.barrier_at_edge && (0.0..360.0).contains(&minimum.x[0]), "{minimum:?} {expected}");
    }
    assert!((fit.model.value(&[0.0]) - fit.model.value(&[360.0])).abs() < 1e-12);
    assert!(fit.metrics().rmse < 0.01, "{}", fit.metrics().rmse);
}

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn forces_on_torus_are_learnt_with_each_well_once() {
        let mixture = VonMisesMixture::dihedral();
        let expected = flooded(|x| mixture.at(x).0, 0.1);
        let x = spread(&[[-PI, PI]; 2], 500);
        let forces = -at_rows(&x, |x| mixture.at(x)).1;
        let data = Dataset::forces(x, forces).unwrap().named(&["phi", "psi", "F"]);
        let fit = Fit::potential(&data).periodic("-pi..pi").run().unwrap();
        let found = fit.landscape().expect("a survey");
        agree(&found.minima, &expected, 1.0, found.threshold, 0.05);
    }

    #[test]
    #[ignore = "full recipe"]
    fn values_on_torus_are_learnt_with_each_well_once() {
        let (mixture, degrees) = (VonMisesMixture::dihedral(), 180.0 / PI);
        let expected = flooded(|x| mixture.at(x).0, 0.1);
        let x = spread(&[[-PI, PI]; 2], 1000);
        let values = at_rows(&x, |x| mixture.at(x)).0;
        let data = Dataset::values(x * degrees, values).unwrap().named(&["phi", "psi", "F"]);
        let fit = Fit::potential(&data).periodic("phi:360,psi:360").run().unwrap();
        let found = fit.landscape().expect("a survey");
        agree(&found.minima, &expected, degrees, found.threshold, 0.03);
        assert_eq!((found.wells, fit.metrics().wells), (4, 4));
        let (a, b) = (fit.model.gradient(&[179.0, 20.0]), fit.model.gradient(&[-181.0, 380.0]));
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-12), "{a:?} {b:?}");
        assert!(found.convexity.iter().all(|c| c.proven && c.worst_chord < 1e-9), "{:?}", found.convexity);
        // Paths connect different wells, and lie within the range.
        assert!(!found.paths.is_empty());
        assert!(found.paths.iter().flat_map(|path| &path.points).flatten().all(|x| (-180.0..180.0).contains(x)));
    }
}
