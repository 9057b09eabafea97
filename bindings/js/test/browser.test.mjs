// The package in plain pages of a browser: its bits are those of Node and of the page that comes with it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { fit } from "multiwell";

import { Window } from "./browser.mjs";

const site = process.env.MULTIWELL_SITE;
const x = Array.from({ length: 120 }, (_, k) => k / 30 - 2);
const y = x.map((x) => (x * x - 1) ** 2 + 0.3 * x);
let window;

before(async () => {
  window = await Window.open();
});
after(() => window.close());

test("fits in a page without a bundler run in a worker and have the bits of Node", async () => {
  await window.goto(`${site}page.html`);
  assert.equal(await window.until("window.model?.text"), (await fit({ x, y }, { modes: 4, hidden: 6, epochs: 800, seed: 5 })).text);
  assert.equal(await window.run("return document.getElementById('said').textContent"), "2 wells");
  assert.equal(await window.run("return window.hasWorker"), true);
  const taken = await window.run(`
    const control = new AbortController();
    const endless = multiwell.fit({ x: [0, 1, 2, 3], y: [0, 1, 1, 0] }, { epochs: 1e9, recipe: "paper" }, { signal: control.signal });
    await new Promise((done) => setTimeout(done, 300));
    const begun = performance.now();
    control.abort();
    return endless.then(() => "ended", (error) => error.name === "AbortError" && performance.now() - begun);`);
  assert.ok(typeof taken === "number" && taken < 200, `${taken}`);
});

test("fits without workers leave the page responsive", async () => {
  await window.goto(`${site}no-workers.html`);
  assert.equal(await window.until("window.model?.text"), (await fit({ x, y }, { modes: 4, hidden: 6, epochs: 800, seed: 5 })).text);
  assert.equal(await window.run("return window.hasWorker"), null);
  const [turns, taken] = await window.run(`
    const control = new AbortController();
    const endless = multiwell.fit({ x: [0, 1, 2, 3], y: [0, 1, 1, 0] }, { epochs: 1e9, recipe: "paper" }, { signal: control.signal });
    const begun = performance.now();
    let turns = 0;
    for (; performance.now() < begun + 1000; turns++) await new Promise((done) => setTimeout(done, 0));
    const asked = performance.now();
    control.abort();
    const given = await endless.then(() => "ended", (error) => error.name === "AbortError" && performance.now() - asked);
    return [turns, given, await multiwell.fit({ x: [0, 1, 2], y: [0, 1, 0] }, { epochs: 50, modes: 1 })];`);
  // Its turn comes many times in a second, however busy the machine is with other things; how fast a fit ends is for a benchmark.
  assert.ok(turns >= 5 && typeof taken === "number", `${turns}, ${taken}`);
});

test("fits have the bits of the packaged page", async () => {
  await window.devtools("Page.addScriptToEvaluateOnNewDocument", {
    source: "window.saved = []; const make = URL.createObjectURL; URL.createObjectURL = (blob) => (window.saved.push(blob), make.call(URL, blob));",
  });
  await window.goto(`${site}node_modules/multiwell/playground/index.html#recipe=paper&benchmark=double-well&epochs=1500&modes=4&seed=7`);
  await window.until("document.body.dataset.state === 'finished' && document.body.dataset.shown?.endsWith('finished')");
  await window.run("document.querySelector('#export').open = true; document.querySelector('#export-model').click()");
  await window.until("window.saved.length");
  const [ofPage, own] = [
    await window.run("return window.saved[0].text()"),
    (await fit({ benchmark: "double-well" }, { recipe: "paper", epochs: 1500, modes: 4, seed: 7 })).text,
  ];
  assert.deepEqual(JSON.parse(own).params, JSON.parse(ofPage).params);
  assert.equal(own, ofPage);
});

test("the element is defined by its import, and shows the page", async () => {
  await window.goto(`${site}element.html`);
  assert.equal(await window.until("window.element"), "MultiwellPlayground");
  await window.frame(await window.until("document.querySelector('multiwell-playground').shadowRoot?.querySelector('iframe')"));
  await window.until("document.querySelector('#benchmark').value === 'double-well'");
  await window.frame();
});
