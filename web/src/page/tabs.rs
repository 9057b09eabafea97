//! Tabs: views above the pictures and panels below the numbers.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent};

use super::dom;
use super::events::send;
use crate::state::action::Action;
use crate::state::app::State;
use crate::state::view::{LowerPanel, PANEL_NAMES, VIEW_NAMES, ViewId, name};
use multiwell::internal::problem::view::Tab;

/// Listens to all present and future tabs.
pub fn listen() {
    for list in dom::all("[role=tablist]") {
        dom::on(&list, "click", |event: Event| {
            if let Some(tab) = dom::closest(&event, "[role=tab]") {
                send(Action::OpenTab(tab.id()));
            }
        });
        dom::on(&list, "keydown", |event: KeyboardEvent| {
            let key = event.key();
            if !["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "Home", "End"].contains(&key.as_str()) {
                return;
            }
            event.prevent_default();
            let Some(here) = dom::closest(&event, "[role=tab]") else { return };
            let Some(list) = here.parent_element().map(|p| p.children()) else { return };
            let tabs: Vec<Element> =
                (0..list.length()).filter_map(|i| list.item(i)).filter(|t| !t.has_attribute("hidden")).collect();
            let (count, at) = (tabs.len().max(1), tabs.iter().position(|tab| *tab == here).unwrap_or(0));
            let next = match key.as_str() {
                "ArrowRight" | "ArrowDown" => (at + 1) % count,
                "ArrowLeft" | "ArrowUp" => (at + count - 1) % count,
                "Home" => 0,
                _ => count - 1,
            };
            if let Some(tab) = tabs.get(next).and_then(|e| e.dyn_ref::<HtmlElement>()) {
                dom::focus(tab);
                tab.click();
            }
        });
    }
}

/// Lists the views and panels of the run, and marks and shows the open ones.
pub fn show(state: &State) {
    list_own_views(&state.run.scene.0.views);
    for (name, view) in VIEW_NAMES.iter().filter(|(_, view)| *view != ViewId::Own) {
        dom::show(&dom::by_id(&format!("view-{name}")), state.run.supports(*view));
    }
    for (name, _) in
        PANEL_NAMES.iter().filter(|(_, panel)| !matches!(panel, LowerPanel::ViewTable | LowerPanel::Stages | LowerPanel::Pinned))
    {
        dom::show(&dom::by_id(&format!("panel-{name}")), state.run.is_potential());
    }
    dom::show(&dom::by_id("panel-pinned"), !state.pins.is_empty());
    let panel = name(&PANEL_NAMES, &state.panel());
    open("view-", state.views.name(), "data-views", name(&VIEW_NAMES, &state.views.current), "picture");
    let last = dom::all("[id^=panel-][aria-selected=true]").first().map(Element::id);
    open("panel-", panel, "data-panels", panel, "panel");
    if last.is_some_and(|id| id != format!("panel-{panel}")) {
        // A new panel starts at its first row.
        dom::by_id::<Element>("panel").set_scroll_top(0);
    }
}

/// Inserts the run's own views before the others.
fn list_own_views(views: &[Tab]) {
    let old = dom::all("#view-tabs > .own");
    let ids: Vec<String> = views.iter().map(|own| format!("view-{}", own.id)).collect();
    if old.iter().map(Element::id).eq(ids.iter().cloned()) {
        return;
    }
    for tab in old {
        tab.remove();
    }
    let list: Element = dom::by_id("view-tabs");
    let first = list.first_element_child();
    for (own, id) in views.iter().zip(&ids) {
        let attributes = [("class", "own"), ("type", "button"), ("role", "tab"), ("id", id), ("aria-controls", "picture")];
        let tab = dom::make("button", &attributes);
        dom::write(&tab, &own.title);
        let put = list.insert_before(&tab, first.as_deref());
        debug_assert!(put.is_ok(), "the first tab is in the list");
    }
}

/// Marks the open tab, shows the elements of `group` and hides the others. The group may differ from the name of the tab.
fn open(kind: &str, open: &str, attribute: &str, group: &str, labelled: &str) {
    for tab in dom::all("[role=tab]") {
        if let Some(name) = tab.id().strip_prefix(kind) {
            let is_open = name == open;
            dom::set(&tab, "aria-selected", if is_open { "true" } else { "false" });
            dom::set(&tab, "tabindex", if is_open { "0" } else { "-1" });
        }
    }
    dom::set(&dom::by_id(labelled), "aria-labelledby", &format!("{kind}{open}"));
    for element in dom::all(&format!("[{attribute}]")) {
        let belongs = element.get_attribute(attribute).unwrap_or_default().split(' ').any(|name| name == group);
        dom::toggle(&element, "off", !belongs);
    }
}
