//! The sliders of a formula's letters, below the field of their values.

use web_sys::{Element, Event};

use super::dom;
use super::events::send;
use crate::state::action::Action;
use crate::state::app::State;
use crate::state::form::letters;

/// The setting that holds the values of the letters.
pub const SETTING: &str = "set";
/// Positions of a slider.
const NOTCHES: f64 = 200.0;

/// The place of the sliders.
pub fn build() -> Element {
    dom::make("div", &[("id", "letters")])
}

/// Listens to all sliders there will be.
pub fn listen() {
    let list: Element = dom::by_id("letters");
    for kind in ["input", "change"] {
        dom::on(&list, kind, move |event: Event| {
            let Some(slider) = dom::closest(&event, "input") else { return };
            if let (Some(name), Ok(value)) = (slider.get_attribute("data-letter"), dom::value(&slider).parse()) {
                send(Action::SlideLetter(name, value, kind == "change"));
            }
        });
    }
}

/// A slider for each letter of the formula, at its value; one that is held stays where it is.
pub fn show(state: &State) {
    let letters = letters(state);
    let rows = dom::children(&dom::by_id("letters"), letters.len(), || {
        let row = dom::make("label", &[("class", "letter")]);
        dom::put(&row, &[&dom::make("span", &[]), &dom::make("input", &[("type", "range")]), &dom::make("output", &[])]);
        row
    });
    for (row, letter) in rows.iter().zip(&letters) {
        let held = state.letter.as_ref().filter(|(name, _)| *name == letter.name).map(|(_, value)| *value);
        let ([low, high], value) = (letter.range, held.unwrap_or(letter.value).to_string());
        let parts = row.children();
        let [Some(name), Some(slider), Some(output)] = [0, 1, 2].map(|k| parts.item(k)) else { continue };
        dom::write(&name, &letter.name);
        dom::write(&output, &value);
        let step = (high - low) / NOTCHES;
        for (attribute, text) in [("min", low), ("max", high), ("step", step)] {
            dom::set(&slider, attribute, &text.to_string());
        }
        dom::set(&slider, "data-letter", &letter.name);
        if held.is_none() {
            dom::set_value(&slider, &value);
        }
    }
}
