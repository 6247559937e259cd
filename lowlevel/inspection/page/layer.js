// The network as a diagram, and the layer that is chosen: its operations and its variables.

const state = { layer: null, example: 0, side: "values" };
const SVG = "http://www.w3.org/2000/svg";
const COLUMN = 150, ROW = 62, BOX = [132, 40];

function svg(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function drawNetwork() {
  const places = Object.values(data.places), routes = data.edges.flatMap(([, , points]) => points);
  const columns = [...places, ...routes].map(([column]) => column);
  const left = Math.min(...columns) * COLUMN - BOX[0] / 2 - 8, width = (Math.max(...columns) - Math.min(...columns)) * COLUMN + BOX[0] + 16;
  const height = Math.max(...places.map(([, row]) => row)) * ROW + BOX[1] + 16;
  const picture = svg("svg", { viewBox: `${left} ${-BOX[1] / 2 - 8} ${width} ${height}`, width, height, role: "group" });
  const at = ([column, row]) => [column * COLUMN, row * ROW];
  for (const [source, target, points] of data.edges) {
    const [x, y] = at(data.places[source]), [endX, endY] = at(data.places[target]);
    let path = `M ${x} ${y + BOX[1] / 2}`, from = [x, y + BOX[1] / 2];
    for (const to of [...points.map(at), [endX, endY - BOX[1] / 2]]) {
      const middle = (from[1] + to[1]) / 2;
      path += ` C ${from[0]} ${middle} ${to[0]} ${middle} ${to[0]} ${to[1]}`;
      from = to;
    }
    picture.append(svg("path", { d: path }));
  }
  for (const [name, place] of Object.entries(data.places)) {
    const [x, y] = at(place), layer = data.layers[name];
    const time = layer?.share ? ` · ${(100 * layer.share).toFixed(0)} %` : "";
    const detail = layer ? `${layer.shape.join(" x ")}${time}` : "";
    const box = svg("g", {}, svg("rect", { class: "box", x: x - BOX[0] / 2, y: y - BOX[1] / 2, width: BOX[0], height: BOX[1], rx: 6 }));
    const short = name.length > 20 ? `…${name.slice(-19)}` : name;
    box.append(svg("text", { x, y: y - 3 }, short), svg("text", { x, y: y + 13 }, detail));
    if (!layer) picture.append(box);
    else {
      const link = svg("a", { href: `#${encodeURIComponent(name)}`, "data-layer": name, "aria-label": `${name}, ${detail}` }, box);
      link.addEventListener("click", (event) => { event.preventDefault(); chooseLayer(name); });
      picture.append(link);
    }
  }
  document.getElementById("network").replaceChildren(picture);
}

function chooseLayer(name) {
  state.layer = name;
  document.querySelectorAll("#network a").forEach((link) => link.classList.toggle("chosen", link.dataset.layer === name));
  drawLayer();
}

function goTo(operation, index) {
  const layer = data.operations[operation].layer;
  if (data.layers[layer] && layer !== state.layer) chooseLayer(layer);
  showNumber(operation, index);
}

function drawLayer() {
  const layer = data.layers[state.layer], box = document.getElementById("layer");
  const choice = (side, text) => element("button", { type: "button", "aria-pressed": String(state.side === side), onclick: () => { state.side = side; drawLayer(); } }, text);
  const examples = element("select", { "aria-label": "example", onchange: (event) => { state.example = Number(event.target.value); drawLayer(); drawAnswer(); } },
    ...data.examples.map((example, i) => element("option", { value: i, ...(i === state.example ? { selected: "" } : {}) }, example.title)));
  box.replaceChildren(
    element("h2", {}, `Layer ${state.layer}`),
    element("p", {}, choice("values", "Values"), " ", choice("gradients", "Gradients"), " ", data.examples.length > 1 ? examples : null),
    ...layer.operations.map(operationPart),
    ...layer.variables.map(variablePart),
  );
}

function operationPart(name) {
  const operation = data.operations[name];
  const tensor = state.side === "values" ? outputOf(operation) : tensorOf(operation.gradient);
  const time = operation.share ? ` · ${(100 * operation.share).toFixed(1)} % of the step's time` : "";
  const part = element("div", { "data-operation": name }, element("h3", {}, name, element("span", { class: "hint" }, `  ${operation.kind}${time}`)));
  operation.source.slice(0, 3).reverse().forEach(({ file, line, text }) => part.append(element("p", { class: "source" }, `${file}:${line}  ${text}`)));
  if (!tensor) {
    part.append(element("p", { class: "hint" }, "No gradient of its own in this step."));
    return part;
  }
  part.append(element("p", { class: "statistics" }, statistics(tensor)));
  if (tensor.size > 1) part.append(legend(tensor));
  const places = layout(tensor, operation.kind, Math.min(state.example, (tensor.shape[0] ?? 1) - 1));
  part.append(maps(tensor, places, (index) => showNumber(name, index)));
  return part;
}

function variablePart(name) {
  const variable = data.variables[name];
  const tensor = tensorOf(state.side === "values" ? variable.before : variable.gradient);
  const part = element("div", { "data-variable": name }, element("h3", {}, name, element("span", { class: "hint" }, "  variable: click a number for its update")));
  if (!tensor) {
    part.append(element("p", { class: "hint" }, "No gradient: it is not trained."));
    return part;
  }
  part.append(element("p", { class: "statistics" }, statistics(tensor)), legend(tensor), maps(tensor, kernelLayout(tensor), (index) => showWeight(name, index)));
  return part;
}
