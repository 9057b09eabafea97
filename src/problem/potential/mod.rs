//! A potential learnt from its values or from its derivatives.

mod course;
mod evaluation;
mod job;
mod landscape;
mod run;
mod shown;
mod source;
pub mod views;

pub use job::Viewed;
pub use run::{Run, State};
pub use source::{Source, target};
