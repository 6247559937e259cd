// Operations that move numbers or sum them up, forward and backward.

Object.assign(forward, {
  ConcatV2(operation, index) {
    const last = operation.inputs.length - 1;
    const axis = (operation.numbers[last] + index.length) % index.length;
    let i = index[axis];
    for (let place = 0; place < last; place++) {
      const part = inputOf(operation, place),
        length = part.tensor.whole[axis];
      if (i < length) {
        const own = index.with(axis, i),
          value = part.tensor.at(own);
        return {
          words: `Arrays stand one after another here; this number is that of ${part.name}.`,
          terms: [{ label: part.name, value, from: { ...part, index: own } }],
          total: value,
        };
      }
      i -= length;
    }
    return null;
  },

  Transpose(operation, index) {
    const x = inputOf(operation, 0),
      order = operation.numbers[1];
    const own = [];
    order.forEach((axis, i) => (own[axis] = index[i]));
    const value = x.tensor.at(own);
    return {
      words: "The axes change places; the numbers stay the same.",
      terms: [{ label: x.name, value, from: { ...x, index: own } }],
      total: value,
    };
  },

  Reshape(operation, index) {
    const x = inputOf(operation, 0),
      own = x.tensor.indexAt(outputOf(operation).placeOf(index));
    const value = x.tensor.at(own);
    return {
      words: "The same numbers in another shape.",
      terms: [{ label: x.name, value, from: { ...x, index: own } }],
      total: value,
    };
  },

  ResourceGather(operation, index) {
    const row = outputOf(operation),
      value = row.at(index);
    return {
      words: "A row of a variable, looked up by its number.",
      terms: [{ label: "the row's number", value }],
      total: value,
    };
  },

  Tile(operation, index) {
    const x = inputOf(operation, 0),
      own = index.map((i, axis) => i % x.tensor.whole[axis]);
    const value = x.tensor.at(own);
    return {
      words: "A copy: the same numbers stand here several times.",
      terms: [{ label: x.name, value, from: { ...x, index: own } }],
      total: value,
    };
  },

  StridedSlice(operation, index) {
    const x = inputOf(operation, 0),
      own = sliced(operation, index);
    const value = x.tensor.at(own);
    return {
      words: "A part of an array.",
      terms: [{ label: x.name, value, from: { ...x, index: own } }],
      total: value,
    };
  },

  Mean: (operation, index) =>
    reduce(operation, index, "The mean of", (values) => values.reduce((a, b) => a + b, 0) / values.length),
  Sum: (operation, index) =>
    reduce(operation, index, "The sum of", (values) => values.reduce((a, b) => a + b, 0)),
  Max: (operation, index) => reduce(operation, index, "The largest of", (values) => Math.max(...values)),
});
forward.Squeeze = forward.ExpandDims = forward.Reshape;

function reduce(operation, index, words, f) {
  const x = inputOf(operation, 0),
    axes = [operation.numbers[1]]
      .flat()
      .map((axis) => (axis + x.tensor.whole.length) % x.tensor.whole.length);
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
  const { begin_mask, shrink_axis_mask } = operation.attributes,
    [begin, steps] = [operation.numbers[1], operation.numbers[3]];
  const rest = [...index],
    has = (mask, axis) => (mask >> axis) & 1;
  return inputOf(operation, 0).tensor.whole.map((length, axis) => {
    if (axis >= begin.length) return rest.shift();
    const first = has(begin_mask, axis) ? 0 : (begin[axis] + length) % length;
    return has(shrink_axis_mask, axis) ? first : first + steps[axis] * rest.shift();
  });
}

Object.assign(backward, {
  Reshape: (operation, place, index, gradient) =>
    place === 0
      ? same(gradient.at(outputOf(operation).indexAt(inputOf(operation, 0).tensor.placeOf(index))))
      : null,

  Transpose: (operation, place, index, gradient) =>
    place === 0 ? same(gradient.at(operation.numbers[1].map((axis) => index[axis]))) : null,

  ConcatV2(operation, place, index, gradient) {
    const axis = (operation.numbers[operation.inputs.length - 1] + index.length) % index.length;
    let before = 0;
    for (let earlier = 0; earlier < place; earlier++)
      before += inputOf(operation, earlier).tensor.whole[axis];
    return same(gradient.at(index.with(axis, index[axis] + before)));
  },

  StridedSlice(operation, place, index, gradient) {
    if (place !== 0) return null;
    const inside =
      gradient.size > 0 &&
      [...Array(gradient.size).keys()].find(
        (i) => String(sliced(operation, gradient.indexAt(i))) === String(index),
      );
    return inside === undefined
      ? { words: "It is not in the part that is taken.", terms: [{ label: "gradient", value: 0 }] }
      : same(gradient.at(gradient.indexAt(inside)));
  },

  Tile(operation, place, index, gradient) {
    const whole = inputOf(operation, 0).tensor.whole,
      terms = [];
    for (let i = 0; i < gradient.size; i++) {
      const copy = gradient.indexAt(i);
      if (copy.every((j, axis) => j % whole[axis] === index[axis]))
        terms.push({ label: `copy at ${copy.join(", ")}`, value: gradient.at(copy) });
    }
    return { words: "The gradients of all copies, added up.", terms };
  },

  Max(operation, place, index, gradient) {
    const [
      {
        factors: [behind],
      },
    ] = reduced(operation, place, index, gradient, false).terms;
    const values = forward.Max(operation, behindAxes(operation, index)).terms.map((term) => term.value);
    const largest = Math.max(...values),
      own = inputOf(operation, 0).tensor.at(index);
    const share = own === largest ? 1 / values.filter((value) => value === largest).length : 0;
    return {
      words: "Only the largest number gets the gradient; equals share it.",
      terms: [product("gradient, share", behind, share)],
    };
  },

  Mean: (operation, place, index, gradient) => reduced(operation, place, index, gradient, true),

  Sum: (operation, place, index, gradient) => reduced(operation, place, index, gradient, false),
});
backward.Squeeze = backward.ExpandDims = backward.Reshape;

const axesOf = (operation, rank) => [operation.numbers[1]].flat().map((axis) => (axis + rank) % rank);

// The index of the result that a number is reduced to.
function behindAxes(operation, index) {
  const axes = axesOf(operation, index.length);
  if (operation.attributes.keep_dims) return index.map((i, axis) => (axes.includes(axis) ? 0 : i));
  return index.filter((_, axis) => !axes.includes(axis));
}

function reduced(operation, place, index, gradient, isMean) {
  if (place !== 0) return null;
  const tensor = inputOf(operation, 0).tensor,
    axes = axesOf(operation, index.length);
  const own = behindAxes(operation, index);
  const count = isMean ? axes.reduce((total, axis) => total * tensor.whole[axis], 1) : 1;
  return {
    words: isMean ? `Each of ${count} numbers gets its share.` : "Each summand gets the gradient of the sum.",
    terms: [product("gradient, share", gradient.at(own), 1 / count)],
  };
}
