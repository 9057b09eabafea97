//! Figures of a paper: curves, dots and bands in one plot area ([`Chart`]), and what the paper's figures and the study make of it
//! ([`paper`], [`study`]).
//!
//! The landscape of a fit is [`super::Landscape`], its gates and sharpness are [`super::Gates`]; Figures 3 and 4 are these.

mod chart;
mod learning_curves;
pub mod paper;
pub mod study;

pub use chart::{Chart, Layer, Shape, Tone};
pub use learning_curves::LearningCurves;
