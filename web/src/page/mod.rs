//! The part of the page that uses the browser. It computes nothing.
//!
//! Events become actions ([`events`]), the reducer in `state` returns effects, and [`effects`] carries them out. Each of the other
//! modules listens to a part of the document and shows the state in it: [`form`] the settings, [`tabs`] views and panels, [`numbers`]
//! and [`details`] the numbers below the pictures, [`canvases`] the pictures, [`own_view`] and [`controls`] the run's own views,
//! [`sliders`], [`seeds`] and [`columns`] the tools of one view or dialog, [`menu`], [`exports`] and [`keeping`] files and storage, [`address`]
//! the link, [`parts`] the visible parts, [`gallery`] the row of landscapes; [`show`] calls all of them. [`workers`] starts and watches workers.

mod address;
mod canvases;
mod columns;
mod controls;
mod details;
mod dom;
mod effects;
mod events;
mod exports;
pub mod files;
mod form;
mod gallery;
mod keeping;
mod keys;
mod menu;
mod numbers;
mod own_view;
mod parts;
mod screen;
mod scripts;
mod seeds;
mod show;
mod sliders;
mod tabs;
mod workers;

use std::cell::RefCell;

use wasm_bindgen::prelude::*;

use effects::PageRuntime;

use crate::state::action::Action;

thread_local! {
    static CURRENT_PAGE: RefCell<Option<PageRuntime>> = const { RefCell::new(None) };
}

/// Builds the page and starts with a stored run or with the settings of the link. `kept` is the record of `keep.js` if this tab
/// has shown a run under this address. Called once by `boot.js`, in a document with the elements of `www/index.html`.
#[wasm_bindgen]
pub fn start_page(kept: &JsValue) {
    let kept = keeping::read(kept);
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        dom::fault("The page has an internal error; please reload it. The browser's console shows its source.");
    }));
    form::build();
    gallery::build();
    let page = PageRuntime::new();
    for listen in [
        form::listen,
        keys::listen,
        menu::listen,
        columns::listen,
        address::listen,
        tabs::listen,
        controls::listen,
        seeds::listen,
        sliders::listen,
        details::listen,
        show::listen,
    ] {
        listen();
    }
    CURRENT_PAGE.with_borrow_mut(|slot| *slot = Some(page));
    events::handle_by(handle);
    show::send_preferences();
    events::send(kept.map_or(Action::Begin, Action::OpenKept));
}

/// Handles all queued actions, unless one of them is being handled.
fn handle() {
    CURRENT_PAGE.with(|page| {
        let Ok(mut page) = page.try_borrow_mut() else { return };
        let Some(page) = page.as_mut() else { return };
        while let Some(action) = events::next_action() {
            page.handle(action);
        }
    });
}

/// Shows a message of the page's scripts on the message line.
#[wasm_bindgen]
pub fn show_note(words: String) {
    events::send(Action::ShowMessage(words));
}

/// Closes a message that neither reports an error nor offers an action.
#[wasm_bindgen]
pub fn close_note() {
    events::send(Action::Elsewhere);
}

/// Shows an error of the page's scripts on the message line.
#[wasm_bindgen]
pub fn show_message(words: String) {
    events::send(Action::ShowError(words));
}
