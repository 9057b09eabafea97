//! Basins of a potential's minima on a grid, and their probabilities at a temperature.

use crate::numerics::flooding::root;
use crate::numerics::lattice::Lattice;
use crate::numerics::statistics::order;

/// Index of the basin of each grid point, from `psi` on a grid. `minima` are indices of grid points near the minima. Repeated steps to the
/// lowest neighbour lead from a grid point to the minimum of its basin. If they lead to none of the minima, the point belongs to the basin
/// with which flooding first joins it, if there is one.
pub fn basins(psi: &[f64], lattice: &Lattice, minima: &[usize]) -> Vec<Option<usize>> {
    let around = |k: usize| lattice.neighbours(k).into_iter().filter(|&other| other < psi.len()).collect::<Vec<usize>>();
    let lowest_beside = |k: usize| around(k).into_iter().min_by(|&a, &b| psi[a].total_cmp(&psi[b]).then(a.cmp(&b)));
    let is_lower = |a: usize, b: usize| (psi[a], a) < (psi[b], b);
    // Downhill steps lead from the nearby grid points to the minima.
    let end = |mut k: usize| {
        while let Some(next) = lowest_beside(k).filter(|&next| is_lower(next, k)) {
            k = next;
        }
        k
    };
    let seeds: Vec<usize> = minima.iter().map(|&k| end(k)).collect();
    // The index of a basin is its lowest point; `owner` holds the minimum that it belongs to.
    let mut basin = vec![usize::MAX; psi.len()];
    let mut owner: Vec<Option<usize>> = vec![None; psi.len()];
    let mut parent: Vec<usize> = (0..psi.len()).collect();
    for k in order(psi) {
        let lower: Vec<usize> = around(k).into_iter().filter(|&other| basin[other] != usize::MAX).collect();
        let Some(&first) = lower.iter().min_by(|&&a, &&b| psi[a].total_cmp(&psi[b]).then(a.cmp(&b))) else {
            (basin[k], owner[k]) = (k, seeds.iter().position(|&seed| seed == k));
            continue;
        };
        basin[k] = basin[first];
        // A basin without a minimum joins the first other basin that it meets.
        let own = root(&mut parent, basin[k]);
        for other in lower {
            let (a, b) = (root(&mut parent, own), root(&mut parent, basin[other]));
            if a != b && (owner[a].is_none() || owner[b].is_none()) {
                let (kept, gone) = if owner[a].is_some() { (a, b) } else { (b, a) };
                parent[gone] = kept;
            }
        }
    }
    basin.into_iter().map(|k| owner[root(&mut parent, k)]).collect()
}

/// Index of the well to whose basin each grid point belongs, from the nearest grid point of each well and its support by samples. The basin
/// of a well without support belongs to the well into which it opens, unless no well has support.
pub fn basins_of_wells(psi: &[f64], lattice: &Lattice, wells: &[(usize, bool)]) -> Vec<Option<usize>> {
    let has_support = wells.iter().any(|(_, is_supported)| *is_supported);
    let kept: Vec<usize> = (0..wells.len()).filter(|&k| wells[k].1 || !has_support).collect();
    let places: Vec<usize> = kept.iter().map(|&k| wells[k].0).collect();
    basins(psi, lattice, &places).into_iter().map(|basin| basin.map(|k| kept[k])).collect()
}

/// Probabilities of `count` basins under `exp(-psi)`, from `psi` in units of kT and the basin of each grid point.
pub fn populations(psi: &[f64], basins: &[Option<usize>], count: usize) -> Vec<f64> {
    let lowest = psi.iter().copied().fold(f64::INFINITY, f64::min);
    let mut masses = vec![0.0; count];
    let mut total = 0.0;
    for (psi, basin) in psi.iter().zip(basins) {
        let q = (lowest - psi).exp();
        total += q;
        if let Some(basin) = basin {
            masses[*basin] += q;
        }
    }
    masses.into_iter().map(|mass| mass / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn populations_of_basins_match_weights_of_humps() {
        let side = 121;
        let place = |k: usize| ((k % side) as f64 / 12.0 - 5.0, (k / side) as f64 / 12.0 - 5.0);
        let hump = |(x, y): (f64, f64), a: f64, b: f64| (-2.0 * ((x - a).powi(2) + (y - b).powi(2))).exp();
        // The ripple makes shallow minima that are not in the list.
        let psi: Vec<f64> = (0..side * side)
            .map(|k| {
                let at = place(k);
                -(0.5 * hump(at, -2.0, 0.0) + 0.3 * hump(at, 2.0, 1.0) + 0.2 * hump(at, 0.0, -3.0) + 1e-30).ln()
                    + 0.02 * (20.0 * at.0).sin() * (17.0 * at.1).sin()
            })
            .collect();
        let index = |x: f64, y: f64| ((y + 5.0) * 12.0) as usize * side + ((x + 5.0) * 12.0) as usize;
        let lattice = Lattice::new((&[[0.0, 1.0]; 2]).into(), side);
        let found = basins(&psi, &lattice, &[index(-2.0, 0.0), index(2.0, 1.0), index(0.0, -3.0)]);
        let found = populations(&psi, &found, 3);
        for (mass, expected) in found.iter().zip([0.5, 0.3, 0.2]) {
            assert!((mass - expected).abs() < 5e-3, "{found:?}");
        }
    }
}
