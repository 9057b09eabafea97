//! The targets.

pub mod arrays;
pub mod drawings;
pub mod formulas;
pub mod links;
pub mod lists;
pub mod messages;
pub mod models;
pub mod tables;
