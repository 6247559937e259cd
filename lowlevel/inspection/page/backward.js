// By which paths the gradient of one number came: for each kind of operation that takes the number,
// what it hands back. A function gets the operation, the place at which it takes the tensor, the
// index of the number in it, and the gradient of the operation's own output.

const backward = {
  MatMul(operation, place, [b, i], gradient) {
    if (place !== 0) return null;
    const weights = inputOf(operation, 1);
    const terms = [];
    for (let j = 0; j < gradient.whole[1]; j++) {
      const by = { ...weights, index: operation.attributes.transpose_b ? [j, i] : [i, j] };
      terms.push(product(`to unit ${j}`, gradient.at([b, j]), weights.tensor.at(by.index), null, by));
    }
    return { words: "The gradient of each unit, times the weight to it.", terms };
  },

  BatchMatMulV2(operation, place, index, gradient) {
    const { adj_x, adj_y } = operation.attributes;
    if (adj_x) return null;
    const other = inputOf(operation, 1 - place).tensor,
      outer = index.slice(0, -2),
      [r, s] = index.slice(-2);
    const terms = [];
    if (place === 0) {
      for (let j = 0; j < gradient.whole.at(-1); j++) {
        terms.push(
          product(
            `to column ${j}`,
            gradient.at([...outer, r, j]),
            other.at([...outer, ...(adj_y ? [j, s] : [s, j])]),
          ),
        );
      }
    } else {
      const [inner, column] = adj_y ? [s, r] : [r, s];
      for (let i = 0; i < gradient.whole.at(-2); i++) {
        terms.push(
          product(`to row ${i}`, gradient.at([...outer, i, column]), other.at([...outer, i, inner])),
        );
      }
    }
    return { words: "The gradients of the products that it is a factor of, times the other factor.", terms };
  },

  Softmax(operation, place, index, gradient) {
    const y = outputOf(operation),
      outer = index.slice(0, -1);
    let mean = 0;
    for (let i = 0; i < y.whole.at(-1); i++) mean += y.at([...outer, i]) * gradient.at([...outer, i]);
    return {
      words: "y × (g - the mean of all g, weighted by y): shares can only grow at the cost of others.",
      terms: [product("y, g - mean", y.at(index), gradient.at(index) - mean)],
    };
  },

  FusedBatchNormV3(operation, place, index, gradient) {
    if (place !== 0 || !operation.attributes.is_training) return null;
    const { x, mean, variance, scale, epsilon, count } = normOf(operation, index);
    if (x.tensor.size < count * x.tensor.whole.at(-1) || gradient.size < x.tensor.size) return null; // cut
    const channel = index.at(-1),
      inverse = 1 / Math.sqrt(variance + epsilon);
    const normal = (value) => (value - mean) * inverse;
    let all = 0,
      along = 0;
    const channels = x.tensor.whole.at(-1);
    for (let place = channel; place < x.tensor.size; place += channels) {
      const g = gradient.flat(place);
      all += g;
      along += g * normal(x.tensor.flat(place));
    }
    const own = gradient.at(index) - all / count - (normal(x.tensor.at(index)) * along) / count;
    return {
      words:
        "The gradient, less what moving the batch's mean and variance takes back, times scale / √(variance + epsilon).",
      terms: [product("scale × inverse, rest", scale * inverse, own)],
    };
  },

  SelectV2(operation, place, index, gradient) {
    const kept = inputOf(operation, 0).tensor.atBroadcast(index) === 1;
    return {
      words: kept ? "It was kept: the gradient passes." : "It was dropped: no gradient passes.",
      terms: [{ label: "gradient", value: kept === (place === 1) ? gradient.at(index) : 0 }],
    };
  },
};
// The loss: its gradient by a logit is (probability - target), divided by the size of the batch.
backward.SparseSoftmaxCrossEntropyWithLogits = backward.SoftmaxCrossEntropyWithLogits = (
  operation,
  place,
  [b, k],
) => {
  const answer = data.answers[b];
  if (place !== 0 || !answer?.probabilities) return null;
  const difference = answer.probabilities[k] - answer.targets[k];
  return {
    words: "The loss: (probability - target), divided by the size of the batch.",
    terms: [product("probability - target, 1 / batch", difference, 1 / data.batch)],
  };
};
const same = (value) => ({ words: "It passes unchanged.", terms: [{ label: "gradient", value }] });

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
  return {
    value: gradient.at(index),
    paths,
    total: isWhole ? paths.reduce((total, path) => total + path.total, 0) : null,
  };
}
