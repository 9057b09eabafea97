// A worker of the page. It loads the module of the page and calls the function that is the query of its address.

// Messages that arrive before the module is loaded.
const early = [];
self.onmessage = (event) => early.push(event);

// A lock held as long as a worker with a name lives. The page waits for it, and so detects the end of the worker.
await new Promise((held) => {
  if (!self.name || !navigator.locks) return held();
  navigator.locks.request(self.name, () => (held(), new Promise(() => {}))).catch(held);
});

try {
  const module = await import("./multiwell_web.js");
  await module.default();
  module[location.search.slice(1)]();
  early.forEach(({ data }) => dispatchEvent(new MessageEvent("message", { data })));
} catch (error) {
  postMessage(`the module could not be loaded: ${error.message ?? error}. Reloading the page may help`);
}
