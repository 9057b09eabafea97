//! Quadratic models of a function in the unit box. Hessians are differences of exact gradients.

use super::descent::UnitBox;
use super::eigen::symmetric;

/// Distance of finite differences of gradients, as a fraction of the box.
pub(super) const DIFFERENCE_DISTANCE: f64 = 1e-5;

/// Quadratic model at a point.
pub(super) struct QuadraticModel {
    pub value: f64,
    pub gradient: Vec<f64>,
    /// Coordinates that are not blocked by a wall.
    pub free: Vec<usize>,
    /// Curvatures in the free coordinates in increasing order, each with its direction.
    pub modes: Vec<(f64, Vec<f64>)>,
}

/// Quadratic models at some points, from gradients at a distance `apart` on either side. With walls, coordinates in which the slope presses
/// a point against a face are blocked.
pub(super) fn quadratic_models(unit: &mut UnitBox, places: &[&[f64]], apart: f64, walls: bool) -> Vec<QuadraticModel> {
    let n = unit.inputs();
    let mut near: Vec<Vec<f64>> = Vec::new();
    for place in places {
        near.push(place.to_vec());
        for (k, by) in (0..n).flat_map(|k| [(k, apart), (k, -apart)]) {
            let mut shifted = place.to_vec();
            shifted[k] += by;
            near.push(shifted);
        }
    }
    let found = unit.evaluate(&near.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let models = near.chunks(1 + 2 * n).zip(found.chunks(1 + 2 * n)).map(|(near, found)| {
        unit.effort.diagonalise(n);
        let (place, (value, gradient)) = (&near[0], found[0].clone());
        let is_pressed = |k: usize| {
            let [low, high] = unit.limits[k];
            (place[k] <= low && gradient[k] > 0.0) || (place[k] >= high && gradient[k] < 0.0)
        };
        let free: Vec<usize> = (0..n).filter(|&k| !(walls && is_pressed(k))).collect();
        let entry = |i: usize, j: usize| (found[1 + 2 * i].1[j] - found[2 + 2 * i].1[j]) / (2.0 * apart);
        let hessian: Vec<f64> = free.iter().flat_map(|&i| free.iter().map(move |&j| 0.5 * (entry(i, j) + entry(j, i)))).collect();
        let whole = |(curvature, part): (f64, Vec<f64>)| {
            let mut direction = vec![0.0; n];
            free.iter().zip(part).for_each(|(&k, d)| direction[k] = d);
            (curvature, direction)
        };
        let modes = symmetric(&hessian).into_iter().map(whole).collect();
        QuadraticModel { value, gradient, free, modes }
    });
    models.collect()
}
