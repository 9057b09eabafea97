//! Fits of the sets of samples, and the log of a run.

use crate::problem::frame::Status as State;
use crate::problem::settings::Pooling;
use crate::recipe::StageNote;

/// The fit of one set of samples.
#[derive(Clone, Debug)]
pub(super) struct SampleFit {
    pub(super) params: Vec<f32>,
    /// Shift and scale of a state for the network.
    pub(super) scaling: [f64; 2],
    /// The weight of its decay.
    pub(super) decay: f64,
    pub(super) pooling: Pooling,
    /// Whether every remaining mode has been found necessary.
    pub(super) is_settled: bool,
}

/// Fits of all sets of samples.
pub(super) struct SetFits {
    /// Shift and scale of a state for the network, for each set.
    pub(super) scalings: Vec<[f64; 2]>,
    /// Fit of each set, if there is one.
    pub(super) fits: Vec<Option<SampleFit>>,
    /// For each set, the most modes that may still be removed.
    pub(super) tries: Vec<u64>,
    /// Least loss, decay included, of the starts of the current set that were tried, and its parameters.
    pub(super) best_start: Option<(f64, Vec<f32>)>,
    /// The best fit so far of the current set, if it has been restarted.
    pub(super) candidate: Option<SampleFit>,
    /// Number of fits that were restarted.
    pub(super) repeats: u64,
}

impl SetFits {
    /// No fits yet, of sets with these scalings and of this number of modes.
    pub(super) fn new(scalings: Vec<[f64; 2]>, modes: usize) -> Self {
        let sets = scalings.len();
        Self {
            scalings,
            fits: vec![None; sets],
            tries: vec![modes as u64 - 1; sets],
            best_start: None,
            candidate: None,
            repeats: 0,
        }
    }

    /// Number of sets that have been fitted.
    pub(super) fn fitted(&self) -> usize {
        self.fits.iter().flatten().count()
    }
}

/// A line of the history: a completed fit.
pub(super) struct CompletedFit {
    pub(super) epoch: u64,
    pub(super) what: String,
    pub(super) loss: f64,
    pub(super) rho: f64,
}

/// Progress of a run: completed fits, choices, and the end.
#[derive(Default)]
pub(super) struct FitLog {
    pub(super) history: Vec<CompletedFit>,
    /// Choices and their reasons.
    pub(super) notes: Vec<StageNote>,
    pub(super) epoch: u64,
    pub(super) ended: Option<State>,
    pub(super) seconds: f64,
}

impl FitLog {
    /// Adds a note on a phase that has ended.
    pub(super) fn conclude(&mut self, name: &str, sentence: String) {
        let before: u64 = self.notes.iter().map(|note| note.epochs).sum();
        self.notes.push(StageNote { name: name.into(), epochs: self.epoch - before, sentence });
    }
}
