//! Number line, status line and table of minima. Every number carries its full value in `data-value`.
//! The attribute `data-shown` of the body identifies the run and its state.

use web_sys::Element;

use super::dom;
use crate::state::app::State;
use crate::state::figures::theme;
use crate::state::phase::Phase;
use crate::state::readout::{self, signed};
use multiwell::internal::controller::READING_STAGE;
use multiwell::internal::controller::protocol::{Scene, Stage, Status};
use multiwell::internal::landscape::pairs::pair;
use multiwell::internal::landscape::{Match, Minimum};
use multiwell::internal::numerics::half;
use multiwell::internal::plot::palette::css;
use multiwell::internal::plot::ticks::{determination, fixed, number, whole};
use multiwell::internal::problem::metrics::ProblemMetrics;
use multiwell::internal::text::{listed, with_half_width};

/// Text for a barrier that has not been searched for yet.
const PENDING_TEXT: &str = "not yet";
/// Text for an unknown number.
const UNKNOWN_NUMBER: &str = "–";

/// Shows a number, or [`UNKNOWN_NUMBER`] without a value.
fn show_number(id: &str, value: Option<f64>, text: impl Fn(f64) -> String) {
    let known = value.filter(|value| !value.is_nan()).map(text);
    dom::write_value(&dom::by_id(id), known.as_deref().unwrap_or(UNKNOWN_NUMBER), &value.unwrap_or(f64::NAN));
}

/// Shows the remarks on the use of the fit, and the numbers of the newest frame.
pub fn show(state: &State) {
    let (altered, remarks): (Element, _) = (dom::by_id("altered"), state.remarks());
    dom::write(&altered, &remarks);
    dom::show(&altered, !remarks.is_empty());
    let frame = &state.run.frame.0;
    if !state.run.has_frame {
        return;
    }
    if let Some(body) = dom::document().body() {
        dom::set(&body, "data-shown", &format!("{} {}", state.run.number, Phase::from_status(&frame.status).name()));
    }
    let (metrics, potential) = (&frame.metrics, frame.metrics.potential());
    show_number("epoch", Some(metrics.epochs as f64), |_| whole(metrics.epochs));
    let (rate, unit) =
        if frame.steps_per_second > 0.0 { (frame.steps_per_second, "steps / s") } else { (frame.epochs_per_second, "/ s") };
    // The speed of computation may exceed the limited speed of training.
    let rate = state.speed().limit().map_or(rate, |limit| rate.min(limit));
    let text = |rate| format!("{} {unit}", number(rate, if rate < 100.0 { 2 } else { 3 }));
    show_number("rate", Some(rate), |rate| if rate > 0.0 { text(rate) } else { String::new() });
    show_number("loss", metrics.loss(), |loss| number(loss, 3));
    show_number("rmse", metrics.errors().map(|errors| errors.0), readout::error);
    show_number("r2", metrics.errors().map(|errors| errors.1), determination);
    let held_out = metrics.held_out.as_ref();
    let of = if held_out.is_some_and(|errors| errors.rows == 0) { "expected" } else { "held out" };
    for (id, name) in [("held-out-rmse-name", "RMSE"), ("held-out-r2-name", "R²")] {
        dom::write(&dom::by_id(id), &format!("{name}, {of}"));
    }
    show_number("held-out-rmse", held_out.map(|errors| errors.rmse), readout::error);
    show_number("held-out-r2", held_out.and_then(|errors| errors.r2), determination);
    show_number("rho", potential.map(|own| own.rho), |rho| number(rho, 3));
    let wells = metrics.wells().filter(|_| !state.is_untrained());
    show_number("wells", wells.map(|wells| wells as f64), |wells| state.wells_in_words(wells as usize));
    show_number("responsible", potential.map(|own| own.responsible_modes as f64), |n| n.to_string());
    show_number("gates", potential.map(|own| own.active_gates as f64), |gates| state.gates_in_words(gates as usize));
    show_applicable(state);
    dom::set(&dom::by_id("definitions"), "data-kind", kind(state));
    show_status(state);
    show_minima(state);
}

/// Kind of a run, which selects the definitions of its numbers by a style.
fn kind(state: &State) -> &'static str {
    match &state.run.frame.0.metrics.own {
        ProblemMetrics::Density(_) => "density",
        ProblemMetrics::Potential(own, _) if own.density.is_some() => "density",
        ProblemMetrics::Material(_) => "material",
        ProblemMetrics::Potential(own, _) if own.r2_components.is_empty() => "values",
        ProblemMetrics::Potential(..) => "derivatives",
    }
}

/// Shows only the numbers that apply to this run.
fn show_applicable(state: &State) {
    let (metrics, has_modes) = (&state.run.frame.0.metrics, state.run.frame.0.layout.modes > 0);
    let has_wells = state.run.is_potential() || metrics.wells().is_some_and(|wells| wells > 0);
    let has_errors = metrics.errors().is_some();
    let shown = [
        ("rmse", has_errors),
        ("r2", has_errors),
        ("held-out-rmse", metrics.held_out.is_some()),
        ("held-out-r2", metrics.held_out.is_some()),
        ("loss", metrics.loss().is_some()),
        ("rho", has_modes),
        ("responsible", has_modes),
        ("gates", has_modes),
        ("wells", has_wells),
    ];
    for (id, shown) in shown {
        if let Ok(Some(term)) = dom::by_id::<Element>(id).closest(".term") {
            dom::show(&term, shown);
        }
    }
    if let Some(two) = dom::all(".two").first() {
        dom::toggle(two, "alone", !has_modes);
    }
}

fn show_status(state: &State) {
    let frame = &state.run.frame.0;
    let (done, last) = (frame.metrics.epochs, frame.last_epoch.max(1));
    let bar: Element = dom::by_id("bar");
    // A recipe may end before the last epoch.
    let finished = matches!(frame.status, Status::Finished { .. });
    let part = if finished { "100%".into() } else { format!("{:.2}%", 100.0 * (done as f64 / last as f64).min(1.0)) };
    dom::set_style(&bar, "width", &part);
    let stage = frame.stage.as_ref().map(|stage| format!("{}, {}", stage.name, progress_text(stage)));
    let text = match (&frame.status, state.phase) {
        (_, Phase::Failed) => "Training has failed.".into(),
        (_, Phase::Loading) => return,
        (Status::Finished { sentence }, Phase::Finished) => sentence.clone(),
        (_, Phase::Diverged) => "stopped: training diverged".into(),
        (_, Phase::Running) if stage.is_some() => {
            // Removed modes may return once, which nearly doubles the run. The estimate does not contain this.
            let is_exact = kind(state) != "values" || frame.metrics.stages.iter().any(|note| note.name.starts_with("restore"));
            let bound = if is_exact { "about" } else { "at least" };
            let left = frame.seconds_left.map(|seconds| format!("; {bound} {} left in the run", duration(seconds)));
            stage.unwrap_or_default() + &left.unwrap_or_default()
        }
        (_, Phase::Running) if frame.seconds_left.is_some() => {
            format!("about {} left; stops at epoch {}", duration(frame.seconds_left.unwrap_or_default()), whole(last))
        }
        (_, Phase::Running) => format!("training to epoch {}", whole(last)),
        _ => format!("paused; stops at epoch {} or before", whole(last)),
    };
    dom::write(&dom::by_id("status"), &text);
}

/// Completed part of a stage, as text.
pub fn progress_text(stage: &Stage) -> String {
    let unit = if stage.name == READING_STAGE { " MB" } else { "" };
    format!("{} of {}{unit}", whole(stage.done), whole(stage.of))
}

/// Duration in words, rounded to the precision of the estimate.
fn duration(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() => "unknown".into(),
        s if s < 15.0 => format!("{:.0} s", s.max(1.0)),
        s if s < 90.0 => format!("{:.0} s", 5.0 * (s / 5.0).round()),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{} h", number(s / 3600.0, 2)),
    }
}

fn show_minima(state: &State) {
    let (scene, frame) = (&state.run.scene.0, &state.run.frame.0);
    let several = scene.inputs > 1;
    let density = frame.metrics.potential().and_then(|own| own.density.as_ref());
    let has_intervals = frame.metrics.minima().iter().any(|minimum| minimum.interval.is_some());
    let body: Element = dom::by_id("minima");
    if let Some(table) = body.parent_element() {
        let barriers = frame.metrics.minima().iter().chain(&scene.minima).any(|m| m.barrier.is_some());
        let classes = [
            ("no-truth", !scene.has_truth),
            ("several", several),
            ("no-barriers", !barriers),
            ("no-populations", density.is_none()),
        ];
        for (name, on) in classes {
            dom::toggle(&table, name, on);
        }
        let unit = scene.names.get(scene.inputs).and_then(|name| name.find(" [").map(|at| &name[at..])).unwrap_or_default();
        let inputs = scene.names.get(..scene.inputs).unwrap_or_default().join(", ");
        let well = if has_intervals { "well, ± 90 %" } else { "well" };
        let heads = [
            (1, well.into()),
            (3, inputs),
            (6, format!("Ψ{unit}")),
            (9, format!("barrier{unit}")),
            (13, format!("free energy{unit}")),
        ];
        for (k, text) in heads {
            if let Ok(Some(head)) = table.query_selector(&format!("th:nth-child({k})")) {
                dom::write(&head, &text);
            }
        }
    }
    let fit = if state.is_untrained() { &[] } else { frame.metrics.minima() };
    let truth = &scene.minima;
    let alone = |(fit, truth)| Match { fit, truth, ..Match::default() };
    let pairs: Vec<Match> =
        if scene.has_truth { frame.matches.clone() } else { pair(fit, &[], (&[]).into(), 0.0).into_iter().map(alone).collect() };
    // Barriers in several inputs are searched for when training pauses.
    let unsearched = several && !fit.is_empty() && fit.iter().all(|m| m.barrier.is_none());
    let (decimals, spurious) = (decimals(&state.run.scene), state.spurious_wells());
    for ((_, cells), pair) in dom::rows(&body, pairs.len(), 13).iter().zip(&pairs) {
        let minimum = pair.fit.and_then(|i| fit.get(i));
        let held_by: Vec<(usize, f64)> =
            minimum.map_or_else(Vec::new, |m| m.modes.iter().copied().zip(m.responsibilities.iter().copied()).collect());
        let name = match held_by.as_slice() {
            [] if minimum.is_some() || state.is_untrained() => UNKNOWN_NUMBER.into(),
            [] => "not found".into(),
            [(mode, _)] => mode.to_string(),
            modes => {
                let parts: Vec<String> =
                    modes.iter().map(|(mode, part)| format!("{mode} ({})", number(100.0 * part, 2) + " %")).collect();
                listed(&parts)
            }
        };
        let is_spurious = pair.fit.is_some_and(|fit| spurious.contains(&fit));
        let is_doubtful = is_spurious || minimum.is_some_and(|minimum| minimum.is_doubtful(frame.threshold));
        // As in the view Paths, the lowest minimum is the first.
        let rank = |minimum: &Minimum| (1 + fit.iter().filter(|other| other.value < minimum.value).count()).to_string();
        let well = minimum.map_or_else(|| UNKNOWN_NUMBER.into(), rank);
        let [sign, doubt] = if is_doubtful { [" ?", "The data do not confirm this minimum as a well."] } else { [""; 2] };
        dom::write(&cells[0], &[&well, sign].concat());
        dom::set(&cells[0], "title", doubt);
        write_keyed(&cells[1], held_by.first().map(|(mode, _)| *mode), &name, state);
        // The responsibilities of the modes are a bar in their colours. The full width is 1.
        let bar = readout::responsibilities(&held_by, theme(state));
        dom::set_style(&cells[1], "--responsibilities", if held_by.is_empty() { "none" } else { &bar });
        let minima = [minimum, pair.truth.and_then(|j| truth.get(j))];
        show_pair(&cells[2..11], minima, pair.location_error, decimals, several, unsearched);
        dom::set(&cells[8], "title", &minimum.map_or_else(String::new, |minimum| state.barrier_bound(minimum)));
        if let (Some(density), Some(k)) = (density, pair.fit) {
            let with =
                |interval: Option<[f64; 2]>| interval.map_or_else(String::new, |ends| format!(" ± {}", number(half(ends), 2)));
            let [of_population, of_energy] = [density.population_interval(k), density.free_energy_interval(k)].map(with);
            let known = density.populations.get(k).zip(density.free_energies.get(k)).filter(|(_, energy)| energy.is_finite());
            let written =
                known.map(|(population, energy)| [number(*population, 3) + &of_population, number(*energy, 3) + &of_energy]);
            let [population, energy] = written.unwrap_or(["–", "–"].map(String::from));
            dom::write(&cells[11], &population);
            dom::write(&cells[12], &energy);
        }
    }
}

/// Shows a minimum beside that of the truth: position, depth and barrier, each for the fit, the truth, and their difference.
fn show_pair(
    cells: &[Element],
    minima: [Option<&Minimum>; 2],
    distance: Option<f64>,
    (of_x, of_y): (usize, usize),
    several: bool,
    unsearched: bool,
) {
    // Several coordinates have three digits each. Their error is the distance.
    let of_x = if several { of_x.saturating_sub(1) } else { of_x };
    let place = |m: &Minimum| Some(m.x.iter().map(|&x| (x, of_x)).collect::<Vec<_>>());
    let depth = |m: &Minimum| Some(vec![(m.value, of_y)]);
    let barrier = |m: &Minimum| m.shown_barrier().map(|b| vec![(b, of_y)]);
    let groups = [minima.map(|m| m.and_then(place)), minima.map(|m| m.and_then(depth)), minima.map(|m| m.and_then(barrier))];
    for (group, mut pair) in groups.into_iter().enumerate() {
        // A bound of a barrier has no error.
        let is_bound = group == 2 && minima[0].is_some_and(|m| m.barrier_bound.is_some());
        let error = match &pair {
            _ if is_bound => None,
            [Some(fitted), Some(truth)] if fitted.len() == 1 => Some((fitted[0].0 - truth[0].0, truth[0].0)),
            [Some(_), Some(_)] => distance.map(|distance| (distance, 0.0)),
            _ => None,
        };
        if group == 0 && several && pair[0].is_none() {
            // Fit and truth share one column.
            pair[0] = pair[1].take();
        }
        let of_group = &cells[3 * group..3 * group + 3];
        for (column, (cell, values)) in of_group.iter().zip(&pair).enumerate() {
            let halves = if column == 0 { minima[0].map_or_else(Vec::new, |m| halves(m, group)) } else { Vec::new() };
            let with_half = |(k, &(value, decimals)): (usize, &(f64, usize))| match halves.get(k) {
                Some(&half) => with_half_width(value, half),
                None => fixed(value, decimals),
            };
            let text = values.as_ref().map(|v| v.iter().enumerate().map(with_half).collect::<Vec<_>>().join(", "));
            let ends = (group, column < 2) == (2, true) && minima[column].is_some_and(|m| m.barrier_bound.is_some());
            let text = text.map(|text| if ends { format!("≥ {text}") } else { text });
            let none = if (group, column) == (2, 0) && unsearched && minima[0].is_some() { PENDING_TEXT } else { UNKNOWN_NUMBER };
            dom::write(cell, text.as_deref().unwrap_or(none));
            if let Some(&[(value, _)]) = values.as_deref() {
                dom::set(cell, "data-value", &value.to_string());
            }
        }
        // Errors of barriers are relative.
        let text = match error {
            Some((error, truth)) if group == 2 && truth > 0.0 => format!("{} %", signed(100.0 * error / truth)),
            Some((error, _)) if several && group == 0 => readout::error(error),
            Some((error, _)) => signed(error),
            None => UNKNOWN_NUMBER.into(),
        };
        dom::write_value(&of_group[2], &text, &error.map_or(String::new(), |e| e.0.to_string()));
    }
}

/// Half widths of the intervals of a minimum's position, depth or barrier; empty if unknown.
fn halves(minimum: &Minimum, group: usize) -> Vec<f64> {
    let interval = minimum.interval.as_ref();
    match group {
        0 => interval.map_or_else(Vec::new, |interval| interval.x.iter().copied().map(half).collect()),
        1 => interval.map(|interval| half(interval.value)).into_iter().collect(),
        _ => minimum.barrier.zip(minimum.barrier_interval).map(|(barrier, [_, high])| high - barrier).into_iter().collect(),
    }
}

/// Numbers of decimals that show positions and values to about five digits: four for spans from 0.1 to 10.
fn decimals((scene, numbers): &(Scene, Vec<f32>)) -> (usize, usize) {
    let values = numbers.iter().skip(scene.samples).take(scene.samples).filter(|v| v.is_finite());
    let (low, high) = values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
    let of = |span: f64| {
        let power = if span > 0.0 && span.is_finite() { span.log10().floor() } else { 0.0 };
        (if power < 0.0 { 3.0 - power } else { 4.0 - power }).clamp(0.0, 12.0) as usize
    };
    (of(scene.domain[1] - scene.domain[0]), of(f64::from(high - low)))
}

/// Writes a text into a cell, with the colour of a mode in front of it.
pub fn write_keyed(cell: &Element, mode: Option<usize>, text: &str, state: &State) {
    if cell.child_element_count() == 0 {
        cell.set_text_content(None);
        dom::append_children(cell, &[&dom::make("i", &[("class", "key")]), &dom::make("span", &[])]);
    }
    let (Some(key), Some(words)) = (cell.first_element_child(), cell.last_element_child()) else { return };
    dom::write(&words, text);
    dom::set_style(&key, "--mode", &mode.map_or_else(|| "transparent".into(), |k| css(theme(state).mode(k))));
}
