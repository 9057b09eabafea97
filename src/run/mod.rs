//! A training run and everything that is said about it, with no browser and no terminal in it.
//!
//! [`settings`] names every knob once, with its limits; [`link`] writes settings into a URL's fragment and reads them back;
//! [`protocol`] is what page and worker say to one another; [`report`] is what a fit is judged by; [`training`] holds the
//! run itself, which can be stepped by any number of epochs; [`ensemble`] trains many at once; [`speed`] says how long it takes.
//! [`benchmarks`] lists what can be trained, [`job`] says what all of it has in common;
//! [`density`] fits a density over time, [`metamaterial`] a material with
//! memory.

pub mod benchmarks;
pub mod courses;
pub mod density;
pub mod desk;
pub mod ensemble;
mod forces;
pub mod form;
pub mod job;
mod judge;
pub mod link;
pub mod metamaterial;
mod pace;
mod paper;
pub mod protocol;
mod reliable;
pub mod report;
pub mod settings;
pub mod speed;
mod tools;
pub mod training;

pub use job::Job;
pub use report::{Report, StageNote};
pub use settings::{Problem, Settings};
pub use training::{Run, Source, State};
