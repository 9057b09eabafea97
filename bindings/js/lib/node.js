// Package in Node. Training runs in threads. Idle threads do not prevent the program from ending.

import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

import { createFunctions } from "./client.js";

async function load() {
  return WebAssembly.compile(await readFile(new URL("../wasm/multiwell_js_bg.wasm", import.meta.url)));
}

function spawn() {
  const worker = new Worker(new URL("./worker-node.js", import.meta.url), { name: "multiwell" });
  return {
    post: (message, moved) => worker.postMessage(message, moved),
    listen: (handleMessage, handleError) => {
      worker.on("message", handleMessage);
      worker.on("error", handleError);
      worker.on("exit", () => handleError(new Error("the thread has ended")));
    },
    end: () => void worker.terminate(),
    setBusy: (isBusy) => (isBusy ? worker.ref() : worker.unref()),
  };
}

export { MultiwellError } from "./error.js";
export const { fit, evaluate, landscape, describe, exportModel, close } = createFunctions({ load, spawn, workers: availableParallelism() });
