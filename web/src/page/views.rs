//! Which picture is above and which details are below: two lists of tabs, kept in the link.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent};

use super::app::App;
use super::{act, dom, link};
use multiwell::problem::benchmarks;
use multiwell::problem::view::Tab;

/// What the large picture and the two below it show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ViewId {
    /// The landscape and the histories of the run.
    #[default]
    Landscape,
    /// The fits of many seeds, their losses and counts.
    Ensemble,
    /// The landscape with balls on it, their ways and the hysteresis of a tilt.
    Physics,
    /// Parabolas and their soft minimum.
    SoftMinimum,
    /// One of the run's own, as the worker draws it up; which one, [`super::sights`] knows.
    Own,
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
    /// The table of the run's own view.
    ViewId,
}

/// The views by their names in the link, but for the run's own, which have names of their own there.
pub const VIEWS: [(&str, ViewId); 5] = [
    ("landscape", ViewId::Landscape),
    ("ensemble", ViewId::Ensemble),
    ("physics", ViewId::Physics),
    ("soft-minimum", ViewId::SoftMinimum),
    ("own", ViewId::Own),
];
/// The panels by their names in the link.
pub const PANELS: [(&str, Panel); 5] = [
    ("view", Panel::ViewId),
    ("wells", Panel::Wells),
    ("modes", Panel::Modes),
    ("stages", Panel::Stages),
    ("pruning", Panel::Pruning),
];

/// The view of that name, if it is not one of the run's own.
pub fn built_in(view: &str) -> Option<ViewId> {
    VIEWS.iter().find(|(name, built_in)| *name == view && *built_in != ViewId::Own).map(|(_, view)| *view)
}

/// The name of one of a few choices.
pub fn name<T: PartialEq>(all: &[(&'static str, T)], one: &T) -> &'static str {
    all.iter().find(|(_, choice)| choice == one).map_or("", |(name, _)| name)
}

/// Listens to the tabs: those there are, and those there will be.
pub fn listen() {
    for list in dom::all("[role=tablist]") {
        dom::on(&list, "click", |event: Event| {
            if let Some(tab) = tab(&event) {
                let id = tab.id();
                act(move |app| app.open_tab(&id));
            }
        });
        dom::on(&list, "keydown", |event: KeyboardEvent| {
            let key = event.key();
            if !["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "Home", "End"].contains(&key.as_str()) {
                return;
            }
            event.prevent_default();
            let Some(here) = tab(&event) else { return };
            let Some(list) = here.parent_element().map(|p| p.children()) else { return };
            let tabs: Vec<Element> =
                (0..list.length()).filter_map(|i| list.item(i)).filter(|t| !t.has_attribute("hidden")).collect();
            let (count, at) = (tabs.len().max(1), tabs.iter().position(|tab| *tab == here).unwrap_or(0));
            let next = match key.as_str() {
                "ArrowRight" | "ArrowDown" => (at + 1) % count,
                "ArrowLeft" | "ArrowUp" => (at + count - 1) % count,
                "Home" => 0,
                _ => count - 1,
            };
            if let Some(tab) = tabs.get(next).and_then(|e| e.dyn_ref::<HtmlElement>()) {
                // Focus is refused only by what cannot be seen.
                let _ = tab.focus();
                tab.click();
            }
        });
    }
}

/// Puts the run's own views in front of the others.
fn list_views(views: &[Tab]) {
    for old in dom::all("#view-tabs > .own") {
        old.remove();
    }
    let list: Element = dom::by_id("view-tabs");
    let first = list.first_element_child();
    for own in views {
        let (tab, id) = (dom::make("button", "own"), format!("view-{}", own.id));
        for (name, value) in [("type", "button"), ("role", "tab"), ("id", &id), ("aria-controls", "picture")] {
            dom::set(&tab, name, value);
        }
        dom::write(&tab, &own.title);
        let put = list.insert_before(&tab, first.as_deref());
        debug_assert!(put.is_ok(), "the first tab is in the list");
    }
}

/// The tab that an event is about.
fn tab(event: &Event) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest("[role=tab]").ok()?
}

/// Marks the tab that is open, shows what belongs to it and hides the rest. What belongs to it may go by another name than the tab.
fn show(kind: &str, open: &str, attribute: &str, group: &str, labelled: &str) {
    for tab in dom::all("[role=tab]") {
        if let Some(name) = tab.id().strip_prefix(kind) {
            let is_open = name == open;
            dom::set(&tab, "aria-selected", if is_open { "true" } else { "false" });
            dom::set(&tab, "tabindex", if is_open { "0" } else { "-1" });
        }
    }
    dom::set(&dom::by_id(labelled), "aria-labelledby", &format!("{kind}{open}"));
    for element in dom::all(&format!("[{attribute}]")) {
        let belongs = element.get_attribute(attribute).unwrap_or_default().split(' ').any(|name| name == group);
        let toggled = element.class_list().toggle_with_force("off", !belongs);
        debug_assert!(toggled.is_ok(), "class names are well-formed");
    }
}

impl App {
    /// The panel that is shown: the one chosen, else the stages while a recipe is at work on them, else the view's own table.
    pub fn panel(&self) -> Panel {
        let (at_work, own) = (self.frame.0.stage.is_some(), self.view == ViewId::Own && !self.sights.sight.table.head.is_empty());
        let potential = self.is_of_potential();
        let can = |panel: &Panel| match panel {
            Panel::ViewId => own,
            Panel::Stages => true,
            Panel::Wells | Panel::Modes | Panel::Pruning => potential,
        };
        match self.chosen_panel.filter(can) {
            Some(panel) => panel,
            None if at_work && potential => Panel::Stages,
            None if own => Panel::ViewId,
            None if potential => Panel::Wells,
            None => Panel::Stages,
        }
    }

    /// The name of what is looked at.
    pub fn view_name(&self) -> &str {
        if self.view == ViewId::Own { &self.sights.look.view } else { name(&VIEWS, &self.view) }
    }

    /// Whether the run is that of a potential, so that it can be asked about its wells and modes.
    pub fn is_of_potential(&self) -> bool {
        benchmarks::find(&self.settings.benchmark).is_none_or(|known| known.settings.is_none())
    }

    /// Whether the page can show this of the run, as far as it knows the run.
    fn applies(&self, view: ViewId) -> bool {
        let scene = &self.scene.0;
        let is_curve = scene.inputs == 0 || (scene.inputs == 1 && scene.points > 0);
        match view {
            ViewId::Landscape | ViewId::Physics => is_curve,
            ViewId::SoftMinimum => is_curve && scene.views.is_empty(),
            ViewId::Ensemble => self.is_of_potential(),
            ViewId::Own => false,
        }
    }

    /// The name of the view that is shown unless another is asked for.
    pub fn first_view(&self) -> &str {
        let built_in = || VIEWS.iter().find(|(_, view)| self.applies(*view)).map_or("", |(name, _)| name);
        self.scene.0.views.first().map_or_else(built_in, |tab| &tab.id)
    }

    /// Offers the views of another run; one that it lacks is left for its first.
    pub fn offer_views(&mut self) {
        let wanted = self.view_name().to_owned();
        if self.sights.offered != self.scene.0.views {
            self.sights.offered.clone_from(&self.scene.0.views);
            list_views(&self.scene.0.views);
        }
        for (name, view) in VIEWS.iter().filter(|(_, view)| *view != ViewId::Own) {
            dom::show(&dom::by_id(&format!("view-{name}")), self.applies(*view));
        }
        for name in ["wells", "modes", "pruning"] {
            dom::show(&dom::by_id(&format!("panel-{name}")), self.is_of_potential());
        }
        let has = self.scene.0.views.iter().any(|tab| tab.id == wanted)
            || VIEWS.iter().any(|(name, view)| *name == wanted && self.applies(*view));
        let next = if has { wanted } else { self.first_view().to_owned() };
        self.look_at(&next);
    }

    fn open_tab(&mut self, id: &str) {
        if let Some(view) = id.strip_prefix("view-") {
            self.look_at(view);
        }
        if let Some((_, panel)) = PANELS.iter().find(|(name, _)| id.strip_prefix("panel-") == Some(name)) {
            self.chosen_panel = Some(*panel);
            self.arrange();
        }
    }

    /// Goes to another view, by its name in the link.
    pub fn look_at(&mut self, view: &str) {
        self.view = built_in(view).unwrap_or(ViewId::Own);
        if self.view == ViewId::Own {
            self.sights.go_to(view);
        }
        self.arrange();
    }

    /// Shows what belongs to view and panel; the link follows.
    pub fn arrange(&mut self) {
        let panel = self.panel();
        self.shown = Some((self.view, panel));
        show("view-", self.view_name(), "data-views", name(&VIEWS, &self.view), "picture");
        let open = name(&PANELS, &panel);
        show("panel-", open, "data-panels", open, "panel");
        link::write(self);
        super::menu::pictures(self);
        self.pictures.forget();
        self.send_look();
        self.show_sight_table();
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
