//! Controls of a view: sliders, choices, and sliders that play automatically.

use web_sys::{Element, Event};

use super::dom;
use super::events::send;
use crate::state::action::Action;
use crate::state::app::State;
use crate::state::own_view::{position, positions};
use multiwell::internal::plot::ticks::number;
use multiwell::internal::problem::view::{Control, ControlKind};
use multiwell::internal::text::decimal;

/// Ids of the lists of controls: of a view and of a formula.
const CONTROL_LISTS: [&str; 2] = ["view-controls", "letters"];

/// Listens to all present and future controls.
pub fn listen() {
    for (id, kind) in CONTROL_LISTS.into_iter().flat_map(|id| ["input", "change", "click"].map(|kind| (id, kind))) {
        let list: Element = dom::by_id(id);
        dom::on(&list, kind, move |event: Event| {
            let Some(element) = dom::closest(&event, "[id^=view-control-]") else { return };
            let Some(id) = element.id().strip_prefix("view-control-").map(str::to_owned) else { return };
            match (kind, element.tag_name() == "BUTTON", decimal(&dom::value(&element))) {
                ("click", true, _) => send(Action::PressControl(id)),
                ("input", false, Some(position)) => send(Action::SetControl(id, position)),
                ("change", false, _) => send(Action::ControlRests),
                _ => {}
            }
        });
    }
}

/// Shows the controls of the current view at their values.
pub fn show(state: &State) {
    show_list(CONTROL_LISTS[0], &state.views.own.seen.controls, state, |control| state.views.own.value(control));
}

/// Shows the sliders of a formula's parameters. A slider that is being moved keeps its position.
pub fn show_parameters(state: &State) {
    let held = |control: &Control| state.edits.sliding_parameter.as_ref().filter(|(id, _)| *id == control.id).map(|held| held.1);
    show_list(CONTROL_LISTS[1], &state.run.scene.0.formula_controls, state, |control| held(control).unwrap_or(control.value));
}

/// Shows the controls of a list at their values.
fn show_list(id: &str, controls: &[Control], state: &State, value: impl Fn(&Control) -> f64) {
    let list: Element = dom::by_id(id);
    let key = |control: &Control| format!("{} {}", kind(&control.kind), control.id);
    let keys: Vec<String> = controls.iter().map(key).collect();
    let now = list.children();
    let built = (0..now.length()).filter_map(|k| now.item(k)?.get_attribute("data-key"));
    if !built.eq(keys.iter().cloned()) {
        list.set_text_content(None);
        for (k, (control, key)) in controls.iter().zip(&keys).enumerate() {
            // Neighbouring controls with the same meaning share one explanation.
            let is_said = k > 0 && controls[k - 1].meaning == control.meaning;
            let whole = build(control, !is_said);
            dom::set(&whole, "data-key", key);
            dom::append_children(&list, &[&whole]);
        }
    }
    for (k, control) in controls.iter().enumerate() {
        let playing = state.views.own.playing.as_ref().is_some_and(|(id, _)| *id == control.id);
        if let Some(whole) = list.children().item(k as u32) {
            show_one(&whole, control, value(control), playing);
        }
    }
}

fn kind(kind: &ControlKind) -> &'static str {
    match kind {
        ControlKind::Slide { .. } => "slide",
        ControlKind::Play { .. } => "play",
        ControlKind::Choose(_) => "choose",
    }
}

/// A control with its label, followed by its explanation if `says_meaning`.
fn build(control: &Control, says_meaning: bool) -> Element {
    let (id, meaning) = (format!("view-control-{}", control.id), control.meaning.as_str());
    let whole = dom::make("span", &[("class", "slide view-control"), ("data-kind", kind(&control.kind)), ("title", meaning)]);
    let label = dom::make("label", &[("for", &id)]);
    let make = |name, more: &[_]| dom::make(name, &[&[("id", id.as_str()), ("aria-description", meaning)], more].concat());
    match control.kind {
        ControlKind::Choose(_) => dom::append_children(&whole, &[&label, &make("select", &[])]),
        ControlKind::Slide { .. } | ControlKind::Play { .. } => {
            dom::append_children(
                &whole,
                &[&label, &make("input", &[("type", "range"), ("min", "0")]), &dom::make("output", &[])],
            );
        }
    }
    if let ControlKind::Play { .. } = control.kind {
        let id = format!("view-control-play-{}", control.id);
        dom::append_children(&whole, &[&dom::make("button", &[("type", "button"), ("id", &id)])]);
    }
    if says_meaning {
        let words = dom::make("span", &[("class", "meaning")]);
        dom::write(&words, meaning);
        dom::append_children(&whole, &[&words]);
    }
    whole
}

/// Shows the value of a control.
fn show_one(whole: &Element, control: &Control, at: f64, playing: bool) {
    let Some(element) = dom::find::<Element>(&format!("view-control-{}", control.id)) else { return };
    if let Ok(Some(label)) = whole.query_selector("label") {
        dom::write(&label, &control.label);
    }
    match &control.kind {
        ControlKind::Choose(choices) => {
            let options: Vec<_> = choices.iter().enumerate().map(|(k, choice)| (k.to_string(), choice.clone())).collect();
            dom::set_options(&element, &options);
            dom::set_value(&element, &at.to_string());
        }
        kind => {
            dom::set(&element, "max", &positions(kind).to_string());
            dom::set_value(&element, &position(kind, at).to_string());
            let text = number(at, 3);
            dom::set(&element, "aria-valuetext", &text);
            if let Ok(Some(output)) = whole.query_selector("output") {
                dom::write(&output, &text);
            }
        }
    }
    if let Some(button) = dom::find::<Element>(&format!("view-control-play-{}", control.id)) {
        dom::write(&button, if playing { "Pause" } else { "Play" });
    }
    dom::set(whole, "data-value", &at.to_string());
}
