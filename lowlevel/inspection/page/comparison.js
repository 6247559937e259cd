// Another run beside this one: its answer, the largest difference of each layer, and where they first
// differ.

// One array less another of the same shape.
class Difference extends Tensor {
  constructor(one, other) {
    super(one);
    const values = [...Array(one.size).keys()].map((place) => one.flat(place) - other.flat(place));
    const mean = values.reduce((total, value) => total + value, 0) / one.size;
    const spread = values.reduce((total, value) => total + (value - mean) ** 2, 0) / one.size;
    this.other = other;
    this.minimum = values.reduce((a, b) => Math.min(a, b), Infinity);
    this.maximum = values.reduce((a, b) => Math.max(a, b), -Infinity);
    this.zeros = values.filter((value) => value === 0).length / one.size;
    Object.assign(this, { mean, deviation: Math.sqrt(spread) });
  }

  at(index) {
    return super.at(index) - this.other.at(index);
  }
}

function drawComparison() {
  const found = data.comparison,
    box = document.getElementById("comparison");
  if (!found) return;
  const cell = (number) => (number === null ? "" : show(number, 4));
  const layer = (name) =>
    layerOf(name) ? button(name, () => goToLayer(name), { class: "link" }) : name;
  const isShown = (entry) => entry.layer in data.layers || entry.layer === found.first;
  const rows = found.rows.filter(isShown).map((entry) =>
    row([layer(entry.layer), cell(entry.value), cell(entry.gradient), cell(entry.weight)], {
      class: entry.layer === found.first ? "winner" : null,
    }),
  );
  box.replaceChildren(
    element("h2", {}, `Beside ${found.name}`),
    element("p", { id: "first" }, found.words),
    ...(found.losses ? [answersOf(found)] : []),
    element(
      "p",
      {},
      `The largest difference between two numbers of a layer, for the same examples in the next step of both. `,
      found.arrays ? "Layers show their maps, too: “Other run” and “Difference” beside “Values”." : "",
    ),
    table(["layer", "activations", "their gradients", "variables"], rows),
  );
}

// What both runs make of the example: step, loss, and each class's probability.
function answersOf({ name, step, losses, probabilities }) {
  const ours = data.answers[state.example],
    theirs = probabilities?.[state.example];
  const rows = [
    ["step", String(data.step + 1), String(step + 1)],
    ["loss", show(ours.loss), show(losses[state.example])],
  ].map((cells) => row(cells));
  const largest = (list) => list.indexOf(Math.max(...list));
  if (theirs && ours.probabilities) {
    const className = (i) => data.classes[i] ?? String(i);
    rows.push(row(["answer", className(largest(ours.probabilities)), className(largest(theirs))]));
    ours.probabilities.forEach((probability, i) =>
      rows.push(row([`probability of ${className(i)}`, chance(probability, 4), chance(theirs[i], 4)])),
    );
  }
  return table([data.examples[state.example].title, "this run", name], rows, { id: "answers" });
}
