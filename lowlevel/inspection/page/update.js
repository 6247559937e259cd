// What the optimizer does to one weight: formulas with the numbers in, and what they come to.

const rules = {
  SGD: ({ w, g, rate }) => [`w' = w - rate × g = ${show(w)} - ${show(rate)} × ${operand(g)}`, w - rate * g],

  Momentum({ w, g, rate, slots, settings }) {
    const velocity = settings.momentum * slots.velocity[0] - rate * g;
    const step = settings.nesterov ? settings.momentum * velocity - rate * g : velocity;
    return [
      `v' = momentum × v - rate × g = ${show(settings.momentum)} × ${operand(slots.velocity[0])} - ${show(rate)} × ${operand(g)} = ${show(velocity)}`,
      `w' = w + ${settings.nesterov ? "momentum × v' - rate × g" : "v'"} = ${show(w)} + ${operand(step)}`,
      w + step,
    ];
  },

  RMSprop({ w, g, rate, slots, settings }) {
    const v = settings.rho * slots.v[0] + (1 - settings.rho) * g * g;
    return [
      `v' = ρ v + (1 - ρ) g² = ${show(settings.rho)} × ${show(slots.v[0])} + ${show(1 - settings.rho)} × ${squared(g)} = ${show(v)}`,
      `w' = w - rate × g / √(v' + ε) = ${show(w)} - ${show(rate)} × ${operand(g)} / √(${show(v)} + ${show(settings.epsilon)})`,
      w - (rate * g) / Math.sqrt(v + settings.epsilon),
    ];
  },

  Adam({ w, g, rate, t, slots, settings }) {
    const { beta_1: b1, beta_2: b2, epsilon } = settings;
    const m = b1 * slots.m[0] + (1 - b1) * g,
      v = b2 * slots.v[0] + (1 - b2) * g * g;
    const alpha = (rate * Math.sqrt(1 - b2 ** t)) / (1 - b1 ** t);
    return [
      `m' = β₁ m + (1 - β₁) g = ${show(b1)} × ${operand(slots.m[0])} + ${show(1 - b1)} × ${operand(g)} = ${show(m)}`,
      `v' = β₂ v + (1 - β₂) g² = ${show(b2)} × ${show(slots.v[0])} + ${show(1 - b2)} × ${squared(g)} = ${show(v)}`,
      `α = rate × √(1 - β₂ᵗ) / (1 - β₁ᵗ) = ${show(rate)} × √(1 - ${show(b2)}^${t}) / (1 - ${show(b1)}^${t}) = ${show(alpha)}`,
      `w' = w - α m' / (√v' + ε) = ${show(w)} - ${show(alpha)} × ${operand(m)} / (√${show(v)} + ${show(epsilon)})`,
      w - (alpha * m) / (Math.sqrt(v) + epsilon),
    ];
  },
};

const squared = (g) => (g < 0 ? `(${show(g)})²` : `${show(g)}²`);

// A weight's value, gradient, slots and new value, and the formula: null without a gradient.
function updateOf(name, index) {
  const variable = data.variables[name],
    { rule, settings, learning_rate: rate, t } = data.optimizer;
  const at = (number) => tensorOf(number)?.at(index);
  const w = at(variable.before),
    g = at(variable.gradient),
    after = at(variable.after);
  if (g === undefined || after === undefined) return null;
  const slots = Object.fromEntries(
    Object.entries(variable.slots).map(([kind, pair]) => [kind, pair.map(at)]),
  );
  // Muon is for matrices and kernels; the others are updated by Adam.
  const formula = rules[rule === "Muon" && slots.v ? "Adam" : rule];
  const decay =
    variable.before === null || data.arrays[variable.before].whole.length < 2
      ? 0
      : settings.weight_decay || 0;
  const start = w - w * decay * rate; // weight decay comes first
  const lines = decay
    ? [
        `w, decayed = w - w × decay × rate = ${show(w)} - ${operand(w)} × ${show(decay)} × ${show(rate)} = ${show(start)}`,
      ]
    : [];
  const found = formula ? formula({ w: start, g, rate, t, slots, settings }) : [null];
  const total = found.pop();
  const isChanged =
    total !== null && Math.abs(total - after) > 1e-6 * Math.abs(w) + 1e-3 * Math.abs(after - w);
  return { w, g, after, slots, lines: [...lines, ...found], total, isChanged };
}

// A weight's gradient as a sum over all places where it was used: {words, total}; null if this page
// does not hold all of them.
function gradientOfWeight(name, index) {
  const users = Object.values(data.operations).filter(
    (operation) => operation.inputs[1] === `variable:${name}`,
  );
  if (
    !users.length ||
    !users.every((operation) => usesOfWeight[operation.kind] && operation.gradient !== null)
  )
    return null;
  let count = 0,
    total = 0;
  for (const operation of users) {
    const { tensor } = inputOf(operation, 0),
      kernel = tensorOf(data.variables[name].before).whole;
    for (const term of usesOfWeight[operation.kind](
      operation,
      tensor,
      tensorOf(operation.gradient),
      kernel,
      index,
    )) {
      count++;
      total += term;
    }
  }
  const isBias = users[0].kind === "BiasAdd";
  const words = isBias
    ? `the gradients of ${counted(count, "number")} that it was added to`
    : `over ${counted(count, "use")} of this weight, what it was multiplied with, times the gradient of the result`;
  return Number.isFinite(total) ? { words, total } : null;
}

const usesOfWeight = {
  *Conv2D(operation, x, g, kernel, [dy, dx, c, k]) {
    const window = windowOf(operation, x.whole, kernel),
      [batch, height, width] = g.whole;
    const [down, across] = placeOfWindow(window, 0, 0).map(({ first }) => first);
    for (let b = 0; b < batch; b++)
      for (let row = 0; row < height; row++)
        for (let column = 0; column < width; column++) {
          const y = row * window[0].stride + down + dy,
            left = column * window[1].stride + across + dx;
          if (isInside(window, y, left)) yield g.at([b, row, column, k]) * x.at([b, y, left, c]);
        }
  },

  *MatMul(operation, x, g, _, [i, j]) {
    for (let b = 0; b < g.whole[0]; b++) yield g.at([b, j]) * x.at([b, i]);
  },

  *BiasAdd(operation, x, g, _, [channel]) {
    const channels = g.whole.at(-1),
      count = g.whole.reduce((a, b) => a * b, 1) / channels;
    for (let place = 0; place < count; place++) yield g.at(g.indexAt(place * channels + channel));
  },
};
