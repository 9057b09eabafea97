//! Files that the reader or a link has opened, until a run uses them.

use super::columns::ColumnChoice;
use super::effect::Effect;
use super::link::LinkView;
use multiwell::internal::controller::protocol::Request;
use multiwell::internal::problem::settings::Settings;

/// Worker that inspects files or draws short fits of them.
#[derive(Clone, Debug)]
pub struct FileWorker {
    /// Number of the worker.
    pub worker: u32,
    /// Requests that wait until the worker is ready.
    pub unsent: Vec<Request>,
}

/// Files that are being opened, from reading to the choice of the columns.
#[derive(Debug, Default)]
pub struct OpenedFiles {
    /// Worker that inspects the files.
    pub reader: Option<FileWorker>,
    /// Worker that draws a short fit of each way to read the table.
    pub artist: Option<FileWorker>,
    /// Number of the large file that is being inspected; 0 for files that are not large.
    pub large_file: u32,
    /// Address of the table that a link names and that is being fetched, with the settings of the link.
    pub linked_table: Option<(String, Settings)>,
    /// Settings and view of a link whose table the reader has to open.
    pub awaited: Option<(Settings, LinkView)>,
    /// Table whose columns are being chosen.
    pub columns: Option<ColumnChoice>,
}

impl OpenedFiles {
    /// Worker with this number, if it inspects or draws files.
    pub fn worker(&mut self, number: u32) -> Option<&mut FileWorker> {
        [&mut self.reader, &mut self.artist].into_iter().flatten().find(|known| known.worker == number)
    }
}

/// Removes a worker. Returns the effect that ends it.
pub fn stop(worker: &mut Option<FileWorker>) -> Option<Effect> {
    worker.take().map(|known| Effect::Terminate(known.worker))
}
