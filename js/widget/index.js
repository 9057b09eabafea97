// The notebook widget as a front-end module of anywidget: one file, with the compiled module and the worker inside. It needs no kernel: what it is given
// as `model` may be any object with `get`, `set`, `on`, `off` and `save_changes`.

import { Session } from "./session.js";
import { View } from "./view.js";

/** Sessions by the identity of their models, which views share, and how many views each has. */
const sessions = new Map();

function shared(model) {
  const id = model.get("_id") || {};
  const held = sessions.get(id) ?? { session: new Session(model), views: 0 };
  held.views += 1;
  sessions.set(id, held);
  return [held.session, () => (held.views -= 1) === 0 && (held.session.close(), sessions.delete(id))];
}

export default {
  /** Shows a playground inside `el`; returns what takes it away again. */
  render({ model, el }) {
    const [session, leave] = shared(model);
    const view = new View(el, session);
    return () => {
      view.close();
      leave();
    };
  },
};
