// Code around the compiled module, in a worker or, without workers, in the page. It executes requests one at a time. Training is divided into slices, and
// messages arrive between them.

import { Fit, Model, initSync } from "../wasm/multiwell_js.js";

/** Length of a slice in milliseconds. */
const SLICE_MS = 12;
/** Time between two progress reports in milliseconds. */
const PROGRESS_INTERVAL_MS = 50;

/** Cache of the last model, for consecutive requests on the same model. */
let cached = { text: "", model: null };

function readModel(text) {
  if (!cached.model || cached.text !== text) {
    const model = new Model(text);
    cached.model?.free();
    cached = { text, model };
  }
  return cached.model;
}

/** Lets messages arrive. A timer would cause a delay of 4 ms. */
const yieldToMessages = globalThis.setImmediate
  ? () => new Promise((done) => setImmediate(done))
  : (() => {
      const { port1, port2 } = new MessageChannel();
      const waiting = [];
      port1.onmessage = () => waiting.shift()();
      return () => new Promise((done) => (waiting.push(done), port2.postMessage(0)));
    })();

/** Trains a fit to its end, or until `control` ends it early. Calls `report` at intervals. */
export async function train(training, control, report) {
  let next = performance.now() + PROGRESS_INTERVAL_MS;
  while (training.advance(SLICE_MS)) {
    if (performance.now() >= next) {
      report();
      next = performance.now() + PROGRESS_INTERVAL_MS;
    }
    await yieldToMessages();
    if (control.stop === "dropped") throw new Error("nobody waits for this fit any more");
    if (control.stop) break;
  }
  report();
  const [text, metrics, history, ...notes] = training.result();
  return { text, metrics: JSON.parse(metrics), history, notes, ...calls.describe({ text }) };
}

/** Progress of a fit. */
export function readProgress(training) {
  const [done, all] = training.progress();
  return { done, all, stage: training.stage() };
}

/** Requests and their functions. */
export const calls = {
  /** Trains a fit. `open` names the constructor, `given` has its arguments. */
  async fit({ open, given, snapshots }, report, control) {
    const training = Fit[open](...given, undefined);
    try {
      return await train(training, control, () => report({ ...readProgress(training), ...(snapshots && { model: training.model() }) }));
    } finally {
      training.free();
    }
  },

  describe({ text }) {
    return JSON.parse(readModel(text).describe());
  },

  evaluate({ text, x, parts }) {
    const model = readModel(text);
    const found = { values: model.values(x) };
    for (const part of parts) found[part] = model[part](x);
    return found;
  },

  respond({ text, rows, time, inputs }) {
    return readModel(text).respond(rows, time, inputs);
  },

  landscape({ text }) {
    const model = readModel(text);
    const wells = model.wells();
    return { survey: JSON.parse(model.landscape()), logZ: model.log_z(), wells: wells && JSON.parse(wells) };
  },

  exportModel({ text, to, name, order, fast, float32, points }) {
    const { bytes, notes } = readModel(text).export(to, name, order, fast, float32, points);
    return { bytes, notes };
  },
};

/** Buffers of an answer, which are transferred and not copied. */
function listBuffers(answer) {
  const arrays = ArrayBuffer.isView(answer) ? [answer] : Object.values(answer ?? {}).filter(ArrayBuffer.isView);
  return arrays.map((array) => array.buffer);
}

/**
 * Returns a handler of messages, which answers by `post`. The first message contains the compiled module. The others are requests `{ call, given }`, one after
 * another. `{ control }` controls the current request: `{ stop: "early" }` ends it early, `{ stop: "dropped" }` cancels it.
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
      post({ answer }, listBuffers(answer));
    } catch (error) {
      post({ error: String(error?.message ?? error), isFault: !(error instanceof Error) || error instanceof WebAssembly.RuntimeError });
    }
  };
}
