//! Phase of the page.

use multiwell::internal::controller::protocol::Status;

/// Phase of the page, `data-state` of the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// The module or the worker is being loaded.
    #[default]
    Loading,
    /// Waiting for the file of a link that does not contain its table.
    Awaiting,
    /// Training.
    Running,
    /// Waiting.
    Paused,
    /// Training has reached the last epoch or the requested loss.
    Finished,
    /// Training has diverged and was rolled back.
    Diverged,
    /// The worker has failed.
    Failed,
}

impl Phase {
    /// Phase of a run with this status.
    pub fn from_status(status: &Status) -> Self {
        match status {
            Status::Running => Self::Running,
            Status::Paused => Self::Paused,
            Status::Finished { .. } => Self::Finished,
            Status::Diverged { .. } => Self::Diverged,
        }
    }

    /// Value of `data-state`.
    pub fn name(self) -> String {
        format!("{self:?}").to_ascii_lowercase()
    }

    /// Returns true if no worker accepts requests.
    pub fn is_idle(self) -> bool {
        matches!(self, Self::Loading | Self::Awaiting | Self::Failed)
    }

    /// Returns true if training has ended without a request.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Diverged)
    }
}
