// State of one playground, shared with the kernel, and its training worker.

import { Pool } from "../lib/client.js";
import { chooseConstructor, encodeSettings } from "../lib/data.js";
import { readLandscape } from "../lib/landscape.js";
import { load, spawnText } from "../lib/platform.js";
import worker from "../lib/worker-text.js";
import { serve } from "./engine.js";

/** Time between two reports to the kernel in milliseconds. */
const REPORT_INTERVAL_MS = 250;

/** Converts numbers from the kernel: bytes, a list, or bytes in base64 in a page without a kernel. */
function readNumbers(value) {
  if (value === null || value === undefined || Array.isArray(value)) return value ?? undefined;
  if (typeof value === "string") return new Float64Array(Uint8Array.from(atob(value), (letter) => letter.charCodeAt(0)).buffer);
  const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(value) ? value : new DataView(value);
  return new Float64Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

/** Converts data of the kernel to the form of `fit`. */
function convertData(data) {
  const table = (value) => value && (value.data === undefined ? value : { data: readNumbers(value.data), columns: value.columns });
  const { x, y, gradient, forces, weights, samples, ...rest } = data;
  const found = { ...rest, x: table(x), gradient: table(gradient), forces: table(forces), samples: table(samples), y: readNumbers(y), weights: readNumbers(weights) };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined && value !== null));
}

export class Session {
  #pool = new Pool({ load, spawn: () => spawnText(worker), serve, workers: 1 });
  #listeners = new Set();
  #control = null;
  #reported = 0;
  #turn = 0;
  sight = { view: "", width: 640, height: 360, dark: false };
  pictures = null;
  defaults = {};
  progress = null;
  status = "loading";
  message = "";
  notes = [];
  /** Kind of the model. */
  kind = "potential";
  /** Names of the inputs and of the output. */
  names = ["x", "y"];

  constructor(model) {
    this.model = model;
    this.changed = {
      "change:data": () => this.show(),
      "change:settings": () => this.#settingsChanged(),
      "change:model": () => this.model.get("model") !== this.text && this.show(),
      "change:height": () => void this.setSight({ height: this.model.get("height") }),
      "change:_runs": () => void this.train(),
      "change:_stops": () => this.stop(),
    };
    for (const [name, action] of Object.entries(this.changed)) model.on(name, action);
    void this.show();
  }

  close() {
    for (const [name, action] of Object.entries(this.changed)) this.model.off(name, action);
    this.#control?.abort();
    this.#pool.close();
  }

  /** Calls `act` after every change. */
  subscribe(action) {
    this.#listeners.add(action);
    return () => this.#listeners.delete(action);
  }

  #update(change) {
    Object.assign(this, change);
    for (const action of this.#listeners) action();
  }

  get settings() {
    return this.model.get("settings") ?? {};
  }

  /** Value of the current fit at a point; `null` during training. */
  async valueAt(x) {
    if (this.isTraining || !this.fitted) return null;
    const found = await this.#pool.run("evaluate", { text: this.fitted, x: Float64Array.from(x), parts: [] }).catch(() => null);
    return found && found.values[0];
  }

  /** Text of the current model file. */
  get fitted() {
    return this.model.get("model") ?? "";
  }

  get metrics() {
    return this.model.get("metrics") ?? {};
  }

  get landscape() {
    const known = this.metrics.landscape;
    if (known) return readLandscape(known, { joint: this.metrics.density });
    return this.found ?? null;
  }

  /** Data of the fit, in the form that is shared with the kernel. */
  get data() {
    const data = this.model.get("data") ?? {};
    return Object.keys(data).length > 0 ? data : { benchmark: "double-well" };
  }

  get isTraining() {
    return this.status === "training";
  }

  /** Draws the data, and the fit if there is one. */
  async show() {
    this.#control?.abort();
    const turn = ++this.#turn;
    try {
      const [open, given] = chooseConstructor(convertData(this.data), encodeSettings(this.settings));
      const text = this.fitted;
      this.text = text;
      const { pictures, settings, notes, names } = await this.#pool.run("show", { open, given, text, sight: this.sight });
      const found = text ? await this.#survey(text, this.metrics) : null;
      const fittedSettings = text ? JSON.stringify(this.settings) : undefined;
      const { kind } = text ? await this.#pool.run("describe", { text }) : this;
      if (turn === this.#turn) this.#update({ pictures, names, kind, fittedSettings, defaults: settings, notes, found, status: text ? "fitted" : "ready", message: "", progress: null });
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
    this.#save({ status: this.status, message: this.message });
  }

  /** Landscape of a model, if its metrics do not contain it. */
  async #survey(text, metrics) {
    if (metrics.landscape) return null;
    const { survey, logZ, wells } = await this.#pool.run("landscape", { text });
    // The wells of a fit to samples have intervals; those of a file have none.
    const minima = metrics.minima?.at?.(-1);
    return readLandscape(survey, { logZ, minima: wells ? (Array.isArray(minima) ? minima : wells) : undefined });
  }

  /** Trains from the beginning. */
  async train() {
    this.#control?.abort();
    const control = new AbortController();
    const turn = ++this.#turn;
    this.#control = control;
    this.isEarly = false;
    this.#update({ status: "training", message: "", progress: null });
    this.#save({ status: "training", message: "" });
    try {
      const [open, given] = chooseConstructor(convertData(this.data), encodeSettings(this.settings));
      const found = await this.#pool.run("train", { open, given, sight: this.sight }, {
        signal: control.signal,
        onProgress: ({ pictures, ...progress }) => {
          this.#update({ pictures, progress });
          this.#report(progress);
          return this.isEarly;
        },
      });
      if (turn !== this.#turn) return;
      const { text, metrics, history, notes, pictures, settings, names, kind } = found;
      this.text = text;
      const surveyed = await this.#survey(text, metrics);
      this.#save({ model: text, metrics, notes, _history: history, progress: this.progress ?? {}, status: "fitted", message: "" });
      this.#update({ pictures, names, kind, defaults: settings, notes, found: surveyed, status: "fitted", fittedSettings: JSON.stringify(this.settings) });
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
      if (turn === this.#turn) this.#save({ status: this.status, message: this.message });
    } finally {
      if (this.#control === control) this.#control = null;
    }
  }

  /** Reads a table and shares its data. Discards the present fit. */
  async open(file) {
    this.#control?.abort();
    try {
      const data = await this.#pool.run("table", { name: file.name, text: await file.text() });
      this.#save({ model: "", metrics: {}, notes: [], _history: "", data });
    } catch (error) {
      this.#update({ message: error.message });
      this.#save({ message: error.message });
    }
  }

  /** Ends training early and keeps the present fit. */
  stop() {
    this.isEarly = true;
  }

  /** Changes a setting. A running training restarts. */
  set(name, value) {
    const settings = { ...this.settings };
    if (value === "") delete settings[name];
    else settings[name] = value;
    this.#save({ settings });
    this.#settingsChanged();
  }

  #settingsChanged() {
    const settings = JSON.stringify(this.settings);
    if (settings === this.knownSettings) return;
    this.knownSettings = settings;
    if (this.isTraining) void this.train();
    else if (this.fitted) this.#update({});
    else void this.show();
  }

  /** Whether settings have changed since the current fit. */
  get isOutdated() {
    return this.status === "fitted" && this.fittedSettings !== undefined && this.fittedSettings !== JSON.stringify(this.settings);
  }

  /** Draws the pictures in another size or view. */
  async setSight(sight) {
    Object.assign(this.sight, sight);
    if (this.isTraining) return this.#pool.control({ sight: { ...this.sight } });
    if (!this.pictures) return;
    const turn = this.#turn;
    const pictures = await this.#pool.run("draw", { sight: this.sight }).catch(() => null);
    if (pictures && turn === this.#turn && !this.isTraining) this.#update({ pictures });
  }

  #fail(error) {
    if (error?.name === "AbortError") return;
    this.#update({ status: "failed", message: error?.message ?? String(error), progress: null });
  }

  #report(progress) {
    const now = performance.now();
    if (now < this.#reported + REPORT_INTERVAL_MS) return;
    this.#reported = now;
    this.#save({ progress });
  }

  #save(traits) {
    for (const [name, value] of Object.entries(traits)) this.model.set(name, value);
    this.model.save_changes();
  }
}
