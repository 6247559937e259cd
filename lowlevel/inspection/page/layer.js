// What is chosen, and the layer that is: its operations and its variables.

const state = { layer: null, example: 0, side: "values", chosen: null, isOpen: new Map(), address: "" };

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

// What the maps of a layer can show; the last two if there is another run.
const SIDES = {
  values: "Values",
  gradients: "Gradients",
  other: "Other run",
  difference: "Difference",
};
const BESIDE = ["other", "difference"];

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
  drawComparison();
  if (chosen?.operation && chosen.index[0] === before && hasExamples(data.operations[chosen.operation])) {
    showNumber(chosen.operation, chosen.index.with(0, example));
  }
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
  replaceParts(document.getElementById("examples"), choices);
}

function drawLayer() {
  const layer = layerOf(state.layer);
  const choices = Object.entries(SIDES).filter(([name]) => data.comparison?.arrays || !BESIDE.includes(name));
  const buttons = choices.map(([name, text]) =>
    button(text, () => chooseSide(name), { "aria-pressed": String(state.side === name) }),
  );
  replaceParts(document.getElementById("layer"), [
    element("h2", {}, state.layer === "input" ? "Input" : `Layer ${state.layer}`),
    element("p", { class: "sides" }, ...buttons),
    hint("Blue is above 0, orange below 0, and 0 has the colour of the page."),
    ...layer.operations.map((name) =>
      operationPart(name, MAIN.includes(data.operations[name].kind) || name === layer.operations.at(-1)),
    ),
    ...layer.variables.map(variablePart),
  ]);
  markChosen();
}

function chooseSide(name) {
  state.side = name;
  drawLayer();
  if (state.chosen?.operation) showNumber(state.chosen.name, state.chosen.index);
}

// What the maps of an operation or a variable show: an array, or why there is none, in words.
function sideOf(name, value, gradient) {
  if (state.side === "values") return [tensorOf(value)];
  if (state.side === "gradients") return [tensorOf(gradient), "The step computes no gradient of it."];
  const other = tensorOf(data.comparison.arrays[name]);
  const shown = other && state.side === "difference" ? new Difference(tensorOf(value), other) : other;
  return [shown, "Of the other run this page holds the results of layers, and variables, if their shapes are the same."];
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
  const time = operation.share
    ? ` · ${(100 * operation.share).toFixed(1)} % of the time`
    : operation.fused
      ? ` · its time is in that of ${operation.fused}: the step computes both in one`
      : "";
  const title = [element("h3", {}, name), element("span", { class: "hint" }, ` ${operation.kind}${time}`)];
  return foldable(name, { "data-operation": name }, title, isOpen, () => {
    const [tensor, whyNot] = sideOf(name, operation.outputs[0], operation.gradient);
    const source = sourceOf(operation);
    if (!tensor) return [source, hint(whyNot)];
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
    const [tensor, whyNot] = sideOf(name, variable.before, variable.gradient);
    if (!tensor) return [hint(whyNot)];
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
