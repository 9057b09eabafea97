//! Choice of the view, of the panel below it and of their contents.

use super::face::Face;
use super::link::LinkView;
use super::own_view::OwnView;
use super::view::{LowerPanel, PANEL_NAMES, VIEW_NAMES, ViewId, built_in, name, named};

/// The reader's choice of what the page shows of a run.
#[derive(Debug, Default)]
pub struct ViewChoice {
    /// Face of the page.
    pub face: Face,
    /// Current view.
    pub current: ViewId,
    /// The run's own views.
    pub own: OwnView,
    /// Panel that the reader has chosen.
    pub panel: Option<LowerPanel>,
    /// Position of the slider for the sharpness of the soft minimum.
    pub sharpness: f64,
    /// Number of the recorded state that was requested, until it has arrived.
    pub awaited_state: Option<usize>,
    /// View and panel of the last layout.
    pub last_layout: Option<(String, LowerPanel)>,
}

impl ViewChoice {
    /// Choice before the first run, from a link. `face` is the default face.
    pub fn from_link(shown: &LinkView, face: Face) -> Self {
        let current = built_in(&shown.view).unwrap_or_default();
        Self { face: shown.face.unwrap_or(face), current, panel: shown.panel, sharpness: 70.0, ..Self::default() }
    }

    /// Returns true if one of the run's own views is shown.
    pub fn is_own(&self) -> bool {
        self.current == ViewId::Own
    }

    /// Name of the current view in the link.
    pub fn name(&self) -> &str {
        if self.is_own() { &self.own.chosen.view } else { name(&VIEW_NAMES, &self.current) }
    }

    /// Returns true if the current view has a table.
    pub fn has_own_table(&self) -> bool {
        self.is_own() && !self.own.seen.table.head.is_empty()
    }

    /// Sharpness of the soft minimum, 1 to 1000.
    pub fn rho(&self) -> f64 {
        10f64.powf(self.sharpness / 100.0)
    }

    /// Switches to the view with this name in the link.
    pub fn go_to(&mut self, view: &str) {
        self.current = built_in(view).unwrap_or(ViewId::Own);
        if self.is_own() {
            self.own.go_to(view);
        }
    }

    /// Opens the view or the panel of the tab with this id.
    pub fn open_tab(&mut self, id: &str) {
        if let Some(view) = id.strip_prefix("view-") {
            self.go_to(view);
        }
        if let Some(panel) = id.strip_prefix("panel-").and_then(|name| named(&PANEL_NAMES, name)) {
            self.panel = Some(panel);
        }
    }

    /// Restores view, panel and controls of a link. `first` is the default view.
    pub fn restore(&mut self, LinkView { face, view, panel, controls, .. }: LinkView, first: &str) {
        self.face = face.unwrap_or(self.face);
        self.panel = panel;
        self.go_to(if view.is_empty() { first } else { &view });
        if self.is_own() {
            self.own.chosen.controls = controls;
        }
    }

    /// Part of the link about view, panel and controls, for a table at this address.
    pub fn link_view(&self, data: Option<String>) -> LinkView {
        let controls = if self.is_own() { self.own.chosen.controls.clone() } else { Vec::new() };
        LinkView { face: Some(self.face), view: self.name().into(), panel: self.panel, controls, data, is_older: false }
    }
}
