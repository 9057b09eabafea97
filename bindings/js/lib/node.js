// Package in Node. Training runs in threads. Idle threads do not prevent the program from ending.

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

import { createFunctions } from "./client.js";
import { load } from "./platform.js";

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
