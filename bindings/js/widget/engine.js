// Code around the compiled module for the widget. It keeps a fit after training, so that the widget can draw it in another size or view.

import { calls as common, readProgress, serve as served, train } from "../lib/engine.js";
import { Fit, read_table } from "../wasm/multiwell_js.js";

/** Current fit. */
let currentFit = null;

function replaceFit(fit) {
  currentFit?.free();
  currentFit = fit;
}

/** Pictures for a request `{ view, width, height, dark }`. */
const drawPictures = (sight, seconds) => currentFit && JSON.parse(currentFit.pictures(sight.view ?? "", sight.width, sight.height, sight.dark, seconds));

const calls = {
  ...common,

  /** Opens a fit, with its previous model if there is one, and draws it. */
  async show({ open, given, text, sight }) {
    replaceFit(Fit[open](...given, text || undefined));
    return { pictures: drawPictures(sight, 0), settings: JSON.parse(currentFit.settings()), notes: currentFit.remarks(), names: currentFit.names() };
  },

  /** Trains to the end. Every report has pictures. */
  async train({ open, given, sight }, report, control) {
    replaceFit(Fit[open](...given, undefined));
    control.sight ??= sight;
    const found = await train(currentFit, control, () => report({ pictures: drawPictures(control.sight, 1), ...readProgress(currentFit) }));
    return { ...found, pictures: drawPictures(control.sight, 0), settings: JSON.parse(currentFit.settings()), names: currentFit.names() };
  },

  /** Reads the data in the text of a table. */
  table({ name, text }) {
    return JSON.parse(read_table(name, text));
  },

  draw({ sight }) {
    return drawPictures(sight, 0);
  },
};

/** Returns a handler of messages; see `../lib/engine.js`. */
export const serve = (post) => served(post, calls);
