//! The ensemble: its button, its progress, and a button over each small fit. The buttons form a list for screen readers.

use web_sys::{Element, Event, HtmlElement};

use super::dom;
use super::events::send;
use crate::state::action::Action;
use crate::state::app::State;
use crate::state::view::ViewId;
use multiwell::internal::plot::Fits;
use multiwell::internal::plot::ticks::number;
use multiwell::internal::text::counted;

/// Listens to the button and to the small fits.
pub fn listen() {
    dom::on(&dom::by_id::<Element>("ensemble-start"), "click", |_: Event| {
        send(Action::StartOrStopEnsemble(dom::value(&dom::by_id("ensemble-runs"))));
    });
    dom::on(&dom::by_id::<Element>("fits"), "click", |event: Event| {
        let seed = dom::closest(&event, "button").and_then(|b| b.get_attribute("data-value")).and_then(|seed| seed.parse().ok());
        if let Some(seed) = seed {
            send(Action::OpenSeed(seed));
        }
    });
}

/// Shows the progress and a button for each seed.
pub fn show(state: &State) {
    let ensemble = &state.ensemble;
    dom::write_value(&dom::by_id("ensemble-progress"), &ensemble.progress(), &ensemble.ended());
    dom::write(&dom::by_id("ensemble-start"), if ensemble.is_training() { "Stop" } else { "Start" });
    let buttons = dom::children(&dom::by_id("fits"), ensemble.seeds.len(), || dom::make("button", &[("type", "button")]));
    for (k, (button, seed)) in buttons.iter().zip(&ensemble.seeds).enumerate() {
        dom::set(button, "data-value", &seed.number.to_string());
        dom::set_if(button, "disabled", seed.end.is_none());
        let fit = seed.end.as_ref().and_then(|(frame, _)| frame.metrics.potential());
        let words = fit.map_or_else(String::new, |fit| {
            let [wells, modes] = [counted(fit.wells, "well"), counted(fit.responsible_modes, "mode")];
            format!(": RMSE {}, {wells}, {modes} responsible", number(fit.rmse, 2))
        });
        dom::set(button, "aria-label", &format!("Open seed {}{words}", seed.number));
        dom::set_if(button, "data-best", ensemble.best == Some(k));
    }
}

/// Adjusts the number of buttons in a row to the number of fits.
pub fn follow_size(state: &State) {
    if state.views.current != ViewId::Ensemble {
        return;
    }
    let list: HtmlElement = dom::by_id("fits");
    let size = (f64::from(list.client_width()), f64::from(list.client_height()));
    let columns = format!("repeat({}, 1fr)", Fits::column_count(state.ensemble.seeds.len(), size));
    if size.0 > 0.0 {
        dom::set_style(&list, "grid-template-columns", &columns);
    }
}
