// The training worker: the same module as the page, entered by another door.

import init, { start_worker } from "./multiwell_web.js";

try {
  await init();
  start_worker();
} catch (error) {
  postMessage(`the training module could not be loaded: ${error.message ?? error}`);
}
