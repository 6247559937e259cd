// The course of the training: what the checkpoints of the run make of the first example.

function drawCourse() {
  const box = document.getElementById("course"),
    steps = data.course;
  if (!steps.length) return;
  const before = document.getElementById("slider")?.value ?? steps.length - 1;
  const slider = element("input", {
    type: "range",
    min: 0,
    max: steps.length - 1,
    value: before,
    id: "slider",
    "aria-label": "checkpoint",
    oninput: () => drawStep(),
  });
  const labels = element(
    "div",
    { class: "ticks", "aria-hidden": "true" },
    ...steps.map(({ step }) => element("span", {}, String(step))),
  );
  const shown = element("div");
  const drawStep = () => {
    const number = Number(slider.value),
      { step, loss, norms, maps } = steps[number];
    slider.setAttribute("aria-valuetext", `step ${step}`);
    [...labels.children].forEach((label, i) => label.classList.toggle("now", i === number));
    shown.replaceChildren(
      element(
        "p",
        {},
        `After step ${step}, the loss of these examples is `,
        element("strong", { id: "course-loss" }, show(loss)),
        `.`,
        curve(
          steps.map((other) => other.loss),
          number,
        ),
      ),
      ...Object.entries(maps).map(([name, entry]) => courseMaps(name, entry)),
      element("h3", {}, "Lengths of variables, of their gradients and of their updates"),
      table(
        ["variable", "itself", "", "gradient", "", "update", ""],
        Object.keys(norms).map((name) => normRow(name, number)),
        { id: "norms" },
      ),
    );
  };
  box.replaceChildren(
    element("h2", {}, "Course of the training"),
    hint(
      "Move the slider to another checkpoint of the run. The same examples go through each; colours have the same scale in all of them.",
    ),
    element("div", { class: "slider" }, slider, labels),
    shown,
  );
  drawStep();
}

// The maps of one name, coloured by the largest number among those of all checkpoints.
function courseMaps(name, { array, kind }) {
  const tensor = tensorOf(array),
    places = kind ? layout(tensor, kind, 0) : kernelLayout(tensor);
  const largest = Math.max(
    ...data.course.map(({ maps }) => (maps[name] ? tensorOf(maps[name].array).largest() : 0)),
  );
  return element(
    "div",
    {},
    element("h3", {}, name),
    legend(tensor, largest),
    maps(tensor, places, null, { name, largest, scale: scaleOf(places, 84) }),
  );
}

function normRow(name, number) {
  const cells = ["value", "gradient", "update"].flatMap((kind) => {
    const values = data.course.map(({ norms }) => norms[name]?.[kind] ?? null);
    return [values[number] === null ? "" : show(values[number], 4), curve(values, number)];
  });
  return row([name, ...cells]);
}

// A small curve over the checkpoints, with a dot at one of them.
function curve(values, number) {
  if (values.length < 2 || !values.every(Number.isFinite)) return "";
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const at = (value, i) => [
    4 + (52 * i) / (values.length - 1),
    16 - (12 * (value - low)) / (high - low || 1),
  ];
  const [x, y] = at(values[number], number);
  const drawn = svg("svg", { class: "curve", width: 60, height: 20, "aria-hidden": "true" });
  drawn.append(svg("polyline", { points: values.map(at).join(" ") }), svg("circle", { cx: x, cy: y, r: 3 }));
  return drawn;
}
