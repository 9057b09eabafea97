// Parts that the platforms share: the compiled module, and workers of browsers.

/** Returns the compiled module. Its text is loaded on first use, and every bundler includes it. */
export async function load() {
  const { default: text } = await import("../wasm/module.js");
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}

/** Adapts a worker of a browser to the pool. `release` frees its resources. */
export function adaptWorker(worker, release = () => {}) {
  return {
    post: (message, moved) => worker.postMessage(message, moved),
    listen: (handleMessage, handleError) => {
      worker.onmessage = ({ data }) => handleMessage(data);
      worker.onerror = (event) => (event.preventDefault(), handleError(new Error(event.message || "the worker could not be started")));
    },
    end: () => (worker.terminate(), release()),
  };
}

/** Starts a worker from its text. If workers are forbidden or missing, this function throws, or the worker reports an error. */
export function spawnText(text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  return adaptWorker(new Worker(url, { name: "multiwell" }), () => URL.revokeObjectURL(url));
}
