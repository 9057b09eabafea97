// Times the module in a dedicated worker, as the page trains in one.

import init, { bench_loss, bench_time } from "./multiwell_web.js";

const loaded = init();

function answer({ time, loss }) {
  const task = JSON.stringify((time ?? loss).task);
  return time ? bench_time(task, time.seconds) : bench_loss(task, loss.epochs);
}

onmessage = async ({ data }) => {
  try {
    await loaded;
    postMessage(JSON.stringify(answer(JSON.parse(data))));
  } catch (error) {
    postMessage(JSON.stringify({ error: String(error) }));
  }
};
