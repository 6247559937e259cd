// Windows as pictures: where they lie on the input, and pixels × weights = products as small grids.

const GRIDS_AT_FIRST = 2,
  LARGEST_WITH_NUMBERS = 4;

// The map that a window lies on, the map that its result lies on, and an arrow between them.
function windowPicture({ terms, window, total }, name, index) {
  const from = terms.find((term) => term.from.c === window.strongest)?.from ?? terms[0].from;
  const source = data.operations[from.operation];
  if (!source) return null;
  const input = outputOf(source),
    places = layout(input, source.kind, index[0]);
  const output = outputOf(data.operations[name]),
    there = layout(output, data.operations[name].kind, index[0]);
  const [map] = places.find(from.index),
    [own, y, x] = there.find(index);
  const options = (array, layout) => ({ name: array, scale: scaleOf(layout, 150) });
  const left = mapOf(input, places, map, (at) => goTo(from.operation, at), options(from.operation, places));
  const right = mapOf(output, there, own, (at) => goTo(name, at), options(name, there));
  const [down, across] = window.place;
  outline(left, places, [down.first, across.first, down.size, across.size], "chosen");
  outline(right, there, [y, x, 1, 1], "chosen");
  const part = (frame, operation, title) =>
    element("figure", {}, frame, element("figcaption", {}, `${operation}, ${title}`));
  return element(
    "div",
    { class: "window" },
    part(left, from.operation, places.title(map)),
    element("span", { "aria-hidden": "true" }, "→"),
    part(right, name, there.title(own)),
  );
}

// For each input channel, the one that contributes most first: its pixels, times its kernel.
function patchGrids({ terms, patch }) {
  const channels = new Map();
  for (const term of terms) {
    if (!channels.has(term.from.c)) channels.set(term.from.c, []);
    channels.get(term.from.c).push(term);
  }
  const order = [...channels]
    .map(([c, own]) => [c, own, sum(own)])
    .sort((a, b) => Math.abs(b[2]) - Math.abs(a[2]));
  const largest = (value) => terms.reduce((most, term) => Math.max(most, Math.abs(value(term))), 0) || 1;
  const columns = [
    ["pixels", (term) => term.factors[0], (term) => way(term.from)],
    ["weights", (term) => term.factors[1], (term) => way(term.by)],
    ["products", (term) => term.value, () => null],
  ];
  const scales = columns.map(([, value]) => largest(value));
  const grids = ([c, own, total]) => {
    const parts = columns.map((column, i) => grid(column, own, scales[i], patch));
    const signs = ["×", "="].map((sign) => element("span", {}, sign));
    return element(
      "div",
      { class: "product" },
      element("p", {}, `input channel ${c}: the products add up to `, element("b", {}, show(total, 4))),
      element("div", { class: "grids" }, parts[0], signs[0], parts[1], signs[1], parts[2]),
    );
  };
  const box = element("div", {}, ...order.slice(0, GRIDS_AT_FIRST).map(grids));
  if (order.length > GRIDS_AT_FIRST) {
    const more = button(`Show all ${order.length} input channels`, () => {
      more.replaceWith(...order.slice(GRIDS_AT_FIRST).map(grids));
      focusPanel();
    });
    box.append(more);
  }
  return box;
}

// A number in a cell: two digits, and no more than three behind the point.
const brief = (number) => (Math.abs(number) < 0.01 ? String(Number(number.toFixed(3))) : show(number, 2));

// A grid of a column: its title, the value of a term in it, and where a click on that leads. The keyboard has the links of the
// table below for that.
function grid([title, value, leads], terms, largest, { height, width }) {
  const at = new Map(terms.map((term) => [term.from.dy * width + term.from.dx, term]));
  const cell = (place) => {
    const term = at.get(place),
      hasRoom = width <= LARGEST_WITH_NUMBERS;
    if (!term)
      return element("td", { class: "outside", title: "outside of the image" }, hasRoom ? "edge" : "");
    const onclick = leads(term);
    const attributes = { style: cellStyle(value(term), largest), title: `${term.label}: ${show(value(term))}` };
    return element(
      "td",
      onclick ? { ...attributes, onclick, class: "way" } : attributes,
      hasRoom ? brief(value(term)) : "",
    );
  };
  const rows = [...Array(height).keys()].map((dy) =>
    element("tr", {}, ...[...Array(width).keys()].map((dx) => cell(dy * width + dx))),
  );
  return element("table", { class: "grid" }, element("caption", {}, title), ...rows);
}
