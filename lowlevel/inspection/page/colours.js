// What numbers look like: colours, the legend of an array, and what is said of it in words.

const isDark = () => document.documentElement.classList.contains("dark");

// 0 has the colour of the paper; positive numbers turn blue, negative ones orange.
function colour(value, largest) {
  if (!Number.isFinite(value)) return [200, 0, 200];
  const zero = isDark() ? [13, 17, 23] : [255, 255, 255];
  const blue = isDark() ? [86, 180, 233] : [0, 77, 128];
  const orange = isDark() ? [255, 157, 77] : [190, 80, 0];
  const end = value >= 0 ? blue : orange,
    share = Math.min(1, Math.abs(value) / largest);
  return zero.map((from, i) => Math.round(from + (end[i] - from) * share));
}

// The style of a cell: that colour, and letters that can be read on it.
function cellStyle(value, largest) {
  const [red, green, blue] = colour(value, largest);
  const isBright = 0.299 * red + 0.587 * green + 0.114 * blue > 140;
  return `background:rgb(${red},${green},${blue});color:${isBright ? "#111" : "#fff"}`;
}

function legend(tensor, largest = tensor.largest()) {
  const stops = [-1, -0.5, 0, 0.5, 1].map((share) => `rgb(${colour(share * largest, largest)})`);
  const bar = element("i", { style: `background:linear-gradient(90deg,${stops})` });
  return element("p", { class: "legend" }, show(-largest, 3), bar, show(largest, 3));
}

function statistics(tensor) {
  const size = tensor.whole.join(" × ") || "one number";
  const odd = tensor.nonfinite ? `, ${tensor.nonfinite} not finite` : "";
  const left = tensor.note ? `; this page holds ${tensor.note}` : "";
  const numbers = `from ${show(tensor.minimum, 4)} to ${show(tensor.maximum, 4)}, mean ${show(tensor.mean, 4)}, deviation ${show(tensor.deviation, 4)}, ${(100 * tensor.zeros).toFixed(0)} % zeros`;
  return element("p", { class: "statistics" }, `${size}: ${numbers}${odd}${left}`);
}

// An example as a picture, the smallest number black: gray, or in colour if it has three channels.
function picture(tensor, example, scale) {
  const [, height, width, channels] = tensor.whole,
    { minimum, maximum } = tensor;
  const canvas = element("canvas", { width, height, class: "picture", style: `width:${width * scale}px` });
  const context = canvas.getContext("2d"),
    image = context.createImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const levels = [0, 1, 2].map(
        (c) =>
          (255 * (tensor.at([example, y, x, channels === 3 ? c : 0]) - minimum)) / (maximum - minimum || 1),
      );
      image.data.set([...levels, 255], 4 * (y * width + x));
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
