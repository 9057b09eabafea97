//! The number line, the status line and the table of minima. Every number carries its full value in `data-value`, and
//! the body's `data-shown` says whose they are: of which run, in which state.

use web_sys::{Element, HtmlElement};

use super::app::{App, Phase, duration};
use super::dom;
use multiwell::controller::protocol::{Scene, Status};
use multiwell::landscape::pairs::pair;
use multiwell::landscape::{Match, Minimum};
use multiwell::plot::palette::css;
use multiwell::plot::ticks::{determination, fixed, number, whole};
use multiwell::problem::benchmarks;

/// What stands for a barrier that nobody has looked for yet.
const NOT_YET: &str = "not yet";

fn put(id: &str, text: &str, value: f64) {
    let element: Element = dom::by_id(id);
    dom::write(&element, if value.is_nan() { "–" } else { text });
    dom::set(&element, "data-value", &value.to_string());
}

/// Shows the newest frame's numbers.
pub fn show(app: &App) {
    let frame = &app.frame.0;
    if frame.layout.is_empty() {
        return;
    }
    if let Some(body) = dom::document().body() {
        dom::set(&body, "data-shown", &format!("{} {}", app.trainer.run(), Phase::of(&frame.status).name()));
    }
    let report = &frame.report;
    put("epoch", &whole(report.epochs), report.epochs as f64);
    let (rate, unit) =
        if frame.steps_per_second > 0.0 { (frame.steps_per_second, "steps / s") } else { (frame.epochs_per_second, "/ s") };
    let text = || format!("{} {unit}", number(rate, if rate < 100.0 { 2 } else { 3 }));
    put("rate", &if rate > 0.0 { text() } else { String::new() }, rate);
    put("loss", &number(report.loss, 3), report.loss);
    put("rmse", &number(report.rmse, 2), report.rmse);
    put("r2", &determination(report.r2), report.r2);
    put("rho", &number(report.rho, 3), report.rho);
    let of = |n: usize, all: usize| if app.scene.0.has_truth { format!("{n} of {all}") } else { n.to_string() };
    put("wells", &of(report.wells, app.scene.0.minima.len()), report.wells as f64);
    put("responsible", &report.responsible_modes.to_string(), report.responsible_modes as f64);
    put("gates", &report.active_gates.to_string(), report.active_gates as f64);
    what_applies(app);
    define(app);
    status(app);
    replay(app);
    table(app);
}

/// What a run is of, as the definitions of its numbers tell them apart.
fn kind(app: &App) -> &'static str {
    match benchmarks::find(&app.settings.benchmark).map_or("", |known| known.format) {
        "multiwell-density" => "density",
        "multiwell-material" => "material",
        _ if app.frame.0.report.r2_components.is_empty() => "values",
        _ => "derivatives",
    }
}

/// Shows of each definition what holds of this run.
fn define(app: &App) {
    let (kind, numbers) = (kind(app), dom::by_id::<Element>("definitions"));
    if numbers.get_attribute("data-kind").as_deref() == Some(kind) {
        return;
    }
    dom::set(&numbers, "data-kind", kind);
    for part in dom::all("#definitions [data-of]") {
        let of = part.get_attribute("data-of").unwrap_or_default();
        dom::show(&part, of.split(' ').any(|one| one == kind));
    }
}

/// Shows those numbers only that say something of this run.
fn what_applies(app: &App) {
    let (report, has_modes) = (&app.frame.0.report, app.frame.0.layout.modes > 0);
    let has_wells = app.is_of_potential() || report.wells > 0;
    let known = |value: f64| app.is_of_potential() || !value.is_nan();
    let shown = [
        ("rmse", known(report.rmse)),
        ("r2", known(report.r2)),
        ("loss", known(report.loss)),
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
        let toggled = two.class_list().toggle_with_force("alone", !has_modes);
        debug_assert!(toggled.is_ok(), "class names are well-formed");
    }
}

/// Says when the link does not carry all that the run has come from, and what a reader should know before using the fit.
pub fn replay(app: &App) {
    let own = app.settings.has_own_data();
    let note = if app.from_model {
        "Went on from a model file: the link cannot replay this run."
    } else if app.frame.0.altered {
        "Changed on the way: the link cannot replay this run."
    } else if own {
        "The link does not carry your data."
    } else {
        ""
    };
    let warnings = app.frame.0.report.warnings.iter().map(String::as_str);
    let note = warnings.chain([note]).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    let element: Element = dom::by_id("altered");
    dom::write(&element, &note);
    dom::show(&element, !note.is_empty());
}

fn status(app: &App) {
    let frame = &app.frame.0;
    let (done, last) = (frame.report.epochs, frame.last_epoch.max(1));
    let bar: HtmlElement = dom::by_id("bar");
    // A recipe may come to its end before the last epoch.
    let finished = matches!(frame.status, Status::Finished { .. });
    let part = if finished { "100%".into() } else { format!("{:.2}%", 100.0 * (done as f64 / last as f64).min(1.0)) };
    if bar.style().set_property("width", &part).is_err() {
        return;
    }
    let stage = frame.stage.as_ref().map(|s| format!("{}, {} of {}", s.name, whole(s.done), whole(s.of)));
    let text = match (&frame.status, app.phase) {
        (_, Phase::Failed | Phase::Loading) => return,
        (Status::Finished { sentence }, Phase::Finished) => sentence.clone(),
        (_, Phase::Diverged) => "stopped: training diverged".into(),
        (_, Phase::Running) if stage.is_some() => stage.unwrap_or_default(),
        (_, Phase::Running) if frame.seconds_left.is_some() => {
            format!("{} left of {}", duration(frame.seconds_left.unwrap_or_default()), whole(last))
        }
        (_, Phase::Running) => format!("training to epoch {}", whole(last)),
        _ => format!("paused; stops at epoch {}", whole(last)),
    };
    dom::write(&dom::by_id("status"), &text);
}

/// What a finished run has come to, for those who cannot see it.
pub fn summary(app: &App) -> String {
    let report = &app.frame.0.report;
    format!(
        "Root mean squared error {}, {} wells, {} modes responsible.",
        number(report.rmse, 2),
        report.wells,
        report.responsible_modes
    )
}

fn table(app: &App) {
    let (scene, frame) = (&app.scene.0, &app.frame.0);
    let several = scene.inputs > 1;
    let body: Element = dom::by_id("minima");
    if let Some(table) = body.parent_element() {
        let barriers = frame.report.minima.iter().chain(&scene.minima).any(|m| m.barrier.is_some());
        for (name, on) in [("no-truth", !scene.has_truth), ("several", several), ("no-barriers", !barriers)] {
            let toggled = table.class_list().toggle_with_force(name, on);
            debug_assert!(toggled.is_ok(), "class names are well-formed");
        }
        if let Ok(Some(head)) = table.query_selector("th:nth-child(2)") {
            dom::write(&head, &scene.names.get(..scene.inputs).unwrap_or_default().join(", "));
        }
    }
    let (fit, truth) = (&frame.report.minima, &scene.minima);
    let alone = |(fit, truth)| Match { fit, truth, ..Match::default() };
    let pairs: Vec<Match> =
        if scene.has_truth { frame.matches.clone() } else { pair(fit, &[], 0.0).into_iter().map(alone).collect() };
    // Barriers of several inputs are searched for when training rests.
    let unsearched = several && !fit.is_empty() && fit.iter().all(|m| m.barrier.is_none());
    let (of_x, of_y) = app.decimals;
    // Of several coordinates three digits each are enough, and the largest of their errors.
    let of_x = if several { of_x.saturating_sub(1) } else { of_x };
    rows(&body, pairs.len(), 10);
    for (row, &Match { fit: i, truth: j, location_error, .. }) in pairs.iter().enumerate() {
        let Some(line) = body.children().item(row as u32) else { continue };
        let mode = i.and_then(|i| frame.mode_of_minimum.get(i).copied());
        if let Some(cell) = line.first_element_child() {
            name(&cell, mode, i.is_some(), app);
        }
        let (fitted, true_one) = (i.and_then(|i| fit.get(i)), j.and_then(|j| truth.get(j)));
        let place = |m: Option<&Minimum>| m.map(|m| m.x.iter().map(|&x| (x, of_x)).collect::<Vec<_>>());
        let depth = |m: Option<&Minimum>| m.map(|m| vec![(m.value, of_y)]);
        let barrier = |m: Option<&Minimum>| m.and_then(|m| m.barrier).map(|b| vec![(b, of_y)]);
        let pairs = [[place(fitted), place(true_one)], [depth(fitted), depth(true_one)], [barrier(fitted), barrier(true_one)]];
        for (group, pair) in pairs.into_iter().enumerate() {
            let error = match &pair {
                [Some(fitted), Some(truth)] if fitted.len() == 1 => Some((fitted[0].0 - truth[0].0, fitted[0].0, truth[0].0)),
                // Of several coordinates it is their distance.
                [Some(_), Some(_)] => location_error.map(|distance| (distance, distance, 0.0)),
                _ => None,
            };
            let mut pair = pair;
            if group == 0 && several && pair[0].is_none() {
                // There is one column for both.
                pair[0] = pair[1].take();
            }
            for (column, values) in pair.into_iter().enumerate() {
                let Some(cell) = line.children().item((3 * group + column) as u32 + 1) else { continue };
                let text = values.as_ref().map(|v| v.iter().map(|&(v, d)| fixed(v, d)).collect::<Vec<_>>().join(", "));
                let none = if (group, column) == (2, 0) && unsearched && i.is_some() { NOT_YET } else { "–" };
                dom::write(&cell, text.as_deref().unwrap_or(none));
                if let Some(&[(value, _)]) = values.as_deref() {
                    dom::set(&cell, "data-value", &value.to_string());
                }
            }
            let Some(cell) = line.children().item(3 * group as u32 + 3) else { continue };
            // Heights of barriers are judged by their fractions.
            let text = match error {
                Some((error, _, truth)) if group == 2 && truth > 0.0 => format!("{} %", signed(100.0 * error / truth)),
                Some((error, ..)) if several && group == 0 => number(error, 2),
                Some((error, ..)) => signed(error),
                None => "–".into(),
            };
            dom::write(&cell, &text);
            dom::set(&cell, "data-value", &error.map_or(String::new(), |e| e.0.to_string()));
        }
    }
}

/// As many rows of as many cells; what is in those that stay, stays.
pub fn rows(body: &Element, rows: usize, cells: usize) {
    while body.child_element_count() as usize > rows {
        body.last_element_child().expect("there is one").remove();
    }
    while (body.child_element_count() as usize) < rows {
        let line = dom::make("tr", "");
        (0..cells).for_each(|_| dom::put(&line, &[&dom::make("td", "")]));
        dom::put(body, &[&line]);
    }
}

fn signed(value: f64) -> String {
    let text = number(value, 2);
    if value > 0.0 { format!("+{text}") } else { text }
}

/// How many decimals tell places and values apart to about five digits: four for spans from a tenth to ten.
pub fn decimals((scene, numbers): &(Scene, Vec<f32>)) -> (usize, usize) {
    let values = numbers.iter().skip(scene.samples).take(scene.samples).filter(|v| v.is_finite());
    let (low, high) = values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
    let of = |span: f64| {
        let power = if span > 0.0 && span.is_finite() { span.log10().floor() } else { 0.0 };
        (if power < 0.0 { 3.0 - power } else { 4.0 - power }).clamp(0.0, 12.0) as usize
    };
    (of(scene.domain[1] - scene.domain[0]), of(f64::from(high - low)))
}

/// A cell with the colour and number of a mode.
pub fn name(cell: &Element, mode: Option<usize>, found: bool, app: &App) {
    keyed(
        cell,
        mode,
        &mode.map_or_else(|| if found { "minimum".into() } else { "not found".into() }, |k| format!("mode {k}")),
        app,
    );
}

/// A cell with a text, and the colour of a mode in front of it.
pub fn keyed(cell: &Element, mode: Option<usize>, text: &str, app: &App) {
    if cell.child_element_count() == 0 {
        dom::put(cell, &[&dom::make("i", "key"), &dom::make("span", "")]);
    }
    let (Some(key), Some(words)) = (cell.first_element_child(), cell.last_element_child()) else { return };
    dom::write(&words, text);
    if let Ok(key) = wasm_bindgen::JsCast::dyn_into::<HtmlElement>(key) {
        let colour = mode.map_or_else(|| "transparent".into(), |k| css(app.pictures.theme().mode(k)));
        if key.style().get_property_value("background-color").ok().as_deref() != Some(colour.as_str()) {
            // A colour that cannot be set costs the key, not the number.
            let _ = key.style().set_property("background-color", &colour);
        }
    }
}
