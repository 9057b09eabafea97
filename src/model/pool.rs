//! Pool of values, each of which one thread at a time can use.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Idle values. Each thread uses a separate value, so their number is the maximum number of values in use at once.
#[derive(Debug)]
pub(crate) struct ValuePool<T>(Mutex<Vec<T>>);

impl<T> Default for ValuePool<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> ValuePool<T> {
    /// Calls `work` with an idle value for which `suits` is true, or with a new one.
    pub fn with<R>(&self, suits: impl Fn(&T) -> bool, new: impl FnOnce() -> T, work: impl FnOnce(&mut T) -> R) -> R {
        let idle = {
            let mut idle = self.idle();
            idle.iter().position(suits).map(|place| idle.swap_remove(place))
        };
        let mut tool = idle.unwrap_or_else(new);
        let result = work(&mut tool);
        self.idle().push(tool);
        result
    }

    /// Drops all idle values.
    pub fn clear(&mut self) {
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<T>> {
        // A panic cannot leave a half-changed value in the list, because values in use are removed from it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
