// Times the module in a dedicated worker, as the page trains in one.

import init, { bench_loss, bench_time } from "./multiwell_web.js";

const loaded = init();

function answer({ time, loss }) {
  const { task } = time ?? loss;
  const fields = [task.work, task.inputs, task.modes, Uint32Array.from(task.hidden), task.samples];
  return time ? bench_time(...fields, time.seconds) : bench_loss(...fields, loss.epochs);
}

onmessage = async ({ data }) => {
  try {
    await loaded;
    postMessage(JSON.stringify(answer(JSON.parse(data))));
  } catch (error) {
    postMessage(JSON.stringify({ error: String(error) }));
  }
};
