//! The message line, the messages at the controls, and the words for those who cannot see the page.

use web_sys::Element;

use super::{dom, form};
use multiwell::problem::settings::InvalidSetting;
use multiwell::text::sentence;

/// What the message line offers to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing but closing it.
    None,
    /// A fresh worker.
    Restart,
}

/// Says something on the message line.
pub fn say(words: &str, alarming: bool, remedy: Remedy) {
    let bar: Element = dom::by_id("message");
    dom::set(&bar, "role", if alarming { "alert" } else { "status" });
    dom::write(&dom::by_id("message-text"), words);
    let action: Element = dom::by_id("message-action");
    dom::show(&action, remedy == Remedy::Restart);
    dom::write(&action, "Start again");
    dom::show(&bar, true);
}

/// Takes the message away.
pub fn hush() {
    dom::show(&dom::by_id("message"), false);
    dom::write(&dom::by_id("message-text"), "");
}

/// Takes a message away that nobody has to act upon, unless the reader is at it (`inside`).
pub fn overlook(inside: Option<&Element>) {
    let bar: Element = dom::by_id("message");
    let must_stay = bar.get_attribute("role").as_deref() == Some("alert")
        || bar.query_selector("#message-action:not([hidden])").is_ok_and(|action| action.is_some());
    if !must_stay && !inside.is_some_and(|inside| bar.contains(Some(inside))) {
        hush();
    }
}

/// Says each problem at its control. Those without one, those of controls that are not shown, and all if there is an opening,
/// stand on the message line.
pub fn problems(opening: &str, problems: &[InvalidSetting]) {
    let mut rest = Vec::new();
    for problem in problems {
        let words = sentence(&problem.in_words());
        if !opening.is_empty() || !form::complain(&problem.field, &words) {
            rest.push(words);
        }
    }
    if !rest.is_empty() {
        let opening = if opening.is_empty() { String::new() } else { format!("{opening} ") };
        say(&format!("{opening}{}", rest.join(" ")), true, Remedy::None);
    }
}

/// Tells those who cannot see the page.
pub fn announce(text: &str) {
    dom::write(&dom::by_id("announce"), text);
}
