//! Address bar: the fragment of the address contains all settings and follows every change.
//!
//! Scripts, links and the address bar change the fragment at once, but the event arrives later. The page therefore writes only
//! while the address still contains the fragment that the page followed or wrote last.

use std::cell::RefCell;

use web_sys::{Event, PopStateEvent};

use super::dom;
use super::events::send;
use crate::state::action::Action;

thread_local! {
    /// Fragment that was followed or written last.
    static KNOWN_FRAGMENT: RefCell<String> = const { RefCell::new(String::new()) };
    /// Prefix of this page's entries in the browser's history. Run numbers repeat after a reload.
    static ENTRY_PREFIX: String = format!("{:x} ", dom::chance());
}

/// Follows links within the page.
pub fn listen() {
    // Back and forward: this event precedes that of the fragment, which is then up to date.
    dom::on(&dom::window(), "popstate", |event: PopStateEvent| {
        let entry = event.state().as_string().unwrap_or_default();
        let run = ENTRY_PREFIX.with(|mine| entry.strip_prefix(mine.as_str()).and_then(|run| run.parse().ok()));
        if let Some(run) = run {
            KNOWN_FRAGMENT.set(fragment());
            send(Action::FollowTo(run, fragment()));
        }
    });
    // Each event is a separate task. An action sent here is handled at once, so the page writes nothing in between.
    dom::on(&dom::window(), "hashchange", |_: Event| {
        if let Some(fragment) = follow() {
            send(Action::Follow(fragment));
        }
    });
}

/// Fragment of the address if it has changed.
pub fn follow() -> Option<String> {
    let now = fragment();
    let known = KNOWN_FRAGMENT.replace(now.clone());
    (known != now).then_some(now)
}

/// Writes a fragment into the address. If `is_new`, adds an entry with the number of the run to the browser's history.
pub fn write(link: &str, run: u32, is_new: bool) {
    if fragment() != KNOWN_FRAGMENT.with_borrow(String::clone) {
        return;
    }
    let location = dom::window().location();
    let here = || location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
    let address = if link.is_empty() { here() } else { format!("#{link}") };
    if let Ok(history) = dom::window().history() {
        // The browser refuses this for local files and too frequent calls. The next change writes the link.
        let entry = ENTRY_PREFIX.with(|mine| format!("{mine}{run}")).into();
        let _ = if is_new {
            history.push_state_with_url(&entry, "", Some(&address))
        } else {
            history.replace_state_with_url(&entry, "", Some(&address))
        };
    }
    KNOWN_FRAGMENT.set(fragment());
}

/// Address of this page, not embedded, with a fragment.
pub fn shared(fragment: &str) -> String {
    let location = dom::window().location();
    let [origin, path] = [location.origin(), location.pathname()].map(Result::unwrap_or_default);
    let mark = if fragment.is_empty() { "" } else { "#" };
    format!("{origin}{path}{mark}{fragment}")
}

fn fragment() -> String {
    let hash = dom::window().location().hash().unwrap_or_default();
    hash.trim_start_matches('#').into()
}
