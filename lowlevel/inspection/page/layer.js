// What is chosen, and the layer that is: its operations and its variables.

const state = { layer: null, example: 0, side: "values", chosen: null, isOpen: new Map() };

// Operations that are open at first, with the last of each layer. The others move numbers or are
// steps of a formula.
const MAIN = [
  "Conv2D",
  "Conv2DBackpropInput",
  "MatMul",
  "BatchMatMulV2",
  "MaxPool",
  "AvgPool",
  "Softmax",
  "FusedBatchNormV3",
  "SelectV2",
  "Placeholder",
];

const inputs = Object.keys(data.operations).filter((name) => data.operations[name].kind === "Placeholder");

// A layer by name. The network's inputs are one, too.
function layerOf(name) {
  if (name !== "input" || !inputs.length) return data.layers[name];
  return { operations: inputs, variables: [], shape: outputOf(data.operations[inputs[0]]).whole.slice(1) };
}

function chooseLayer(name) {
  state.layer = name;
  document.querySelectorAll("#network a").forEach((link) => {
    const isChosen = link.dataset.layer === name;
    link.classList.toggle("chosen", isChosen);
    link.setAttribute("aria-current", String(isChosen));
  });
  drawLayer();
}

function chooseExample(example) {
  const { chosen } = state,
    before = state.example;
  state.example = example;
  drawExamples();
  drawLayer();
  drawAnswer();
  if (
    chosen?.operation &&
    chosen.index[0] === before &&
    outputOf(data.operations[chosen.operation]).whole[0] === data.batch
  ) {
    showNumber(chosen.operation, chosen.index.with(0, example));
  }
}

// Shows a number and the layer that it is in.
function goTo(operation, index) {
  const layer = inputs.includes(operation) ? "input" : data.operations[operation].layer;
  state.isOpen.set(operation, true);
  if (layerOf(layer)) chooseLayer(layer);
  showNumber(operation, index);
}

function drawExamples() {
  const image = inputs
    .map((name) => outputOf(data.operations[name]))
    .find((tensor) => tensor.whole.length === 4);
  const choices = data.examples.map(({ title }, example) => {
    const size = image && Math.max(...image.whole.slice(1, 3)),
      scale = size > 56 ? 56 / size : Math.floor(56 / size);
    return element(
      "button",
      {
        type: "button",
        "aria-pressed": String(example === state.example),
        onclick: () => chooseExample(example),
      },
      image ? picture(image, example, scale) : null,
      element("span", {}, title),
    );
  });
  document.getElementById("examples").replaceChildren(...choices);
}

function drawLayer() {
  const layer = layerOf(state.layer);
  const side = (name, text) =>
    button(
      text,
      () => {
        state.side = name;
        drawLayer();
      },
      { "aria-pressed": String(state.side === name) },
    );
  document
    .getElementById("layer")
    .replaceChildren(
      element("h2", {}, state.layer === "input" ? "Input" : `Layer ${state.layer}`),
      element("p", {}, side("values", "Values"), " ", side("gradients", "Gradients")),
      hint("Blue is above 0, orange below 0, and 0 has the colour of the page."),
      ...layer.operations.map((name) =>
        operationPart(name, MAIN.includes(data.operations[name].kind) || name === layer.operations.at(-1)),
      ),
      ...layer.variables.map(variablePart),
    );
  markChosen();
}

// A part that opens and closes; it is filled when it is open, and keeps its state.
function foldable(name, attributes, title, isOpen, fill) {
  const part = element("details", attributes, element("summary", {}, ...title));
  const fillOnce = () => {
    if (part.open && part.children.length === 1) {
      part.append(...fill().filter(Boolean));
      markChosen();
    }
  };
  part.open = state.isOpen.get(name) ?? isOpen;
  fillOnce();
  part.addEventListener("toggle", () => {
    state.isOpen.set(name, part.open);
    fillOnce();
  });
  return part;
}

function operationPart(name, isOpen) {
  const operation = data.operations[name];
  const time = operation.share ? ` · ${(100 * operation.share).toFixed(1)} % of the time` : "";
  const title = [element("h3", {}, name), element("span", { class: "hint" }, ` ${operation.kind}${time}`)];
  return foldable(name, { "data-operation": name }, title, isOpen, () => {
    const tensor = state.side === "values" ? outputOf(operation) : tensorOf(operation.gradient);
    const source = sourceOf(operation);
    if (!tensor) return [source, hint("The step computes no gradient of it.")];
    const places = layout(tensor, operation.kind, state.example);
    return [
      source,
      statistics(tensor),
      tensor.size > 1 ? legend(tensor) : null,
      maps(tensor, places, (index) => showNumber(name, index), { name }),
    ];
  });
}

// The lines that wrote an operation, each called by the one above it.
function sourceOf(operation) {
  const lines = operation.source.slice(0, 3).reverse();
  return element(
    "div",
    { class: "source" },
    ...lines.map(({ file, line, text }, depth) =>
      element(
        "div",
        { title: file, style: `padding-left:${depth}rem` },
        element("span", { class: "hint" }, `${file.split("/").at(-1)}:${line} `),
        text,
      ),
    ),
  );
}

function variablePart(name) {
  const variable = data.variables[name],
    title = [element("h3", {}, name), element("span", { class: "hint" }, " variable")];
  return foldable(name, { "data-variable": name }, title, true, () => {
    const tensor = tensorOf(state.side === "values" ? variable.before : variable.gradient);
    if (!tensor) return [hint("It has no gradient: it is not trained.")];
    return [
      statistics(tensor),
      legend(tensor),
      maps(tensor, kernelLayout(tensor), (index) => showWeight(name, index), { name }),
    ];
  });
}

// Outlines the number that is explained, in the maps of the layer.
function markChosen() {
  document.querySelectorAll("#layer .chosen").forEach((mark) => mark.remove());
  for (const frame of document.querySelectorAll("#layer .frame")) {
    const { name, places, map } = frame.holds;
    const at = state.chosen?.name === name ? places.find(state.chosen.index) : null;
    if (at?.[0] === map) outline(frame, places, [at[1], at[2], 1, 1], "chosen");
  }
}
