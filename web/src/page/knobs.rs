//! The knobs of a view: sliders, choices, buttons, and sliders that play by themselves.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event};

use super::app::App;
use super::{act, dom};
use multiwell::plot::ticks::number;
use multiwell::problem::view::{Control, ControlKind};

/// Places of a slider that plays.
const FINE: u32 = 400;
/// Milliseconds between two steps of what plays, for readers who have asked for little motion.
const STILL: f64 = 500.0;

/// Listens to all knobs there will be.
pub fn listen() {
    let knobs: Element = dom::by_id("knobs");
    for kind in ["input", "change", "click"] {
        dom::on(&knobs, kind, move |event: Event| {
            let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
            let Some(id) = target.as_ref().and_then(|t| t.id().strip_prefix("knob-").map(str::to_owned)) else { return };
            let is_button = target.is_some_and(|t| t.tag_name() == "BUTTON");
            match (kind, is_button) {
                ("click", true) => act(move |app| app.press(&id)),
                ("input", false) => act(move |app| app.turn(&id)),
                ("change", false) => act(|app| app.note_look()),
                _ => {}
            }
        });
    }
}

/// Where a slider stands for a value.
fn position(turn: &ControlKind, value: f64) -> f64 {
    match turn {
        ControlKind::Slide { range: [low, high], steps, logarithmic } => {
            let part = if *logarithmic { (value / low).ln() / (high / low).ln() } else { (value - low) / (high - low) };
            (part * f64::from(*steps)).round()
        }
        ControlKind::Play { range: [low, high], .. } => ((value - low) / (high - low) * f64::from(FINE)).round(),
        ControlKind::Choose(_) | ControlKind::Press => value,
    }
}

/// The value that a slider stands for.
fn value(turn: &ControlKind, position: f64) -> f64 {
    let exact = match turn {
        ControlKind::Slide { range: [low, high], steps, logarithmic } => {
            let part = position / f64::from((*steps).max(1));
            if *logarithmic { low * (high / low).powf(part) } else { low + part * (high - low) }
        }
        ControlKind::Play { range: [low, high], .. } => low + (high - low) * position / f64::from(FINE),
        ControlKind::Choose(_) | ControlKind::Press => position,
    };
    rounded(exact)
}

/// A value to four digits: as much as a slider can mean, and a link should hold.
pub fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

fn kind(turn: &ControlKind) -> &'static str {
    match turn {
        ControlKind::Slide { .. } => "slide",
        ControlKind::Play { .. } => "play",
        ControlKind::Choose(_) => "choose",
        ControlKind::Press => "press",
    }
}

/// One knob with its label, and below it in words what it does, unless that has just been said of another.
fn build(knob: &Control, said: Option<&Control>) -> Element {
    let id = format!("knob-{}", knob.id);
    let whole = dom::make("span", "slide knob");
    dom::set(&whole, "data-kind", kind(&knob.kind));
    dom::set(&whole, "title", &knob.meaning);
    let label = dom::make("label", "");
    dom::set(&label, "for", &id);
    let (output, meaning) = (dom::make("output", ""), dom::make("span", "meaning"));
    let control = match &knob.kind {
        ControlKind::Choose(_) => dom::make("select", ""),
        ControlKind::Press => dom::make("button", ""),
        ControlKind::Slide { .. } | ControlKind::Play { .. } => dom::make("input", ""),
    };
    dom::set(&control, "id", &id);
    dom::set(&control, "aria-description", &knob.meaning);
    match knob.kind {
        ControlKind::Press => {
            dom::set(&control, "type", "button");
            dom::put(&whole, &[&control]);
        }
        ControlKind::Choose(_) => dom::put(&whole, &[&label, &control]),
        ControlKind::Slide { .. } | ControlKind::Play { .. } => {
            dom::set(&control, "type", "range");
            dom::set(&control, "min", "0");
            dom::put(&whole, &[&label, &control, &output]);
        }
    }
    if let ControlKind::Play { .. } = knob.kind {
        let button = dom::make("button", "");
        dom::set(&button, "type", "button");
        dom::set(&button, "id", &format!("knob-play-{}", knob.id));
        dom::put(&whole, &[&button]);
    }
    if said.is_none_or(|other| other.meaning != knob.meaning) {
        dom::write(&meaning, &knob.meaning);
        dom::put(&whole, &[&meaning]);
    }
    whole
}

/// Lets a knob show its value.
fn show(whole: &Element, knob: &Control, at: f64, playing: bool) {
    let Some(control) = dom::find::<Element>(&format!("knob-{}", knob.id)) else { return };
    if let Ok(Some(label)) = whole.query_selector("label") {
        dom::write(&label, &knob.label);
    }
    match &knob.kind {
        ControlKind::Press => dom::write(&control, &knob.label),
        ControlKind::Choose(choices) => {
            let options = control.children();
            let same = options.length() as usize == choices.len()
                && choices
                    .iter()
                    .enumerate()
                    .all(|(k, choice)| options.item(k as u32).and_then(|o| o.text_content()).as_deref() == Some(choice.as_str()));
            if !same {
                control.set_text_content(None);
                choices.iter().enumerate().for_each(|(k, choice)| dom::option(&control, &k.to_string(), choice));
            }
            dom::set_value(&control, &at.to_string());
        }
        turn => {
            let most = if let ControlKind::Slide { steps, .. } = turn { *steps } else { FINE };
            dom::set(&control, "max", &most.to_string());
            dom::set_value(&control, &position(turn, at).to_string());
            let text = number(at, 3);
            dom::set(&control, "aria-valuetext", &text);
            if let Ok(Some(output)) = whole.query_selector("output") {
                dom::write(&output, &text);
            }
        }
    }
    if let Some(button) = dom::find::<Element>(&format!("knob-play-{}", knob.id)) {
        dom::write(&button, if playing { "Pause" } else { "Play" });
    }
    dom::set(whole, "data-value", &at.to_string());
}

impl App {
    /// The knobs of what is seen, each where the reader or else the view has put it.
    pub fn show_knobs(&mut self) {
        let list: Element = dom::by_id("knobs");
        let knobs = &self.sights.sight.controls;
        let matches = |k: usize, knob: &Control| {
            let whole = list.children().item(k as u32)?;
            let control = whole.query_selector(":is(input, select, button)").ok()??;
            (whole.get_attribute("data-kind")? == kind(&knob.kind) && control.id() == format!("knob-{}", knob.id)).then_some(())
        };
        let same = list.child_element_count() as usize == knobs.len();
        if !same || !knobs.iter().enumerate().all(|(k, knob)| matches(k, knob).is_some()) {
            list.set_text_content(None);
            let before = |k: usize| k.checked_sub(1).and_then(|k| knobs.get(k));
            knobs.iter().enumerate().for_each(|(k, knob)| dom::put(&list, &[&build(knob, before(k))]));
        }
        let settled = self.sights.is_settled();
        for (k, knob) in knobs.iter().enumerate() {
            let Some(whole) = list.children().item(k as u32) else { continue };
            if settled && self.sights.look.control(&knob.id).is_none() {
                self.sights.untouched.retain(|(id, _)| *id != knob.id);
                self.sights.untouched.push((knob.id.clone(), knob.value));
            }
            let at = if settled { knob.value } else { self.sights.standing(knob) };
            let playing = self.sights.playing.as_ref().is_some_and(|(id, _)| *id == knob.id);
            show(&whole, knob, at, playing);
        }
    }

    /// A slider or a choice was moved.
    fn turn(&mut self, id: &str) {
        let Some(knob) = self.sights.sight.controls.iter().find(|knob| knob.id == id).cloned() else { return };
        let text = dom::value(&dom::by_id::<Element>(&format!("knob-{id}")));
        let Ok(at) = text.parse::<f64>() else { return };
        self.sights.playing = None;
        self.set_knob(&knob, value(&knob.kind, at));
    }

    /// A button was pressed: of a knob that is one, or of one that plays.
    fn press(&mut self, id: &str) {
        let find = |id: &str| self.sights.sight.controls.iter().find(|knob| knob.id == id).cloned();
        if let Some(knob) = find(id) {
            let next = self.sights.standing(&knob) + 1.0;
            self.set_knob(&knob, next);
            self.note_look();
            return;
        }
        let Some(knob) = id.strip_prefix("play-").and_then(find) else { return };
        let ControlKind::Play { range: [low, high], .. } = knob.kind else { return };
        if self.sights.playing.take().is_some_and(|(played, _)| played == knob.id) {
            self.note_look();
        } else {
            self.sights.playing = Some((knob.id.clone(), dom::now()));
            if self.sights.standing(&knob) >= high {
                self.set_knob(&knob, low);
            }
        }
        self.show_knobs();
        self.ask_to_draw();
    }

    fn set_knob(&mut self, knob: &Control, at: f64) {
        let knobs = &mut self.sights.look.controls;
        knobs.retain(|(id, _)| *id != knob.id);
        // Choices begin with the first, whether or not that has been seen.
        let first = matches!(knob.kind, ControlKind::Choose(_) | ControlKind::Press).then_some(0.0);
        let untouched = self.sights.untouched.iter().find(|(id, _)| *id == knob.id).map(|(_, at)| *at).or(first);
        // Back where it stood: the link need not say so.
        if untouched.is_none_or(|from| position(&knob.kind, from) != position(&knob.kind, at)) {
            knobs.push((knob.id.clone(), at));
        }
        let playing = self.sights.playing.is_some();
        if let Ok(Some(whole)) = dom::by_id::<Element>(&format!("knob-{}", knob.id)).closest(".knob") {
            show(&whole, knob, at, playing);
        }
        self.look_changed();
    }

    /// Moves on what plays; true while it does.
    pub fn play(&mut self, now: f64) -> bool {
        let Some((id, before)) = self.sights.playing.clone() else { return false };
        let knob = self.sights.sight.controls.iter().find(|knob| knob.id == id).cloned();
        let Some((knob, &ControlKind::Play { range: [low, high], seconds })) = knob.as_ref().map(|knob| (knob, &knob.kind))
        else {
            return false;
        };
        if self.pictures.still() && now - before < STILL {
            return true;
        }
        let way = (high - low) * (now - before) / (1e3 * seconds.max(0.1));
        let at = (self.sights.standing(knob) + way).min(high);
        let ends = at >= high;
        self.sights.playing = (!ends).then_some((id, now));
        self.set_knob(knob, at);
        if ends {
            self.note_look();
            self.show_knobs();
        }
        !ends
    }
}
