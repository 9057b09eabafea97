// A worker of an ensemble: the same module as the page, entered by another door.

import init, { start_member } from "./multiwell_web.js";

try {
  await init();
  start_member();
} catch (error) {
  postMessage(`the training module could not be loaded: ${error.message ?? error}`);
}
