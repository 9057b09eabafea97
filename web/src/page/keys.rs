//! Keys for the whole page. Inactive while typing, in dialogs, and in an embedded frame.

use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, MouseEvent};

use super::dom;
use super::events::send;
use crate::state::action::{Action, Button};
use crate::state::sketch::Tool;

/// Fields of text, in which keys take back what was typed.
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

/// Listens to keys, and closes what is open when the reader goes elsewhere.
pub fn listen() {
    dom::on(&dom::by_id::<Element>("skip"), "click", |_: MouseEvent| {
        if let Some(tab) = dom::all(".views [role=tab][aria-selected=true]").first() {
            dom::focus(tab);
        }
    });
    let embedded = dom::document().body().is_some_and(|body| body.class_list().contains("embedded"));
    dom::on(&dom::document(), "keydown", move |event: KeyboardEvent| {
        if let Some(button) = history(&event).filter(|_| dom::closest(&event, TEXT_FIELDS).is_none()) {
            // The browser would take back what was typed last, in whatever field, and the page would not know.
            event.prevent_default();
            if dom::closest(&event, "dialog").is_none() {
                send(Action::Press(button));
            }
            return;
        }
        // Sliders use none of the keys below.
        let typing = dom::closest(&event, "input:not([type=range]), select, textarea, dialog").is_some();
        if event.ctrl_key() || event.meta_key() || event.alt_key() || event.repeat() {
            return;
        }
        if event.key() == "Escape" {
            close_sheets(None);
            return send(Action::Elsewhere);
        }
        // Space on a button or a fold presses that.
        let pressing = event.key() == " " && dom::closest(&event, "button, summary, a").is_some();
        if typing || pressing || embedded || !dom::all("dialog[open]").is_empty() {
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
            // The help gives the focus back to where it was: that must not be in something that closes.
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
        // A button pressed with the mouse does not keep the focus: Space would press it again instead of running or pausing.
        if let Some(button) = dom::closest(&event, "aside button, #gallery button").filter(|_| event.detail() > 0) {
            // An element that has no focus to lose is not worth a word.
            let _ = button.dyn_ref::<web_sys::HtmlElement>().map(web_sys::HtmlElement::blur);
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
        if focused.as_ref().is_some_and(|focused| sheet.contains(Some(focused)))
            && let Some(summary) = sheet.first_element_child()
        {
            dom::focus(&summary);
        }
        dom::set_if(&sheet, "open", false);
    }
}
