// The service worker: the network first, and where there is none the files of one build. From the second visit on, when the page has come to rest, all
// files of the build are fetched. They are kept only if each is the file that the list of the build names, by its digest; until then, and if one is not, the
// build that was kept before stays as it is.

// The list of a build: its id, and the SHA-256 digests of its files by their names. It is kept last, so that a build without it is not complete.
const LIST = "build.json";
const PREFIX = "multiwell-";
const TYPES = { html: "text/html", js: "text/javascript", css: "text/css", wasm: "application/wasm", json: "application/json" };

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// The complete build that was kept last, with its id.
async function kept() {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX)).reverse();
  for (const name of names) {
    const cache = await caches.open(name);
    if (await cache.match(LIST)) return { name, cache };
  }
  return null;
}

// The address under which a file is kept: the embedded page and the whole one are the same file, and what stands behind the question mark names no file.
function plain(address) {
  const url = new URL(address, self.location.href);
  url.search = url.hash = "";
  if (url.pathname.endsWith("/index.html")) url.pathname = url.pathname.slice(0, -"index.html".length);
  return url.href;
}

async function answer(request) {
  try {
    const response = await fetch(request);
    // A server that fails is no better than none.
    if (response.status < 500) return response;
    return (await keptAnswer(request)) ?? response;
  } catch (error) {
    const found = await keptAnswer(request);
    if (found) return found;
    throw error;
  }
}

async function keptAnswer(request) {
  return (await kept())?.cache.match(plain(request.url));
}

// The bytes of a response if it holds what its file should hold.
async function verified(response, file, digest) {
  const [extension] = file.split(".").slice(-1);
  const type = (response.headers.get("content-type") ?? "").split(";")[0].trim().toLowerCase();
  const hasType = !(extension in TYPES) || type === TYPES[extension] || (extension === "js" && type === "application/javascript");
  if (response.status !== 200 || response.redirected || !hasType) return null;
  const bytes = await response.clone().arrayBuffer();
  if (digest === undefined) return bytes;
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...found].map((byte) => byte.toString(16).padStart(2, "0")).join("") === digest ? bytes : null;
}

// Fetches all files of the newest build, unless it is kept already.
async function keepAll() {
  const response = await fetch(LIST, { cache: "no-store" });
  const bytes = await verified(response, LIST);
  if (!bytes) return;
  const { id, files } = JSON.parse(new TextDecoder().decode(bytes));
  const name = PREFIX + id;
  if ((await kept())?.name === name) return;
  // The rest of an earlier attempt.
  await caches.delete(name);
  const cache = await caches.open(name);
  try {
    for (const [file, digest] of Object.entries(files)) {
      const found = await fetch(file, { cache: "no-cache" });
      if (!(await verified(found, file, digest))) throw new Error(`${file} is not of the build ${id}`);
      await cache.put(plain(file), found);
    }
    await cache.put(LIST, response);
  } catch (error) {
    await caches.delete(name);
    throw error;
  }
  const others = (await caches.keys()).filter((other) => other.startsWith("multiwell") && other !== name);
  await Promise.all(others.map((other) => caches.delete(other)));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const isOwn = new URL(request.url).origin === self.location.origin;
  if (request.method === "GET" && isOwn && !request.headers.has("range")) event.respondWith(answer(request));
});

// One attempt at a time: messages come from every page that is open.
let attempt = null;

self.addEventListener("message", (event) => {
  if (event.data !== "fetch all") return;
  attempt ??= keepAll()
    .catch((error) => console.warn(`The build was not kept: ${error.message}`))
    .finally(() => {
      attempt = null;
    });
  event.waitUntil(attempt);
});
