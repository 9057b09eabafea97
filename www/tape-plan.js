// Parts of the tape about the compiled plan: its slots and steps, and the time by kernel.

import { make, makeSvg, makeTable } from "./elements.js";
import { formatCount, formatMicroseconds, insertBlanks, sendRequest } from "./tape-parts.js";

/// Shows the plan: its memory, a picture of its slots, and its steps. `isReverse` returns whether a node belongs to the reverse sweep. `reference` makes a
/// button that goes to a node.
export function showPlan(element, { extents: e, slots, steps }, isReverse, reference) {
  const sentence = `The value and its derivatives by all inputs and parameters, compiled: ${formatCount(steps.length, "step")} in ${formatCount(e.segments, "segment")} and ${e.passes === 1 ? "one pass" : `${e.passes} passes`} over the samples. A tile holds ${e.samples} samples, ${e.lanes} in a lane vector, in ${formatCount(e.rows, "row")} of slots, ${(e.bytes / 1024).toFixed(0)} KB; without shared slots the values would need ${e.rows_of_all.toLocaleString("en")} rows. ${formatCount(e.uniform, "number")} are the same for all samples, with ${formatCount(e.once, "operation")} that run once; sums over the samples are kept in ${formatCount(e.sums, "lane vector")}.`;
  const [width, height] = [900, 260];
  const [x, y] = [width / steps.length, height / e.rows];
  const bars = slots.map(({ node, first, rows, live_steps }) => {
    const place = { x: live_steps[0] * x, y: first * y, width: (live_steps[1] - live_steps[0] + 1) * x, height: rows * y };
    return makeSvg("rect", { ...place, class: isReverse(node) ? "reverse" : "forward" }, makeSvg("title", {}, `%${node}: slots ${first} to ${first + rows - 1}`));
  });
  const label = "Slots of the tile against steps of the plan: a bar for each value from the step that writes it to the last step that reads it. The table below contains the same data.";
  const svg = makeSvg("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label }, ...bars);
  const places = new Map(slots.map((slot) => [slot.node, slot]));
  const range = (id) => {
    const slot = places.get(id);
    return slot ? `${slot.first}${slot.rows > 1 ? `–${slot.first + slot.rows - 1}` : ""}` : "";
  };
  const body = steps.map((step, k) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, String(k + 1)),
      make("td", {}, step.kernel),
      make("td", {}, String(step.segment + 1)),
      make("td", {}, String(step.modes)),
      make("td", {}, ...(step.writes.length > 0 ? insertBlanks(step.writes.map(reference)) : ["output"])),
      make("td", {}, step.writes.map(range).filter(Boolean).join(", ") || "–"),
      make("td", {}, ...insertBlanks([...new Set(step.reads)].map(reference))),
    ),
  );
  const heads = ["step", "kernel", "segment", "modes", "writes", "slots", "reads"];
  element.replaceChildren(
    make("p", {}, sentence),
    make("figure", {}, svg, make("figcaption", { className: "note" }, "Rows of slots from top to bottom, steps from left to right. Each bar is the lifetime of a value. ", make("i", { className: "key forward", "aria-hidden": "true" }), "forward ", make("i", { className: "key reverse", "aria-hidden": "true" }), "reverse")),
    makeTable("Steps of the plan", "steps", heads, body),
  );
}

/// Shows the time by kernel, and a button that measures it. `done` is called after the measurement. `times` are milliseconds of each step and of the whole
/// plan.
export function showTimes(element, { extents: e, steps }, times, done) {
  const words = `Each step of the plan runs separately on a full tile of ${e.samples} points in single precision, in this browser, five times for at least 3 ms. The table contains the median. Concurrent training uses part of the processor.`;
  const button = make("button", { type: "button", id: "tape-measure" }, times ? "Measure again" : "Measure");
  const progress = make("span", { className: "note", role: "status", id: "tape-progress" });
  button.addEventListener("click", () => measureSteps(steps.length, done));
  const children = [make("p", {}, words), make("p", { className: "ways-on" }, button, " ", progress)];
  if (times) {
    const kernels = new Map();
    steps.forEach((step, k) => {
      const one = kernels.get(step.kernel) ?? { steps: 0, runs: 0, time: 0 };
      kernels.set(step.kernel, { steps: one.steps + 1, runs: one.runs + step.modes, time: one.time + times.steps[k] });
    });
    const sum = times.steps.reduce((a, b) => a + b, 0);
    const share = (time) => `${((100 * time) / times.whole).toFixed(1).replace("-", "−")} %`;
    const row = (name, { steps, runs, time }) =>
      make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, String(steps ?? "")), make("td", {}, String(runs ?? "")), make("td", { "data-value": String(time) }, formatMicroseconds(time)), make("td", {}, share(time)));
    const sorted = [...kernels].sort((a, b) => b[1].time - a[1].time);
    const body = sorted.map(([name, one]) => row(name, one));
    body.push(row("the rest: uniform operations, sums, copies", { time: times.whole - sum }), row("the whole plan", { steps: steps.length, time: times.whole }));
    children.push(
      makeTable("Time by kernel", "kernels", ["kernel", "steps", "runs", "µs a tile", "share"], body),
      make("p", { className: "note" }, `The whole plan takes ${formatMicroseconds(times.whole / e.samples)} µs a point, with all derivatives. A separate step finds its operands in the cache, and the measurement has noise, so the rest may be negative.`),
    );
  }
  element.replaceChildren(...children);
}

async function measureSteps(steps, done) {
  const button = document.getElementById("tape-measure");
  button.disabled = true;
  const progress = document.getElementById("tape-progress");
  try {
    const [measured, wholes] = [[], []];
    for (let k = 0; k < steps; k++) {
      if (k % 20 === 0) progress.textContent = `step ${k + 1} of ${steps}`;
      // The whole plan is timed between the steps, so that other load of the processor affects both in the same way.
      if (k % Math.ceil(steps / 9) === 0) wholes.push(await sendRequest("whole"));
      measured.push(await sendRequest("step", k));
    }
    wholes.sort((a, b) => a - b);
    done({ steps: measured, whole: wholes[Math.floor(wholes.length / 2)] });
  } catch (sentence) {
    progress.textContent = String(sentence.message ?? sentence);
    button.disabled = false;
  }
}
