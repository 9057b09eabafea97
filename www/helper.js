// A worker that helps the training worker with epochs over very many samples, which only the module of landscapes and tables has. It is a classic script:
// a worker of one needs no options.

import("./multiwell_systems.js")
  .then(({ default: init, start_helper }) => init().then(start_helper))
  .catch((error) => postMessage(`the module could not be loaded: ${error.message ?? error}`));
