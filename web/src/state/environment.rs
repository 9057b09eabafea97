//! Circumstances in which the page is shown.

use super::face::Face;

/// State in which the first run is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FirstRun {
    /// It is trained at once.
    #[default]
    Running,
    /// It is paused until the reader starts it.
    Paused,
    /// It is trained at once, and hidden until it has ended.
    Finished,
}

/// Names of the states in addresses.
pub const FIRST_RUN_NAMES: [(&str, FirstRun); 3] =
    [("running", FirstRun::Running), ("paused", FirstRun::Paused), ("finished", FirstRun::Finished)];

/// Visible parts of the page. An embedded page shows a few parts and those that its address adds.
#[derive(Debug, Default)]
pub struct VisibleParts {
    /// True if the page is embedded in another document: no keys except Space, no menu.
    pub embedded: bool,
    /// Parts that the address adds.
    pub added: Vec<String>,
    /// Parts that the address removes.
    pub hidden: Vec<String>,
    /// State in which the first run is shown.
    pub start: FirstRun,
    /// Face with which the page opens.
    pub face: Face,
}

impl VisibleParts {
    /// Parts of an embedded page. Addresses call the controls of a view `knobs`.
    const EMBEDDED_PARTS: [&str; 6] = ["landscape", "knobs", "sketch", "run", "result", "numbers"];

    /// Returns true if a part is shown.
    pub fn shows(&self, part: &str) -> bool {
        let names = |parts: &[String]| parts.iter().any(|name| name == part);
        !names(&self.hidden) && (!self.embedded || Self::EMBEDDED_PARTS.contains(&part) || names(&self.added))
    }
}

/// Time and random number of an action.
#[derive(Clone, Copy, Debug, Default)]
pub struct ActionContext {
    /// Milliseconds since the page was opened.
    pub time: f64,
    /// A random number.
    pub random: u32,
}

/// The reader's environment: shown parts, preferences, visibility and time.
#[derive(Debug, Default)]
pub struct ReaderEnvironment {
    /// Visible parts of the page.
    pub parts: VisibleParts,
    /// True if the reader prefers dark colours.
    pub is_dark: bool,
    /// True if the reader prefers little motion.
    pub reduces_motion: bool,
    /// True if the browser hides the page.
    pub is_hidden: bool,
    /// Time and random number of the current action.
    pub now: ActionContext,
}
