//! Actions: everything that can change the state of the page.

use super::export::Form;
use super::sketch::Tool;
use super::view::CanvasPicture;
use super::zoom::Change;
use multiwell::internal::controller::ensemble::EnsembleEvent;
use multiwell::internal::controller::protocol::{ExportForm, NamedBytes, Reply, UserTable};
use multiwell::internal::plot::Panel;

/// A button, or a key that does the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// Runs or pauses. A run that has ended and cannot be continued starts again.
    Run,
    /// Runs or pauses. Continues training past the last epoch where that is possible.
    Toggle,
    /// Trains one epoch.
    Step,
    /// Starts the run again with the same seed.
    Restart,
    /// Starts the run again with a new seed.
    NewSeed,
    /// Undoes the last step: returns to the previous settings or the previous run.
    Undo,
    /// Redoes the step that was undone last.
    Redo,
    /// Undoes the last stroke on a drawing, else the last step.
    UndoLast,
    /// Redoes the stroke or the step that was undone last.
    RedoLast,
    /// Pins the current run.
    Pin,
    /// Carries out the action of the message.
    Recover,
    /// Closes the message.
    CloseMessage,
    /// Shows the other face of the page.
    SwitchFace,
    /// Opens the file dialog of the browser.
    OpenFile,
    /// Opens the help.
    Help,
    /// Shows the snippets that embed this playground.
    Embed,
    /// Copies the link.
    Share,
    /// Saves the model.
    SaveModel,
    /// Saves the history of the training.
    SaveHistory,
    /// Saves the settings.
    SaveSettings,
    /// Drops 20 particles, evenly spaced.
    AddParticles,
    /// Removes all particles.
    ClearParticles,
    /// Removes the points that the reader has placed in a view.
    ClearPlaces,
    /// Shows all modes.
    ShowAllModes,
    /// Removes the modes that the slider has marked.
    Prune,
    /// Keeps the modes that the slider has marked.
    CancelPruning,
    /// Selects a drawing tool.
    Take(Tool),
    /// Selects a drawing tool, or deselects it.
    ToggleTool(Tool),
    /// Erases the point of the drawing at the cursor.
    EraseAtCursor,
}

/// A slider that does not belong to a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slider {
    /// Temperature of the particles, 0 to 100.
    Temperature,
    /// Tilt of the landscape, -100 to 100.
    Tilt,
    /// Sharpness of the soft minimum: 100 times its decimal logarithm.
    Sharpness,
    /// Number of modes to remove.
    Pruning,
    /// Number of the displayed recorded state.
    Past,
    /// Limit on the speed of training.
    Speed,
}

/// State of the pointer's button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// The pointer moves without a pressed button.
    Hovering,
    /// The button was pressed: a stroke starts.
    Pressed,
    /// The pointer moves with a pressed button: the stroke continues.
    Dragging,
}

/// A run stored by the browser.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeptRun {
    /// Fragment of its address.
    pub link: String,
    /// The user's own table, if it learns from one.
    pub table: Option<UserTable>,
    /// Text of its model file, if stored. A run that its link replays quickly has none.
    pub model: Option<String>,
}

/// An event that may change the state.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one at a time")]
pub enum Action {
    /// The page has been built.
    Begin,
    /// Opens a run that the browser has stored.
    OpenKept(KeptRun),
    /// Presses a button or its key.
    Press(Button),
    /// A slider has been moved.
    Slide(Slider, f64),
    /// Applies the text in the control of a setting.
    Commit(&'static str, String),
    /// A text is being typed into the control of a setting.
    Typed(&'static str, String),
    /// Reverts the text in the control of a setting.
    RevertText(&'static str),
    /// The control of a setting has lost the focus.
    LeaveField(&'static str),
    /// The slider of a setting is being moved.
    SlideSetting(&'static str, f64),
    /// The slider of a setting has been released.
    ReleaseSetting(&'static str, f64),
    /// Chooses another benchmark.
    Choose(String),
    /// The fragment of the address has changed.
    Follow(String),
    /// The reader has gone back or forward to the entry of a run, with its fragment.
    FollowTo(u32, String),
    /// The page is hidden or shown.
    Visible(bool),
    /// Preferences of the reader have changed.
    Prefer {
        /// True if colours are dark.
        dark: bool,
        /// True if motion is reduced.
        reduced_motion: bool,
    },
    /// A message of a training worker, with its numbers.
    Reply(u32, Reply, Vec<f32>),
    /// A training worker has failed: it could not be started, sent an unreadable message, or is of another build.
    WorkerFailed(u32, String),
    /// A training worker was ended without a message.
    WorkerEnded(u32),
    /// A message of an ensemble worker, with its numbers.
    Ensemble(EnsembleEvent, Vec<f32>),
    /// Starts or stops the ensemble; the text is the number of runs in the field beside the button.
    StartOrStopEnsemble(String),
    /// Shows the run with one of the seeds of the ensemble.
    OpenSeed(u64),
    /// Opens the tab with this id.
    OpenTab(String),
    /// Moves a slider or a choice of a view to a position.
    SetControl(String, f64),
    /// Presses the play button of a control of a view.
    PressControl(String),
    /// A slider of a view was released.
    ControlRests,
    /// The pointer is at a position in the units of the axes, or outside the plot area.
    Point(CanvasPicture, Option<(f64, f64)>, Pointer),
    /// Moves the cursor right and up by these hundredths of the axes.
    MoveCursor(CanvasPicture, Panel, (f64, f64)),
    /// Hides the cursor.
    HideCursor(CanvasPicture),
    /// Presses at the cursor of a plot: starts or ends a path or the stroke of a tool.
    PressAtCursor(CanvasPicture, Panel),
    /// Changes the visible part of a picture.
    Zoom(CanvasPicture, Change),
    /// Ends the stroke on a picture.
    Lift(CanvasPicture),
    /// Discards the stroke on a picture.
    CancelStroke(CanvasPicture),
    /// Click on a picture of this size, at this pixel.
    Click(CanvasPicture, Panel, (f64, f64), (f64, f64)),
    /// Shows a pinned run again, by the index of its letter (0 for A).
    RestorePin(usize),
    /// Unpins a run, by the index of its letter (0 for A).
    RemovePin(usize),
    /// Shows one mode alone, or all modes again.
    ToggleAlone(usize),
    /// Files were opened, dropped or pasted: their names and bytes.
    Opened(Vec<NamedBytes>),
    /// A large file was opened: its name, its beginning, and its number on the page.
    OpenedLarge(NamedBytes, u32),
    /// The file at this address has been fetched, or fetching it has failed.
    Fetched(String, Result<Vec<u8>, String>),
    /// Chooses another benchmark for a table.
    ChooseKind(String),
    /// Sets the roles of a table's columns.
    ChooseRoles(Vec<String>),
    /// Adds a column that is computed from other columns.
    AddColumn(String),
    /// Closes the dialog about a table. If true, learns the table.
    CloseColumns(bool),
    /// Exports the fit as code.
    SaveCode(ExportForm),
    /// The exported fit: its bytes, the extension of its file and its title; or an error message.
    Exported(Result<(Vec<u8>, String, String), String>),
    /// Saves a picture by its name in the list.
    SavePicture {
        /// Name of the picture.
        which: String,
        /// File format.
        form: Form,
        /// Dark (true) or light (false) colours; `None` for those of the page.
        dark: Option<bool>,
        /// Scale of a PNG file: its pixels per CSS pixel.
        scale: u32,
    },
    /// Shows a message.
    ShowMessage(String),
    /// Shows a message about an error.
    ShowError(String),
    /// The reader has clicked outside the message.
    Elsewhere,
    /// The window or a picture has changed its size.
    Resized,
    /// The browser is about to draw.
    AnimationFrame,
}

impl Action {
    /// Returns true if the action is a request by the reader, after which nothing is shown automatically.
    pub fn is_by_reader(&self) -> bool {
        matches!(
            self,
            Self::Press(_)
                | Self::Slide(..)
                | Self::Commit(..)
                | Self::SlideSetting(..)
                | Self::Choose(_)
                | Self::Follow(_)
                | Self::FollowTo(..)
                | Self::Opened(_)
                | Self::OpenedLarge(..)
                | Self::Point(_, _, Pointer::Pressed)
        )
    }

    /// Returns true if the action is so frequent that it updates the document only by its own effects.
    pub fn is_frequent(&self) -> bool {
        match self {
            Self::Reply(_, reply, _) => matches!(reply, Reply::Frame { .. } | Reply::View { .. } | Reply::Path { .. }),
            Self::Ensemble(event, _) => matches!(event, EnsembleEvent::Progress(..) | EnsembleEvent::Ready),
            Self::Point(..)
            | Self::MoveCursor(..)
            | Self::HideCursor(..)
            | Self::PressAtCursor(..)
            | Self::Zoom(..)
            | Self::Resized
            | Self::AnimationFrame => true,
            _ => false,
        }
    }
}
