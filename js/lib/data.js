// Data as callers give them, checked and laid out for the module: one array of numbers, row after row.

import { MultiwellError } from "./error.js";

const isList = (value) => Array.isArray(value) || ArrayBuffer.isView(value);

/** A count and what is counted. */
const count = (many, what) => `${many} ${what}${many === 1 ? "" : "s"}`;

const wrong = (sentence) => new MultiwellError(sentence);

function number(value, where) {
  if (typeof value === "number" || value === null) return value ?? NaN;
  throw wrong(`${where} must hold numbers, not ${typeof value === "object" ? "an object" : JSON.stringify(value)}`);
}

/** A list of numbers of this length; `undefined` where none is given. */
function flat(list, name, length) {
  if (list === undefined || list === null) return undefined;
  if (!isList(list)) throw wrong(`${name} must be an array of numbers`);
  if (length !== undefined && list.length !== length) throw wrong(`${name} must have ${count(length, "number")}, not ${list.length}`);
  return Float64Array.from(list, (value) => number(value, name));
}

/** Names for so many columns. */
function called(names, many, letter) {
  const list = typeof names === "string" ? [names] : names;
  if (list === undefined) return many === 1 ? [letter] : Array.from({ length: many }, (_, k) => `${letter}${k + 1}`);
  if (!Array.isArray(list) || list.length !== many) throw wrong(`names must be ${count(many, "text")}, one for each column`);
  return list.map(String);
}

/**
 * A table: a list of numbers (one column), a list of rows, or `{ data, columns }` with the numbers row after row. Where `expected` columns are known, a
 * typed array may hold them row after row too.
 */
export function matrix(table, name, expected, names) {
  let numbers, columns;
  if (table && !isList(table) && isList(table.data)) {
    ({ columns } = table);
    if (!Number.isInteger(columns) || columns < 1) throw wrong(`${name}.columns must be a whole number from 1 on`);
    numbers = flat(table.data, `${name}.data`);
  } else if (isList(table) && isList(table[0])) {
    columns = table[0].length;
    numbers = new Float64Array(table.length * columns);
    table.forEach((row, k) => {
      if (!isList(row) || row.length !== columns) throw wrong(`row ${k} of ${name} must have ${count(columns, "number")}, as the first has`);
      for (let c = 0; c < columns; c++) numbers[k * columns + c] = number(row[c], name);
    });
  } else if (isList(table)) {
    columns = ArrayBuffer.isView(table) ? (expected ?? 1) : 1;
    numbers = flat(table, name);
  } else {
    throw wrong(`${name} must be an array of numbers, an array of rows, or { data, columns }`);
  }
  if (expected !== undefined && columns !== expected) throw wrong(`${name} must have ${count(expected, "column")}, not ${columns}`);
  if (columns < 1 || numbers.length % columns !== 0) throw wrong(`${name} holds ${numbers.length} numbers, which are no whole rows of ${columns}`);
  return { numbers, columns, names: called(names, columns, "x") };
}

/** The arguments of a fit of a potential: points, inputs, values, slopes, whether these are forces, standard errors, names. */
function curveOf({ x, y, gradient, forces, weights, sigma, names, target }) {
  const { numbers, columns, names: inputs } = matrix(x, "x", undefined, names);
  const rows = numbers.length / columns;
  if (gradient !== undefined && forces !== undefined) throw wrong("give gradient or forces, not both: forces are minus the gradient");
  if (weights !== undefined && sigma !== undefined) throw wrong("give weights or sigma, not both: a weight is one over the square of sigma");
  const slopes = gradient ?? forces;
  const steep = slopes === undefined ? undefined : matrix(slopes, gradient ? "gradient" : "forces", columns).numbers;
  if (steep && steep.length !== numbers.length) throw wrong(`${gradient ? "gradient" : "forces"} must have ${rows} rows, as x has, not ${steep.length / columns}`);
  let sigmas = flat(sigma, "sigma", rows);
  if (weights !== undefined) {
    const given = flat(weights, "weights", rows);
    if (given.some((weight) => !(weight > 0))) throw wrong("weights must be positive; leave out rows that weigh nothing");
    sigmas = given.every((weight) => weight === given[0]) ? undefined : given.map((weight) => 1 / Math.sqrt(weight));
  }
  const output = target === undefined ? (slopes === undefined ? "y" : "Psi") : String(target);
  return [numbers, columns, flat(y, "y", rows), steep, forces !== undefined, sigmas ?? new Float64Array(), [...inputs, output]];
}

/** Trajectories of equally many rows: times, inputs and, where they are given, outputs, one trajectory after another. */
export function trajectoriesOf({ time, inputs, outputs, names = {} }, expected) {
  const all = (tables, name) => {
    if (!isList(tables) || tables.length === 0) throw wrong(`${name} must be an array with a table for each trajectory`);
    return Array.from(tables, (table, k) => matrix(table, `${name}[${k}]`, name === "inputs" ? expected : undefined));
  };
  const given = all(inputs, "inputs");
  const rows = given[0].numbers.length / given[0].columns;
  const join = (tables, name) => {
    const { columns } = tables[0];
    if (tables.length !== given.length) throw wrong(`${name} must have ${given.length} trajectories, as inputs have, not ${tables.length}`);
    tables.forEach((table, k) => {
      if (table.columns !== columns || table.numbers.length !== rows * columns) throw wrong(`${name}[${k}] must have ${rows} rows of ${columns} numbers`);
    });
    const joined = new Float64Array(tables.length * rows * columns);
    tables.forEach(({ numbers }, k) => joined.set(numbers, k * rows * columns));
    return joined;
  };
  const times = isList(time?.[0]) ? all(time, "time") : given.map(() => matrix(time, "time", 1));
  const found = outputs === undefined ? undefined : all(outputs, "outputs");
  const called_ = [called(names.inputs, given[0].columns, "x"), called(names.outputs, found?.[0].columns ?? 0, "y")];
  return { rows, time: join(times, "time"), inputs: join(given, "inputs"), outputs: found && join(found, "outputs"), names: called_ };
}

/** Settings as names and texts in turn, in the order of their names, as the module reads them. */
export function givenSettings(settings) {
  const written = (value) => {
    if (typeof value === "boolean") return value ? "1" : "0";
    if (isList(value)) return Array.from(value, written).join(",");
    return String(value);
  };
  const known = Object.entries(settings).filter(([, value]) => value !== undefined && value !== null && value !== false);
  return known.sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, value]) => [name, written(value)]);
}

/** Which constructor of the module opens a fit to these data, and its arguments. */
export function openedBy(data, settings) {
  if (data?.benchmark !== undefined) return ["benchmark", [String(data.benchmark), settings]];
  if (data?.samples !== undefined) {
    const { numbers, columns, names } = matrix(data.samples, "samples", undefined, data.names);
    const weights = flat(data.weights, "weights", numbers.length / columns) ?? new Float64Array();
    return ["density", [numbers, columns, weights, names, settings]];
  }
  if (data?.outputs !== undefined) {
    const { rows, time, inputs, outputs, names } = trajectoriesOf(data);
    return ["material", [rows, time, inputs, outputs, ...names, settings]];
  }
  if (data?.x === undefined) {
    throw wrong("give what is to be learnt from: { x, y }, { x, gradient }, { samples }, { time, inputs, outputs } or { benchmark }");
  }
  return ["potential", [...curveOf(data), settings]];
}
