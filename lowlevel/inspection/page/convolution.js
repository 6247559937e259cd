// Windows that slide over an image: convolutions and pooling, forward and backward.

Object.assign(forward, {
  Conv2D(operation, [b, y, x, k]) {
    const image = inputOf(operation, 0),
      kernel = inputOf(operation, 1);
    const window = windowOf(operation, image.tensor.whole, kernel.tensor.whole);
    const terms = [];
    let outside = 0;
    for (const [py, px, dy, dx] of placesIn(window, y, x)) {
      if (!isInside(window, py, px)) {
        outside++;
        continue;
      }
      for (let c = 0; c < image.tensor.whole[3]; c++) {
        const index = [b, py, px, c];
        const from = { ...image, index, dy, dx, c },
          by = { ...kernel, index: [dy, dx, c, k] };
        terms.push(
          product(
            `row ${py}, column ${px}, channel ${c}`,
            image.tensor.at(index),
            kernel.tensor.at(by.index),
            from,
            by,
          ),
        );
      }
    }
    const [height, width, channels] = kernel.tensor.whole;
    const edge = outside
      ? ` ${counted(outside, "place")} of the patch lie${outside > 1 ? "" : "s"} outside of the image and count${outside > 1 ? "" : "s"} as 0.`
      : "";
    return {
      words: `A patch of ${height} × ${width} pixels in ${counted(channels, "channel")}, times the kernel of channel ${k}: ${terms.length} products, added up.${edge}`,
      terms,
      total: sum(terms),
      patch: { height, width },
      window: { place: placeOfWindow(window, y, x), strongest: strongestOf(terms) },
    };
  },

  Conv2DBackpropInput(operation, [b, Y, X, c]) {
    const kernel = inputOf(operation, 1),
      image = inputOf(operation, 2);
    const [, height, width, channels] = image.tensor.whole;
    const window = transposedWindow(operation, kernel.tensor.whole, height, width);
    const terms = [];
    for (const [y, x, dy, dx] of windowsOver(window, Y, X, height, width)) {
      for (let k = 0; k < channels; k++) {
        const index = [b, y, x, k];
        terms.push(
          product(
            `row ${y}, column ${x}, channel ${k}`,
            image.tensor.at(index),
            kernel.tensor.at([dy, dx, c, k]),
            { ...image, index },
            { ...kernel, index: [dy, dx, c, k] },
          ),
        );
      }
    }
    return {
      words:
        "A transposed convolution: each pixel of its input spreads over a window. Those that reach this pixel are added up, each times its weight.",
      terms,
      total: sum(terms),
    };
  },

  MaxPool(operation, [b, y, x, c]) {
    const image = inputOf(operation, 0);
    const window = windowOf(operation, image.tensor.whole, operation.attributes.ksize.slice(1, 3));
    const terms = [];
    for (const [py, px] of placesIn(window, y, x)) {
      if (isInside(window, py, px)) {
        const index = [b, py, px, c];
        terms.push({
          label: `row ${py}, column ${px}`,
          value: image.tensor.at(index),
          from: { ...image, index, c },
        });
      }
    }
    const total = Math.max(...terms.map((term) => term.value));
    const winner = terms.find((term) => term.value === total);
    if (winner) winner.winner = true; // undefined where numbers are left out
    return {
      words: "The largest number of the window wins; the others go no further, and get no gradient.",
      terms,
      total,
      window: { place: placeOfWindow(window, y, x), strongest: c },
    };
  },

  AvgPool(operation, [b, y, x, c]) {
    const image = inputOf(operation, 0);
    const window = windowOf(operation, image.tensor.whole, operation.attributes.ksize.slice(1, 3));
    const inside = placesIn(window, y, x).filter(([py, px]) => isInside(window, py, px));
    const terms = inside.map(([py, px]) =>
      product(`row ${py}, column ${px}`, image.tensor.at([b, py, px, c]), 1 / inside.length, {
        ...image,
        index: [b, py, px, c],
        c,
      }),
    );
    return {
      words: "The mean of the window.",
      terms,
      total: sum(terms),
      window: { place: placeOfWindow(window, y, x), strongest: c },
    };
  },
});

Object.assign(backward, {
  Conv2D(operation, place, [b, Y, X, c], gradient) {
    if (place !== 0) return null;
    const image = inputOf(operation, 0).tensor,
      kernel = inputOf(operation, 1);
    const [, height, width, channels] = gradient.whole;
    const window = windowOf(operation, image.whole, kernel.tensor.whole);
    const terms = [];
    for (const [y, x, dy, dx] of windowsOver(window, Y, X, height, width)) {
      for (let k = 0; k < channels; k++) {
        const by = { ...kernel, index: [dy, dx, c, k] };
        terms.push(
          product(
            `to row ${y}, column ${x}, channel ${k}`,
            gradient.at([b, y, x, k]),
            kernel.tensor.at(by.index),
            null,
            by,
          ),
        );
      }
    }
    return {
      words: "The gradient at each pixel whose window sees this one, times the weight between them.",
      terms,
    };
  },

  Conv2DBackpropInput(operation, place, [b, y, x, k], gradient) {
    if (place !== 2) return null;
    const kernel = inputOf(operation, 1).tensor,
      [, height, width] = inputOf(operation, 2).tensor.whole;
    const window = transposedWindow(operation, kernel.whole, height, width);
    const terms = [];
    for (const [Y, X, dy, dx] of placesIn(window, y, x)) {
      if (!isInside(window, Y, X)) continue;
      for (let c = 0; c < kernel.whole[2]; c++) {
        terms.push(
          product(
            `to row ${Y}, column ${X}, channel ${c}`,
            gradient.at([b, Y, X, c]),
            kernel.at([dy, dx, c, k]),
          ),
        );
      }
    }
    return {
      words:
        "The gradient at each pixel of the window that this one spreads over, times the weight between them.",
      terms,
    };
  },

  MaxPool(operation, place, [b, Y, X, c], gradient) {
    const image = inputOf(operation, 0).tensor,
      [, height, width] = gradient.whole;
    const window = windowOf(operation, image.whole, operation.attributes.ksize.slice(1, 3));
    const terms = [];
    for (const [y, x] of windowsOver(window, Y, X, height, width)) {
      const winner = forward.MaxPool(operation, [b, y, x, c]).terms.find((term) => term.winner);
      if (!winner) return null;
      const isWinner = winner.from.index[1] === Y && winner.from.index[2] === X;
      terms.push({
        label: `window at row ${y}, column ${x}: ${isWinner ? "won" : "lost"}`,
        value: isWinner ? gradient.at([b, y, x, c]) : 0,
      });
    }
    return { words: "Only the winner of a window gets its gradient.", terms };
  },
});

// The input channel whose products add up to most.
function strongestOf(terms) {
  const sums = new Map();
  for (const term of terms) sums.set(term.from.c, (sums.get(term.from.c) ?? 0) + term.value);
  return [...sums].reduce((most, one) => (Math.abs(one[1]) > Math.abs(most[1]) ? one : most), [0, 0])[0];
}
