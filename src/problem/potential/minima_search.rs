//! Search for minima from one evaluated state to the next.

use super::evaluation::SearchStarts;
use crate::landscape::Minimum;

/// State of the search for minima from one evaluated state to the next.
#[derive(Default)]
pub(super) struct MinimaSearch {
    /// Positions of the minima found last, concatenated.
    known: Vec<f64>,
    /// Number of searches from these and a few other points.
    searches: usize,
}

impl MinimaSearch {
    /// Starting points at the known minima, and at a few other points if requested.
    pub(super) fn starts(&self, has_others: bool) -> SearchStarts {
        SearchStarts::Near(self.known.clone(), has_others.then_some(self.searches))
    }

    pub(super) fn record(&mut self, search: &SearchStarts, minima: &[Minimum]) {
        self.searches += usize::from(matches!(search, SearchStarts::Near(known, Some(_)) if !known.is_empty()));
        self.set_known(minima);
    }

    pub(super) fn set_known(&mut self, minima: &[Minimum]) {
        self.known = minima.iter().flat_map(|m| m.x.iter().copied()).collect();
    }
}
