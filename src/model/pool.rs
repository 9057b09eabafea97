//! Tools that one thread at a time can use, lent to whoever asks.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Tools that no call is using. Each thread works with one of its own; as many are made as are in use at once.
#[derive(Debug)]
pub(crate) struct Pool<T>(Mutex<Vec<T>>);

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Pool<T> {
    /// Works with an idle tool that `suits`, or with a new one.
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

    /// Forgets all tools.
    pub fn clear(&mut self) {
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<T>> {
        // What is in the list is whole: tools are taken out while they work.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
