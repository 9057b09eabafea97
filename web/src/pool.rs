//! A few plain workers that share a queue of jobs: each is given the next one when it has done its last. No memory is shared, so
//! that no special headers are needed.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::wire;
use multiwell::controller::ensemble::{EnsembleEvent, EnsembleTask};

type Hear = Box<dyn FnMut(EnsembleEvent, Vec<f32>)>;

/// Workers and what is left for them to do. Ended when dropped.
pub struct Pool {
    inner: Rc<RefCell<Inner>>,
    /// What the workers' messages are given to; they must live as long as the workers.
    #[expect(dead_code, reason = "kept for those who call it, not for us")]
    listeners: Vec<Closure<dyn FnMut(JsValue)>>,
}

struct Inner {
    workers: Vec<Member>,
    queue: VecDeque<EnsembleTask>,
}

struct Member {
    worker: Worker,
    idle: bool,
}

impl Pool {
    /// Starts so many workers from `script`. Everything they say goes to `hear`, with the numbers that belong to it; a worker
    /// is idle once it has said [`EnsembleEvent::Ready`].
    ///
    /// # Errors
    /// A sentence, if the browser refuses.
    pub fn new(script: &str, workers: usize, hear: impl FnMut(EnsembleEvent, Vec<f32>) + 'static) -> Result<Self, String> {
        let hear: Rc<RefCell<Hear>> = Rc::new(RefCell::new(Box::new(hear)));
        let inner = Rc::new(RefCell::new(Inner { workers: Vec::new(), queue: VecDeque::new() }));
        let mut listeners = Vec::new();
        for k in 0..workers {
            let options = WorkerOptions::new();
            options.set_type(WorkerType::Module);
            let worker =
                Worker::new_with_options(script, &options).map_err(|_| "the browser refused to start a worker".to_string())?;
            let (weak, hear) = (Rc::downgrade(&inner), Rc::clone(&hear));
            let listener = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
                let Some(inner) = weak.upgrade() else { return };
                let (event, numbers) = read(&event);
                if !matches!(event, EnsembleEvent::Progress { .. } | EnsembleEvent::Failed { .. }) {
                    inner.borrow_mut().workers[k].idle = true;
                    inner.borrow_mut().hand_out();
                }
                // What is heard may ask for more, so nothing is borrowed but the listener itself.
                if let Ok(mut hear) = hear.try_borrow_mut() {
                    hear(event, numbers);
                }
            });
            let function: &js_sys::Function = listener.as_ref().unchecked_ref();
            worker.set_onmessage(Some(function));
            worker.set_onerror(Some(function));
            listeners.push(listener);
            inner.borrow_mut().workers.push(Member { worker, idle: false });
        }
        Ok(Self { inner, listeners })
    }

    /// Puts more jobs at the end of the queue.
    pub fn add(&self, jobs: impl IntoIterator<Item = EnsembleTask>) {
        let mut inner = self.inner.borrow_mut();
        inner.queue.extend(jobs);
        inner.hand_out();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        for member in &self.inner.borrow().workers {
            member.worker.terminate();
        }
    }
}

impl Inner {
    fn hand_out(&mut self) {
        for member in self.workers.iter_mut().filter(|member| member.idle) {
            let Some(job) = self.queue.pop_front() else { return };
            let sent = wire::pack(&job, None).map(|(message, _)| member.worker.post_message(&message));
            if matches!(sent, Ok(Ok(()))) {
                member.idle = false;
            } else {
                web_sys::console::error_1(&"a job could not be posted".into());
            }
        }
    }
}

/// What a worker says, or why it says nothing more.
fn read(event: &JsValue) -> (EnsembleEvent, Vec<f32>) {
    if let Some(error) = event.dyn_ref::<ErrorEvent>() {
        error.prevent_default();
        return (EnsembleEvent::Failed { message: error.message() }, Vec::new());
    }
    let message: &MessageEvent = event.unchecked_ref();
    wire::unpack(&message.data()).unwrap_or_else(|message| (EnsembleEvent::Failed { message }, Vec::new()))
}
