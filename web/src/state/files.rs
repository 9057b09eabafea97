//! Files that the reader or a link has opened, until a run learns from them.

use super::columns::ColumnChoice;
use super::effect::Effect;
use multiwell::internal::controller::protocol::NamedBytes;
use multiwell::internal::problem::settings::Settings;

/// Worker that inspects files.
#[derive(Clone, Debug)]
pub struct FileReader {
    /// Number of the worker.
    pub worker: u32,
    /// Files to inspect, until the worker has received them.
    pub unsent: Vec<NamedBytes>,
}

/// Files that are being opened, from the first byte to the choice of the columns.
#[derive(Debug, Default)]
pub struct OpenedFiles {
    /// Worker that inspects the files.
    pub reader: Option<FileReader>,
    /// Number of the large file that is being inspected; 0 for files that are not large.
    pub large_file: u32,
    /// Address of the table that a link names and that is being fetched, with the settings of the link.
    pub linked_table: Option<(String, Settings)>,
    /// Table whose columns are being chosen.
    pub columns: Option<ColumnChoice>,
}

impl OpenedFiles {
    /// Whether a worker inspects the files.
    pub fn is_reader(&self, worker: u32) -> bool {
        self.reader.as_ref().is_some_and(|reader| reader.worker == worker)
    }

    /// Removes the reader. Returns the effect that ends its worker.
    pub fn stop_reader(&mut self) -> Option<Effect> {
        self.reader.take().map(|reader| Effect::Terminate(reader.worker))
    }
}
