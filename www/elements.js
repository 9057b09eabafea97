// Elements that scripts of the page create.

/// Creates an element with properties or attributes, and children.
export function make(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/// Creates an element of a picture, with attributes and children.
export function makeSvg(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/// Creates a table with a row of heads, in a region that can be scrolled by keys. `caption` is optional.
export const makeTable = (label, name, heads, rows, ...caption) =>
  make(
    "div",
    { className: "table", tabIndex: 0, role: "region", "aria-label": label },
    make("table", { "data-table": name }, ...caption, make("thead", {}, make("tr", {}, ...heads.map((words) => make("th", { scope: "col" }, words)))), make("tbody", {}, ...rows)),
  );
