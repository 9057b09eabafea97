//! Actions: everything that can change the state of the page.

use super::export::Form;
use super::sketch::Tool;
use super::view::Picture;
use super::zoom::Change;
use multiwell::controller::ensemble::EnsembleEvent;
use multiwell::controller::protocol::{File, Reply, Table};
use multiwell::plot::Panel;

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
    /// Drops many balls.
    ManyBalls,
    /// Takes all balls away.
    NoBalls,
    /// Takes away the places that were chosen in a view.
    ClearPlaces,
    /// Shows all modes.
    ShowAllModes,
    /// Removes the modes that the slider has marked.
    Prune,
    /// Keeps the modes that the slider has marked.
    CancelPruning,
    /// Takes a tool for drawing into the hand, or puts it away.
    Take(Tool),
    /// Goes back to the drawing before.
    UndoDrawing,
    /// Goes on again to the drawing after.
    RedoDrawing,
    /// Takes away the point of the drawing at the cursor.
    EraseAtCursor,
}

/// A slider that is not a setting's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slider {
    /// Temperature of the balls, 0 to 100.
    Temperature,
    /// Tilt of the landscape, -100 to 100.
    Tilt,
    /// Sharpness of the soft minimum: a hundred times its decimal logarithm.
    Sharpness,
    /// How many modes are removed.
    Pruning,
    /// The moment that is looked back to.
    Past,
}

/// A run that the browser has kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// The fragment of its address.
    pub link: String,
    /// The user's own table, if it learns from one.
    pub table: Option<Table>,
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
    OpenKept(Kept),
    /// A button or a key.
    Press(Button),
    /// A slider has been moved.
    Slide(Slider, f64),
    /// A text stands in the control of a setting and is to be applied.
    Commit(&'static str, String),
    /// A text is being typed into the control of a setting.
    Typed(&'static str, String),
    /// The text of a control is given up, or, if so said, the control is left.
    Restore(&'static str, bool),
    /// The slider of a setting has been moved to a value, and may rest there.
    SlideSetting(&'static str, f64, bool),
    /// Another benchmark.
    Choose(String),
    /// The fragment of the address has changed.
    Follow(String),
    /// The reader has gone back or forward to the entry of a run, with its fragment.
    FollowTo(u32, String),
    /// The page is hidden or shown.
    Visible(bool),
    /// The reader prefers dark colours; little motion.
    Prefer(bool, bool),
    /// A message of a training worker, with its numbers.
    Reply(u32, Reply, Vec<f32>),
    /// A training worker could not be started, sent an unreadable message, or has failed.
    WorkerFailed(u32, String),
    /// A training worker is of another build than the page.
    Stale(u32),
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
    /// The reader points at a place, or away; and begins (true) a path there or goes on with it (false).
    Point(Picture, Option<(f64, f64)>, Option<bool>),
    /// A key moves the cursor by hundredths of the axes; takes it away if the step to the right is not a number, and presses where it is if
    /// the step up is not.
    Nudge(Picture, Panel, (f64, f64)),
    /// Another part of a picture is to be shown.
    Zoom(Picture, Change),
    /// The pointer is lifted off a picture, or, if so said, taken away from it.
    Lift(Picture, bool),
    /// A click on a picture of a size, at a pixel.
    Click(Picture, Panel, (f64, f64), (f64, f64)),
    /// A pinned run is to be shown again, or, if so said, to be pinned no more: its letter, 0 for A.
    Pinned(usize, bool),
    /// A mode is to be shown alone, or not any more.
    ToggleAlone(usize),
    /// Files were opened, dropped or pasted: their names and bytes.
    Opened(Vec<File>),
    /// A large file was opened: its name and its beginning, and the number under which the page holds it.
    OpenedLarge(File, u32),
    /// The file at this address has been fetched, or cannot be.
    Fetched(String, Result<Vec<u8>, String>),
    /// Another kind was chosen for a table.
    ChooseKind(String),
    /// The roles of a table's columns were chosen.
    ChooseParts(Vec<String>),
    /// A column that is computed of others was typed.
    AddColumn(String),
    /// The dialog about a table was closed, and whether the table is to be learnt.
    CloseColumns(bool),
    /// Exports are near: what writes them is loaded.
    PrepareExports,
    /// The fit is to be saved in the form of this name, with the Hessian or without it.
    SaveCode(String, bool),
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
    /// A message to be shown, and whether it is about an error.
    Say(String, bool),
    /// The reader has clicked somewhere else than on the message.
    Elsewhere,
    /// The window or a picture has another size.
    Resized,
    /// The browser is about to draw.
    AnimationFrame,
}

impl Action {
    /// Whether it is so frequent that only its own effects update the document.
    pub fn is_frequent(&self) -> bool {
        match self {
            Self::Reply(_, reply, _) => matches!(reply, Reply::Frame { .. } | Reply::View { .. } | Reply::Path { .. }),
            Self::Ensemble(event, _) => matches!(event, EnsembleEvent::Progress { .. } | EnsembleEvent::Ready),
            Self::Point(..) | Self::Nudge(..) | Self::Zoom(..) | Self::Resized | Self::AnimationFrame => true,
            _ => false,
        }
    }
}
