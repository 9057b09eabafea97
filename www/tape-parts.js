// What the tape (`tape.js`) is made with: elements, numbers in words, the text of the model file, and the worker that computes.

/// An element with properties or attributes, and what is in it.
export const make = (name, properties = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element && !key.startsWith("aria")) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
};

/// The text of the model file of the fit as it is now.
export async function model() {
  const { model_file } = await import("./multiwell_web.js");
  const words = "There is no fit yet, or it could not be read; train first, and open the tape again.";
  return Promise.race([model_file(), new Promise((_, failed) => setTimeout(() => failed(words), 15000))]);
}

let worker;
let asked = 0;
const waiting = new Map();

/// Asks the worker.
export function ask(call, given) {
  if (!worker) {
    worker = new Worker("tape-worker.js", { type: "module" });
    worker.onmessage = ({ data: [number, answer, sentence] }) => {
      const { done, failed } = waiting.get(number);
      waiting.delete(number);
      if (sentence) failed(sentence);
      else done(answer);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      for (const { failed } of waiting.values()) failed("The script that shows the tape could not be loaded; check the connection and open it again.");
      end();
    };
  }
  asked += 1;
  const number = asked;
  return new Promise((done, failed) => {
    waiting.set(number, { done, failed });
    worker.postMessage([number, call, given]);
  });
}

/// Ends the worker.
export function end() {
  worker?.terminate();
  worker = undefined;
  for (const { failed } of waiting.values()) failed("The tape was closed.");
  waiting.clear();
}

/// A number as people write it, to some digits.
export function written(x, digits = 7) {
  if (x === null || !Number.isFinite(x)) return "—";
  const size = Math.abs(x);
  const text = size !== 0 && (size < 1e-4 || size >= 1e6) ? x.toExponential(digits - 2) : x.toPrecision(digits);
  return text.replace(/(\.\d*?)0+(e|$)/, "$1$2").replace(/\.(e|$)/, "$1").replace("e+", "e").replaceAll("-", "−");
}

/// Its size alone.
export const roughly = (x) => (x === 0 ? "0" : x === null ? "—" : x.toExponential(0).replaceAll("-", "−").replace("e+", "e"));
/// So many of something.
export const counted = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

/// Elements with blanks between them.
export const spaced = (elements) => elements.flatMap((element, k) => (k === 0 ? [element] : [" ", element]));

/// Milliseconds as microseconds.
export const micro = (milliseconds) => written(milliseconds * 1000, 3);
