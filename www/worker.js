// The training worker. The page's own module trains curves; the other one, loaded for `?systems`, trains everything.

// A lock that is held as long as this worker lives: the page waits for it, and so notices when the worker is gone.
await new Promise((held) => {
  if (!self.name || !navigator.locks) return held();
  navigator.locks.request(self.name, () => (held(), new Promise(() => {}))).catch(held);
});

const module = self.location.search === "?systems" ? "./multiwell_systems.js" : "./multiwell_web.js";

try {
  const { default: init, start_worker } = await import(module);
  await init();
  start_worker();
} catch (error) {
  postMessage(`the training module could not be loaded: ${error.message ?? error}. Reloading the page may help`);
}
