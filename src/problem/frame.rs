//! The state of a fit as data: what does not change during it ([`Scene`]), and what it is at one moment ([`Frame`]). Numbers by the thousand
//! go beside it as one array whose parts [`FrameLayout`] names.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::metrics::Metrics;
use super::view::{Control, Tab};
use crate::landscape::{CriticalPoint, Match, Minimum};
use crate::recipe::Stage;
use crate::train::history::HistoryEntry;

/// How recent the state of a requested frame has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Freshness {
    /// The last frame, unless the current state is evaluated within an unnoticeable time.
    Cached,
    /// A state that may be past, so that evaluation takes a limited share of the time; searches are at least this many seconds apart.
    Within(f64),
    /// The current state, with complete searches.
    Current,
}

/// Constant part of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// Number of data points that are plotted.
    pub samples: usize,
    /// Number of data points that are learnt from, if these are not all plotted.
    pub rows: Option<usize>,
    /// Number of inputs. Curves on a grid exist for one input only.
    pub inputs: usize,
    /// Names of the inputs and of the output.
    pub names: Vec<String>,
    /// Ends of the sampled domain, in the first input.
    pub domain: [f64; 2],
    /// Number of equally spaced grid points over the domain, ends included.
    pub points: usize,
    /// Whether the truth is known.
    pub has_truth: bool,
    /// The views besides curves on a line; the first is shown unless another is asked for.
    pub views: Vec<Tab>,
    /// Minima of the truth, if known.
    pub minima: Vec<Minimum>,
    /// Saddles of the truth, if it is known; of a curve, the maxima between its minima.
    pub saddles: Vec<CriticalPoint>,
    /// The letters of a formula, as sliders.
    pub letters: Vec<Control>,
    /// Periods to propose for the inputs, because some of them cover a full turn, in the form of the setting; empty if there are none.
    pub likely_periods: String,
    /// The paper on which a curve is drawn: the ranges of its input and of its values; absent if what is learnt is no drawing.
    pub paper: Option<[[f64; 2]; 2]>,
}

/// The status of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Status {
    /// Training.
    Running,
    /// Waiting for a request to train.
    #[default]
    Paused,
    /// The last epoch, or the loss asked for, has been reached.
    Finished {
        /// A sentence that says which of the two.
        sentence: String,
    },
    /// Training diverged and was rolled back.
    Diverged {
        /// A sentence that gives the epoch, the quantity that was not finite, and what to do.
        sentence: String,
    },
}

/// The state of a run at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The status of the run.
    pub status: Status,
    /// The epoch at which the run will stop. It differs from the settings' last epoch where these give the epochs of each of several fits.
    pub last_epoch: u64,
    /// Epochs per second, recently; 0 while not training, and in a stage of a second-order method.
    pub epochs_per_second: f64,
    /// Steps of a second-order method per second, recently; 0 where none are taken.
    pub steps_per_second: f64,
    /// Estimated wall-clock seconds until the last epoch; absent while not training or too early to tell.
    pub seconds_left: Option<f64>,
    /// Whether the run has stopped and continues if its last epoch is raised.
    pub can_continue: bool,
    /// Whether settings that need no restart can be changed in this run; if not, every change takes a new run.
    pub takes_changes: bool,
    /// The numbers.
    pub metrics: Metrics,
    /// Epochs done; those of the metrics are fewer while one looks back.
    pub epochs: u64,
    /// Where in the history there are moments that one can look back to, oldest first; empty if none are kept.
    pub moments: Vec<u64>,
    /// Recorded state that is shown instead of the current one.
    pub back: Option<u64>,
    /// Saddles of the fit; of a curve, the maxima between its minima.
    pub saddles: Vec<CriticalPoint>,
    /// The minima of the metrics matched with those of the truth, with their errors; empty if the truth is not known.
    pub matches: Vec<Match>,
    /// Half widths of the intervals of the fit on the grid; empty where they are not known.
    #[serde(default)]
    pub band: Vec<f32>,
    /// For each mode, the largest responsibility that it reaches in the sampled domain.
    pub largest_responsibilities: Vec<f64>,
    /// Whether settings were changed during training, so that a link cannot replay the run.
    pub altered: bool,
    /// The current stage; absent if the recipe has no stages or they have ended. Earlier stages are in `metrics.stages`.
    pub stage: Option<Stage>,
    /// Where in the history each of the stages in `metrics.stages` has ended; one that is not known is missing at the end.
    pub stage_ends: Vec<u64>,
    /// How the array is laid out.
    pub layout: FrameLayout,
}

impl Frame {
    /// The ends of the stages in the history, with their names.
    pub fn stages(&self) -> Vec<(f64, &str)> {
        let notes = self.metrics.stages.iter().zip(&self.stage_ends);
        notes.map(|(note, &end)| (end as f64, note.name.as_str())).collect()
    }

    /// The position of an entry of the history: the epoch, and the steps of a second-order method after it.
    pub fn moment(&self, entry: u64) -> [u64; 2] {
        let epochs = self.epochs;
        [entry.min(epochs), entry.saturating_sub(epochs)]
    }
}

/// The layout of a frame's array, whose parts follow one another without gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameLayout {
    /// Grid points.
    pub points: usize,
    /// Modes.
    pub modes: usize,
    /// Entries of the thinned history.
    pub history: usize,
}

impl FrameLayout {
    /// The fit on the grid.
    pub fn fit(&self) -> Range<usize> {
        0..self.points
    }

    /// Mode `i`'s own curve `f_i - log s(a_i) / rho` on the grid.
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

    /// Epochs of the history's entries; steps of a second-order method count as one each after the last epoch.
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

    /// Whether the array has no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The columns of a history for a frame's array, in the order of [`FrameLayout`].
pub fn columns(entries: &[HistoryEntry], modes: usize) -> impl Iterator<Item = f32> + '_ {
    let common: [fn(&HistoryEntry) -> f64; 6] =
        [|e| e.epoch as f64, |e| e.loss_low, |e| e.loss_high, |e| e.responsible as f64, |e| e.active as f64, |e| e.rho];
    let common = common.into_iter().flat_map(move |of| entries.iter().map(move |e| of(e) as f32));
    common.chain((0..modes).flat_map(move |mode| entries.iter().map(move |e| e.gates[mode] as f32)))
}
