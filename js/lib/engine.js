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

const calls = {
  /** Trains to the end, or until `isStopped`. `open` names the constructor, `given` are its arguments. */
  async fit({ open, given, snapshots }, tell, isStopped) {
    const training = Fit[open](...given);
    try {
      const report = () => {
        const [done, all] = training.progress();
        tell({ done, all, stage: training.stage(), ...(snapshots && { model: training.model() }) });
      };
      let next = performance.now() + UPDATE;
      while (training.advance(SLICE)) {
        if (performance.now() >= next) {
          report();
          next = performance.now() + UPDATE;
        }
        await breathe();
        if (isStopped() === "dropped") throw new Error("nobody waits for this fit any more");
        if (isStopped()) break;
      }
      report();
      const [text, metrics, history, ...notes] = training.result();
      return { text, metrics: JSON.parse(metrics), history, notes, ...calls.describe({ text }) };
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
  const arrays = ArrayBuffer.isView(answer) ? [answer] : Object.values(answer).filter(ArrayBuffer.isView);
  return arrays.map((array) => array.buffer);
}

/**
 * A handler of messages, which answers by `post`. The first message brings the compiled module, others are requests `{ call, given }` one after another,
 * of which the
 * current one is ended early by `{ stop: "early" }`, and given up by `{ stop: "dropped" }`.
 */
export function serve(post) {
  let stopped = false;
  return async ({ data }) => {
    if (data.stop) {
      stopped = data.stop;
      return;
    }
    try {
      if (data.module) {
        initSync({ module: data.module });
        post({ ready: true });
        return;
      }
      stopped = false;
      const answer = await calls[data.call](data.given, (progress) => post({ progress }), () => stopped);
      post({ answer }, buffers(answer));
    } catch (error) {
      post({ error: String(error?.message ?? error), isFault: !(error instanceof Error) || error instanceof WebAssembly.RuntimeError });
    }
  };
}
