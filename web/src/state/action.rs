//! Actions: everything that can change the state of the page.

use super::export::Form;
use super::sketch::Tool;
use super::view::CanvasPicture;
use super::zoom::Change;
use multiwell::internal::controller::ensemble::EnsembleEvent;
use multiwell::internal::controller::protocol::{NamedBytes, Reply, UserTable};
use multiwell::internal::plot::Panel;

/// A button, or a key that does the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// Runs or pauses, continues training where that is possible, and else begins again.
    Run,
    /// Runs or pauses; continues training past the last epoch where that is possible.
    Toggle,
    /// Trains one epoch.
    Step,
    /// Begins again from the same seed.
    Restart,
    /// Begins again from a new seed.
    NewSeed,
    /// Goes one step back: to the settings or the run before.
    Undo,
    /// Goes one step on again.
    Redo,
    /// Takes back what was done last: on a drawing the last stroke.
    UndoLast,
    /// Does that again.
    RedoLast,
    /// Pins the run that is shown.
    Pin,
    /// Does what the message offers.
    Recover,
    /// Closes the message.
    CloseMessage,
    /// Shows the other face of the page.
    SwitchFace,
    /// Lets the reader choose a file to open.
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
    /// Drops many particles.
    AddParticles,
    /// Takes all particles away.
    ClearParticles,
    /// Takes away the places that were chosen in a view.
    ClearPlaces,
    /// Shows all modes.
    ShowAllModes,
    /// Removes the modes that the slider has marked.
    Prune,
    /// Keeps the modes that the slider has marked.
    CancelPruning,
    /// Takes a tool for drawing into the hand.
    Take(Tool),
    /// Takes a tool for drawing into the hand, or puts it away.
    ToggleTool(Tool),
    /// Takes away the point of the drawing at the cursor.
    EraseAtCursor,
}

/// A slider that is not a setting's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slider {
    /// Temperature of the particles, 0 to 100.
    Temperature,
    /// Tilt of the landscape, -100 to 100.
    Tilt,
    /// Sharpness of the soft minimum: a hundred times its decimal logarithm.
    Sharpness,
    /// How many modes are removed.
    Pruning,
    /// The moment that is looked back to.
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

/// A run that the browser has kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeptRun {
    /// The fragment of its address.
    pub link: String,
    /// The user's own table, if it learns from one.
    pub table: Option<UserTable>,
    /// The text of its model file, where its link would not replay it, or not soon.
    pub model: Option<String>,
}

/// An event that may change the state.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one at a time")]
pub enum Action {
    /// The page has been built.
    Begin,
    /// A run that the browser has kept is to be shown again.
    OpenKept(KeptRun),
    /// A button or a key.
    Press(Button),
    /// A slider has been moved.
    Slide(Slider, f64),
    /// A text stands in the control of a setting and is to be applied.
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
    /// Another benchmark.
    Choose(String),
    /// The fragment of the address has changed.
    Follow(String),
    /// The reader has gone back or forward to the entry of a run, with its fragment.
    FollowTo(u32, String),
    /// The page is hidden or shown.
    Visible(bool),
    /// Preferences of the reader.
    Prefer {
        /// Whether colours are dark.
        dark: bool,
        /// Whether motion is reduced.
        reduced_motion: bool,
    },
    /// A message of a training worker, with its numbers.
    Reply(u32, Reply, Vec<f32>),
    /// A training worker could not be started, sent an unreadable message, is of another build, or has failed.
    WorkerFailed(u32, String),
    /// A training worker was ended without a message.
    WorkerEnded(u32),
    /// A message of an ensemble worker, with its numbers.
    Ensemble(EnsembleEvent, Vec<f32>),
    /// The button of the ensemble was pressed; the text is the number of runs in the field beside it.
    StartOrStopEnsemble(String),
    /// One of the seeds of the ensemble is to be shown.
    OpenSeed(u64),
    /// A tab was chosen, by its id.
    OpenTab(String),
    /// A slider or a choice of a view was moved to a position.
    SetControl(String, f64),
    /// A button of a view.
    PressControl(String),
    /// A slider of a view rests.
    ControlRests,
    /// The pointer is at a position in the units of the axes, or outside the plot area.
    Point(CanvasPicture, Option<(f64, f64)>, Pointer),
    /// Moves the cursor by hundredths of the axes, to the right and up.
    MoveCursor(CanvasPicture, Panel, (f64, f64)),
    /// Hides the cursor.
    HideCursor(CanvasPicture),
    /// Presses at the cursor of a plot: starts or ends a path, or puts a tool down or lifts it.
    PressAtCursor(CanvasPicture, Panel),
    /// Another part of a picture is to be shown.
    Zoom(CanvasPicture, Change),
    /// Ends the stroke on a picture.
    Lift(CanvasPicture),
    /// Ends the stroke on a picture without its effect.
    CancelStroke(CanvasPicture),
    /// A click on a picture of a size, at a pixel.
    Click(CanvasPicture, Panel, (f64, f64), (f64, f64)),
    /// Shows a pinned run again, by the index of its letter (0 for A).
    RestorePin(usize),
    /// Unpins a run, by the index of its letter (0 for A).
    RemovePin(usize),
    /// A mode is to be shown alone, or not any more.
    ToggleAlone(usize),
    /// Files were opened, dropped or pasted: their names and bytes.
    Opened(Vec<NamedBytes>),
    /// A large file was opened: its name and its beginning, and the number under which the page holds it.
    OpenedLarge(NamedBytes, u32),
    /// The file at this address has been fetched, or cannot be.
    Fetched(String, Result<Vec<u8>, String>),
    /// Another kind was chosen for a table.
    ChooseKind(String),
    /// The roles of a table's columns were chosen.
    ChooseParts(Vec<String>),
    /// A column that is computed of others was typed.
    AddColumn(String),
    /// Accepts the dialog about a table: the table is learnt.
    AcceptColumns,
    /// Closes the dialog about a table without learning the table.
    CancelColumns,
    /// Exports the fit as code.
    SaveCode {
        /// Name of the format.
        form: String,
        /// Whether the code computes the Hessian.
        hessian: bool,
    },
    /// The fit in that form is written: its bytes, how its file name ends and what it is; or a sentence says why it is not.
    Exported(Result<(Vec<u8>, String, String), String>),
    /// A picture is to be saved, by its name in the list.
    SavePicture {
        /// Its name.
        which: String,
        /// As what.
        form: Form,
        /// In dark colours (true), in light ones, or in those of the page.
        dark: Option<bool>,
        /// Pixels of a PNG file for each of the page's.
        scale: u32,
    },
    /// Shows a message.
    ShowMessage(String),
    /// Shows a message about an error.
    ShowError(String),
    /// The reader has clicked somewhere else than on the message.
    Elsewhere,
    /// The window or a picture has another size.
    Resized,
    /// The browser is about to draw.
    AnimationFrame,
}

impl Action {
    /// Whether the reader has asked for something, so that nothing is shown by itself any more.
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

    /// Whether it is so frequent that only its own effects update the document.
    pub fn is_frequent(&self) -> bool {
        match self {
            Self::Reply(_, reply, _) => matches!(reply, Reply::Frame { .. } | Reply::View { .. } | Reply::Path { .. }),
            Self::Ensemble(event, _) => matches!(event, EnsembleEvent::Progress { .. } | EnsembleEvent::Ready),
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
