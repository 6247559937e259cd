// How one number came about: for each kind of operation, a function of the operation and an index.
// Each returns {words, terms, total}: terms are {label, factors, value, from}, and `total` is what
// they come to. What a picture needs is in `window`, `patch` and `attention`. Numbers are those of
// the step; only the arithmetic is done again, here. More of these functions, and of those of
// backward.js, are in convolution.js, elementwise.js and moves.js.

const sum = (terms) => terms.reduce((total, term) => total + term.value, 0);

// `from` and `by` say where the two factors are: {name, operation or variable, index}.
function product(label, a, b, from, by) {
  return { label, factors: [a, b], value: a * b, from, by };
}

const forward = {
  MatMul(operation, [b, j]) {
    const x = inputOf(operation, 0),
      weights = inputOf(operation, 1);
    const terms = [];
    for (let i = 0; i < x.tensor.whole[1]; i++) {
      const place = operation.attributes.transpose_b ? [j, i] : [i, j];
      terms.push(
        product(
          `unit ${i}`,
          x.tensor.at([b, i]),
          weights.tensor.at(place),
          { ...x, index: [b, i] },
          { ...weights, index: place },
        ),
      );
    }
    return {
      words: `A dense layer: ${terms.length} inputs, each times its weight to unit ${j}, added up.`,
      terms,
      total: sum(terms),
    };
  },

  BatchMatMulV2(operation, index) {
    const a = inputOf(operation, 0),
      b = inputOf(operation, 1);
    const outer = index.slice(0, -2),
      [row, column] = index.slice(-2);
    const { adj_x, adj_y } = operation.attributes;
    const length = a.tensor.whole.at(adj_x ? -2 : -1);
    const terms = [];
    for (let i = 0; i < length; i++) {
      const left = [...outer, ...(adj_x ? [i, row] : [row, i])];
      const right = [...outer, ...(adj_y ? [column, i] : [i, column])];
      terms.push(
        product(
          adj_y ? `number ${i}` : `position ${i}`,
          a.tensor.at(left),
          b.tensor.at(right),
          { ...a, index: left },
          { ...b, index: right },
        ),
      );
    }
    const words = adj_y
      ? `How well the query of position ${row} matches the key of position ${column}: the product of two rows.`
      : `Position ${row} gathers from all positions: their values, weighted by its row of attention.`;
    const attention =
      !adj_y && index.length === 4
        ? { weights: terms.map((term) => term.factors[0]), query: row, example: index[0] }
        : null;
    return { words, terms, total: sum(terms), attention };
  },

  Softmax(operation, index) {
    const x = inputOf(operation, 0),
      outer = index.slice(0, -1),
      own = index.at(-1);
    const row = [...Array(x.tensor.whole.at(-1)).keys()].map((i) => x.tensor.at([...outer, i]));
    const top = Math.max(...row),
      powers = row.map((value) => Math.exp(value - top));
    const all = powers.reduce((a, b) => a + b, 0);
    const terms = powers.map((power, i) => ({
      label: `${index.length === 4 ? "position" : "number"} ${i}`,
      value: power / all,
      own: i === own,
      from: { ...x, index: [...outer, i] },
    }));
    const attention =
      index.length === 4
        ? { weights: powers.map((power) => power / all), query: index[2], example: index[0] }
        : null;
    return {
      words: `Shares that add up to 1: exp of each of ${row.length} numbers, divided by the sum of them all. This number is the one of ${terms[own].label}.`,
      terms,
      total: powers[own] / all,
      attention,
    };
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
    const formula = `(${show(terms[0].value)} - ${operand(mean)}) / √(${show(variance)} + ${show(epsilon)}) × ${operand(scale)} + ${operand(offset)} = ${show(total)}`;
    return {
      words: `Batch norm: (x - mean) / √(variance + epsilon) × scale + offset. ${words}`,
      terms,
      total,
      formula,
    };
  },

  SelectV2(operation, index) {
    const kept = inputOf(operation, 0).tensor.atBroadcast(index) === 1;
    const chosen = inputOf(operation, kept ? 1 : 2);
    const value = chosen.tensor.atBroadcast(index);
    return {
      words:
        wordsOfDropout(operation, index, kept) ??
        `The condition ${kept ? "holds" : "does not hold"} here, so the number is that of ${chosen.name}.`,
      terms: [{ label: chosen.name, value, from: { ...chosen, index } }],
      total: value,
    };
  },
};
// What is said if numbers are chosen by a random draw, as dropout does; null if they are not.
function wordsOfDropout(operation, index, kept) {
  const [condition, scaled] = [0, 1].map((place) => data.operations[inputOf(operation, place)?.operation]);
  if (!isDrawn(operation) || scaled?.kind !== "RealDiv") return null;
  const draw = inputOf(condition, 0);
  const share = inputOf(scaled, 1).tensor.at([]),
    rate = 1 - share,
    x = inputOf(scaled, 0).tensor.at(index);
  const drawn = `Dropout of ${show(100 * rate, 3)} %. The random draw for this number was ${show(draw.tensor.at(index), 3)}, ${kept ? "not less" : "less"} than ${show(rate, 3)}, so`;
  if (!kept)
    return `${drawn} it was dropped: ${show(x)} became 0, and what is behind it gets no gradient through it. The next step drops others.`;
  return `${drawn} it was kept. It is divided by ${show(share, 3)}, the share that is kept: ${show(x)} / ${show(share, 3)}. So the sum over many numbers stays the same on average, and nothing needs to change when the network predicts and drops nothing.`;
}

// Whether a random draw chooses between two numbers.
function isDrawn(operation) {
  const condition = data.operations[inputOf(operation, 0)?.operation];
  return condition?.kind === "GreaterEqual" && condition.inputs[0].includes("random_uniform");
}

const counted = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

function normOf(operation, index) {
  const [x, scale, offset, mean, variance] = [0, 1, 2, 3, 4].map((place) => inputOf(operation, place));
  const channel = [index.at(-1)],
    { epsilon, is_training: isTraining } = operation.attributes;
  const found = { x, scale: scale.tensor.at(channel), offset: offset.tensor.at(channel), epsilon };
  if (!isTraining)
    return {
      ...found,
      mean: mean.tensor.at(channel),
      variance: variance.tensor.at(channel),
      words: "Mean and variance are the moving averages of training.",
    };
  const count = x.tensor.whole.slice(0, -1).reduce((a, b) => a * b, 1);
  return {
    ...found,
    count,
    mean: tensorOf(operation.outputs[1]).at(channel),
    variance: (tensorOf(operation.outputs[2]).at(channel) * (count - 1)) / count,
    words: `Mean and variance are those of this channel over the ${count} numbers of the batch; in prediction, moving averages take their place.`,
  };
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
