// A worker of an ensemble. It loads the page's own module, which trains curves, or, for `?systems`, the module that trains
// everything else.

const module = self.location.search === "?systems" ? "./multiwell_systems.js" : "./multiwell_web.js";

try {
  const { default: init, start_member } = await import(module);
  await init();
  start_member();
} catch (error) {
  postMessage(`the training module could not be loaded: ${error.message ?? error}. Reloading the page may help`);
}
