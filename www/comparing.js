// Fits the methods of a comparison, one after another. The module is loaded when the worker starts; requests wait for it. Whoever wants to stop it ends the
// worker.
//
// { open: { link, record, file } } is answered by { offers } or { refused }, { fit: [names], lines } by { part } while the first network is trained, { begun },
// and { fitting } and { fitted, news } for each method, then { ended }. `lines` are those of methods that a worker before this one has fitted. What cannot go
// on says { refused } with a sentence.

const module = import("./multiwell_web.js").then(async (exports) => (await exports.default(), exports));
module.catch(() => {});

let comparison;
let hasBegun = false;

async function open({ link, record, file }) {
  const { Comparison } = await module;
  const bytes = file ? new Uint8Array(await file.arrayBuffer()) : new Uint8Array();
  comparison = new Comparison(link, record, bytes);
  postMessage({ offers: JSON.parse(comparison.offers()) });
}

function fit(names, lines) {
  if (!hasBegun) {
    postMessage({ part: 0 });
    postMessage({ begun: JSON.parse(comparison.begin((part) => postMessage({ part }), lines)) });
    hasBegun = true;
  }
  for (const name of names) {
    postMessage({ fitting: name });
    postMessage({ fitted: name, news: JSON.parse(comparison.fit(name)) });
  }
  postMessage({ ended: true });
}

async function answer(data) {
  try {
    await module;
  } catch {
    return postMessage({ refused: "The module that compares could not be loaded; check the connection, and open this again." });
  }
  try {
    await (data.open ? open(data.open) : fit(data.fit, data.lines));
  } catch (error) {
    const fault = `The comparison has run into a fault of its own: ${error?.message ?? error}. The browser’s console says where.`;
    postMessage({ refused: typeof error === "string" ? error : fault });
  }
}

let last = Promise.resolve();
self.onmessage = ({ data }) => (last = last.then(() => answer(data)));
