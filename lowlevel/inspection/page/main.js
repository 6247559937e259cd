// Draws the page once its numbers are unpacked.

function setTheme(dark) {
  document.documentElement.classList.toggle("dark", dark);
  document.getElementById("theme").textContent = dark ? "Light" : "Dark";
  document.querySelectorAll("canvas").forEach((canvas) => canvas.repaint?.());
}

async function main() {
  setTheme(matchMedia("(prefers-color-scheme: dark)").matches);
  document.getElementById("theme").addEventListener("click", () => {
    setTheme(!isDark());
    if (state.layer) drawLayer();
    drawCourse();
  });
  await unpack();
  drawNetwork();
  chooseLayer(Object.keys(data.layers)[0]);
  drawAnswer();
  drawCourse();
  drawComparison();
  document.getElementById("replay").replaceChildren(element("h2", {}, "Computed again"), element("pre", {}, data.replay));
  document.documentElement.dataset.ready = "yes";
}

main();
