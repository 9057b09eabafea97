//! The address bar: its fragment holds every setting and follows every change.
//!
//! The page never writes over a fragment that it has not followed: scripts, links and the address bar change the fragment at once, while the
//! event that tells of it comes later. So it writes only where the address still holds the fragment that it followed or wrote last.

use std::cell::RefCell;

use web_sys::{Event, PopStateEvent};

use super::dom;
use super::events::send;
use crate::state::action::Action;

thread_local! {
    /// The fragment that was followed or written last.
    static KNOWN_FRAGMENT: RefCell<String> = const { RefCell::new(String::new()) };
    /// Prefix of this page's entries in the browser's history: runs of the page before a reload had the same numbers.
    static ENTRY_PREFIX: String = format!("{:x} ", dom::chance());
}

/// Follows the fragment that the page begins with.
pub fn first() -> String {
    follow().unwrap_or_default()
}

/// Follows links within the page.
pub fn listen() {
    // Back and forward: the event comes before that of the fragment, which is then known.
    dom::on(&dom::window(), "popstate", |event: PopStateEvent| {
        let entry = event.state().as_string().unwrap_or_default();
        let run = ENTRY_PREFIX.with(|mine| entry.strip_prefix(mine.as_str()).and_then(|run| run.parse().ok()));
        if let Some(run) = run {
            KNOWN_FRAGMENT.set(fragment());
            send(Action::FollowTo(run, fragment()));
        }
    });
    // Events are tasks of their own: whatever is sent here is handled at once, so that nothing is written in between.
    dom::on(&dom::window(), "hashchange", |_: Event| {
        if let Some(fragment) = follow() {
            send(Action::Follow(fragment));
        }
    });
}

/// The fragment, if it is another than the page knows.
fn follow() -> Option<String> {
    let now = fragment();
    let known = KNOWN_FRAGMENT.replace(now.clone());
    (known != now).then_some(now)
}

/// Puts a fragment into the address, if `is_new` with an entry of its own in the history; an entry knows its run.
pub fn write(link: &str, run: u32, is_new: bool) {
    if fragment() != KNOWN_FRAGMENT.with_borrow(String::clone) {
        return;
    }
    let address = if link.is_empty() { location(false) } else { format!("#{link}") };
    if let Ok(history) = dom::window().history() {
        // Refused where the page is a file or the browser is flooded; the link is then only late.
        let entry = ENTRY_PREFIX.with(|mine| format!("{mine}{run}")).into();
        let _ = if is_new {
            history.push_state_with_url(&entry, "", Some(&address))
        } else {
            history.replace_state_with_url(&entry, "", Some(&address))
        };
    }
    KNOWN_FRAGMENT.set(fragment());
}

/// The address of this page with its settings; without `?embed` if `full`.
pub fn address(full: bool) -> String {
    let origin = dom::window().location().origin().unwrap_or_default();
    let fragment = fragment();
    let mark = if fragment.is_empty() { "" } else { "#" };
    format!("{origin}{}{mark}{fragment}", location(full))
}

fn location(full: bool) -> String {
    let location = dom::window().location();
    let (path, query) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
    if full { path } else { path + &query }
}

fn fragment() -> String {
    let hash = dom::window().location().hash().unwrap_or_default();
    hash.trim_start_matches('#').into()
}
