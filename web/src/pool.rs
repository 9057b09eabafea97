//! Several workers that share a queue of tasks: each takes the next one when it has ended its last. No memory is shared, so
//! that no special headers are needed.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::page::files;
use super::worker::wire;
use multiwell::internal::controller::ensemble::{EnsembleEvent, EnsembleTask};

type Listener = Closure<dyn FnMut(JsValue)>;

/// Workers and their tasks. The workers are ended when this is dropped.
pub struct Pool {
    shared: Rc<RefCell<Shared>>,
    /// The workers with their listeners, which must live as long as they do.
    workers: Vec<(Worker, Listener)>,
}

#[derive(Default)]
struct Shared {
    idle: Vec<Worker>,
    queue: VecDeque<EnsembleTask>,
}

impl Pool {
    /// Starts this many workers from `script`. Every event of them is given to `listen`, with the numbers that belong to it; a worker
    /// is idle after [`EnsembleEvent::Ready`] and after the end of a task.
    ///
    /// # Errors
    /// A sentence, if the browser refuses.
    pub fn new(script: &str, workers: usize, listen: impl Fn(EnsembleEvent, Vec<f32>) + 'static) -> Result<Self, String> {
        let listen = Rc::new(listen);
        let mut pool = Self { shared: Rc::default(), workers: Vec::new() };
        for _ in 0..workers {
            let options = WorkerOptions::new();
            options.set_type(WorkerType::Module);
            let worker =
                Worker::new_with_options(script, &options).map_err(|_| "the browser refused to start a worker".to_string())?;
            let (shared, listen, itself) = (Rc::downgrade(&pool.shared), Rc::clone(&listen), worker.clone());
            let listener = Listener::new(move |event: JsValue| {
                let Some(shared) = shared.upgrade() else { return };
                let (event, numbers) = read(&event);
                if !matches!(event, EnsembleEvent::Progress { .. } | EnsembleEvent::Failed { .. }) {
                    shared.borrow_mut().idle.push(itself.clone());
                    shared.borrow_mut().hand_out();
                }
                listen(event, numbers);
            });
            let function: &js_sys::Function = listener.as_ref().unchecked_ref();
            worker.set_onmessage(Some(function));
            worker.set_onerror(Some(function));
            pool.workers.push((worker, listener));
        }
        Ok(pool)
    }

    /// Puts tasks at the end of the queue.
    pub fn add(&self, tasks: impl IntoIterator<Item = EnsembleTask>) {
        let mut shared = self.shared.borrow_mut();
        shared.queue.extend(tasks);
        shared.hand_out();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        for (worker, _) in &self.workers {
            worker.terminate();
        }
    }
}

impl Shared {
    fn hand_out(&mut self) {
        while let Some(worker) = self.idle.pop() {
            let Some(task) = self.queue.pop_front() else { return self.idle.push(worker) };
            let sent = wire::pack(&task, None).map(|(message, _)| {
                wire::attach(&message, files::table_blob(task.table.as_ref()));
                worker.post_message(&message)
            });
            if !matches!(sent, Ok(Ok(()))) {
                web_sys::console::error_1(&"a task could not be posted".into());
            }
        }
    }
}

/// Event of a worker, or the reason of its end.
fn read(event: &JsValue) -> (EnsembleEvent, Vec<f32>) {
    if let Some(error) = event.dyn_ref::<ErrorEvent>() {
        error.prevent_default();
        return (EnsembleEvent::Failed { message: error.message() }, Vec::new());
    }
    let message: &MessageEvent = event.unchecked_ref();
    wire::unpack(&message.data()).unwrap_or_else(|message| (EnsembleEvent::Failed { message }, Vec::new()))
}
