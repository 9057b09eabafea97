// View of a playground: controls on the left, the page's own pictures on the right, wells below.

import { attachReadout } from "./cursor.js";
import css from "./style.css";

/** Settings with a field: name, label, kind. All others can be set from Python. */
const FIELDS = [
  ["modes", "Modes offered", "whole"],
  ["hidden", "Hidden layers", "text"],
  ["epsilon", "Sparsity ε", "text"],
  ["recipe", "Recipe", ["reliable", "paper"]],
  ["epochs", "Stop at epoch", "whole"],
  ["seed", "Seed", "whole"],
];

/** Width below which the controls are above the picture. */
const NARROW_WIDTH_PX = 620;

const roundedFormat = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const wholeFormat = new Intl.NumberFormat("en");
/** Formats a number with four digits, as on the page, or a missing number as a dash. */
const formatNumber = (value) => {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const isFar = value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6);
  const text = isFar ? value.toExponential(2).replace(/\.?0+e/, "e").replace("e+", "e") : roundedFormat.format(value);
  return text.replace(/^-/, "−");
};
/** Formats a coefficient of determination with enough digits to distinguish it from one. */
const formatDetermination = (value) => {
  const digits = value < 1 ? Math.min(12, Math.max(4, Math.ceil(-Math.log10(1 - value)) + 1)) : 0;
  return (Math.floor(value * 10 ** digits) / 10 ** digits).toFixed(digits).replace(/^-/, "−");
};

/** Formats a number with its interval. Both have the digits for two significant digits of the interval's half-width. */
const formatInterval = (value, interval) => {
  const half = interval && (interval[1] - interval[0]) / 2;
  const decimals = half > 0 ? Math.max(0, 1 - Math.floor(Math.log10(half))) : Infinity;
  if (decimals > 10 || value === null) return formatNumber(value);
  return `${value.toFixed(decimals).replace(/^-/, "−")} ± ${half.toFixed(decimals)}`;
};

function makeElement(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** Whether the background of an element is dark: notebooks choose their own theme. */
function isDark(el) {
  for (let at = el; at; at = at.parentElement ?? at.getRootNode().host) {
    const [r, g, b, alpha = 1] = getComputedStyle(at).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    if (alpha > 0.5) return 0.299 * r + 0.587 * g + 0.114 * b < 128;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export class View {
  #ends = [];

  constructor(el, session) {
    this.el = el;
    this.session = session;
    const host = makeElement("div");
    this.root = host.attachShadow({ mode: "open" });
    el.replaceChildren(host);
    this.#build();
    const measure = () => this.#measure();
    const themes = new MutationObserver(measure);
    for (const at of [document.documentElement, document.body]) themes.observe(at, { attributes: true });
    const preference = matchMedia("(prefers-color-scheme: dark)");
    preference.addEventListener("change", measure);
    const sizes = new ResizeObserver(measure);
    sizes.observe(this.frame);
    this.#ends = [() => themes.disconnect(), () => preference.removeEventListener("change", measure), () => sizes.disconnect()];
    this.#ends.push(session.subscribe(() => this.#update()));
    measure();
    this.#update();
  }

  close() {
    for (const end of this.#ends) end();
    this.el.replaceChildren();
  }

  #build() {
    const { session } = this;
    this.run = makeElement("button", { class: "go", type: "button", onclick: () => (session.isTraining ? session.stop() : session.train()) }, "Train");
    this.status = makeElement("p", { class: "status", role: "status" });
    this.bar = makeElement("i");
    this.fields = FIELDS.map(([name, label, kind]) => this.#field(name, label, kind));
    this.message = makeElement("p", { class: "message", role: "alert", hidden: true });
    this.tabs = makeElement("div", { class: "tabs", role: "tablist", "aria-label": "Pictures" });
    this.pictures = makeElement("div", { class: "pictures" });
    this.numbers = makeElement("dl", { class: "numbers" });
    this.table = makeElement("table");
    this.notes = makeElement("div", { class: "notes" });
    const file = makeElement("input", { type: "file", accept: ".csv,.tsv,.txt,.dat", hidden: true, onchange: () => open(file.files) });
    const open = ([given]) => given && void session.open(given);
    const choose = makeElement("button", { class: "link", type: "button", onclick: () => file.click() }, "Open a table");
    this.frame = makeElement(
      "div",
      { class: "frame", "data-state": "loading" },
      makeElement("form", { class: "controls", onsubmit: (event) => (event.preventDefault(), session.isTraining || session.train()) },
        this.run, this.status, makeElement("div", { class: "bar", "aria-hidden": "true" }, this.bar), ...this.fields.map(({ row }) => row), choose, file),
      makeElement("section", {}, this.message, this.tabs, this.pictures, this.numbers, this.table, this.notes),
    );
    this.frame.addEventListener("dragover", (event) => event.preventDefault());
    this.frame.addEventListener("drop", (event) => (event.preventDefault(), open(event.dataTransfer.files)));
    this.root.append(makeElement("style", {}, css), this.frame);
  }

  #field(name, label, kind) {
    const set = ({ target }) => {
      const text = target.value.trim();
      // The reader of the settings refuses a text that is not a number, with one sentence.
      this.session.set(name, kind === "whole" && text !== "" && Number.isFinite(Number(text)) ? Number(text) : text);
    };
    const id = `multiwell-${name}`;
    const input = Array.isArray(kind)
      ? makeElement("select", { id, onchange: set }, ...kind.map((value) => makeElement("option", { value }, value)))
      : makeElement("input", { id, type: "text", inputmode: kind === "whole" ? "numeric" : undefined, autocomplete: "off", spellcheck: "false", onchange: set });
    return { name, input, kind, row: makeElement("div", { class: "row" }, makeElement("label", { for: id }, label), input) };
  }

  /** Reads the size of the view and whether its background is dark. */
  #measure() {
    const width = this.frame.clientWidth;
    if (width === 0) return;
    const dark = isDark(this.el);
    this.frame.classList.toggle("dark", dark);
    this.frame.classList.toggle("narrow", width < NARROW_WIDTH_PX);
    const inside = this.pictures.clientWidth;
    const height = this.session.model.get("height") || 360;
    const { sight } = this.session;
    if (Math.abs(sight.width - inside) > 2 || sight.dark !== dark || sight.height !== height) {
      void this.session.setSight({ width: inside, height, dark });
    }
  }

  #update() {
    const { session } = this;
    this.frame.dataset.state = session.status;
    this.run.textContent = session.isTraining ? "Stop" : session.fitted ? "Train again" : "Train";
    this.run.disabled = session.status === "loading";
    this.#showProgress();
    this.message.hidden = !session.message;
    this.message.textContent = session.message;
    for (const field of this.fields) this.#showField(field);
    this.#showPictures();
    this.#showNumbers();
    this.#showWells();
    const sentences = [...session.notes, ...(session.isTraining ? [] : (session.metrics.warnings ?? []))];
    this.notes.replaceChildren(...sentences.map((sentence) => makeElement("p", {}, sentence)));
  }

  #showProgress() {
    const { session } = this;
    const { done = 0, all = 0, stage = "" } = session.progress ?? {};
    const words = {
      loading: "Loading.",
      ready: "Not trained yet.",
      training: session.progress ? `epoch ${wholeFormat.format(done)}${stage ? ` · ${stage}` : ""}` : "Beginning.",
      fitted: session.isOutdated ? "Settings were changed since this fit." : this.#describeEnd(),
      failed: "There is no fit.",
    };
    this.status.textContent = words[session.status];
    const part = session.status === "fitted" ? 1 : all > 0 ? done / all : 0;
    this.bar.style.width = `${100 * part}%`;
  }

  #describeEnd() {
    const { epochs } = this.session.metrics;
    if (epochs === undefined) return "A fit from a model file.";
    return `${this.session.isEarly ? "Ended early" : "Done"}: ${wholeFormat.format(epochs)} epochs.`;
  }

  #showField({ name, input, row }) {
    const given = this.session.settings[name];
    const usual = this.session.defaults[name];
    row.hidden = usual === undefined && given === undefined && Object.keys(this.session.defaults).length > 0;
    if (this.root.activeElement === input) return;
    const written = given === undefined || given === null ? "" : Array.isArray(given) ? given.join(", ") : String(given);
    if (input instanceof HTMLSelectElement) input.value = written || usual || "reliable";
    else {
      input.value = written;
      input.placeholder = usual ?? "";
    }
  }

  #showPictures() {
    const { pictures } = this.session;
    if (!pictures || pictures === this.drawn) return;
    this.drawn = pictures;
    this.tabs.hidden = pictures.tabs.length < 2;
    this.tabs.replaceChildren(
      ...pictures.tabs.map(({ id, title }) =>
        makeElement("button", { type: "button", role: "tab", "aria-selected": String(id === pictures.view), onclick: () => this.session.setSight({ view: id }) }, title),
      ),
    );
    const figures = pictures.rows.map((row) =>
      makeElement("div", { class: "plots" }, ...row.map((picture) => this.#figure(picture, pictures.tabs.length > 0))),
    );
    this.pictures.replaceChildren(...figures);
  }

  #figure(picture, hasTitle) {
    const drawing = makeElement("div", { class: "drawing", role: "img", "aria-label": picture.description });
    // The compiled module wrote this text.
    drawing.innerHTML = picture.svg;
    const readout = makeElement("output", { class: "readout", hidden: true });
    drawing.append(readout);
    if (!hasTitle) attachReadout(drawing, readout, picture, this.session, formatNumber);
    return makeElement("figure", {}, ...(hasTitle ? [makeElement("figcaption", {}, picture.title)] : []), drawing);
  }

  #showNumbers() {
    const { metrics, fitted, isTraining, landscape } = this.session;
    // For a density, these would be errors against a kernel estimate, which is not the truth.
    const errors = metrics.density ? [] : [["RMSE", metrics.rmse], ["R²", metrics.r2, formatDetermination]];
    const numbers = [
      ...errors,
      ["sharpness ρ", metrics.rho],
      ["wells", landscape?.wells.length],
      ["modes responsible", metrics.responsible_modes],
    ].filter(([, value]) => typeof value === "number");
    this.numbers.hidden = !fitted || numbers.length === 0;
    this.numbers.classList.toggle("past", isTraining);
    const number = ([name, value, write = formatNumber]) => makeElement("div", {}, makeElement("dt", {}, name), makeElement("dd", {}, write(value)));
    this.numbers.replaceChildren(...numbers.map(number));
  }

  #showWells() {
    const { landscape, fitted, isTraining } = this.session;
    const minima = landscape?.minima ?? [];
    this.table.hidden = !fitted || minima.length === 0;
    this.table.classList.toggle("past", isTraining);
    if (this.table.hidden) return;
    const names = this.session.data.names ?? this.session.names;
    const inputs = minima[0].x.length;
    const value = this.session.kind === "density" ? "−log q" : (this.session.names[inputs] ?? "value");
    const columns = [
      ["", ({ isWell }) => (isWell ? "well" : "minimum")],
      ...Array.from({ length: inputs }, (_, k) => [names[k] ?? `x${k + 1}`, ({ x, xInterval }) => formatInterval(x[k], xInterval?.[k])]),
      [value, ({ value, valueInterval }) => formatInterval(value, valueInterval)],
      ["barrier", ({ barrier, barrierInterval, barrierBound }) => (barrierBound === null ? formatInterval(barrier, barrierInterval) : `≥ ${formatNumber(barrierBound)}`)],
      ...(minima.some(({ population }) => population !== null) ? [["population", ({ population, populationInterval }) => formatInterval(population, populationInterval)]] : []),
    ];
    const head = makeElement("tr", {}, ...columns.map(([name]) => makeElement("th", { scope: "col" }, name)));
    const rows = minima.map((minimum) => makeElement("tr", {}, ...columns.map(([, cell]) => makeElement("td", {}, cell(minimum)))));
    this.table.replaceChildren(makeElement("thead", {}, head), makeElement("tbody", {}, ...rows));
  }
}
