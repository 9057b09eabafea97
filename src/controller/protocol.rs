//! Messages between page and worker, as the bytes of [`encode`]. Long arrays of numbers accompany them as one array, whose
//! parts [`FrameLayout`] describes.
//!
//! Only code of the same build can read the bytes. The digest of the build is sent along (`worker::wire` of the crate `multiwell_web`).

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::thumbnail::ThumbnailTask;
pub use crate::data::csv::{Bytes, NamedBytes, RawTable};
use crate::dynamics::{Hysteresis, Path};
use crate::landscape::{Pruned, Survey};
pub use crate::problem::frame::{Frame, FrameLayout, Scene, Status};
use crate::problem::proposal::Proposal;
pub use crate::problem::table::UserTable;
use crate::problem::view::{View, ViewState};
use crate::problem::{InvalidSetting, Settings};
pub use crate::recipe::Stage;

/// Bytes of a message.
///
/// # Errors
/// A sentence if the message cannot be serialised, which no message here can fail at.
pub fn encode<M: Serialize>(message: &M) -> Result<Vec<u8>, String> {
    postcard::to_allocvec(message).map_err(|e| format!("the message could not be written: {e}"))
}

/// Message from the bytes of [`encode`].
///
/// # Errors
/// A sentence if the bytes are not such a message.
pub fn decode<M: DeserializeOwned>(bytes: &[u8]) -> Result<M, String> {
    postcard::from_bytes(bytes).map_err(|e| format!("the message could not be read: {e}"))
}

/// Form of an exported fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportForm {
    /// Name of the form.
    pub name: String,
    /// True if the Hessian is included.
    pub hessian: bool,
}

/// Request of the page to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant)]
pub enum Request {
    /// Panics, to test that a panic reaches the page. As the first variant it is encoded as one byte, zero.
    Panic,
    /// Inspects files of tables. A [`Reply::Inspected`] follows.
    Inspect(Vec<NamedBytes>),
    /// Fits a table for a second and draws the fit. A [`Reply::Thumbnail`] follows.
    Thumbnail(Box<ThumbnailTask>),
    /// Starts a new run. The previous run is kept unchanged until `Forget`.
    Start {
        /// Number of the run from the page, which is part of every reply about it.
        run: u32,
        /// All settings.
        settings: Settings,
        /// Table, if `settings.benchmark` is [`Settings::OWN_DATA`].
        table: Option<UserTable>,
        /// Text of a model file to continue from, instead of new initial parameters. Its shape and scaling replace those of
        /// the settings, and so do its data if the file names them.
        model: Option<String>,
        /// True if training starts at once.
        running: bool,
    },
    /// Fits a changed drawing from the current fit of the run, while the user draws. A [`Reply::Scene`] follows with the
    /// same number and the drawing in use, which is the previous one if the new one is unusable. The run itself is parked,
    /// and shown again without a drawing.
    Redraw(Option<String>),
    /// Trains.
    Go,
    /// Limits the speed of training in this run and all later ones: the maximum number of epochs, and of steps of a
    /// second-order method, per second. `None` for no limit.
    LimitSpeed(Option<f64>),
    /// Stops training.
    Pause,
    /// Trains one epoch, then pauses.
    Step,
    /// Pauses and shows the run in the stored state with this index; `None` for its current state. Training returns to the
    /// current state.
    SelectSnapshot(Option<usize>),
    /// Applies all settings. Those that need a restart must be unchanged.
    Change(Settings),
    /// Shows the parked run with this number again. A [`Reply::Scene`] follows.
    Recall(u32),
    /// Forgets the parked runs with these numbers.
    Forget(Vec<u32>),
    /// Sends the model file.
    Save {
        /// True if the page stores the file without a request of the reader. The reply repeats it.
        is_kept: bool,
    },
    /// Sends the model file for a conversion to another form. The reply repeats the form.
    Export(ExportForm),
    /// Sends the history as CSV.
    History,
    /// Sends the [`Survey`] of the current fit.
    Survey,
    /// Sends the costs of successive removals of modes, in the order of increasing responsibility. In several inputs sends
    /// one removal, because each takes long. Changes nothing.
    Pruning {
        /// True if the removals continue from those of the last request, instead of starting from the current fit.
        continues: bool,
    },
    /// Removes the modes with these indices; the run continues without them.
    Prune(Vec<usize>),
    /// Undoes the last removal of modes; the run continues from the fit before it.
    Reopen,
    /// Simulates particles on the current fit for a number of frames. A further request from their last positions continues it.
    Drop {
        /// Initial positions, `[particles, inputs]`.
        positions: Vec<f64>,
        /// Temperature in the units of Psi: 0 for descent, else overdamped Langevin dynamics.
        temperature: f64,
        /// Force, one number per input, or empty. The landscape is Psi(x) - tilt x.
        tilt: Vec<f64>,
        /// Seed of the noise; a continuation needs another seed.
        seed: u64,
        /// Number of frames.
        frames: u32,
    },
    /// Follows the minimum of Psi(x) - t x as the tilt t increases and decreases again, in one input.
    Tilt {
        /// Smallest and largest tilt; `None` for a range that contains all jumps of the minimum.
        range: Option<[f64; 2]>,
        /// Number of tilts on each way.
        points: u32,
    },
    /// Shows this view with the reader's choices in it. A [`Reply::View`] follows now, and with each frame that changes the
    /// view. Without a state no views are sent.
    ViewState(Option<ViewState>),
    /// Reports that the page is visible (true) or hidden. A hidden page gets few frames.
    Visible(bool),
}

/// Reply of the worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant)]
pub enum Reply {
    /// The worker is ready for [`Request::Start`].
    Ready,
    /// Table in the inspected files and the proposal from its names, or a sentence on their error.
    Inspected(Result<(RawTable, Proposal), String>),
    /// Answer to [`Request::Thumbnail`]: the benchmark of the fit, and the text of an SVG file, or sentences on why the table is
    /// unusable for this benchmark.
    Thumbnail(String, Result<String, String>),
    /// Notes on the reading of a run's table.
    Notes {
        /// Number of the run.
        run: u32,
        /// Notes, in sentences.
        notes: Vec<String>,
    },
    /// A run has started, or follows a drawing. Comes with an array: data x, data y, and the truth on the grid if it is known.
    Scene {
        /// Number of the run.
        run: u32,
        /// Settings of the run: the requested ones, except those replaced by a model file.
        settings: Settings,
        /// Constant part of the run.
        scene: Scene,
    },
    /// Latest state. Comes with an array with the layout `frame.layout`.
    Frame {
        /// Number of the run.
        run: u32,
        /// State of the run.
        frame: Box<Frame>,
    },
    /// The settings were refused; the previous run is unchanged.
    Refused {
        /// Number of the run to be started or changed.
        run: u32,
        /// Errors of the settings.
        problems: Vec<InvalidSetting>,
    },
    /// Answer to [`Request::Save`].
    Model {
        /// Number of the run.
        run: u32,
        /// Text of the model file.
        json: String,
        /// True if the page stores the file without a request of the reader.
        is_kept: bool,
    },
    /// Answer to [`Request::Export`]: the text of the model file, and the form in the request.
    Export(String, ExportForm),
    /// Answer to [`Request::History`]: the text of the history.
    History(String),
    /// Answer to [`Request::Survey`].
    Survey {
        /// Number of the run.
        run: u32,
        /// Epoch of the fit.
        epoch: u64,
        /// Survey of the fit.
        survey: Box<Survey>,
    },
    /// Answer to [`Request::Pruning`]. Comes with an array: the fit on the grid of the scene for each of `steps`.
    Pruning {
        /// Number of the run.
        run: u32,
        /// Epoch of the fit.
        epoch: u64,
        /// Fit with none, one, two, ... modes removed, until one is left; or only the steps after those of the last reply.
        steps: Vec<Pruned>,
    },
    /// Answer to [`Request::Drop`]. Comes with an array: positions `[frames, particles, inputs]`, then the heights Psi(x) -
    /// tilt x `[frames, particles]`.
    Path {
        /// Number of the run.
        run: u32,
        /// Content of the array.
        path: Path,
    },
    /// Answer to [`Request::Tilt`]. Comes with an array: the tilts in increasing order, then the position of the minimum
    /// for increasing and for decreasing tilt, each `[points]`.
    Hysteresis {
        /// Number of the run.
        run: u32,
        /// Jumps of the minimum, and the energy lost in a cycle.
        hysteresis: Hysteresis,
    },
    /// Answer to [`Request::ViewState`].
    View {
        /// Number of the run.
        run: u32,
        /// Plots, controls, and a table.
        view: Box<View>,
    },
    /// A request is not possible; nothing has changed. One sentence on the reason and the remedy.
    Declined(String),
}

impl Reply {
    /// Reply about inspected files, with the proposal from the names of the columns.
    pub fn inspected(table: Result<RawTable, String>) -> Self {
        let proposed = |table: RawTable| {
            let proposal = Proposal::from_columns(&table);
            (table, proposal)
        };
        Self::Inspected(table.map(proposed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::metrics::{Metrics, ProblemMetrics};
    use crate::problem::potential::PotentialMetrics;

    #[test]
    fn messages_keep_bits_of_numbers() {
        let own = PotentialMetrics { loss: f64::NAN, rmse: f64::NEG_INFINITY, r2: 0.1 + 0.2, ..PotentialMetrics::default() };
        let metrics = Metrics { epochs: u64::MAX, own: ProblemMetrics::Potential(own, None), ..Metrics::default() };
        let frame = Frame { metrics, epochs_per_second: 5e-324, ..Frame::default() };
        let back: Frame = decode(&encode(&frame).unwrap()).unwrap();
        assert_eq!(back.metrics.loss().map(f64::to_bits), Some(f64::NAN.to_bits()));
        assert_eq!((back.metrics.errors(), back.metrics.epochs), (Some((f64::NEG_INFINITY, 0.1 + 0.2)), u64::MAX));
        assert_eq!(back.epochs_per_second, 5e-324);
    }

    #[test]
    fn invalid_bytes_give_an_error() {
        assert!(decode::<Reply>(&[]).is_err());
        assert!(decode::<Reply>(&[250, 1, 2]).is_err());
        let bytes = encode(&Request::Change(Settings::default())).unwrap();
        assert!(decode::<Request>(&bytes[..bytes.len() - 1]).is_err());
    }
}
