// What is kept in the browser, so that a reload or a crash loses nothing: the runs of this and of other tabs, with their tables and fits, in an
// IndexedDB. Each tab has a session of its own, so that two of them do not write over one another.
//
// A record: { id, session, time, title, link, table, file, model }. `link` is the fragment of its address, `table` an own table with its roles, without
// the text of a large file, which is `file`, `model` the text of its model file.

/// Most runs that are kept, those with the user's own data first.
const MOST = 24;

const asked = (request) =>
  new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

let opened;

function database() {
  opened ??= new Promise((done, failed) => {
    if (!globalThis.indexedDB) return failed(new Error("there is no IndexedDB"));
    const request = indexedDB.open("multiwell", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("runs", { keyPath: "id" });
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
    request.onblocked = () => failed(new Error("another tab holds it"));
  });
  return opened;
}

async function within(mode, act) {
  const transaction = (await database()).transaction("runs", mode);
  const result = act(transaction.objectStore("runs"));
  await new Promise((done, failed) => {
    transaction.oncomplete = done;
    transaction.onabort = transaction.onerror = () => failed(transaction.error ?? new Error("it was aborted"));
  });
  return result.result;
}

const newest = (runs) => runs.sort((a, b) => b.time - a.time);

/// The session of this tab: a reload goes on with it, a tab that was duplicated gets its own.
async function session() {
  const fresh = () => crypto.randomUUID?.() ?? String(Math.random());
  let name = fresh();
  try {
    name = sessionStorage.getItem("multiwell") ?? name;
    const isMine = await new Promise((known) => {
      if (!navigator.locks) return known(true);
      // Firefox holds the lock of a page for a moment after it has been reloaded.
      const hold = () => (known(true), new Promise(() => {}));
      navigator.locks.request(`multiwell-${name}`, { signal: AbortSignal.timeout(1000) }, hold).catch(() => known(false));
    });
    if (!isMine) {
      name = fresh();
      navigator.locks.request(`multiwell-${name}`, () => new Promise(() => {}));
    }
    sessionStorage.setItem("multiwell", name);
  } catch {
    // Without a storage for the session nothing is gone on with after a reload.
  }
  return name;
}

const mine = session();
/// The runs of a page are numbered from 1 again after a reload: their records are told apart by this.
const load = crypto.randomUUID?.() ?? String(Math.random());

/// Whether two records are of the same run: what begins it is the same.
const isSame = (a, b) => a.link === b.link && a.title === b.title && a.table?.text === b.table?.text && a.file === b.file;

/// The records that were deleted on this page: what comes later of their runs is not kept.
const removed = new Set();
/// The runs whose data could not be kept.
const lost = new Set();
const warn = (event) => event.preventDefault();
let isWarned = false;
let writing = Promise.resolve();

async function put(number, record) {
  const name = await mine;
  const id = `${name} ${load} ${number}`;
  if (removed.has(id)) return;
  const before = await within("readonly", (runs) => runs.get(id));
  const after = { ...before, ...record, id, session: name, time: Date.now() };
  const all = (await list()).filter((run) => run.id !== id);
  // A run that was begun again after a reload takes the place of the one before it.
  const again = before ? [] : all.filter((run) => run.session === name && isSame(run, after));
  const others = all.filter((run) => !again.includes(run));
  const surplus = [...others.filter((run) => run.table), ...others.filter((run) => !run.table)].slice(MOST - 1);
  await within("readwrite", (runs) => {
    for (const run of [...again, ...surplus]) runs.delete(run.id);
    return runs.put(after);
  });
}

/// The tables of the newest runs of this page, and their files, by their numbers.
const tables = new Map();
/// As many runs as can be returned to.
const MOST_TABLES = 12;

/// The table of a run of this page and its file, if it learns from one.
export const given = (number) => tables.get(number);

function remember(number, record) {
  const { table, file } = { ...tables.get(number), ...record };
  // Runs on the same table share its text.
  const same = [...tables.values()].find((other) => other.table && other.table.text === table?.text);
  tables.delete(number);
  tables.set(number, { table: same ? { ...table, text: same.table.text } : table, file });
  if (tables.size > MOST_TABLES) tables.delete(tables.keys().next().value);
}

/// Keeps a run of this page under its number; what is not given stays as it was. If its data cannot be kept, says why once, and before the page is left.
export function keep(number, all, say) {
  remember(number, all);
  // A table of the page's own site is fetched again.
  const { table, ...rest } = all;
  const record = /(^|&)data=/.test(all.link ?? "") ? rest : all;
  writing = writing.then(async () => {
    try {
      await put(number, record);
      if (record.table) lost.delete(number);
    } catch (error) {
      // What is in the link is not lost.
      if (!record.table) return;
      lost.add(number);
      if (!isWarned) say(`This browser does not keep your data when the page is left (${error?.message ?? error}): save the model first.`);
      isWarned = true;
    }
    (lost.size > 0 ? addEventListener : removeEventListener)("beforeunload", warn);
  });
  return writing;
}

/// All runs that are kept, the newest first.
export async function list() {
  return newest(await within("readonly", (runs) => runs.getAll()));
}

/// Deletes a run, after what is being written: that would put it back.
export function remove(id) {
  removed.add(id);
  const removal = writing.then(() => within("readwrite", (runs) => runs.delete(id)));
  writing = removal.catch(() => {});
  return removal;
}

/// The run that this tab showed last, if the address is still its own.
export async function last(link) {
  try {
    const name = await mine;
    return (await list()).find((run) => run.session === name && run.link === link);
  } catch {
    return undefined;
  }
}

/// Lists the runs in an element, each with a button that opens it and one that deletes it.
export async function show(element, open) {
  let runs = [];
  let why = "";
  try {
    runs = await list();
  } catch (error) {
    why = `This browser keeps no runs: ${error?.message ?? error}.`;
  }
  const make = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const line = (run) => {
    const opens = make("button", { type: "button", className: "plain" }, run.title, make("small", {}, when.format(run.time)));
    opens.addEventListener("click", () => open(run));
    const deletes = make("button", { type: "button", className: "plain delete", title: "Delete" }, "×");
    deletes.setAttribute("aria-label", `Delete ${run.title}`);
    deletes.addEventListener("click", async (event) => {
      event.stopPropagation();
      const next = deletes.parentElement.nextElementSibling ?? deletes.parentElement.previousElementSibling;
      await remove(run.id);
      await show(element, open);
      (next ? element.querySelector("button") : element.previousElementSibling)?.focus();
    });
    return make("div", { className: "kept" }, opens, deletes);
  };
  const note = why || (runs.length > 0 ? "Kept in this browser:" : "Runs are kept here, in this browser, with the data that you open.");
  element.replaceChildren(make("p", { className: "note" }, note), ...runs.map(line));
}
