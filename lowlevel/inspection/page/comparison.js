// Two traces side by side: the largest difference of each layer, and where they first differ.

function drawComparison() {
  const found = data.comparison,
    box = document.getElementById("comparison");
  if (!found) return;
  const cell = (number) => (number === null ? "" : show(number, 4));
  const link = (layer) =>
    data.layers[layer] ? button(layer, () => chooseLayer(layer), { class: "link" }) : layer;
  const isShown = ({ layer }) => layer in data.layers || layer === found.first;
  const rows = found.rows.filter(isShown).map(({ layer, value, gradient, weight }) =>
    row([link(layer), cell(value), cell(gradient), cell(weight)], {
      class: layer === found.first ? "winner" : null,
    }),
  );
  box.replaceChildren(
    element("h2", {}, `Beside ${found.name}`),
    element(
      "p",
      {},
      `The same examples, in the next step of both runs. ${found.words} The table has the largest difference between two numbers of a layer.`,
    ),
    table(["layer", "activations", "their gradients", "variables"], rows),
  );
}
