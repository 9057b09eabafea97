//! Keys for the whole page. Inactive while typing, in dialogs, and in an embedded frame.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent};

use super::app::App;
use super::{act, dom, menu, message};

/// Listens to keys, and closes what is open when the reader goes elsewhere.
pub fn listen() {
    dom::on(&dom::by_id::<Element>("skip"), "click", |_: MouseEvent| {
        if let Some(tab) = dom::all(".views [role=tab][aria-selected=true]").first() {
            // Focus is refused only by what cannot be seen.
            let _ = tab.focus();
        }
    });
    dom::on(&dom::document(), "keydown", |event: KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() || event.repeat() {
            return;
        }
        if event.key() == "Escape" {
            close_sheets(None);
            message::overlook(None);
            return;
        }
        let target: Option<Element> = event.target().and_then(|t| t.dyn_into().ok());
        let typing = target.as_ref().is_some_and(|t| t.closest("input, select, textarea, dialog").ok().flatten().is_some());
        // Space on a button or a fold presses that.
        let pressing =
            event.key() == " " && target.as_ref().is_some_and(|t| t.closest("button, summary, a").ok().flatten().is_some());
        if typing || pressing || dom::document().query_selector("dialog[open]").ok().flatten().is_some() {
            return;
        }
        if event.key() == "?" {
            // The help gives the focus back to where it was: that must not be in something that closes.
            close_sheets(None);
        }
        let press = match event.key().as_str() {
            " " => App::toggle as fn(&mut App),
            "." => App::step,
            "r" => App::restart,
            "n" => App::new_seed,
            "?" => |_: &mut App| menu::help(),
            _ => return,
        };
        let event_to_stop = event.clone();
        act(move |app| {
            if !app.parts.embedded {
                event_to_stop.prevent_default();
                press(app);
            }
        });
    });
    dom::on(&dom::document(), "click", |event: MouseEvent| {
        let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        close_sheets(target.as_ref());
        message::overlook(target.as_ref());
        // A button pressed with the mouse does not keep the focus: Space would press it again instead of running or pausing.
        let button = target.and_then(|t| t.closest("aside button").ok().flatten()).and_then(|b| b.dyn_into::<HtmlElement>().ok());
        if let Some(button) = button.filter(|_| event.detail() > 0) {
            // An element that has no focus to lose is not worth a word.
            let _ = button.blur();
        }
    });
}

/// Closes definitions and menus, but for the one that holds `inside`. The focus stays at what opens them.
fn close_sheets(inside: Option<&Element>) {
    let focused = dom::document().active_element();
    for sheet in dom::all("details.term[open], details.menu[open]") {
        if inside.is_some_and(|i| sheet.contains(Some(i))) {
            continue;
        }
        let summary = sheet.first_element_child().and_then(|first| first.dyn_into::<HtmlElement>().ok());
        if let Some(summary) = summary.filter(|_| focused.as_ref().is_some_and(|focused| sheet.contains(Some(focused)))) {
            // Focus is refused only by what cannot be seen.
            let _ = summary.focus();
        }
        dom::set_if(&sheet, "open", false);
    }
}
