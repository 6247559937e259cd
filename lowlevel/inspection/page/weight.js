// One weight: its gradient, and what the optimizer makes of it.

function showWeight(name, index) {
  state.chosen = { name, index };
  fillPanel(
    "One weight",
    name,
    index,
    tensorOf(data.variables[name].before).at(index),
    weightParts(name, index),
  );
}

function weightParts(name, index) {
  const found = updateOf(name, index),
    { rule, t, ended } = data.optimizer;
  if (!found)
    return [
      hint("Its gradient is not here: it is not trained, or this page holds only some of the channels."),
    ];
  const gradient = gradientOfWeight(name, index);
  const words = gradient ? ` Summed up here, ${gradient.words}: ${show(gradient.total)}.` : "";
  const slots = Object.entries(found.slots).map(([kind, [before, after]]) =>
    row([kind, show(before), show(after)]),
  );
  return [
    element("p", {}, "Its gradient is ", element("strong", { id: "gradient" }, show(found.g)), `.${words}`),
    element("h3", {}, `Update ${t}, by ${rule}`),
    ended ? element("p", {}, ended) : null,
    ...found.lines.map((line) => element("p", { class: "formula" }, line)),
    found.total === null
      ? hint(`This page does not write out the formula of ${rule}.`)
      : element("p", { class: "formula", id: "total" }, `w' = ${show(found.total)}`),
    hint(
      `The step has ${show(found.after)}.${found.isChanged ? " The difference is more than rounding: the gradient was changed before the update, for example clipped." : ""}`,
    ),
    slots.length ? table(["remembered", "before", "after"], slots) : null,
  ];
}
