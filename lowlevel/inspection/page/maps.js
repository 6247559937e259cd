// Arrays as images: a map for each channel, with a cursor that keys move.

// An element of the page: `element("p", {class: "hint"}, "text", child)`.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

const hover = (text) => (document.getElementById("hover").textContent = text);
const isDark = () => document.documentElement.classList.contains("dark");

// Colours: 0 is that of the paper, positive numbers turn blue, negative ones orange.
function colour(value, largest) {
  const zero = isDark() ? [13, 17, 23] : [255, 255, 255];
  const end = value >= 0 ? (isDark() ? [86, 180, 233] : [0, 77, 128]) : isDark() ? [255, 157, 77] : [190, 80, 0];
  const share = Math.min(1, Math.abs(value) / largest);
  return Number.isFinite(value) ? zero.map((from, i) => from + (end[i] - from) * share) : [200, 0, 200];
}

// How an array is laid out: {count, height, width, index(map, y, x)}. Channels come last in images;
// in attention the heads come first.
function layout(tensor, kind, example) {
  const shape = tensor.shape, isAttention = ["BatchMatMulV2", "Softmax"].includes(kind);
  const channel = (i) => (tensor.channels ? tensor.channels[i] : i);
  if (shape.length === 4 && isAttention) {
    return { count: shape[1], height: shape[2], width: shape[3], index: (map, y, x) => [example, map, y, channel(x)], name: "head" };
  }
  if (shape.length === 4) {
    return { count: shape[3], height: shape[1], width: shape[2], index: (map, y, x) => [example, y, x, channel(map)], name: "channel" };
  }
  if (shape.length === 3) {
    return { count: 1, height: shape[1], width: shape[2], index: (_, y, x) => [example, y, channel(x)], name: "rows" };
  }
  const length = shape.length === 0 ? 1 : shape.at(-1), width = Math.min(length, 32);
  const own = (y, x) => (y * width + x < length ? [channel(y * width + x)] : [-1]);
  const index = shape.length === 2 ? (_, y, x) => [example, ...own(y, x)] : shape.length === 1 ? (_, y, x) => own(y, x) : () => [];
  return { count: 1, height: Math.ceil(length / width), width, index, name: "units" };
}

// The layout of a kernel: a map for each output channel; of a matrix, one map.
function kernelLayout(tensor) {
  const shape = tensor.shape, channel = (i) => (tensor.channels ? tensor.channels[i] : i);
  if (shape.length === 4) {
    const [height, width, inputs, outputs] = shape;
    return { count: outputs, height: height * inputs, width, index: (map, y, x) => [y % height, x, Math.floor(y / height), channel(map)], name: "to channel" };
  }
  if (shape.length === 2) return { count: 1, height: shape[0], width: shape[1], index: (_, y, x) => [y, channel(x)], name: "inputs, outputs" };
  return layout(tensor, "", 0);
}

function paint(canvas, tensor, places, map, largest) {
  const { height, width, index } = places;
  const context = canvas.getContext("2d"), image = context.createImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = tensor.at(index(map, y, x));
      image.data.set([...(value === undefined ? [128, 128, 128] : colour(value, largest)), value === undefined ? 60 : 255], 4 * (y * width + x));
    }
  }
  context.putImageData(image, 0, 0);
}

// One map, with what happens when a number of it is chosen.
function mapOf(tensor, places, map, label, choose) {
  const { height, width, index } = places, largest = tensor.largest();
  const scale = Math.max(1, Math.min(24, Math.floor(112 / Math.max(height, width))));
  const canvas = element("canvas", { width, height, tabindex: "0", role: "img", style: `width:${width * scale}px` });
  canvas.dataset.label = label;
  canvas.setAttribute("aria-label", `${label}, ${height} x ${width} numbers; arrow keys move, Enter chooses`);
  canvas.repaint = () => paint(canvas, tensor, places, map, largest);
  let at = [0, 0];
  const tell = () => hover(`${label}, row ${at[0]}, column ${at[1]}: ${show(tensor.at(index(map, ...at)))}`);
  const pick = () => {
    const own = index(map, ...at);
    if (tensor.at(own) === undefined) return;
    document.querySelectorAll("canvas.chosen").forEach((other) => other.classList.remove("chosen"));
    canvas.classList.add("chosen");
    choose(own);
  };
  const find = (event) => {
    const box = canvas.getBoundingClientRect();
    const to = (share, count) => Math.max(0, Math.min(count - 1, Math.floor(share * count)));
    at = [to((event.clientY - box.top) / box.height, height), to((event.clientX - box.left) / box.width, width)];
    tell();
  };
  canvas.addEventListener("pointermove", find);
  canvas.addEventListener("pointerleave", () => hover(""));
  canvas.addEventListener("click", (event) => { find(event); pick(); });
  canvas.addEventListener("keydown", (event) => {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === "Enter") pick();
    else if (move) {
      at = [Math.max(0, Math.min(height - 1, at[0] + move[0])), Math.max(0, Math.min(width - 1, at[1] + move[1]))];
      tell();
      event.preventDefault();
    }
  });
  canvas.repaint();
  return canvas;
}

const AT_FIRST = 32;

// All maps of an array, the first of them at first.
function maps(tensor, places, choose) {
  const box = element("div", { class: "maps" });
  const add = (from, to) => {
    for (let map = from; map < to; map++) {
      const number = tensor.channels && places.name.endsWith("channel") ? tensor.channels[map] : map;
      const label = places.count > 1 ? `${places.name} ${number}` : places.name;
      box.append(element("figure", {}, mapOf(tensor, places, map, label, choose), element("figcaption", {}, label)));
    }
  };
  add(0, Math.min(places.count, AT_FIRST));
  if (places.count > AT_FIRST) {
    const more = element("button", { type: "button", onclick: () => { more.remove(); add(AT_FIRST, places.count); } }, `Show all ${places.count}`);
    box.append(more);
  }
  return box;
}

function legend(tensor) {
  const largest = tensor.largest(), stops = [-1, -0.5, 0, 0.5, 1].map((share) => `rgb(${colour(share * largest, largest).map(Math.round)})`);
  return element("p", { class: "legend" }, show(-largest), element("i", { style: `background:linear-gradient(90deg,${stops})` }), show(largest));
}

function statistics(tensor) {
  const size = tensor.whole.join(" x ") || "one number";
  const odd = tensor.nonfinite ? `, ${tensor.nonfinite} not finite` : "";
  const left = tensor.note ? ` (this page holds ${tensor.note})` : "";
  return `${size}: ${show(tensor.minimum)} to ${show(tensor.maximum)}, mean ${show(tensor.mean)}, deviation ${show(tensor.deviation)}, ${(100 * tensor.zeros).toFixed(0)} % zeros${odd}${left}`;
}
