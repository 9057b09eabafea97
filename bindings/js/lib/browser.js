// Package in a browser. Training runs in module workers. Where workers are forbidden, it runs in the page, in slices.

import { createFunctions } from "./client.js";
import { adaptWorker, load } from "./platform.js";

const spawn = () => adaptWorker(new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "multiwell" }));

export { MultiwellError } from "./error.js";
export const { fit, evaluate, landscape, describe, exportModel, close } = createFunctions({ load, spawn, workers: navigator.hardwareConcurrency || 2 });
