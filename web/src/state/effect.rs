//! Effects: everything that the reducer asks of the browser.

use super::export::PictureSheet;
use super::face::Face;
use multiwell::internal::controller::ensemble::EnsembleTask;
use multiwell::internal::controller::protocol::{Request, UserTable};

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
    /// Train these runs on workers of an ensemble, at most `workers` of them.
    StartPool {
        /// Most workers.
        workers: usize,
        /// The runs.
        tasks: Vec<EnsembleTask>,
    },
    /// End the workers of the ensemble.
    StopPool,
    /// Put this fragment into the address, unless it holds one that has not been followed yet.
    WriteLink {
        /// The fragment.
        link: String,
        /// The run that is shown.
        run: u32,
        /// Whether as a new entry of the browser's history, to which the reader can go back.
        is_new: bool,
    },
    /// Fetch the file at this address, which is relative to the page.
    Fetch(String),
    /// Let the document show the state: everything but the canvases.
    Show,
    /// Let the number line, the status and the tables show the newest frame.
    Numbers,
    /// Ask the browser for an animation frame.
    Draw,
    /// Draw the canvases.
    Paint,
    /// Offer bytes as a file.
    Download {
        /// The file's name.
        name: String,
        /// Its media type; empty if it has none.
        kind: &'static str,
        /// Its contents.
        bytes: Vec<u8>,
    },
    /// Show the numbers of a picture of this name, given as CSV, as tables.
    ShowNumbers(String, String),
    /// Write the model in the text of a model file in another form.
    Export {
        /// The text.
        model: String,
        /// The name of the form.
        form: String,
        /// Whether with the Hessian.
        hessian: bool,
    },
    /// Draw pictures into a PNG file and offer it.
    SaveImage {
        /// The pictures.
        sheet: PictureSheet,
        /// Whether in dark colours.
        is_dark: bool,
        /// Pixels of the file for each of the page's.
        scale: u32,
    },
    /// Keep the run of this number in the browser, with its link, and where it is new with its table.
    Keep {
        /// The run.
        run: u32,
        /// Title.
        title: String,
        /// The fragment of its address.
        link: String,
        /// The user's own table, of a run that is kept for the first time.
        table: Option<UserTable>,
    },
    /// Keep the text of the model file of a run with it.
    KeepFit(u32, String),
    /// Copy the address of the page, and say so.
    Share(&'static str),
    /// Remember this face for the next visit.
    StoreFace(Face),
    /// Open the dialog with this id.
    OpenDialog(&'static str),
    /// Let the reader choose a file to open.
    ChooseFile,
    /// Announce a text to screen readers.
    Announce(String),
    /// Load the page anew.
    Reload,
}
