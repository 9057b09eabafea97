// Computations of the tape, in a separate worker. Requests come from `tape.js`. The answer is [number, answer], or [number, undefined, sentence] after an
// error.

const module = import("./multiwell_web.js").then(async (exports) => (await exports.default(), exports));
module.catch(() => {});

/// Minimum duration of a measuring round in milliseconds.
const ROUND_MS = 3;
/// Maximum number of repetitions in a round, however coarse the clock is.
const MAX_REPETITIONS = 1e7;
/// Number of repetitions for timing the preparation of a step.
const PREPARATION_REPETITIONS = 20;

let tape;

const measure = (run, repetitions) => {
  const begun = performance.now();
  run(repetitions);
  return performance.now() - begun;
};

/// Median duration of a repeatable action in milliseconds, over five rounds. `overhead` is the additional duration of each round.
function measureMedian(run, overhead = 0) {
  const measureRun = (repetitions) => Math.max(measure(run, repetitions) - overhead, 0);
  // The shorter of two durations, because other load of the processor may extend one of them.
  const measureShorter = (repetitions) => Math.min(measureRun(repetitions), measureRun(repetitions));
  let repetitions = 1;
  let duration = measureShorter(repetitions);
  while (duration < ROUND_MS && repetitions < MAX_REPETITIONS) {
    repetitions = Math.ceil(repetitions * Math.min(10, (1.3 * ROUND_MS) / Math.max(duration, 0.05)));
    duration = measureShorter(repetitions);
  }
  const rounds = Array.from({ length: 5 }, () => measureRun(repetitions) / repetitions);
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
    const prepare = () => {
      for (let k = 0; k < PREPARATION_REPETITIONS; k++) tape.repeat(step, 0);
    };
    const overhead = Math.min(measure(prepare), measure(prepare), measure(prepare)) / PREPARATION_REPETITIONS;
    return measureMedian((repetitions) => tape.repeat(step, repetitions), overhead);
  },
  whole: () => measureMedian((repetitions) => tape.run(repetitions)),
};

self.onmessage = async ({ data: [number, call, given] }) => {
  let exports;
  try {
    exports = await module;
  } catch {
    return postMessage([number, undefined, "The tape module could not be loaded. Check the connection, and open the tape again."]);
  }
  try {
    postMessage([number, calls[call](given, exports)]);
  } catch (error) {
    postMessage([number, undefined, typeof error === "string" ? `There is no tape: ${error}.` : `The tape module has an internal error: ${error.message ?? error}`]);
  }
};
