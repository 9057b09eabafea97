//! The wells of `-log` of a density: those of its minima that its samples can tell from none.
//!
//! How many of a density's minima are real depends on how many samples it was fitted to. So what makes a minimum a well
//! ([`crate::numerics::passes`]) is not its height above a pass but evidence: how much less likely the samples were under the nearest density
//! without it. Such a density falls from the deeper of two neighbouring minima over the pass between them and on through the shallower one; of
//! all that do, the monotone regression has the least Kullback-Leibler divergence. The pass with the least evidence is
//! smoothed away first, until all that are left have more than [`WELL_EVIDENCE`].

use std::ops::Range;

use crate::numerics::evidence::critical;
use crate::numerics::passes::{Barrier, Pass, barriers};

/// The fall in log-likelihood from which on a minimum is a well: one, for the height of its pass is one parameter more (Akaike's information
/// criterion).
pub const WELL_EVIDENCE: f64 = 1.0;

/// The fall in log-likelihood that a mode which holds a well must prevent to be kept: one for each parameter, place, width and weight.
pub const WELL_REMOVAL_COST: f64 = 3.0;

/// Removal cost, in log-likelihood of `samples` samples, above which a mode without a well is kept: half the logarithm of
/// their number for each parameter, as in the Bayesian information criterion.
pub fn shape_cost(samples: f64) -> f64 {
    0.5 * WELL_REMOVAL_COST * samples.ln()
}

/// A well of `-log` of a density: a mode of the density.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Well {
    /// Where it is lowest, as an index of the density.
    pub at: usize,
    /// The probability between the passes on either side.
    pub mass: f64,
    /// The rise to the lowest pass to another well; none if there is no other, or no probability on the way.
    pub barrier: Option<f64>,
    /// The highest place on that way, likewise.
    pub pass: Option<usize>,
    /// The first place of its basin.
    pub from: usize,
    /// The first place behind it.
    pub to: usize,
    /// By how much less likely the samples were without it; infinite for the deepest.
    pub evidence: f64,
}

/// The wells of a density fitted to a number of samples, given by its probabilities at equally spaced points; from left to right.
/// Some ends of the line may be bounds of the quantity, at which the density may be highest.
pub fn wells_between(density: &[f64], samples: f64, walls: [bool; 2]) -> Vec<Well> {
    wells_above(Minima::find(density, None, walls), density, samples, |_| WELL_EVIDENCE)
}

/// The wells of such a density that its samples support at 95 %: twice the evidence for each exceeds the square of the critical number of standard errors.
///
/// `parts` are the shares of the samples at each point. They give the evidence, and the density counts between the outermost samples only: where samples are
/// cut off, a smooth density is too high beside the end and continues behind it.
pub fn supported_wells(density: &[f64], parts: &[f64], samples: f64, walls: [bool; 2]) -> Vec<Well> {
    let mut inside = vec![0.0; density.len()];
    if let (Some(first), Some(last)) = (parts.iter().position(|&part| part > 0.0), parts.iter().rposition(|&part| part > 0.0)) {
        inside[first..=last].copy_from_slice(&density[first..=last]);
    }
    let minima = Minima::find(&inside, Some(parts), walls);
    wells_above(minima, &inside, samples, |mass| 0.5 * critical(mass).powi(2))
}

/// The wells whose evidence exceeds a minimum, which depends on the probability of the shallower of the two basins at a pass.
fn wells_above(mut minima: Minima, density: &[f64], samples: f64, least: impl Fn(f64) -> f64) -> Vec<Well> {
    loop {
        let losses: Vec<Smoothed> = (0..minima.cuts.len()).map(|pass| minima.without(pass)).collect();
        let excess = |pass: usize| samples * losses[pass].divergence - least(minima.mass_of_shallower(pass));
        let weakest = (0..losses.len()).min_by(|&a, &b| excess(a).total_cmp(&excess(b)));
        let Some(pass) = weakest.filter(|&pass| excess(pass) <= 0.0) else {
            let evidence: Vec<f64> = losses.iter().map(|loss| samples * loss.divergence).collect();
            return described(density, &minima, &evidence);
        };
        minima.smooth_away(pass, &losses[pass]);
    }
}

/// Minima of `-log` of a density that is smoothed as they become fewer.
struct Minima<'a> {
    density: Vec<f64>,
    /// The parts of the samples at each point; those of the density itself if there are none.
    parts: Option<&'a [f64]>,
    /// Where they are, from left to right.
    places: Vec<usize>,
    /// The pass between each and the next.
    cuts: Vec<usize>,
}

/// A part of a density from which the shallower of two minima has been removed.
struct Smoothed {
    range: Range<usize>,
    values: Vec<f64>,
    /// The fall in the mean log-likelihood of the samples; of samples like the density, it is the Kullback-Leibler divergence.
    divergence: f64,
}

impl<'a> Minima<'a> {
    fn find(density: &[f64], parts: Option<&'a [f64]>, walls: [bool; 2]) -> Self {
        let last = density.len().saturating_sub(1);
        let is_top = |&n: &usize| {
            let [above_left, above_right] = [n.checked_sub(1), Some(n + 1)].map(|k| k.and_then(|k| density.get(k)));
            let is_inside = (n > 0 || walls[0]) && (n < last || walls[1]) && last > 0;
            is_inside
                && above_left.is_none_or(|&p| density[n] > p)
                && above_right.is_none_or(|&p| density[n] >= p && (n > 0 || density[n] > p))
        };
        let places: Vec<usize> = (0..density.len()).filter(is_top).collect();
        Self { density: density.to_vec(), parts, cuts: lowest_between(density, &places), places }
    }

    /// Whether the minimum to the left of a pass is the shallower one.
    fn left_is_shallower(&self, pass: usize) -> bool {
        self.density[self.places[pass]] < self.density[self.places[pass + 1]]
    }

    /// The probability of the shallower of the basins on either side of a pass.
    fn mass_of_shallower(&self, pass: usize) -> f64 {
        let is_left = self.left_is_shallower(pass);
        let from = if is_left { pass.checked_sub(1).map_or(0, |before| self.cuts[before]) } else { self.cuts[pass] };
        let to = if is_left { self.cuts[pass] } else { self.cuts.get(pass + 1).copied().unwrap_or(self.density.len()) };
        self.density[from..to].iter().sum()
    }

    /// The density without the shallower of the minima on either side of a pass.
    fn without(&self, pass: usize) -> Smoothed {
        let is_left = self.left_is_shallower(pass);
        let range = if is_left {
            pass.checked_sub(1).map_or(0, |before| self.cuts[before])..self.places[pass + 1] + 1
        } else {
            self.places[pass]..self.cuts.get(pass + 1).map_or(self.density.len(), |cut| cut + 1)
        };
        let mut values = self.density[range.clone()].to_vec();
        let mut parts = self.parts.unwrap_or(&self.density)[range.clone()].to_vec();
        if is_left {
            values.reverse();
            parts.reverse();
        }
        let mut smooth = falling(&values);
        let terms = parts.iter().zip(values.iter().zip(&smooth)).filter(|(_, (p, _))| **p > 0.0);
        let divergence = terms.map(|(part, (p, q))| part * (p / q).ln()).sum();
        if is_left {
            smooth.reverse();
        }
        Smoothed { range, values: smooth, divergence }
    }

    fn smooth_away(&mut self, pass: usize, smoothed: &Smoothed) {
        self.places.remove(pass + usize::from(!self.left_is_shallower(pass)));
        self.density[smoothed.range.clone()].copy_from_slice(&smoothed.values);
        self.cuts = lowest_between(&self.density, &self.places);
    }
}

/// Where a density is lowest between each place and the next.
fn lowest_between(density: &[f64], places: &[usize]) -> Vec<usize> {
    let lowest = |pair: &[usize]| (pair[0]..pair[1]).min_by(|&a, &b| density[a].total_cmp(&density[b])).unwrap_or(pair[0]);
    places.windows(2).map(lowest).collect()
}

/// The monotone regression of values: the nearest that never rise. Neighbours that do are pooled to their mean.
fn falling(values: &[f64]) -> Vec<f64> {
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for &value in values {
        let (mut sum, mut count) = (value, 1);
        while let Some((before, width)) = blocks.pop_if(|(before, width)| *before * (count as f64) < sum * (*width as f64)) {
            (sum, count) = (sum + before, count + width);
        }
        blocks.push((sum, count));
    }
    blocks.into_iter().flat_map(|(sum, count)| std::iter::repeat_n(sum / count as f64, count)).collect()
}

/// Masses and barriers of the minima that are left, with the evidence for each pass.
fn described(density: &[f64], minima: &Minima<'_>, evidence: &[f64]) -> Vec<Well> {
    let places = &minima.places;
    let cuts = lowest_between(density, places);
    let height = |n: usize| -density[n].ln();
    let values: Vec<f64> = places.iter().map(|&n| height(n)).collect();
    let pass = |(k, &cut): (usize, &usize)| Pass { height: height(cut), sides: [Some(k), Some(k + 1)] };
    let passes: Vec<Pass> = cuts.iter().enumerate().map(pass).collect();
    let ends: Vec<usize> = [0].into_iter().chain(cuts.iter().copied()).chain([density.len()]).collect();
    let well = |(k, barrier): (usize, Option<Barrier>)| Well {
        at: places[k],
        mass: density[ends[k]..ends[k + 1]].iter().sum(),
        barrier: barrier.map(|barrier| barrier.rise).filter(|rise| rise.is_finite()),
        pass: barrier.map(|barrier| cuts[barrier.pass]),
        from: ends[k],
        to: ends[k + 1],
        evidence: f64::INFINITY,
    };
    let mut wells: Vec<Well> = barriers(&values, &passes, 0.0).into_iter().enumerate().map(well).collect();
    for (pass, &evidence) in evidence.iter().enumerate() {
        let shallower = &mut wells[pass + usize::from(!minima.left_is_shallower(pass))];
        shallower.evidence = shallower.evidence.min(evidence);
    }
    wells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::estimate::normalised;

    fn wells(density: &[f64], samples: f64) -> Vec<Well> {
        wells_between(density, samples, [false; 2])
    }

    /// A density of humps, each with its height, place and width, at 901 points.
    fn humps(parts: &[[f64; 3]]) -> Vec<f64> {
        let at = |n: usize| {
            parts.iter().map(|[height, place, width]| height * (-0.5 * ((n as f64 - place) / width).powi(2)).exp()).sum()
        };
        normalised((0..=900).map(at).collect())
    }

    #[test]
    fn isotonic_fit_is_nearest_non_increasing_sequence() {
        assert_eq!(falling(&[5.0, 1.0, 3.0, 2.0, 2.5, 0.0]), [5.0, 2.125, 2.125, 2.125, 2.125, 0.0]);
        assert_eq!(falling(&[3.0, 2.0, 1.0]), [3.0, 2.0, 1.0]);
        assert_eq!(falling(&[1.0, 2.0, 3.0]), [2.0; 3]);
    }

    #[test]
    fn minimum_is_a_well_with_sufficient_samples() {
        let density = humps(&[[1.0, 300.0, 40.0], [0.1, 480.0, 40.0]]);
        let evidence = |samples: f64| wells(&density, samples).iter().map(|well| well.evidence).fold(f64::INFINITY, f64::min);
        let each = evidence(1e6) / 1e6;
        assert!(each > 0.0 && (evidence(1e4) / 1e4 / each - 1.0).abs() < 1e-9);
        assert_eq!(wells(&density, 1.01 * WELL_EVIDENCE / each).len(), 2);
        assert_eq!(wells(&density, 0.99 * WELL_EVIDENCE / each).len(), 1);
    }

    #[test]
    fn masses_and_barriers_belong_to_remaining_wells() {
        // A ripple on the larger hump is none that a thousand samples can tell.
        let density = humps(&[[1.0, 250.0, 40.0], [0.03, 258.0, 2.0], [0.5, 620.0, 40.0], [1e-6, 850.0, 5.0]]);
        let found = wells(&density, 1000.0);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!((found[0].mass - 2.0 / 3.0).abs() < 1e-3 && (found[1].mass - 1.0 / 3.0).abs() < 1e-3, "{found:?}");
        assert!((found[0].mass + found[1].mass - 1.0).abs() < 1e-12);
        let valley = density[found[0].at..found[1].at].iter().copied().fold(f64::INFINITY, f64::min);
        for well in &found {
            assert!((well.barrier.expect("another well") - (density[well.at] / valley).ln()).abs() < 1e-12);
        }
        assert!(found[0].evidence.is_infinite() && found[1].evidence > 10.0);
        assert_eq!(wells(&density, f64::INFINITY).len(), 4);
    }

    #[test]
    fn density_can_have_a_well_at_a_bound() {
        let falling = normalised((0..900).map(|n| (-f64::from(n) / 100.0).exp()).collect());
        assert!(wells(&falling, 1e3).is_empty());
        let found = wells_between(&falling, 1e3, [true, false]);
        assert_eq!((found.len(), found[0].at, found[0].barrier), (1, 0, None));
        assert!((found[0].mass - 1.0).abs() < 1e-12);
    }

    #[test]
    fn humps_beside_sharp_ends_need_own_samples() {
        // Even samples between 100 and 800, and a smooth density that is too high beside both ends.
        let is_inside = |n: i32| (100..=800).contains(&n);
        let even = normalised((0..=900).map(|n| f64::from(u8::from(is_inside(n)))).collect());
        let edge = |n: i32| 1.0 / (1.0 + (-f64::from(n) / 15.0).exp());
        let hump = |n: i32| 0.3 * (-0.5 * (f64::from(n) / 30.0).powi(2)).exp();
        let fit =
            normalised((0..=900).map(|n| edge(n - 100) * edge(800 - n) * (1.0 + hump(n - 140) + 1.1 * hump(n - 760))).collect());
        assert_eq!(supported_wells(&fit, &even, 1000.0, [false; 2]).len(), 1);
        // Humps that samples have are wells, at a sharp end, too.
        let own = normalised((0..=900).map(|n| if is_inside(n) { fit[n as usize] } else { 0.0 }).collect());
        assert_eq!(supported_wells(&fit, &own, 1000.0, [false; 2]).len(), 1, "a thousand samples are too few");
        assert_eq!(supported_wells(&fit, &own, 1e5, [false; 2]).len(), 2);
    }

    #[test]
    fn single_well_has_no_barrier_and_empty_density_no_well() {
        let one = wells(&humps(&[[1.0, 300.0, 40.0]]), 100.0);
        assert_eq!((one.len(), one[0].barrier), (1, None));
        assert!(wells(&[0.5, 0.3, 0.2], 100.0).is_empty() && wells(&[], 1.0).is_empty());
        // Where there is no density on the way, no barrier can be stated.
        assert!(wells(&[0.0, 0.5, 0.0, 0.5, 0.0], 1e3).iter().all(|well| well.barrier.is_none()));
    }
}
