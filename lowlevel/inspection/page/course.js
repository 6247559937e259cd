// The course of the training: what the checkpoints of the run make of the first example.

function drawCourse() {
  const box = document.getElementById("course"), steps = data.course;
  if (!steps.length) return;
  const shown = element("div");
  const slider = element("input", { type: "range", min: 0, max: steps.length - 1, value: steps.length - 1, id: "slider", "aria-label": "checkpoint", oninput: () => draw() });
  const draw = () => {
    const step = steps[slider.value];
    slider.setAttribute("aria-valuetext", `step ${step.step}`);
    const rows = Object.entries(step.norms).map(([name, { value, gradient, update }]) =>
      element("tr", {}, element("td", {}, name), element("td", {}, show(value)), element("td", {}, show(gradient)), element("td", {}, show(update))));
    const pictures = Object.entries(step.maps).map(([name, { array, kind }]) => {
      const tensor = tensorOf(array), places = kind ? layout(tensor, kind, 0) : kernelLayout(tensor);
      return element("div", {}, element("h3", {}, name), legend(tensor), maps(tensor, places, () => {}));
    });
    shown.replaceChildren(
      element("p", {}, `Checkpoint at step ${step.step}: loss ${show(step.loss)} on these examples.`),
      ...pictures,
      element("div", { class: "wide" }, element("table", {}, element("tr", {}, ...["variable", "norm", "norm of its gradient", "norm of its update"].map((text) => element("th", {}, text))), ...rows)),
    );
  };
  box.replaceChildren(element("h2", {}, "Course of the training"), element("p", {}, `${steps.length} checkpoints: `, slider), shown);
  draw();
}
