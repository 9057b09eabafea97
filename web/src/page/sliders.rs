//! The sliders of the views physics and soft minimum, and that of pruning.

use web_sys::{Event, HtmlInputElement};

use super::dom;
use super::events::send;
use crate::state::action::{Action, Slider};
use crate::state::app::State;
use multiwell::plot::ticks::number;

const SLIDERS: [(&str, Slider); 4] =
    [("temperature", Slider::Temperature), ("tilt", Slider::Tilt), ("soft-rho", Slider::Sharpness), ("prune", Slider::Pruning)];

/// Listens to the sliders.
pub fn listen() {
    for (id, slider) in SLIDERS {
        let input: HtmlInputElement = dom::by_id(id);
        let moved = input.clone();
        dom::on(&input, "input", move |_: Event| send(Action::Slide(slider, moved.value_as_number())));
    }
}

/// Shows the values that the sliders stand for; what is pruned stands with its price.
pub fn show(state: &State) {
    let (physics, rho) = (&state.physics, state.rho());
    for (id, value) in [("temperature", physics.temperature), ("tilt", physics.tilt), ("soft-rho", rho)] {
        let text = number(value, 2);
        dom::write_value(&dom::by_id(&format!("{id}-value")), &text, &value);
        dom::set(&dom::by_id(id), "aria-valuetext", &text);
    }
}
