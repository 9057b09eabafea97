// Numbers of a picture as tables, for readers who cannot see the picture.

import { make } from "./elements.js";

/// Approximate maximum number of rows of a series. Of longer series, the table shows every n-th row; of maps, every n-th row and column.
const MAX_ROWS = 60;

const dialog = make("dialog", { id: "table-dialog", "aria-labelledby": "table-title" });
document.body.append(dialog);
// The closed dialog is empty, because a physics view has thousands of cells.
dialog.addEventListener("close", () => dialog.replaceChildren());

const formatNumber = (field) => (field === "" ? "" : String(Number(Number(field).toPrecision(4))).replace("-", "−"));

function makeTable(title, rows) {
  const hasValues = rows.some((row) => row[2] !== "");
  const columns = hasValues ? rows.findIndex((row) => row[1] !== rows[0][1]) : 0;
  const step = columns > 0 ? Math.ceil(Math.sqrt(rows.length / MAX_ROWS)) : Math.ceil(rows.length / MAX_ROWS);
  const isShown = (k) => (columns > 0 ? (k % columns) % step === 0 && Math.floor(k / columns) % step === 0 : k % step === 0 || k === rows.length - 1);
  const shown = rows.filter((_, k) => isShown(k));
  const count = hasValues ? 3 : 2;
  const head = ["x", "y", "value"].slice(0, count).map((name) => make("th", { scope: "col" }, name));
  const lines = shown.map((row) => make("tr", {}, ...row.slice(0, count).map((field) => make("td", {}, formatNumber(field)))));
  const caption = step > 1 ? `${title}: ${shown.length} of ${rows.length} points` : title;
  return make("table", {}, make("caption", {}, caption), make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...lines));
}

/// Shows the numbers of a picture. `text` has lines of "picture","series",x,y,value.
export function showTables(name, text) {
  const all = new Map();
  for (const line of text.split("\n").slice(1)) {
    const [, picture, series, rest] = line.match(/^"([^"]*)","([^"]*)",(.*)$/) ?? [];
    if (rest === undefined) continue;
    const title = series ? `${picture}, ${series}` : picture;
    if (!all.has(title)) all.set(title, []);
    all.get(title).push(rest.split(","));
  }
  const close = make("button", { type: "button" }, "Close");
  close.addEventListener("click", () => dialog.close());
  const tables = [...all].map(([title, rows]) => makeTable(title, rows));
  const region = make("div", { className: "tables", tabIndex: 0, role: "region", "aria-label": "Tables" }, ...tables);
  dialog.replaceChildren(make("h2", { id: "table-title" }, `Numbers drawn: ${name}`), region, close);
  dialog.showModal();
}
