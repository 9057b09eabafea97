//! Carries out the effects of the reducer.

use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

use super::canvases::Canvases;
use super::events::send;
use super::own_view::OwnViewElements;
use super::workers::Workers;
use super::{address, columns, dom, exports, keeping, menu, parts, show};
use crate::pool::Pool;
use crate::state::action::Action;
use crate::state::app::State;
use crate::state::effect::Effect;
use crate::state::environment::ActionContext;
use crate::state::update::update;

/// Maximum number of workers of an ensemble. Each worker has separate memory.
const MAX_WORKERS: usize = 8;

/// State of the page with its document, canvases and workers.
pub struct PageRuntime {
    state: State,
    canvases: Canvases,
    own_view: OwnViewElements,
    columns: columns::Dialog,
    workers: Workers,
    pool: Option<Pool>,
}

impl PageRuntime {
    /// The page before the first action.
    pub fn new() -> Self {
        let parts = parts::of_address();
        parts::arrange(&parts);
        Self {
            state: State::new(&address::follow().unwrap_or_default(), parts),
            canvases: Canvases::new(),
            own_view: OwnViewElements::default(),
            columns: columns::Dialog::default(),
            workers: Workers::default(),
            pool: None,
        }
    }

    /// Passes an action to the reducer and carries out its effects.
    pub fn handle(&mut self, action: Action) {
        let now = ActionContext { time: dom::now(), random: dom::chance() as u32 };
        for effect in update(&mut self.state, action, now) {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Launch(worker) => self.workers.launch(worker),
            Effect::Post(worker, request) => self.workers.post(worker, &request),
            Effect::Terminate(worker) => self.workers.terminate(worker),
            Effect::StartPool(tasks) => {
                let cores = dom::window().navigator().hardware_concurrency() as usize;
                let listen = |event, numbers| send(Action::Ensemble(event, numbers));
                match Pool::new(cores.clamp(1, MAX_WORKERS).min(tasks.len()), listen) {
                    Ok(pool) => {
                        pool.add(tasks);
                        self.pool = Some(pool);
                    }
                    Err(sentence) => send(Action::ShowError(sentence)),
                }
            }
            Effect::StopPool => self.pool = None,
            Effect::WriteLink { link, run, is_new } => address::write(&link, run, is_new),
            Effect::Fetch(address) => menu::fetch(address),
            Effect::Show => {
                show::all(&self.state);
                self.columns.show(self.state.files.columns.as_ref());
                self.own_view.show(&self.state, &mut self.canvases);
            }
            Effect::Numbers => show::numbers(&self.state),
            Effect::Draw => {
                let draw = Closure::once_into_js(|| send(Action::AnimationFrame));
                let asked = dom::window().request_animation_frame(draw.unchecked_ref());
                debug_assert!(asked.is_ok(), "windows have animation frames");
            }
            Effect::Paint => {
                self.own_view.show(&self.state, &mut self.canvases);
                super::seeds::follow_size(&self.state);
                self.canvases.draw(&self.state);
            }
            Effect::Download { name, kind, bytes } => menu::download(&name, kind, &bytes),
            // Without the script `table.js`, the numbers are not shown.
            Effect::ShowNumbers(name, text) => _ = menu::show_numbers(&name, &text),
            Effect::Export(model, form) => exports::export(model, form),
            Effect::SaveImage { sheet, is_dark, scale } => menu::save_image(&self.state, &sheet, is_dark, scale),
            Effect::Keep { run, title, link, table } => keeping::store_run(run, &title, &link, table),
            Effect::KeepFit(run, model) => keeping::keep_fit(run, &model),
            Effect::Share(note) => menu::share(note),
            Effect::StoreFace(face) => parts::store_face(face),
            Effect::ChooseFile => dom::by_id::<HtmlElement>("file").click(),
            Effect::OpenDialog(id) => menu::open_dialog(id),
            Effect::Announce(words) => dom::write(&dom::by_id::<Element>("announce"), &words),
            Effect::Reload => {
                // Fails only for documents that are being replaced.
                let _ = dom::window().location().reload();
            }
        }
    }
}
