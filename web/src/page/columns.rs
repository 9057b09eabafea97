//! Dialog for an opened table: the kind of fit and the roles of the columns.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlDialogElement, HtmlInputElement};

use super::dom;
use super::events::send;
use crate::state::action::Action;
use crate::state::columns::ColumnChoice;

/// Last content of the dialog: the kind of fit, the names and roles of the columns, and their error. Excludes the table, which may be large.
#[derive(Default)]
pub struct Dialog(Option<(String, Vec<String>, Vec<String>, String)>);

/// Listens to events of the dialog.
pub fn listen() {
    dom::on(&dom::by_id::<Element>("columns-kind"), "change", |event: Event| {
        if let Some(radio) = dom::closest(&event, "input") {
            send(Action::ChooseKind(dom::value(&radio)));
        }
    });
    dom::on(&dom::by_id::<Element>("columns"), "change", |_: Event| {
        send(Action::ChooseRoles(dom::all("#columns select").iter().map(dom::value).collect()));
    });
    let computed: Element = dom::by_id("columns-computed");
    dom::on(&computed.clone(), "change", move |_: Event| {
        send(Action::AddColumn(dom::value(&computed)));
        dom::set_value(&computed, "");
    });
    let dialog: HtmlDialogElement = dom::by_id("columns-dialog");
    dom::on(&dialog.clone(), "close", move |_: Event| {
        let is_accepted = dialog.return_value() == "ok";
        // Escape keeps the previous return value.
        dialog.set_return_value("");
        send(Action::CloseColumns(is_accepted));
    });
}

/// Shows the picture or the error of each reading, and marks the chosen one. Setting a radio button during a click
/// suppresses its change event.
fn show_readings(choice: &ColumnChoice, is_other_choice: bool) {
    for radio in dom::all("#columns-kind input") {
        let benchmark = dom::value(&radio);
        if is_other_choice {
            radio.unchecked_ref::<HtmlInputElement>().set_checked(benchmark == choice.kind);
        }
        let reading = choice.readings.iter().find(|reading| reading.benchmark == benchmark);
        let (svg, words) = match reading.map(|reading| &reading.picture) {
            // A large file has no pictures. Those of the former table are removed.
            None => (None, ""),
            Some(None) => (None, "fitting …"),
            Some(Some(Ok(svg))) => (Some(svg), ""),
            Some(Some(Err(why))) => (None, why.as_str()),
        };
        let siblings = [radio.next_element_sibling(), radio.parent_element().and_then(|card| card.last_element_child())];
        let [Some(image), Some(note)] = siblings else { continue };
        dom::show(&image, svg.is_some());
        if let Some(svg) = svg {
            dom::set(&image, "src", &format!("data:image/svg+xml,{}", String::from(js_sys::encode_uri_component(svg))));
        }
        dom::write(&note, words);
    }
}

impl Dialog {
    /// Shows the choice if it has changed.
    pub fn show(&mut self, choice: Option<&ColumnChoice>) {
        if let Some(choice) = choice {
            show_readings(choice, self.0.as_ref().is_none_or(|shown| shown.0 != choice.kind));
        }
        let now = choice.map(|choice| (choice.kind.clone(), choice.names.clone(), choice.roles.clone(), choice.problem.clone()));
        if self.0 == now {
            return;
        }
        self.0 = now;
        let Some(choice) = choice else { return };
        for meaning in dom::all("#columns-dialog [data-kind]") {
            dom::show(&meaning, meaning.get_attribute("data-kind").as_ref() == Some(&choice.kind));
        }
        dom::write(&dom::by_id("columns-problem"), &choice.problem);
        let list: Element = dom::by_id("columns");
        if list.child_element_count() as usize != 2 * choice.names.len() {
            list.set_text_content(None);
            for k in 0..choice.names.len() {
                let id = format!("column-{k}");
                dom::append_children(&list, &[&dom::make("label", &[("for", &id)]), &dom::make("select", &[("id", &id)])]);
            }
        }
        for (k, name) in choice.names.iter().enumerate() {
            let select: Element = dom::by_id(&format!("column-{k}"));
            let offered = [(String::new(), "not used".into())].into_iter().chain(choice.offered(k)).collect::<Vec<_>>();
            dom::set_options(&select, &offered);
            dom::set_value(&select, &choice.roles[k]);
            if let Some(label) = select.previous_element_sibling() {
                dom::write(&label, name);
            }
        }
        let remarks = choice.remarks();
        let lines = dom::children(&dom::by_id("columns-remarks"), remarks.len(), || dom::make("li", &[]));
        lines.iter().zip(&remarks).for_each(|(line, remark)| dom::write(line, remark));
    }
}
