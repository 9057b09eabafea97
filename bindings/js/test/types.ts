// Compiled and not run: what the types allow, and what they promise.

import { close, describe, evaluate, exportModel, fit, landscape, MultiwellError, type Evaluation, type Fit, type Landscape, type Settings } from "multiwell";
import { fit as inlinedFit } from "multiwell/inlined";
import { defined } from "multiwell/playground";

const settings: Settings = { modes: 4, hidden: [10, 10], recipe: "paper", holdOut: 0.2, "stop-loss": 1e-6, uncertainty: true };
const model: Fit = await fit({ x: [[1, 2], [3, 4]], y: new Float32Array(2), names: ["a", "b"] }, settings, {
  onProgress: ({ done, all }) => done > all / 2,
  signal: AbortSignal.timeout(1000),
});
await fit({ x: { data: new Float64Array(4), columns: 2 }, forces: [[1, null], [0, NaN]], y: [1, 2] });
await fit({ samples: [1, 2, 3], weights: [1, 1, 2] });
await fit({ time: [0, 1], inputs: [[1, 2], [3, 4]], outputs: [[[1, 2], [3, 4]], [[5, 6], [7, 8]]] });
await fit({ benchmark: "double-well" });
await inlinedFit({ benchmark: "double-well" });
const found: Evaluation = await evaluate(model, [[1, 2]], { gradient: true });
const slopes: Float64Array | undefined = found.gradient;
const answer: Float64Array = (await evaluate(model.text, { time: [0, 1], inputs: [[1, 2]] })).outputs;
const surveyed: Landscape = await landscape(model);
const barrier: number | null | undefined = surveyed.wells[0]?.barrier;
const code: string = await exportModel(model, "c", { fast: true });
const graph: Uint8Array = await exportModel(model, "onnx");
const element: CustomElementConstructor = await defined;
const error: Error = new MultiwellError("a sentence");
close();
export { answer, barrier, code, describe, element, error, graph, slopes };
