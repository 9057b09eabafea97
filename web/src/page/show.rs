//! Updates the document from the state.

use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, HtmlElement};

use super::events::send;
use super::{address, details, dom, form, gallery, menu, numbers as number_line, seeds, sliders, tabs};
use crate::state::action::{Action, Button};
use crate::state::app::State;
use crate::state::face::{FACE_NAMES, Face};
use crate::state::message::MessageAction;
use crate::state::phase::Phase;
use crate::state::sketch::{Opening, TOOL_IDS, Tool};
use crate::state::timeline::Direction;
use crate::state::view::name;
use multiwell::internal::potentials::sketch::samples::{MAX_SAMPLES, MIN_SAMPLES};
use multiwell::internal::problem::benchmarks;
use multiwell::internal::recipe::TrainingStep;

/// Buttons by their ids.
const BUTTON_IDS: [(&str, Button); 25] = [
    ("run", Button::Run),
    ("step", Button::Step),
    ("restart", Button::Restart),
    ("new-seed", Button::NewSeed),
    ("pin", Button::Pin),
    ("undo", Button::Undo),
    ("redo", Button::Redo),
    ("message-action", Button::Recover),
    ("message-close", Button::CloseMessage),
    ("share", Button::Share),
    ("embed", Button::Embed),
    ("face", Button::SwitchFace),
    ("help", Button::Help),
    ("export-model", Button::SaveModel),
    ("export-history", Button::SaveHistory),
    ("export-settings", Button::SaveSettings),
    ("balls-many", Button::AddParticles),
    ("balls-none", Button::ClearParticles),
    ("awaited-open", Button::OpenFile),
    ("places-clear", Button::ClearPlaces),
    ("alone-end", Button::ShowAllModes),
    ("prune-apply", Button::Prune),
    ("prune-cancel", Button::CancelPruning),
    ("sketch-undo", Button::UndoLast),
    ("sketch-redo", Button::RedoLast),
];

/// Main button after the end of a run.
const RUN_AGAIN: &str = "Run again";

/// Listens to buttons, and to changes of the reader's preferences.
pub fn listen() {
    for (id, button) in BUTTON_IDS.into_iter().chain(TOOL_IDS.map(|(id, tool)| (id, Button::ToggleTool(tool)))) {
        dom::on(&dom::by_id::<Element>(id), "click", move |_: Event| send(Action::Press(button)));
    }
    dom::on(&dom::document(), "visibilitychange", |_: Event| send(Action::Visible(!dom::document().hidden())));
    dom::on(&dom::window(), "resize", |_: Event| send(Action::Resized));
    for query in [DARK_QUERY, MOTION_QUERY, PRINT_QUERY] {
        if let Ok(Some(list)) = dom::window().match_media(query) {
            dom::on(&list, "change", |_: Event| send_preferences());
        }
    }
}

const DARK_QUERY: &str = "(prefers-color-scheme: dark)";
/// Attribute of the document with the theme of an embedded page, which overrides the preference of the browser.
const THEME_ATTRIBUTE: &str = "data-theme";
const PRINT_QUERY: &str = "print";
const MOTION_QUERY: &str = "(prefers-reduced-motion: reduce)";

/// Sends the reader's preferences to the reducer. Called also by `boot.js` when the host document has changed the theme.
#[wasm_bindgen(js_name = show_theme)]
pub fn send_preferences() {
    let is_printed = dom::matches(PRINT_QUERY);
    let theme = dom::document().document_element().and_then(|root| root.get_attribute(THEME_ATTRIBUTE));
    let is_dark = theme.map_or_else(|| dom::matches(DARK_QUERY), |theme| theme == "dark");
    send(Action::Prefer { dark: is_dark && !is_printed, reduced_motion: dom::matches(MOTION_QUERY) });
    if is_printed {
        // The browser prints the canvases after this call. The print uses light colours.
        send(Action::AnimationFrame);
    }
}

/// Updates everything except the canvases.
pub fn all(state: &State) {
    let body: HtmlElement = dom::document().body().expect("the document has a body");
    dom::set(&body, "data-state", &state.phase.name());
    dom::set_if(&body, "data-veiled", !state.pictures.is_revealed);
    dom::set_if(&body, "data-pending", state.requests.pending.is_some() || !state.run.has_frame);
    face(state, &body);
    gallery::show(state);
    message(state);
    buttons(state);
    form::show(state);
    tabs::show(state);
    numbers(state);
    awaited(state);
    details::show(state);
    seeds::show(state);
    sliders::show(state);
    sketch(state);
    menu::list_pictures(state);
    dom::set(&dom::by_id("open-full"), "href", &address::shared(&state.shared_fragment()));
}

/// Shows the request for the file of a run whose link does not contain its table.
fn awaited(state: &State) {
    let is_awaited = state.phase == Phase::Awaiting;
    dom::show(&dom::by_id("awaited"), is_awaited && state.requests.pending.is_none());
    if is_awaited {
        let known = benchmarks::find(&state.run.settings.benchmark);
        dom::write(&dom::by_id("awaited-kind"), known.map_or("", |known| known.sentence));
        dom::write(&dom::by_id("status"), "Waiting for the file of this run.");
    }
}

/// Arranges the page for its face. The simple face shows two settings of the form, whose groups are folded on a phone.
fn face(state: &State, body: &HtmlElement) {
    let (face, is_simple) = (name(&FACE_NAMES, &state.views.face), state.views.face == Face::Simple);
    dom::write(&dom::by_id("face"), if is_simple { "Lab" } else { "Simple" });
    if is_simple || body.get_attribute("data-face").as_deref() != Some(face) {
        for group in dom::all("#controls details") {
            dom::set_if(&group, "open", is_simple || !dom::matches(form::FOLDED_QUERY));
        }
    }
    dom::set(body, "data-face", face);
    let has_table = state.wanted().has_own_data() || state.left_table().is_some();
    dom::toggle(&dom::by_id("open"), "off", is_simple && !has_table);
    // In the Lab, the note on a view stands beside the controls of the view, and remarks below the status. In the simple face, both follow the result.
    for (id, home) in [("view-note", "knobs"), ("altered", "remarks")] {
        let (note, home) = (dom::by_id::<Element>(id), if state.is_simple() { "outcome" } else { home });
        // `boot.js` has moved the remarks of an embedded page.
        if note.parent_element().is_some_and(|parent| parent.id() != home && parent.tag_name() != "MAIN") {
            dom::append_children(&dom::by_id(home), &[&note]);
        }
    }
}

/// Updates the parts that change with every frame.
pub fn numbers(state: &State) {
    number_line::show(state);
    let result = state.result();
    dom::write(&dom::by_id("result"), &result);
    // Doubts about the wells take the place of the explanation.
    dom::toggle(&dom::by_id("explanation"), "off", result.contains("; "));
    let step = state.training_step();
    for (element, (one, _)) in dom::all("#steps li").iter().zip(TrainingStep::ALL) {
        dom::set(element, "aria-current", if step == Some(one) { "step" } else { "false" });
        dom::toggle(element, "done", state.has_completed(one));
    }
    sliders::show_past(state);
    dom::set(&dom::by_id("sketch"), "data-value", &state.sketch.count.to_string());
    details::show_stages(state);
    details::show_own_table(state);
    details::show_pinned(state);
}

fn buttons(state: &State) {
    let (phase, idle) = (state.phase, state.phase.is_idle());
    let words = match phase {
        Phase::Running => "Pause",
        Phase::Finished if state.run.frame.0.can_continue => "Continue training",
        Phase::Finished | Phase::Diverged => RUN_AGAIN,
        _ => "Run",
    };
    dom::write(&dom::by_id("run"), words);
    let meaning = if words == RUN_AGAIN { "Repeat this run with the same settings and seed" } else { "" };
    dom::set(&dom::by_id("run"), "title", meaning);
    // The main button restarts a run that is over.
    dom::show(&dom::by_id("restart"), words != RUN_AGAIN);
    for (id, disabled) in [("run", idle), ("restart", idle || words == RUN_AGAIN), ("step", idle || phase.is_over())] {
        let button: Element = dom::by_id(id);
        // A disabled button loses the focus to the document.
        if disabled && dom::document().active_element().as_ref() == Some(&button) {
            dom::focus(&dom::by_id("run"));
        }
        dom::set_if(&button, "disabled", disabled);
    }
    for (id, direction) in [("undo", Direction::Back), ("redo", Direction::On)] {
        let (button, words) = (dom::by_id(id), state.step_in_words(direction));
        dom::show(&button, words.is_some());
        dom::set(&button, "title", &words.unwrap_or_default());
    }
    dom::show(&dom::by_id("pin"), state.run.has_frame && !state.environment.parts.embedded);
    dom::show(&dom::by_id("places-clear"), !state.views.own.chosen.touches.is_empty());
}

/// Shows the drawing tools, and hints for drawing on the picture.
fn sketch(state: &State) {
    let (is_sketched, tool, sketch) = (state.is_sketched(), state.tool(), &state.sketch);
    dom::show(&dom::by_id("sketch"), is_sketched);
    dom::show(&dom::by_id("alone-hint"), tool.is_none() || state.inspection.single_mode.is_some());
    for (id, one) in TOOL_IDS {
        dom::set(&dom::by_id(id), "aria-pressed", if tool == Some(one) { "true" } else { "false" });
    }
    for (id, drawings) in [("sketch-undo", &sketch.past), ("sketch-redo", &sketch.future)] {
        dom::set_if(&dom::by_id(id), "disabled", drawings.is_empty());
    }
    let canvas: Element = dom::by_id("plot-landscape");
    dom::toggle(&canvas, "stroke", tool.is_some());
    // A vertical touch scrolls the page with the drawing tool. Points and wells can be dragged in any direction.
    dom::toggle(&canvas, "pans", tool == Some(Tool::Draw));
    let by_keys = "Arrow keys move a cursor, Enter begins and ends a stroke, Delete erases at the cursor.";
    dom::set(&canvas, "aria-description", if tool.is_some() { by_keys } else { "" });
    dom::write(&dom::by_id("sketch-note"), &hint(state));
}

/// Hint on the selected tool.
fn hint(state: &State) -> String {
    let marks = state.marks();
    let samples = marks.samples().map(|samples| samples.columns().len());
    let words = match (state.tool(), samples) {
        (Some(Tool::Draw), None) if state.sketch.opening == Some(Opening::Done) => {
            return "Now you: draw a curve in place of this one.".into();
        }
        (Some(Tool::Draw), None) => "Draw a curve into the picture: the fit follows.",
        (Some(Tool::Draw), Some(count)) if count >= MAX_SAMPLES => {
            "The maximum number of samples is reached: draw lower, or erase some."
        }
        (Some(Tool::Draw), Some(_)) => "Draw hills: the higher, the more samples. A tap adds one.",
        (Some(Tool::Hand), None) => "Drag a point, or a well with its surroundings.",
        (Some(Tool::Hand), Some(_)) => "Drag a well with its samples.",
        (Some(Tool::Eraser), None) => "Wipe over points to erase them.",
        (Some(Tool::Eraser), Some(_)) => "Wipe over samples to erase them.",
        (None, _) => "",
    };
    let is_replaced =
        !state.is_simple() && state.tool() == Some(Tool::Draw) && state.is_example() && state.sketch.gesture.is_none();
    let example = if is_replaced { " The first stroke replaces the example; Undo restores it." } else { "" };
    let few = samples.filter(|_| state.is_draft()).map(|count| format!(" {count} of the {MIN_SAMPLES} required samples."));
    format!("{words}{example}{}", few.unwrap_or_default())
}

fn message(state: &State) {
    let bar: Element = dom::by_id("message");
    dom::show(&bar, state.feedback.message.is_some());
    let Some(message) = &state.feedback.message else { return dom::write(&dom::by_id("message-text"), "") };
    dom::set(&bar, "role", if message.is_error { "alert" } else { "status" });
    dom::write(&dom::by_id("message-text"), &message.words);
    let action: Element = dom::by_id("message-action");
    dom::show(&action, message.action != MessageAction::None);
    dom::write(
        &action,
        match message.action {
            MessageAction::Reload => "Reload",
            MessageAction::Cancel => "Cancel",
            MessageAction::SetPeriods => "Treat as angles",
            MessageAction::FitDensity => "Fit a density",
            MessageAction::OpenFile => "Open the file",
            _ => "Start again",
        },
    );
}
