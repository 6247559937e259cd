// Draws the page once its numbers are unpacked.

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

function setTheme(dark) {
  document.documentElement.classList.toggle("dark", dark);
  document.getElementById("theme").textContent = dark ? "Light theme" : "Dark theme";
  if (state.layer) drawAll();
}

function drawAll() {
  const { chosen } = state;
  drawExamples();
  drawNetwork();
  chooseLayer(state.layer);
  drawAnswer();
  drawCourse();
  drawComparison();
  if (chosen?.operation) showNumber(chosen.name, chosen.index);
  else if (chosen) showWeight(chosen.name, chosen.index);
}

async function main() {
  setTheme(prefersDark.matches);
  await unpack();
  document.getElementById("number").append(hint(HELP));
  document.getElementById("replay").append(element("pre", {}, data.replay));
  const linked = decodeURIComponent(location.hash.slice(1));
  state.layer = layerOf(linked) ? linked : Object.keys(data.layers)[0];
  drawAll();
  document.getElementById("theme").addEventListener("click", () => setTheme(!isDark()));
  let wasDark = false; // paper is white
  addEventListener("beforeprint", () => {
    wasDark = isDark();
    if (wasDark) setTheme(false);
  });
  addEventListener("afterprint", () => {
    if (wasDark) setTheme(true);
  });
  document.documentElement.dataset.ready = "yes";
}

main();
