//! Settings in a URL's fragment: `benchmark=cosine-well&modes=10&...`, shortest form that gives the same numbers back.

use super::settings::{Problem, Settings};

/// Writes every setting that differs from the default.
pub fn write(_settings: &Settings) -> String {
    todo!()
}

/// Reads a fragment. What is out of range is clamped, what makes no sense is left at its default, what is unknown is
/// passed over: each with a sentence.
pub fn read(_fragment: &str) -> (Settings, Vec<Problem>) {
    todo!()
}
