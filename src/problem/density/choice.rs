//! The choice of decay and pooling by cross-validation, from what each trajectory's likelihood says.
//!
//! Rows are dealt into folds, each fold is left out in turn, and what counts is the likelihood of those left out, over all times together.
//! Pooling means that a time's samples are joined by those of the times next to it, at a weight of [`NEIGHBOUR_WEIGHT`]. A distribution moves at first and
//! settles later: from one time on, samples are pooled among those from there on; which time it is, the likelihood says, at the strength in
//! the middle. The decay is one strength for all times (columns that are not times have one each), divided by the number of samples, or by the effective size of weighted samples: what a
//! prior is to a likelihood. It is the middle one of those tried unless another is significantly better: the network's scale is the width of the
//! modes, so one strength smooths any samples alike.

use std::cmp::Ordering;

use super::samples::SampleSets;
use crate::problem::settings::Pooling;

/// Weight of a sample that is one time away.
pub const NEIGHBOUR_WEIGHT: f64 = 0.3;
/// Folds.
pub const FOLD_COUNT: usize = 4;
/// Strengths of the decay that are tried, the strongest first.
pub const DECAY_STRENGTHS: [f64; 3] = [3.2, 0.8, 0.2];
/// The strength that is taken unless what was left out speaks against it, and at which pooling is chosen.
pub const MIDDLE_STRENGTH: usize = 1;
/// A strength is better than the middle one if the gain in likelihood is this many standard errors, about the 0.975 quantile of a Gaussian: from few
/// samples the likelihood of those left out cannot tell the strengths apart, and following it would add its scatter to that of the fit.
const MIN_GAIN_ERRORS: f64 = 2.0;
/// Poolings that are tried: of a time before the one from which there is pooling, of that one, and of those after it.
pub const ALL_POOLINGS: [Pooling; 3] = [Pooling::Alone, Pooling::Later, Pooling::Both];

/// Weight of the samples of set `other` in the fit of set `set`.
pub fn weight(pooling: Pooling, set: usize, other: usize) -> f64 {
    match (pooling, other.abs_diff(set)) {
        (_, 0) => 1.0,
        (Pooling::Both, 1) => NEIGHBOUR_WEIGHT,
        (Pooling::Later, 1) if other > set => NEIGHBOUR_WEIGHT,
        _ => 0.0,
    }
}

/// Effective size of the weighted samples of all sets, `counts` in each (Kish's formula).
pub fn effective_size(pooling: Pooling, set: usize, counts: &[f64]) -> f64 {
    let weights = counts.iter().enumerate().map(|(other, count)| (weight(pooling, set, other), count));
    let (sum, squares) = weights.fold((0.0, 0.0), |(sum, squares), (w, n)| (sum + w * n, squares + w * w * n));
    sum * sum / squares
}

/// Scores of the cross-validation, and the choice that follows from them.
pub(super) struct CrossValidation {
    pub(super) scores: HeldOutScores,
    /// Parameters of the fits at the middle decay, for each set and fold, and each pooling.
    begun: Vec<[Vec<f32>; ALL_POOLINGS.len()]>,
    /// The strength of the decay and the pooling of each set, once chosen.
    pub(super) chosen: Option<Vec<(f64, Pooling)>>,
}

impl CrossValidation {
    /// No scores yet.
    pub(super) fn new(samples: &SampleSets) -> Self {
        let sets = samples.sets();
        Self {
            scores: HeldOutScores::new((0..sets).map(|set| samples.rows_used(set)).collect()),
            begun: vec![Default::default(); sets * FOLD_COUNT],
            chosen: None,
        }
    }

    /// Parameters of the fits of a set without a fold at the middle decay, for each pooling.
    pub(super) fn begun(&self, set: usize, fold: usize) -> &[Vec<f32>; ALL_POOLINGS.len()] {
        &self.begun[set * FOLD_COUNT + fold]
    }

    /// Mutable access to the parameters of [`Self::begun`].
    pub(super) fn begun_mut(&mut self, set: usize, fold: usize) -> &mut [Vec<f32>; ALL_POOLINGS.len()] {
        &mut self.begun[set * FOLD_COUNT + fold]
    }

    /// Decay strength and pooling of a set; the usual ones until they are chosen.
    pub(super) fn choice_of(&self, set: usize) -> (f64, Pooling) {
        self.chosen.as_ref().map_or((DECAY_STRENGTHS[MIDDLE_STRENGTH], Pooling::Alone), |chosen| chosen[set])
    }
}

/// Scores of held-out samples: `-log q` of each row, zero where it has no sample.
#[derive(Clone, Debug, Default)]
pub struct HeldOutScores {
    /// For each set.
    rows: Vec<usize>,
    /// For each set, pooling and strength.
    scores: Vec<[[Vec<f64>; DECAY_STRENGTHS.len()]; ALL_POOLINGS.len()]>,
}

impl HeldOutScores {
    /// No scores yet, for sets with these numbers of rows.
    pub fn new(rows: Vec<usize>) -> Self {
        Self { scores: vec![Default::default(); rows.len()], rows }
    }

    /// Notes the score of a row.
    pub fn record(&mut self, set: usize, pooling: usize, strength: usize, row: usize, score: f64) {
        let rows = &mut self.scores[set][pooling][strength];
        rows.resize(self.rows[set], 0.0);
        rows[row] = score;
    }

    /// Score of each row for a strength and the poolings of some sets, which have the same rows.
    fn total(&self, sets: &[usize], pooling: impl Fn(usize) -> usize, strength: usize) -> impl Iterator<Item = f64> {
        let rows = sets.first().map_or(0, |&set| self.rows[set]);
        let lists: Vec<&[f64]> = sets.iter().map(|&set| self.scores[set][pooling(set)][strength].as_slice()).collect();
        let score =
            move |row: usize| lists.iter().map(|list| list.get(row).copied().unwrap_or(0.0)).fold(0.0, |sum, score| sum + score);
        (0..rows).map(score)
    }

    /// The pooling of each set, by its place in [`ALL_POOLINGS`].
    pub fn poolings(&self, strength: usize) -> Vec<usize> {
        let sets = self.scores.len();
        let of = |set: usize, from: usize| match set.cmp(&from) {
            Ordering::Less => 0,
            Ordering::Equal => 1,
            Ordering::Greater => 2,
        };
        let all: Vec<usize> = (0..sets).collect();
        let sum = |from: usize| self.total(&all, |set| of(set, from), strength).sum::<f64>();
        let from = (0..=sets).min_by(|&a, &b| sum(a).total_cmp(&sum(b))).unwrap_or_default();
        (0..sets).map(|set| of(set, from)).collect()
    }

    /// The strength of the decay that some sets have in common, by its place in [`DECAY_STRENGTHS`], for these poolings of all sets: the middle one, unless
    /// another makes what was left out more likely by more than [`MIN_GAIN_ERRORS`] standard errors, of rows with this statistical inefficiency.
    pub fn strength(&self, sets: &[usize], poolings: &[usize], inefficiency: f64) -> usize {
        let total = |k: usize| self.total(sets, |set| poolings[set], k);
        let sum = |k: usize| total(k).sum::<f64>();
        let is_better = |k: usize| {
            let gaps = || total(MIDDLE_STRENGTH).zip(total(k)).map(|(middle, other)| middle - other);
            let rows = gaps().count() as f64;
            let mean = gaps().sum::<f64>() / rows;
            let error = gaps().map(|gap| (gap - mean).powi(2)).sum::<f64>().sqrt() * inefficiency.sqrt() / rows;
            mean > MIN_GAIN_ERRORS * error
        };
        let better = (0..DECAY_STRENGTHS.len()).filter(|&k| is_better(k));
        better.min_by(|&a, &b| sum(a).total_cmp(&sum(b))).unwrap_or(MIDDLE_STRENGTH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores of 40 rows whose mean at each set, pooling and strength is given, with a spread that is the same for all.
    fn scores(mean: impl Fn(usize, usize, usize) -> f64, spread: impl Fn(usize, usize) -> f64) -> HeldOutScores {
        let mut scores = HeldOutScores::new(vec![40; 4]);
        for set in 0..4 {
            for pooling in 0..3 {
                for strength in 0..3 {
                    for row in 0..40 {
                        let noise = if row % 2 == 0 { spread(strength, row) } else { -spread(strength, row) };
                        scores.record(set, pooling, strength, row, mean(set, pooling, strength) + noise);
                    }
                }
            }
        }
        scores
    }

    #[test]
    fn pooling_starts_at_first_time_with_better_held_out_score() {
        for first in 0..=4 {
            // Pooling helps from one time on, and does harm before.
            let help = |set: usize, pooling: usize| if (pooling > 0) == (set >= first) { 0.0 } else { 1.0 };
            let of = scores(|set, pooling, _| help(set, pooling), |_, _| 0.3).poolings(MIDDLE_STRENGTH);
            let expected: Vec<usize> = (0..4).map(|set| usize::from(set >= first) + usize::from(set > first)).collect();
            assert_eq!(of, expected);
        }
    }

    #[test]
    fn middle_decay_is_chosen_unless_another_is_significant() {
        let choose = |gaps: [f64; 3], spread: [f64; 3]| {
            scores(|_, _, k| gaps[k], |k, _| spread[k]).strength(&[0, 1, 2, 3], &[0, 0, 1, 2], 1.0)
        };
        // Rows do not disagree about the gap: any gap counts.
        assert_eq!(choose([0.2, 0.1, 0.0], [0.5; 3]), 2);
        assert_eq!(choose([0.0, 0.1, 0.2], [0.5; 3]), 0);
        assert_eq!(choose([0.1, 0.1, 0.1], [0.5; 3]), 1);
        // They disagree by 4 each, 4 / sqrt(40) in the mean: a gap of 4 times 0.2 is within twice that, one of 4 times 0.5 is not.
        assert_eq!(choose([0.2, 0.2, 0.0], [1.0, 1.0, 0.0]), 1);
        assert_eq!(choose([0.5, 0.5, 0.0], [1.0, 1.0, 0.0]), 2);
    }

    #[test]
    fn effective_size_of_weighted_samples_is_below_their_number() {
        assert_eq!(effective_size(Pooling::Alone, 1, &[5.0, 7.0, 5.0]), 7.0);
        let both = effective_size(Pooling::Both, 1, &[100.0, 100.0, 100.0]);
        assert!((both - 100.0 * 1.6 * 1.6 / 1.18).abs() < 1e-9 && both < 300.0);
        assert!((effective_size(Pooling::Later, 1, &[100.0; 3]) - 100.0 * 1.3 * 1.3 / 1.09).abs() < 1e-9);
        // There is none after the last.
        assert_eq!(effective_size(Pooling::Later, 2, &[100.0; 3]), 100.0);
    }
}
