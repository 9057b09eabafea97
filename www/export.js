// Writes fits in other forms. The module is loaded when the worker starts; requests wait for it. The answer has one of three forms: [bytes, extension, title];
// [sentence] if the model has no such form; or a sentence alone if the module cannot be used. In the last case, a new worker is needed.

const module = import("./multiwell_web.js").then(async (exports) => (await exports.default(), exports));
module.catch(() => {});

self.onmessage = async ({ data: [text, form, name, hessian, points] }) => {
  let exports;
  try {
    exports = await module;
  } catch {
    return postMessage("the export module could not be loaded; check the connection and try again");
  }
  try {
    const { bytes, extension, title } = exports.export_model(text, form, name, hessian, points);
    postMessage([bytes, extension, title], [bytes.buffer]);
  } catch (error) {
    postMessage(typeof error === "string" ? [error] : `the export module has an internal error: ${error.message ?? error}`);
  }
};
