//! State of a fit as data: its constant part ([`Scene`]) and its current part ([`Frame`]). Long lists of numbers accompany
//! it as one array, whose parts [`FrameLayout`] names.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::metrics::Metrics;
use super::view::{Control, Tab};
use crate::landscape::{CriticalPoint, Match, Minimum};
use crate::recipe::Stage;
use crate::train::history::HistoryEntry;

/// Required freshness of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Freshness {
    /// Last frame, unless the current state can be evaluated in a negligible time.
    Cached,
    /// A possibly old state, which limits the time spent on evaluations. Searches are at least this many seconds apart.
    Within(f64),
    /// Current state, with complete searches.
    Current,
}

/// Constant part of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// Number of plotted data points.
    pub samples: usize,
    /// Number of training points, if not all of them are plotted.
    pub rows: Option<usize>,
    /// Number of inputs. Curves on a grid exist for one input only.
    pub inputs: usize,
    /// Names of the inputs and of the output.
    pub names: Vec<String>,
    /// Ends of the sampled domain of the first input.
    pub domain: [f64; 2],
    /// Number of equally spaced grid points over the domain, ends included.
    pub points: usize,
    /// True if the truth is known.
    pub has_truth: bool,
    /// Views besides curves on a line; the first one is the default.
    pub views: Vec<Tab>,
    /// Minima of the truth, if it is known.
    pub minima: Vec<Minimum>,
    /// Saddles of the truth, if it is known; of a curve, the maxima between its minima.
    pub saddles: Vec<CriticalPoint>,
    /// Parameters of a formula, as sliders.
    pub formula_controls: Vec<Control>,
    /// Periods to propose for inputs that cover a full turn, in the form of the setting; empty if there are none.
    pub likely_periods: String,
    /// Canvas of a drawn curve: the ranges of its input and of its values; absent for other data.
    pub canvas: Option<[[f64; 2]; 2]>,
}

/// Status of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Status {
    /// Training.
    Running,
    /// Waiting for a request to train.
    #[default]
    Paused,
    /// The last epoch or the target loss has been reached.
    Finished {
        /// Sentence on which of the two.
        sentence: String,
    },
    /// Training diverged and was rolled back.
    Diverged {
        /// Sentence on the epoch, the quantity that was not finite, and the remedy.
        sentence: String,
    },
}

/// Current state of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Status of the run.
    pub status: Status,
    /// Epoch at which the run will stop. It differs from the last epoch of the settings if these apply to each of several fits.
    pub last_epoch: u64,
    /// Recent number of epochs per second; 0 while not training, and in a stage of a second-order method.
    pub epochs_per_second: f64,
    /// Recent number of steps of a second-order method per second; 0 without such steps.
    pub steps_per_second: f64,
    /// Estimated wall-clock seconds until the last epoch; absent while not training, and at the beginning of training.
    pub seconds_left: Option<f64>,
    /// True if the run has stopped and continues if its last epoch is raised.
    pub can_continue: bool,
    /// True if settings that need no restart can be changed in this run. Otherwise every change needs a new run.
    pub takes_changes: bool,
    /// Metrics of the shown state.
    pub metrics: Metrics,
    /// Number of epochs done. The metrics have fewer while an earlier state is selected.
    pub epochs: u64,
    /// Positions of the stored earlier states in the history, oldest first; empty if none are stored.
    pub snapshots: Vec<u64>,
    /// Stored state that is shown instead of the current one.
    pub selected_snapshot: Option<u64>,
    /// Saddles of the fit; of a curve, the maxima between its minima.
    pub saddles: Vec<CriticalPoint>,
    /// Minima of the metrics matched with those of the truth, with their errors; empty if the truth is unknown.
    pub matches: Vec<Match>,
    /// Smallest barrier of a well, if it decides which of the minima are wells.
    #[serde(default)]
    pub threshold: Option<f64>,
    /// Half-widths of the intervals of the fit on the grid; empty if they are unknown.
    #[serde(default)]
    pub band: Vec<f32>,
    /// Largest responsibility of each mode in the sampled domain.
    pub largest_responsibilities: Vec<f64>,
    /// True if settings were changed during training, so that a link cannot replay the run.
    pub altered: bool,
    /// Current stage; absent if the recipe has no stages or they have ended. Earlier stages are in `metrics.stages`.
    pub stage: Option<Stage>,
    /// Position in the history at the end of each of `metrics.stages`. Unknown ones are missing at the end.
    pub stage_ends: Vec<u64>,
    /// Layout of the array.
    pub layout: FrameLayout,
}

impl Frame {
    /// Positions of the ends of the stages in the history, with their names.
    pub fn stages(&self) -> Vec<(f64, &str)> {
        let notes = self.metrics.stages.iter().zip(&self.stage_ends);
        notes.map(|(note, &end)| (end as f64, note.name.as_str())).collect()
    }

    /// Position of an entry of the history: the epoch, and the number of later steps of a second-order method.
    pub fn history_position(&self, entry: u64) -> [u64; 2] {
        let epochs = self.epochs;
        [entry.min(epochs), entry.saturating_sub(epochs)]
    }
}

/// Layout of a frame's array, whose parts are contiguous.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameLayout {
    /// Number of grid points.
    pub points: usize,
    /// Number of modes.
    pub modes: usize,
    /// Number of entries of the thinned history.
    pub history: usize,
}

impl FrameLayout {
    /// The fit on the grid.
    pub fn fit(&self) -> Range<usize> {
        0..self.points
    }

    /// Curve `f_i - log s(a_i) / rho` of mode `i` on the grid.
    pub fn mode(&self, i: usize) -> Range<usize> {
        let start = self.points * (1 + i);
        start..start + self.points
    }

    /// Responsibility of mode `i` on the grid.
    pub fn responsibility(&self, i: usize) -> Range<usize> {
        let start = self.points * (1 + self.modes + i);
        start..start + self.points
    }

    fn column(&self, k: usize) -> Range<usize> {
        let start = self.points * (1 + 2 * self.modes) + k * self.history;
        start..start + self.history
    }

    /// Epochs of the entries of the history. Each step of a second-order method after the last epoch counts as one.
    pub fn epochs(&self) -> Range<usize> {
        self.column(0)
    }

    /// Smallest loss since the previous entry.
    pub fn loss_low(&self) -> Range<usize> {
        self.column(1)
    }

    /// Largest loss since the previous entry.
    pub fn loss_high(&self) -> Range<usize> {
        self.column(2)
    }

    /// Number of responsible modes.
    pub fn responsible(&self) -> Range<usize> {
        self.column(3)
    }

    /// Number of gates above the threshold.
    pub fn active(&self) -> Range<usize> {
        self.column(4)
    }

    /// Sharpness rho.
    pub fn rho(&self) -> Range<usize> {
        self.column(5)
    }

    /// Gate `s(a_i)` of mode `i`.
    pub fn gate(&self, i: usize) -> Range<usize> {
        self.column(6 + i)
    }

    /// Length of the whole array.
    pub fn len(&self) -> usize {
        self.points * (1 + 2 * self.modes) + self.history * (6 + self.modes)
    }

    /// Returns true if the array has no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Columns of a history for a frame's array, in the order of [`FrameLayout`].
pub fn columns(entries: &[HistoryEntry], modes: usize) -> impl Iterator<Item = f32> + '_ {
    let common: [fn(&HistoryEntry) -> f64; 6] =
        [|e| e.epoch as f64, |e| e.loss_low, |e| e.loss_high, |e| e.responsible as f64, |e| e.active as f64, |e| e.rho];
    let common = common.into_iter().flat_map(move |of| entries.iter().map(move |e| of(e) as f32));
    common.chain((0..modes).flat_map(move |mode| entries.iter().map(move |e| e.gates[mode] as f32)))
}
