// What runs beside the compiled module for the widget: a fit is kept after training, so that it can be drawn in another size or view.

import { calls as common, progress, serve as served, trained } from "../lib/engine.js";
import { Fit, read_table } from "../wasm/multiwell_js.js";

/** The fit that is shown. */
let kept = null;

function keep(fit) {
  kept?.free();
  kept = fit;
}

/** The pictures as they are asked for: `{ view, width, height, dark }`. */
const pictures = (sight, patience) => kept && JSON.parse(kept.pictures(sight.view ?? "", sight.width, sight.height, sight.dark, patience));

const calls = {
  ...common,

  /** Opens a fit, with the model that it had come to if there is one, and shows it. */
  async show({ open, given, text, sight }) {
    keep(Fit[open](...given, text || undefined));
    return { pictures: pictures(sight, 0), settings: JSON.parse(kept.settings()), notes: kept.remarks(), names: kept.names() };
  },

  /** Trains to the end; every report has pictures. */
  async train({ open, given, sight }, tell, control) {
    keep(Fit[open](...given, undefined));
    control.sight ??= sight;
    const found = await trained(kept, control, () => tell({ pictures: pictures(control.sight, 1), ...progress(kept) }));
    return { ...found, pictures: pictures(control.sight, 0), settings: JSON.parse(kept.settings()), names: kept.names() };
  },

  /** The data in the text of a table. */
  table({ name, text }) {
    return JSON.parse(read_table(name, text));
  },

  draw({ sight }) {
    return pictures(sight, 0);
  },
};

/** A handler of messages; see `../lib/engine.js`. */
export const serve = (post) => served(post, calls);
