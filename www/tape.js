// The tape shows the computations of the engine: the graph of the fit, grouped by layers, with its derivative; a node at a point, its derivatives beside finite
// differences; the slots of the compiled plan; and the time by kernel. The page loads this script on demand; a worker computes.

import { make, makeSvg, makeTable } from "./elements.js";
import { endWorker, formatCount, formatMagnitude, formatMicroseconds, formatNumber, insertBlanks, readModelFile, sendRequest } from "./tape-parts.js";
import { showPlan, showTimes } from "./tape-plan.js";

/// State of the dialog: the outline and the selection in it.
let outline;
let unfolded;
let rows = [];
let current = "root-forward";
let point;
let along = 0;
let mode = 0;
let times;

let dialog;
const part = (name) => dialog.querySelector(`[data-tape=${name}]`);

const TABS = [
  ["graph", "Graph"],
  ["plan", "Plan"],
  ["time", "Time"],
];

function buildDialog() {
  const link = make("link", { rel: "stylesheet", href: "tape.css" });
  document.head.append(link);
  const named = (name, element, properties = {}, ...children) => make(element, { "data-tape": name, ...properties }, ...children);
  const tabs = TABS.map(([id, words]) =>
    make("button", { type: "button", role: "tab", id: `tape-tab-${id}`, "aria-controls": `tape-${id}`, "aria-selected": "false", tabIndex: -1 }, words),
  );
  const panel = (id, ...children) => make("div", { role: "tabpanel", id: `tape-${id}`, "aria-labelledby": `tape-tab-${id}`, hidden: true }, ...children);
  dialog = make(
    "dialog",
    { id: "tape", "aria-labelledby": "tape-title" },
    make("h2", { id: "tape-title", tabIndex: -1 }, "The tape"),
    named("summary", "p", { role: "status" }),
    make("div", { className: "bar-of-tabs" }, make("div", { className: "tabs", role: "tablist", "aria-label": "Parts of the tape" }, ...tabs), named("again", "button", { type: "button", className: "link" }, "use the present fit")),
    panel(
      "graph",
      named("point", "div", { className: "point", role: "group", "aria-label": "Point" }),
      make(
        "div",
        { className: "both" },
        named("scroll", "div", { className: "scroll" }, named("tree", "ul", { role: "tree", "aria-label": "Nodes by layers" })),
        named("node", "div", { className: "node", role: "region", "aria-label": "Node", tabIndex: 0 }),
      ),
    ),
    panel("plan", named("layout", "div")),
    panel("time", named("times", "div")),
    make("form", { method: "dialog" }, make("button", {}, "Close")),
  );
  document.body.append(dialog);
  for (const [k, tab] of tabs.entries()) {
    tab.addEventListener("click", () => selectTab(TABS[k][0]));
    tab.addEventListener("keydown", (event) => {
      const to = { ArrowRight: k + 1, ArrowLeft: k + TABS.length - 1, Home: 0, End: TABS.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      selectTab(TABS[to % TABS.length][0]);
      tabs[to % TABS.length].focus();
    });
  }
  part("tree").addEventListener("keydown", handleTreeKey);
  part("again").addEventListener("click", () => load());
  addEventListener("resize", () => dialog.open && outline && drawEdges());
}

function selectTab(chosen) {
  for (const [id] of TABS) {
    const tab = document.getElementById(`tape-tab-${id}`);
    tab.ariaSelected = String(id === chosen);
    tab.tabIndex = id === chosen ? 0 : -1;
    document.getElementById(`tape-${id}`).hidden = id !== chosen;
  }
}

/// Opens the tape of the fit. The focus returns to `from` when the dialog is closed.
export async function open(from) {
  if (!dialog) buildDialog();
  const closed = () => {
    dialog.dataset.state = "closed";
    endWorker();
    from?.focus();
  };
  dialog.addEventListener("close", closed, { once: true });
  dialog.showModal();
  document.getElementById("tape-title").focus();
  selectTab("graph");
  await load();
}

async function load() {
  dialog.dataset.state = "loading";
  part("summary").textContent = "Recording the fit …";
  try {
    const epoch = document.getElementById("epoch").textContent;
    const text = await readModelFile();
    const before = outline;
    outline = await sendRequest("open", text);
    times = undefined;
    const same = before && JSON.stringify(before.layers) === JSON.stringify(outline.layers);
    if (!same) {
      point = outline.point;
      [along, mode, current, unfolded] = [0, 0, "root-forward", new Set(["root-forward", "root-reverse"])];
    }
    indexNodes();
    const [forward, reverse] = [false, true].map((is) => outline.layers.filter((layer) => layer.is_reverse === is).reduce((sum, layer) => sum + layer.nodes.length, 0));
    part("summary").textContent = `${outline.title[0].toUpperCase()}${outline.title.slice(1)}, at epoch ${epoch}: ${formatCount(forward, "node")} forward, ${formatCount(reverse, "node")} in reverse. All modes are one operation.`;
    showPoint();
    showTree();
    await showSelection();
    showPlan(part("layout"), outline, (id) => outline.layers[nodes.get(id).layer].is_reverse, makeNodeButton);
    showTimetable();
    dialog.dataset.state = "ready";
  } catch (sentence) {
    part("summary").textContent = typeof sentence === "string" ? sentence : `The tape cannot be shown: ${sentence.message ?? sentence}`;
    dialog.dataset.state = "failed";
  }
}

/// Nodes by their numbers, with their layer and the nodes that read them.
let nodes;

function indexNodes() {
  nodes = new Map();
  outline.layers.forEach((layer, k) => layer.nodes.forEach((node) => nodes.set(node.id, { ...node, layer: k, readBy: [] })));
  for (const node of nodes.values()) for (const operand of new Set(node.reads)) nodes.get(operand).readBy.push(node.id);
  for (const [id, node] of nodes) if (node.adjoint !== null) (nodes.get(node.adjoint).adjointOf ??= []).push(id);
}

const nameOfLayer = ({ name, is_reverse }) => (is_reverse ? `adjoint of ${name}` : name);

/// Shows the point: a field for each coordinate, and a slider if there is only one.
function showPoint() {
  const fields = outline.coordinates.map(({ name, range: [low, high] }, k) => {
    const id = `tape-at-${k}`;
    const field = make("input", { id, inputMode: "decimal", autocomplete: "off", value: String(Number(point[k].toPrecision(6))) });
    const apply = () => {
      const value = Number(field.value.replace("−", "-"));
      if (field.value.trim() === "" || !Number.isFinite(value)) field.value = String(Number(point[k].toPrecision(6)));
      else if (value !== Number(point[k].toPrecision(6))) {
        point[k] = value;
        const slider = document.getElementById("tape-slider");
        if (slider) slider.value = value;
        showSelection();
      }
    };
    field.addEventListener("change", apply);
    field.addEventListener("keydown", (event) => event.key === "Enter" && apply());
    const parts = [make("label", { htmlFor: id }, name), field];
    if (outline.coordinates.length === 1) {
      const slider = make("input", { id: "tape-slider", type: "range", min: low, max: high, step: (high - low) / 200, "aria-label": `${name}, slider` });
      slider.value = point[k];
      slider.addEventListener("input", () => {
        point[k] = Number(slider.value);
        field.value = String(Number(point[k].toPrecision(6)));
        showSelection();
      });
      parts.push(slider);
    }
    return make("span", {}, ...parts);
  });
  if (outline.coordinates.length > 1) {
    const by = make("select", { id: "tape-along" }, ...outline.coordinates.map(({ name }, k) => make("option", { value: k }, name)));
    by.value = along;
    by.addEventListener("change", () => ((along = Number(by.value)), showSelection()));
    fields.push(make("span", {}, make("label", { htmlFor: "tape-along" }, "tangent by"), by));
  }
  part("point").replaceChildren(...fields);
}

/// Visible lines of the tree: the two sweeps, their layers, and the nodes of unfolded layers.
function collectRows() {
  const list = [];
  for (const [key, name, is] of [
    ["root-forward", "Forward", false],
    ["root-reverse", "Reverse: adjoints", true],
  ]) {
    const layers = outline.layers.map((layer, k) => [layer, k]).filter(([layer]) => layer.is_reverse === is);
    const all = layers.flatMap(([layer]) => layer.nodes);
    list.push({ key, level: 1, name, note: formatCount(all.length, "node"), all, of: [is ? 2 : 1, 2], folds: true });
    if (!unfolded.has(key)) continue;
    layers.forEach(([layer, k], position) => {
      const own = `layer-${k}`;
      list.push({ key: own, level: 2, name: nameOfLayer(layer), note: formatCount(layer.nodes.length, "node"), all: layer.nodes, of: [position + 1, layers.length], folds: true, parent: key });
      if (!unfolded.has(own)) return;
      layer.nodes.forEach((node, n) =>
        list.push({ key: `node-${node.id}`, level: 3, id: node.id, name: node.operation, note: node.shape, all: [node], of: [n + 1, layer.nodes.length], parent: own }),
      );
    });
  }
  return list;
}

function showTree() {
  rows = collectRows();
  if (!rows.some((row) => row.key === current)) current = rows[0].key;
  const items = rows.map((row) => {
    const item = make(
      "li",
      { role: "treeitem", id: `tape-${row.key}`, "aria-level": row.level, "aria-posinset": row.of[0], "aria-setsize": row.of[1], "aria-selected": String(row.key === current), tabIndex: row.key === current ? 0 : -1 },
      make("span", { className: "fold", "aria-hidden": "true" }, row.folds ? (unfolded.has(row.key) ? "▾" : "▸") : ""),
      make("span", { className: "name" }, ...(row.id === undefined ? [] : [make("b", {}, `%${row.id}`), " = "]), row.name),
      make("small", {}, row.note),
    );
    if (row.folds) item.ariaExpanded = String(unfolded.has(row.key));
    item.addEventListener("click", () => (row.folds && row.key === current ? setUnfolded(row, !unfolded.has(row.key)) : selectRow(row.key)));
    item.querySelector(".fold").addEventListener("click", (event) => row.folds && (event.stopPropagation(), setUnfolded(row, !unfolded.has(row.key))));
    return item;
  });
  part("tree").replaceChildren(...items);
  drawEdges();
}

/// Draws the edges, left of the lines: from the line of an operand to the line that reads it.
function drawEdges() {
  part("scroll").querySelector("svg")?.remove();
  const line = new Map();
  rows.forEach((row, k) => row.all.forEach((node) => line.set(node.id, k)));
  const edges = new Map();
  for (const [id, to] of line) {
    for (const operand of nodes.get(id).reads) {
      const from = line.get(operand);
      if (from !== to) edges.set(`${from} ${to}`, [from, to]);
    }
  }
  const height = part("tree").firstElementChild.offsetHeight || 24;
  const width = parseFloat(getComputedStyle(part("tree")).paddingLeft);
  const at = rows.findIndex((row) => row.key === current);
  const drawing = makeSvg("svg", { width, height: rows.length * height, viewBox: `0 0 ${width} ${rows.length * height}`, "aria-hidden": "true" });
  const of = ([from, to]) => (from === at || to === at ? (to === at ? 1 : 2) : 0);
  for (const edge of [...edges.values()].sort((a, b) => of(a) - of(b))) {
    const [from, to] = edge.map((k) => (k + 0.5) * height);
    const bulge = width - Math.min(width - 3, 8 + 7 * Math.sqrt(Math.abs(edge[1] - edge[0])));
    drawing.append(makeSvg("path", { d: `M${width - 4} ${from}C${bulge} ${from} ${bulge} ${to} ${width - 4} ${to}`, class: ["", "reads", "read-by"][of(edge)] }));
  }
  rows.forEach((row, k) => drawing.append(makeSvg("circle", { cx: width - 4, cy: (k + 0.5) * height, r: row.folds ? 3 : 2 })));
  part("scroll").prepend(drawing);
}

function setUnfolded(row, isOpen) {
  if (isOpen) unfolded.add(row.key);
  else unfolded.delete(row.key);
  current = row.key;
  showTree();
  focusRow();
  showSelection();
}

function focusRow() {
  const item = document.getElementById(`tape-${current}`);
  item.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
}

/// Selects a line, and unfolds its parents.
function selectRow(key) {
  if (key.startsWith("node-")) {
    const { layer } = nodes.get(Number(key.slice(5)));
    const hides = [`layer-${layer}`, outline.layers[layer].is_reverse ? "root-reverse" : "root-forward"];
    hides.forEach((above) => unfolded.add(above));
  }
  if (key !== current) mode = 0;
  current = key;
  showTree();
  focusRow();
  showSelection();
}

/// Handles the keys of the tree.
function handleTreeKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = rows.findIndex((row) => `tape-${row.key}` === event.target.id);
  const row = rows[at];
  if (!row) return;
  const to = (k) => rows[k] && selectRow(rows[k].key);
  const acts = {
    ArrowDown: () => to(at + 1),
    ArrowUp: () => to(at - 1),
    Home: () => to(0),
    End: () => to(rows.length - 1),
    ArrowRight: () => row.folds && (unfolded.has(row.key) ? to(at + 1) : setUnfolded(row, true)),
    ArrowLeft: () => (row.folds && unfolded.has(row.key) ? setUnfolded(row, false) : row.parent && selectRow(row.parent)),
    Enter: () => row.folds && setUnfolded(row, !unfolded.has(row.key)),
    " ": () => row.folds && setUnfolded(row, !unfolded.has(row.key)),
    "*": () => {
      for (const other of rows) if (other.folds && other.level === row.level && other.parent === row.parent) unfolded.add(other.key);
      setUnfolded(row, true);
    },
  };
  if (!acts[event.key]) return;
  event.preventDefault();
  acts[event.key]();
}

/// Creates a button that goes to a node.
function makeNodeButton(id) {
  const button = make("button", { type: "button", className: "link" }, `%${id}`);
  button.addEventListener("click", () => (selectTab("graph"), selectRow(`node-${id}`)));
  return button;
}

let selectionCount = 0;
let isShowing = false;

/// Shows the selection. During a request, only the last selection counts.
async function showSelection() {
  selectionCount += 1;
  if (isShowing) return;
  isShowing = true;
  try {
    for (let mine = 0; mine !== selectionCount; ) {
      mine = selectionCount;
      await showDescription();
    }
  } catch (sentence) {
    part("summary").textContent = String(sentence.message ?? sentence);
  } finally {
    isShowing = false;
  }
}

async function showDescription() {
  const row = rows.find((row) => row.key === current);
  const panel = part("node");
  if (row.id === undefined) {
    panel.dataset.node = row.key;
    panel.replaceChildren(...describeLayer(row));
    return;
  }
  const [id, at, chosen, by] = [row.id, [...point], mode, along];
  const seen = await sendRequest("inspect", [id, chosen, at, by]);
  if (rows.find((row) => row.key === current)?.id !== id) return;
  const node = nodes.get(id);
  const facts = [
    ["shape", [`${node.shape}: ${seen.shape}`]],
    ["layer", [nameOfLayer(outline.layers[node.layer])]],
    ["reads", node.reads.length > 0 ? insertBlanks([...new Set(node.reads)].map(makeNodeButton)) : ["nothing"]],
    ["read by", node.readBy.length > 0 ? insertBlanks(node.readBy.map(makeNodeButton)) : ["nothing"]],
    ["slot", [seen.place]],
  ];
  if (node.adjoint !== null) facts.push(["adjoint", [makeNodeButton(node.adjoint)]]);
  if (node.adjointOf) facts.push(["adjoint of", insertBlanks(node.adjointOf.map(makeNodeButton))]);
  const kernels = outline.steps.map((step, k) => [step, k]).filter(([step]) => step.writes.includes(id));
  for (const [step, k] of kernels) facts.push(["kernel", [`${step.kernel}, step ${k + 1}${times ? `: ${formatMicroseconds(times.steps[k])} µs a tile` : ""}`]]);
  const list = make("dl", {}, ...facts.map(([term, words]) => make("div", {}, make("dt", {}, term), make("dd", {}, ...words))));
  const children = [make("h3", {}, `%${id} = ${node.operation}`), list];
  const isPart = seen.entries.length < seen.modes * seen.of_mode;
  if (isPart && seen.modes > 1) {
    const modes = make("select", { id: "tape-mode" }, ...Array.from({ length: seen.modes }, (_, k) => make("option", { value: k }, k + 1)));
    modes.value = chosen;
    modes.addEventListener("change", () => ((mode = Number(modes.value)), showSelection()));
    children.push(make("p", {}, make("label", { htmlFor: "tape-mode" }, "mode"), " ", modes));
  }
  if (isPart && seen.entries.length < seen.of_mode) children.push(make("p", { className: "note" }, `The first ${seen.entries.length} of ${formatCount(seen.of_mode, "entry").replace("entrys", "entries")}.`));
  const coordinate = outline.coordinates[by].name;
  const quantity = outline.quantity;
  if (seen.entries[0].adjoint) children.push(makeDerivativeTable(`Adjoint: the derivative of ${quantity} by the node`, "adjoint", seen.entries, (entry) => entry.adjoint));
  else children.push(make("p", { className: "note" }, explainMissingAdjoint(node)));
  children.push(makeDerivativeTable(`Tangent: the derivative of the node by ${coordinate}`, "tangent", seen.entries, (entry) => entry.tangent));
  children.push(
    make("p", { className: "note" }, "In double precision. Differences are central, (f(h) − f(−h))/2h, extrapolated from the steps h and h/2; ± is their estimated error. h is the step with the smallest estimated error. Operands of stop_gradient are constant."),
  );
  const had = panel.contains(document.activeElement) ? document.activeElement.id : "";
  panel.dataset.node = row.key;
  panel.dataset.point = at.join(" ");
  panel.replaceChildren(...children);
  if (had) document.getElementById(had)?.focus();
}

function explainMissingAdjoint(node) {
  if (outline.layers[node.layer].is_reverse) return "A node of the reverse sweep has no adjoint here: the graph is differentiated only once.";
  return "No adjoint: the node is constant for the derivative, or the differentiated value does not depend on it.";
}

/// Description of a sweep or a layer.
function describeLayer(row) {
  const own = new Set(row.all.map((node) => node.id));
  const others = (ids) => [...new Set(ids.filter((id) => !own.has(id)).map((id) => nameOfLayer(outline.layers[nodes.get(id).layer])))];
  const reads = others(row.all.flatMap((node) => node.reads));
  const readBy = others(row.all.flatMap((node) => nodes.get(node.id).readBy));
  const parameters = row.all.filter((node) => node.operation.startsWith("parameter "));
  const facts = [
    ["nodes", row.note],
    ["reads", reads.join("; ") || "nothing"],
    ["read by", readBy.join("; ") || "nothing"],
  ];
  if (parameters.length > 0) facts.push(["parameters", parameters.map((node) => `${node.operation.slice(10)} ${node.shape}`).join(", ")]);
  const words =
    row.level > 1
      ? "Unfold the layer to see its nodes (key →; * unfolds all of the sweep); choose a node for its value and its derivatives at the point."
      : row.key === "root-forward"
        ? `Operations in the order in which they are recorded: ${outline.quantity} at a point of the inputs. Lines on the left connect operands with the nodes that read them.`
        : "The reverse sweep: the derivative of the value by every node, from the last layer to the first. It is a graph of the same operations.";
  return [make("h3", {}, row.name), make("p", {}, words), make("dl", {}, ...facts.map(([term, text]) => make("div", {}, make("dt", {}, term), make("dd", {}, text))))];
}

function makeDerivativeTable(caption, name, entries, of) {
  const isMatrix = entries.some((entry) => entry.at[2] > 1);
  const head = [isMatrix ? "mode, row, column" : "mode, row", "value", name, "difference", "±", "relative", "h"];
  // A phone has room for all columns but the step.
  const digits = matchMedia("(max-width: 760px)").matches ? 5 : 7;
  const where = ({ at }) => `${at[0]}, ${at[1]}${isMatrix ? `, ${at[2]}` : ""}`;
  const number = (value, text, name) => make("td", { "data-value": String(value), "data-is": name }, text);
  const lines = entries.map((entry) => {
    const { exact, difference, error, step } = of(entry);
    const largest = Math.max(Math.abs(exact), Math.abs(difference));
    const relative = largest === 0 ? 0 : Math.abs(exact - difference) / largest;
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, where(entry)),
      number(entry.value, formatNumber(entry.value, digits), "value"),
      number(exact, formatNumber(exact, digits), "exact"),
      number(difference, formatNumber(difference, digits), "difference"),
      number(error, formatMagnitude(error), "error"),
      number(relative, formatMagnitude(relative), "relative"),
      number(step, formatMagnitude(step), "step"),
    );
  });
  return makeTable(caption, name, head, lines, make("caption", {}, caption));
}

/// Shows the time by kernel.
function showTimetable() {
  showTimes(part("times"), outline, times, (measured) => {
    times = measured;
    showTimetable();
    document.getElementById("tape-progress").textContent = "measured";
    if (dialog.contains(document.activeElement) || document.activeElement === document.body) document.getElementById("tape-measure").focus();
    showSelection();
  });
}
