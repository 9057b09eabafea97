//! Sharpness of the transitions of a fit. The tangent `dS11/dE11` of the truth jumps at steps where the second phase starts
//! or stops to move.

use crate::dynamics::metamaterial::LoadPath;

/// Largest distance of a step near a transition from it, in steps.
const NEAR_STEPS: usize = 2;
/// Distance in steps within which a turn of the load hides a transition.
const TURN_STEPS: usize = 3;

/// Errors near transitions and elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Transitions {
    /// Number of transitions.
    pub count: usize,
    /// Mean ratio of the largest jumps of the tangents of fit and truth near a transition; 1 is as sharp as the truth.
    pub sharpness: f64,
    /// Root mean squared error of S11 near transitions.
    pub rmse_near: f64,
    /// Root mean squared error of S11 elsewhere.
    pub rmse_far: f64,
}

/// Compares the stress S11 of a fit, `[paths][samples]`, with that of the truth.
pub fn transitions<'a>(pairs: impl Iterator<Item = (&'a LoadPath, Vec<f64>)>) -> Transitions {
    let mut found = Transitions::default();
    let mut squares = [[0.0; 2]; 2];
    for (truth, fit) in pairs {
        let own: Vec<f64> = truth.stress.iter().map(|s| s[0]).collect();
        let corners = corners(truth);
        for &corner in &corners {
            let jump = |stress: &[f64]| {
                let around = corner.saturating_sub(NEAR_STEPS).max(1)..=(corner + NEAR_STEPS).min(stress.len() - 2);
                around.map(|n| (tangent(truth, stress, n + 1) - tangent(truth, stress, n)).abs()).fold(0.0, f64::max)
            };
            found.sharpness += jump(&fit) / jump(&own).max(1e-12);
        }
        found.count += corners.len();
        for (n, (t, f)) in own.iter().zip(&fit).enumerate() {
            let is_near = corners.iter().any(|&corner| corner.abs_diff(n) <= NEAR_STEPS);
            let [sum, count] = &mut squares[usize::from(is_near)];
            (*sum, *count) = (*sum + (t - f) * (t - f), *count + 1.0);
        }
    }
    let root = |[sum, count]: [f64; 2]| (sum / f64::max(count, 1.0)).sqrt();
    (found.rmse_far, found.rmse_near) = (root(squares[0]), root(squares[1]));
    found.sharpness /= found.count.max(1) as f64;
    found
}

/// `dS11/dE11` over the step that ends at a sample.
fn tangent(path: &LoadPath, stress: &[f64], n: usize) -> f64 {
    let by = path.strain[n] - path.strain[n - 1];
    if by.abs() < 1e-9 { 0.0 } else { (stress[n] - stress[n - 1]) / by }
}

/// Samples at which the second phase starts or stops to move, except those near a turn of the load.
fn corners(path: &LoadPath) -> Vec<usize> {
    let moves = |n: usize| (path.c[n] - path.c[n - 1]).abs() > 1e-12;
    let kinds = |n: usize| (path.strain[n + 1] - path.strain[n]) * (path.strain[n] - path.strain[n - 1]) <= 0.0;
    let last = path.c.len().saturating_sub(1);
    let is_calm = |n: usize| (n.saturating_sub(TURN_STEPS).max(1)..(n + TURN_STEPS).min(last)).all(|k| !kinds(k));
    (1..last).filter(|&n| moves(n) != moves(n + 1) && is_calm(n)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::metamaterial::{MaterialConstants, loads};

    #[test]
    fn truth_has_full_sharpness_and_smoothed_truth_less() {
        let paths: Vec<LoadPath> =
            loads(30, 5).iter().map(|load| MaterialConstants::default().follow(&load.strains(), None)).collect();
        let own = |path: &LoadPath| path.stress.iter().map(|s| s[0]).collect::<Vec<f64>>();
        let same = transitions(paths.iter().map(|path| (path, own(path))));
        assert!(same.count > 20 && (same.sharpness - 1.0).abs() < 1e-9 && same.rmse_near == 0.0, "{same:?}");
        let smoothed = |path: &LoadPath| {
            let own = own(path);
            let at = |n: usize| &own[n.saturating_sub(3)..(n + 4).min(own.len())];
            (0..own.len()).map(|n| at(n).iter().sum::<f64>() / at(n).len() as f64).collect::<Vec<f64>>()
        };
        let soft = transitions(paths.iter().map(|path| (path, smoothed(path))));
        assert!(soft.sharpness < 0.6 && soft.rmse_near > 0.0, "{soft:?}");
    }
}
