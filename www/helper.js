// A worker that helps the training worker with epochs over very many samples. Only the module of landscapes and tables has these. A classic script, which a
// worker is started with more easily.

import("./multiwell_systems.js")
  .then(({ default: init, start_helper }) => init().then(start_helper))
  .catch((error) => postMessage(`the module could not be loaded: ${error.message ?? error}`));
