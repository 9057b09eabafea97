//! Messages between page and worker. They travel as the bytes of [`encode`]; long arrays of numbers go beside them as one array, whose parts
//! [`FrameLayout`] describes.
//!
//! The bytes can be read only by code of the same build, which is sent along (`worker::wire` of the crate `multiwell_web`).

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::thumbnail::ThumbnailTask;
pub use crate::data::csv::{Bytes, Look, NamedBytes};
use crate::dynamics::{Hysteresis, Path};
use crate::landscape::{Pruned, Survey};
pub use crate::problem::frame::{Frame, FrameLayout, Scene, Status};
use crate::problem::proposal::Proposal;
pub use crate::problem::table::UserTable;
use crate::problem::view::{View, ViewState};
use crate::problem::{InvalidSetting, Settings};
pub use crate::recipe::Stage;

/// The bytes of a message.
///
/// # Errors
/// A sentence if the message cannot be serialised, which no message here can fail at.
pub fn encode<M: Serialize>(message: &M) -> Result<Vec<u8>, String> {
    postcard::to_allocvec(message).map_err(|e| format!("the message could not be written: {e}"))
}

/// The message that [`encode`] made these bytes of.
///
/// # Errors
/// A sentence if they are not those of such a message.
pub fn decode<M: DeserializeOwned>(bytes: &[u8]) -> Result<M, String> {
    postcard::from_bytes(bytes).map_err(|e| format!("the message could not be read: {e}"))
}

/// A request of the page to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant)]
pub enum Request {
    /// Panic, for the test that a panic reaches the page. This is the first variant so that the test can write it as one byte, zero.
    Panic,
    /// Look into files of tables. A [`Reply::Looked`] follows.
    Look {
        /// The files.
        files: Vec<NamedBytes>,
    },
    /// Fit a table for a second and draw the fit. A [`Reply::Thumbnail`] follows.
    Thumbnail(Box<ThumbnailTask>),
    /// Start a new run. The previous run is kept unchanged until `Forget`.
    Start {
        /// The page's number for the run, which every reply about it carries.
        run: u32,
        /// All settings.
        settings: Settings,
        /// The table to learn from when `settings.benchmark` is [`Settings::OWN_DATA`].
        table: Option<UserTable>,
        /// The text of a model file to go on from, instead of the seed's parameters. Its shape and scaling replace those of the
        /// settings, and its data too if it says from what it was trained.
        model: Option<String>,
        /// Whether to begin training at once.
        running: bool,
    },
    /// Learn a changed drawing from the current fit of the run, while the user draws. A [`Reply::Scene`] follows with the same number and the drawing
    /// in use, which is the previous one if the new one cannot be learnt. The run itself is kept.
    Redraw {
        /// The drawing; without one the run itself is shown again.
        drawing: Option<String>,
    },
    /// Train.
    Go,
    /// Limit the speed of training, in this run and all later ones.
    LimitSpeed {
        /// Maximum number of epochs, and of steps of a second-order method, per second. `None` for no limit.
        epochs_per_second: Option<f64>,
    },
    /// Stop training, keep everything.
    Pause,
    /// Train one epoch, then pause.
    Step,
    /// Pause and show the state of the run at a recorded epoch, or the current state. Training ends the review.
    LookBack {
        /// The place of the moment among those.
        moment: Option<usize>,
    },
    /// Apply the settings that need no restart.
    Change {
        /// All settings; those that need a restart must be unchanged.
        settings: Settings,
    },
    /// Show a run again that is kept, as it was left. A [`Reply::Scene`] follows.
    Recall {
        /// Its number.
        run: u32,
    },
    /// Forget runs that are kept.
    Forget {
        /// Their numbers.
        runs: Vec<u32>,
    },
    /// Send the model file.
    Save {
        /// Whether it is only kept, and not asked for by the reader; the answer says so too.
        is_kept: bool,
    },
    /// Send the model file, which is to be written in another form.
    Export {
        /// The name of the form; the answer has it too.
        form: String,
        /// Whether with the Hessian.
        hessian: bool,
    },
    /// Send the history as CSV.
    History,
    /// Send the [`Survey`] of the current fit.
    Survey,
    /// Send the cost of removing modes one after another, in the order of least responsibility: in several inputs of one removal, as each takes long. Changes
    /// nothing.
    Pruning {
        /// Whether to continue with the fit of the last request instead of the current fit.
        goes_on: bool,
    },
    /// Remove these modes: the run continues without them.
    Prune {
        /// Numbers of the modes.
        modes: Vec<usize>,
    },
    /// Take the last removal of modes back: the run continues from the fit before it.
    Reopen,
    /// Simulate particles on the current fit for a number of frames; to continue, ask again from their last places.
    Drop {
        /// Starting places, `[particles, inputs]`.
        positions: Vec<f64>,
        /// Temperature in the units of Psi: 0 for plain descent, else overdamped Langevin dynamics.
        temperature: f64,
        /// A force, one number an input, or none: the landscape is Psi(x) - tilt x.
        tilt: Vec<f64>,
        /// Seed of the noise; a continuation needs another seed.
        seed: u64,
        /// Number of frames.
        frames: u32,
    },
    /// Follow the minimum of Psi(x) - t x as the tilt t rises and falls again; for one input.
    Tilt {
        /// Smallest and largest tilt; without them, so far that the minimum jumps wherever it can.
        range: Option<[f64; 2]>,
        /// Number of tilts on each way.
        points: u32,
    },
    /// Show this view from now on: a [`Reply::View`] follows, and another with each frame while the view changes. Without a state none
    /// are sent.
    ViewState {
        /// The view, and the reader's choices in it.
        state: Option<ViewState>,
    },
    /// The page is hidden or shown again; a hidden page gets few frames.
    Visible {
        /// Whether the page can be seen.
        visible: bool,
    },
}

/// A reply of the worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant)]
pub enum Reply {
    /// The worker is ready for [`Request::Start`].
    Ready,
    /// Content of the files at a look, or a sentence on their error.
    Looked {
        /// The table in them, and what its names suggest.
        look: Result<(Look, Proposal), String>,
    },
    /// Answers [`Request::Thumbnail`].
    Thumbnail {
        /// The benchmark of the fit.
        benchmark: String,
        /// The text of an SVG file, or sentences on why the table cannot be read in this way.
        picture: Result<String, String>,
    },
    /// Sentences on how the table of a run was read.
    Notes {
        /// The run's number.
        run: u32,
        /// The sentences.
        notes: Vec<String>,
    },
    /// A run has begun, or follows a drawing. Comes with an array: data x, data y, then the truth on the grid if there is one.
    Scene {
        /// The run's number.
        run: u32,
        /// The run's settings: those asked for, except where a model file has replaced them.
        settings: Settings,
        /// The properties that do not change during a run.
        scene: Scene,
    },
    /// The newest state. Comes with an array laid out by `frame.layout`.
    Frame {
        /// The run's number.
        run: u32,
        /// The state.
        frame: Box<Frame>,
    },
    /// The settings were refused; the previous run is unchanged.
    Refused {
        /// The run that was to be started or changed.
        run: u32,
        /// The invalid settings.
        problems: Vec<InvalidSetting>,
    },
    /// The model file asked for by [`Request::Save`].
    Model {
        /// The run's number.
        run: u32,
        /// Its text.
        json: String,
        /// Whether it is only kept.
        is_kept: bool,
    },
    /// The model file asked for by [`Request::Export`].
    Export {
        /// Its text.
        json: String,
        /// The form that was named.
        form: String,
        /// Whether with the Hessian.
        hessian: bool,
    },
    /// The history asked for by [`Request::History`].
    History {
        /// Its text.
        csv: String,
    },
    /// Answers [`Request::Survey`].
    Survey {
        /// The run's number.
        run: u32,
        /// The epoch of the fit.
        epoch: u64,
        /// The survey.
        survey: Box<Survey>,
    },
    /// Answers [`Request::Pruning`]. Comes with an array: for each of `steps` the fit on the scene's grid.
    Pruning {
        /// The run's number.
        run: u32,
        /// The epoch of the fit.
        epoch: u64,
        /// The fit with none, one, two, ... modes removed, until one is left; or those after the ones before.
        steps: Vec<Pruned>,
    },
    /// Answers [`Request::Drop`]. Comes with an array: positions `[frames, particles, inputs]`, then the heights
    /// Psi(x) - tilt x `[frames, particles]`.
    Path {
        /// The run's number.
        run: u32,
        /// Content of the array.
        path: Path,
    },
    /// Answers [`Request::Tilt`]. Comes with an array: the tilts from the smallest up, where the minimum is on the way up, and where
    /// it is on the way down, each `[points]`.
    Hysteresis {
        /// The run's number.
        run: u32,
        /// Where it jumps, and what the loop costs.
        hysteresis: Hysteresis,
    },
    /// The view asked for by [`Request::ViewState`].
    View {
        /// The run's number.
        run: u32,
        /// Plots, controls, a table.
        view: Box<View>,
    },
    /// A request cannot be carried out; nothing has changed.
    Declined {
        /// One sentence: why, and what to do.
        sentence: String,
    },
}

impl Reply {
    /// Reply to a look into files, with the proposal from the names of the columns.
    pub fn seen(look: Result<Look, String>) -> Self {
        let proposed = |look: Look| {
            let proposal = Proposal::from_columns(&look);
            (look, proposal)
        };
        Self::Looked { look: look.map(proposed) }
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
        let bytes = encode(&Request::Change { settings: Settings::default() }).unwrap();
        assert!(decode::<Request>(&bytes[..bytes.len() - 1]).is_err());
    }
}
