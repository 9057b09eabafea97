// Worker of an ensemble. It loads the module of the page.

try {
  const { default: init, start_member } = await import("./multiwell_web.js");
  await init();
  start_member();
} catch (error) {
  postMessage(`the training module could not be loaded: ${error.message ?? error}. Reloading the page may help`);
}
