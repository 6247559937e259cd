// How one number came about: for each kind of operation, a function of the operation and an index.
// Each returns {words, terms, total}: terms are {label, factors, value, from}, and `total` is what
// they come to. Numbers are those of the step; only the arithmetic is done again, here.

const sum = (terms) => terms.reduce((total, term) => total + term.value, 0);

function product(label, a, b, from) {
  return { label, factors: [a, b], value: a * b, from };
}

// Its Taylor series; beyond 5 it is 1 to all digits.
function erf(x) {
  if (Math.abs(x) > 5) return Math.sign(x);
  let term = x, total = x;
  for (let n = 1; n < 100; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

const unary = {
  Relu: ["max(0, x)", (x) => Math.max(0, x), (x) => (x > 0 ? 1 : 0)],
  Tanh: ["tanh(x)", Math.tanh, (x) => 1 - Math.tanh(x) ** 2],
  Sigmoid: ["1 / (1 + exp(-x))", (x) => 1 / (1 + Math.exp(-x)), (x) => Math.exp(-x) / (1 + Math.exp(-x)) ** 2],
  Softplus: ["log(1 + exp(x))", (x) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0), (x) => 1 / (1 + Math.exp(-x))],
  Square: ["x²", (x) => x * x, (x) => 2 * x],
  Sqrt: ["√x", Math.sqrt, (x) => 0.5 / Math.sqrt(x)],
  Rsqrt: ["1 / √x", (x) => 1 / Math.sqrt(x), (x) => -0.5 * x ** -1.5],
  Exp: ["exp(x)", Math.exp, Math.exp],
  Erf: ["erf(x), the share of a bell curve between -x and x", erf, (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)],
  Neg: ["-x", (x) => -x, () => -1],
  Selu: [
    "1.0507 x, or 1.7581 (exp(x) - 1) below 0",
    (x) => (x > 0 ? 1.0507009873554805 * x : 1.7580993408473766 * Math.expm1(x)),
    (x) => (x > 0 ? 1.0507009873554805 : 1.7580993408473766 * Math.exp(x)),
  ],
};

const binary = {
  AddV2: ["+", (a, b) => a + b],
  Sub: ["-", (a, b) => a - b],
  Mul: ["×", (a, b) => a * b],
  RealDiv: ["/", (a, b) => a / b],
  Maximum: ["max", Math.max],
  Minimum: ["min", Math.min],
};

const forward = {
  Conv2D(operation, [b, y, x, k]) {
    const image = inputOf(operation, 0), kernel = inputOf(operation, 1);
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
        const from = { ...image, index, dy, dx, c };
        terms.push(product(`row ${py}, column ${px}, channel ${c}`, image.tensor.at(index), kernel.tensor.at([dy, dx, c, k]), from));
      }
    }
    const [height, width, channels] = kernel.tensor.whole;
    const edge = outside ? ` ${outside} places lie outside the image and count as 0.` : "";
    return {
      words: `The patch of ${height} x ${width} pixels and ${channels} channels, times the kernel of channel ${k}: ${terms.length} products, added up.${edge}`,
      terms, total: sum(terms), patch: { window, kernel: kernel.name, height, width, channels },
    };
  },

  Conv2DBackpropInput(operation, [b, Y, X, c]) {
    const kernel = inputOf(operation, 1), image = inputOf(operation, 2);
    const [, height, width, channels] = image.tensor.whole;
    const window = transposedWindow(operation, kernel.tensor.whole, height, width);
    const terms = [];
    for (const [y, x, dy, dx] of windowsOver(window, Y, X, height, width)) {
      for (let k = 0; k < channels; k++) {
        const index = [b, y, x, k];
        terms.push(product(`row ${y}, column ${x}, channel ${k}`, image.tensor.at(index), kernel.tensor.at([dy, dx, c, k]), { ...image, index }));
      }
    }
    return { words: "A transposed convolution: each pixel below spreads over a window; here the windows that reach this pixel, times the kernel, are added up.", terms, total: sum(terms) };
  },

  BiasAdd(operation, index) {
    const x = inputOf(operation, 0), bias = inputOf(operation, 1);
    const channel = index[index.length - 1];
    const terms = [
      { label: x.name, value: x.tensor.at(index), from: { ...x, index } },
      { label: `${bias.name}, channel ${channel}`, value: bias.tensor.at([channel]), from: { ...bias, index: [channel] } },
    ];
    return { words: "The sum of products, plus the bias of its channel.", terms, total: sum(terms) };
  },

  LeakyRelu(operation, index) {
    const x = inputOf(operation, 0), value = x.tensor.at(index), { alpha } = operation.attributes;
    return { words: `x where it is positive, ${show(alpha)} x below 0.`, terms: [{ label: x.name, value, from: { ...x, index } }], total: value > 0 ? value : alpha * value };
  },

  MaxPool(operation, [b, y, x, c]) {
    const image = inputOf(operation, 0);
    const window = windowOf(operation, image.tensor.whole, operation.attributes.ksize.slice(1, 3));
    const terms = [];
    for (const [py, px] of placesIn(window, y, x)) {
      if (isInside(window, py, px)) {
        const index = [b, py, px, c];
        terms.push({ label: `row ${py}, column ${px}`, value: image.tensor.at(index), from: { ...image, index } });
      }
    }
    const total = Math.max(...terms.map((term) => term.value));
    const winner = terms.find((term) => term.value === total);
    if (winner) winner.winner = true;  // undefined where numbers are left out
    return { words: "The largest number of the window wins; the others go no further, and get no gradient.", terms, total };
  },

  AvgPool(operation, [b, y, x, c]) {
    const image = inputOf(operation, 0);
    const window = windowOf(operation, image.tensor.whole, operation.attributes.ksize.slice(1, 3));
    const inside = placesIn(window, y, x).filter(([py, px]) => isInside(window, py, px));
    const terms = inside.map(([py, px]) => product(`row ${py}, column ${px}`, image.tensor.at([b, py, px, c]), 1 / inside.length, { ...image, index: [b, py, px, c] }));
    return { words: "The mean of the window.", terms, total: sum(terms) };
  },

  MatMul(operation, [b, j]) {
    const x = inputOf(operation, 0), weights = inputOf(operation, 1);
    const terms = [];
    for (let i = 0; i < x.tensor.whole[1]; i++) {
      const place = operation.attributes.transpose_b ? [j, i] : [i, j];
      terms.push(product(`unit ${i}`, x.tensor.at([b, i]), weights.tensor.at(place), { ...x, index: [b, i] }));
    }
    return { words: `A dense layer: ${terms.length} inputs, each times its weight to unit ${j}, added up.`, terms, total: sum(terms) };
  },

  BatchMatMulV2(operation, index) {
    const a = inputOf(operation, 0), b = inputOf(operation, 1);
    const outer = index.slice(0, -2), [row, column] = index.slice(-2);
    const { adj_x, adj_y } = operation.attributes;
    const length = a.tensor.whole.at(adj_x ? -2 : -1);
    const terms = [];
    for (let i = 0; i < length; i++) {
      const left = [...outer, ...(adj_x ? [i, row] : [row, i])];
      const right = [...outer, ...(adj_y ? [column, i] : [i, column])];
      terms.push(product(adj_y ? `number ${i}` : `position ${i}`, a.tensor.at(left), b.tensor.at(right), { ...a, index: left }));
    }
    const words = adj_y
      ? `How well the query of position ${row} matches the key of position ${column}: the product of two rows.`
      : `Position ${row} gathers from all positions: their values, weighted by its row of attention.`;
    return { words, terms, total: sum(terms) };
  },

  Softmax(operation, index) {
    const x = inputOf(operation, 0), outer = index.slice(0, -1), own = index.at(-1);
    const row = [...Array(x.tensor.whole.at(-1)).keys()].map((i) => x.tensor.at([...outer, i]));
    const top = Math.max(...row), powers = row.map((value) => Math.exp(value - top));
    const all = powers.reduce((a, b) => a + b, 0);
    const terms = powers.map((power, i) => ({ label: `position ${i}`, value: power / all, own: i === own, from: { ...x, index: [...outer, i] } }));
    return { words: `Shares that add up to 1: exp of each of ${row.length} numbers, divided by the sum of them all. The row is shown; this number is that of position ${own}.`, terms, total: powers[own] / all, isRow: true };
  },

  FusedBatchNormV3(operation, index) {
    const { x, mean, variance, scale, offset, epsilon, words } = normOf(operation, index);
    const terms = [
      { label: "x", value: x.tensor.at(index), from: { ...x, index } },
      { label: "mean", value: mean },
      { label: "variance", value: variance },
      { label: "scale", value: scale },
      { label: "offset", value: offset },
    ];
    const total = ((terms[0].value - mean) / Math.sqrt(variance + epsilon)) * scale + offset;
    const formula = `(${show(terms[0].value)} - ${show(mean)}) / √(${show(variance)} + ${show(epsilon)}) × ${show(scale)} + ${show(offset)} = ${show(total)}`;
    return { words: `Batch norm: (x - mean) / √(variance + epsilon) × scale + offset. ${words}`, terms, total, formula };
  },

  SelectV2(operation, index) {
    const kept = inputOf(operation, 0).tensor.atBroadcast(index) === 1;
    const chosen = inputOf(operation, kept ? 1 : 2);
    const value = chosen.tensor.atBroadcast(index);
    const words = kept
      ? "Dropout kept this number. It is divided by 1 - rate, the share that is kept, so that the sum of all stays the same on average; so nothing has to change when the network predicts and drops nothing."
      : "Dropout dropped this number: it is 0 in this step, and its weights get no gradient from it. Another step drops others.";
    return { words, terms: [{ label: chosen.name, value, from: { ...chosen, index } }], total: value };
  },

  ConcatV2(operation, index) {
    const last = operation.inputs.length - 1;
    const axis = (operation.numbers[last] + index.length) % index.length;
    let i = index[axis];
    for (let place = 0; place < last; place++) {
      const part = inputOf(operation, place), length = part.tensor.whole[axis];
      if (i < length) {
        const own = index.with(axis, i), value = part.tensor.at(own);
        return { words: `Branches stand one after another; this number is from ${part.name}.`, terms: [{ label: part.name, value, from: { ...part, index: own } }], total: value };
      }
      i -= length;
    }
    return null;
  },

  Transpose(operation, index) {
    const x = inputOf(operation, 0), order = operation.numbers[1];
    const own = [];
    order.forEach((axis, i) => (own[axis] = index[i]));
    const value = x.tensor.at(own);
    return { words: "The axes change places; the numbers stay the same.", terms: [{ label: x.name, value, from: { ...x, index: own } }], total: value };
  },

  Reshape(operation, index) {
    const x = inputOf(operation, 0), own = x.tensor.indexAt(outputOf(operation).placeOf(index));
    const value = x.tensor.at(own);
    return { words: "The same numbers in another shape.", terms: [{ label: x.name, value, from: { ...x, index: own } }], total: value };
  },

  ResourceGather(operation, index) {
    const row = outputOf(operation), value = row.at(index);
    return { words: "A row of a table of variables, looked up by its number.", terms: [{ label: "the row's number", value }], total: value };
  },

  Tile(operation, index) {
    const x = inputOf(operation, 0), own = index.map((i, axis) => i % x.tensor.whole[axis]);
    const value = x.tensor.at(own);
    return { words: "A copy: the same numbers stand here several times.", terms: [{ label: x.name, value, from: { ...x, index: own } }], total: value };
  },

  StridedSlice(operation, index) {
    const x = inputOf(operation, 0), own = sliced(operation, index);
    const value = x.tensor.at(own);
    return { words: "A part of an array.", terms: [{ label: x.name, value, from: { ...x, index: own } }], total: value };
  },

  Mean: (operation, index) => reduce(operation, index, "The mean of", (values) => values.reduce((a, b) => a + b, 0) / values.length),
  Sum: (operation, index) => reduce(operation, index, "The sum of", (values) => values.reduce((a, b) => a + b, 0)),
  Max: (operation, index) => reduce(operation, index, "The largest of", (values) => Math.max(...values)),
};
forward.Squeeze = forward.ExpandDims = forward.Reshape;

for (const [kind, [formula, f]] of Object.entries(unary)) {
  forward[kind] = (operation, index) => {
    const x = inputOf(operation, 0), value = x.tensor.at(index);
    return { words: `y = ${formula}, with x = ${show(value)}.`, terms: [{ label: x.name, value, from: { ...x, index } }], total: f(value) };
  };
}

for (const [kind, [sign, f]] of Object.entries(binary)) {
  forward[kind] = (operation, index) => {
    const terms = [0, 1].map((place) => {
      const input = inputOf(operation, place);
      const own = input.tensor.whole.length === index.length ? index.map((i, axis) => (input.tensor.whole[axis] === 1 ? 0 : i)) : null;
      return { label: input.name, value: input.tensor.atBroadcast(index), from: own && { ...input, index: own } };
    });
    return { words: `${terms[0].label} ${sign} ${terms[1].label}.`, terms, total: f(terms[0].value, terms[1].value) };
  };
}

function reduce(operation, index, words, f) {
  const x = inputOf(operation, 0), axes = [operation.numbers[1]].flat().map((axis) => (axis + x.tensor.whole.length) % x.tensor.whole.length);
  const terms = [];
  const walk = (axis, own) => {
    if (axis === x.tensor.whole.length) {
      terms.push({ label: `at ${own.join(", ")}`, value: x.tensor.at(own), from: { ...x, index: own } });
      return;
    }
    if (!axes.includes(axis)) {
      const kept = operation.attributes.keep_dims ? axis : axis - axes.filter((other) => other < axis).length;
      walk(axis + 1, [...own, index[kept]]);
    } else for (let i = 0; i < x.tensor.whole[axis]; i++) walk(axis + 1, [...own, i]);
  };
  walk(0, []);
  return { words: `${words} ${terms.length} numbers.`, terms, total: f(terms.map((term) => term.value)) };
}

// The index in its input of a number of a slice.
function sliced(operation, index) {
  const { begin_mask, shrink_axis_mask } = operation.attributes, [begin, steps] = [operation.numbers[1], operation.numbers[3]];
  const rest = [...index], has = (mask, axis) => (mask >> axis) & 1;
  return inputOf(operation, 0).tensor.whole.map((length, axis) => {
    if (axis >= begin.length) return rest.shift();
    const first = has(begin_mask, axis) ? 0 : (begin[axis] + length) % length;
    return has(shrink_axis_mask, axis) ? first : first + steps[axis] * rest.shift();
  });
}

function normOf(operation, index) {
  const [x, scale, offset, mean, variance] = [0, 1, 2, 3, 4].map((place) => inputOf(operation, place));
  const channel = [index.at(-1)], { epsilon, is_training: isTraining } = operation.attributes;
  const found = { x, scale: scale.tensor.at(channel), offset: offset.tensor.at(channel), epsilon };
  if (!isTraining) return { ...found, mean: mean.tensor.at(channel), variance: variance.tensor.at(channel), words: "Mean and variance are the moving averages of training." };
  const count = x.tensor.whole.slice(0, -1).reduce((a, b) => a * b, 1);
  return {
    ...found, count,
    mean: tensorOf(operation.outputs[1]).at(channel),
    variance: (tensorOf(operation.outputs[2]).at(channel) * (count - 1)) / count,
    words: `Mean and variance are those of this channel over the ${count} numbers of the batch; in prediction, moving averages take their place.`,
  };
}

function transposedWindow(operation, kernel, height, width) {
  const { strides, padding } = operation.attributes, out = outputOf(operation).whole;
  return [height, width].map((length, i) => {
    const stride = strides[i + 1], missing = Math.max(0, (length - 1) * stride + kernel[i] - out[i + 1]);
    return { stride, size: kernel[i], before: padding === "SAME" ? Math.floor(missing / 2) : 0, length: out[i + 1] };
  });
}

// How a number of an operation came about; null where this page cannot take it apart.
function explain(name, index) {
  const operation = data.operations[name];
  const how = forward[operation.kind];
  if (!how) return null;
  const found = how(operation, index);
  const isWhole = found && found.terms.every((term) => term.value !== undefined && !Number.isNaN(term.value));
  return isWhole ? { ...found, value: outputOf(operation).at(index) } : null;
}
