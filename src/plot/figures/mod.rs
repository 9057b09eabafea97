//! Figures for publication: curves, dots and bands in one plot area ([`Chart`]), the figures of the paper and those of the study
//! ([`paper`], [`study`]).
//!
//! [`super::LandscapeFigure`] shows the landscape of a fit, [`super::Gates`] its gates and sharpness. Figures 3 and 4 of the paper consist
//! of these.

pub(super) mod chart;
mod learning_curves;
pub mod paper;
pub mod study;

pub use chart::{Chart, ChartLayer, MarkShape, Strip, Tone};
pub use learning_curves::LearningCurves;
