// Answers the questions of the bench: those about time in a dedicated worker, those about many runs on several.
// `window.ask(question)` gives a promise of the answer; both are JSON.

import init, { bench_runs } from "./multiwell_web.js";

const worker = new Worker("./bench-worker.js", { type: "module" });
const waiting = [];
worker.onmessage = ({ data }) => waiting.shift()(data);
worker.onerror = (event) => waiting.shift()?.(JSON.stringify({ error: event.message || "the worker could not be started" }));

const inWorker = (question) =>
  new Promise((resolve) => {
    waiting.push(resolve);
    worker.postMessage(question);
  });

const loaded = init();

window.ask = async (question) => {
  const { runs } = JSON.parse(question);
  if (runs === undefined) {
    return inWorker(question);
  }
  try {
    await loaded;
    return JSON.stringify(await bench_runs(runs.workers, runs.runs, runs.epochs));
  } catch (error) {
    return JSON.stringify({ error: String(error) });
  }
};
