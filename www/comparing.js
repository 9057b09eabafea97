// Fits the methods of a comparison, one after another. The module is loaded when the worker starts; requests wait for it. To stop it, end the worker.
//
// The request { open: { link, record, file } } is answered by { offers } or { refused }. The request { fit: [names], lines } is answered by { progress } while
// the first network is trained, by { begun }, by { fitting } and { fitted, news } for each method, and then by { ended }. `lines` are the lines of methods that
// a previous worker has fitted. A fault is answered by { refused } with a sentence.

const module = import("./multiwell_web.js").then(async (exports) => (await exports.default(), exports));
module.catch(() => {});

let comparison;
let hasStarted = false;

async function open({ link, record, file }) {
  const { Comparison } = await module;
  const bytes = file ? new Uint8Array(await file.arrayBuffer()) : new Uint8Array();
  comparison = new Comparison(link, record, bytes);
  postMessage({ offers: JSON.parse(comparison.offers()) });
}

function fit(names, lines) {
  if (!hasStarted) {
    postMessage({ progress: 0 });
    postMessage({ begun: JSON.parse(comparison.begin((progress) => postMessage({ progress }), lines)) });
    hasStarted = true;
  }
  for (const name of names) {
    postMessage({ fitting: name });
    postMessage({ fitted: name, news: JSON.parse(comparison.fit(name)) });
  }
  postMessage({ ended: true });
}

async function handleRequest(data) {
  try {
    await module;
  } catch {
    return postMessage({ refused: "The comparison module could not be loaded. Check the connection, and open this again." });
  }
  try {
    await (data.open ? open(data.open) : fit(data.fit, data.lines));
  } catch (error) {
    const fault = `The comparison has an internal error: ${error?.message ?? error}. The browser’s console shows its source.`;
    postMessage({ refused: typeof error === "string" ? error : fault });
  }
}

let lastRequest = Promise.resolve();
self.onmessage = ({ data }) => (lastRequest = lastRequest.then(() => handleRequest(data)));
