// Fits of every kind of data, evaluated, surveyed and exported.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";

import { MultiwellError, describe, evaluate, exportModel, fit, landscape } from "multiwell";

const x = Array.from({ length: 80 }, (_, k) => k / 20 - 2);
const y = x.map((x) => (x * x - 1) ** 2 + 0.3 * x);
const quick = { modes: 3, hidden: 4, epochs: 400 };

/** Numbers between 0 and 1, always the same. */
function random(seed) {
  let state = seed;
  return () => ((state = Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** Asserts that a gradient is that of the values, by differences. */
async function isGradient(model, points) {
  const { gradient } = await evaluate(model, points, { gradient: true });
  const inputs = points[0].length;
  const step = 1e-5;
  for (let k = 0; k < inputs; k++) {
    const moved = (by) => points.map((point) => point.map((x, c) => (c === k ? x + by : x)));
    const [up, down] = await Promise.all([evaluate(model, moved(step)), evaluate(model, moved(-step))]);
    points.forEach((_, row) => {
      const slope = (up.values[row] - down.values[row]) / (2 * step);
      assert.ok(Math.abs(slope - gradient[row * inputs + k]) < 1e-5 * (1 + Math.abs(slope)), `${slope} and ${gradient[row * inputs + k]}`);
    });
  }
}

test("the program of the README runs word for word, in five lines", async () => {
  const readme = await readFile("node_modules/multiwell/README.md", "utf8");
  const [, program] = readme.match(/```js\n(.*?)```/s);
  assert.equal(program.trim().split("\n").length, 5);
  await writeFile("fit.mjs", program);
  const { stdout } = await promisify(execFile)(process.execPath, ["fit.mjs"]);
  const wells = [...stdout.matchAll(/a well at (\S+) with a barrier of (\S+)/g)].map(([, at, barrier]) => [Number(at), Number(barrier)]);
  assert.equal(wells.length, 2);
  assert.ok(Math.abs(wells[0][0] + 1.035) < 0.02 && Math.abs(wells[1][0] - 0.96) < 0.02, stdout);
  assert.ok(Math.abs(wells[0][1] - 1.33) < 0.05 && Math.abs(wells[1][1] - 0.73) < 0.05, stdout);
});

test("a potential is learnt from values, with its names", async () => {
  const model = await fit({ x, y, names: "r", target: "E" }, { ...quick, epochs: 3000 });
  assert.deepEqual([model.kind, model.inputs, model.outputs], ["potential", ["r"], ["E"]]);
  assert.ok(model.history.epoch.length > 1 && model.history.loss_low.at(-1) < model.history.loss_high[0]);
  assert.ok(model.metrics.rmse < 0.2 && Array.isArray(model.warnings));
  const found = await evaluate(model, [0, 0.5], { hessian: true, responsibilities: true, modes: true });
  assert.ok(Math.abs(found.values[0] - 1) < 0.3 && found.values instanceof Float64Array);
  assert.ok(Math.abs(found.responsibilities.slice(0, 3).reduce((a, b) => a + b) - 1) < 1e-9);
  assert.deepEqual([found.hessian.length, found.modes.length], [2, 6]);
  assert.deepEqual(await evaluate(model.text, Float64Array.of(0, 0.5)), await evaluate(model, [[0], [0.5]]));
  const { wells, saddles, threshold } = await landscape(model);
  assert.ok(wells.length === 2 && saddles.length >= 1 && threshold > 0 && wells.every((well) => well.isWell && well.barrier > threshold));
  assert.deepEqual((await landscape(model.text)).wells.length, 2);
  assert.equal(new Set(wells.flatMap((well) => well.modes)).size, 2, "each well has a mode of its own");
  assert.deepEqual(await describe(model.text), await describe(model));
  await isGradient(model, [[-1.2], [0.3], [5]]);
});

test("forces and derivatives of several inputs are learnt from, where they are known", async () => {
  const next = random(5);
  const points = Array.from({ length: 120 }, () => [3 * next() - 1.5, 2 * next() - 1]);
  const forces = points.map(([a, b], k) => [k % 9 === 0 ? null : -4 * a * (a * a - 1), -2 * b]);
  const model = await fit({ x: points, forces, names: ["a", "b"] }, { ...quick, epochs: 1500 });
  const { gradient } = await evaluate(model, [[1.2, 0]], { gradient: true });
  assert.ok(Math.abs(gradient[0] - 4 * 1.2 * 0.44) < 0.7, `${gradient}`);
  await isGradient(model, [[0.2, 0.1], [-1, 0.5]]);
  const same = { data: Float64Array.from(points.flat()), columns: 2 };
  const again = await fit({ x: same, forces, names: ["a", "b"] }, { ...quick, epochs: 1500 });
  assert.equal(again.text, model.text);
});

test("densities of one and of two quantities are learnt from samples", async () => {
  const next = random(9);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const one = Array.from({ length: 400 }, (_, k) => (k % 3 ? 1.5 + 0.6 * normal() : -1.5 + 0.5 * normal()));
  const density = await fit({ samples: one }, { modes: 3, epochs: 600 });
  assert.equal(density.kind, "density");
  const grid = Array.from({ length: 801 }, (_, k) => (k - 400) / 80);
  const { logDensity, values } = await evaluate(density, grid);
  const [low, high] = density.domain[0];
  const mass = logDensity.reduce((sum, log, k) => sum + (grid[k] >= low && grid[k] <= high ? Math.exp(log) / 80 : 0), 0);
  assert.ok(Math.abs(mass - 1) < 0.02 && values[7] === -logDensity[7], `${mass}`);
  const { minima } = await landscape(density);
  assert.equal(minima.length, 2);
  assert.ok(Math.abs(minima[0].population - 1 / 3) < 0.1 && minima[0].isCertain !== null);

  const two = one.map((x) => [x, normal()]);
  const joint = await fit({ samples: two, names: ["a", "b"] }, { ...quick, kT: 2.5 });
  assert.deepEqual([joint.kind, joint.kT], ["joint", 2.5]);
  const found = await evaluate(joint, [[1.5, 0]]);
  assert.ok(Math.abs(found.logDensity[0] + found.values[0] / 2.5) < 1e-12);
});

test("a material with memory is learnt from trajectories", async () => {
  const next = random(2);
  const time = Array.from({ length: 50 }, (_, k) => k / 49);
  const inputs = Array.from({ length: 10 }, () => {
    const [amplitude, phase] = [0.5 + next(), 3 * next()];
    return time.map((t) => amplitude * (Math.sin(9 * t + phase) - Math.sin(phase)));
  });
  const outputs = inputs.map((u) => {
    let slider = 0;
    return u.map((x, k) => (slider = Math.max(-0.3, Math.min(0.3, slider + x - (u[k - 1] ?? x)))) + 0.2 * x);
  });
  const model = await fit({ time, inputs, outputs }, { dynamics: "play", epochs: 1000 });
  assert.equal(model.kind, "material");
  const found = await evaluate(model, { time, inputs });
  assert.deepEqual([found.outputs.length, found.dissipation.length], [500, 490]);
  const squares = (numbers) => numbers.reduce((sum, number) => sum + number ** 2, 0);
  const errors = outputs.flat().map((output, k) => output - found.outputs[k]);
  assert.ok(squares(errors) < 0.4 * squares(outputs.flat()), `${squares(errors)} of ${squares(outputs.flat())}`);
  await assert.rejects(evaluate(model, { time, inputs: [[[1, 2]]] }), /inputs\[0\] must have 1 column, not 2/);
});

test("a fit leaves as code that gives its values", async () => {
  const model = await fit({ x, y }, quick);
  const code = await exportModel(model, "js", { name: "well" });
  await writeFile("well.mjs", code);
  const exported = await import(`${process.cwd()}/well.mjs`);
  const [name] = Object.keys(exported).filter((name) => /value/.test(name));
  const { values } = await evaluate(model, [0.4]);
  assert.ok(Math.abs(exported[name]([0.4]) - values[0]) < 1e-10, `${Object.keys(exported)}`);
  assert.match(await exportModel(model, "c"), /double/);
  assert.ok((await exportModel(model, "onnx", { float32: true })) instanceof Uint8Array);
  const isDifferentiable = async (options) => Buffer.from(await exportModel(model, "onnx", options)).includes("gradient");
  assert.deepEqual([await isDifferentiable({}), await isDifferentiable({ values: true })], [true, false]);
  for (const [to, option] of [["c", "values"], ["c", "float32"], ["js", "fast"], ["formula", "hessian"]])
    await assert.rejects(exportModel(model, to, { [option]: true }), new RegExp(`${option} has no effect on the form ${to}`));
  await assert.rejects(exportModel(model, "onnx", { values: true, hessian: true }), /choose one of them/);
  await assert.rejects(exportModel(model, "umat"), /or give its role on the command line or in Python/);
  await assert.rejects(exportModel(model, "cobol"), /exported to c, rust/);
});

test("a grid has a number of points for each input", async () => {
  const square = Array.from({ length: 64 }, (_, k) => [(k % 8) / 4 - 1, Math.floor(k / 8) / 4 - 1]);
  const surface = await fit({ x: square, y: square.map(([a, b]) => a * a + b * b) }, quick);
  const header = async (points) => (await exportModel(surface, "plumed", { points })).match(/(?<=SET nbins_.* )\d+/g);
  assert.deepEqual([await header(4), await header([4, 3])], [["4", "4"], ["4", "3"]]);
  await assert.rejects(header([4, 3, 2]), /by one number or by one for each/);
  const notes = [];
  await exportModel(surface, "plumed", { onNote: (note) => notes.push(note) });
  assert.match(notes.join(), /contain a constant/);
});

test("what cannot be learnt from is refused by a sentence", async () => {
  const refused = async (pattern, ...given) => assert.rejects(fit(...given), (error) => error instanceof MultiwellError && pattern.test(error.message));
  await refused(/give the data to learn from/, {});
  await refused(/give the data to learn from/, undefined);
  await refused(/no field epochs, only benchmark; settings are the second argument/, { benchmark: "double-well", epochs: 10 });
  await refused(/no field sigmas, only x, y/, { x, y, sigmas: y });
  await refused(/y must have 80 numbers, not 2/, { x, y: [1, 2] });
  await refused(/row 1 of x must have 2 numbers/, { x: [[1, 2], [3]], y: [1, 2] });
  await refused(/must hold numbers, not "a"/, { x: ["a", "b"], y: [1, 2] });
  await refused(/not a finite number/, { x: [1, NaN, 2], y: [1, 2, 3] });
  await refused(/no setting called mods/, { x, y }, { mods: 3 });
  await refused(/modes/, { x, y }, { modes: 0 });
  await refused(/has no effect/, { x, y }, { kT: 2 });
  await refused(/no benchmark called triple/, { benchmark: "triple" });
  await refused(/give weights or sigma/, { x, y, sigma: y, weights: y });
  await refused(/at least/, { samples: [1, 2] });
  await assert.rejects(evaluate("{}", [1]), /not a model file/);
  const model = await fit({ x, y }, quick);
  await assert.rejects(evaluate(model, [[1, 2]]), /points must have 1 column, not 2/);
  // The workers go on.
  assert.equal((await fit({ x, y }, quick)).text, model.text);
});
