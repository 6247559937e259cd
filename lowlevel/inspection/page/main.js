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
  const panel = document.getElementById("number");
  panel.append(closeButton(), hint(HELP));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leavePanel();
  });
  document.getElementById("replay").append(element("pre", {}, data.replay));
  state.layer = Object.keys(data.layers)[0];
  drawAll();
  follow();
  addEventListener("hashchange", follow);
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
