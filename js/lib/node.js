// The package in Node: training runs in threads, which do not keep the program from ending when they have nothing to do.

import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

import { open } from "./client.js";

async function load() {
  return WebAssembly.compile(await readFile(new URL("../wasm/multiwell_js_bg.wasm", import.meta.url)));
}

function spawn() {
  const worker = new Worker(new URL("./worker-node.js", import.meta.url), { name: "multiwell" });
  return {
    post: (message, moved) => worker.postMessage(message, moved),
    listen: (hear, fail) => {
      worker.on("message", hear);
      worker.on("error", fail);
      worker.on("exit", () => fail(new Error("the thread has ended")));
    },
    end: () => void worker.terminate(),
    busy: (is) => (is ? worker.ref() : worker.unref()),
  };
}

export { MultiwellError } from "./error.js";
export const { fit, evaluate, landscape, describe, exportModel, close } = open({ load, spawn, workers: availableParallelism() });
