//! Training worker. It holds the run, trains it in slices of about 12 ms, handles requests between slices, and sends frames.
//!
//! A message that the worker posts to itself starts each slice. A timer would be delayed to 4 ms, and a loop would not
//! handle messages.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, MessageChannel, MessagePort};

use super::file::{self, FileReading};
use super::wire;
use multiwell::internal::controller::protocol::{Reply, Request};
use multiwell::internal::controller::{Controller, excerpt, places};

/// Duration of a slice, in milliseconds.
const SLICE_MS: f64 = 12.0;
/// Minimum time between frames, in milliseconds, for a visible and a hidden page. The current slice is completed first.
const FRAME_INTERVAL_MS: f64 = 24.0;
const HIDDEN_FRAME_INTERVAL_MS: f64 = 1000.0;

/// Maximum wait for an epoch at a limited speed, in milliseconds.
const MAX_WAIT_MS: f64 = 250.0;
/// Time in milliseconds for the page to request the view of a preview. The worker does not reply while it reads the table afterwards.
const PREVIEW_WAIT_MS: f64 = 150.0;
/// Minimum ratio of the time for training to the time for a view.
const MIN_TRAINING_RATIO: f64 = 3.0;

struct Worker {
    controller: Controller,
    next: MessagePort,
    /// Starts a slice.
    slice: Function,
    scheduled: bool,
    /// Limit on the speed of training.
    limit: SpeedLimit,
    visible: bool,
    last_frame: f64,
    next_view: f64,
    /// Time at which a preview was shown, if one is shown.
    preview_time: Option<f64>,
    /// Large files by their numbers, and the file that is being read.
    files: Vec<(u32, Blob)>,
    reading: Option<FileReading>,
}

/// Registers the handler of messages and reports that the worker is ready. Called once, in a dedicated worker.
#[wasm_bindgen]
pub fn start_worker() {
    let channel = MessageChannel::new().expect_throw("a worker has message channels");
    let (controller, next) = (Controller::default(), channel.port2());
    let worker = Worker {
        controller,
        next,
        slice: Function::default(),
        scheduled: false,
        limit: SpeedLimit::default(),
        visible: true,
        last_frame: 0.0,
        next_view: 0.0,
        preview_time: None,
        files: Vec::new(),
        reading: None,
    };
    let worker = Rc::new(RefCell::new(worker));
    let sliced = Rc::clone(&worker);
    let slice: Function = Closure::<dyn FnMut()>::new(move || sliced.borrow_mut().slice()).into_js_value().unchecked_into();
    channel.port1().set_onmessage(Some(&slice));
    worker.borrow_mut().slice = slice;
    wire::listen(move |request, file| worker.borrow_mut().handle_request(request, file));
    wire::post(&Reply::Ready, None);
}

fn now() -> f64 {
    wire::scope().performance().map_or(0.0, |p| p.now())
}

impl Worker {
    /// Handles a request with its large file.
    fn handle_request(&mut self, request: Request, file: Option<Blob>) {
        if self.controller.needs_all(&request) {
            while self.controller.awaited().is_some() {
                self.read_on();
            }
        }
        match (request, file) {
            (Request::Start { run, settings, table: Some(mut table), model, running }, Some(file)) => {
                let parts = places(file.size() as u64).map(|place| file::part(&file, place.map(|at| at as f64)));
                let parts = parts.map(|part| part.map(|bytes| bytes.to_vec())).collect::<Option<Vec<_>>>();
                let some = parts.and_then(|parts| excerpt(&parts)).filter(|_| model.is_none());
                let begun = some.and_then(|text| {
                    table.text = text;
                    self.controller.start_excerpt(run, settings.clone(), (&table, file.size() as u64), running)
                });
                if let Some(replies) = begun {
                    self.files.push((table.held, file));
                    return self.send_replies(replies);
                }
                file::fill(Some(&mut table), Some(file));
                self.answer(Request::Start { run, settings, table: Some(table), model, running });
            }
            (request, _) => self.answer(request),
        }
    }

    fn send_replies(&mut self, replies: Vec<(Reply, Option<Vec<f32>>)>) {
        for (reply, numbers) in replies {
            wire::post(&reply, numbers.as_deref());
        }
        self.frame();
        self.view();
        self.schedule();
    }

    fn answer(&mut self, request: Request) {
        match request {
            Request::Visible(visible) => self.visible = visible,
            Request::LimitSpeed(per_second) => self.limit = SpeedLimit::new(per_second, now()),
            _ => {}
        }
        let replies = self.controller.answer(request);
        self.send_replies(replies);
    }

    fn schedule(&mut self) {
        let has_to_read = self.controller.has_to_read() || self.controller.awaited().is_some();
        let has_news = self.controller.has_pending_frame();
        let has_work = self.controller.is_training() || self.controller.is_working() || has_to_read || has_news;
        if has_work && !self.scheduled {
            let is_waiting = self.controller.is_training() && !self.limit.allows_step();
            self.scheduled = if is_waiting && !self.controller.is_working() && !has_to_read {
                let wait = self.limit.wait_ms().clamp(SLICE_MS, MAX_WAIT_MS) as i32;
                wire::scope().set_timeout_with_callback_and_timeout_and_arguments_0(&self.slice, wait).is_ok()
            } else {
                self.next.post_message(&JsValue::NULL).is_ok()
            };
        }
    }

    fn slice(&mut self) {
        self.scheduled = false;
        let start = now();
        if self.controller.awaited().is_some() {
            self.read_on();
        }
        self.read(start);
        self.controller.record_time(start);
        let mut time = start;
        self.limit.pass_time(start);
        while self.controller.is_training() && self.limit.allows_step() && time < start + SLICE_MS {
            // The number of epochs is estimated from the speed so far, for a third of a slice, in case the machine slows down.
            let epochs = self.controller.epochs_in((start + SLICE_MS - time).min(SLICE_MS / 3.0));
            let steps = self.controller.steps_done();
            let done = self.controller.train(epochs.min(self.limit.allowed_steps()));
            self.limit.count(self.controller.steps_done().saturating_sub(steps));
            let before = std::mem::replace(&mut time, now());
            self.controller.measure(done, time - before);
        }
        if !self.controller.is_training() && self.controller.is_working() {
            self.controller.work();
            time = now();
        }
        let pause = if self.visible { FRAME_INTERVAL_MS } else { HIDDEN_FRAME_INTERVAL_MS };
        if !self.controller.is_training() || time - self.last_frame >= pause {
            self.frame();
            if !self.controller.is_training() || time >= self.next_view {
                self.view();
            }
        }
        self.schedule();
    }

    /// Reads the next piece of the file whose preview is shown.
    fn read_on(&mut self) {
        let Some(held) = self.controller.awaited() else { return };
        let file = || self.files.iter().find(|(number, _)| *number == held).map(|(_, file)| FileReading::new(held, file.clone()));
        let reading = self.reading.take().filter(|reading| reading.held == held).or_else(file);
        let read = reading.and_then(FileReading::read_piece);
        if let Some([done, all]) = read.as_ref().map(FileReading::progress)
            && done < all
        {
            self.controller.set_read_bytes([done, all]);
            self.reading = read;
            return;
        }
        for (reply, numbers) in self.controller.take_file(read.map(|read| read.bytes).ok_or(file::GONE_MESSAGE)) {
            wire::post(&reply, numbers.as_deref());
        }
    }

    /// Reads the table after its preview was visible for a moment.
    fn read(&mut self, now: f64) {
        if !self.controller.has_to_read() {
            self.preview_time = None;
        } else if now >= *self.preview_time.get_or_insert(now) + PREVIEW_WAIT_MS {
            self.preview_time = None;
            for (reply, numbers) in self.controller.read() {
                wire::post(&reply, numbers.as_deref());
            }
        }
    }

    /// Sends the requested view. Slow views are sent less often, to leave most of the time for training.
    fn view(&mut self) {
        let start = now();
        if let Some(reply) = self.controller.view() {
            wire::post(&reply, None);
        }
        let end = now();
        self.next_view = end + MIN_TRAINING_RATIO * (end - start);
    }

    fn frame(&mut self) {
        self.last_frame = now();
        if let Some((reply, numbers)) = self.controller.frame() {
            wire::post(&reply, Some(&numbers));
        }
    }
}

/// Limit on the speed of training. Epochs and steps of a second-order method count alike.
#[derive(Default)]
struct SpeedLimit {
    /// Maximum number of steps per millisecond. `None` for no limit.
    per_ms: Option<f64>,
    /// Number of steps allowed now. The fraction is kept for the next step.
    allowed: f64,
    /// Time of the last count.
    last_count_ms: f64,
}

impl SpeedLimit {
    fn new(per_second: Option<f64>, now: f64) -> Self {
        Self { per_ms: per_second.map(|steps| steps / 1e3), allowed: 1.0, last_count_ms: now }
    }

    /// Adds the steps allowed since the last call. Steps missed by a pause or a slow machine are not made up for.
    fn pass_time(&mut self, now: f64) {
        let passed = now - std::mem::replace(&mut self.last_count_ms, now);
        let per_ms = self.per_ms.unwrap_or(0.0);
        self.allowed = (self.allowed + passed * per_ms).min((MAX_WAIT_MS * per_ms).max(1.0));
    }

    fn allows_step(&self) -> bool {
        self.per_ms.is_none() || self.allowed >= 1.0
    }

    fn allowed_steps(&self) -> u64 {
        if self.per_ms.is_some() { self.allowed as u64 } else { u64::MAX }
    }

    fn count(&mut self, steps: u64) {
        if self.per_ms.is_some() {
            self.allowed -= steps as f64;
        }
    }

    /// Time in milliseconds until the next step is allowed.
    fn wait_ms(&self) -> f64 {
        self.per_ms.map_or(0.0, |per_ms| (1.0 - self.allowed).max(0.0) / per_ms)
    }
}
