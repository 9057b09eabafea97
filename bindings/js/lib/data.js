// Checks the data of a caller and converts them to the layout of the module: one array of numbers, row after row.

import { MultiwellError } from "./error.js";

const isList = (value) => Array.isArray(value) || ArrayBuffer.isView(value);

/** Number and noun, such as `3 rows`. */
const formatCount = (length, noun) => `${length} ${noun}${length === 1 ? "" : "s"}`;

const makeError = (sentence) => new MultiwellError(sentence);

function readNumber(value, name) {
  if (typeof value === "number" || value === null) return value ?? NaN;
  throw makeError(`${name} must hold numbers, not ${typeof value === "object" ? "an object" : JSON.stringify(value)}`);
}

/** Converts a list to numbers and checks its length. Returns `undefined` if there is no list. */
function readNumbers(list, name, length) {
  if (list === undefined || list === null) return undefined;
  if (!isList(list)) throw makeError(`${name} must be an array of numbers`);
  if (length !== undefined && list.length !== length) throw makeError(`${name} must have ${formatCount(length, "number")}, not ${list.length}`);
  return Float64Array.from(list, (value) => readNumber(value, name));
}

/** Names of the columns. */
function readNames(names, length, prefix) {
  const list = typeof names === "string" ? [names] : names;
  if (list === undefined) return length === 1 ? [prefix] : Array.from({ length }, (_, k) => `${prefix}${k + 1}`);
  if (!Array.isArray(list) || list.length !== length) throw makeError(`names must be ${formatCount(length, "text")}, one for each column`);
  return list.map(String);
}

/**
 * Reads a table: a list of numbers (one column), a list of rows, or `{ data, columns }` with the numbers row after row. If the number of columns `expected` is
 * given, a typed array may also contain the rows one after another.
 */
export function readMatrix(table, name, expected, names) {
  let numbers, columns;
  if (table && !isList(table) && isList(table.data)) {
    ({ columns } = table);
    if (!Number.isInteger(columns) || columns < 1) throw makeError(`${name}.columns must be a whole number from 1 on`);
    numbers = readNumbers(table.data, `${name}.data`);
  } else if (isList(table) && isList(table[0])) {
    columns = table[0].length;
    numbers = new Float64Array(table.length * columns);
    table.forEach((row, k) => {
      if (!isList(row) || row.length !== columns) throw makeError(`row ${k} of ${name} must have ${formatCount(columns, "number")}, as the first has`);
      for (let c = 0; c < columns; c++) numbers[k * columns + c] = readNumber(row[c], name);
    });
  } else if (isList(table)) {
    columns = ArrayBuffer.isView(table) ? (expected ?? 1) : 1;
    numbers = readNumbers(table, name);
  } else {
    throw makeError(`${name} must be an array of numbers, an array of rows, or { data, columns }`);
  }
  if (expected !== undefined && columns !== expected) throw makeError(`${name} must have ${formatCount(expected, "column")}, not ${columns}`);
  if (columns < 1 || numbers.length % columns !== 0) throw makeError(`${name} holds ${numbers.length} numbers, which are no whole rows of ${columns}`);
  return { numbers, columns, names: readNames(names, columns, "x") };
}

/** Arguments of a fit of a potential: points, number of inputs, values, slopes, whether the slopes are forces, standard errors, names. */
function readCurve({ x, y, gradient, forces, weights, sigma, names, target }) {
  const { numbers, columns, names: inputs } = readMatrix(x, "x", undefined, names);
  const rows = numbers.length / columns;
  if (gradient !== undefined && forces !== undefined) throw makeError("give gradient or forces, not both: forces are minus the gradient");
  if (weights !== undefined && sigma !== undefined) throw makeError("give weights or sigma, not both: a weight is one over the square of sigma");
  const slopes = gradient ?? forces;
  const derivatives = slopes === undefined ? undefined : readMatrix(slopes, gradient ? "gradient" : "forces", columns).numbers;
  if (derivatives && derivatives.length !== numbers.length) throw makeError(`${gradient ? "gradient" : "forces"} must have ${rows} rows, as x has, not ${derivatives.length / columns}`);
  let sigmas = readNumbers(sigma, "sigma", rows);
  if (weights !== undefined) {
    const given = readNumbers(weights, "weights", rows);
    if (given.some((weight) => !(weight > 0))) throw makeError("weights must be positive; leave out rows that weigh nothing");
    sigmas = given.every((weight) => weight === given[0]) ? undefined : given.map((weight) => 1 / Math.sqrt(weight));
  }
  const output = target === undefined ? (slopes === undefined ? "y" : "Psi") : String(target);
  return [numbers, columns, readNumbers(y, "y", rows), derivatives, forces !== undefined, sigmas ?? new Float64Array(), [...inputs, output]];
}

/** Reads trajectories with the same number of rows: times, inputs and, if present, outputs, one trajectory after another. */
export function readTrajectories({ time, inputs, outputs, names = {} }, expected) {
  const all = (tables, name) => {
    if (!isList(tables) || tables.length === 0) throw makeError(`${name} must be an array with a table for each trajectory`);
    return Array.from(tables, (table, k) => readMatrix(table, `${name}[${k}]`, name === "inputs" ? expected : undefined));
  };
  const given = all(inputs, "inputs");
  const rows = given[0].numbers.length / given[0].columns;
  const join = (tables, name) => {
    const { columns } = tables[0];
    if (tables.length !== given.length) throw makeError(`${name} must have ${given.length} trajectories, as inputs have, not ${tables.length}`);
    tables.forEach((table, k) => {
      if (table.columns !== columns || table.numbers.length !== rows * columns) throw makeError(`${name}[${k}] must have ${rows} rows of ${columns} numbers`);
    });
    const joined = new Float64Array(tables.length * rows * columns);
    tables.forEach(({ numbers }, k) => joined.set(numbers, k * rows * columns));
    return joined;
  };
  const times = isList(time?.[0]) ? all(time, "time") : given.map(() => readMatrix(time, "time", 1));
  const found = outputs === undefined ? undefined : all(outputs, "outputs");
  const allNames = [readNames(names.inputs, given[0].columns, "x"), readNames(names.outputs, found?.[0].columns ?? 0, "y")];
  return { rows, time: join(times, "time"), inputs: join(given, "inputs"), outputs: found && join(found, "outputs"), names: allNames };
}

/** Converts settings to alternating names and texts, sorted by name, as the module reads them. */
export function encodeSettings(settings) {
  const written = (value) => {
    if (typeof value === "boolean") return value ? "1" : "0";
    if (isList(value)) return Array.from(value, written).join(",");
    return String(value);
  };
  const known = Object.entries(settings).filter(([, value]) => value !== undefined && value !== null && value !== false);
  return known.sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, value]) => [name, written(value)]);
}

/** Each kind of data, by the field that shows it, with all fields that it may have. */
const FIELDS = Object.entries({
  benchmark: ["benchmark"],
  samples: ["samples", "weights", "names"],
  outputs: ["time", "inputs", "outputs", "names"],
  x: ["x", "y", "gradient", "forces", "weights", "sigma", "names", "target"],
});

/** Returns the constructor of the module for these data, and its arguments. */
export function chooseConstructor(data, settings) {
  const given = Object.entries(data ?? {}).flatMap(([name, value]) => (value === undefined || value === null ? [] : [name]));
  const [kind, fields] = FIELDS.find(([field]) => given.includes(field)) ?? [];
  if (kind === undefined) {
    throw makeError("give the data to learn from: { x, y }, { x, gradient }, { samples }, { time, inputs, outputs } or { benchmark }");
  }
  const unknown = given.find((name) => !fields.includes(name));
  if (unknown) throw makeError(`data with ${kind} have no field ${unknown}, only ${fields.join(", ")}; settings are the second argument of fit`);
  if (kind === "benchmark") return ["benchmark", [String(data.benchmark), settings]];
  if (kind === "samples") {
    const { numbers, columns, names } = readMatrix(data.samples, "samples", undefined, data.names);
    const weights = readNumbers(data.weights, "weights", numbers.length / columns) ?? new Float64Array();
    return ["density", [numbers, columns, weights, names, settings]];
  }
  if (kind === "outputs") {
    const { rows, time, inputs, outputs, names } = readTrajectories(data);
    return ["material", [rows, time, inputs, outputs, ...names, settings]];
  }
  return ["potential", [...readCurve(data), settings]];
}
