//! What page and worker say to one another. Messages travel as the bytes of [`encode`]; numbers by the thousand go beside them as
//! one array whose parts [`Layout`] names for both sides.
//!
//! Page and worker are one compiled module, so that both always mean the same by the same bytes.

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Problem, Report, Settings};
use crate::landscape::{Match, Maximum, Minimum, Pruned, Survey};
use crate::physics::{Hysteresis, Path};
use crate::views::{Look, Sight, Tab};

/// The bytes of a message.
///
/// # Errors
/// One sentence, if a message holds what has no bytes; none of those here does.
pub fn encode<M: Serialize>(message: &M) -> Result<Vec<u8>, String> {
    postcard::to_allocvec(message).map_err(|e| format!("the message could not be written: {e}"))
}

/// The message that [`encode`] made these bytes of.
///
/// # Errors
/// One sentence, if they are not those of such a message.
pub fn decode<M: DeserializeOwned>(bytes: &[u8]) -> Result<M, String> {
    postcard::from_bytes(bytes).map_err(|e| format!("the message could not be read: {e}"))
}

/// What the page asks of the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Panic: for the test that a panic reaches the page. The first, so that a test can say it in bytes: a zero.
    Panic,
    /// Begin a new run; the old one is forgotten once the new settings have been accepted.
    Start {
        /// Number that the page gives the run; every reply about it carries it.
        run: u32,
        /// All settings.
        settings: Settings,
        /// The table to learn from when `settings.benchmark` is [`Settings::OWN_DATA`].
        table: Option<Table>,
        /// The text of a model file to go on from, instead of the seed's parameters. Its shape and scaling replace those of the
        /// settings, and its data too if it says from what it was trained.
        model: Option<String>,
        /// Whether to begin training at once.
        running: bool,
    },
    /// Train.
    Go,
    /// Stop training, keep everything.
    Pause,
    /// Train one epoch, then pause.
    Step,
    /// Take over those settings that do not restart a run.
    Change {
        /// The settings; the others in it must be those of the run.
        settings: Settings,
    },
    /// Go back to the run before the last [`Request::Start`], as it was left. Works once.
    Undo {
        /// The number that the run goes by from now on.
        run: u32,
    },
    /// Go by another number from now on: for a worker that was set aside and is shown again.
    Return {
        /// The number that the run goes by from now on.
        run: u32,
    },
    /// Send the model file.
    Save,
    /// Send the history as CSV.
    History,
    /// Send the [`Survey`] of the fit as it is now.
    Survey,
    /// Say what removing modes would cost, one after another in the order of least responsibility. Changes nothing.
    Pruning,
    /// Remove these modes: the run goes on without them. Undone by no request but a restart's.
    Prune {
        /// Numbers of the modes.
        modes: Vec<usize>,
    },
    /// Let balls roll on the fit as it is now, for a number of frames; to go on, ask again from where they are.
    Drop {
        /// Where they are, `[balls, inputs]`.
        balls: Vec<f64>,
        /// Temperature in the units of Psi: 0 for plain descent, else overdamped Langevin dynamics.
        temperature: f64,
        /// A force, one number an input, or none: the landscape is Psi(x) - tilt x.
        tilt: Vec<f64>,
        /// Seed of the noise. Going on wants another one.
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
    /// Show the run in this way from now on: a [`Reply::Sight`] follows, and one with each frame while there is something new. Without a
    /// look none are sent.
    Look {
        /// Which view, and what the reader has chosen in it.
        look: Option<Look>,
    },
    /// The page is hidden or shown again; a hidden page gets few frames.
    Visible {
        /// Whether the page can be seen.
        visible: bool,
    },
}

/// A user's own table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Name of the file, for messages.
    pub name: String,
    /// Its text, CSV with a header line.
    pub text: String,
    /// Columns that are inputs; may be empty where the table leaves no choice.
    pub inputs: Vec<String>,
    /// Column that is learnt; may be empty likewise.
    pub target: String,
    /// Columns of the derivatives by the inputs, in their order, `-` for one that was not measured; empty if none was.
    pub gradient: Vec<String>,
    /// Columns that have a part of another name in what is learnt: the part, and the column.
    pub others: Vec<(String, String)>,
}

impl Table {
    /// Columns that have this part, one of [`Table::others`].
    pub fn columns(&self, part: &str) -> Vec<String> {
        self.others.iter().filter(|(of, _)| of == part).map(|(_, column)| column.clone()).collect()
    }
}

/// What the worker tells the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant)]
pub enum Reply {
    /// The module is there and waits for [`Request::Start`].
    Ready,
    /// A run has begun. Comes with an array: data x, data y, then the truth on the grid if there is one.
    Scene {
        /// The run's number.
        run: u32,
        /// The run's settings: those asked for, but for what a model file has replaced.
        settings: Settings,
        /// What does not change during a run.
        scene: Scene,
    },
    /// The newest state. Comes with an array laid out by `frame.layout`.
    Frame {
        /// The run's number.
        run: u32,
        /// The state.
        frame: Box<Frame>,
    },
    /// The settings were refused; the run before goes on as it was.
    Refused {
        /// What is wrong, setting by setting.
        problems: Vec<Problem>,
    },
    /// The model file asked for by [`Request::Save`].
    Model {
        /// Its text.
        json: String,
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
        /// The epoch that it is about.
        epoch: u64,
        /// The survey.
        survey: Box<Survey>,
    },
    /// Answers [`Request::Pruning`]. Comes with an array: for each of `steps` the fit on the scene's grid.
    Pruning {
        /// The run's number.
        run: u32,
        /// The epoch that it is about.
        epoch: u64,
        /// The fit with none, one, two, ... modes removed, until one is left.
        steps: Vec<Pruned>,
    },
    /// Answers [`Request::Drop`]. Comes with an array: positions `[frames, balls, inputs]`, then the heights
    /// Psi(x) - tilt x `[frames, balls]`.
    Path {
        /// The run's number.
        run: u32,
        /// What the array holds.
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
    /// What is seen of the run in the way asked for by [`Request::Look`].
    Sight {
        /// The run's number.
        run: u32,
        /// Pictures, knobs, a table.
        sight: Box<Sight>,
    },
    /// What was asked cannot be done; nothing has changed.
    Declined {
        /// One sentence: why, and what to do.
        sentence: String,
    },
    /// The worker has panicked and is gone.
    Failed {
        /// What it said.
        message: String,
    },
}

/// What does not change during a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// Number of data points.
    pub samples: usize,
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
    /// Its views besides curves on a line, the first of them shown unless another is asked for.
    pub views: Vec<Tab>,
    /// Minima of the truth, if known.
    pub minima: Vec<Minimum>,
    /// Maxima of the truth between them, if known.
    pub maxima: Vec<Maximum>,
}

/// Where a run stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Status {
    /// Training.
    Running,
    /// Waiting.
    #[default]
    Paused,
    /// The last epoch, or the loss asked for, has been reached.
    Finished {
        /// One sentence that says which.
        sentence: String,
    },
    /// Training diverged and was rolled back.
    Diverged {
        /// One sentence: at which epoch, what was not finite, what to do.
        sentence: String,
    },
}

/// The stage of a recipe that a run is in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// What it is, for example `pretraining` or `removing mode 7`.
    pub name: String,
    /// Epochs (or steps of another kind) done in it.
    pub done: u64,
    /// How many it may take.
    pub of: u64,
    /// Whether these are steps of a second-order method, which are no epochs.
    pub by_steps: bool,
    /// One sentence: what happens and why.
    pub sentence: String,
}

/// The state of a run at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Where the run stands.
    pub status: Status,
    /// Epoch at which it will stop; another one than that of the settings where these are for each of several fits.
    pub last_epoch: u64,
    /// Epochs a second over the last moments; 0 when not training, and in a stage of a second-order method.
    pub epochs_per_second: f64,
    /// Steps of a second-order method a second, where these are taken.
    pub steps_per_second: f64,
    /// Seconds until the last epoch by the clock on the wall, once they can be told; absent when not training.
    pub seconds_left: Option<f64>,
    /// Whether the run has stopped and trains on if its end is moved.
    pub can_continue: bool,
    /// Whether those settings that need no restart can be changed in the run as it is; if not, every change is a new run's.
    pub takes_changes: bool,
    /// The numbers.
    pub report: Report,
    /// Maxima of the fit between its minima.
    pub maxima: Vec<Maximum>,
    /// For each of the report's minima, the mode that is most responsible there.
    pub mode_of_minimum: Vec<usize>,
    /// Which of the report's minima answers to which of the truth, with their errors; empty if the truth is not known.
    pub matches: Vec<Match>,
    /// For each mode, the largest responsibility that it reaches in the sampled domain.
    pub reach: Vec<f64>,
    /// True if settings were changed on the way, so that a link cannot replay the run.
    pub altered: bool,
    /// The stage at work; absent if the recipe has none or has come to its end. Those before it are in `report.stages`.
    pub stage: Option<Stage>,
    /// How the array is laid out.
    pub layout: Layout,
}

impl Frame {
    /// What an entry of the history is of: the epoch, and the steps of a second-order method after it.
    pub fn moment(&self, entry: u64) -> [u64; 2] {
        let epochs = self.report.epochs;
        [entry.min(epochs), entry.saturating_sub(epochs)]
    }
}

/// Which part of a frame's array is what. All parts follow one another without gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Grid points.
    pub points: usize,
    /// Modes.
    pub modes: usize,
    /// Entries of the thinned history.
    pub history: usize,
}

impl Layout {
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

    /// Smallest loss since the entry before.
    pub fn loss_low(&self) -> Range<usize> {
        self.column(1)
    }

    /// Largest loss since the entry before.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_bits_on_the_way() {
        let report = Report { loss: f64::NAN, rmse: f64::NEG_INFINITY, r2: 0.1 + 0.2, epochs: u64::MAX, ..Report::default() };
        let frame = Frame { report, epochs_per_second: 5e-324, ..Frame::default() };
        let back: Frame = decode(&encode(&frame).unwrap()).unwrap();
        assert_eq!(back.report.loss.to_bits(), f64::NAN.to_bits());
        assert_eq!((back.report.rmse, back.report.r2, back.report.epochs), (f64::NEG_INFINITY, 0.1 + 0.2, u64::MAX));
        assert_eq!(back.epochs_per_second, 5e-324);
    }

    #[test]
    fn bytes_that_are_no_message_are_an_error() {
        assert!(decode::<Reply>(&[]).is_err());
        assert!(decode::<Reply>(&[250, 1, 2]).is_err());
        let bytes = encode(&Request::Change { settings: Settings::default() }).unwrap();
        assert!(decode::<Request>(&bytes[..bytes.len() - 1]).is_err());
    }
}
