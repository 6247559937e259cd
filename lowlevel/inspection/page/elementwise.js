// Functions of single numbers, forward and backward: what becomes of each on its own.

// Its Taylor series; beyond 5 it is 1 to all digits.
function erf(x) {
  if (Math.abs(x) > 5) return Math.sign(x);
  let term = x,
    total = x;
  for (let n = 1; n < 100; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

const unary = {
  Relu: ["max(0, x)", (x) => Math.max(0, x), (x) => (x > 0 ? 1 : 0)],
  Tanh: ["tanh(x)", Math.tanh, (x) => 1 - Math.tanh(x) ** 2],
  Sigmoid: [
    "1 / (1 + exp(-x))",
    (x) => 1 / (1 + Math.exp(-x)),
    (x) => Math.exp(-x) / (1 + Math.exp(-x)) ** 2,
  ],
  Softplus: [
    "log(1 + exp(x))",
    (x) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0),
    (x) => 1 / (1 + Math.exp(-x)),
  ],
  Square: ["x²", (x) => x * x, (x) => 2 * x],
  Sqrt: ["√x", Math.sqrt, (x) => 0.5 / Math.sqrt(x)],
  Rsqrt: ["1 / √x", (x) => 1 / Math.sqrt(x), (x) => -0.5 * x ** -1.5],
  Exp: ["exp(x)", Math.exp, Math.exp],
  Erf: [
    "erf(x), the share of a bell curve between -x and x",
    erf,
    (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
  ],
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
  Maximum: ["larger", Math.max],
  Minimum: ["smaller", Math.min],
};

Object.assign(forward, {
  BiasAdd(operation, index) {
    const x = inputOf(operation, 0),
      bias = inputOf(operation, 1);
    const channel = index[index.length - 1];
    const terms = [
      { label: x.name, value: x.tensor.at(index), from: { ...x, index } },
      {
        label: `${bias.name}[${channel}]`,
        value: bias.tensor.at([channel]),
        from: { ...bias, index: [channel] },
      },
    ];
    return {
      words: `The number before, plus the bias of ${index.length === 4 ? "channel" : "unit"} ${channel}.`,
      terms,
      total: sum(terms),
    };
  },

  LeakyRelu(operation, index) {
    const x = inputOf(operation, 0),
      value = x.tensor.at(index),
      { alpha } = operation.attributes;
    return {
      words: `x where it is positive, ${show(alpha)} x below 0.`,
      terms: [{ label: x.name, value, from: { ...x, index } }],
      total: value > 0 ? value : alpha * value,
    };
  },
});

for (const [kind, [formula, f]] of Object.entries(unary)) {
  forward[kind] = (operation, index) => {
    const x = inputOf(operation, 0),
      value = x.tensor.at(index);
    return {
      words: `y = ${formula}, with x = ${show(value)}.`,
      terms: [{ label: x.name, value, from: { ...x, index } }],
      total: f(value),
    };
  };
}

for (const [kind, [sign]] of Object.entries(binary)) {
  forward[kind] = (operation, index) => {
    const terms = [0, 1].map((place) => {
      const input = inputOf(operation, place);
      const own =
        input.tensor.whole.length === index.length
          ? index.map((i, axis) => (input.tensor.whole[axis] === 1 ? 0 : i))
          : null;
      return {
        label: input.name,
        value: input.tensor.atBroadcast(index),
        from: own && { ...input, index: own },
      };
    });
    const [a, b] = terms.map((term) => term.label),
      f = binary[kind][1];
    return {
      words: kind.endsWith("imum") ? `The ${sign} of ${a} and ${b}.` : `${a} ${sign} ${b}.`,
      terms,
      total: f(terms[0].value, terms[1].value),
    };
  };
}

Object.assign(backward, {
  BiasAdd: (operation, place, index, gradient) => (place === 0 ? same(gradient.at(index)) : null),

  LeakyRelu(operation, place, index, gradient) {
    const slope = inputOf(operation, 0).tensor.at(index) > 0 ? 1 : operation.attributes.alpha;
    return {
      words: "The gradient behind it, times the slope here.",
      terms: [product("gradient, slope", gradient.at(index), slope)],
    };
  },

  AddV2: (operation, place, index, gradient) => broadcast(operation, place, index, gradient, () => 1),

  Sub: (operation, place, index, gradient) =>
    broadcast(operation, place, index, gradient, () => (place ? -1 : 1)),

  Mul: (operation, place, index, gradient) =>
    broadcast(operation, place, index, gradient, (own) =>
      inputOf(operation, 1 - place).tensor.atBroadcast(own),
    ),

  RealDiv: (operation, place, index, gradient) =>
    place
      ? null
      : broadcast(
          operation,
          place,
          index,
          gradient,
          (own) => 1 / inputOf(operation, 1).tensor.atBroadcast(own),
        ),
});

for (const [kind, [, , slope]] of Object.entries(unary)) {
  backward[kind] = (operation, place, index, gradient) => {
    const x = inputOf(operation, 0).tensor.at(index);
    return {
      words: `The gradient behind it, times the slope of ${kind} at ${show(x)}.`,
      terms: [product("gradient, slope", gradient.at(index), slope(x))],
    };
  };
}

function broadcast(operation, place, index, gradient, factor) {
  const tensor = inputOf(operation, place).tensor;
  if (tensor.size !== gradient.size) return null;
  return {
    words: "The gradient behind it, times how much the result changes with this number.",
    terms: [product("gradient, factor", gradient.at(index), factor(index))],
  };
}
