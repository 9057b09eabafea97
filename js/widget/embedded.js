// The compiled module and the worker out of this file.

import module from "./module.gz";
import worker from "./worker.txt";

/** The compiled module. */
export async function load() {
  const bytes = Uint8Array.from(atob(module), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}

/** A worker. A page whose policy forbids it throws here, or tells `fail`. */
export function spawn() {
  const url = URL.createObjectURL(new Blob([worker], { type: "text/javascript" }));
  const started = new Worker(url, { name: "multiwell" });
  return {
    post: (message, moved) => started.postMessage(message, moved),
    listen: (hear, fail) => {
      started.onmessage = ({ data }) => hear(data);
      started.onerror = (event) => (event.preventDefault(), fail(new Error(event.message || "the worker could not be started")));
    },
    end: () => (started.terminate(), URL.revokeObjectURL(url)),
  };
}

/** This thread in place of a worker. */
export { serve } from "./engine.js";
