// Numbers of a picture as tables, for readers who cannot see the picture.

/// Maximum number of rows of a series. For longer series, the table shows every n-th row.
const MAX_ROWS = 60;

const dialog = Object.assign(document.createElement("dialog"), { id: "table-dialog" });
dialog.setAttribute("aria-labelledby", "table-title");
document.body.append(dialog);
// The closed dialog is empty, because a physics view has thousands of cells.
dialog.addEventListener("close", () => dialog.replaceChildren());

function makeElement(name, text = "", properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text }, properties);
}

const formatNumber = (field) => (field === "" ? "" : String(Number(Number(field).toPrecision(4))).replace("-", "−"));

function makeTable(title, rows) {
  const [step, hasValues] = [Math.ceil(rows.length / MAX_ROWS), rows.some((row) => row[2] !== "")];
  const shown = rows.filter((_, k) => k % step === 0 || k === rows.length - 1);
  const made = document.createElement("table");
  made.append(makeElement("caption", step > 1 ? `${title}: ${shown.length} of ${rows.length} points` : title));
  const head = made.createTHead().insertRow();
  head.append(...["x", "y", "value"].slice(0, hasValues ? 3 : 2).map((name) => makeElement("th", name, { scope: "col" })));
  const body = made.createTBody();
  for (const row of shown) {
    const line = body.insertRow();
    row.slice(0, hasValues ? 3 : 2).forEach((field) => (line.insertCell().textContent = formatNumber(field)));
  }
  return made;
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
  const close = makeElement("button", "Close", { type: "button" });
  close.addEventListener("click", () => dialog.close());
  const region = Object.assign(document.createElement("div"), { className: "tables", tabIndex: 0 });
  region.setAttribute("role", "region");
  region.setAttribute("aria-label", "Tables");
  region.append(...[...all].map(([title, rows]) => makeTable(title, rows)));
  dialog.replaceChildren(makeElement("h2", `Numbers drawn: ${name}`, { id: "table-title" }), region, close);
  dialog.showModal();
}
