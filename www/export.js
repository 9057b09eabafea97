// Writes fits in other forms. The module is loaded when the worker starts; requests wait for it.

const module = import("./multiwell_exporter.js").then(async (exports) => (await exports.default(), exports));
module.catch(() => {});

self.onmessage = async ({ data: [text, form, name, hessian, points] }) => {
  try {
    const { export_model } = await module;
    const { bytes, extension, title } = export_model(text, form, name, hessian, points);
    postMessage([bytes, extension, title], [bytes.buffer]);
  } catch (error) {
    postMessage(typeof error === "string" ? error : `the module that writes exports could not be loaded: ${error.message ?? error}`);
  }
};
