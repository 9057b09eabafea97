// The training worker. It loads the page's own module, which trains curves, or, for `?systems` and `?materials`, the
// module that trains these.

// A lock held as long as this worker lives. The page waits for it, and so detects the end of the worker.
await new Promise((held) => {
  if (!self.name || !navigator.locks) return held();
  navigator.locks.request(self.name, () => (held(), new Promise(() => {}))).catch(held);
});

const modules = { "?systems": "./multiwell_systems.js", "?materials": "./multiwell_materials.js" };
const module = modules[self.location.search] ?? "./multiwell_web.js";

try {
  const { default: init, start_worker } = await import(module);
  await init();
  start_worker();
} catch (error) {
  postMessage(`the training module could not be loaded: ${error.message ?? error}. Reloading the page may help`);
}
