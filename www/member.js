// A worker of an ensemble. The page's own module trains curves; the other one, loaded for `?systems`, trains everything.

const module = self.location.search === "?systems" ? "./multiwell_systems.js" : "./multiwell_web.js";

try {
  const { default: init, start_member } = await import(module);
  await init();
  start_member();
} catch (error) {
  postMessage(`the training module could not be loaded: ${error.message ?? error}. Reloading the page may help`);
}
