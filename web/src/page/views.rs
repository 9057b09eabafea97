//! Which picture is above and which details are below: two lists of tabs, kept in the link.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent};

use super::app::App;
use super::{act, dom, link};

/// What the large picture and the two below it show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// The landscape and the histories of the run.
    #[default]
    Landscape,
    /// The fits of many seeds, their losses and counts.
    Ensemble,
    /// The landscape with balls on it, their ways and the hysteresis of a tilt.
    Physics,
    /// Parabolas and their soft minimum.
    SoftMinimum,
}

/// What stands below the number line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// Minima beside those of the truth.
    #[default]
    Wells,
    /// What each mode does.
    Modes,
    /// The stages of the recipe.
    Stages,
    /// The slider that removes modes.
    Pruning,
}

/// The views by their names in the link.
pub const VIEWS: [(&str, View); 4] = [
    ("landscape", View::Landscape),
    ("ensemble", View::Ensemble),
    ("physics", View::Physics),
    ("soft-minimum", View::SoftMinimum),
];
/// The panels by their names in the link.
pub const PANELS: [(&str, Panel); 4] =
    [("wells", Panel::Wells), ("modes", Panel::Modes), ("stages", Panel::Stages), ("pruning", Panel::Pruning)];

/// The name of one of a few choices.
pub fn name<T: PartialEq>(all: &[(&'static str, T)], one: &T) -> &'static str {
    all.iter().find(|(_, choice)| choice == one).map_or("", |(name, _)| name)
}

/// Listens to the tabs.
pub fn listen() {
    for tab in dom::all("[role=tab]") {
        let id = tab.id();
        dom::on(&tab, "click", move |_: Event| {
            let id = id.clone();
            act(move |app| app.open_tab(&id));
        });
        dom::on(&tab, "keydown", |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowRight" | "ArrowDown" => 1,
                "ArrowLeft" | "ArrowUp" => -1,
                "Home" => i32::MIN,
                "End" => i32::MAX,
                _ => return,
            };
            event.prevent_default();
            let Some(here) = event.current_target().and_then(|t| t.dyn_into::<Element>().ok()) else { return };
            let Some(list) = here.parent_element().map(|p| p.children()) else { return };
            let count = list.length().cast_signed();
            let at = (0..count).find(|&i| list.item(i as u32).as_ref() == Some(&here)).unwrap_or(0);
            let next = match step {
                i32::MIN => 0,
                i32::MAX => count - 1,
                step => (at + step).rem_euclid(count),
            };
            if let Some(tab) = list.item(next as u32).and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
                // Focus is refused only by what cannot be seen.
                let _ = tab.focus();
                tab.click();
            }
        });
    }
}

/// Marks the tab that is open, shows what belongs to it and hides the rest.
fn show(kind: &str, attribute: &str, open: &str, labelled: &str) {
    for tab in dom::all("[role=tab]") {
        if let Some(name) = tab.id().strip_prefix(kind) {
            let is_open = name == open;
            dom::set(&tab, "aria-selected", if is_open { "true" } else { "false" });
            dom::set(&tab, "tabindex", if is_open { "0" } else { "-1" });
        }
    }
    dom::set(&dom::by_id(labelled), "aria-labelledby", &format!("{kind}{open}"));
    for element in dom::all(&format!("[{attribute}]")) {
        let belongs = element.get_attribute(attribute).unwrap_or_default().split(' ').any(|name| name == open);
        let toggled = element.class_list().toggle_with_force("off", !belongs);
        debug_assert!(toggled.is_ok(), "class names are well-formed");
    }
}

impl App {
    /// The panel that is shown: the one chosen, else the stages while a recipe is at work on them.
    pub fn panel(&self) -> Panel {
        let at_work = self.frame.0.stage.is_some();
        self.chosen_panel.unwrap_or(if at_work { Panel::Stages } else { Panel::Wells })
    }

    fn open_tab(&mut self, id: &str) {
        if let Some((_, view)) = VIEWS.iter().find(|(name, _)| id.strip_prefix("view-") == Some(name)) {
            self.look_at(*view);
        }
        if let Some((_, panel)) = PANELS.iter().find(|(name, _)| id.strip_prefix("panel-") == Some(name)) {
            self.chosen_panel = Some(*panel);
            self.arrange();
        }
    }

    /// Goes to another view.
    pub fn look_at(&mut self, view: View) {
        self.view = view;
        self.arrange();
    }

    /// Shows what belongs to view and panel; the link follows.
    pub fn arrange(&mut self) {
        let panel = self.panel();
        self.shown = Some((self.view, panel));
        show("view-", "data-views", name(&VIEWS, &self.view), "picture");
        show("panel-", "data-panels", name(&PANELS, &panel), "panel");
        link::write(self);
        super::menu::pictures(self);
        self.pictures.forget();
        self.inquire();
        self.ask_to_draw();
    }

    /// Follows a panel that has changed by itself.
    pub fn follow_panel(&mut self) {
        if self.shown != Some((self.view, self.panel())) {
            self.arrange();
        }
    }
}
