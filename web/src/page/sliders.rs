//! Sliders of the views physics and soft minimum, of pruning, of recorded states and of the speed.

use web_sys::{Event, HtmlInputElement};

use super::dom;
use super::events::send;
use crate::state::action::{Action, Slider};
use crate::state::app::State;
use multiwell::internal::plot::ticks::number;
use multiwell::internal::text::whole;

const SLIDER_IDS: [(&str, Slider); 6] = [
    ("temperature", Slider::Temperature),
    ("tilt", Slider::Tilt),
    ("soft-rho", Slider::Sharpness),
    ("prune", Slider::Pruning),
    ("past", Slider::Past),
    ("speed", Slider::Speed),
];

/// Listens to the sliders.
pub fn listen() {
    for (id, slider) in SLIDER_IDS {
        let input: HtmlInputElement = dom::by_id(id);
        let moved = input.clone();
        dom::on(&input, "input", move |_: Event| send(Action::Slide(slider, moved.value_as_number())));
    }
}

/// Shows the range of recorded states and the displayed state.
pub fn show_past(state: &State) {
    let frame = &state.run.frame.0;
    let (input, last) = (dom::by_id::<HtmlInputElement>("past"), frame.snapshots.len());
    let at = frame.selected_snapshot.and_then(|selected| frame.snapshots.iter().position(|&snapshot| snapshot == selected));
    let words = if at.is_some() { format!("epoch {}", whole(frame.metrics.epochs)) } else { "now".into() };
    // The slider is visible from the beginning, so that the layout does not change.
    dom::show(&dom::by_id("past-tools"), state.run.is_potential() && state.environment.parts.shows("loss"));
    dom::set_if(&input, "disabled", last < 2);
    dom::set(&input, "max", &last.to_string());
    if state.views.awaited_state.is_none() {
        dom::set_value(&input, &at.unwrap_or(last).to_string());
    }
    dom::set(&input, "aria-valuetext", &words);
    dom::write(&dom::by_id("past-value"), &words);
}

/// Shows the values of the sliders, and the removal cost of the marked modes.
pub fn show(state: &State) {
    let (physics, rho) = (&state.physics, state.views.rho());
    for (id, value) in [("temperature", physics.forces.temperature), ("tilt", physics.forces.tilt), ("soft-rho", rho)] {
        let text = number(value, 2);
        dom::write_value(&dom::by_id(&format!("{id}-value")), &text, &value);
        dom::set(&dom::by_id(id), "aria-valuetext", &text);
    }
    dom::write(&dom::by_id("cycle-text"), &physics.cycle_text());
    let (speed, text) = (dom::by_id("speed"), state.speed().text());
    dom::set_value(&speed, &state.speed().position().to_string());
    dom::set(&speed, "aria-valuetext", &text);
    dom::write(&dom::by_id("speed-value"), &text);
}
