//! The training worker: owns the run, trains it in slices of about 12 ms, answers between slices, and sends frames.
//!
//! Slices follow one another by a message that the worker posts to itself: a timer would be held back to 4 ms, and a loop
//! would never look at what the page asks.

use std::cell::RefCell;
use std::panic::PanicHookInfo;

use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessagePort};

use super::wire;
use multiwell::controller::Controller;
use multiwell::controller::protocol::{Reply, Request};

/// Length of a slice, in milliseconds.
const SLICE: f64 = 12.0;
/// Least time between frames, in milliseconds, when the page is shown and when it is hidden; the slice under way is finished first.
const FRAME: f64 = 24.0;
const HIDDEN_FRAME: f64 = 1000.0;

/// Training gets this many times the time that a view takes.
const SHARE: f64 = 3.0;

struct Worker {
    scope: DedicatedWorkerGlobalScope,
    controller: Controller,
    next: MessagePort,
    scheduled: bool,
    visible: bool,
    last_frame: f64,
    next_view: f64,
}

thread_local! {
    static WORKER: RefCell<Option<Worker>> = const { RefCell::new(None) };
}

/// Sets the worker up and says that it is ready. Called once by `worker.js`, in a dedicated worker.
#[wasm_bindgen]
pub fn start_worker() {
    std::panic::set_hook(Box::new(report_panic));
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let channel = MessageChannel::new().expect_throw("a worker has message channels");
    listen(|f| channel.port1().set_onmessage(Some(f)), |_| with(Worker::slice));
    listen(
        |f| scope.set_onmessage(Some(f)),
        |event| match wire::unpack::<Request>(&event.data()) {
            Ok((request, _)) => with(|w| w.answer(request)),
            Err(message) => with(|w| w.post(&Reply::Failed { message }, None)),
        },
    );
    let worker = Worker {
        scope,
        controller: Controller::default(),
        next: channel.port2(),
        scheduled: false,
        visible: true,
        last_frame: 0.0,
        next_view: 0.0,
    };
    worker.post(&Reply::Ready, None);
    WORKER.with_borrow_mut(|slot| *slot = Some(worker));
}

fn listen(set: impl FnOnce(&js_sys::Function), act: impl FnMut(MessageEvent) + 'static) {
    let closure = Closure::<dyn FnMut(MessageEvent)>::new(act);
    set(closure.as_ref().unchecked_ref());
    // The worker listens as long as it lives.
    closure.forget();
}

fn with(act: impl FnOnce(&mut Worker)) {
    WORKER.with_borrow_mut(|slot| slot.as_mut().map(act));
}

/// Tells the page what the panic said; the module must not be entered again afterwards.
fn report_panic(info: &PanicHookInfo) {
    console_error_panic_hook::hook(info);
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    if let Ok((message, _)) = wire::pack(&Reply::Failed { message: info.to_string() }, None) {
        // There is nobody left to tell if this fails.
        let _ = scope.post_message(&message);
    }
}

fn now(scope: &DedicatedWorkerGlobalScope) -> f64 {
    scope.performance().map_or(0.0, |p| p.now())
}

impl Worker {
    fn post(&self, reply: &Reply, numbers: Option<&[f32]>) {
        let sent = wire::pack(reply, numbers)
            .map(|(message, handed_over)| self.scope.post_message_with_transfer(&message, &handed_over));
        if !matches!(sent, Ok(Ok(()))) {
            web_sys::console::error_1(&"a reply could not be posted".into());
        }
    }

    fn answer(&mut self, request: Request) {
        if let Request::Visible { visible } = request {
            self.visible = visible;
        }
        for (reply, numbers) in self.controller.answer(request) {
            self.post(&reply, numbers.as_deref());
        }
        self.frame();
        self.view();
        self.schedule();
    }

    fn schedule(&mut self) {
        if (self.controller.is_training() || self.controller.is_working()) && !self.scheduled {
            self.scheduled = self.next.post_message(&JsValue::NULL).is_ok();
        }
    }

    fn slice(&mut self) {
        self.scheduled = false;
        let start = now(&self.scope);
        self.controller.tell_time(start);
        let mut time = start;
        while self.controller.is_training() && time < start + SLICE {
            // As many epochs as fit, by the speed measured so far; a third of a slice at a time, in case the machine gets slower.
            let epochs = self.controller.epochs_in((start + SLICE - time).min(SLICE / 3.0));
            let done = self.controller.train(epochs);
            let before = std::mem::replace(&mut time, now(&self.scope));
            self.controller.measure(done, time - before);
        }
        if !self.controller.is_training() && self.controller.is_working() {
            self.controller.work();
            time = now(&self.scope);
        }
        let pause = if self.visible { FRAME } else { HIDDEN_FRAME };
        if !self.controller.is_training() || time - self.last_frame >= pause {
            self.frame();
            if !self.controller.is_training() || time >= self.next_view {
                self.view();
            }
        }
        self.schedule();
    }

    /// Shows what has been asked for. A view that takes long is shown less often: training keeps most of the time.
    fn view(&mut self) {
        let start = now(&self.scope);
        if let Some(reply) = self.controller.view() {
            self.post(&reply, None);
        }
        let end = now(&self.scope);
        self.next_view = end + SHARE * (end - start);
    }

    fn frame(&mut self) {
        self.last_frame = now(&self.scope);
        if let Some((reply, numbers)) = self.controller.frame() {
            self.post(&reply, Some(&numbers));
        }
    }
}
