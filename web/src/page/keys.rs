//! Keys for the whole page. Inactive while typing and in dialogs. An embedded page has the key for running and pausing only.

use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, MouseEvent};

use super::dom;
use super::events::send;
use crate::state::action::{Action, Button};
use crate::state::sketch::Tool;

/// Selector of text fields, in which undo keys revert the typed text.
const TEXT_FIELDS: &str = "textarea, input:not([type=range], [type=checkbox], [type=radio], [type=file], [type=button])";

/// Button of the keys for undo and redo.
fn history(event: &KeyboardEvent) -> Option<Button> {
    let (key, is_shifted) = (event.key().to_ascii_lowercase(), event.shift_key());
    match key.as_str() {
        "z" if event.ctrl_key() || event.meta_key() => Some(if is_shifted { Button::RedoLast } else { Button::UndoLast }),
        "y" if event.ctrl_key() => Some(Button::RedoLast),
        _ => None,
    }
}

/// Listens to keys, and closes menus and messages when the reader clicks elsewhere.
pub fn listen() {
    dom::on(&dom::by_id::<Element>("skip"), "click", |_: MouseEvent| {
        if let Some(tab) = dom::all(".views [role=tab][aria-selected=true]").first() {
            dom::focus(tab);
        }
    });
    let embedded = dom::document().body().is_some_and(|body| body.class_list().contains("embedded"));
    dom::on(&dom::document(), "keydown", move |event: KeyboardEvent| {
        if let Some(button) = history(&event).filter(|_| dom::closest(&event, TEXT_FIELDS).is_none()) {
            // The browser would undo the last typing in any field, without an event for the page.
            event.prevent_default();
            if dom::closest(&event, "dialog").is_none() {
                send(Action::Press(button));
            }
            return;
        }
        // Sliders do not use the keys below.
        let typing = dom::closest(&event, "input:not([type=range]), select, textarea, dialog").is_some();
        if event.ctrl_key() || event.meta_key() || event.alt_key() || event.repeat() {
            return;
        }
        if event.key() == "Escape" {
            close_sheets(None);
            return send(Action::Elsewhere);
        }
        // Space on a button or a fold activates it. A selected tab has no use for it.
        let is_space = event.key() == " ";
        let pressing = is_space && dom::closest(&event, "button:not([aria-selected=true]), summary, a").is_some();
        if typing || pressing || embedded && !is_space || !dom::all("dialog[open]").is_empty() {
            return;
        }
        let button = match event.key().as_str() {
            " " => Button::Toggle,
            "." => Button::Step,
            "r" => Button::Restart,
            "n" => Button::NewSeed,
            "p" => Button::Pin,
            "?" => Button::Help,
            "d" => Button::Take(Tool::Draw),
            "m" => Button::Take(Tool::Hand),
            "e" => Button::Take(Tool::Eraser),
            _ => return,
        };
        if button == Button::Help {
            // The help returns the focus to the last element, which must not be inside a closed menu.
            close_sheets(None);
        }
        event.prevent_default();
        send(Action::Press(button));
    });
    dom::on(&dom::document(), "click", |event: MouseEvent| {
        let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        close_sheets(target.as_ref());
        if dom::closest(&event, "#message").is_none() {
            send(Action::Elsewhere);
        }
        // A button clicked with the mouse loses the focus: Space would press it again instead of running or pausing. Arrow keys move between tabs.
        if let Some(button) = dom::closest(&event, "button:not([role=tab], dialog *)").filter(|_| event.detail() > 0) {
            // Fails only for elements that cannot have the focus.
            let _ = button.dyn_ref::<web_sys::HtmlElement>().map(web_sys::HtmlElement::blur);
        }
    });
}

/// Closes definitions and menus except the one that contains `inside`. A focus in a closed one moves to the element that opens it.
pub fn close_sheets(inside: Option<&Element>) {
    let focused = dom::document().active_element();
    for sheet in dom::all("details.term[open], details.menu[open]") {
        if inside.is_some_and(|i| sheet.contains(Some(i))) {
            continue;
        }
        if focused.as_ref().is_some_and(|focused| sheet.contains(Some(focused)))
            && let Some(summary) = sheet.first_element_child()
        {
            dom::focus(&summary);
        }
        dom::set_if(&sheet, "open", false);
    }
}
