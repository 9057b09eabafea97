// Public functions of the package. They send requests to a few workers. Each worker processes one request at a time.

import { chooseConstructor, encodeSettings, readMatrix, readTrajectories } from "./data.js";
import { MultiwellError } from "./error.js";
import { readLandscape } from "./landscape.js";

/** Maximum number of workers. */
const MAX_WORKERS = 8;

/** Pool of workers. Each worker has at most one request. Where workers are unavailable, this thread takes their place. */
export class Pool {
  #idle = [];
  #all = new Set();
  #waiting = [];
  #module = null;
  #local = null;
  #broken = null;

  constructor({ load, spawn, serve, workers }) {
    this.load = load;
    this.spawn = spawn;
    this.serve = serve;
    this.maxWorkers = Math.max(1, Math.min(workers, MAX_WORKERS));
  }

  /** Executes a request. `onProgress` receives the progress and ends the request early if it returns a true value; `signal` cancels the request. */
  async run(call, given, { onProgress, signal } = {}) {
    signal?.throwIfAborted();
    if (this.#broken) throw this.#broken;
    const worker = await this.#acquireWorker(signal);
    worker.setBusy?.(true);
    try {
      signal?.throwIfAborted();
      return await this.#request(worker, { call, given }, onProgress, signal);
    } finally {
      worker.setBusy?.(false);
      this.#release(worker);
    }
  }

  #request(worker, request, onProgress, signal) {
    return new Promise((resolve, reject) => {
      const abandon = (error) => {
        // The present computation may take long, and its result is no longer needed.
        this.#endWorker(worker);
        reject(error);
      };
      const abort = () => abandon(signal.reason);
      const end = (settle) => (signal?.removeEventListener("abort", abort), settle());
      signal?.addEventListener("abort", abort, { once: true });
      worker.handleMessage = (data) => {
        if (data.progress) {
          try {
            if (onProgress?.(data.progress)) worker.post({ control: { stop: "early" } });
          } catch (error) {
            end(() => abandon(error));
          }
        } else if (data.error !== undefined) {
          const error = new MultiwellError(data.error);
          // A module cannot be used after a fault, and this thread has no other module.
          if (data.isFault && worker === this.#local) this.#broken = error;
          end(() => (data.isFault ? abandon : reject)(error));
        } else {
          end(() => resolve(data.answer));
        }
      };
      worker.handleError = (error) => end(() => abandon(new MultiwellError(`the worker has ended: ${error.message}`)));
      worker.post(request);
    });
  }

  /** Returns a worker without a request. */
  async #acquireWorker(signal) {
    if (this.#idle.length > 0) return this.#idle.pop();
    if (this.#local || this.#all.size >= this.maxWorkers) return this.#waitForWorker(signal);
    const module = await (this.#module ??= this.#compile());
    if (this.#idle.length > 0 || this.#local || this.#all.size >= this.maxWorkers) return this.#acquireWorker(signal);
    const worker = await this.#start(module);
    return worker ?? this.#acquireWorker(signal);
  }

  /** Waits for a worker. */
  #waitForWorker(signal) {
    return new Promise((resolve, reject) => {
      const waiter = { resolve: (worker) => (signal?.removeEventListener("abort", abort), resolve(worker)), reject };
      const abort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.push(waiter);
    });
  }

  async #compile() {
    try {
      return await this.load();
    } catch (error) {
      this.#module = null;
      const simd = error instanceof WebAssembly.CompileError ? "; it needs WebAssembly with 128-bit SIMD, as Node 20 and browsers since 2023 have it" : "";
      throw new MultiwellError(`the module of multiwell could not be loaded: ${error.message}${simd}`);
    }
  }

  /** Starts a worker. Returns `null` if workers are unavailable and this thread takes their place. */
  #start(module) {
    return new Promise((resolve, reject) => {
      let worker;
      const local = async () => {
        if (worker) this.#endWorker(worker, true);
        this.#local ??= await startLocal(this.serve);
        this.#local.handleMessage = ({ error }) => (error === undefined ? resolve(null) : reject(new MultiwellError(error)));
        if (this.#all.has(this.#local)) return resolve(null);
        this.#all.add(this.#local);
        this.#idle.push(this.#local);
        this.#local.post({ module });
      };
      try {
        worker = this.spawn();
      } catch {
        return void local().catch(reject);
      }
      this.#all.add(worker);
      worker.handleMessage = ({ error }) => (error === undefined ? resolve(worker) : reject(new MultiwellError(error)));
      worker.handleError = () => void local().catch(reject);
      worker.listen((data) => worker.handleMessage(data), (error) => worker.handleError(error));
      worker.post({ module });
    });
  }

  #release(worker) {
    if (!this.#all.has(worker)) return;
    worker.handleMessage = () => {};
    worker.handleError = () => this.#endWorker(worker);
    const next = this.#waiting.shift();
    if (next) next.resolve(worker);
    else this.#idle.push(worker);
  }

  /** Ends a worker. Starts another one if requests are waiting. */
  #endWorker(worker, isSilent = false) {
    this.#all.delete(worker);
    this.#idle = this.#idle.filter((other) => other !== worker);
    worker.handleError = () => {};
    worker.handleMessage = () => {};
    worker.end();
    if (worker === this.#local) this.#local = null;
    const next = isSilent ? undefined : this.#waiting.shift();
    if (next) this.#acquireWorker().then(next.resolve, next.reject);
  }

  /** Sends a control message to all workers with a request. */
  control(control) {
    for (const worker of this.#all) if (!this.#idle.includes(worker)) worker.post({ control });
  }

  /** Ends all workers. */
  close() {
    for (const worker of this.#all) this.#endWorker(worker, true);
  }
}

/** Runs requests on this thread in place of a worker. */
async function startLocal(given) {
  const serve = given ?? (await import("./engine.js")).serve;
  const worker = { handleMessage: () => {}, post: (data) => void receive({ data }), end: () => receive({ data: { control: { stop: "dropped" } } }) };
  const receive = serve((message) => queueMicrotask(() => worker.handleMessage(message)));
  return worker;
}

/** Returns the functions of the package. `spawn` starts their workers, and `load` compiles their module. */
export function createFunctions(platform) {
  const pool = new Pool(platform);
  const textOf = (model) => (typeof model === "string" ? model : model.text);

  async function fit(data, settings = {}, { onProgress, signal, snapshots = false } = {}) {
    const [open, given] = chooseConstructor(data, encodeSettings(settings));
    const found = await pool.run("fit", { open, given, snapshots: Boolean(snapshots) }, { onProgress, signal });
    return { ...found, warnings: found.metrics.warnings ?? [], history: parseColumns(found.history) };
  }

  async function evaluate(model, points, { gradient, hessian, responsibilities, modes, signal } = {}) {
    const text = textOf(model);
    const { kind, inputs, outputs, kT } = await describe(model, { signal });
    if (kind === "material") {
      const { rows, time, inputs: given } = readTrajectories(points, inputs.length);
      const found = await pool.run("respond", { text, rows, time, inputs: given }, { signal });
      const split = time.length * outputs.length;
      return { outputs: found.slice(0, split), dissipation: found.slice(split) };
    }
    const x = readMatrix(points, "points", inputs.length).numbers;
    const parts = Object.entries({ gradient, hessian, responsibilities, modes }).flatMap(([name, is]) => (is ? [name] : []));
    const found = await pool.run("evaluate", { text, x, parts }, { signal });
    if (kind !== "potential") found.logDensity = found.values.map((value) => -value / (kT ?? 1));
    return found;
  }

  async function landscape(model, { signal } = {}) {
    const known = typeof model === "string" ? undefined : model.metrics?.landscape;
    if (known) return readLandscape(known, { joint: model.metrics.density });
    const { survey, logZ, wells } = await pool.run("landscape", { text: textOf(model) }, { signal });
    // The wells of a fit to samples have intervals; those of a file have none.
    const own = typeof model === "string" ? undefined : model.metrics?.minima?.at?.(-1);
    return readLandscape(survey, { logZ, minima: wells ? (Array.isArray(own) ? own : wells) : undefined });
  }

  async function describe(model, { signal } = {}) {
    if (typeof model !== "string" && model.kind) {
      const { kind, inputs, outputs, domain, periodic, kT } = model;
      return { kind, inputs, outputs, domain, periodic, kT };
    }
    return pool.run("describe", { text: textOf(model) }, { signal });
  }

  async function exportModel(model, to, options = {}) {
    const { name = "multiwell", hessian = false, fast = false, float32 = false, values = false, points = [], onNote, signal } = options;
    if (values && hessian) throw new MultiwellError("values leaves all derivatives out, and hessian adds second ones; choose one of them");
    const order = values ? 0 : hessian ? 2 : 1;
    const given = { text: textOf(model), to: String(to), name, order, fast, float32, points: Uint32Array.from([points].flat()) };
    const { bytes, notes } = await pool.run("exportModel", given, { signal });
    notes.forEach((note) => onNote?.(note));
    return to === "onnx" || to === "npz" ? bytes : new TextDecoder().decode(bytes);
  }

  return { fit, evaluate, landscape, describe, exportModel, close: () => pool.close() };
}

/** Columns of a CSV table: numbers, or texts if a cell is not a number. */
function parseColumns(csv) {
  const [head, ...rows] = csv.trim().split("\n").map((line) => line.split(","));
  const column = (k) => {
    const numbers = rows.map((row) => (row[k] === "" ? NaN : Number(row[k])));
    return numbers.some((number, row) => Number.isNaN(number) && !["", "NaN"].includes(rows[row][k])) ? rows.map((row) => row[k]) : numbers;
  };
  return Object.fromEntries(head.map((name, k) => [name, column(k)]));
}
