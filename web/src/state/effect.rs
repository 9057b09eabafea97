//! Effects: tasks that the reducer gives to the browser.

use super::export::PictureSheet;
use super::face::Face;
use multiwell::internal::controller::ensemble::EnsembleTask;
use multiwell::internal::controller::protocol::{ExportForm, Request, UserTable};

/// A task for the browser.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "few, and soon carried out")]
pub enum Effect {
    /// Start a training worker of this number.
    Launch(u32),
    /// Post a request to a training worker.
    Post(u32, Request),
    /// End a training worker.
    Terminate(u32),
    /// Train these runs on workers of an ensemble.
    StartPool(Vec<EnsembleTask>),
    /// End the workers of the ensemble.
    StopPool,
    /// Write this fragment into the address, unless the address holds one that has not been followed yet.
    WriteLink {
        /// The fragment.
        link: String,
        /// Number of the current run.
        run: u32,
        /// True if to add a new entry to the browser's history.
        is_new: bool,
    },
    /// Fetch the file at this address, which is relative to the page.
    Fetch(String),
    /// Update the document, except the canvases.
    Show,
    /// Update the number line, the status and the tables from the newest frame.
    Numbers,
    /// Request an animation frame.
    Draw,
    /// Draw the canvases.
    Paint,
    /// Offer bytes as a file.
    Download {
        /// Name of the file.
        name: String,
        /// Media type; empty if unknown.
        kind: &'static str,
        /// Contents of the file.
        bytes: Vec<u8>,
    },
    /// Show the numbers of a picture as tables: its name and its CSV text.
    ShowNumbers(String, String),
    /// Export the model in the text of a model file.
    Export(String, ExportForm),
    /// Draw pictures into a PNG file and offer it.
    SaveImage {
        /// The pictures.
        sheet: PictureSheet,
        /// True if to use dark colours.
        is_dark: bool,
        /// Scale: pixels of the file per CSS pixel.
        scale: u32,
    },
    /// Store a run in the browser with its link, and with its table if the run is new.
    Keep {
        /// Number of the run.
        run: u32,
        /// Title.
        title: String,
        /// Fragment of its address.
        link: String,
        /// The user's own table, if the run is stored for the first time.
        table: Option<UserTable>,
    },
    /// Store the text of the model file of a run.
    KeepFit(u32, String),
    /// Copy the address of the page, and show this message.
    Share(&'static str),
    /// Remember this face for the next visit.
    StoreFace(Face),
    /// Open the dialog with this id.
    OpenDialog(&'static str),
    /// Open the file dialog of the browser.
    ChooseFile,
    /// Announce a text to screen readers.
    Announce(String),
    /// Reload the page.
    Reload,
}
