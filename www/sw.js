// Service worker. It uses the network first; without a network, it uses the stored files of one build. From the second visit on, it fetches all files of the
// build when the page is idle. It stores them only if the digest of each file matches the list of the build. Until then, and if a digest does not match, the
// previously stored build stays unchanged.

// File with the list of a build: its id, and the SHA-256 digests of its files by their names. It is stored last, so a stored build without it is incomplete.
const BUILD_LIST = "build.json";
const CACHE_PREFIX = "multiwell-";
const MEDIA_TYPES = { html: "text/html", js: "text/javascript", css: "text/css", wasm: "application/wasm", json: "application/json" };

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// Complete build that was stored last, with its name.
async function findStoredBuild() {
  const names = (await caches.keys()).filter((name) => name.startsWith(CACHE_PREFIX)).reverse();
  for (const name of names) {
    const cache = await caches.open(name);
    if (await cache.match(BUILD_LIST)) return { name, cache };
  }
  return null;
}

// Address under which a file is stored, without query and fragment. The embedded page and the whole page are the same file.
function cacheKey(address) {
  const url = new URL(address, self.location.href);
  url.search = url.hash = "";
  if (url.pathname.endsWith("/index.html")) url.pathname = url.pathname.slice(0, -"index.html".length);
  return url.href;
}

async function respond(request) {
  try {
    const response = await fetch(request);
    // A stored file is better than the error of a failing server.
    if (response.status < 500) return response;
    return (await findStoredResponse(request)) ?? response;
  } catch (error) {
    const found = await findStoredResponse(request);
    if (found) return found;
    throw error;
  }
}

async function findStoredResponse(request) {
  return (await findStoredBuild())?.cache.match(cacheKey(request.url));
}

// Bytes of a response if it matches the digest of its file, or null.
async function readVerified(response, file, digest) {
  const [extension] = file.split(".").slice(-1);
  const type = (response.headers.get("content-type") ?? "").split(";")[0].trim().toLowerCase();
  const hasType = !(extension in MEDIA_TYPES) || type === MEDIA_TYPES[extension] || (extension === "js" && type === "application/javascript");
  if (response.status !== 200 || response.redirected || !hasType) return null;
  const bytes = await response.clone().arrayBuffer();
  if (digest === undefined) return bytes;
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...found].map((byte) => byte.toString(16).padStart(2, "0")).join("") === digest ? bytes : null;
}

// Fetches all files of the newest build, unless it is already stored.
async function storeBuild() {
  const response = await fetch(BUILD_LIST, { cache: "no-store" });
  const bytes = await readVerified(response, BUILD_LIST);
  if (!bytes) return;
  const { id, files } = JSON.parse(new TextDecoder().decode(bytes));
  const name = CACHE_PREFIX + id;
  if ((await findStoredBuild())?.name === name) return;
  // The remains of an earlier attempt are deleted.
  await caches.delete(name);
  const cache = await caches.open(name);
  try {
    for (const [file, digest] of Object.entries(files)) {
      const found = await fetch(file, { cache: "no-cache" });
      if (!(await readVerified(found, file, digest))) throw new Error(`${file} is not of the build ${id}`);
      await cache.put(cacheKey(file), found);
    }
    await cache.put(BUILD_LIST, response);
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
  if (request.method === "GET" && isOwn && !request.headers.has("range")) event.respondWith(respond(request));
});

// One attempt at a time, because every open page sends messages.
let pendingBuild = null;

self.addEventListener("message", (event) => {
  if (event.data !== "fetch all") return;
  pendingBuild ??= storeBuild()
    .catch((error) => console.warn(`The build was not kept: ${error.message}`))
    .finally(() => {
      pendingBuild = null;
    });
  event.waitUntil(pendingBuild);
});
