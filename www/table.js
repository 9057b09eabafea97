// The numbers of a picture as tables, for those who read and do not see it.

/// Most rows of a series; of more, equally many are left out between two.
const MOST = 60;

const dialog = Object.assign(document.createElement("dialog"), { id: "table-dialog" });
dialog.setAttribute("aria-labelledby", "table-title");
document.body.append(dialog);
// Closed, it holds nothing: a case of physics has thousands of cells.
dialog.addEventListener("close", () => dialog.replaceChildren());

function element(name, text = "", properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text }, properties);
}

const short = (field) => (field === "" ? "" : String(Number(Number(field).toPrecision(4))).replace("-", "−"));

function table(title, rows) {
  const [step, has] = [Math.ceil(rows.length / MOST), rows.some((row) => row[2] !== "")];
  const shown = rows.filter((_, k) => k % step === 0 || k === rows.length - 1);
  const made = document.createElement("table");
  made.append(element("caption", step > 1 ? `${title}: ${shown.length} of ${rows.length} points` : title));
  const head = made.createTHead().insertRow();
  head.append(...["x", "y", "value"].slice(0, has ? 3 : 2).map((name) => element("th", name, { scope: "col" })));
  const body = made.createTBody();
  for (const row of shown) {
    const line = body.insertRow();
    row.slice(0, has ? 3 : 2).forEach((field) => (line.insertCell().textContent = short(field)));
  }
  return made;
}

/// Opens the numbers of a picture; `text` holds lines of "picture","series",x,y,value.
export function show(name, text) {
  const all = new Map();
  for (const line of text.split("\n").slice(1)) {
    const [, picture, series, rest] = line.match(/^"([^"]*)","([^"]*)",(.*)$/) ?? [];
    if (rest === undefined) continue;
    const title = series ? `${picture}, ${series}` : picture;
    if (!all.has(title)) all.set(title, []);
    all.get(title).push(rest.split(","));
  }
  const close = element("button", "Close", { type: "button" });
  close.addEventListener("click", () => dialog.close());
  const region = Object.assign(document.createElement("div"), { className: "tables", tabIndex: 0 });
  region.setAttribute("role", "region");
  region.setAttribute("aria-label", "Tables");
  region.append(...[...all].map(([title, rows]) => table(title, rows)));
  dialog.replaceChildren(element("h2", `Numbers drawn: ${name}`, { id: "table-title" }), region, close);
  dialog.showModal();
}
