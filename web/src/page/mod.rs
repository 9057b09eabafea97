//! The page: controls, pictures and numbers around a training worker. It computes nothing.
//!
//! [`App`] is all of its state, and every event goes through [`act`], one at a time. The rest of the modules are the app's
//! hands: [`form`] the controls, [`pictures`] the canvases, [`numbers`] the number line and the table, [`menu`] what leaves and
//! enters the page, [`columns`] which columns of a table are what, [`link`] the address bar, [`message`] what is said, [`parts`] which parts are shown,
//! [`views`] which picture and which details; [`ensemble`], [`physics`], [`soft`] and [`tools`] are behind one view each, or panel;
//! [`sights`] and [`knobs`] show the views that the run itself has, [`screen`] is what figures are drawn with, [`life`] notices when a
//! worker is gone.

mod app;
mod columns;
mod dom;
mod ensemble;
mod form;
mod keys;
mod knobs;
mod life;
mod link;
mod menu;
mod message;
mod numbers;
mod parts;
mod physics;
mod pictures;
mod readout;
mod screen;
mod sights;
mod soft;
mod tools;
mod training;
mod views;

use std::cell::RefCell;
use std::collections::VecDeque;

use wasm_bindgen::prelude::*;

use app::App;

type Act = Box<dyn FnOnce(&mut App)>;

thread_local! {
    static APP: RefCell<Option<App>> = const { RefCell::new(None) };
    static LATER: RefCell<VecDeque<Act>> = const { RefCell::new(VecDeque::new()) };
}

/// Does something with the app: now, or, where an event has come in the middle of another, right after that.
fn act(act: impl FnOnce(&mut App) + 'static) {
    LATER.with_borrow_mut(|later| later.push_back(Box::new(act)));
    APP.with(|app| {
        let Ok(mut app) = app.try_borrow_mut() else { return };
        let Some(app) = app.as_mut() else { return };
        while let Some(act) = LATER.with_borrow_mut(VecDeque::pop_front) {
            act(app);
        }
    });
}

/// Builds the controls, listens, and begins with the settings of the link.
pub fn start() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        if let (Some(bar), Some(text)) = (dom::find::<web_sys::Element>("message"), dom::find::<web_sys::Element>("message-text"))
        {
            dom::write(&text, "The page has run into a fault of its own; please reload it. The browser's console says where.");
            dom::set(&bar, "role", "alert");
            dom::show(&bar, true);
        }
    }));
    let mut app = App::new();
    form::build(&app.settings);
    form::listen();
    keys::listen();
    menu::listen();
    columns::listen();
    pictures::listen(&mut app.pictures);
    link::listen();
    training::listen();
    views::listen();
    sights::listen();
    ensemble::listen();
    physics::listen();
    soft::listen();
    tools::listen();
    parts::arrange(&app.parts);
    APP.with_borrow_mut(|slot| *slot = Some(app));
    act(App::begin);
}

/// Asks for [`App::draw`] before the next picture on the screen.
fn at_next_frame() {
    let draw = Closure::once_into_js(|| act(App::draw));
    let asked = dom::window().request_animation_frame(draw.unchecked_ref());
    debug_assert!(asked.is_ok(), "windows have animation frames");
}
