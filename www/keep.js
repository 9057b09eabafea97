// Storage in the browser, so that a reload or a crash loses nothing: the runs of this and of other tabs, with their tables and fits, in an IndexedDB. Each tab
// has its own session, so that two tabs do not overwrite each other.
//
// A record is { id, session, time, title, link, table, file, model }. `link` is the fragment of its address. `table` is the user's table with its roles,
// without the text of a large file. `file` is that file. `model` is the text of the model file.

import { make } from "./elements.js";

/// Maximum number of stored runs. Runs with the user's own data take precedence.
const MAX_RUNS = 24;

let openedDatabase;

function openDatabase() {
  openedDatabase ??= new Promise((done, failed) => {
    if (!globalThis.indexedDB) return failed(new Error("there is no IndexedDB"));
    const request = indexedDB.open("multiwell", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("runs", { keyPath: "id" });
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
    request.onblocked = () => failed(new Error("another tab blocks it"));
  });
  return openedDatabase;
}

async function runTransaction(mode, action) {
  const transaction = (await openDatabase()).transaction("runs", mode);
  const result = action(transaction.objectStore("runs"));
  await new Promise((done, failed) => {
    transaction.oncomplete = done;
    transaction.onabort = transaction.onerror = () => failed(transaction.error ?? new Error("it was aborted"));
  });
  return result.result;
}

const sortByTime = (runs) => runs.sort((a, b) => b.time - a.time);

/// Session of this tab. A reload continues the session; a duplicated tab gets a new one.
async function openSession() {
  const fresh = () => crypto.randomUUID?.() ?? String(Math.random());
  let name = fresh();
  try {
    name = sessionStorage.getItem("multiwell") ?? name;
    const isMine = await new Promise((known) => {
      if (!navigator.locks) return known(true);
      // After a reload, Firefox holds the lock of the previous page for a moment.
      const hold = () => (known(true), new Promise(() => {}));
      navigator.locks.request(`multiwell-${name}`, { signal: AbortSignal.timeout(1000) }, hold).catch(() => known(false));
    });
    if (!isMine) {
      name = fresh();
      navigator.locks.request(`multiwell-${name}`, () => new Promise(() => {}));
    }
    sessionStorage.setItem("multiwell", name);
  } catch {
    // Without session storage, a reload does not continue the session.
  }
  return name;
}

const currentSession = openSession();
/// Random id of this page load. After a reload, run numbers begin at 1 again; this id distinguishes the records.
const pageLoadId = crypto.randomUUID?.() ?? String(Math.random());

/// Whether two records belong to the same run, which starts from the same link, title and data.
const isSame = (a, b) => a.link === b.link && a.title === b.title && a.table?.text === b.table?.text && a.file === b.file;

/// Records that were deleted on this page. Later updates of their runs are not stored.
const deletedIds = new Set();
/// Runs whose data could not be stored.
const unsavedRuns = new Set();
const preventLeaving = (event) => event.preventDefault();
let isWarned = false;
let pendingWrites = Promise.resolve();

async function writeRecord(number, record) {
  const name = await currentSession;
  const id = `${name} ${pageLoadId} ${number}`;
  if (deletedIds.has(id)) return;
  const before = await runTransaction("readonly", (runs) => runs.get(id));
  const after = { ...before, ...record, id, session: name, time: Date.now() };
  const all = (await list()).filter((run) => run.id !== id);
  // A run that restarted after a reload replaces its previous record.
  const replaced = before ? [] : all.filter((run) => run.session === name && isSame(run, after));
  const others = all.filter((run) => !replaced.includes(run));
  const surplus = [...others.filter((run) => run.table), ...others.filter((run) => !run.table)].slice(MAX_RUNS - 1);
  await runTransaction("readwrite", (runs) => {
    for (const run of [...replaced, ...surplus]) runs.delete(run.id);
    return runs.put(after);
  });
}

/// Tables and files of the newest runs of this page, by run number.
const tables = new Map();
/// Maximum number of runs whose tables are kept.
const MAX_TABLES = 12;

/// Table and file of a run of this page, if the run uses one.
export const dataOfRun = (number) => tables.get(number);

function cacheData(number, record) {
  const { table, file } = { ...tables.get(number), ...record };
  // Runs on the same table share its text.
  const same = [...tables.values()].find((other) => other.table && other.table.text === table?.text);
  tables.delete(number);
  tables.set(number, { table: same ? { ...table, text: same.table.text } : table, file });
  if (tables.size > MAX_TABLES) tables.delete(tables.keys().next().value);
}

/// Stores a run of this page under its number. Fields that are not given stay unchanged. If its data cannot be stored, the function warns once, and again
/// before the page is left.
export function keep(number, all, notify) {
  cacheData(number, all);
  // A table of the page's own site can be fetched again.
  const { table, ...rest } = all;
  const record = /(^|&)data=/.test(all.link ?? "") ? rest : all;
  pendingWrites = pendingWrites.then(async () => {
    try {
      await writeRecord(number, record);
      if (record.table) unsavedRuns.delete(number);
    } catch (error) {
      // The link alone restores a run without a table.
      if (!record.table) return;
      unsavedRuns.add(number);
      if (!isWarned) notify(`This browser cannot store your data (${error?.message ?? error}). Save the model before you leave the page.`);
      isWarned = true;
    }
    (unsavedRuns.size > 0 ? addEventListener : removeEventListener)("beforeunload", preventLeaving);
  });
  return pendingWrites;
}

/// All stored runs, the newest first.
export async function list() {
  return sortByTime(await runTransaction("readonly", (runs) => runs.getAll()));
}

/// Deletes a run after pending writes, which would restore it.
export function deleteRun(id) {
  deletedIds.add(id);
  const removal = pendingWrites.then(() => runTransaction("readwrite", (runs) => runs.delete(id)));
  pendingWrites = removal.catch(() => {});
  return removal;
}

/// Last run of this tab, if the address still belongs to it.
export async function findLastRun(link) {
  try {
    const name = await currentSession;
    return (await list()).find((run) => run.session === name && run.link === link);
  } catch {
    return undefined;
  }
}

/// Lists the runs in an element. Each has a button that opens it and a button that deletes it.
export async function showRuns(element, open) {
  let runs = [];
  let why = "";
  try {
    runs = await list();
  } catch (error) {
    why = `This browser cannot store runs: ${error?.message ?? error}.`;
  }
  const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const line = (run) => {
    const opens = make("button", { type: "button", className: "plain" }, run.title, make("small", {}, when.format(run.time)));
    opens.addEventListener("click", () => open(run));
    const deletes = make("button", { type: "button", className: "plain delete", title: "Delete", "aria-label": `Delete ${run.title}` }, "×");
    deletes.addEventListener("click", async (event) => {
      event.stopPropagation();
      const next = deletes.parentElement.nextElementSibling ?? deletes.parentElement.previousElementSibling;
      await deleteRun(run.id);
      await showRuns(element, open);
      (next ? element.querySelector("button") : element.previousElementSibling)?.focus();
    });
    return make("div", { className: "kept" }, opens, deletes);
  };
  const note = why || (runs.length > 0 ? "Stored in this browser:" : "Runs and opened data are stored here, in this browser.");
  element.replaceChildren(make("p", { className: "note" }, note), ...runs.map(line));
}
