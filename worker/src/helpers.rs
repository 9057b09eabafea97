//! Workers that help the training worker with epochs over very many samples: each computes the sums of its part, and the results have the same bits. They are
//! started where an epoch takes long enough to be worth it, and ended when training pauses. Where the browser has none to give, or one fails, the
//! training worker goes on alone.

use std::cell::RefCell;

use js_sys::{Function, Uint32Array};
use wasm_bindgen::prelude::*;
use web_sys::{Event, MessageEvent, Worker};

use super::wire;
use multiwell::controller::Controller;
use multiwell::controller::helpers::{Helper, Round};

/// Milliseconds of an epoch that are worth sharing: a message there and back takes a few tenths of one.
const WORTH: f64 = 8.0;
/// Most helpers: each keeps its part of the samples, and the sums of all are added by one.
const MOST: usize = 15;
/// Milliseconds after which a helper counts as lost, beside ten times those of the training worker's own part.
const PATIENCE: f64 = 5_000.0;
/// Milliseconds between looks for helpers that are lost.
const LOOK: i32 = 2_000;

type Listener = Closure<dyn FnMut(JsValue)>;

/// How an epoch is to be trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Turn {
    /// By the training worker alone.
    Alone,
    /// It is under way, and the helpers have not all answered.
    Waiting,
    /// It is done.
    Done,
}

/// The helpers of a training worker.
#[derive(Default)]
pub struct Helpers {
    workers: Vec<Worker>,
    /// Hears them all, and a clock as long as there are any: one that is lost says nothing.
    listener: Option<Listener>,
    clock: Option<i32>,
    /// How many of them have said that they are there.
    started: usize,
    round: Option<Round>,
    /// When the epoch under way began, and until when helpers may take.
    under_way: Option<[f64; 2]>,
    /// Whether there are none to be had.
    is_refused: bool,
}

impl Helpers {
    /// Whether an epoch is under way that waits for helpers.
    pub fn wait(&self) -> bool {
        self.under_way.is_some_and(|[_, until]| now() < until) && self.round.as_ref().is_some_and(|round| round.ended().is_none())
    }

    /// Begins an epoch, or ends one that the helpers have answered. `hear` is called with what they say.
    pub fn turn(&mut self, controller: &mut Controller, hear: fn(JsValue)) -> Turn {
        if self.is_refused {
            return Turn::Alone;
        }
        if let Some([began, until]) = self.under_way {
            return self.end(controller, began, until);
        }
        let takes = controller.epoch_takes();
        let Some(mut shared) = controller.shared() else {
            self.dismiss();
            return Turn::Alone;
        };
        if self.round.as_ref().is_none_or(|round| round.identity != shared.identity()) {
            self.dismiss();
            let workers = 1 + others();
            if takes > WORTH && shared.suits(workers) {
                self.round = Some(Round::new(shared.identity(), workers));
                self.launch(workers - 1, hear);
            }
        }
        let workers = 1 + self.workers.len();
        let Some(round) = self.round.as_mut().filter(|_| self.started + 1 == workers) else { return Turn::Alone };
        let began = now();
        let number = round.begin(shared.given());
        let message = pack(number, bits(shared.given()));
        for (helper, worker) in self.workers.iter().enumerate() {
            // A helper that is not reached does not answer, and is given up after a while.
            if number == 1 {
                let _ = worker.post_message(&pack(0, shared.part(helper + 1, workers)));
            }
            let _ = worker.post_message(&message);
        }
        round.take(0, number, shared.sums(workers));
        let end = now();
        self.under_way = Some([began, end + PATIENCE + 10.0 * (end - began)]);
        Turn::Waiting
    }

    fn end(&mut self, controller: &mut Controller, began: f64, until: f64) -> Turn {
        let Some((given, sums)) = self.round.as_ref().and_then(Round::ended) else {
            if now() < until {
                return Turn::Waiting;
            }
            self.refuse();
            return Turn::Alone;
        };
        let identity = self.round.as_ref().map(|round| round.identity);
        if let Some(mut shared) = controller.shared().filter(|shared| Some(shared.identity()) == identity) {
            shared.know(given, sums);
        }
        self.under_way = None;
        let done = controller.train(1);
        controller.measure(done, now() - began);
        Turn::Done
    }

    fn launch(&mut self, count: usize, hear: fn(JsValue)) {
        let listener = self.listener.get_or_insert_with(|| Listener::new(hear)).as_ref().unchecked_ref::<Function>().clone();
        self.clock = wire::scope().set_interval_with_callback_and_timeout_and_arguments_0(&listener, LOOK).ok();
        for _ in 0..count {
            let Ok(worker) = Worker::new("./helper.js") else { return self.refuse() };
            worker.set_onmessage(Some(&listener));
            worker.set_onerror(Some(&listener));
            self.workers.push(worker);
        }
    }

    /// Takes what a helper says, or the clock.
    pub fn hear(&mut self, event: &JsValue) {
        let Some(event) = event.dyn_ref::<Event>() else { return };
        let number = self.workers.iter().position(|worker| event.target().is_some_and(|target| target == **worker));
        // What it said before it was dismissed.
        let Some(number) = number else { return };
        match (event.dyn_ref().and_then(unpack), &mut self.round) {
            (Some((0, _)), _) => self.started += 1,
            (Some((epoch, sums)), Some(round)) => round.take(number + 1, epoch, floats(&sums)),
            // An error, or a sentence of a script that could not load its module.
            _ => {
                event.prevent_default();
                self.refuse();
            }
        }
    }

    fn refuse(&mut self) {
        self.dismiss();
        self.is_refused = true;
    }

    /// Ends the helpers; an epoch that is under way is trained anew.
    pub fn dismiss(&mut self) {
        self.workers.drain(..).for_each(|worker| worker.terminate());
        if let Some(clock) = self.clock.take() {
            wire::scope().clear_interval_with_handle(clock);
        }
        (self.started, self.round, self.under_way) = (0, None, None);
    }
}

fn now() -> f64 {
    wire::scope().performance().map_or(0.0, |performance| performance.now())
}

/// How many processors there are beside that of the training worker.
fn others() -> usize {
    (wire::scope().navigator().hardware_concurrency() as usize).saturating_sub(1).min(MOST)
}

/// A message between the training worker and a helper: the number of an epoch, with the bits of the values to compute sums at, or of these sums; or number 0,
/// with the part that the helper is to take, or as the sign that it has started.
fn pack(number: u32, mut content: Vec<u32>) -> JsValue {
    content.insert(0, number);
    Uint32Array::from(&content[..]).into()
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

fn floats(bits: &[u32]) -> Vec<f32> {
    bits.iter().map(|&bits| f32::from_bits(bits)).collect()
}

fn unpack(event: &MessageEvent) -> Option<(u32, Vec<u32>)> {
    let mut content = event.data().dyn_into::<Uint32Array>().ok()?.to_vec();
    (!content.is_empty()).then(|| (content.remove(0), content))
}

thread_local! {
    static HELPER: RefCell<Option<Helper>> = const { RefCell::new(None) };
}

/// Registers the handler of a helper's messages and reports that it is ready. Called once by `helper.js`, in a worker of the training worker.
#[wasm_bindgen]
pub fn start_helper() {
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
        let (number, content) = unpack(&event).unwrap_throw();
        HELPER.with_borrow_mut(|helper| match number {
            0 => *helper = Helper::new(&content),
            // What cannot be computed is an error, of which the training worker is told by the browser.
            _ => answer(number, &helper.as_mut().and_then(|helper| helper.sums(&floats(&content))).unwrap_throw()),
        });
    });
    wire::scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
    answer(0, &[]);
}

fn answer(number: u32, sums: &[f32]) {
    wire::scope().post_message(&pack(number, bits(sums))).unwrap_throw();
}
