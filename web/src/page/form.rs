//! Form of the settings: one row per setting, built from the library's list, with a note below it.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlInputElement, InputEvent, KeyboardEvent};

use super::events::send;
use super::{controls, dom};
use crate::state::action::Action;
use crate::state::app::State;
use crate::state::form::{all, by_slider, in_group, last_position, position_of, slider, value_at};
use multiwell::internal::plot::ticks::whole;
use multiwell::internal::potentials::mathml;
use multiwell::internal::problem::benchmarks;
use multiwell::internal::problem::settings::form::text;
use multiwell::internal::problem::settings::setting::SettingKind;
use multiwell::internal::problem::settings::{FormGroup, Setting, Settings};

/// Media query of windows in which the groups of the form are initially folded.
pub const FOLDED_QUERY: &str = "(max-width: 760px)";
/// Settings whose fields are above the picture.
const FORMULA_BAR_SETTINGS: [&str; 2] = ["formula", "set"];

/// Builds all rows.
pub fn build() {
    let (form, above): (Element, Element) = (dom::by_id("controls"), dom::by_id("formula-bar"));
    let folded = dom::matches(FOLDED_QUERY);
    for (part, title) in FormGroup::ALL {
        let (group, summary) = (dom::make("details", &[]), dom::make("summary", &[]));
        dom::set_if(&group, "open", !folded);
        dom::write(&summary, title);
        dom::append_children(&group, &[&summary]);
        // Text settings precede choices.
        let (texts, others): (Vec<&Setting>, Vec<&Setting>) =
            in_group(part).partition(|setting| matches!(setting.kind, SettingKind::Text));
        for setting in texts.into_iter().chain(others) {
            let place = if FORMULA_BAR_SETTINGS.contains(&setting.name) { &above } else { &group };
            dom::append_children(place, &[&row(setting)]);
        }
        dom::append_children(&form, &[&group]);
    }
}

fn row(setting: &Setting) -> Element {
    let Setting { name, label: words, meaning, .. } = *setting;
    let chosen = matches!(setting.kind, SettingKind::Choice { .. });
    let class = match setting.kind {
        // A text setting is hidden until it applies. Its appearance opens the group.
        SettingKind::Text => "row text off",
        _ if chosen || matches!(name, "hidden" | "epochs") => "row wide",
        _ => "row",
    };
    let row = dom::make("div", &[("class", class), ("data-part", name)]);
    let [id, message_id, meaning_id] = ["control", "message", "meaning"].map(|kind| format!("{kind}-{name}"));
    let described_by = format!("{meaning_id} {message_id}");
    let title = dom::make("label", &[("for", &id)]);
    dom::write(&title, words);
    let mut attributes = vec![("id", id.as_str()), ("aria-describedby", &described_by)];
    if !chosen {
        let keyboard = if matches!(setting.kind, SettingKind::Number { whole: true, .. }) { "numeric" } else { "text" };
        attributes.extend([("type", "text"), ("inputmode", keyboard), ("spellcheck", "false"), ("enterkeyhint", "done")]);
        attributes.push(("placeholder", setting.absent.unwrap_or_default()));
    }
    let control = dom::make(if chosen { "select" } else { "input" }, &attributes);
    if let SettingKind::Choice { names, .. } = setting.kind {
        dom::set_options(&control, &names().into_iter().map(|name| (name, name)).collect::<Vec<_>>());
    }
    if name == "seed" {
        // The button only changes the seed, so it is part of its row.
        let both = dom::make("span", &[("class", "with-button")]);
        let attributes = [("class", "plain"), ("type", "button"), ("id", "new-seed"), ("title", "Restart from a new seed")];
        let button = dom::make("button", &attributes);
        dom::write(&button, "new");
        dom::append_children(&both, &[&title, &button]);
        dom::append_children(&row, &[&both, &control]);
    } else {
        dom::append_children(&row, &[&title, &control]);
    }
    if let Some(range) = slider(setting) {
        let (id, label) = (format!("slider-{name}"), format!("{words}, slider on a logarithmic scale"));
        let most = last_position(range).to_string();
        let attributes = [("type", "range"), ("id", &id), ("min", "0"), ("max", &most), ("step", "1"), ("aria-label", &label)];
        dom::append_children(&row, &[&dom::make("input", &attributes)]);
    }
    // The text is visible while the field has the focus or the pointer is on the label.
    let explained = dom::make("p", &[("class", "meaning"), ("id", &meaning_id)]);
    dom::write(&explained, meaning);
    dom::append_children(&row, &[&explained, &dom::make("p", &[("id", &message_id)])]);
    if name == "formula" {
        dom::append_children(&row, &[&dom::make("div", &[("id", "typeset"), ("aria-hidden", "true")])]);
    }
    if name == "set" {
        dom::append_children(&row, &[&dom::make("div", &[("id", "letters")])]);
    }
    row
}

fn control(name: &str) -> Element {
    dom::by_id(&format!("control-{name}"))
}

/// Listens to all controls.
pub fn listen() {
    for setting in all() {
        let name = setting.name;
        let element = control(name);
        let commit = move || send(Action::Commit(name, dom::value(&control(name))));
        dom::on(&element, "change", move |_: Event| commit());
        dom::on(&element, "keydown", move |event: KeyboardEvent| match event.key().as_str() {
            "Enter" => {
                event.prevent_default();
                commit();
            }
            "Escape" => send(Action::RevertText(name)),
            _ => {}
        });
        if element.tag_name() == "INPUT" {
            dom::on(&element, "input", move |event: Event| {
                // If the browser undoes text in a field without focus, the field shows the current setting.
                let is_back = event.dyn_ref::<InputEvent>().is_some_and(|event| event.input_type().starts_with("history"));
                let is_here = dom::document().active_element().is_some_and(|focused| focused == control(name));
                send(if is_back && !is_here {
                    Action::LeaveField(name)
                } else {
                    Action::Typed(name, dom::value(&control(name)))
                });
            });
            dom::on(&element, "blur", move |_: Event| send(Action::LeaveField(name)));
        }
        let Some(range) = slider(setting) else { continue };
        let slider: HtmlInputElement = dom::by_id(&format!("slider-{name}"));
        for kind in ["input", "change"] {
            let moved = slider.clone();
            dom::on(&slider, kind, move |_: Event| {
                let value = value_at(setting, range, moved.value_as_number());
                send(if kind == "change" { Action::ReleaseSetting(name, value) } else { Action::SlideSetting(name, value) });
            });
        }
    }
    dom::on(&dom::by_id::<Element>("controls"), "submit", |event: Event| event.prevent_default());
    let list: Element = dom::by_id("benchmark");
    dom::on(&list.clone(), "change", move |_: Event| send(Action::Choose(dom::value(&list))));
}

/// Typesets the formula in its field. An invalid formula keeps the previous output.
fn typeset(formula: &str) {
    let place: Element = dom::by_id("typeset");
    if place.get_attribute("data-formula").as_deref() == Some(formula) {
        return;
    }
    if let Some(text) = mathml(formula) {
        place.set_inner_html(&text);
        dom::set(&place, "data-formula", formula);
    }
}

/// Shows the settings in the controls and the notes below them. Skips controls with edits in progress or refused values.
pub fn show(state: &State) {
    let settings = state.wanted();
    for setting in all() {
        let name = setting.name;
        let (element, text, note) = (control(name), text(settings, name), state.feedback.notes.get(name));
        let is_fault = note.is_some_and(|note| note.is_error);
        if name == "periodic" {
            // A formula has no table.
            dom::set(&element, "placeholder", setting.absent.filter(|_| settings.has_own_data()).unwrap_or("none"));
        }
        if !is_fault && state.edits.typed_setting != name {
            dom::set_value(&element, &text);
        }
        if let Some(range) = slider(setting).filter(|_| state.edits.sliding_setting != name) {
            let value = setting.value(settings).and_then(|value| value.number()).unwrap_or_default();
            let slider: HtmlInputElement = dom::by_id(&format!("slider-{name}"));
            // Several positions have the same value. A key must move the slider among them.
            if by_slider(value_at(setting, range, slider.value_as_number())) != by_slider(value) {
                dom::set_value(&slider, &position_of(value, range).to_string());
            }
            dom::set(&slider, "aria-valuetext", &text);
            if let Some(label) = dom::all(&format!("label[for=control-{name}]")).first() {
                dom::set(label, "data-text", &text);
            }
        }
        if is_fault {
            dom::set(&element, "aria-invalid", "true");
            // The group of an error is opened.
            if let Ok(Some(fold)) = element.closest("details:not([open])") {
                dom::set_if(&fold, "open", true);
            }
        } else {
            let _ = element.remove_attribute("aria-invalid");
        }
        let message: Element = dom::by_id(&format!("message-{name}"));
        dom::set(&message, "class", if is_fault { "bad" } else { "" });
        let of_recipe = || if name == "recipe" { changed(settings) } else { String::new() };
        dom::write(&message, &note.map_or_else(of_recipe, |note| note.words.clone()));
        if let Ok(Some(row)) = element.closest(".row") {
            // Settings without effect are hidden. A text that replaces a choice is an input field.
            let is_off = !settings.applies(name);
            let appears = matches!(setting.kind, SettingKind::Text) && !is_off && row.class_list().contains("off");
            if let Ok(Some(fold)) = row.closest("details:not([open])")
                && appears
            {
                dom::set_if(&fold, "open", true);
            }
            dom::toggle(&row, "off", is_off);
        }
    }
    controls::show_parameters(state);
    typeset(&dom::value(&control("formula")));
    show_benchmark(state);
    dom::write(&dom::by_id("cost"), &cost(state));
    dom::write(&dom::by_id("sentence"), &sentence(state));
}

/// Shows the benchmark in the menu.
fn show_benchmark(state: &State) {
    let settings = state.wanted();
    let own = settings.has_own_data();
    let list: Element = dom::by_id("benchmark");
    // The list contains neither files nor potentials with a number in their id.
    let listed = benchmarks::all().any(|b| b.id == settings.benchmark);
    let file = match &state.run.origin.table {
        Some(table) if own => table.name.as_str(),
        _ if own && state.run.has_frame => "A model file",
        _ if own => "Your own data",
        _ => settings.benchmark.as_str(),
    };
    let mut options: Vec<_> = benchmarks::all().map(|benchmark| (benchmark.id, benchmark.name)).collect();
    if !listed {
        options.push((&settings.benchmark, file));
    }
    if let Some(table) = state.left_table().and_then(|left| left.origin.table.as_ref()) {
        options.push((Settings::OWN_DATA, &table.name));
    }
    dom::set_options(&list, &options);
    dom::set_value(&list, &settings.benchmark);
}

/// Sentence on the data and the result of the fit.
fn sentence(state: &State) -> String {
    let (scene, benchmark) = (&state.run.scene.0, state.run.settings.benchmark.as_str());
    let (inputs, target) = scene.names.split_at(scene.inputs.min(scene.names.len()));
    let (inputs, target) = (inputs.join(", "), target.join(""));
    let columns = state.run.origin.table.as_ref().map_or(&[][..], |table| &table.columns.inputs);
    let learnt = match benchmark {
        Settings::OWN_JOINT if !inputs.is_empty() => format!("Free energy of {inputs}"),
        Settings::OWN_DATA if !target.is_empty() => format!("{target} as a potential of {inputs}"),
        Settings::OWN_SAMPLES if columns.len() > 1 => format!("Separate densities of {}", columns.join(", ")),
        Settings::OWN_SAMPLES if !inputs.is_empty() => format!("Density of {inputs}"),
        Settings::OWN_TRAJECTORIES if scene.names.len() > 1 => {
            format!("Response to {}, with memory", scene.names[..scene.names.len() - 1].join(", "))
        }
        _ => return benchmarks::find(benchmark).map_or_else(String::new, |known| known.sentence.into()),
    };
    let Some(table) = &state.run.origin.table else { return format!("{learnt}, read from a model file.") };
    let slopes = if table.columns.has_slopes() { "derivatives in " } else { "" };
    let count = whole(scene.rows.unwrap_or(scene.samples) as u64);
    let rows = match benchmark {
        Settings::OWN_JOINT => format!("{count} samples in"),
        Settings::OWN_SAMPLES => "samples in".into(),
        Settings::OWN_TRAJECTORIES => "runs in".into(),
        _ => format!("{slopes}{count} rows of"),
    };
    format!("{learnt}, learnt from {rows} {}.", table.name)
}

/// Describes which settings can be changed without a restart.
fn cost(state: &State) -> String {
    let kept = |setting: &&Setting| !state.run.restarts(setting.name) && state.run.settings.applies(setting.name);
    let labels: Vec<String> = all().filter(kept).map(in_sentence).collect();
    match labels.as_slice() {
        [only] => format!("Changing {only} keeps the run; anything else restarts it."),
        [before @ .., last] => {
            format!("Changing {} or {last} keeps the run; anything else restarts it.", before.join(", "))
        }
        [] => "Changing a setting starts a new run, which can be undone.".into(),
    }
}

/// Settings that differ from the defaults of the recipe, as text.
fn changed(settings: &Settings) -> String {
    let own = Settings::on(settings.training.recipe, &settings.benchmark);
    // The recipe chooses neither seeds nor data.
    let of_recipe = all().filter(|setting| setting.group != FormGroup::Data && setting.name != "seed");
    let differs = |setting: &&Setting| text(settings, setting.name) != text(&own, setting.name) && settings.applies(setting.name);
    let changed: Vec<String> = of_recipe.filter(differs).map(in_sentence).collect();
    if changed.is_empty() { String::new() } else { format!("changed: {}", changed.join(", ")) }
}

/// Label of a setting within a sentence.
fn in_sentence(setting: &Setting) -> String {
    let mut label = setting.label.to_owned();
    if let Some(first) = label.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    label
}
