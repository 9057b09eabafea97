// What runs beside the compiled module, in a worker or, where there are none, in the page: requests are carried out one at a time, and training is cut
// into slices between which messages arrive.

import { Fit, Model, initSync } from "../wasm/multiwell_js.js";

/** Milliseconds of a slice. */
const SLICE = 12;
/** Milliseconds between two reports of progress. */
const UPDATE = 50;

/** The model that was read last, for requests one after another on the same. */
let last = { text: "", model: null };

function read(text) {
  if (!last.model || last.text !== text) {
    const model = new Model(text);
    last.model?.free();
    last = { text, model };
  }
  return last.model;
}

/** Lets messages arrive; a timer would be delayed to 4 ms. */
const breathe = globalThis.setImmediate
  ? () => new Promise((done) => setImmediate(done))
  : (() => {
      const { port1, port2 } = new MessageChannel();
      const waiting = [];
      port1.onmessage = () => waiting.shift()();
      return () => new Promise((done) => (waiting.push(done), port2.postMessage(0)));
    })();

/** Trains a fit to its end, or until `control` says that it should end early, and reports now and then. */
export async function trained(training, control, report) {
  let next = performance.now() + UPDATE;
  while (training.advance(SLICE)) {
    if (performance.now() >= next) {
      report();
      next = performance.now() + UPDATE;
    }
    await breathe();
    if (control.stop === "dropped") throw new Error("nobody waits for this fit any more");
    if (control.stop) break;
  }
  report();
  const [text, metrics, history, ...notes] = training.result();
  return { text, metrics: JSON.parse(metrics), history, notes, ...calls.describe({ text }) };
}

/** How far a fit is. */
export function progress(training) {
  const [done, all] = training.progress();
  return { done, all, stage: training.stage() };
}

/** What can be asked for. */
export const calls = {
  /** Trains. `open` names the constructor, `given` are its arguments. */
  async fit({ open, given, snapshots }, tell, control) {
    const training = Fit[open](...given, undefined);
    try {
      return await trained(training, control, () => tell({ ...progress(training), ...(snapshots && { model: training.model() }) }));
    } finally {
      training.free();
    }
  },

  describe({ text }) {
    return JSON.parse(read(text).describe());
  },

  evaluate({ text, x, parts }) {
    const model = read(text);
    const found = { values: model.values(x) };
    for (const part of parts) found[part] = model[part](x);
    return found;
  },

  respond({ text, rows, time, inputs }) {
    return read(text).respond(rows, time, inputs);
  },

  landscape({ text }) {
    const model = read(text);
    const wells = model.wells();
    return { survey: JSON.parse(model.landscape()), logZ: model.log_z(), wells: wells && JSON.parse(wells) };
  },

  exportModel({ text, to, name, hessian, fast, float32, points }) {
    return read(text).export(to, name, hessian, fast, float32, points);
  },
};

/** The buffers in an answer, which are handed over and not copied. */
function buffers(answer) {
  const arrays = ArrayBuffer.isView(answer) ? [answer] : Object.values(answer ?? {}).filter(ArrayBuffer.isView);
  return arrays.map((array) => array.buffer);
}

/**
 * A handler of messages, which answers by `post`. The first message brings the compiled module, others are requests `{ call, given }` one after another.
 * `{ control }` changes what the current one is told: `{ stop: "early" }` ends it early, `{ stop: "dropped" }` gives it up.
 */
export function serve(post, own = calls) {
  let control = {};
  return async ({ data }) => {
    if (data.control) {
      Object.assign(control, data.control);
      return;
    }
    try {
      if (data.module) {
        initSync({ module: data.module });
        post({ ready: true });
        return;
      }
      control = {};
      const answer = await own[data.call](data.given, (progress) => post({ progress }), control);
      post({ answer }, buffers(answer));
    } catch (error) {
      post({ error: String(error?.message ?? error), isFault: !(error instanceof Error) || error instanceof WebAssembly.RuntimeError });
    }
  };
}
