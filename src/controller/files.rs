//! Runs on excerpts of large files, and the reading of the whole files.

use super::preview::{Preview, PreviewInputs};
use super::protocol::{Reply, Request, UserTable};
use super::{Active, Controller, Numbered};
use crate::problem::InvalidSetting;
use crate::problem::settings::Settings;

impl Controller {
    /// Starts a run on an excerpt of a table in a large file of `bytes` bytes. An unusable excerpt starts no run, because
    /// the whole table may be usable.
    pub fn start_excerpt(
        &mut self,
        run: u32,
        settings: Settings,
        (excerpt, bytes): (&UserTable, u64),
        running: bool,
    ) -> Option<Vec<Numbered>> {
        let given = PreviewInputs { settings, table: Some(excerpt.clone()), model: None };
        let job = given.open().ok()?;
        let preview = Some(Preview::Awaiting { given: Box::new(given), read: [0, bytes] });
        Some(self.show(Active { preview, ..Active::new(run, job, running) }))
    }

    /// Number of the file that the shown run still requires.
    pub fn awaited(&self) -> Option<u32> {
        match &self.active.as_ref()?.preview {
            Some(Preview::Awaiting { given, .. }) => given.table.as_ref().map(|table| table.held),
            _ => None,
        }
    }

    /// Returns true if the answer to a request requires the whole file.
    pub fn needs_all(&self, request: &Request) -> bool {
        self.awaited().is_some() && needs_whole_table(request)
    }

    /// Records the number of bytes read and the size of the file.
    pub fn set_read_bytes(&mut self, bytes: [u64; 2]) {
        if let Some(Preview::Awaiting { read, .. }) = self.active.as_mut().and_then(|active| active.preview.as_mut()) {
            *read = bytes;
        }
    }

    /// Accepts the bytes of the file, or the reason for their absence.
    pub fn take_file(&mut self, bytes: Result<Vec<u8>, &str>) -> Vec<Numbered> {
        let Some(active) = &mut self.active else { return Vec::new() };
        active.preview = match active.preview.take() {
            Some(Preview::Awaiting { mut given, .. }) => match (bytes, &mut given.table) {
                (Ok(bytes), Some(table)) => {
                    table.fill(bytes);
                    Some(Preview::Reading(given))
                }
                (Err(why), _) => Some(Preview::Refused(vec![InvalidSetting::new("", why)])),
                (Ok(_), None) => None,
            },
            other => other,
        };
        active.training &= !matches!(active.preview, Some(Preview::Refused(_)));
        self.refusal().into_iter().collect()
    }

    /// Returns true if the shown run is a preview of a table that is not yet read.
    pub fn has_to_read(&self) -> bool {
        self.active.as_ref().is_some_and(|active| matches!(active.preview, Some(Preview::Reading(_))))
    }

    /// Reads the table of the shown preview, if there is one, and starts its run.
    pub fn read(&mut self) -> Vec<Numbered> {
        let Some(active) = self.active.as_mut() else { return Vec::new() };
        let given = match active.preview.take() {
            Some(Preview::Reading(given)) => given,
            other => {
                active.preview = other;
                return Vec::new();
            }
        };
        match given.open() {
            Ok(job) => {
                *active = Active::new(active.number, job, active.training);
                self.scene_and_notes()
            }
            Err(problems) => {
                (active.training, active.preview) = (false, Some(Preview::Refused(problems)));
                self.refusal().into_iter().collect()
            }
        }
    }

    /// Error of a preview whose table is unusable.
    pub(super) fn refusal(&self) -> Option<Numbered> {
        let active = self.active.as_ref()?;
        let Some(Preview::Refused(problems)) = &active.preview else { return None };
        Some((Reply::Refused { run: active.number, problems: problems.clone() }, None))
    }
}

/// Returns true if a request needs the run on the whole table rather than its preview.
pub(super) fn needs_whole_table(request: &Request) -> bool {
    !matches!(
        request,
        Request::Start { .. }
            | Request::Recall(_)
            | Request::Forget(_)
            | Request::ViewState(_)
            | Request::Visible(_)
            | Request::LimitSpeed(_)
            | Request::Inspect(_)
            | Request::Go
            | Request::Pause
    )
}
