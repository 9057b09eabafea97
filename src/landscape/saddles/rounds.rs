//! Ways around periodic inputs: to the images of a minimum, and from a minimum to its own image.

use crate::landscape::descent::UnitBox;
use crate::numerics::statistics::difference;

/// Largest number of periodic inputs of which all combinations of images are tried.
const MAX_PERIODIC_INPUTS: usize = 3;

/// Images of a point to which strings lead from another point: the nearest image, and those on its other sides. The images of the point
/// itself are one turn away.
pub fn images(unit: &UnitBox, from: &[f64], to: &[f64]) -> impl Iterator<Item = Vec<f64>> + use<> {
    let way = difference(to, from);
    let nearest = unit.way(from, to);
    let periodic: Vec<usize> = (0..from.len()).filter(|&k| unit.is_periodic(k)).collect();
    let all = 1_usize << periodic.len().min(MAX_PERIODIC_INPUTS);
    let is_itself = nearest.iter().all(|d| *d == 0.0);
    let mut ends = Vec::new();
    for chosen in 0..all {
        let mut end = to.to_vec();
        for (bit, &k) in periodic.iter().enumerate() {
            end[k] -= way[k].round();
            if chosen >> bit & 1 == 1 {
                end[k] -= if nearest[k] > 0.0 { 1.0 } else { -1.0 };
            }
        }
        if chosen > 0 || !is_itself {
            ends.push(end);
        }
    }
    ends.into_iter()
}

/// Whole turns of periodic inputs between a point and its image.
pub fn turns(unit: &UnitBox, place: &[f64], image: &[f64]) -> Vec<f64> {
    let way = difference(place, image);
    way.into_iter().enumerate().map(|(k, d)| if unit.is_periodic(k) { d.round() } else { 0.0 }).collect()
}
