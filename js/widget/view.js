// What is seen of a playground: controls on the left, the page's own pictures on the right, wells below.

import { readOff } from "./cursor.js";
import css from "./style.css";

/** The settings that have a field: name, label, kind. All others can be given from Python. */
const FIELDS = [
  ["modes", "Modes offered", "whole"],
  ["hidden", "Hidden layers", "text"],
  ["epsilon", "Sparsity ε", "text"],
  ["recipe", "Recipe", ["reliable", "paper"]],
  ["epochs", "Stop at epoch", "whole"],
  ["seed", "Seed", "whole"],
];

/** Widths below which the controls stand above the picture. */
const NARROW = 620;

const round = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const whole = new Intl.NumberFormat("en");
/** A number with four digits, as on the page; a dash for none. */
const shown = (value) => {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const isFar = value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6);
  const text = isFar ? value.toExponential(2).replace(/\.?0+e/, "e").replace("e+", "e") : round.format(value);
  return text.replace(/^-/, "−");
};
/** A coefficient of determination with as many digits as tell it from one. */
const determination = (value) => {
  const digits = value < 1 ? Math.min(12, Math.max(4, Math.ceil(-Math.log10(1 - value)) + 1)) : 0;
  return (Math.floor(value * 10 ** digits) / 10 ** digits).toFixed(digits).replace(/^-/, "−");
};

/** A number with its interval, both with as many digits as two of the interval's half width need. */
const within = (value, interval) => {
  const half = interval && (interval[1] - interval[0]) / 2;
  const decimals = half > 0 ? Math.max(0, 1 - Math.floor(Math.log10(half))) : Infinity;
  if (decimals > 10 || value === null) return shown(value);
  return `${value.toFixed(decimals).replace(/^-/, "−")} ± ${half.toFixed(decimals)}`;
};

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** Whether what lies behind an element is dark: notebooks choose a theme by themselves. */
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
    const host = element("div");
    this.root = host.attachShadow({ mode: "open" });
    el.replaceChildren(host);
    this.#build();
    const look = () => this.#look();
    const themes = new MutationObserver(look);
    for (const at of [document.documentElement, document.body]) themes.observe(at, { attributes: true });
    const preference = matchMedia("(prefers-color-scheme: dark)");
    preference.addEventListener("change", look);
    const sizes = new ResizeObserver(look);
    sizes.observe(this.frame);
    this.#ends = [() => themes.disconnect(), () => preference.removeEventListener("change", look), () => sizes.disconnect()];
    this.#ends.push(session.listen(() => this.#show()));
    look();
    this.#show();
  }

  close() {
    for (const end of this.#ends) end();
    this.el.replaceChildren();
  }

  #build() {
    const { session } = this;
    this.run = element("button", { class: "go", type: "button", onclick: () => (session.isTraining ? session.stop() : session.train()) }, "Train");
    this.status = element("p", { class: "status", role: "status" });
    this.bar = element("i");
    this.fields = FIELDS.map(([name, label, kind]) => this.#field(name, label, kind));
    this.message = element("p", { class: "message", role: "alert", hidden: true });
    this.tabs = element("div", { class: "tabs", role: "tablist", "aria-label": "Pictures" });
    this.pictures = element("div", { class: "pictures" });
    this.numbers = element("dl", { class: "numbers" });
    this.table = element("table");
    this.notes = element("div", { class: "notes" });
    const file = element("input", { type: "file", accept: ".csv,.tsv,.txt,.dat", hidden: true, onchange: () => open(file.files) });
    const open = ([given]) => given && void session.open(given);
    const choose = element("button", { class: "link", type: "button", onclick: () => file.click() }, "Open a table");
    this.frame = element(
      "div",
      { class: "frame", "data-state": "loading" },
      element("form", { class: "controls", onsubmit: (event) => (event.preventDefault(), session.isTraining || session.train()) },
        this.run, this.status, element("div", { class: "bar", "aria-hidden": "true" }, this.bar), ...this.fields.map(({ row }) => row), choose, file),
      element("section", {}, this.message, this.tabs, this.pictures, this.numbers, this.table, this.notes),
    );
    this.frame.addEventListener("dragover", (event) => event.preventDefault());
    this.frame.addEventListener("drop", (event) => (event.preventDefault(), open(event.dataTransfer.files)));
    this.root.append(element("style", {}, css), this.frame);
  }

  #field(name, label, kind) {
    const set = ({ target }) => {
      const text = target.value.trim();
      // What is no number is refused by a sentence where it is read.
      this.session.set(name, kind === "whole" && text !== "" && Number.isFinite(Number(text)) ? Number(text) : text);
    };
    const id = `multiwell-${name}`;
    const input = Array.isArray(kind)
      ? element("select", { id, onchange: set }, ...kind.map((value) => element("option", { value }, value)))
      : element("input", { id, type: "text", inputmode: kind === "whole" ? "numeric" : undefined, autocomplete: "off", spellcheck: "false", onchange: set });
    return { name, input, kind, row: element("div", { class: "row" }, element("label", { for: id }, label), input) };
  }

  /** Looks at where it is: its size, and whether it is dark there. */
  #look() {
    const width = this.frame.clientWidth;
    if (width === 0) return;
    const dark = isDark(this.el);
    this.frame.classList.toggle("dark", dark);
    this.frame.classList.toggle("narrow", width < NARROW);
    const inside = this.pictures.clientWidth;
    const height = this.session.model.get("height") || 360;
    const { sight } = this.session;
    if (Math.abs(sight.width - inside) > 2 || sight.dark !== dark || sight.height !== height) {
      void this.session.see({ width: inside, height, dark });
    }
  }

  #show() {
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
    const said = [...session.notes, ...(session.isTraining ? [] : (session.metrics.warnings ?? []))];
    this.notes.replaceChildren(...said.map((sentence) => element("p", {}, sentence)));
  }

  #showProgress() {
    const { session } = this;
    const { done = 0, all = 0, stage = "" } = session.progress ?? {};
    const words = {
      loading: "Loading.",
      ready: "Not trained yet.",
      training: session.progress ? `epoch ${whole.format(done)}${stage ? ` · ${stage}` : ""}` : "Beginning.",
      fitted: session.isOutdated ? "Settings were changed since this fit." : this.#ended(),
      failed: "There is no fit.",
    };
    this.status.textContent = words[session.status];
    const part = session.status === "fitted" ? 1 : all > 0 ? done / all : 0;
    this.bar.style.width = `${100 * part}%`;
  }

  #ended() {
    const { epochs } = this.session.metrics;
    if (epochs === undefined) return "A fit from a model file.";
    return `${this.session.isEarly ? "Ended early" : "Done"}: ${whole.format(epochs)} epochs.`;
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
        element("button", { type: "button", role: "tab", "aria-selected": String(id === pictures.view), onclick: () => this.session.see({ view: id }) }, title),
      ),
    );
    const figures = pictures.rows.map((row) =>
      element("div", { class: "plots" }, ...row.map((picture) => this.#figure(picture, pictures.tabs.length > 0))),
    );
    this.pictures.replaceChildren(...figures);
  }

  #figure(picture, hasTitle) {
    const drawing = element("div", { class: "drawing", role: "img", "aria-label": picture.description });
    // The text was written by the compiled module.
    drawing.innerHTML = picture.svg;
    const readout = element("output", { class: "readout", hidden: true });
    drawing.append(readout);
    if (!hasTitle) readOff(drawing, readout, picture, this.session, shown);
    return element("figure", {}, ...(hasTitle ? [element("figcaption", {}, picture.title)] : []), drawing);
  }

  #showNumbers() {
    const { metrics, fitted, isTraining, landscape } = this.session;
    // Of a density these would be errors against a kernel estimate, which is no truth.
    const errors = metrics.density ? [] : [["RMSE", metrics.rmse], ["R²", metrics.r2, determination]];
    const own = [
      ...errors,
      ["sharpness ρ", metrics.rho],
      ["wells", landscape?.wells.length],
      ["modes responsible", metrics.responsible_modes],
    ].filter(([, value]) => typeof value === "number");
    this.numbers.hidden = !fitted || own.length === 0;
    this.numbers.classList.toggle("past", isTraining);
    const number = ([name, value, write = shown]) => element("div", {}, element("dt", {}, name), element("dd", {}, write(value)));
    this.numbers.replaceChildren(...own.map(number));
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
      ...Array.from({ length: inputs }, (_, k) => [names[k] ?? `x${k + 1}`, ({ x, xInterval }) => within(x[k], xInterval?.[k])]),
      [value, ({ value, valueInterval }) => within(value, valueInterval)],
      ["barrier", ({ barrier, barrierInterval, barrierAtEdge }) => `${barrierAtEdge ? "≥ " : ""}${within(barrier, barrierInterval)}`],
      ...(minima.some(({ population }) => population !== null) ? [["population", ({ population }) => shown(population)]] : []),
    ];
    const head = element("tr", {}, ...columns.map(([name]) => element("th", { scope: "col" }, name)));
    const rows = minima.map((minimum) => element("tr", {}, ...columns.map(([, cell]) => element("td", {}, cell(minimum)))));
    this.table.replaceChildren(element("thead", {}, head), element("tbody", {}, ...rows));
  }
}
