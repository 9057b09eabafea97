// Writes fits in other forms. The module is loaded when the worker starts; requests wait for it. The answer is [bytes, extension, title]; or [sentence] if
// the model has no such form; or a sentence alone if the module cannot be used, so that a new worker is needed.

const module = import("./multiwell_web.js").then(async (exports) => (await exports.default(), exports));
module.catch(() => {});

self.onmessage = async ({ data: [text, form, name, hessian, points] }) => {
  let exports;
  try {
    exports = await module;
  } catch {
    return postMessage("the module that writes exports could not be loaded; check the connection and try again");
  }
  try {
    const { bytes, extension, title } = exports.export_model(text, form, name, hessian, points);
    postMessage([bytes, extension, title], [bytes.buffer]);
  } catch (error) {
    postMessage(typeof error === "string" ? [error] : `the module that writes exports has a fault: ${error.message ?? error}`);
  }
};
