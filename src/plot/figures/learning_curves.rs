//! Learning curves of several runs on common epochs, with their median.

use crate::numerics::statistics::{median, sorted};

/// History of one quantity over the epochs, for several runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LearningCurves {
    /// Common epochs of all runs.
    pub epochs: Vec<f64>,
    /// Values of each run at the common epochs. A run that has ended keeps its last value.
    pub runs: Vec<Vec<f64>>,
    /// Median of the runs at each epoch.
    pub median: Vec<f64>,
}

impl LearningCurves {
    /// Resamples histories, each `(epochs, values)` of equal length, at the epochs of the longest one.
    pub fn new(histories: &[(&[f32], &[f32])]) -> Self {
        let last = |epochs: &[f32]| epochs.last().copied().unwrap_or(-1.0);
        let longest = histories.iter().map(|(epochs, _)| *epochs).max_by(|a, b| last(a).total_cmp(&last(b))).unwrap_or_default();
        let on_common = |(epochs, values): &(&[f32], &[f32])| {
            let at = |&epoch: &f32| {
                let after = epochs.partition_point(|&e| e <= epoch);
                values.get(after.saturating_sub(1)).copied().map_or(f64::NAN, f64::from)
            };
            longest.iter().map(at).collect::<Vec<f64>>()
        };
        let runs: Vec<Vec<f64>> = histories.iter().filter(|(epochs, _)| !epochs.is_empty()).map(on_common).collect();
        let median = (0..longest.len()).map(|k| median(runs.iter().map(|run| run[k]).collect()).unwrap_or(f64::NAN)).collect();
        Self { epochs: longest.iter().map(|&e| e.into()).collect(), runs, median }
    }

    /// Quartiles of the runs at each epoch.
    pub fn middle_half(&self) -> Vec<[f64; 2]> {
        let at = |k: usize| {
            let values = sorted(self.runs.iter().map(|run| run[k]).collect());
            let last = values.len().saturating_sub(1);
            [last / 4, last - last / 4].map(|i| values.get(i).copied().unwrap_or(f64::NAN))
        };
        (0..self.epochs.len()).map(at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_resampled_on_epochs_of_longest_run() {
        let long = (&[0.0, 2.0, 4.0, 6.0][..], &[9.0, 7.0, 5.0, 3.0][..]);
        let short = (&[0.0, 1.0, 2.0][..], &[8.0, 6.0, 4.0][..]);
        let learning_curves = LearningCurves::new(&[short, long]);
        assert_eq!(learning_curves.epochs, [0.0, 2.0, 4.0, 6.0]);
        assert_eq!(learning_curves.runs, [[8.0, 4.0, 4.0, 4.0], [9.0, 7.0, 5.0, 3.0]]);
        assert_eq!(learning_curves.median, [8.5, 5.5, 4.5, 3.5]);
        assert_eq!(LearningCurves::new(&[]), LearningCurves::default());
    }
}
