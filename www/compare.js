// Compares the fit that is shown with what else one would use. Loaded when the reader opens it; `comparing.js` fits, in a worker of its own.
//
// The subject is the link, with the table that `keep.js` was given if the reader brought one. Rows stay until another subject is opened.

const part = (id) => document.getElementById(`compare-${id}`);
const dialog = document.getElementById("compare-dialog");

function make(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/// An element of a picture.
function draw(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/// What is compared: its key, the worker, what is offered and drawn, and what has come of it: the values of each fit, the line of each method as the worker wrote
/// it, the table and what it says.
let now;
let timer;

/// The link without what is about views alone.
function link() {
  const parts = location.hash.slice(1).split("&");
  return parts.filter((each) => !/^(view|panel)=|^knob-/.test(each)).join("&");
}

/// Opens the dialog for what is shown now. `given` says what the page has given to be kept of the run that is shown.
export function open(given) {
  const record = given(parseInt(document.body.dataset.shown)) ?? {};
  const key = JSON.stringify([link(), record.table?.name, record.table?.text.length, record.file?.size]);
  if (now?.key !== key) begin(key, record);
  dialog.showModal();
  if (now.table) show();
}

function state(name, sentence) {
  dialog.dataset.state = name;
  if (sentence !== undefined) part("status").textContent = sentence;
  const isBusy = name === "busy";
  const isLeft = !isBusy && document.activeElement === part("stop");
  part("stop").hidden = !isBusy;
  part("start").hidden = isBusy;
  part("start").disabled = !["ready", "ended", "stopped"].includes(name) || wanted().length === 0;
  for (const box of boxes()) box.disabled = isBusy || box.value === now.offers[0]?.name;
  clearInterval(timer);
  part("clock").textContent = "";
  if (isBusy) timer = setInterval(clock, 200);
  if (isLeft) (part("start").disabled ? part("scores") : part("start")).focus();
}

/// Seconds since the method began, and how far the training is.
function clock() {
  const { since, share, count, of } = now.progress;
  const done = share === undefined ? "" : `${Math.floor(100 * share)} %, `;
  part("clock").textContent = `${count} of ${of}: ${done}${Math.round((performance.now() - since) / 1000)} s`;
}

function begin(key, record) {
  now?.worker.terminate();
  now = { key, record, offers: [], curves: new Map(), lines: new Map() };
  part("methods").hidden = part("result").hidden = true;
  part("what").textContent = "The same rows, fitted by what else one would use, and judged by the same scores.";
  start();
  state("loading", "Loading.");
}

/// Starts the worker.
function start() {
  const worker = new Worker("comparing.js", { type: "module" });
  now.worker = worker;
  now.hasBegun = false;
  const listen = (act) => (event) => now.worker === worker && act(event);
  worker.addEventListener("message", listen(({ data }) => hear(data)));
  worker.addEventListener("error", listen(() => state("refused", "The script that compares could not be loaded; check the connection, and open this again.")));
  const { table, file } = now.record;
  worker.postMessage({ open: { link: link(), record: table ? JSON.stringify(table) : "", file } });
}

const boxes = () => [...part("methods").querySelectorAll("input")];
const offer = (name) => now.offers.find((each) => each.name === name);
/// The methods that are ticked and have not been fitted.
const wanted = () => boxes().filter((box) => box.checked && !now.lines.has(box.value)).map((box) => box.value);

function hear({ offers, refused, part: share, begun, fitting, fitted, news, ended }) {
  if (offers && now.offers.length === 0) offerAll(offers);
  if (refused) {
    // The worker may have nothing left to go on with.
    now.key = undefined;
    return state("refused", refused);
  }
  if (share !== undefined) now.progress.share = share;
  if (begun) {
    now.hasBegun = true;
    now.picture = begun.picture;
    part("what").textContent = `${begun.head}.${begun.warnings.length > 0 ? ` ${begun.warnings.join(" ")}` : ""}`;
    take("truth", begun);
  }
  if (fitting) {
    now.progress = { ...now.progress, since: performance.now(), count: now.progress.count + 1, share: undefined };
    part("status").textContent = `Fitting: ${offer(fitting).title}.`;
  }
  if (fitted) {
    now.lines.set(fitted, news.line);
    take(fitted, news);
  }
  if (ended) state("ended", "All that is ticked has been compared.");
}

function offerAll(offers) {
  now.offers = offers;
  const legend = part("methods").querySelector("legend");
  const line = ({ name, title, meaning, colours }, k) => {
    const box = make("input", { type: "checkbox", value: name, checked: true, disabled: k === 0 });
    box.addEventListener("change", () => state(dialog.dataset.state));
    const words = make("span", { className: "note", textContent: meaning });
    const label = make("label", {}, box, " ", key(name), title);
    const made = make("div", { className: "series" }, label, words);
    paint(made, colours);
    return made;
  };
  part("methods").replaceChildren(legend, ...offers.map(line));
  part("methods").hidden = false;
  state("ready", "");
}

/// The colours of a series, of which the style takes one.
function paint(element, [light, dark]) {
  element.style.setProperty("--light", light);
  element.style.setProperty("--dark", dark);
}

const DASHES = ["", "", "8 3", "2 3", "9 3 2 3", "5 2", "14 4"];
const dashes = (name) => DASHES[now.offers.findIndex((each) => each.name === name)] ?? "";

/// A short line as a method is drawn.
function key(name) {
  const line = draw("line", { x1: 0, x2: 22, y1: 5.5, y2: 5.5, "stroke-dasharray": dashes(name), class: name === "truth" ? "truth" : "fit" });
  return draw("svg", { width: 22, height: 10, "aria-hidden": "true", class: "sample" }, line);
}

/// Takes what came of a method.
function take(name, news) {
  now.table = news.table;
  now.says = news.says;
  if (news.values.length > 0) now.curves.set(name, news.values);
  if (dialog.open) show();
}

const head = (name) => ({ truth: "Truth" })[name] ?? offer(name).title;

function show() {
  part("result").hidden = now.table.rows.length + now.table.unsuited.length === 0;
  // They are below now.
  for (const note of part("methods").querySelectorAll(".note")) note.hidden = !part("result").hidden;
  showScores();
  part("says").replaceChildren(...now.says.map((sentence) => make("li", { textContent: minus(sentence) })));
  const meanings = [...now.offers.map(({ title, meaning }) => [title, meaning]), ...now.table.heads.map(({ name, meaning }) => [name, meaning])];
  const line = ([name, meaning]) => make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: meaning }));
  part("meanings").querySelector("dl").replaceChildren(...meanings.map(line));
  drawAll();
}

/// A text with minus signs before its numbers.
const minus = (text) => text.replace(/(?<!\w)-(?=\d)/g, "−");

const seconds = (time) => (time === null ? "" : time < 0.001 ? "<0.001" : String(Number(time.toPrecision(2))));

function showScores() {
  const { heads, rows, unsuited } = now.table;
  const column = (text, className = "") => make("th", { scope: "col", textContent: text, className });
  const first = (name) => {
    const th = make("th", { scope: "row", className: "series" });
    paint(th, offer(name)?.colours ?? ["", ""]);
    if (!now.curves.has(name) || now.picture?.side !== 0) return th.append(head(name)), th;
    const alone = make("button", { type: "button", className: "plain", title: "Show it before the others" }, key(name), head(name));
    alone.setAttribute("aria-pressed", String(now.lit === name));
    alone.addEventListener("click", () => {
      now.lit = now.lit === name ? undefined : name;
      for (const each of part("scores").querySelectorAll("button")) each.setAttribute("aria-pressed", String(each === alone && now.lit === name));
      drawAll();
    });
    th.append(alone);
    return th;
  };
  const line = ({ method, cells, seconds: time, choice }) => {
    const made = make("tr", {}, first(method));
    made.dataset.method = method;
    cells.forEach(({ text, value }, k) => {
      const cell = make("td", { textContent: minus(text) });
      Object.assign(cell.dataset, { head: heads[k].name, value: value ?? "" });
      made.append(cell);
    });
    made.append(make("td", { textContent: seconds(time) }), make("td", { textContent: choice, className: "words" }));
    return made;
  };
  const refused = ({ method, title, why }) => {
    const made = make("tr", {}, make("th", { scope: "row", textContent: title }), make("td", { colSpan: heads.length + 2, textContent: `${why[0].toUpperCase()}${why.slice(1)}.`, className: "words" }));
    made.dataset.method = method;
    return made;
  };
  const top = make("tr", {}, column("method"), ...heads.map(({ name }) => column(name)), column("seconds"), column("chosen", "words"));
  const focused = document.activeElement?.closest("#compare-scores tr")?.dataset.method;
  part("scores").replaceChildren(make("table", {}, make("thead", {}, top), make("tbody", {}, ...rows.map(line), ...unsuited.map(refused))));
  if (focused) part("scores").querySelector(`[data-method=${focused}] button`)?.focus();
}

/// Marks at round numbers.
function ticks([low, high], count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((k) => k * power).find((each) => each >= raw);
  const marks = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) marks.push(k * step);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const small = Math.abs(step) < 1e-3 || Math.abs(step) >= 1e5;
  return marks.map((value) => [value, small ? value.toExponential(0).replace("e+", "e") : value.toFixed(decimals).replace("-", "−")]);
}

/// The largest and the smallest of some numbers that are numbers.
function range(values) {
  const known = values.filter((value) => value !== null && Number.isFinite(value));
  return known.length > 0 ? [Math.min(...known), Math.max(...known)] : [0, 1];
}

function drawAll() {
  const figure = part("picture");
  const { picture } = now;
  figure.hidden = !picture || now.curves.size === 0;
  if (figure.hidden) return;
  figure.replaceChildren(...(picture.side > 0 ? maps() : [curves()]));
}

/// The series in the order in which they are drawn, with the one that is lit last and the truth above all.
function series() {
  const names = [...now.curves.keys()].filter((name) => name !== "truth" && name !== now.lit);
  return [...names, now.lit, "truth"].filter((name) => now.curves.has(name) && name !== undefined).filter((name, k, all) => all.indexOf(name) === k);
}

/// Fits over one input, with their errors below where the truth is known.
function curves() {
  const { picture } = now;
  const width = Math.max(280, part("picture").clientWidth);
  const truth = now.curves.get("truth");
  const [left, right, top, tall, gap, strip] = [52, 8, 8, 210, truth ? 22 : 0, truth ? 70 : 0];
  const bottom = top + tall + gap + strip;
  const [from, to] = [picture.x[0], picture.x.at(-1)];
  const [low, high] = picture.bounds[0];
  const isInside = (k) => picture.x[k] >= low && picture.x[k] <= high;
  const reference = truth ?? [...now.curves.values()][0];
  const [least, most] = range([...picture.data.map(([, y]) => y), ...reference.filter((_, k) => isInside(k))]);
  const room = 0.12 * (most - least || 1);
  const ends = [picture.is_density ? 0 : least - room, most + room];
  const x = (value) => left + ((value - from) / (to - from)) * (width - left - right);
  const scale = (ends, begin, height) => (value) => begin + height * (1 - (value - ends[0]) / (ends[1] - ends[0]));
  const path = (values, y, limits) => {
    let pen = "M";
    let made = "";
    values.forEach((value, k) => {
      if (value === null) return (pen = "M");
      // What is far outside is cut, or some browsers draw nothing.
      const bounded = Math.min(Math.max(value, 2 * limits[0] - limits[1]), 2 * limits[1] - limits[0]);
      made += `${pen}${x(picture.x[k]).toFixed(1)} ${y(bounded).toFixed(1)}`;
      pen = "L";
    });
    return made;
  };
  const panel = (id, begin, height, limits, count) => {
    const y = scale(limits, begin, height);
    const marks = ticks(limits, count).map(([value, text]) => [
      draw("line", { x1: left, x2: width - right, y1: y(value), y2: y(value), class: "grid" }),
      draw("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, text),
    ]);
    const clip = draw("clipPath", { id: `compare-clip-${id}` }, draw("rect", { x: left, y: begin, width: width - left - right, height }));
    return { y, made: [clip, ...marks.flat()], group: draw("g", { "clip-path": `url(#compare-clip-${id})` }) };
  };
  const above = panel("above", top, tall, ends, 5);
  const bar = picture.is_density && picture.data.length > 1 ? x(picture.data[1][0]) - x(picture.data[0][0]) : 0;
  for (const [place, value] of picture.data) {
    above.group.append(
      bar > 0
        ? draw("rect", { x: x(place) - bar / 2, y: above.y(value), width: Math.max(0.5, bar - 1), height: Math.max(0, above.y(0) - above.y(value)), class: "dot" })
        : draw("circle", { cx: x(place), cy: above.y(value), r: 1.6, class: "dot" }),
    );
  }
  const parts = [above];
  const one = (name, values, y, limits) => {
    const made = draw("path", { d: path(values, y, limits), class: `series ${name === "truth" ? "truth" : "fit"}`, "stroke-dasharray": dashes(name), "data-method": name });
    if (name !== "truth") paint(made, offer(name).colours);
    if (now.lit && now.lit !== name && name !== "truth") made.classList.add("faint");
    return made;
  };
  for (const name of series()) above.group.append(one(name, now.curves.get(name), above.y, ends));
  if (truth) {
    const errors = new Map(series().filter((name) => name !== "truth").map((name) => [name, now.curves.get(name).map((value, k) => (value === null || truth[k] === null ? null : value - truth[k]))]));
    const largest = (name) => Math.max(...range(errors.get(name).filter((_, k) => isInside(k))).map(Math.abs));
    const sizes = [...errors.keys()].map(largest).sort((a, b) => a - b);
    // As high as the error of the one that is lit, or of one in the middle. What is much larger would be strokes from edge to edge, and is left out.
    const size = 1.1 * (now.lit && errors.has(now.lit) ? largest(now.lit) : sizes[Math.floor(sizes.length / 2)]) || 1;
    const below = panel("below", top + tall + gap, strip, [-size, size], 4);
    const fitting = [...errors].filter(([name]) => largest(name) <= 3 * size);
    for (const [name, values] of fitting) below.group.append(one(name, values, below.y, [-size, size]));
    const missing = [...errors.keys()].filter((name) => !fitting.some(([other]) => other === name)).map(head);
    const words = missing.length > 0 ? `fit − truth; too large for it: ${missing.join(", ")}` : "fit − truth";
    below.made.push(draw("text", { x: left, y: top + tall + gap - 5, class: "name" }, words));
    parts.push(below);
  }
  const edges = [low, high].filter((edge) => edge > from && edge < to).map((edge) => draw("line", { x1: x(edge), x2: x(edge), y1: top, y2: bottom, class: "edge" }));
  const places = ticks([from, to], Math.max(3, Math.round(width / 130))).map(([value, text]) => draw("text", { x: x(value), y: bottom + 16, "text-anchor": "middle" }, text));
  const name = draw("text", { x: width - right, y: bottom + 32, "text-anchor": "end", class: "name" }, picture.names[0]);
  const fits = [...now.curves.keys()].filter((name) => name !== "truth").map(head).join(", ");
  const label = `${picture.is_density ? "Densities" : "Fits"} over ${picture.names[0]}: ${fits || "none yet"}${truth ? ", with the truth, and below how far each is from it" : ""}. The table says the same in numbers.`;
  return draw(
    "svg",
    { width, height: bottom + 38, role: "img", "aria-label": label },
    ...parts.flatMap(({ made, group }) => [...made, group]),
    ...edges,
    ...places,
    name,
  );
}

/// Maps of fits over two inputs, all with the colours of the first.
function maps() {
  const { picture } = now;
  const { side } = picture;
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const heights = picture.heights[isDark ? 1 : 0].map((colour) => [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16)));
  const reference = [...now.curves.values()][0].filter((value) => value !== null).sort((a, b) => a - b);
  // The walls of a potential would leave no colours for its wells.
  const [low, high] = picture.is_density ? [0, reference.at(-1)] : [reference[0], reference[Math.floor(0.85 * (reference.length - 1))]];
  const names = ["truth", ...now.offers.map(({ name }) => name)].filter((name) => now.curves.has(name));
  return names.map((name) => {
    const canvas = make("canvas", { width: side, height: side });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Map of ${head(name)} over ${picture.names[0]} and ${picture.names[1]}`);
    const image = new ImageData(side, side);
    now.curves.get(name).forEach((value, k) => {
      if (value === null) return;
      const share = Math.min(Math.max((value - low) / (high - low || 1), 0), 1);
      const along = (picture.is_density ? 1 - share : share) * (heights.length - 1);
      const below = Math.min(Math.floor(along), heights.length - 2);
      // Rows of a picture go down.
      const at = 4 * ((side - 1 - Math.floor(k / side)) * side + (k % side));
      for (let c = 0; c < 3; c++) image.data[at + c] = heights[below][c] + (along - below) * (heights[below + 1][c] - heights[below][c]);
      image.data[at + 3] = 255;
    });
    canvas.getContext("2d").putImageData(image, 0, 0);
    return make("div", { className: "map" }, canvas, make("span", { textContent: head(name) }));
  });
}

/// The table as text, with all digits.
function text(separator) {
  const { heads, rows, unsuited } = now.table;
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
  const names = wanted();
  if (!now.worker) start();
  now.progress = { since: performance.now(), count: 0, of: names.length, share: undefined };
  now.worker.postMessage({ fit: names, lines: [...now.lines.values()] });
  state("busy", now.hasBegun ? "" : "Training the LSE-ICNN, which the others are compared with.");
  part("stop").focus();
});

part("stop").addEventListener("click", () => {
  now.worker.terminate();
  now.worker = undefined;
  const left = wanted().length;
  state("stopped", `Stopped; what had ended stays. ${left} ${left === 1 ? "method is" : "methods are"} left.`);
});

part("copy").addEventListener("click", async ({ target }) => {
  try {
    await navigator.clipboard.writeText(text("\t"));
    target.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(part("scores"));
    target.textContent = "Press Ctrl+C";
  }
  setTimeout(() => (target.textContent = "Copy the table"), 3000);
});

part("save").addEventListener("click", () => {
  const address = URL.createObjectURL(new Blob([text(",")], { type: "text/csv" }));
  make("a", { href: address, download: "comparison.csv" }).click();
  URL.revokeObjectURL(address);
});

new ResizeObserver(() => now?.table && dialog.open && drawAll()).observe(part("result"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => now?.table && dialog.open && drawAll());
