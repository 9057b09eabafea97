//! The address bar: the fragment holds every setting and follows every change.

use web_sys::Event;

use super::app::{App, Phase};
use super::message::{self, Remedy};
use super::views::{PANELS, Panel, VIEWS, View, name};
use super::{act, dom};
use multiwell::run::link;
use multiwell::run::settings::{Problem, Settings};

/// The settings of the fragment, and what had to be corrected in it.
pub fn read() -> (Settings, Vec<Problem>) {
    let fragment = fragment();
    let of_run: Vec<&str> = fragment.split('&').filter(|part| seen(part).is_none()).collect();
    let (mut settings, problems) = link::read(&of_run.join("&"));
    // The reader of the link has said why.
    if settings.benchmark == Settings::OWN_DATA {
        settings.benchmark = Settings::default().benchmark;
    }
    (settings, problems)
}

/// What a part of the fragment says about what is looked at.
fn seen(part: &str) -> Option<(&str, &str)> {
    part.split_once('=').filter(|(key, _)| matches!(*key, "view" | "panel"))
}

/// The view of the fragment, and the panel if it names one. Other names mean the first view.
pub fn read_view() -> (View, Option<Panel>) {
    let fragment = fragment();
    let named = |key: &str| fragment.split('&').filter_map(seen).find(|(k, _)| *k == key).map(|(_, value)| value.to_owned());
    let view = named("view").and_then(|n| VIEWS.iter().find(|(name, _)| *name == n)).map_or(View::default(), |v| v.1);
    (view, named("panel").and_then(|n| PANELS.iter().find(|(name, _)| *name == n)).map(|p| p.1))
}

/// Follows links within the page.
pub fn listen() {
    dom::on(&dom::window(), "hashchange", |_: Event| act(App::follow));
}

/// Puts the settings of the page into the fragment, without an entry in the history.
pub fn write(app: &App) {
    let mut parts = vec![link::write(&app.settings)];
    if app.view != View::default() {
        parts.push(format!("view={}", name(&VIEWS, &app.view)));
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
    /// Takes over the settings of a link that was followed on this page.
    fn follow(&mut self) {
        let (settings, problems) = read();
        (self.view, self.chosen_panel) = read_view();
        self.arrange();
        message::hush();
        if !problems.is_empty() {
            message::problems("The link was corrected.", &problems);
        }
        if settings == self.settings && !self.frame.0.altered && !self.from_model {
            return;
        }
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
