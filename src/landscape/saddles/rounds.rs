//! Ways around periodic inputs: to the images of a minimum, and from a minimum to its own image.

use super::Way;
use crate::landscape::descent::UnitBox;
use crate::numerics::passes::Barrier;
use crate::numerics::statistics::{difference, sort_by};

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

/// Gives minima that have no barrier, because nothing leads from them to another well, the lowest rise on a way to their own image.
pub fn close(values: &[f64], ways: &[Way], barriers: &mut [Option<Barrier>]) {
    let mut ordered: Vec<usize> = (0..ways.len()).collect();
    sort_by(&mut ordered, |&k| ways[k].pass.height);
    // For each minimum the one that stands for all that are joined to it, and its turns from there.
    let mut joined: Vec<(usize, Vec<f64>)> =
        (0..values.len()).map(|k| (k, vec![0.0; ways.first().map_or(0, |way| way.turns.len())])).collect();
    let mut leads_round = vec![false; values.len()];
    for index in ordered {
        let Way { pass, turns, .. } = &ways[index];
        let [Some(from), Some(to)] = pass.sides else { continue };
        let ((a, of_from), (b, of_to)) = (joined[from].clone(), joined[to].clone());
        // The turns from the representative of the one to that of the other.
        let between: Vec<f64> = of_from.iter().zip(turns).zip(&of_to).map(|((from, turns), to)| from + turns - to).collect();
        if a == b {
            leads_round[a] |= between.iter().any(|&turns| turns != 0.0);
        } else {
            leads_round[a] |= leads_round[b];
            for (representative, turns) in joined.iter_mut().filter(|(representative, _)| *representative == b) {
                *representative = a;
                turns.iter_mut().zip(&between).for_each(|(turns, between)| *turns += between);
            }
        }
        for (k, barrier) in barriers.iter_mut().enumerate() {
            if barrier.is_none() && leads_round[joined[k].0] {
                *barrier = Some(Barrier { rise: (pass.height - values[k]).max(0.0), pass: index });
            }
        }
    }
}
