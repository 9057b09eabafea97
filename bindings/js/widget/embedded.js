// Compiled module and worker, embedded in this file.

import module from "./module.gz";
import worker from "./worker.txt";

/** Returns the compiled module. */
export async function load() {
  const bytes = Uint8Array.from(atob(module), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}

/** Starts a worker. If the policy of a page forbids workers, this function throws or calls `handleError`. */
export function spawn() {
  const url = URL.createObjectURL(new Blob([worker], { type: "text/javascript" }));
  const started = new Worker(url, { name: "multiwell" });
  return {
    post: (message, moved) => started.postMessage(message, moved),
    listen: (handleMessage, handleError) => {
      started.onmessage = ({ data }) => handleMessage(data);
      started.onerror = (event) => (event.preventDefault(), handleError(new Error(event.message || "the worker could not be started")));
    },
    end: () => (started.terminate(), URL.revokeObjectURL(url)),
  };
}

/** Message handler on this thread in place of a worker. */
export { serve } from "./engine.js";
