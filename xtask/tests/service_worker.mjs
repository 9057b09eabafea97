// The service worker without a browser: a network and caches in memory.

import assert from "node:assert/strict";
import { createHash, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";

const SOURCE = readFileSync(new URL("../../www/sw.js", import.meta.url), "utf8");
const HOME = "https://example.org/play/";
const MEDIA_TYPES = { html: "text/html", js: "text/javascript", wasm: "application/wasm", json: "application/json" };

const digest = (text) => createHash("sha256").update(text).digest("hex");

// The files of a build, with its list.
function makeBuild(id) {
  const files = { "index.html": `<p>${id}`, "boot.js": `boot("${id}")`, "multiwell_web_bg.wasm": `wasm ${id}` };
  const digests = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, digest(text)]));
  return { ...files, "build.json": JSON.stringify({ id, files: digests }) };
}

class Caches {
  all = new Map();
  async open(name) {
    if (!this.all.has(name)) this.all.set(name, new Map());
    const entries = this.all.get(name);
    const key = (of) => new URL(of.url ?? of, HOME).href;
    return {
      match: async (of) => entries.get(key(of))?.clone(),
      put: async (of, response) => void entries.set(key(of), response),
    };
  }
  async keys() {
    return [...this.all.keys()];
  }
  async delete(name) {
    return this.all.delete(name);
  }
}

// A worker whose network answers by `net`, from the name of a file to a text or a response.
function startWorker() {
  const listeners = {};
  const caches = new Caches();
  const world = { net: () => null };
  const fetch = async (of) => {
    const name = new URL(of.url ?? of, HOME).pathname.split("/").at(-1) || "index.html";
    const found = world.net(name);
    if (found === null) throw new TypeError("no connection");
    if (found instanceof Response) return found;
    return new Response(found, { headers: { "content-type": MEDIA_TYPES[name.split(".").at(-1)] } });
  };
  const self = {
    location: new URL("sw.js", HOME),
    addEventListener: (name, listener) => (listeners[name] = listener),
    clients: { claim() {} },
    skipWaiting() {},
  };
  const context = { self, caches, fetch, crypto: webcrypto, URL, Response, TextDecoder, Uint8Array, JSON, console: { warn() {} } };
  vm.runInNewContext(SOURCE, context);
  return {
    caches,
    serve: (files) => (world.net = (name) => files[name] ?? new Response("", { status: 404 })),
    disconnect: () => (world.net = () => null),
    storeBuild: async () => {
      let done;
      listeners.message({ data: "fetch all", waitUntil: (promise) => (done = promise) });
      await done;
    },
    load: async (name) => {
      let answer;
      listeners.fetch({ request: { url: new URL(name, HOME).href, method: "GET", headers: new Headers() }, respondWith: (of) => (answer = of) });
      return (await answer).text();
    },
  };
}

const loadOffline = async (page) => {
  page.disconnect();
  return Promise.all(["./", "index.html?embed=1", "boot.js", "multiwell_web_bg.wasm"].map((name) => page.load(name)));
};
const expectedFiles = (id) => [`<p>${id}`, `<p>${id}`, `boot("${id}")`, `wasm ${id}`];

test("a complete build is stored and replaced as a whole", async () => {
  const page = startWorker();
  page.serve(makeBuild("a"));
  await page.storeBuild();
  assert.deepEqual(await loadOffline(page), expectedFiles("a"));
  page.serve(makeBuild("b"));
  await page.storeBuild();
  assert.deepEqual(await loadOffline(page), expectedFiles("b"));
  assert.deepEqual(await page.caches.keys(), ["multiwell-b"]);
});

test("the stored build stays unchanged if a new file is truncated, of another type, of another build or an error", async () => {
  for (const [name, change] of [
    ["boot.js", (text) => text.slice(0, 5)],
    ["boot.js", () => 'boot("c")'],
    ["boot.js", (text) => new Response(text, { headers: { "content-type": "text/html" } })],
    ["multiwell_web_bg.wasm", () => new Response("gone", { status: 404 })],
    ["multiwell_web_bg.wasm", () => null],
    ["build.json", () => "<html>log in"],
    ["build.json", () => new Response("{}", { status: 404 })],
  ]) {
    const page = startWorker();
    page.serve(makeBuild("a"));
    await page.storeBuild();
    const files = makeBuild("b");
    files[name] = change(files[name]);
    page.serve(files);
    await page.storeBuild();
    assert.deepEqual(await loadOffline(page), expectedFiles("a"), name);
    assert.deepEqual(await page.caches.keys(), ["multiwell-a"], name);
  }
});

test("responses of the network are not stored individually", async () => {
  const page = startWorker();
  page.serve(makeBuild("a"));
  await page.storeBuild();
  const before = page.caches.all.get("multiwell-a").size;
  page.serve({ ...makeBuild("a"), "boot.js": "an answer of 200" });
  for (let k = 0; k < 20; k += 1) assert.equal(await page.load(`boot.js?${k}`), "an answer of 200");
  assert.equal(page.caches.all.get("multiwell-a").size, before);
  assert.deepEqual(await loadOffline(page), expectedFiles("a"));
  page.serve({ "boot.js": new Response("", { status: 503 }) });
  assert.equal(await page.load("boot.js"), 'boot("a")');
});

test("nothing is stored without a list and the network responds", async () => {
  const page = startWorker();
  page.serve({ "boot.js": "new" });
  await page.storeBuild();
  assert.deepEqual([await page.load("boot.js"), await page.caches.keys()], ["new", []]);
});
