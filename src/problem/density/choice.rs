//! Choice of the sets whose samples a fit pools, by cross-validation of kernel estimates.
//!
//! Samples of neighbouring times have a weight of [`NEIGHBOUR_WEIGHT`] in a pooled fit. A distribution changes at first and
//! settles later, so pooling starts at one time and continues to the last. This time maximises the total likelihood of
//! held-out rows. A row is held out at all times at once, because its samples belong to one trajectory.

use super::samples::{SampleSets, neighbours};
use crate::data::estimate::{kernel, normalised};
use crate::problem::settings::Pooling;

/// Weight of a sample of a neighbouring time.
pub const NEIGHBOUR_WEIGHT: f64 = 0.3;
/// Smallest gain in log-likelihood that justifies the pooling of a further set.
const MIN_GAIN: f64 = 1.0;
const FOLD_COUNT: usize = 4;
/// Poolings of the sets before the first pooled one, of that set, and of the sets after it.
const ALL_POOLINGS: [Pooling; 3] = [Pooling::Alone, Pooling::Later, Pooling::Both];

/// Pooling of each set: `stated`, or chosen by cross-validation. Only sets at several times have neighbours.
pub fn poolings(samples: &SampleSets, stated: Pooling) -> Vec<Pooling> {
    let sets = samples.sets();
    match stated {
        _ if samples.times.len() < 2 => vec![Pooling::Alone; sets],
        Pooling::Auto => {
            let folds: Vec<[Vec<f64>; FOLD_COUNT]> = (0..sets).map(|set| folds_of(samples, set)).collect();
            best(&(0..sets).map(|set| ALL_POOLINGS.map(|pooling| held_out_loss(&folds, set, pooling))).collect::<Vec<_>>())
        }
        one => vec![one; sets],
    }
}

/// Number of samples of a set at each state, for each fold.
fn folds_of(samples: &SampleSets, set: usize) -> [Vec<f64>; FOLD_COUNT] {
    let (states, rows) = (samples.samples_of(set), &samples.sets[set].rows);
    // Correlated rows are held out in stretches with the length of one independent sample.
    let stretch = ((states.len() as f64 / samples.effective(set)) as usize).clamp(1, (states.len() / FOLD_COUNT).max(1));
    let mut folds = [(); FOLD_COUNT].map(|()| vec![0.0; samples.top + 1]);
    for (state, row) in states.iter().zip(rows) {
        folds[row / stretch % FOLD_COUNT][(state.round().max(0.0) as usize).min(samples.top)] += 1.0;
    }
    folds
}

/// Sum of `-log q` over all samples of a set, each under the kernel estimate from the other folds.
fn held_out_loss(folds: &[[Vec<f64>; FOLD_COUNT]], set: usize, pooling: Pooling) -> f64 {
    let loss_of = |left_out: usize| {
        let mut bins = vec![0.0; folds[set][left_out].len()];
        let (mut sum, mut squares) = (0.0, 0.0);
        let weighted = neighbours(pooling, set, folds.len()).map(|other| (other, NEIGHBOUR_WEIGHT));
        for (other, weight) in [(set, 1.0)].into_iter().chain(weighted) {
            for fold in (0..FOLD_COUNT).filter(|&fold| fold != left_out).map(|fold| &folds[other][fold]) {
                let count: f64 = fold.iter().sum();
                (sum, squares) = (sum + weight * count, squares + weight * weight * count);
                bins.iter_mut().zip(fold).for_each(|(bin, count)| *bin += weight * count);
            }
        }
        // Kish's effective number of samples.
        let effective = sum * sum / squares;
        let bins = normalised(bins);
        let density = kernel::smoothed(&bins, kernel::improved_sheather_jones_binned(&bins, effective));
        let even = 1.0 / (effective * density.len() as f64);
        folds[set][left_out].iter().zip(density).map(|(count, p)| -count * (p + even).ln()).sum::<f64>()
    };
    (0..FOLD_COUNT).map(loss_of).sum()
}

/// Poolings with the smallest total loss plus [`MIN_GAIN`] for each pooled set, from the losses of each set under [`ALL_POOLINGS`].
fn best(losses: &[[f64; ALL_POOLINGS.len()]]) -> Vec<Pooling> {
    let sets = losses.len();
    let pooling = |set: usize, first: usize| usize::from(set >= first) + usize::from(set > first);
    let total = |first: usize| {
        let losses = losses.iter().enumerate().map(|(set, of_set)| of_set[pooling(set, first)]);
        losses.sum::<f64>() + MIN_GAIN * (sets - first) as f64
    };
    let first = (0..=sets).min_by(|&a, &b| total(a).total_cmp(&total(b))).unwrap_or_default();
    (0..sets).map(|set| ALL_POOLINGS[pooling(set, first)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pooling_starts_at_first_time_with_better_held_out_score() {
        for first in 0..=4 {
            // Pooling lowers the loss from time `first` on, and raises it before.
            let loss = |set: usize, pooling: usize| if (pooling > 0) == (set >= first) { 0.0 } else { 2.0 };
            let losses: Vec<[f64; 3]> = (0..4).map(|set| [0, 1, 2].map(|pooling| loss(set, pooling))).collect();
            let before = std::iter::repeat_n(Pooling::Alone, first);
            let expected: Vec<Pooling> = before.chain([Pooling::Later]).chain([Pooling::Both; 4]).take(4).collect();
            assert_eq!(best(&losses), expected);
        }
    }
}
