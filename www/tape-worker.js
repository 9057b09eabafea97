// The engine at work, in a worker of its own: `tape.js` asks, and is answered by [number, answer], or by [number, undefined, sentence].

const module = import("./multiwell_web.js").then(async (exports) => (await exports.default(), exports));
module.catch(() => {});

/// Milliseconds that a round of measuring takes at least.
const ROUND = 3;
/// Most repetitions in a round, however coarse the clock is.
const MOST = 1e7;
/// How often what comes before a step is run to be timed.
const BEFORE = 20;

let tape;

const took = (run, times) => {
  const begun = performance.now();
  run(times);
  return performance.now() - begun;
};

/// Milliseconds of something that can be repeated, the median of five rounds; `before` is what each round takes besides.
function timed(run, before = 0) {
  const lasts = (times) => Math.max(took(run, times) - before, 0);
  // The shorter of two: what else the processor does may fall into one.
  const least = (times) => Math.min(lasts(times), lasts(times));
  let times = 1;
  for (let last = least(times); last < ROUND && times < MOST; last = least(times)) times = Math.ceil(times * Math.min(10, (1.3 * ROUND) / Math.max(last, 0.05)));
  const rounds = Array.from({ length: 5 }, () => lasts(times) / times);
  return rounds.sort((a, b) => a - b)[2];
}

const calls = {
  open(text, { OpenTape }) {
    tape?.free();
    tape = undefined;
    tape = new OpenTape(text);
    return JSON.parse(tape.outline());
  },
  look: ([node, mode, point, along]) => JSON.parse(tape.look(node, mode, Float64Array.from(point), along)),
  step(step) {
    const before = () => {
      for (let k = 0; k < BEFORE; k++) tape.repeat(step, 0);
    };
    return timed((times) => tape.repeat(step, times), Math.min(took(before), took(before), took(before)) / BEFORE);
  },
  whole: () => timed((times) => tape.run(times)),
};

self.onmessage = async ({ data: [number, call, given] }) => {
  let exports;
  try {
    exports = await module;
  } catch {
    return postMessage([number, undefined, "The module that shows the tape could not be loaded; check the connection and open it again."]);
  }
  try {
    postMessage([number, calls[call](given, exports)]);
  } catch (error) {
    postMessage([number, undefined, typeof error === "string" ? `There is no tape: ${error}.` : `The module that shows the tape has a fault: ${error.message ?? error}`]);
  }
};
