// The service worker without a browser: a network and caches in memory.

import assert from "node:assert/strict";
import { createHash, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";

const SOURCE = readFileSync(new URL("../../www/sw.js", import.meta.url), "utf8");
const HOME = "https://example.org/play/";
const TYPES = { html: "text/html", js: "text/javascript", wasm: "application/wasm", json: "application/json" };

const digest = (text) => createHash("sha256").update(text).digest("hex");

// The files of a build, with its list.
function build(id) {
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
function worker() {
  const listeners = {};
  const caches = new Caches();
  const world = { net: () => null };
  const fetch = async (of) => {
    const name = new URL(of.url ?? of, HOME).pathname.split("/").at(-1) || "index.html";
    const found = world.net(name);
    if (found === null) throw new TypeError("no connection");
    if (found instanceof Response) return found;
    return new Response(found, { headers: { "content-type": TYPES[name.split(".").at(-1)] } });
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
    cut: () => (world.net = () => null),
    keep: async () => {
      let done;
      listeners.message({ data: "fetch all", waitUntil: (promise) => (done = promise) });
      await done;
    },
    get: async (name) => {
      let answer;
      listeners.fetch({ request: { url: new URL(name, HOME).href, method: "GET", headers: new Headers() }, respondWith: (of) => (answer = of) });
      return (await answer).text();
    },
  };
}

const offline = async (page) => {
  page.cut();
  return Promise.all(["./", "index.html?embed=1", "boot.js", "multiwell_web_bg.wasm"].map((name) => page.get(name)));
};
const of = (id) => [`<p>${id}`, `<p>${id}`, `boot("${id}")`, `wasm ${id}`];

test("a build is kept whole and replaced whole", async () => {
  const page = worker();
  page.serve(build("a"));
  await page.keep();
  assert.deepEqual(await offline(page), of("a"));
  page.serve(build("b"));
  await page.keep();
  assert.deepEqual(await offline(page), of("b"));
  assert.deepEqual(await page.caches.keys(), ["multiwell-b"]);
});

test("a good copy stays where the new one is cut off, of another type, of another build or an error", async () => {
  for (const [name, change] of [
    ["boot.js", (text) => text.slice(0, 5)],
    ["boot.js", () => 'boot("c")'],
    ["boot.js", (text) => new Response(text, { headers: { "content-type": "text/html" } })],
    ["multiwell_web_bg.wasm", () => new Response("gone", { status: 404 })],
    ["multiwell_web_bg.wasm", () => null],
    ["build.json", () => "<html>log in"],
    ["build.json", () => new Response("{}", { status: 404 })],
  ]) {
    const page = worker();
    page.serve(build("a"));
    await page.keep();
    const files = build("b");
    files[name] = change(files[name]);
    page.serve(files);
    await page.keep();
    assert.deepEqual(await offline(page), of("a"), name);
    assert.deepEqual(await page.caches.keys(), ["multiwell-a"], name);
  }
});

test("nothing piles up and no answer of the network is kept by itself", async () => {
  const page = worker();
  page.serve(build("a"));
  await page.keep();
  const before = page.caches.all.get("multiwell-a").size;
  page.serve({ ...build("a"), "boot.js": "an answer of 200" });
  for (let k = 0; k < 20; k += 1) assert.equal(await page.get(`boot.js?${k}`), "an answer of 200");
  assert.equal(page.caches.all.get("multiwell-a").size, before);
  assert.deepEqual(await offline(page), of("a"));
  page.serve({ "boot.js": new Response("", { status: 503 }) });
  assert.equal(await page.get("boot.js"), 'boot("a")');
});

test("without a list nothing is kept and the network answers", async () => {
  const page = worker();
  page.serve({ "boot.js": "new" });
  await page.keep();
  assert.deepEqual([await page.get("boot.js"), await page.caches.keys()], ["new", []]);
});
