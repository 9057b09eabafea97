//! The controls: one row a setting, built from the list in `run::settings`, with its message beside it.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, KeyboardEvent};

use super::app::App;
use super::{act, dom, message};
use multiwell::plot::ticks::whole;
use multiwell::problem::benchmarks;
use multiwell::problem::settings::form::{put, text};
use multiwell::problem::settings::{FIELDS, PICKS, Settings, field, pick};
use multiwell::text::sentence;

/// Sliders that reach down to nothing at their left end: from which power of ten to which.
const SLIDERS: [(&str, f64, f64); 3] = [("epsilon", -7.0, 0.0), ("lr", -6.0, 0.0), ("gate-lr", -6.0, 0.0)];
const NOTCHES: f64 = 280.0;

/// The groups of controls. A setting that is in none of them stands at the end of the last.
const GROUPS: [(&str, &[&str]); 3] = [
    ("Model", &["modes", "hidden", "skip", "symmetry", "epsilon"]),
    (
        "Training",
        &[
            "recipe",
            "lr",
            "gate-lr",
            "value-weight",
            "decay",
            "kl",
            "pooling",
            "start",
            "schedule",
            "epochs",
            "stop-loss",
            "seed",
        ],
    ),
    (
        "Data",
        &["b", "c1", "c2", "c3", "c4", "target-kind", "target-seed", "samples", "sampling", "noise", "data-seed", "scaling"],
    ),
];

/// Settings that belong to the recipe, in words.
const OF_RECIPE: [(&str, &str); 6] = [
    ("modes", "modes"),
    ("hidden", "layers"),
    ("epsilon", "ε"),
    ("lr", "network rate"),
    ("gate-lr", "gate rate"),
    ("schedule", "schedule"),
];

/// What a change costs: in a run that takes changes, and in one that does not.
const KEPT: &str = "Changing ε, rates, schedule or stopping rules keeps the run; anything else restarts it.";
const ANEW: &str = "Changing a setting starts a new run, which can be undone.";

fn label(name: &str) -> (&'static str, &'static str) {
    match (field(name), pick(name)) {
        (Some(field), _) => (field.label, field.meaning),
        (_, Some(pick)) => (pick.label, pick.meaning),
        _ => ("Hidden layers", "Widths of the hidden layers of each mode."),
    }
}

/// The powers of ten between which a setting has a slider.
fn slider(name: &str) -> Option<(f64, f64)> {
    let from_nothing = SLIDERS.iter().find(|s| s.0 == name).map(|&(_, low, high)| (low, high));
    let of_field = || field(name).filter(|f| f.logarithmic && f.min > 0.0).map(|f| (f.min.log10(), f.max.log10()));
    from_nothing.or_else(of_field)
}

/// Builds all rows, and the list of benchmarks.
pub fn build(settings: &Settings) {
    let list: Element = dom::by_id("benchmark");
    for benchmark in benchmarks::all() {
        dom::option(&list, benchmark.id, benchmark.name);
    }
    let form: Element = dom::by_id("controls");
    let folded = dom::matches("(max-width: 760px)");
    for (k, (title, _)) in GROUPS.iter().enumerate() {
        let (group, summary) = (dom::make("details", ""), dom::make("summary", ""));
        dom::set_if(&group, "open", !folded);
        dom::write(&summary, title);
        dom::put(&group, &[&summary]);
        for name in names_in(k) {
            dom::put(&group, &[&row(name)]);
        }
        dom::put(&form, &[&group]);
    }
    for pick in PICKS {
        for name in (pick.names)() {
            dom::option(&control(pick.name), name, name);
        }
    }
    for name in names() {
        dom::set_value(&control(name), &text(settings, name));
    }
}

fn row(name: &str) -> Element {
    let chosen = pick(name).is_some();
    let row = dom::make("div", if chosen || name == "hidden" { "row wide" } else { "row" });
    dom::set(&row, "data-part", name);
    let (words, meaning) = label(name);
    let title = dom::make("label", "");
    dom::set(&title, "for", &format!("control-{name}"));
    dom::set(&title, "title", meaning);
    dom::write(&title, words);
    let control = dom::make(if chosen { "select" } else { "input" }, "");
    dom::set(&control, "id", &format!("control-{name}"));
    dom::set(&control, "aria-describedby", &format!("message-{name}"));
    if !chosen {
        let whole = field(name).is_some_and(|f| f.whole);
        dom::set(&control, "type", "text");
        dom::set(&control, "inputmode", if whole { "numeric" } else { "text" });
        dom::set(&control, "spellcheck", "false");
        dom::set(&control, "enterkeyhint", "done");
    }
    let absent = [("stop-loss", "never"), ("decay", "auto")];
    if let Some((_, words)) = absent.iter().find(|(of, _)| *of == name) {
        dom::set(&control, "placeholder", words);
    }
    if name == "seed" {
        // The button belongs to the seed: it changes nothing else.
        let (both, button) = (dom::make("span", "with-button"), dom::make("button", "plain"));
        dom::set(&button, "type", "button");
        dom::set(&button, "id", "new-seed");
        dom::set(&button, "title", "Begin again from a new seed");
        dom::write(&button, "new");
        dom::put(&both, &[&title, &button]);
        dom::put(&row, &[&both, &control]);
    } else {
        dom::put(&row, &[&title, &control]);
    }
    if slider(name).is_some() {
        let slider = dom::make("input", "");
        for (key, value) in [("type", "range"), ("id", &format!("slider-{name}")), ("min", "0"), ("max", "280"), ("step", "1")] {
            dom::set(&slider, key, value);
        }
        dom::set(&slider, "aria-label", &format!("{words}, slider on a logarithmic scale"));
        dom::put(&row, &[&slider]);
    }
    // Under a finger there is no hovering: what the label's title says stands below it there.
    let (explained, message) = (dom::make("p", "meaning"), dom::make("p", ""));
    dom::write(&explained, meaning);
    dom::set(&message, "id", &format!("message-{name}"));
    dom::put(&row, &[&explained, &message]);
    row
}

fn names_in(group: usize) -> Vec<&'static str> {
    let grouped = |name: &&str| GROUPS.iter().any(|(_, names)| names.contains(name));
    let others = FIELDS.iter().map(|f| f.name).chain(PICKS.iter().map(|p| p.name)).filter(|name| !grouped(name));
    let others = others.filter(|_| group + 1 == GROUPS.len());
    GROUPS[group].1.iter().copied().chain(others).collect()
}

fn names() -> impl Iterator<Item = &'static str> {
    (0..GROUPS.len()).flat_map(names_in)
}

fn control(name: &str) -> Element {
    dom::by_id(&format!("control-{name}"))
}

/// Listens to every control.
pub fn listen() {
    for name in names() {
        let element = control(name);
        dom::on(&element, "change", move |_: Event| act(move |app| app.commit(name)));
        dom::on(&element, "keydown", move |event: KeyboardEvent| match event.key().as_str() {
            "Enter" => {
                event.prevent_default();
                act(move |app| app.commit(name));
            }
            "Escape" => act(move |app| {
                dom::set_value(&control(name), &text(&app.settings, name));
                clear(name);
            }),
            _ => {}
        });
        // What a change costs is said while it is being typed, before it happens.
        dom::on(&element, "input", move |_: Event| {
            act(move |app| {
                app.committed = "";
                let mut settings = app.settings.clone();
                let is_new = put(&mut settings, name, &dom::value(&control(name))).is_ok() && settings != app.settings;
                let restart = is_new && app.restarts(name);
                if restart { hint(name, "Enter restarts the run.") } else { clear(name) }
            });
        });
    }
    for name in names().filter(|name| slider(name).is_some()) {
        let slider: Element = dom::by_id(&format!("slider-{name}"));
        for kind in ["input", "change"] {
            // What restarts waits until the slider rests.
            let follow = move |app: &mut App| {
                if kind == "change" || !app.restarts(name) {
                    app.slide(name);
                }
            };
            dom::on(&slider, kind, move |_: Event| act(follow));
        }
    }
    dom::on(&dom::by_id::<Element>("controls"), "submit", |event: Event| event.prevent_default());
    dom::on(&dom::by_id::<Element>("new-seed"), "click", |_: Event| act(App::new_seed));
    dom::on(&dom::by_id::<Element>("benchmark"), "change", |_: Event| act(App::choose));
}

/// Puts the settings into the controls, but for one that is being edited or holds what was refused.
pub fn show(app: &App) {
    let just = app.committed;
    let active = dom::document().active_element().map(|e| e.id()).unwrap_or_default();
    for name in names() {
        let element = control(name);
        let refused = element.get_attribute("aria-invalid").as_deref() == Some("true");
        // A field that is being typed in keeps its text; Enter and Escape write it.
        let typing = active == element.id() && name != just && element.tag_name() == "INPUT";
        if !refused && !typing {
            dom::set_value(&element, &text(&app.settings, name));
        }
    }
    for name in names() {
        let Some((low, high)) = slider(name) else { continue };
        let value = app.settings.number(name).unwrap_or_default();
        let along = if value > 0.0 { ((value.log10() - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 };
        let slider: HtmlInputElement = dom::by_id(&format!("slider-{name}"));
        slider.set_value(&(along * NOTCHES).round().to_string());
        dom::set(&slider, "aria-valuetext", &text(&app.settings, name));
    }
    show_benchmark(app);
    show_cost(app);
    dom::write(&dom::by_id("sentence"), &what(app));
    guide(&app.settings.benchmark);
    for name in names() {
        // What does nothing is not shown.
        if let Some(row) = control(name).closest(".row").ok().flatten() {
            let toggled = row.class_list().toggle_with_force("off", !app.settings.applies(name));
            debug_assert!(toggled.is_ok(), "class names are well-formed");
        }
    }
    recipe(&app.settings);
}

/// Says what a change of the settings costs.
pub fn show_cost(app: &App) {
    dom::write(&dom::by_id("cost"), if app.takes_changes() { KEPT } else { ANEW });
}

/// Puts the benchmark of the run that is shown into the menu.
pub fn show_benchmark(app: &App) {
    let own = app.settings.has_own_data();
    let list: HtmlElement = dom::by_id("benchmark");
    // A potential with a number in its id is in no list, and a file neither.
    let listed = benchmarks::all().any(|b| b.id == app.settings.benchmark);
    let file = match &app.table {
        Some(table) if own => table.name.as_str(),
        _ if own => "Own data",
        _ => app.settings.benchmark.as_str(),
    };
    match dom::find::<Element>("benchmark-own") {
        Some(option) if !listed => {
            dom::set(&option, "value", &app.settings.benchmark);
            dom::write(&option, file);
        }
        Some(option) => option.remove(),
        None if !listed => {
            dom::option(&list, &app.settings.benchmark, file);
            if let Some(option) = list.last_element_child() {
                dom::set(&option, "id", "benchmark-own");
            }
        }
        None => {}
    }
    dom::set_value(&list, &app.settings.benchmark);
}

/// Shows the guide to a benchmark, if there is one.
fn guide(benchmark: &str) {
    // A family goes by the name of all of it.
    let id = benchmarks::find(benchmark).map_or("", |known| known.id);
    let mut found = false;
    for guide in dom::all("[data-guide]") {
        let is_it = guide.get_attribute("data-guide").as_deref() == Some(id);
        dom::show(&guide, is_it);
        found |= is_it;
    }
    dom::show(&dom::by_id("guide"), found);
}

/// What is learnt from what.
fn what(app: &App) -> String {
    if let Some(known) =
        benchmarks::find(&app.settings.benchmark).filter(|b| !b.own || b.settings.is_some() || app.scene.0.names.len() < 2)
    {
        return known.sentence.into();
    }
    let (inputs, target) = app.scene.0.names.split_at(app.scene.0.inputs.min(app.scene.0.names.len()));
    let file = app.table.as_ref().map_or("a file", |t| t.name.as_str());
    format!(
        "{} as a potential of {}, learnt from {}{} rows of {file}.",
        target.join(""),
        inputs.join(", "),
        if app.table.as_ref().is_some_and(|t| !t.gradient.is_empty()) { "derivatives in " } else { "" },
        whole(app.scene.0.samples as u64)
    )
}

/// Says how the settings differ from the recipe's.
fn recipe(settings: &Settings) {
    let own = Settings::on(settings.recipe, &settings.benchmark);
    let changed: Vec<_> = OF_RECIPE.iter().filter(|(n, _)| text(settings, n) != text(&own, n)).map(|(_, words)| *words).collect();
    let message: Element = dom::by_id("message-recipe");
    dom::write(&message, &if changed.is_empty() { String::new() } else { format!("changed: {}", changed.join(", ")) });
}

/// Marks a control as holding what cannot be used, and says why. False if it is not shown.
pub fn complain(name: &str, sentence: &str) -> bool {
    let (Some(control), Some(message)) =
        (dom::find::<Element>(&format!("control-{name}")), dom::find::<Element>(&format!("message-{name}")))
    else {
        return false;
    };
    dom::set(&control, "aria-invalid", "true");
    message.set_class_name("bad");
    dom::write(&message, sentence);
    control.dyn_ref::<HtmlElement>().is_some_and(|c| c.offset_parent().is_some())
}

fn hint(name: &str, sentence: &str) {
    clear(name);
    dom::write(&dom::by_id(&format!("message-{name}")), sentence);
}

fn clear(name: &str) {
    let _ = control(name).remove_attribute("aria-invalid");
    let message: Element = dom::by_id(&format!("message-{name}"));
    message.set_class_name("");
    if name != "recipe" {
        dom::write(&message, "");
    }
}

/// Takes all messages at controls away.
pub fn calm() {
    names().for_each(clear);
}

impl App {
    fn commit(&mut self, name: &'static str) {
        let typed = dom::value(&control(name));
        let mut settings = self.settings.clone();
        if let Err(problem) = put(&mut settings, name, &typed) {
            complain(name, &sentence(&problem.in_words()));
            return;
        }
        self.committed = name;
        clear(name);
        if settings == self.settings {
            dom::set_value(&control(name), &text(&self.settings, name));
        } else {
            if matches!(name, "epochs" | "stop-loss") {
                self.limits = None;
            }
            let restarts = self.restarts(name);
            self.apply(settings, restarts);
        }
    }

    fn slide(&mut self, name: &'static str) {
        let Some((low, high)) = slider(name) else { return };
        let slider: HtmlInputElement = dom::by_id(&format!("slider-{name}"));
        let notch = slider.value_as_number();
        let value = if notch <= 0.0 { 0.0 } else { 10f64.powf(low + (high - low) * notch / NOTCHES) };
        let mut settings = self.settings.clone();
        // Two digits are as much as a slider can mean.
        if put(&mut settings, name, &format!("{value:.1e}")).is_ok() && settings != self.settings {
            clear(name);
            let restarts = self.restarts(name);
            self.apply(settings, restarts);
        }
    }

    fn choose(&mut self) {
        let benchmark = dom::value(&dom::by_id::<Element>("benchmark"));
        if benchmark != self.settings.benchmark {
            message::hush();
            // Scaling was chosen for the file that is left.
            let left_file = self.settings.has_own_data();
            let mut settings = self.settings_for(&benchmark);
            if left_file {
                settings.scaling = Settings::on(settings.recipe, &benchmark).scaling;
            }
            self.apply(settings, true);
        }
    }
}
