// By which paths the gradient of one number came: for each kind of operation that takes the number,
// what it hands back. A function gets the operation, the place at which it takes the tensor, the
// index of the number in it, and the gradient of the operation's own output.

const backward = {
  Conv2D(operation, place, [b, Y, X, c], gradient) {
    if (place !== 0) return null;
    const image = inputOf(operation, 0).tensor, kernel = inputOf(operation, 1).tensor;
    const [, height, width, channels] = gradient.whole;
    const window = windowOf(operation, image.whole, kernel.whole);
    const terms = [];
    for (const [y, x, dy, dx] of windowsOver(window, Y, X, height, width)) {
      for (let k = 0; k < channels; k++) {
        terms.push(product(`to row ${y}, column ${x}, channel ${k}`, gradient.at([b, y, x, k]), kernel.at([dy, dx, c, k])));
      }
    }
    return { words: "The gradient at each pixel whose window sees this one, times the weight between them.", terms };
  },

  Conv2DBackpropInput(operation, place, [b, y, x, k], gradient) {
    if (place !== 2) return null;
    const kernel = inputOf(operation, 1).tensor, [, height, width] = inputOf(operation, 2).tensor.whole;
    const window = transposedWindow(operation, kernel.whole, height, width);
    const terms = [];
    for (const [Y, X, dy, dx] of placesIn(window, y, x)) {
      if (!isInside(window, Y, X)) continue;
      for (let c = 0; c < kernel.whole[2]; c++) {
        terms.push(product(`to row ${Y}, column ${X}, channel ${c}`, gradient.at([b, Y, X, c]), kernel.at([dy, dx, c, k])));
      }
    }
    return { words: "The gradient at each pixel of the window that this one spreads over, times the weight between them.", terms };
  },

  MatMul(operation, place, [b, i], gradient) {
    if (place !== 0) return null;
    const weights = inputOf(operation, 1).tensor;
    const terms = [];
    for (let j = 0; j < gradient.whole[1]; j++) {
      terms.push(product(`to unit ${j}`, gradient.at([b, j]), weights.at(operation.attributes.transpose_b ? [j, i] : [i, j])));
    }
    return { words: "The gradient of each unit, times the weight to it.", terms };
  },

  BatchMatMulV2(operation, place, index, gradient) {
    const { adj_x, adj_y } = operation.attributes;
    if (adj_x) return null;
    const other = inputOf(operation, 1 - place).tensor, outer = index.slice(0, -2), [r, s] = index.slice(-2);
    const terms = [];
    if (place === 0) {
      for (let j = 0; j < gradient.whole.at(-1); j++) {
        terms.push(product(`to column ${j}`, gradient.at([...outer, r, j]), other.at([...outer, ...(adj_y ? [j, s] : [s, j])])));
      }
    } else {
      const [inner, column] = adj_y ? [s, r] : [r, s];
      for (let i = 0; i < gradient.whole.at(-2); i++) {
        terms.push(product(`to row ${i}`, gradient.at([...outer, i, column]), other.at([...outer, i, inner])));
      }
    }
    return { words: "The gradients of the products that it is a factor of, times the other factor.", terms };
  },

  BiasAdd: (operation, place, index, gradient) => (place === 0 ? same(gradient.at(index)) : null),

  LeakyRelu(operation, place, index, gradient) {
    const slope = inputOf(operation, 0).tensor.at(index) > 0 ? 1 : operation.attributes.alpha;
    return { words: "The gradient behind it, times the slope here.", terms: [product("gradient, slope", gradient.at(index), slope)] };
  },

  MaxPool(operation, place, [b, Y, X, c], gradient) {
    const image = inputOf(operation, 0).tensor, [, height, width] = gradient.whole;
    const window = windowOf(operation, image.whole, operation.attributes.ksize.slice(1, 3));
    const terms = [];
    for (const [y, x] of windowsOver(window, Y, X, height, width)) {
      const winner = forward.MaxPool(operation, [b, y, x, c]).terms.find((term) => term.winner);
      if (!winner) return null;
      const isWinner = winner.from.index[1] === Y && winner.from.index[2] === X;
      terms.push({ label: `window at row ${y}, column ${x}: ${isWinner ? "won" : "lost"}`, value: isWinner ? gradient.at([b, y, x, c]) : 0 });
    }
    return { words: "Only the winner of a window gets its gradient.", terms };
  },

  Softmax(operation, place, index, gradient) {
    const y = outputOf(operation), outer = index.slice(0, -1);
    let mean = 0;
    for (let i = 0; i < y.whole.at(-1); i++) mean += y.at([...outer, i]) * gradient.at([...outer, i]);
    return { words: "y × (g - the mean of all g, weighted by y): shares can only grow at the cost of others.", terms: [product("y, g - mean", y.at(index), gradient.at(index) - mean)] };
  },

  FusedBatchNormV3(operation, place, index, gradient) {
    if (place !== 0 || !operation.attributes.is_training) return null;
    const { x, mean, variance, scale, epsilon, count } = normOf(operation, index);
    if (x.tensor.size < count * x.tensor.whole.at(-1) || gradient.size < x.tensor.size) return null;  // cut
    const channel = index.at(-1), inverse = 1 / Math.sqrt(variance + epsilon);
    const normal = (value) => (value - mean) * inverse;
    let all = 0, along = 0;
    const channels = x.tensor.whole.at(-1);
    for (let place = channel; place < x.tensor.size; place += channels) {
      const g = gradient.flat(place);
      all += g;
      along += g * normal(x.tensor.flat(place));
    }
    const own = gradient.at(index) - all / count - (normal(x.tensor.at(index)) * along) / count;
    return { words: "The gradient, less what moving the batch's mean and variance takes back, times scale / √(variance + epsilon).", terms: [product("scale × inverse, rest", scale * inverse, own)] };
  },

  SelectV2(operation, place, index, gradient) {
    const kept = inputOf(operation, 0).tensor.atBroadcast(index) === 1;
    return { words: kept ? "It was kept: the gradient passes." : "It was dropped: no gradient passes.", terms: [{ label: "gradient", value: kept === (place === 1) ? gradient.at(index) : 0 }] };
  },

  AddV2: (operation, place, index, gradient) => broadcast(operation, place, index, gradient, () => 1),
  Sub: (operation, place, index, gradient) => broadcast(operation, place, index, gradient, () => (place ? -1 : 1)),
  Mul: (operation, place, index, gradient) => broadcast(operation, place, index, gradient, (own) => inputOf(operation, 1 - place).tensor.atBroadcast(own)),
  RealDiv: (operation, place, index, gradient) => (place ? null : broadcast(operation, place, index, gradient, (own) => 1 / inputOf(operation, 1).tensor.atBroadcast(own))),

  Reshape: (operation, place, index, gradient) => (place === 0 ? same(gradient.at(outputOf(operation).indexAt(inputOf(operation, 0).tensor.placeOf(index)))) : null),
  Transpose: (operation, place, index, gradient) => (place === 0 ? same(gradient.at(operation.numbers[1].map((axis) => index[axis]))) : null),

  ConcatV2(operation, place, index, gradient) {
    const axis = (operation.numbers[operation.inputs.length - 1] + index.length) % index.length;
    let before = 0;
    for (let earlier = 0; earlier < place; earlier++) before += inputOf(operation, earlier).tensor.whole[axis];
    return same(gradient.at(index.with(axis, index[axis] + before)));
  },

  StridedSlice(operation, place, index, gradient) {
    if (place !== 0) return null;
    const inside = gradient.size > 0 && [...Array(gradient.size).keys()].find((i) => String(sliced(operation, gradient.indexAt(i))) === String(index));
    return inside === undefined ? { words: "It is not in the part that is taken.", terms: [{ label: "gradient", value: 0 }] } : same(gradient.at(gradient.indexAt(inside)));
  },

  Tile(operation, place, index, gradient) {
    const whole = inputOf(operation, 0).tensor.whole, terms = [];
    for (let i = 0; i < gradient.size; i++) {
      const copy = gradient.indexAt(i);
      if (copy.every((j, axis) => j % whole[axis] === index[axis])) terms.push({ label: `copy at ${copy.join(", ")}`, value: gradient.at(copy) });
    }
    return { words: "The gradients of all copies, added up.", terms };
  },

  Max(operation, place, index, gradient) {
    const [{ factors: [behind] }] = reduced(operation, place, index, gradient, false).terms;
    const values = forward.Max(operation, behindAxes(operation, index)).terms.map((term) => term.value);
    const largest = Math.max(...values), own = inputOf(operation, 0).tensor.at(index);
    const share = own === largest ? 1 / values.filter((value) => value === largest).length : 0;
    return { words: "Only the largest number gets the gradient; equals share it.", terms: [product("gradient, share", behind, share)] };
  },

  Mean: (operation, place, index, gradient) => reduced(operation, place, index, gradient, true),
  Sum: (operation, place, index, gradient) => reduced(operation, place, index, gradient, false),
};
// The loss: its gradient by a logit is (probability - target), divided by the size of the batch.
backward.SparseSoftmaxCrossEntropyWithLogits = backward.SoftmaxCrossEntropyWithLogits = (operation, place, [b, k]) => {
  const answer = data.answers[b];
  if (place !== 0 || !answer?.probabilities) return null;
  const difference = answer.probabilities[k] - answer.targets[k];
  return { words: "The loss: (probability - target), divided by the size of the batch.", terms: [product("probability - target, 1 / batch", difference, 1 / data.batch)] };
};
backward.Squeeze = backward.ExpandDims = backward.Reshape;

for (const [kind, [, , slope]] of Object.entries(unary)) {
  backward[kind] = (operation, place, index, gradient) => {
    const x = inputOf(operation, 0).tensor.at(index);
    return { words: `The gradient behind it, times the slope of ${kind} at ${show(x)}.`, terms: [product("gradient, slope", gradient.at(index), slope(x))] };
  };
}

const same = (value) => ({ words: "It passes unchanged.", terms: [{ label: "gradient", value }] });

function broadcast(operation, place, index, gradient, factor) {
  const tensor = inputOf(operation, place).tensor;
  if (tensor.size !== gradient.size) return null;
  return { words: "The gradient behind it, times how much the result changes with this number.", terms: [product("gradient, factor", gradient.at(index), factor(index))] };
}

const axesOf = (operation, rank) => [operation.numbers[1]].flat().map((axis) => (axis + rank) % rank);

// The index of the result that a number is reduced to.
function behindAxes(operation, index) {
  const axes = axesOf(operation, index.length);
  if (operation.attributes.keep_dims) return index.map((i, axis) => (axes.includes(axis) ? 0 : i));
  return index.filter((_, axis) => !axes.includes(axis));
}

function reduced(operation, place, index, gradient, isMean) {
  if (place !== 0) return null;
  const tensor = inputOf(operation, 0).tensor, axes = axesOf(operation, index.length);
  const own = behindAxes(operation, index);
  const count = isMean ? axes.reduce((total, axis) => total * tensor.whole[axis], 1) : 1;
  return { words: isMean ? `Each of ${count} numbers gets its share.` : "Each summand gets the gradient of the sum.", terms: [product("gradient, share", gradient.at(own), 1 / count)] };
}

// The gradient at a number and its paths: {value, paths: [{to, words, terms, total}], total}. A path
// that this page cannot take apart has no terms; `total` is then null.
function pathsTo(name, index) {
  const gradient = tensorOf(data.operations[name].gradient);
  if (!gradient) return null;
  const paths = data.operations[name].uses.map(([to, place]) => {
    const operation = data.operations[to];
    const behind = operation && (data.losses.includes(operation.kind) ? {} : tensorOf(operation.gradient));
    const found = behind && backward[operation.kind]?.(operation, place, index, behind);
    const isWhole = found && found.terms.every((term) => Number.isFinite(term.value));
    return isWhole ? { to, ...found, total: sum(found.terms) } : { to, words: "", terms: null, total: null };
  });
  const isWhole = paths.length > 0 && paths.every((path) => path.total !== null);
  return { value: gradient.at(index), paths, total: isWhole ? paths.reduce((total, path) => total + path.total, 0) : null };
}
