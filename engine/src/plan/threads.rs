//! How many threads run a plan: those of the rayon pool in which [`Plan::run`](super::Plan::run) is called, unless it is called in [`alone`].

use std::cell::Cell;

thread_local! {
    static ALONE: Cell<bool> = const { Cell::new(false) };
}

/// Calls `work`, in which each plan is run by the calling thread alone: where there are as many runs at once as threads, that is faster.
pub fn alone<R>(work: impl FnOnce() -> R) -> R {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            ALONE.set(self.0);
        }
    }
    let _before = Before(ALONE.replace(true));
    work()
}

/// Whether a plan that is run now may be shared out over threads.
pub(super) fn may_share() -> bool {
    !ALONE.get() && rayon::current_num_threads() > 1
}
