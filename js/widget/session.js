// One playground: the state that it shares with the kernel, and the worker that trains it.

import { Pool } from "../lib/client.js";
import { givenSettings, openedBy } from "../lib/data.js";
import { landscapeOf } from "../lib/landscape.js";
import { load, serve, spawn } from "./embedded.js";

/** Milliseconds between two reports to the kernel. */
const UPDATE = 250;

/** Numbers as the kernel sends them: bytes, a list, or bytes in base64 in a page without a kernel. */
function numbers(value) {
  if (value === null || value === undefined || Array.isArray(value)) return value ?? undefined;
  if (typeof value === "string") return new Float64Array(Uint8Array.from(atob(value), (letter) => letter.charCodeAt(0)).buffer);
  const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(value) ? value : new DataView(value);
  return new Float64Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

/** Data of the kernel as `fit` takes them. */
function revived(data) {
  const table = (value) => value && (value.data === undefined ? value : { data: numbers(value.data), columns: value.columns });
  const { x, y, gradient, forces, weights, samples, ...rest } = data;
  const found = { ...rest, x: table(x), gradient: table(gradient), forces: table(forces), samples: table(samples), y: numbers(y), weights: numbers(weights) };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined && value !== null));
}

export class Session {
  #pool = new Pool({ load, spawn, serve, workers: 1 });
  #listeners = new Set();
  #control = null;
  #reported = 0;
  #shown = 0;
  sight = { view: "", width: 640, height: 360, dark: false };
  pictures = null;
  defaults = {};
  progress = null;
  status = "loading";
  message = "";
  notes = [];
  /** What the model is of. */
  kind = "potential";
  /** Names of the inputs and of the output. */
  names = ["x", "y"];

  constructor(model) {
    this.model = model;
    this.changed = {
      "change:data": () => this.show(),
      "change:settings": () => this.#settingsChanged(),
      "change:model": () => this.model.get("model") !== this.text && this.show(),
      "change:height": () => void this.see({ height: this.model.get("height") }),
      "change:_runs": () => void this.train(),
      "change:_stops": () => this.stop(),
    };
    for (const [name, act] of Object.entries(this.changed)) model.on(name, act);
    void this.show();
  }

  close() {
    for (const [name, act] of Object.entries(this.changed)) this.model.off(name, act);
    this.#control?.abort();
    this.#pool.close();
  }

  /** Calls `act` whenever something has changed. */
  listen(act) {
    this.#listeners.add(act);
    return () => this.#listeners.delete(act);
  }

  #tell(change) {
    Object.assign(this, change);
    for (const act of this.#listeners) act();
  }

  get settings() {
    return this.model.get("settings") ?? {};
  }

  /** The value of the fit that is shown at a point; `null` while it is trained. */
  async valueAt(x) {
    if (this.isTraining || !this.fitted) return null;
    const found = await this.#pool.run("evaluate", { text: this.fitted, x: Float64Array.from(x), parts: [] }).catch(() => null);
    return found && found.values[0];
  }

  /** The text of the model file that is shown. */
  get fitted() {
    return this.model.get("model") ?? "";
  }

  get metrics() {
    return this.model.get("metrics") ?? {};
  }

  get landscape() {
    const known = this.metrics.landscape;
    if (known) return landscapeOf(known, { joint: this.metrics.density });
    return this.found ?? null;
  }

  /** What is learnt from, as it is shared. */
  get data() {
    const data = this.model.get("data") ?? {};
    return Object.keys(data).length > 0 ? data : { benchmark: "double-well" };
  }

  get isTraining() {
    return this.status === "training";
  }

  /** Shows data, and the fit if there is one. */
  async show() {
    this.#control?.abort();
    const turn = ++this.#shown;
    try {
      const [open, given] = openedBy(revived(this.data), givenSettings(this.settings));
      const text = this.fitted;
      this.text = text;
      const { pictures, settings, notes, names } = await this.#pool.run("show", { open, given, text, sight: this.sight });
      const found = text ? await this.#surveyed(text, this.metrics) : null;
      const fittedSettings = text ? JSON.stringify(this.settings) : undefined;
      const { kind } = text ? await this.#pool.run("describe", { text }) : this;
      if (turn === this.#shown) this.#tell({ pictures, names, kind, fittedSettings, defaults: settings, notes, found, status: text ? "fitted" : "ready", message: "", progress: null });
    } catch (error) {
      if (turn === this.#shown) this.#fail(error);
    }
    this.#save({ status: this.status, message: this.message });
  }

  /** The landscape of a model that is not among its numbers. */
  async #surveyed(text, metrics) {
    if (metrics.landscape) return null;
    const { survey, logZ, wells } = await this.#pool.run("landscape", { text });
    // The wells of a fit to samples have intervals, those of a file have none.
    const own = metrics.minima?.at?.(-1);
    return landscapeOf(survey, { logZ, minima: wells ? (Array.isArray(own) ? own : wells) : undefined });
  }

  /** Trains from the beginning. */
  async train() {
    this.#control?.abort();
    const control = new AbortController();
    const turn = ++this.#shown;
    this.#control = control;
    this.isEarly = false;
    this.#tell({ status: "training", message: "", progress: null });
    this.#save({ status: "training", message: "" });
    try {
      const [open, given] = openedBy(revived(this.data), givenSettings(this.settings));
      const found = await this.#pool.run("train", { open, given, sight: this.sight }, {
        signal: control.signal,
        onProgress: ({ pictures, ...progress }) => {
          this.#tell({ pictures, progress });
          this.#report(progress);
          return this.isEarly;
        },
      });
      if (turn !== this.#shown) return;
      const { text, metrics, history, notes, pictures, settings, names, kind } = found;
      this.text = text;
      const surveyed = await this.#surveyed(text, metrics);
      this.#save({ model: text, metrics, notes, _history: history, progress: this.progress ?? {}, status: "fitted", message: "" });
      this.#tell({ pictures, names, kind, defaults: settings, notes, found: surveyed, status: "fitted", fittedSettings: JSON.stringify(this.settings) });
    } catch (error) {
      if (turn === this.#shown) this.#fail(error);
      if (turn === this.#shown) this.#save({ status: this.status, message: this.message });
    } finally {
      if (this.#control === control) this.#control = null;
    }
  }

  /** Learns from a table. The fit so far is forgotten. */
  async open(file) {
    this.#control?.abort();
    try {
      const data = await this.#pool.run("table", { name: file.name, text: await file.text() });
      this.#save({ model: "", metrics: {}, notes: [], _history: "", data });
    } catch (error) {
      this.#tell({ message: error.message });
      this.#save({ message: error.message });
    }
  }

  /** Ends training early; the fit is what it has come to. */
  stop() {
    this.isEarly = true;
  }

  /** Changes a setting. Training begins again. */
  set(name, value) {
    const settings = { ...this.settings };
    if (value === "") delete settings[name];
    else settings[name] = value;
    this.#save({ settings });
    this.#settingsChanged();
  }

  #settingsChanged() {
    const settings = JSON.stringify(this.settings);
    if (settings === this.seen) return;
    this.seen = settings;
    if (this.isTraining) void this.train();
    else if (this.fitted) this.#tell({});
    else void this.show();
  }

  /** Whether settings were changed since the fit that is shown. */
  get isOutdated() {
    return this.status === "fitted" && this.fittedSettings !== undefined && this.fittedSettings !== JSON.stringify(this.settings);
  }

  /** Draws in another size or view. */
  async see(sight) {
    Object.assign(this.sight, sight);
    if (this.isTraining) return this.#pool.control({ sight: { ...this.sight } });
    if (!this.pictures) return;
    const turn = this.#shown;
    const pictures = await this.#pool.run("draw", { sight: this.sight }).catch(() => null);
    if (pictures && turn === this.#shown && !this.isTraining) this.#tell({ pictures });
  }

  #fail(error) {
    if (error?.name === "AbortError") return;
    this.#tell({ status: "failed", message: error?.message ?? String(error), progress: null });
  }

  #report(progress) {
    const now = performance.now();
    if (now < this.#reported + UPDATE) return;
    this.#reported = now;
    this.#save({ progress });
  }

  #save(traits) {
    for (const [name, value] of Object.entries(traits)) this.model.set(name, value);
    this.model.save_changes();
  }
}
