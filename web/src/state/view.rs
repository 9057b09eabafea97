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
    /// One of the run's own views; [`super::own_view`] holds its name.
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
    /// Pinned runs and the current run.
    Pinned,
    /// The table of the run's own view.
    ViewTable,
}

/// Names of the views in the link. Each of the run's own views has a separate name.
pub const VIEW_NAMES: [(&str, ViewId); 5] = [
    ("landscape", ViewId::Landscape),
    ("ensemble", ViewId::Ensemble),
    ("physics", ViewId::Physics),
    ("soft-minimum", ViewId::SoftMinimum),
    ("own", ViewId::Own),
];
/// Names of the panels in the link.
pub const PANEL_NAMES: [(&str, LowerPanel); 6] = [
    ("view", LowerPanel::ViewTable),
    ("wells", LowerPanel::Wells),
    ("modes", LowerPanel::Modes),
    ("stages", LowerPanel::Stages),
    ("pruning", LowerPanel::Pruning),
    ("pinned", LowerPanel::Pinned),
];

/// Built-in view with this name.
pub fn built_in(view: &str) -> Option<ViewId> {
    named(&VIEW_NAMES, view).filter(|view| *view != ViewId::Own)
}

/// Value with this name in a list.
pub fn named<T: Copy>(all: &[(&str, T)], name: &str) -> Option<T> {
    all.iter().find(|(known, _)| *known == name).map(|(_, choice)| *choice)
}

/// Name of a value in a list; empty if it is missing.
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
    /// Paths of the particles.
    Trace,
    /// Position of a minimum against the tilt.
    Loop,
    /// Parabolas and their soft minimum.
    Soft,
    /// A plot of one of the run's own views, by its number.
    Plot(usize),
}

/// All built-in pictures: the id of the canvas, the name for readers and files, and the views that show it.
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
