// The service worker: the network first, and what it gave last where there is none. Whatever was used once works without a connection; from the second
// visit on, when the page has come to rest, all of it is fetched.

const CACHE = "multiwell";
const ALL = ["./", "boot.js", "keep.js", "pace.js", "table.js", "zoom.js", "guide.js", "style.css", "worker.js", "member.js", "helper.js", "export.js", "compare.js", "comparing.js", "tape.js", "tape-parts.js", "tape-plan.js", "tape-worker.js", "tape.css"].concat(
  ["web", "systems", "materials", "exporter", "comparer", "tape"].flatMap((name) => [`multiwell_${name}.js`, `multiwell_${name}_bg.wasm`]),
);

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function answer(request) {
  // The embedded page and the whole one are the same file.
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone()).catch(() => {});
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const isOwn = new URL(request.url).origin === self.location.origin;
  if (request.method === "GET" && isOwn && !request.headers.has("range")) event.respondWith(answer(request));
});

self.addEventListener("message", (event) => {
  if (event.data !== "fetch all") return;
  event.waitUntil(
    caches.open(CACHE).then(async (cache) => {
      for (const file of ALL) if (!(await cache.match(file, { ignoreSearch: true }))) await cache.add(file).catch(() => {});
    }),
  );
});
