// Notebook widget as a front-end module of anywidget: one file, with the compiled module and the worker inside. It needs no kernel: `model` may be any object
// with `get`, `set`, `on`, `off` and `save_changes`.

import { Session } from "./session.js";
import { View } from "./view.js";

/** Sessions by the identity of their models, which views share, with the number of views of each. */
const sessions = new Map();

function acquireSession(model) {
  const id = model.get("_id") || {};
  const held = sessions.get(id) ?? { session: new Session(model), views: 0 };
  held.views += 1;
  sessions.set(id, held);
  return [held.session, () => (held.views -= 1) === 0 && (held.session.close(), sessions.delete(id))];
}

export default {
  /** Shows a playground inside `el`. Returns a function that removes it. */
  render({ model, el }) {
    const [session, releaseSession] = acquireSession(model);
    const view = new View(el, session);
    return () => {
      view.close();
      releaseSession();
    };
  },
};
