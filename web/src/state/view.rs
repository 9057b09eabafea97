//! The views (tabs above the pictures) and panels (tabs below the numbers), with their names in the link, and the pictures of each view.

/// Content of the large picture and the two below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ViewId {
    /// The landscape and the histories of the run.
    #[default]
    Landscape,
    /// The fits of many seeds, their losses and counts.
    Ensemble,
    /// The landscape with particles on it, their paths and the hysteresis of a tilt.
    Physics,
    /// Parabolas and their soft minimum.
    SoftMinimum,
    /// One of the views that the run itself has; which one, [`super::own_view`] knows.
    Own,
}

/// Content below the number line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LowerPanel {
    /// Minima beside those of the truth.
    #[default]
    Wells,
    /// Classes of the modes.
    Modes,
    /// The stages of the recipe.
    Stages,
    /// The slider that removes modes.
    Pruning,
    /// Pinned runs beside the one that is shown.
    Pinned,
    /// The table of the run's own view.
    ViewId,
}

/// The views by their names in the link. The run's own views have names of their own there.
pub const VIEW_NAMES: [(&str, ViewId); 5] = [
    ("landscape", ViewId::Landscape),
    ("ensemble", ViewId::Ensemble),
    ("physics", ViewId::Physics),
    ("soft-minimum", ViewId::SoftMinimum),
    ("own", ViewId::Own),
];
/// The panels by their names in the link.
pub const PANEL_NAMES: [(&str, LowerPanel); 6] = [
    ("view", LowerPanel::ViewId),
    ("wells", LowerPanel::Wells),
    ("modes", LowerPanel::Modes),
    ("stages", LowerPanel::Stages),
    ("pruning", LowerPanel::Pruning),
    ("pinned", LowerPanel::Pinned),
];

/// The view of this name, if it is not one of the run's own.
pub fn built_in(view: &str) -> Option<ViewId> {
    named(&VIEW_NAMES, view).filter(|view| *view != ViewId::Own)
}

/// The choice of this name.
pub fn named<T: Copy>(all: &[(&str, T)], name: &str) -> Option<T> {
    all.iter().find(|(known, _)| *known == name).map(|(_, choice)| *choice)
}

/// The name of a choice.
pub fn name<T: PartialEq>(all: &[(&'static str, T)], one: &T) -> &'static str {
    all.iter().find(|(_, choice)| choice == one).map_or("", |(name, _)| name)
}

/// A picture on a canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanvasPicture {
    /// The landscape.
    Landscape,
    /// Loss and counts.
    Loss,
    /// Gates and sharpness.
    Gates,
    /// Small fits of many seeds.
    Fits,
    /// The losses of the seeds.
    Losses,
    /// The counts of the seeds.
    Counts,
    /// Where particles have been.
    Trace,
    /// A minimum against the tilt.
    Loop,
    /// Parabolas and their soft minimum.
    Soft,
    /// A plot of one of the run's own views, by its number.
    Plot(usize),
}

/// Every picture that the page knows: the id of its canvas, its name for people and for files, and the views that show it.
pub const PICTURE_LIST: [(CanvasPicture, &str, &str, &[ViewId]); 9] = [
    (CanvasPicture::Landscape, "plot-landscape", "landscape", &[ViewId::Landscape, ViewId::Physics]),
    (CanvasPicture::Fits, "plot-fits", "fits", &[ViewId::Ensemble]),
    (CanvasPicture::Soft, "plot-soft", "soft minimum", &[ViewId::SoftMinimum]),
    (CanvasPicture::Loss, "plot-loss", "loss", &[ViewId::Landscape, ViewId::SoftMinimum, ViewId::Own]),
    (CanvasPicture::Gates, "plot-gates", "gates", &[ViewId::Landscape, ViewId::SoftMinimum, ViewId::Own]),
    (CanvasPicture::Losses, "plot-losses", "losses", &[ViewId::Ensemble]),
    (CanvasPicture::Counts, "plot-counts", "counts", &[ViewId::Ensemble]),
    (CanvasPicture::Trace, "plot-trace", "paths", &[ViewId::Physics]),
    (CanvasPicture::Loop, "plot-loop", "hysteresis", &[ViewId::Physics]),
];
