// The answer for an example: probabilities, the loss, and what its gradient says.

// Whether the step dropped anything, so that its answer is not that of a prediction.
const dropsOut = Object.values(data.operations).some(
  (operation) => operation.kind === "SelectV2" && isDrawn(operation),
);

function drawAnswer() {
  const answer = data.answers[state.example],
    box = document.getElementById("answer");
  if (!answer) {
    box.replaceChildren();
    return;
  }
  const loss = element("strong", { id: "loss" }, show(answer.loss));
  box.replaceChildren(element("h2", {}, "Answer and loss"));
  if (!answer.probabilities) {
    box.append(element("p", {}, "The loss of this example is ", loss, "."));
    return;
  }
  const { logits, probabilities, targets, gradient } = answer,
    { text, total } = lossOf(answer);
  const wanted = targets.indexOf(Math.max(...targets)),
    name = (i) => data.classes[i] ?? String(i);
  const rows = probabilities.map((probability, i) =>
    row(
      [
        name(i),
        show(logits[i], 4),
        bar(probability, 1),
        chance(probability, 4),
        show(targets[i], 4),
        bar(gradient[i], Math.max(...gradient.map(Math.abs))),
        show(gradient[i], 4),
      ],
      { class: i === wanted ? "winner" : null },
    ),
  );
  const best = probabilities.indexOf(Math.max(...probabilities));
  const most = gradient.reduce(
    (found, value, i) => (Math.abs(value) > Math.abs(gradient[found]) ? i : found),
    0,
  );
  box.append(
    element(
      "p",
      {},
      `The network says ${name(best)}, with a probability of ${chance(probabilities[best], 3)}; the target is ${name(wanted)}.`,
      dropsOut
        ? " This is its answer in training, with dropout: when it predicts, it drops nothing and may answer otherwise."
        : "",
    ),
    targets[wanted] < 1
      ? element(
          "p",
          {},
          `Its target is ${show(targets[wanted], 4)} instead of 1, and the others are not 0: the run smooths its labels.`,
        )
      : "",
    table(["class", "logit", "", "probability", "target", "", "gradient by the logit"], rows),
    element("p", { class: "formula" }, `loss = ${text} = ${show(total)}`),
    element("p", {}, "The step has a loss of ", loss, ` for this example${roundingOf(answer, total)}.`),
    element(
      "p",
      {},
      `The gradient by a logit is ${data.batch > 1 ? `(probability - target) / ${data.batch}, since the loss is the mean over ${data.batch} examples` : "probability - target"}. Below 0 the logit should grow, above 0 it should fall. The largest of them says that the logit of ${name(most)} should ${gradient[most] < 0 ? "grow" : "fall"}${most === wanted && gradient[most] > 0 ? ": the network is more certain than its target" : ""}.`,
    ),
  );
}

// A probability as text, in so many digits that one below 1 does not look like 1.
function chance(probability, digits) {
  const rest = 1 - probability;
  return show(probability, rest > 0 ? Math.max(digits, Math.ceil(-Math.log10(rest))) : digits);
}

// How far the step's loss is from that of the formula, and why: it adds up exponentials.
function roundingOf({ loss, logits }, total) {
  const difference = Math.abs(loss - total),
    unit = 1.2e-7 * Math.max(1, ...logits.map(Math.abs));
  if (show(loss, 4) === show(total, 4)) return "";
  const words = ` The difference is ${show(difference, 2)}`;
  if (difference > unit) return `.${words}`;
  return `.${words}: the step computes a sum that is hardly more than 1 in float32, where neighbouring numbers are 1.2e-7 apart`;
}

// The cross-entropy, written out: {text, total}. Smoothed targets make every class a part of it.
function lossOf({ probabilities, targets }) {
  const parts = targets.map((target, i) => [target, probabilities[i]]).filter(([target]) => target > 0);
  const total = parts.reduce((before, [target, probability]) => before - target * Math.log(probability), 0);
  if (parts.length === 1) return { text: `-log ${chance(parts[0][1], 6)}`, total };
  const terms = parts
    .slice(0, 3)
    .map(([target, probability]) => `${show(target, 4)} × log ${show(probability, 4)}`);
  return { text: `-(${terms.join(" + ")}${parts.length > 3 ? " + …" : ""})`, total };
}

function bar(value, largest) {
  const length = `width:${((5 * Math.abs(value)) / (largest || 1)).toFixed(2)}rem`;
  return element(
    "span",
    { class: "track" },
    element("span", { class: value < 0 ? "bar negative" : "bar", style: length }),
  );
}
