// The training worker: a module entered by another door than the page. The page's own module trains curves, the other everything.

// Held as long as this worker lives: the page waits for it, and so notices an end that nobody tells it of.
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
  postMessage(`the training module could not be loaded: ${error.message ?? error}`);
}
