//! Ways around periodic inputs: to the images of a minimum, and from a minimum to its own image.

use crate::landscape::descent::UnitBox;
use crate::numerics::statistics::difference;

/// Largest number of periodic inputs of which all combinations of images are tried.
const FEW: usize = 3;

/// The images of a place to which strings are drawn from another: the nearest one, and those on its other sides. The images of a place itself are
/// one turn away.
pub fn images(unit: &UnitBox, from: &[f64], to: &[f64]) -> impl Iterator<Item = Vec<f64>> + use<> {
    let way = difference(to, from);
    let nearest = unit.way(from, to);
    let periodic: Vec<usize> = (0..from.len()).filter(|&k| unit.is_periodic(k)).collect();
    let all = 1_usize << periodic.len().min(FEW);
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

/// The whole turns of periodic inputs by which a place lies from its image.
pub fn turns(unit: &UnitBox, place: &[f64], image: &[f64]) -> Vec<f64> {
    let way = difference(place, image);
    way.into_iter().enumerate().map(|(k, d)| if unit.is_periodic(k) { d.round() } else { 0.0 }).collect()
}
