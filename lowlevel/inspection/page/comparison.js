// Two traces side by side: the largest difference of each layer, and where they first differ.

function drawComparison() {
  const found = data.comparison, box = document.getElementById("comparison");
  if (!found) return;
  const rows = found.rows.map(({ layer, value, gradient, weight }) =>
    element("tr", { class: layer === found.first ? "winner" : false }, element("td", {}, layer), ...[value, gradient, weight].map((number) => element("td", {}, number === null ? "" : show(number)))));
  const header = ["layer", "activation", "its gradient", "variables"];
  box.replaceChildren(
    element("h2", {}, `Beside ${found.name}`),
    element("p", {}, found.words),
    element("div", { class: "wide" }, element("table", {}, element("caption", {}, "largest difference"), element("tr", {}, ...header.map((text) => element("th", {}, text))), ...rows)),
  );
}
