// A worker of an ensemble. It loads the page's own module, which trains curves, or, for `?systems` and `?materials`, the
// module that trains these.

const modules = { "?systems": "./multiwell_systems.js", "?materials": "./multiwell_materials.js" };
const module = modules[self.location.search] ?? "./multiwell_web.js";

try {
  const { default: init, start_member } = await import(module);
  await init();
  start_member();
} catch (error) {
  postMessage(`the training module could not be loaded: ${error.message ?? error}. Reloading the page may help`);
}
