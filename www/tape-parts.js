// Helpers of the tape (`tape.js`): formatted numbers, the text of the model file, and the worker that computes.

import { ScriptWorker, model_file } from "./multiwell_web.js";

/// Maximum time to wait for the model file in milliseconds.
const MODEL_TIMEOUT_MS = 15000;

/// Text of the model file of the present fit.
export async function readModelFile() {
  const words = "There is no fit yet, or it could not be read. Train first, and open the tape again.";
  return Promise.race([model_file(), new Promise((_, failed) => setTimeout(() => failed(words), MODEL_TIMEOUT_MS))]);
}

let worker;
const pendingRequests = [];

/// Sends a request to the worker. It answers them in order.
export function sendRequest(call, given = null) {
  worker ??= new ScriptWorker("start_tape", (answer, sentence) => (sentence ? endWorker(sentence) : pendingRequests.shift().done(answer)));
  worker.post({ [call]: given });
  return new Promise((done, failed) => pendingRequests.push({ done, failed }));
}

/// Ends the worker. Pending requests fail with a sentence.
export function endWorker(sentence = "The tape was closed.") {
  worker?.free();
  worker = undefined;
  for (const { failed } of pendingRequests.splice(0)) failed(sentence);
}

/// Formats a number with a given number of digits.
export function formatNumber(x, digits = 7) {
  if (x === null || !Number.isFinite(x)) return "–";
  const size = Math.abs(x);
  const text = size !== 0 && (size < 1e-4 || size >= 1e6) ? x.toExponential(digits - 2) : x.toPrecision(digits);
  return text.replace(/(\.\d*?)0+(e|$)/, "$1$2").replace(/\.(e|$)/, "$1").replace("e+", "e").replaceAll("-", "−");
}

/// Formats the order of magnitude of a number.
export const formatMagnitude = (x) => (x === 0 ? "0" : x === null ? "–" : x.toExponential(0).replaceAll("-", "−").replace("e+", "e"));
/// Formats a count with its noun.
export const formatCount = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

/// Joins elements with blanks between them.
export const insertBlanks = (elements) => elements.flatMap((element, k) => (k === 0 ? [element] : [" ", element]));

/// Formats milliseconds as microseconds.
export const formatMicroseconds = (milliseconds) => formatNumber(milliseconds * 1000, 3);
