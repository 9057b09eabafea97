//! A potential learnt from its values or from its derivatives.

mod evaluation;
mod job;
mod landscape;
mod run;
pub mod settings;
mod shown;
mod source;
pub mod views;

pub use run::Run;
pub use source::{Source, target};
