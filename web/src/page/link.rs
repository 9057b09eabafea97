//! The address bar: the fragment holds every setting and follows every change.

use web_sys::Event;

use super::app::{App, Phase};
use super::knobs::rounded;
use super::message::{self, Remedy};
use super::views::{PANELS, Panel, ViewId, built_in, name};
use super::{act, dom};
use multiwell::controller::link;
use multiwell::problem::settings::{InvalidSetting, Settings, shortest};

/// The settings of the fragment, and what had to be corrected in it.
pub fn read() -> (Settings, Vec<InvalidSetting>) {
    let fragment = fragment();
    let of_run: Vec<&str> = fragment.split('&').filter(|part| seen(part).is_none()).collect();
    let (mut settings, problems) = link::read(&of_run.join("&"));
    // The reader of the link has said why.
    if settings.has_own_data() {
        settings.benchmark = Settings::default().benchmark;
    }
    (settings, problems)
}

/// What a part of the fragment says about what is looked at.
fn seen(part: &str) -> Option<(&str, &str)> {
    part.split_once('=').filter(|(key, _)| matches!(*key, "view" | "panel") || key.starts_with(KNOB))
}

/// What the names of knobs begin with, so that they are told from settings.
const KNOB: &str = "knob-";

/// What is looked at.
pub struct Seen {
    /// The view's name; empty for the first.
    pub view: String,
    /// The panel, if it names one.
    pub panel: Option<Panel>,
    /// Where the view's knobs stand.
    pub knobs: Vec<(String, f64)>,
}

/// What the fragment says about what is looked at.
pub fn read_view() -> Seen {
    let fragment = fragment();
    let parts: Vec<(&str, &str)> = fragment.split('&').filter_map(seen).collect();
    let named = |key: &str| parts.iter().find(|(k, _)| *k == key).map(|(_, value)| *value);
    let knob = |(key, value): &(&str, &str)| Some((key.strip_prefix(KNOB)?.to_owned(), value.parse().ok()?));
    Seen {
        view: named("view").unwrap_or_default().to_owned(),
        panel: named("panel").and_then(|n| PANELS.iter().find(|(name, _)| *name == n)).map(|p| p.1),
        knobs: parts.iter().filter_map(knob).filter(|(_, value): &(_, f64)| value.is_finite()).collect(),
    }
}

/// Follows links within the page.
pub fn listen() {
    dom::on(&dom::window(), "hashchange", |_: Event| act(App::follow));
}

/// Puts the settings of the page into the fragment, without an entry in the history.
pub fn write(app: &App) {
    if app.scene.0.inputs == 0 {
        // Which views there are is not known yet: the link keeps what it says of them.
        return;
    }
    let mut parts = vec![link::write(&app.settings)];
    if app.view_name() != app.first_view() && !app.view_name().is_empty() {
        parts.push(format!("view={}", app.view_name()));
    }
    if app.view == ViewId::Own {
        parts.extend(app.sights.look.controls.iter().map(|(id, value)| format!("{KNOB}{id}={}", shortest(rounded(*value)))));
    }
    if let Some(panel) = app.chosen_panel {
        parts.push(format!("panel={}", name(&PANELS, &panel)));
    }
    parts.retain(|part| !part.is_empty());
    let text = parts.join("&");
    if text == fragment() {
        return;
    }
    let address = if text.is_empty() { location(false) } else { format!("#{text}") };
    if let Ok(history) = dom::window().history() {
        // Refused where the page is a file or the browser is flooded; the link is then only late.
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&address));
    }
}

/// The address of this page with its settings; without `?embed` if `full`.
pub fn address(full: bool) -> String {
    let origin = dom::window().location().origin().unwrap_or_default();
    let fragment = fragment();
    let mark = if fragment.is_empty() { "" } else { "#" };
    format!("{origin}{}{mark}{fragment}", location(full))
}

fn location(full: bool) -> String {
    let location = dom::window().location();
    let (path, query) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
    if full { path } else { path + &query }
}

fn fragment() -> String {
    let hash = dom::window().location().hash().unwrap_or_default();
    hash.trim_start_matches('#').into()
}

impl App {
    /// What is looked at now.
    pub fn looked_at(&self) -> Seen {
        Seen { view: self.view_name().into(), panel: self.chosen_panel, knobs: self.sights.look.controls.clone() }
    }

    /// Looks at what a link has said.
    pub fn look_as(&mut self, Seen { view, panel, knobs }: Seen) {
        self.chosen_panel = panel;
        let view = if view.is_empty() { self.first_view().to_owned() } else { view };
        self.view = built_in(&view).unwrap_or(ViewId::Own);
        if self.view == ViewId::Own {
            self.sights.go_to(&view);
            self.sights.look.controls = knobs;
        }
    }

    /// Takes over the settings of a link that was followed on this page.
    fn follow(&mut self) {
        let (settings, problems) = read();
        message::hush();
        if !problems.is_empty() {
            message::problems("The link was corrected.", &problems);
        }
        let seen = read_view();
        if settings == self.settings && !self.frame.0.altered && !self.from_model {
            self.look_as(seen);
            self.offer_views();
            return;
        }
        self.followed = Some(seen);
        if self.phase == Phase::Failed {
            self.settings = settings;
            self.spawn(true);
        } else if self.phase == Phase::Loading {
            message::say("The page is still loading; please follow the link again in a moment.", false, Remedy::None);
        } else {
            self.start(settings, None, None, true);
        }
    }
}
