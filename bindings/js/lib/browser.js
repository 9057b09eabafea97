// Package in a browser. Training runs in module workers. Where workers are forbidden, it runs in the page, in slices.

import { createFunctions } from "./client.js";

const module = new URL("../wasm/multiwell_js_bg.wasm", import.meta.url);

async function load() {
  const answer = await fetch(module);
  if (!answer.ok) throw new Error(`${module} cannot be loaded: ${answer.status} ${answer.statusText}`);
  return WebAssembly.compile(await answer.arrayBuffer());
}

function spawn() {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "multiwell" });
  return {
    post: (message, moved) => worker.postMessage(message, moved),
    listen: (handleMessage, handleError) => {
      worker.onmessage = ({ data }) => handleMessage(data);
      worker.onerror = (event) => (event.preventDefault(), handleError(new Error(event.message || "the worker could not be started")));
    },
    end: () => worker.terminate(),
  };
}

export { MultiwellError } from "./error.js";
export const { fit, evaluate, landscape, describe, exportModel, close } = createFunctions({ load, spawn, workers: navigator.hardwareConcurrency || 2 });
