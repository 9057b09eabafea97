// How training behaves: bits, progress, an early end, giving up, side by side; and the types.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";

import * as multiwell from "multiwell";

const { fit, close } = multiwell;
const run = promisify(execFile);
const x = Array.from({ length: 120 }, (_, k) => k / 30 - 2);
const y = x.map((x) => (x * x - 1) ** 2 + 0.3 * x);
const HUGE = 1e9;

test("equal settings give equal bits, and another seed others, side by side", async () => {
  const seeds = [1, 2, 3, 1];
  const fits = await Promise.all(seeds.map((seed) => fit({ x, y }, { modes: 3, hidden: 5, epochs: 500, seed })));
  assert.equal(fits[0].text, fits[3].text);
  assert.equal(new Set(fits.map(({ text }) => text)).size, 3);
});

test("settings may be written as on the command line and in camel case", async () => {
  const base = { modes: 2, hidden: [4, 4], epochs: 200 };
  const written = [{ holdOut: 0.2 }, { hold_out: 0.2 }, { "hold-out": "0.2" }];
  const fits = await Promise.all(written.map((more) => fit({ x, y }, { ...base, ...more })));
  assert.equal(new Set(fits.map(({ text }) => text)).size, 1);
  assert.equal(fits[0].metrics.held_out.rows, 24);
});

test("progress is told, and ends training early", async () => {
  const told = [];
  const model = await fit({ x, y }, { epochs: HUGE, recipe: "paper" }, { onProgress: (now) => (told.push(now), now.done > 200), snapshots: true });
  assert.ok(told.length > 1 && told.at(-1).all === HUGE && model.metrics.epochs < HUGE);
  assert.equal(JSON.parse(told[0].model).format, JSON.parse(model.text).format);
  await assert.rejects(fit({ x, y }, { epochs: HUGE }, { onProgress: () => { throw new RangeError("mine"); } }), { name: "RangeError", message: "mine" });
});

test("a fit is given up at once, also while it waits or has not begun", async () => {
  const control = new AbortController();
  const many = Array.from({ length: 10 }, () => fit({ x, y }, { epochs: HUGE, recipe: "paper" }, { signal: control.signal }));
  await fitBegins();
  const begun = performance.now();
  setTimeout(() => control.abort(), 0);
  const ends = await Promise.allSettled(many);
  const taken = performance.now() - begun;
  assert.ok(ends.every(({ status, reason }) => status === "rejected" && reason.name === "AbortError"));
  assert.ok(taken < 200, `${taken} ms`);
  await assert.rejects(fit({ x, y }, {}, { signal: AbortSignal.abort() }), { name: "AbortError" });
  assert.equal((await fit({ x, y }, { epochs: 100, modes: 2 })).kind, "potential");
});

/** Waits until training has begun for certain. */
const fitBegins = () => new Promise((done) => setTimeout(done, 1000));

test("threads with nothing to do do not keep a program alive", async () => {
  await writeFile("ends.mjs", 'import { fit } from "multiwell";\nawait fit({ x: [1, 2, 3, 4], y: [1, 0, 0, 1] }, { epochs: 50, modes: 1 });\n');
  await run(process.execPath, ["ends.mjs"], { timeout: 20_000 });
  close();
  assert.equal((await fit({ x, y }, { epochs: 50, modes: 1 })).kind, "potential");
});

test("types hold under tsc --strict, and name what there is", async () => {
  const readme = await readFile("node_modules/multiwell/README.md", "utf8");
  await writeFile("readme.ts", readme.match(/```js\n(.*?)```/s)[1]);
  const flags = ["--strict", "--noEmit", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom"];
  const compiler = [process.env.MULTIWELL_TSC, ...flags];
  await run(process.execPath, [...compiler, "readme.ts", "types.ts"]).catch(({ stdout }) => assert.fail(stdout));
  const declared = await readFile("node_modules/multiwell/index.d.ts", "utf8");
  const names = [...declared.matchAll(/^export (?:function|class) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(new Set(names), new Set(Object.keys(multiwell)));
  const wrong = 'import { fit } from "multiwell";\nfit({ x: "1" });\nexport {};\n';
  await writeFile("wrong.ts", wrong);
  await assert.rejects(run(process.execPath, [...compiler, "wrong.ts"]), ({ stdout }) => /wrong\.ts\(2,/.test(stdout));
});
