// One number: how it came about, its gradient, and the paths by which that came.

const TERMS_SHOWN = 12;
const HELP =
  "Click a number in any map. This panel then shows how it was computed, each number of it, and what its gradient is. With the keyboard: move to a map with Tab and in it with the arrow keys, and press Enter.";

// Puts the explanation of a number into its panel.
function fillPanel(title, name, index, value, parts) {
  const panel = document.getElementById("number"),
    place = index.length ? `[${index.join(", ")}]` : "",
    hadFocus = panel.contains(document.activeElement);
  panel.classList.remove("closed");
  panel.replaceChildren(
    closeButton(),
    element("h2", {}, title),
    element(
      "p",
      {},
      element("code", {}, `${name}${place}`),
      " = ",
      element("strong", { id: "value" }, show(value)),
    ),
    ...parts.filter(Boolean),
  );
  panel.scrollTop = 0;
  if (hadFocus) focusPanel();
  say(`${name}${place} is ${show(value)}. ${title} explains it.`);
  markChosen();
  remember(`${name}[${index}]`);
}

const focusPanel = () => document.getElementById("number").focus({ preventScroll: true });

// Only shown in a narrow window, where the panel lies over the layer.
const closeButton = () => button("Close", leavePanel, { class: "close" });

// Back to the number that is explained, in its map.
function leavePanel() {
  document.getElementById("number").classList.add("closed");
  const frame = document.querySelector("#layer .chosen")?.closest(".frame");
  if (!frame) return document.getElementById("layer").focus();
  const [, y, x] = frame.holds.places.find(state.chosen.index);
  frame.holds.focusAt(y, x);
}

function showNumber(name, index) {
  const operation = data.operations[name];
  state.chosen = { name, index, operation: name };
  const found = explain(name, index);
  const parts = found ? forwardParts(found, name, index) : [hint(whyNot(operation))];
  const gradient = backwardParts(name, index);
  const all =
    state.side === "gradients"
      ? [...gradient, element("h3", {}, "How it was computed"), ...parts]
      : [...parts, ...gradient];
  fillPanel("One number", name, index, outputOf(operation).at(index), all);
}

function whyNot(operation) {
  if (operation.kind === "Placeholder") return "It is a number of the input: nothing computed it.";
  if (forward[operation.kind])
    return "This page does not hold all the numbers that it was computed from: some channels were left out.";
  return `This page does not take ${operation.kind} apart. It takes ${operation.inputs.join(", ") || "nothing"}.`;
}

function forwardParts(found, name, index) {
  const result = found.terms.some((term) => term.factors) ? "Sum of the products" : "Result";
  const difference = Math.abs(found.total - found.value);
  return [
    element("p", {}, found.words),
    found.window ? windowPicture(found, name, index) : null,
    found.patch ? patchGrids(found) : null,
    found.attention ? attentionPicture(found.attention) : null,
    termTable(found.terms),
    element("p", { class: "formula", id: "total" }, found.formula ?? `${result}: ${show(found.total)}`),
    element(
      "p",
      { class: "hint", id: "difference" },
      `The step has ${show(found.value)}; the difference is ${show(difference, 2)}.`,
    ),
  ];
}

// The terms of a number. Of products, and of many, the largest come first, and the rest together.
function termTable(terms, most = TERMS_SHOWN) {
  const order = [...terms],
    bySize = (a, b) => Math.abs(b.value) - Math.abs(a.value);
  if (terms.length > TERMS_SHOWN || terms.some((term) => term.factors)) {
    order.sort((a, b) => Boolean(b.own) - Boolean(a.own) || bySize(a, b));
  }
  const rows = order
    .slice(0, most)
    .map((term) =>
      row(
        [
          linkTo(term),
          term.factors ? factorsOf(term) : "",
          show(term.value),
        ],
        { class: term.winner || term.own ? "winner" : null },
      ),
    );
  const rest = order.slice(most);
  if (rest.length) rows.push(row([`${rest.length} smaller ones together`, "", show(sum(rest))]));
  const header = terms.some((term) => term.factors)
    ? [order.length > 1 ? "the largest products" : "product", "factors", "product"]
    : ["from", "", "number"];
  const made = table(header, rows, { class: "terms" });
  if (rest.length)
    made.append(
      button(`Show all ${order.length}`, () => {
        made.replaceWith(termTable(terms, order.length));
        focusPanel();
      }),
    );
  return made;
}

// The name of a term, which leads to where it comes from, and its factors; the second leads there, too.
const linkTo = ({ label, from }) => link(label, from);
const factorsOf = ({ factors: [a, b], by }) =>
  element("span", {}, `${show(a, 5)} × `, link(operand(b, 5), by));

function link(text, target) {
  const go = way(target);
  if (!go) return text;
  return button(text, go, { class: "link", title: `to ${target.name}[${target.index.join(", ")}]` });
}

function backwardParts(name, index) {
  const found = pathsTo(name, index),
    parts = [element("h3", {}, "Its gradient")];
  if (inputs.includes(name)) return [...parts, hint("A training step computes no gradient of its input.")];
  if (!found)
    return [
      ...parts,
      hint(
        "The step computes no gradient of it: nothing before it is trained, or it is inside an operation whose gradient is written by hand.",
      ),
    ];
  if (found.value === undefined)
    return [...parts, hint("This page leaves out the gradients of this channel.")];
  parts.push(
    element(
      "p",
      {},
      "If this number were a little larger, the mean loss would change by ",
      element("strong", { id: "gradient" }, show(found.value)),
      " times the difference.",
    ),
  );
  for (const path of found.paths) {
    parts.push(element("h4", {}, "Through ", element("code", {}, path.to)));
    if (!path.terms)
      parts.push(
        hint(
          data.operations[path.to]
            ? "This page does not hold all that it takes to follow this path."
            : "Here the network ends: this is a part of the loss.",
        ),
      );
    else
      parts.push(
        element("p", {}, path.words),
        termTable(path.terms),
        element("p", { class: "formula path" }, `Through ${path.to}: ${show(path.total)}`),
      );
  }
  if (found.total !== null)
    parts.push(
      element(
        "p",
        { class: "hint", id: "paths" },
        `${found.paths.length > 1 ? "All paths together" : "In all"}: ${show(found.total)}; the difference is ${show(Math.abs(found.total - found.value), 2)}.`,
      ),
    );
  return parts;
}
