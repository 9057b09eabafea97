// A worker of an ensemble: a module entered by another door than the page. The page's own module trains curves, the other everything.

const module = self.location.search === "?systems" ? "./multiwell_systems.js" : "./multiwell_web.js";

try {
  const { default: init, start_member } = await import(module);
  await init();
  start_member();
} catch (error) {
  postMessage(`the training module could not be loaded: ${error.message ?? error}`);
}
