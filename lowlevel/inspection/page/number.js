// One number: how it came about, its gradient, and the paths by which that came.

const TERMS_SHOWN = 12;

function showNumber(name, index) {
  const operation = data.operations[name], value = outputOf(operation).at(index);
  const found = explain(name, index);
  const box = document.getElementById("number");
  box.replaceChildren(
    element("h2", {}, "One number"),
    element("p", {}, element("code", {}, `${name}[${index.join(", ")}]`), " = ", element("strong", { id: "value" }, show(value))),
  );
  if (found) box.append(...forwardParts(found, name, index));
  else {
    const why = forward[operation.kind] ? "This page does not hold all the numbers that it was computed from" : `This page does not take ${operation.kind} apart`;
    box.append(element("p", { class: "hint" }, `${why}. It takes ${operation.inputs.join(", ")}.`));
  }
  box.append(...backwardParts(name, index));
}

function forwardParts(found, name, index) {
  const parts = [element("p", {}, found.words)];
  if (found.patch) parts.push(patchTable(found, index));
  parts.push(termTable(found.terms, found.isRow));
  const text = found.formula ?? `${found.terms.some((term) => term.factors) ? "Sum of the products" : "Result"}: ${show(found.total)}`;
  parts.push(element("p", { class: "formula", id: "total" }, text));
  const difference = Math.abs(found.total - found.value);
  parts.push(element("p", { class: "hint", id: "difference" }, `The step has ${show(found.value)}; the difference is ${show(difference)}.`));
  return parts;
}

// The sums of a patch by input channel, and the numbers of the largest ones: pixel x weight.
function patchTable({ terms, patch }) {
  const sums = new Map();
  for (const term of terms) sums.set(term.from.c, (sums.get(term.from.c) ?? 0) + term.value);
  const order = [...sums].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const grid = (c) => {
    const rows = [];
    for (let dy = 0; dy < patch.height; dy++) {
      const cells = [];
      for (let dx = 0; dx < patch.width; dx++) {
        const term = terms.find((other) => other.from.c === c && other.from.dy === dy && other.from.dx === dx);
        cells.push(element("td", {}, term ? `${show(term.factors[0])} × ${show(term.factors[1])}` : "outside"));
      }
      rows.push(element("tr", {}, ...cells));
    }
    return element("table", {}, element("caption", {}, `input channel ${c}: pixel × weight, sum ${show(sums.get(c))}`), ...rows);
  };
  const box = element("details", { open: "" }, element("summary", {}, "The patch, channel by channel"));
  const add = (from, to) => order.slice(from, to).forEach(([c]) => box.append(element("div", { class: "wide" }, grid(c))));
  add(0, 2);
  if (order.length > 2) {
    const more = element("button", { type: "button", onclick: () => { more.remove(); add(2, order.length); } }, `Show all ${order.length} input channels`);
    box.append(more);
  }
  return box;
}

function termTable(terms, isRow) {
  const order = isRow ? terms : [...terms].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const shown = order.slice(0, TERMS_SHOWN);
  const rows = shown.map((term) =>
    element("tr", { class: term.winner || term.own ? "winner" : false },
      element("td", {}, term.from?.operation && term.from.index && data.operations[term.from.operation]
        ? element("button", { type: "button", title: `go to ${term.from.name}`, onclick: () => goTo(term.from.operation, term.from.index) }, term.label)
        : term.label),
      element("td", {}, term.factors ? term.factors.map(show).join(" × ") : ""),
      element("td", {}, show(term.value))));
  const rest = order.slice(TERMS_SHOWN);
  if (rest.length) rows.push(element("tr", {}, element("td", {}, isRow ? `${rest.length} more` : `${rest.length} smaller ones together`), element("td"), element("td", {}, show(sum(rest)))));
  const header = terms.some((term) => term.factors) ? ["the largest products", "factors", "product"] : ["from", "", "number"];
  return element("div", { class: "wide" }, element("table", { class: "terms" }, element("tr", {}, ...header.map((text) => element("th", {}, text))), ...rows));
}

function backwardParts(name, index) {
  const found = pathsTo(name, index);
  const parts = [element("h3", {}, "Backward: its gradient")];
  if (!found) return [...parts, element("p", { class: "hint" }, "It has no gradient of its own: no weight before it is trained, or it is inside an operation with a gradient written by hand.")];
  parts.push(element("p", {}, "If this number grew by a little, the mean loss would change by that times ", element("strong", { id: "gradient" }, show(found.value)), "."));
  for (const path of found.paths) {
    parts.push(element("h3", {}, `By ${path.to}`));
    if (!path.terms) {
      parts.push(element("p", { class: "hint" }, "This page does not take this path apart."));
      continue;
    }
    parts.push(element("p", {}, path.words), termTable(path.terms), element("p", { class: "formula path" }, `By this path: ${show(path.total)}`));
  }
  if (found.total !== null) parts.push(element("p", { class: "hint", id: "paths" }, `All paths: ${show(found.total)}; the difference is ${show(Math.abs(found.total - found.value))}.`));
  return parts;
}

// One weight: its gradient, and what the optimizer makes of it.
function showWeight(name, index) {
  const box = document.getElementById("number"), variable = tensorOf(data.variables[name].before);
  box.replaceChildren(
    element("h2", {}, "One weight"),
    element("p", {}, element("code", {}, `${name}[${index.join(", ")}]`), " = ", element("strong", { id: "value" }, show(variable.at(index)))),
  );
  const found = updateOf(name, index);
  if (!found) {
    box.append(element("p", { class: "hint" }, "Its gradient is not here: it is not trained, or this page holds only some of the channels."));
    return;
  }
  const gradient = gradientOfWeight(name, index);
  const words = gradient ? ` It is the sum over ${gradient.count} uses of this weight, of the number it was multiplied with, times the gradient of the result: ${show(gradient.total)}.` : "";
  box.append(
    element("p", {}, "Its gradient is ", element("strong", { id: "gradient" }, show(found.g)), `.${words}`),
    element("h3", {}, `Update ${data.optimizer.t}, by ${data.optimizer.rule}`),
    ...found.lines.map((line) => element("p", { class: "formula" }, line)),
  );
  if (found.decay) box.append(element("p", { class: "hint" }, `Before that, weight decay of ${show(found.decay)} shrinks kernels and matrices.`));
  if (found.total !== null) box.append(element("p", { class: "formula", id: "total" }, `w' = ${show(found.total)}`));
  box.append(element("p", { class: "hint" }, `The step has ${show(found.after)}.`, ...Object.entries(found.slots).map(([kind, [before, after]]) => ` ${kind}: ${show(before)} before, ${show(after)} after.`)));
}
