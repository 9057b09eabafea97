//! The address bar: the fragment holds every setting and follows every change.

use web_sys::Event;

use super::app::{App, Phase};
use super::message::{self, Remedy};
use super::{act, dom};
use multiwell::run::link;
use multiwell::run::settings::{Problem, Settings};

/// The settings of the fragment, and what had to be corrected in it.
pub fn read() -> (Settings, Vec<Problem>) {
    let (mut settings, problems) = link::read(&fragment());
    // The reader of the link has said why.
    if settings.benchmark == Settings::OWN_DATA {
        settings.benchmark = Settings::default().benchmark;
    }
    (settings, problems)
}

/// Follows links within the page.
pub fn listen() {
    dom::on(&dom::window(), "hashchange", |_: Event| act(App::follow));
}

/// Puts the settings of the page into the fragment, without an entry in the history.
pub fn write(app: &App) {
    let text = link::write(&app.settings);
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
