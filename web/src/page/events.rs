//! Queue of actions from the events of the browser. The reducer handles one action at a time, in order.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::state::action::Action;

thread_local! {
    static ACTION_QUEUE: RefCell<VecDeque<Action>> = const { RefCell::new(VecDeque::new()) };
    static ACTION_HANDLER: Cell<Option<fn()>> = const { Cell::new(None) };
}

/// Sets the handler that is called when actions are queued. It takes them by [`next_action`].
pub fn handle_by(handler: fn()) {
    ACTION_HANDLER.set(Some(handler));
}

/// Queues an action. It is handled now or, during another action, right after that one.
pub fn send(action: Action) {
    ACTION_QUEUE.with_borrow_mut(|queue| queue.push_back(action));
    if let Some(handler) = ACTION_HANDLER.get() {
        handler();
    }
}

/// Removes the next action from the queue.
pub fn next_action() -> Option<Action> {
    ACTION_QUEUE.with_borrow_mut(VecDeque::pop_front)
}
