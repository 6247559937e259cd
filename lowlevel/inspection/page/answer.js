// The answer for an example: probabilities, the loss, and what its gradient says.

function drawAnswer() {
  const answer = data.answers[state.example], box = document.getElementById("answer");
  if (!answer) {
    box.replaceChildren();
    return;
  }
  const { loss, logits, probabilities, targets, gradient, words } = answer;
  const rows = (probabilities ?? []).map((probability, i) =>
    element("tr", { class: targets[i] === Math.max(...targets) ? "winner" : false },
      element("td", {}, data.classes[i] ?? String(i)),
      element("td", {}, show(logits[i])),
      element("td", {}, show(probability)),
      element("td", { style: "text-align:left" }, element("span", { class: "bar", style: `width:${(6 * probability).toFixed(2)}rem` })),
      element("td", {}, show(targets[i])),
      element("td", {}, show(gradient[i]))));
  const header = ["class", "logit", "probability", "", "target", "gradient of the loss"];
  box.replaceChildren(element("h2", {}, "Answer and loss"), element("p", {}, words, " The loss of this example is ", element("strong", { id: "loss" }, show(loss)), "."));
  if (rows.length) {
    box.append(
      element("div", { class: "wide" }, element("table", {}, element("tr", {}, ...header.map((text) => element("th", {}, text))), ...rows)),
      element("p", { class: "hint" }, "The gradient by a logit is (probability - target), divided by the number of examples in the batch: where it is negative, the logit should grow."),
    );
  }
}
