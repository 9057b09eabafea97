// What users call. Requests go to a few workers, each of which has one at a time.

import { givenSettings, matrix, openedBy, trajectoriesOf } from "./data.js";
import { MultiwellError } from "./error.js";
import { landscapeOf } from "./landscape.js";

/** Most workers that are kept. */
const MOST = 8;

/** Workers, each with at most one request; where there can be none, the same in this thread. */
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
    this.most = Math.max(1, Math.min(workers, MOST));
  }

  /** Carries out a request. `onProgress` is told how far it is, and stops it by a true answer; `signal` gives it up. */
  async run(call, given, { onProgress, signal } = {}) {
    signal?.throwIfAborted();
    if (this.#broken) throw this.#broken;
    const worker = await this.#worker(signal);
    worker.busy?.(true);
    try {
      signal?.throwIfAborted();
      return await this.#ask(worker, { call, given }, onProgress, signal);
    } finally {
      worker.busy?.(false);
      this.#release(worker);
    }
  }

  #ask(worker, request, onProgress, signal) {
    return new Promise((resolve, reject) => {
      const leave = (error) => {
        // What it is doing may take long, and is not wanted any more.
        this.#drop(worker);
        reject(error);
      };
      const abort = () => leave(signal.reason);
      const end = (settle) => (signal?.removeEventListener("abort", abort), settle());
      signal?.addEventListener("abort", abort, { once: true });
      worker.hear = (data) => {
        if (data.progress) {
          try {
            if (onProgress?.(data.progress)) worker.post({ control: { stop: "early" } });
          } catch (error) {
            end(() => leave(error));
          }
        } else if (data.error !== undefined) {
          const error = new MultiwellError(data.error);
          // A module must not be entered again after a fault, and this thread has no other.
          if (data.isFault && worker === this.#local) this.#broken = error;
          end(() => (data.isFault ? leave : reject)(error));
        } else {
          end(() => resolve(data.answer));
        }
      };
      worker.fail = (error) => end(() => leave(new MultiwellError(`the worker has ended: ${error.message}`)));
      worker.post(request);
    });
  }

  /** A worker without a request. */
  async #worker(signal) {
    if (this.#idle.length > 0) return this.#idle.pop();
    if (this.#local || this.#all.size >= this.most) return this.#turn(signal);
    const module = await (this.#module ??= this.#compiled());
    if (this.#idle.length > 0 || this.#local || this.#all.size >= this.most) return this.#worker(signal);
    const worker = await this.#start(module);
    return worker ?? this.#worker(signal);
  }

  /** Waits for a worker. */
  #turn(signal) {
    return new Promise((resolve, reject) => {
      const turn = { resolve: (worker) => (signal?.removeEventListener("abort", abort), resolve(worker)), reject };
      const abort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== turn);
        reject(signal.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.push(turn);
    });
  }

  async #compiled() {
    try {
      return await this.load();
    } catch (error) {
      this.#module = null;
      const simd = error instanceof WebAssembly.CompileError ? "; it needs WebAssembly with 128-bit SIMD, as Node 20 and browsers since 2023 have it" : "";
      throw new MultiwellError(`the module of multiwell could not be loaded: ${error.message}${simd}`);
    }
  }

  /** Starts a worker; `null` if there can be none, and this thread takes its place. */
  #start(module) {
    return new Promise((resolve, reject) => {
      let worker;
      const local = async () => {
        if (worker) this.#drop(worker, true);
        this.#local ??= await here(this.serve);
        this.#local.hear = ({ error }) => (error === undefined ? resolve(null) : reject(new MultiwellError(error)));
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
      worker.hear = ({ error }) => (error === undefined ? resolve(worker) : reject(new MultiwellError(error)));
      worker.fail = () => void local().catch(reject);
      worker.listen((data) => worker.hear(data), (error) => worker.fail(error));
      worker.post({ module });
    });
  }

  #release(worker) {
    if (!this.#all.has(worker)) return;
    worker.hear = () => {};
    worker.fail = () => this.#drop(worker);
    const next = this.#waiting.shift();
    if (next) next.resolve(worker);
    else this.#idle.push(worker);
  }

  /** Ends a worker, and starts another if requests wait for one. */
  #drop(worker, isSilent = false) {
    this.#all.delete(worker);
    this.#idle = this.#idle.filter((other) => other !== worker);
    worker.fail = () => {};
    worker.hear = () => {};
    worker.end();
    if (worker === this.#local) this.#local = null;
    const next = isSilent ? undefined : this.#waiting.shift();
    if (next) this.#worker().then(next.resolve, next.reject);
  }

  /** Changes what requests that are being carried out are told. */
  control(control) {
    for (const worker of this.#all) if (!this.#idle.includes(worker)) worker.post({ control });
  }

  /** Ends all workers. */
  close() {
    for (const worker of this.#all) this.#drop(worker, true);
  }
}

/** This thread in place of a worker. */
async function here(given) {
  const serve = given ?? (await import("./engine.js")).serve;
  const worker = { hear: () => {}, post: (data) => void hear({ data }), end: () => hear({ data: { control: { stop: "dropped" } } }) };
  const hear = serve((message) => queueMicrotask(() => worker.hear(message)));
  return worker;
}

/** The functions of the package, on workers that `spawn` starts and a module that `load` compiles. */
export function open(platform) {
  const pool = new Pool(platform);
  const textOf = (model) => (typeof model === "string" ? model : model.text);

  async function fit(data, settings = {}, { onProgress, signal, snapshots = false } = {}) {
    const [open, given] = openedBy(data, givenSettings(settings));
    const found = await pool.run("fit", { open, given, snapshots: Boolean(snapshots) }, { onProgress, signal });
    return { ...found, warnings: found.metrics.warnings ?? [], history: columns(found.history) };
  }

  async function evaluate(model, points, { gradient, hessian, responsibilities, modes, signal } = {}) {
    const text = textOf(model);
    const { kind, inputs, outputs, kT } = await describe(model, { signal });
    if (kind === "material") {
      const { rows, time, inputs: given } = trajectoriesOf(points, inputs.length);
      const found = await pool.run("respond", { text, rows, time, inputs: given }, { signal });
      const split = time.length * outputs.length;
      return { outputs: found.slice(0, split), dissipation: found.slice(split) };
    }
    const x = matrix(points, "points", inputs.length).numbers;
    const parts = Object.entries({ gradient, hessian, responsibilities, modes }).flatMap(([name, is]) => (is ? [name] : []));
    const found = await pool.run("evaluate", { text, x, parts }, { signal });
    if (kind !== "potential") found.logDensity = found.values.map((value) => -value / (kT ?? 1));
    return found;
  }

  async function landscape(model, { signal } = {}) {
    const known = typeof model === "string" ? undefined : model.metrics?.landscape;
    if (known) return landscapeOf(known, { joint: model.metrics.density });
    const { survey, logZ, wells } = await pool.run("landscape", { text: textOf(model) }, { signal });
    // The wells of a fit to samples have intervals, those of a file have none.
    const own = typeof model === "string" ? undefined : model.metrics?.minima?.at?.(-1);
    return landscapeOf(survey, { logZ, minima: wells ? (Array.isArray(own) ? own : wells) : undefined });
  }

  async function describe(model, { signal } = {}) {
    if (typeof model !== "string" && model.kind) {
      const { kind, inputs, outputs, domain, periodic, kT } = model;
      return { kind, inputs, outputs, domain, periodic, kT };
    }
    return pool.run("describe", { text: textOf(model) }, { signal });
  }

  async function exportModel(model, to, { name = "multiwell", hessian = false, fast = false, float32 = false, points = 100, signal } = {}) {
    const given = { text: textOf(model), to: String(to), name, hessian, fast, float32, points };
    const bytes = await pool.run("exportModel", given, { signal });
    return to === "onnx" || to === "npz" ? bytes : new TextDecoder().decode(bytes);
  }

  return { fit, evaluate, landscape, describe, exportModel, close: () => pool.close() };
}

/** The columns of a table as CSV: numbers, or texts where one names something. */
function columns(csv) {
  const [head, ...rows] = csv.trim().split("\n").map((line) => line.split(","));
  const column = (k) => {
    const numbers = rows.map((row) => (row[k] === "" ? NaN : Number(row[k])));
    return numbers.some((number, row) => Number.isNaN(number) && !["", "NaN"].includes(rows[row][k])) ? rows.map((row) => row[k]) : numbers;
  };
  return Object.fromEntries(head.map((name, k) => [name, column(k)]));
}
