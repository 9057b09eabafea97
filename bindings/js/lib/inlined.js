// Package without further files: the module and the worker are texts. Where workers are missing or forbidden, training runs on this thread, in slices.

import { createFunctions } from "./client.js";
import { load, spawnText } from "./platform.js";
import worker from "./worker-text.js";

const workers = globalThis.navigator?.hardwareConcurrency || 2;

export { MultiwellError } from "./error.js";
export const { fit, evaluate, landscape, describe, exportModel, close } = createFunctions({ load, spawn: () => spawnText(worker), workers });
