// Training worker. It loads the module of the page.

// A lock held as long as this worker lives. The page waits for it, and so detects the end of the worker.
await new Promise((held) => {
  if (!self.name || !navigator.locks) return held();
  navigator.locks.request(self.name, () => (held(), new Promise(() => {}))).catch(held);
});

try {
  const { default: init, start_worker } = await import("./multiwell_web.js");
  await init();
  start_worker();
} catch (error) {
  postMessage(`the training module could not be loaded: ${error.message ?? error}. Reloading the page may help`);
}
