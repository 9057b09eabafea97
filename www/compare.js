// Compares the current fit with alternative methods. The page loads this script on demand; a worker computes the fits.
//
// The subject is the link, with the user's table from `keep.js` if there is one. Rows stay until another subject is opened.

import { make, makeSvg } from "./elements.js";
import { ScriptWorker } from "./multiwell_web.js";

const part = (id) => document.getElementById(`compare-${id}`);
const dialog = document.getElementById("compare-dialog");

/// State of the comparison: its key, the worker, the offered methods, the picture, and the results. The results are the values of each fit, the line of each
/// method in the worker's format, the table, and the sentences about it.
let comparison;
let clockTimer;

/// Link without the settings that affect views alone.
function linkWithoutViews() {
  const parts = location.hash.slice(1).split("&");
  return parts.filter((each) => !/^(view|panel)=|^knob-/.test(each)).join("&");
}

/// Opens the dialog for the current run. `given` returns the record that the page has stored for a run.
export function open(given) {
  const record = given(parseInt(document.body.dataset.shown)) ?? {};
  const key = JSON.stringify([linkWithoutViews(), record.table?.name, record.table?.text.length, record.file?.size]);
  if (comparison?.key !== key) startComparison(key, record);
  dialog.showModal();
  // A site without the book has no such page.
  const link = dialog.querySelector("a[href^=book]");
  if (link) fetch(link.href, { method: "HEAD" }).then(({ ok }) => ok || link.replaceWith(...link.childNodes), () => {});
  document.getElementById("compare-title").focus();
  if (comparison.table) showResults();
}

function setState(name, sentence) {
  dialog.dataset.state = name;
  if (sentence !== undefined) part("status").textContent = sentence;
  const isBusy = name === "busy";
  const isLeft = !isBusy && document.activeElement === part("stop");
  part("stop").hidden = !isBusy;
  part("start").hidden = isBusy;
  part("start").disabled = !["ready", "ended", "stopped"].includes(name) || pendingMethods().length === 0;
  for (const box of checkboxes()) box.disabled = isBusy || box.value === comparison.offers[0]?.name;
  clearInterval(clockTimer);
  part("clock").textContent = "";
  if (isBusy) clockTimer = setInterval(showClock, 200);
  if (isLeft) (part("start").disabled ? part("scores") : part("start")).focus();
}

/// Shows the seconds since the start of the method, and the progress of the training.
function showClock() {
  const { since, fraction, count, total } = comparison.progress;
  const done = fraction === undefined ? "" : `${Math.floor(100 * fraction)} %, `;
  part("clock").textContent = `${count} of ${total}: ${done}${Math.round((performance.now() - since) / 1000)} s`;
}

function startComparison(key, record) {
  comparison?.worker?.free();
  comparison = { key, record, offers: [], curves: new Map(), lines: new Map() };
  part("methods").hidden = part("result").hidden = true;
  part("what").textContent = "The same rows, fitted by other methods, and compared by the same scores.";
  startWorker();
  setState("loading", "Loading.");
}

/// Starts the worker.
function startWorker() {
  comparison.worker = new ScriptWorker("start_comparison", handleMessage);
  comparison.hasStarted = false;
  const { table, file } = comparison.record;
  comparison.worker.post({ open: { link: linkWithoutViews(), table } }, file);
}

const checkboxes = () => [...part("methods").querySelectorAll("input")];
const findMethod = (name) => comparison.offers.find((each) => each.name === name);
/// Selected methods that have not been fitted.
const pendingMethods = () => checkboxes().filter((box) => box.checked && !comparison.lines.has(box.value)).map((box) => box.value);

function handleMessage(reply, refused) {
  if (refused) {
    // The worker may be unable to continue.
    comparison.key = undefined;
    return setState("refused", refused);
  }
  const { offers, progress, begun, fitting, fitted, ended } = reply;
  if (offers && comparison.offers.length === 0) showMethods(offers);
  if (progress !== undefined) comparison.progress.fraction = progress;
  if (begun) {
    comparison.hasStarted = true;
    comparison.picture = begun.picture;
    part("what").textContent = `${begun.head}.${begun.warnings.length > 0 ? ` ${begun.warnings.join(" ")}` : ""}`;
    storeResult("truth", begun);
  }
  if (fitting) {
    comparison.progress = { ...comparison.progress, since: performance.now(), count: comparison.progress.count + 1, fraction: undefined };
    part("status").textContent = `Fitting: ${findMethod(fitting).title}.`;
  }
  if (fitted) {
    const [name, news] = fitted;
    comparison.lines.set(name, news.line);
    storeResult(name, news);
  }
  if (ended) setState("ended", "All selected methods have been compared.");
}

function showMethods(offers) {
  comparison.offers = offers;
  const legend = part("methods").querySelector("legend");
  const line = ({ name, title, meaning, colours }, k) => {
    const box = make("input", { type: "checkbox", value: name, checked: true, disabled: k === 0 });
    box.addEventListener("change", () => setState(dialog.dataset.state));
    const words = make("span", { className: "note", textContent: meaning });
    const label = make("label", {}, box, " ", makeLegendLine(name), title);
    const made = make("div", { className: "series" }, label, words);
    setColours(made, colours);
    return made;
  };
  part("methods").replaceChildren(legend, ...offers.map(line));
  part("methods").hidden = false;
  setState("ready", "");
}

/// Sets the colours of a series. The style selects one of them.
function setColours(element, [light, dark]) {
  element.style.setProperty("--light", light);
  element.style.setProperty("--dark", dark);
}

const DASHES = ["", "", "8 3", "2 3", "9 3 2 3", "5 2", "14 4"];
const dashPattern = (name) => DASHES[comparison.offers.findIndex((each) => each.name === name) % DASHES.length] ?? "";

/// Short line in the style of a method.
function makeLegendLine(name) {
  const line = makeSvg("line", { x1: 0, x2: 22, y1: 5.5, y2: 5.5, "stroke-dasharray": dashPattern(name), class: name === "truth" ? "truth" : "fit" });
  return makeSvg("svg", { width: 22, height: 10, "aria-hidden": "true", class: "sample" }, line);
}

/// Stores the result of a method.
function storeResult(name, news) {
  comparison.table = news.table;
  comparison.sentences = news.says;
  if (news.values.length > 0) comparison.curves.set(name, news.values);
  if (dialog.open) showResults();
}

const titleOf = (name) => ({ truth: "Truth" })[name] ?? findMethod(name).title;

function showResults() {
  part("result").hidden = comparison.table.rows.length + comparison.table.unsuited.length === 0;
  // The meanings are in the list below now.
  for (const note of part("methods").querySelectorAll(".note")) note.hidden = !part("result").hidden;
  showScores();
  part("says").replaceChildren(...comparison.sentences.map((sentence) => make("li", { textContent: formatMinus(sentence) })));
  const meanings = [...comparison.offers.map(({ title, meaning }) => [title, meaning]), ...comparison.table.heads.map(({ name, meaning }) => [name, meaning])];
  const line = ([name, meaning]) => make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: meaning }));
  part("meanings").querySelector("dl").replaceChildren(...meanings.map(line));
  drawPicture();
}

/// Replaces hyphens before numbers by minus signs.
const formatMinus = (text) => text.replace(/(?<!\w)-(?=\d)/g, "−");

const formatSeconds = (time) => (time === null ? "–" : time < 0.001 ? "<0.001" : String(Number(time.toPrecision(2))));

/// Columns that a phone shows without scrolling.
const FIRST_COLUMNS = ["RMSE", "wells", "missed", "spurious"];

function showScores() {
  const { heads, rows, unsuited } = comparison.table;
  const rank = (k) => FIRST_COLUMNS.indexOf(heads[k].name) + 1 || Infinity;
  const order = [...heads.keys()].sort((a, b) => (rank(a) === rank(b) ? a - b : rank(a) - rank(b)));
  const makeColumnHead = (text, className = "") => make("th", { scope: "col", textContent: text, className });
  const makeRowHead = (name) => {
    const th = make("th", { scope: "row", className: "series" });
    setColours(th, findMethod(name)?.colours ?? ["", ""]);
    if (!comparison.curves.has(name) || comparison.picture?.side !== 0) return th.append(titleOf(name)), th;
    const properties = { type: "button", className: "plain", title: "Highlight this fit", "aria-pressed": comparison.highlighted === name };
    const button = make("button", properties, makeLegendLine(name), titleOf(name));
    button.addEventListener("click", () => {
      comparison.highlighted = comparison.highlighted === name ? undefined : name;
      for (const each of part("scores").querySelectorAll("button")) each.setAttribute("aria-pressed", String(each === button && comparison.highlighted === name));
      drawPicture();
    });
    th.append(button);
    return th;
  };
  const makeRow = ({ method, cells, seconds: time, choice }) => {
    const makeScore = ({ text, value }, k) => make("td", { "data-head": heads[k].name, "data-value": value ?? "" }, value === null ? "–" : formatMinus(text));
    const scores = order.map((k) => makeScore(cells[k], k));
    return make("tr", { "data-method": method }, makeRowHead(method), ...scores, make("td", {}, formatSeconds(time)), make("td", { textContent: choice || "–", className: "words" }));
  };
  const makeRefusedRow = ({ method, title, why }) => {
    const reason = make("td", { colSpan: heads.length + 2, textContent: `${why[0].toUpperCase()}${why.slice(1)}.`, className: "words" });
    return make("tr", { "data-method": method }, make("th", { scope: "row" }, title), reason);
  };
  const top = make("tr", {}, makeColumnHead("method"), ...order.map((k) => makeColumnHead(heads[k].name)), makeColumnHead("seconds"), makeColumnHead("chosen", "words"));
  const focused = document.activeElement?.closest("#compare-scores tr")?.dataset.method;
  part("scores").replaceChildren(make("table", {}, make("thead", {}, top), make("tbody", {}, ...rows.map(makeRow), ...unsuited.map(makeRefusedRow))));
  if (focused) part("scores").querySelector(`[data-method=${focused}] button`)?.focus();
}

/// Axis ticks at round numbers.
function computeTicks([low, high], count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((k) => k * power).find((each) => each >= raw);
  const marks = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) marks.push(k * step);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const small = Math.abs(step) < 1e-3 || Math.abs(step) >= 1e5;
  const write = (value) => (small && value !== 0 ? value.toExponential(0).replace("e+", "e") : value.toFixed(small ? 0 : decimals));
  return marks.map((value) => [value, formatMinus(write(value))]);
}

/// Smallest and largest of the finite numbers.
function findRange(values) {
  const known = values.filter((value) => value !== null && Number.isFinite(value));
  return known.length > 0 ? [Math.min(...known), Math.max(...known)] : [0, 1];
}

function drawPicture() {
  const figure = part("picture");
  const { picture } = comparison;
  figure.hidden = !picture || comparison.curves.size === 0;
  if (figure.hidden) return;
  figure.replaceChildren(...(picture.side > 0 ? drawMaps() : [drawCurves()]));
}

/// Series in drawing order. The highlighted series is above the others, and the truth is on top.
function orderSeries() {
  const names = [...comparison.curves.keys()].filter((name) => name !== "truth" && name !== comparison.highlighted);
  return [...names, comparison.highlighted, "truth"].filter((name) => comparison.curves.has(name) && name !== undefined).filter((name, k, all) => all.indexOf(name) === k);
}

/// Draws fits over one input, with their errors below if the truth is known.
function drawCurves() {
  const { picture } = comparison;
  const width = Math.max(280, part("picture").clientWidth);
  const truth = comparison.curves.get("truth");
  const [left, right, top, plotHeight, gap, errorHeight] = [52, 16, 8, 210, truth ? 22 : 0, truth ? 70 : 0];
  const bottom = top + plotHeight + gap + errorHeight;
  const [from, to] = [picture.x[0], picture.x.at(-1)];
  const [low, high] = picture.bounds[0];
  const isInside = (k) => picture.x[k] >= low && picture.x[k] <= high;
  const reference = truth ?? [...comparison.curves.values()][0];
  const [min, max] = findRange([...picture.data.map(([, y]) => y), ...reference.filter((_, k) => isInside(k))]);
  const margin = 0.12 * (max - min || 1);
  const ends = [picture.is_density ? 0 : min - margin, max + margin];
  const x = (value) => left + ((value - from) / (to - from)) * (width - left - right);
  const scale = (ends, plotTop, height) => (value) => plotTop + height * (1 - (value - ends[0]) / (ends[1] - ends[0]));
  const path = (values, y, limits) => {
    let pen = "M";
    let made = "";
    values.forEach((value, k) => {
      if (value === null) return (pen = "M");
      // Values far outside are clipped, because some browsers draw nothing otherwise.
      const bounded = Math.min(Math.max(value, 2 * limits[0] - limits[1]), 2 * limits[1] - limits[0]);
      made += `${pen}${x(picture.x[k]).toFixed(1)} ${y(bounded).toFixed(1)}`;
      pen = "L";
    });
    return made;
  };
  const makePanel = (id, plotTop, height, limits, count) => {
    const y = scale(limits, plotTop, height);
    const marks = computeTicks(limits, count).map(([value, text]) => [
      makeSvg("line", { x1: left, x2: width - right, y1: y(value), y2: y(value), class: "grid" }),
      makeSvg("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, text),
    ]);
    const clip = makeSvg("clipPath", { id: `compare-clip-${id}` }, makeSvg("rect", { x: left, y: plotTop, width: width - left - right, height }));
    return { y, made: [clip, ...marks.flat()], group: makeSvg("g", { "clip-path": `url(#compare-clip-${id})` }) };
  };
  const plot = makePanel("above", top, plotHeight, ends, 5);
  const bar = picture.is_density && picture.data.length > 1 ? x(picture.data[1][0]) - x(picture.data[0][0]) : 0;
  for (const [place, value] of picture.data) {
    plot.group.append(
      bar > 0
        ? makeSvg("rect", { x: x(place) - bar / 2, y: plot.y(value), width: Math.max(0.5, bar - 1), height: Math.max(0, plot.y(0) - plot.y(value)), class: "dot" })
        : makeSvg("circle", { cx: x(place), cy: plot.y(value), r: 1.6, class: "dot" }),
    );
  }
  const parts = [plot];
  const makeSeries = (name, values, y, limits) => {
    const made = makeSvg("path", { d: path(values, y, limits), class: `series ${name === "truth" ? "truth" : "fit"}`, "stroke-dasharray": dashPattern(name), "data-method": name });
    if (name !== "truth") setColours(made, findMethod(name).colours);
    if (comparison.highlighted && comparison.highlighted !== name && name !== "truth") made.classList.add("faint");
    return made;
  };
  for (const name of orderSeries()) plot.group.append(makeSeries(name, comparison.curves.get(name), plot.y, ends));
  if (truth) {
    const errors = new Map(orderSeries().filter((name) => name !== "truth").map((name) => [name, comparison.curves.get(name).map((value, k) => (value === null || truth[k] === null ? null : value - truth[k]))]));
    const findLargestError = (name) => Math.max(...findRange(errors.get(name).filter((_, k) => isInside(k))).map(Math.abs));
    const sizes = [...errors.keys()].map(findLargestError).sort((a, b) => a - b);
    // The panel has the height of the error of the highlighted fit, or of the median error. Much larger errors would be strokes from edge to edge, and are left
    // out.
    const size = 1.1 * (comparison.highlighted && errors.has(comparison.highlighted) ? findLargestError(comparison.highlighted) : sizes[Math.floor(sizes.length / 2)]) || 1;
    const errorPlot = makePanel("below", top + plotHeight + gap, errorHeight, [-size, size], 4);
    const fitting = [...errors].filter(([name]) => findLargestError(name) <= 3 * size);
    for (const [name, values] of fitting) errorPlot.group.append(makeSeries(name, values, errorPlot.y, [-size, size]));
    const omitted = [...errors.keys()].filter((name) => !fitting.some(([other]) => other === name)).map(titleOf);
    // A narrow picture has no room for the names.
    const named = `fit − truth; out of range: ${omitted.join(", ")}`;
    const many = named.length * 7 > width - left ? `fit − truth; out of range: ${omitted.length} of ${errors.size}` : named;
    const words = omitted.length > 0 ? many : "fit − truth";
    errorPlot.made.push(makeSvg("text", { x: left, y: top + plotHeight + gap - 5, class: "name" }, words));
    parts.push(errorPlot);
  }
  const edges = [low, high].filter((edge) => edge > from && edge < to).map((edge) => makeSvg("line", { x1: x(edge), x2: x(edge), y1: top, y2: bottom, class: "edge" }));
  const places = computeTicks([from, to], Math.max(5, Math.round(width / 130))).map(([value, text]) => makeSvg("text", { x: x(value), y: bottom + 16, "text-anchor": "middle" }, text));
  const name = makeSvg("text", { x: width - right, y: bottom + 32, "text-anchor": "end", class: "name" }, picture.names[0]);
  const fits = [...comparison.curves.keys()].filter((name) => name !== "truth").map(titleOf).join(", ");
  const label = `${picture.is_density ? "Densities" : "Fits"} over ${picture.names[0]}: ${fits || "none yet"}${truth ? ", with the truth, and the errors below" : ""}. The table contains the numbers.`;
  return makeSvg(
    "svg",
    { width, height: bottom + 38, role: "img", "aria-label": label },
    ...parts.flatMap(({ made, group }) => [...made, group]),
    ...edges,
    ...places,
    name,
  );
}

/// Draws maps of fits over two inputs, all with the colours of the first.
function drawMaps() {
  const { picture } = comparison;
  const { side } = picture;
  const { theme } = document.documentElement.dataset;
  const isDark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const heights = picture.heights[isDark ? 1 : 0].map((colour) => [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16)));
  const reference = [...comparison.curves.values()][0].filter((value) => value !== null).sort((a, b) => a - b);
  // The walls of a potential would leave no colours for its wells.
  const [low, high] = picture.is_density ? [0, reference.at(-1)] : [reference[0], reference[Math.floor(0.85 * (reference.length - 1))]];
  const names = ["truth", ...comparison.offers.map(({ name }) => name)].filter((name) => comparison.curves.has(name));
  return names.map((name) => {
    const label = `Map of ${titleOf(name)} over ${picture.names[0]} and ${picture.names[1]}`;
    const canvas = make("canvas", { width: side, height: side, role: "img", "aria-label": label });
    const image = new ImageData(side, side);
    comparison.curves.get(name).forEach((value, k) => {
      if (value === null) return;
      const fraction = Math.min(Math.max((value - low) / (high - low || 1), 0), 1);
      const along = (picture.is_density ? 1 - fraction : fraction) * (heights.length - 1);
      const below = Math.min(Math.floor(along), heights.length - 2);
      // Rows of a picture are ordered from top to bottom.
      const at = 4 * ((side - 1 - Math.floor(k / side)) * side + (k % side));
      for (let c = 0; c < 3; c++) image.data[at + c] = heights[below][c] + (along - below) * (heights[below + 1][c] - heights[below][c]);
      image.data[at + 3] = 255;
    });
    canvas.getContext("2d").putImageData(image, 0, 0);
    return make("div", { className: "map" }, canvas, make("span", { textContent: titleOf(name) }));
  });
}

/// Table as text, with all digits.
function formatTable(separator) {
  const { heads, rows, unsuited } = comparison.table;
  const quoted = (cell) => (/[",\n\t]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const line = (cells) => cells.map((cell) => quoted(String(cell ?? ""))).join(separator);
  return [
    line(["method", ...heads.map(({ name }) => name), "seconds", "chosen"]),
    ...rows.map(({ method, cells, seconds, choice }) => line([method, ...cells.map(({ value }) => value), seconds, choice])),
    ...unsuited.map(({ method, why }) => line([method, ...heads.map(() => ""), "", why])),
    "",
  ].join("\n");
}

part("start").addEventListener("click", () => {
  const names = pendingMethods();
  if (!comparison.worker) startWorker();
  comparison.progress = { since: performance.now(), count: 0, total: names.length, fraction: undefined };
  comparison.worker.post({ fit: { names, lines: [...comparison.lines.values()] } });
  setState("busy", comparison.hasStarted ? "" : "Training the LSE-ICNN, the reference of the comparison.");
  part("stop").focus();
});

part("stop").addEventListener("click", () => {
  comparison.worker.free();
  comparison.worker = undefined;
  const left = pendingMethods().length;
  setState("stopped", `Stopped; finished results are kept. ${left} ${left === 1 ? "method is" : "methods are"} left.`);
});

part("copy").addEventListener("click", async ({ target }) => {
  try {
    await navigator.clipboard.writeText(formatTable("\t"));
    target.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(part("scores"));
    target.textContent = "Press Ctrl+C";
  }
  setTimeout(() => (target.textContent = "Copy the table"), 3000);
});

part("save").addEventListener("click", () => {
  const address = URL.createObjectURL(new Blob([formatTable(",")], { type: "text/csv" }));
  make("a", { href: address, download: "comparison.csv" }).click();
  URL.revokeObjectURL(address);
});

new ResizeObserver(() => comparison?.table && dialog.open && drawPicture()).observe(part("result"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => comparison?.table && dialog.open && drawPicture());
