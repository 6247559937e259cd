// A row of attention over the patches of the image.

// How many patches there are down and across: for `length` positions, one of which may be a class
// token; null if square patches do not fit.
function patchesOf([, height, width], length) {
  for (let size = 1; size <= Math.min(height, width); size++) {
    if (height % size || width % size) continue;
    const down = height / size,
      across = width / size,
      extra = length - down * across;
    if (extra === 0 || extra === 1) return { down, across, extra };
  }
  return null;
}

function attentionPicture({ weights, query, example }) {
  const image = inputs
    .map((name) => outputOf(data.operations[name]))
    .find((tensor) => tensor.whole.length === 4);
  const patches = image && patchesOf(image.whole, weights.length);
  if (!patches) return null;
  const { down, across, extra } = patches,
    largest = Math.max(...weights);
  const frame = element(
    "div",
    { class: "frame" },
    picture(image, example, Math.max(1, Math.floor(224 / image.whole[2]))),
  );
  for (let position = extra; position < weights.length; position++) {
    const y = Math.floor((position - extra) / across),
      x = (position - extra) % across;
    const style = `top:${(100 * y) / down}%;left:${(100 * x) / across}%;height:${100 / down}%;width:${100 / across}%;--share:${weights[position] / largest}`;
    const words = `position ${position}, patch in row ${y}, column ${x}: ${show(weights[position], 4)}`;
    frame.append(element("i", { class: position === query ? "patch own" : "patch", style, title: words }));
  }
  const token = extra
    ? ` The class token, position 0, gets ${show(weights[0], 4)}${query === 0 ? "; it is what looks here" : ""}.`
    : "";
  const own = query >= extra ? " The outlined patch is the one that looks." : "";
  return element(
    "div",
    {},
    frame,
    hint(
      `The brighter the blue, the more position ${query} looks at that patch: the most is ${show(largest, 4)}.${own}${token}`,
    ),
  );
}
