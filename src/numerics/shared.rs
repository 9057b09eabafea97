//! Independent calculations that threads share.

#[cfg(feature = "threads")]
use multiwell_engine::plan::threads::{join, may_share};
#[cfg(feature = "threads")]
use ndarray::parallel::prelude::{IntoParallelIterator, ParallelIterator};

/// Results of `work` for the items, in their order.
pub fn map_shared<I: Send, R: Send>(items: Vec<I>, work: impl Fn(I) -> R + Send + Sync) -> Vec<R> {
    #[cfg(feature = "threads")]
    if items.len() > 1 && may_share() {
        return items.into_par_iter().map(work).collect();
    }
    items.into_iter().map(work).collect()
}

/// Calls both functions, on two threads if there are several.
pub fn both_shared<A: Send, B: Send>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B + Send) -> (A, B) {
    #[cfg(feature = "threads")]
    return join(first, second);
    #[cfg(not(feature = "threads"))]
    (first(), second())
}
