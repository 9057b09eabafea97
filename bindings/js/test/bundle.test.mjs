// The inlined form of the package, bundled by esbuild into one file. The file runs away from the package, in Node and in a page.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { fit } from "multiwell";

import { Window } from "./browser.mjs";

const x = Array.from({ length: 120 }, (_, k) => k / 30 - 2);
const y = x.map((x) => (x * x - 1) ** 2 + 0.3 * x);
const settings = { modes: 4, hidden: 6, epochs: 800, seed: 5 };

/** Bundles the package. `flags` are those of a server or of a page. */
async function bundle(file, ...flags) {
  await writeFile("entry.mjs", `export { fit } from "multiwell/inlined";\n`);
  execFileSync(process.env.MULTIWELL_ESBUILD, ["entry.mjs", "--bundle", "--format=esm", "--log-level=warning", `--outfile=${file}`, ...flags]);
}

test("bundle for a server needs no file of the package", async () => {
  const file = join(await mkdtemp(join(tmpdir(), "multiwell-")), "server.mjs");
  await bundle(file, "--platform=node");
  const bundled = await import(pathToFileURL(file));
  assert.equal((await bundled.fit({ x, y }, settings)).text, (await fit({ x, y }, settings)).text);
});

test("bundle for a page trains in a worker", async () => {
  await bundle("page-bundle.mjs");
  const window = await Window.open();
  try {
    // The page counts messages of workers. It has a bundle in place of the package.
    await window.goto(`${process.env.MULTIWELL_SITE}page.html`);
    await window.until("window.model?.text");
    const text = await window.run(
      `window.hasWorker = false;
       const { fit } = await import("./page-bundle.mjs");
       return (await fit(...arguments)).text;`,
      { x, y },
      settings,
    );
    assert.equal(text, (await fit({ x, y }, settings)).text);
    assert.equal(await window.run("return window.hasWorker"), true);
  } finally {
    await window.close();
  }
});
