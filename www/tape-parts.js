// Helpers of the tape (`tape.js`): elements, formatted numbers, the text of the model file, and the worker that computes.

/// Creates an element with properties or attributes, and children.
export const make = (name, properties = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element && !key.startsWith("aria")) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
};

/// Maximum time to wait for the model file in milliseconds.
const MODEL_TIMEOUT_MS = 15000;

/// Text of the model file of the present fit.
export async function readModelFile() {
  const { model_file } = await import("./multiwell_web.js");
  const words = "There is no fit yet, or it could not be read. Train first, and open the tape again.";
  return Promise.race([model_file(), new Promise((_, failed) => setTimeout(() => failed(words), MODEL_TIMEOUT_MS))]);
}

let worker;
let requestCount = 0;
const pendingRequests = new Map();

/// Sends a request to the worker.
export function sendRequest(call, given) {
  if (!worker) {
    worker = new Worker("tape-worker.js", { type: "module" });
    worker.onmessage = ({ data: [number, answer, sentence] }) => {
      const { done, failed } = pendingRequests.get(number);
      pendingRequests.delete(number);
      if (sentence) failed(sentence);
      else done(answer);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      for (const { failed } of pendingRequests.values()) failed("The tape script could not be loaded. Check the connection, and open the tape again.");
      endWorker();
    };
  }
  requestCount += 1;
  const number = requestCount;
  return new Promise((done, failed) => {
    pendingRequests.set(number, { done, failed });
    worker.postMessage([number, call, given]);
  });
}

/// Ends the worker.
export function endWorker() {
  worker?.terminate();
  worker = undefined;
  for (const { failed } of pendingRequests.values()) failed("The tape was closed.");
  pendingRequests.clear();
}

/// Formats a number with a given number of digits.
export function formatNumber(x, digits = 7) {
  if (x === null || !Number.isFinite(x)) return "—";
  const size = Math.abs(x);
  const text = size !== 0 && (size < 1e-4 || size >= 1e6) ? x.toExponential(digits - 2) : x.toPrecision(digits);
  return text.replace(/(\.\d*?)0+(e|$)/, "$1$2").replace(/\.(e|$)/, "$1").replace("e+", "e").replaceAll("-", "−");
}

/// Formats the order of magnitude of a number.
export const formatMagnitude = (x) => (x === 0 ? "0" : x === null ? "—" : x.toExponential(0).replaceAll("-", "−").replace("e+", "e"));
/// Formats a count with its noun.
export const formatCount = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

/// Joins elements with blanks between them.
export const insertBlanks = (elements) => elements.flatMap((element, k) => (k === 0 ? [element] : [" ", element]));

/// Formats milliseconds as microseconds.
export const formatMicroseconds = (milliseconds) => formatNumber(milliseconds * 1000, 3);
