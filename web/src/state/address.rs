//! The fragment of the address, the entries of the browser's history and the stored runs.

use super::link::LinkView;

/// Last records of the page in the browser's history and in the browser's storage.
#[derive(Debug, Default)]
pub struct RunRecords {
    /// True if the browser's history has an entry for the current run. A run without one gets one.
    pub has_entry: bool,
    /// Run of the entry that was written last.
    pub entry_run: u32,
    /// Run that was stored last.
    pub stored_run: u32,
    /// Time at which a fit was stored last, in milliseconds.
    pub last_storage_ms: f64,
}

/// Address of the page: the last link, and the parts of a followed link that a run has not used.
#[derive(Debug, Default)]
pub struct PageAddress {
    /// Fragment that was followed or written last.
    pub link: String,
    /// View and panel of a followed link, until its run begins.
    pub requested_view: Option<LinkView>,
    /// True if the next requested run comes from a link or a model file of an older version of the recipe.
    pub is_older_recipe: bool,
    /// Records of the runs under their addresses.
    pub records: RunRecords,
}
