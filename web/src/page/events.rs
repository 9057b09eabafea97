//! The way from an event of the browser to the reducer: one action at a time, in order.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::state::action::Action;

thread_local! {
    static ACTION_QUEUE: RefCell<VecDeque<Action>> = const { RefCell::new(VecDeque::new()) };
    static ACTION_HANDLER: Cell<Option<fn()>> = const { Cell::new(None) };
}

/// Calls `handler` whenever there are actions to [`take`].
pub fn handle_by(handler: fn()) {
    ACTION_HANDLER.set(Some(handler));
}

/// Puts an action at the end of the queue. It is handled now, or, where an event has come in the middle of another, right after that.
pub fn send(action: Action) {
    ACTION_QUEUE.with_borrow_mut(|queue| queue.push_back(action));
    if let Some(handler) = ACTION_HANDLER.get() {
        handler();
    }
}

/// The next action.
pub fn next_action() -> Option<Action> {
    ACTION_QUEUE.with_borrow_mut(VecDeque::pop_front)
}
