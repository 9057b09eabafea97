// Times the module in a dedicated worker, as the page trains in one.

import init, { bench } from "./multiwell.js";

const loaded = init();

onmessage = async ({ data }) => {
  try {
    await loaded;
    postMessage(bench(data));
  } catch (error) {
    postMessage(JSON.stringify({ error: String(error) }));
  }
};
