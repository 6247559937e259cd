// Elements of the page, and what it says: beside the pointer, and to screen readers.

const SVG = "http://www.w3.org/2000/svg";

// `element("p", { class: "hint", onclick: f }, "text", child)`. Children that are null are left out.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function svg(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const button = (text, onclick, attributes = {}) =>
  element("button", { type: "button", onclick, ...attributes }, text);
const hint = (...children) => element("p", { class: "hint" }, ...children);
const wide = (table) => element("div", { class: "wide" }, table);

// A table: a list of names of columns, and rows made by `row`.
function table(header, rows, attributes = {}) {
  const names = header.map((text) => element("th", { scope: "col" }, text));
  return wide(element("table", attributes, element("tr", {}, ...names), ...rows));
}

const row = (cells, attributes = {}) =>
  element("tr", attributes, ...cells.map((cell) => element("td", {}, cell)));

// Puts new parts in place of others; if a pressed button had the focus, its successor has it.
function replaceParts(box, parts) {
  const hadFocus = box.contains(document.activeElement) && document.activeElement.ariaPressed;
  box.replaceChildren(...parts);
  if (hadFocus) box.querySelector("[aria-pressed=true]")?.focus();
}

// A few words at a point of the window; none for "".
function hover(text, x = 0, y = 0) {
  const box = document.getElementById("hover");
  box.textContent = text;
  if (!text) return;
  box.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - box.offsetWidth - 8))}px`;
  box.style.top = `${y + 18 + box.offsetHeight > innerHeight ? y - box.offsetHeight - 10 : y + 18}px`;
}

// For screen readers.
const say = (text) => (document.getElementById("said").textContent = text);
