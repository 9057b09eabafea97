//! Details below the number line: mode classification, stages of the recipe, removal costs, and the table of a view.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement};

use super::dom;
use super::events::send;
use super::numbers::{progress_text, write_keyed};
use crate::state::action::Action;
use crate::state::app::State;
use crate::state::phase::Phase;
use crate::state::view::{LowerPanel, ViewId};
use multiwell::internal::landscape::{CONVEXITY_PROOF, PERIODIC_CONVEXITY_NOTE, Pruned, RoleKind, Survey};
use multiwell::internal::numerics::statistics::sort_by;
use multiwell::internal::plot::ticks::{number, whole};

/// Listens to the list of modes.
pub fn listen() {
    dom::on(&dom::by_id::<Element>("modes"), "click", |event: Event| {
        let row = dom::closest(&event, "tr").and_then(|r| r.get_attribute("data-mode"));
        if let Some(mode) = row.and_then(|m| m.parse().ok()) {
            send(Action::ToggleAlone(mode));
        }
    });
    dom::on(&dom::by_id::<Element>("pinned"), "click", |event: Event| {
        let letter = dom::closest(&event, "tr").and_then(|row| row.get_attribute("data-pin")?.parse().ok());
        if let (Some(button), Some(letter)) = (dom::closest(&event, "button"), letter) {
            let removes = button.class_list().contains("ends");
            send(if removes { Action::RemovePin(letter) } else { Action::RestorePin(letter) });
        }
    });
    dom::set(&dom::by_id("convexity-title"), "title", &format!("{CONVEXITY_PROOF} {PERIODIC_CONVEXITY_NOTE}"));
}

/// Shows the modes and their removal costs.
pub fn show(state: &State) {
    show_alone(state);
    let body: Element = dom::by_id("modes");
    match &state.inspection.survey {
        Some(survey) => show_modes(state, survey, &body),
        None => body.set_text_content(None),
    }
    show_pruning(state);
}

fn show_alone(state: &State) {
    let (hint, button): (Element, Element) = (dom::by_id("alone-hint"), dom::by_id("alone-end"));
    let inspection = &state.inspection;
    dom::show(&button, inspection.single_mode.is_some());
    dom::write(&button, "show all");
    let words = inspection.single_mode.map(|mode| {
        let known = inspection.survey.as_ref().and_then(|s| s.roles.get(mode));
        known.map_or_else(|| format!("Mode {mode} alone."), |role| format!("Mode {mode} alone: {}.", role.clause))
    });
    dom::write(&hint, words.as_deref().unwrap_or("Click a curve or the band to see one mode alone."));
}

/// Shows one row for each mode with an effect, and one row for all others.
fn show_modes(state: &State, survey: &Survey, body: &Element) {
    let place = |k: &usize| survey.roles[*k].stretches.first().map_or(f64::INFINITY, |s| s[0]);
    let (mut at_work, idle): (Vec<usize>, Vec<usize>) =
        (0..survey.roles.len()).partition(|&k| !matches!(survey.roles[k].kind, RoleKind::Nowhere | RoleKind::Closed));
    sort_by(&mut at_work, place);
    dom::set(body, "data-value", &state.inspection.survey_epoch.to_string());
    let rows = dom::rows(body, at_work.len() + usize::from(!idle.is_empty()), 5);
    for ((row, cells), &mode) in rows.iter().zip(&at_work) {
        show_mode(state, survey, mode, row, cells);
    }
    if let Some((row, cells)) = rows.last().filter(|_| !idle.is_empty()) {
        let _ = row.remove_attribute("data-mode");
        dom::set_if(row, "aria-selected", false);
        dom::set(row, "data-value", "nowhere");
        let closed = idle.iter().filter(|&&k| survey.roles[k].kind == RoleKind::Closed).count();
        let list: Vec<_> = idle.iter().map(ToString::to_string).collect();
        let words = format!("never dominant ({closed} of {} gates closed): modes {}", idle.len(), list.join(", "));
        let texts = [format!("{} others", idle.len()), words, String::new(), String::new(), String::new()];
        cells.iter().zip(&texts).for_each(|(cell, text)| dom::write(cell, text));
    }
}

fn show_mode(state: &State, survey: &Survey, mode: usize, row: &Element, cells: &[Element]) {
    let (role, is_alone) = (&survey.roles[mode], state.inspection.single_mode == Some(mode));
    dom::set(row, "data-mode", &mode.to_string());
    dom::set(row, "data-value", &format!("{:?}", role.kind).to_ascii_lowercase());
    dom::set_if(row, "aria-selected", is_alone);
    if cells[0].child_element_count() == 0 {
        cells[0].set_text_content(None);
        let attributes = [("class", "plain"), ("type", "button"), ("title", "See this mode alone")];
        dom::append_children(&cells[0], &[&dom::make("button", &attributes)]);
    }
    if let Some(button) = cells[0].first_element_child() {
        dom::set(&button, "aria-pressed", if is_alone { "true" } else { "false" });
        write_keyed(&button, Some(mode), &format!("mode {mode}"), state);
    }
    let certificate = survey.convexity.get(mode);
    let proven = if certificate.is_some_and(|c| c.proven) { "proven" } else { "not proven" };
    let texts = [
        role.clause.clone(),
        format!("{} %", (100.0 * role.largest_responsibility).round()),
        number(role.gate, 2),
        proven.into(),
    ];
    cells[1..].iter().zip(&texts).for_each(|(cell, text)| dom::write(cell, text));
    if let Some(c) = certificate {
        let words = format!(
            "Smallest weight {}. Of {} chords and points sampled: middle of a chord below the curve by at most {}, smallest curvature {}.",
            number(c.smallest_weight, 2),
            whole(c.samples as u64),
            number(c.worst_chord, 2),
            number(c.worst_curvature, 2)
        );
        dom::set(&cells[4], "data-value", &c.worst_curvature.to_string());
        dom::set(&cells[4], "title", &words);
    }
}

/// Shows the completed stages and the current one.
pub fn show_stages(state: &State) {
    let (metrics, frame) = (&state.run.frame.0.metrics, &state.run.frame.0);
    let mut lines: Vec<[String; 3]> =
        metrics.stages.iter().map(|s| [s.name.clone(), s.sentence.clone(), whole(s.epochs)]).collect();
    let ended = lines.len();
    if let Some(stage) = &frame.stage {
        lines.push([stage.name.clone(), stage.sentence.clone(), progress_text(stage)]);
    }
    if lines.is_empty() {
        let words = if state.run.is_potential() {
            "The recipe of the paper has one stage: Adam from random parameters, at constant rates unless a schedule is chosen."
        } else {
            "One stage: all parameters are trained together."
        };
        lines.push(["train together".into(), words.into(), format!("{} of {}", whole(metrics.epochs), whole(frame.last_epoch))]);
    }
    let body: Element = dom::by_id("stages");
    let before = body.child_element_count() as usize;
    for (k, ((row, cells), texts)) in dom::rows(&body, lines.len(), 3).iter().zip(&lines).enumerate() {
        if k == ended && state.phase != Phase::Finished {
            dom::set(row, "aria-current", "step");
        } else {
            let _ = row.remove_attribute("aria-current");
        }
        cells.iter().zip(texts).for_each(|(cell, text)| dom::write(cell, text));
        dom::set(&cells[1], "title", &texts[1]);
    }
    if lines.len() != before && state.panel() == LowerPanel::Stages {
        show_newest(&body);
    }
}

/// Scrolls to the last row, so that no row is cut below the head of the table.
fn show_newest(body: &Element) {
    let panel: Element = dom::by_id("panel");
    let top = |row: &Element| row.unchecked_ref::<HtmlElement>().offset_top();
    let (Some(first), Some(last)) = (body.first_element_child(), body.last_element_child()) else { return };
    let lowest = top(&last) + last.unchecked_ref::<HtmlElement>().offset_height() - panel.client_height();
    let mut rows = std::iter::successors(Some(first.clone()), Element::next_element_sibling);
    panel.set_scroll_top(rows.find(|row| top(row) - top(&first) >= lowest).map_or(lowest, |row| top(&row) - top(&first)));
}

fn show_pruning(state: &State) {
    let inspection = &state.inspection;
    let (steps, removed) = (&inspection.removal_costs.0, inspection.removed_modes);
    let slider: HtmlInputElement = dom::by_id("prune");
    let most = if steps.is_empty() { 0 } else { state.run.settings.training.modes - 1 };
    dom::set(&slider, "max", &most.to_string());
    dom::set_value(&slider, &removed.to_string());
    let after = steps.get(removed);
    dom::set_if(&dom::by_id("prune-apply"), "disabled", removed == 0 || inspection.pending_costs > 0 || after.is_none());
    dom::set_if(&dom::by_id("prune-cancel"), "disabled", removed == 0);
    let list = |after: &Pruned| after.removed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let list = after.map_or("pending".into(), list);
    let count = match removed {
        0 => "no mode".into(),
        1 => format!("mode {list}"),
        _ => format!("{removed} modes: {list}"),
    };
    dom::write_value(&dom::by_id("prune-count"), &count, &removed);
    let (Some(before), Some(after)) = (steps.first(), after) else {
        return dom::write(&dom::by_id("prune-cost"), "");
    };
    let from_to = |from: String, to: String| if from == to { to } else { format!("{from} → {to}") };
    let words = format!(
        "RMSE {}, wells {}, modes responsible {}",
        from_to(number(before.rmse, 2), number(after.rmse, 2)),
        from_to(before.wells.to_string(), after.wells.to_string()),
        from_to(before.responsible_modes.to_string(), after.responsible_modes.to_string())
    );
    dom::write_value(&dom::by_id("prune-cost"), &words, &after.rmse);
    dom::set(&slider, "aria-valuetext", &format!("{count} removed: {words}"));
}

/// Shows the pinned runs and the current run.
pub fn show_pinned(state: &State) {
    let lines = state.pinned_rows();
    let body: Element = dom::by_id("pinned");
    for (k, ((row, cells), texts)) in dom::rows(&body, lines.len(), 9).iter().zip(&lines).enumerate() {
        cells.iter().zip(texts).for_each(|(cell, text)| dom::write(cell, text));
        let Some(pin) = k.checked_sub(1).and_then(|k| state.pins.get(k)) else { continue };
        dom::set(row, "data-pin", &pin.letter.to_string());
        for (button, (class, words)) in dom::children(&cells[8], 2, || dom::make("button", &[("type", "button")]))
            .iter()
            .zip([("link", "show"), ("link ends", "unpin")])
        {
            dom::set(button, "class", class);
            dom::set(button, "aria-label", &format!("{words} {}", pin.name()));
            dom::write(button, words);
        }
    }
}

/// Shows the table of the run's own view.
pub fn show_own_table(state: &State) {
    let (table, tab): (_, Element) = (&state.views.own.seen.table, dom::by_id("panel-view"));
    dom::show(&tab, state.views.current == ViewId::Own && state.views.has_own_table());
    if let Some(view) = state.run.scene.0.views.iter().find(|t| t.id == state.views.own.seen.view) {
        dom::write(&tab, &view.title);
    }
    let (head, body): (Element, Element) = (dom::by_id("view-head"), dom::by_id("view-rows"));
    let titles = dom::children(&head, table.head.len(), || dom::make("th", &[("scope", "col")]));
    titles.iter().zip(&table.head).for_each(|(cell, text)| dom::write(cell, text));
    for ((_, cells), (mode, texts)) in dom::rows(&body, table.rows.len(), table.head.len()).iter().zip(&table.rows) {
        for (k, (cell, text)) in cells.iter().zip(texts).enumerate() {
            if k == 0 { write_keyed(cell, *mode, text, state) } else { dom::write(cell, text) }
        }
    }
}
