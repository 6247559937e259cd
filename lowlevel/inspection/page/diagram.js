// The network as a diagram: a box for each layer, blocks of layers with their name around them.

const COLUMN = 120,
  ROW = 58,
  BOX = { width: 110, height: 38 },
  BLOCK = { side: 6, top: 17, bottom: 6 };

// The block that a layer belongs to: what comes before the first "/", if other layers begin alike.
function blockOf(name) {
  const block = name.split("/")[0],
    isOf = (other) => other.startsWith(`${block}/`);
  return isOf(name) && Object.keys(data.places).filter(isOf).length > 1 ? block : null;
}

// Blocks by name: the columns and rows that their layers take.
function blocks() {
  const found = new Map();
  for (const [name, [column, line]] of Object.entries(data.places)) {
    const block = blockOf(name);
    if (!block) continue;
    const [left, right, top, bottom] = found.get(block) ?? [column, column, line, line];
    found.set(block, [
      Math.min(left, column),
      Math.max(right, column),
      Math.min(top, line),
      Math.max(bottom, line),
    ]);
  }
  return found;
}

function drawNetwork() {
  const around = blocks(),
    starts = [...around.values()].map(([, , top]) => top);
  const x = (column) => column * COLUMN;
  const y = (line) => line * ROW + BLOCK.top * starts.filter((start) => start <= line).length;
  const places = Object.values(data.places),
    points = data.edges.flatMap(([, , between]) => between);
  const columns = [...places, ...points].map(([column]) => column),
    lines = places.map(([, line]) => line);
  const left = x(Math.min(...columns)) - BOX.width / 2 - 10,
    right = x(Math.max(...columns)) + BOX.width / 2 + 10;
  const bottom = y(Math.max(...lines)) + BOX.height / 2 + 10,
    top = -BOX.height / 2 - 8;
  const drawn = svg("svg", {
    viewBox: `${left} ${top} ${right - left} ${bottom - top}`,
    width: right - left,
    height: bottom - top,
    style: `min-width:${0.85 * (right - left)}px`,
    role: "group",
  });
  const labels = [];
  for (const [block, [first, last, from, to]] of around) {
    const corner = { x: x(first) - BOX.width / 2 - BLOCK.side, y: y(from) - BOX.height / 2 - BLOCK.top };
    const size = {
      width: x(last - first) + BOX.width + 2 * BLOCK.side,
      height: y(to) + BOX.height / 2 + BLOCK.bottom - corner.y,
    };
    drawn.append(svg("rect", { class: "block", ...corner, ...size, rx: 8 }));
    labels.push(svg("text", { class: "block", x: corner.x + 8, y: corner.y + 13 }, block));
  }
  for (const [source, target, between] of data.edges) {
    const [start, end] = [data.places[source], data.places[target]].map(([column, line]) => [
      x(column),
      y(line),
    ]);
    let from = [start[0], start[1] + BOX.height / 2],
      path = `M ${from}`;
    for (const to of [
      ...between.map(([column, line]) => [x(column), y(line)]),
      [end[0], end[1] - BOX.height / 2],
    ]) {
      const middle = (from[1] + to[1]) / 2;
      path += ` C ${from[0]} ${middle} ${to[0]} ${middle} ${to}`;
      from = to;
    }
    drawn.append(svg("path", { d: path }));
  }
  for (const [name, [column, line]] of Object.entries(data.places))
    drawn.append(boxOf(name, x(column), y(line)));
  drawn.append(...labels);
  const timed = Object.values(data.layers).some((layer) => layer.share);
  const note = timed
    ? hint("Per cent: the layer's share of the time of a step, backward pass and update included.")
    : null;
  document.getElementById("network").replaceChildren(...[drawn, note].filter(Boolean));
}

function boxOf(name, x, y) {
  const layer = layerOf(name),
    block = blockOf(name),
    label = block ? name.slice(block.length + 1) : name;
  const share = layer?.share ? ` · ${(100 * layer.share).toFixed(0)} %` : "";
  const detail = layer ? layer.shape.join("×") + share : "";
  const box = svg(
    "g",
    {},
    svg("title", {}, name),
    svg("rect", {
      class: "box",
      x: x - BOX.width / 2,
      y: y - BOX.height / 2,
      width: BOX.width,
      height: BOX.height,
      rx: 6,
    }),
  );
  box.append(
    svg("text", { x, y: y - 3 }, label.length > 15 ? `…${label.slice(-14)}` : label),
    svg("text", { class: "detail", x, y: y + 12 }, detail),
  );
  if (!layer) return box;
  const link = svg(
    "a",
    { href: `#${encodeURIComponent(name)}`, "data-layer": name, "aria-label": `${name}, ${detail}` },
    box,
  );
  link.addEventListener("click", (event) => {
    event.preventDefault();
    goToLayer(name);
  });
  return link;
}
