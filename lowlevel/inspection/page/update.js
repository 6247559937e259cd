// What the optimizer does to one weight: formulas with the numbers in, and what they come to.

const rules = {
  SGD: ({ w, g, rate }) => [`w' = w - rate × g = ${show(w)} - ${show(rate)} × ${show(g)}`, w - rate * g],

  Momentum({ w, g, rate, slots, settings }) {
    const velocity = settings.momentum * slots.velocity[0] - rate * g;
    const step = settings.nesterov ? settings.momentum * velocity - rate * g : velocity;
    return [
      `v' = momentum × v - rate × g = ${show(settings.momentum)} × ${show(slots.velocity[0])} - ${show(rate)} × ${show(g)} = ${show(velocity)}`,
      `w' = w + ${settings.nesterov ? "momentum × v' - rate × g" : "v'"} = ${show(w)} + ${show(step)}`,
      w + step,
    ];
  },

  RMSprop({ w, g, rate, slots, settings }) {
    const v = settings.rho * slots.v[0] + (1 - settings.rho) * g * g;
    return [
      `v' = rho × v + (1 - rho) × g² = ${show(v)}`,
      `w' = w - rate × g / √(v' + epsilon) = ${show(w)} - ${show(rate)} × ${show(g)} / √(${show(v)} + ${show(settings.epsilon)})`,
      w - (rate * g) / Math.sqrt(v + settings.epsilon),
    ];
  },

  Adam({ w, g, rate, t, slots, settings }) {
    const { beta_1: b1, beta_2: b2, epsilon } = settings;
    const m = b1 * slots.m[0] + (1 - b1) * g, v = b2 * slots.v[0] + (1 - b2) * g * g;
    const alpha = (rate * Math.sqrt(1 - b2 ** t)) / (1 - b1 ** t);
    return [
      `m' = β₁ m + (1 - β₁) g = ${show(b1)} × ${show(slots.m[0])} + ${show(1 - b1)} × ${show(g)} = ${show(m)}`,
      `v' = β₂ v + (1 - β₂) g² = ${show(b2)} × ${show(slots.v[0])} + ${show(1 - b2)} × ${show(g)}² = ${show(v)}`,
      `α = rate × √(1 - β₂ᵗ) / (1 - β₁ᵗ) = ${show(rate)} × √(1 - ${show(b2)}^${t}) / (1 - ${show(b1)}^${t}) = ${show(alpha)}`,
      `w' = w - α m' / (√v' + ε) = ${show(w)} - ${show(alpha)} × ${show(m)} / (√${show(v)} + ${show(epsilon)})`,
      w - (alpha * m) / (Math.sqrt(v) + epsilon),
    ];
  },
};

// A weight's value, gradient, slots and new value, and the formula: null without a gradient.
function updateOf(name, index) {
  const variable = data.variables[name], { rule, settings, learning_rate: rate, t } = data.optimizer;
  const at = (number) => tensorOf(number)?.at(index);
  const w = at(variable.before), g = at(variable.gradient), after = at(variable.after);
  if (g === undefined || after === undefined) return null;
  const slots = Object.fromEntries(Object.entries(variable.slots).map(([kind, pair]) => [kind, pair.map(at)]));
  const formula = rules[rule];
  const lines = formula ? formula({ w, g, rate, t, slots, settings }) : [];
  const total = formula ? lines.pop() : null;
  // Weight decay comes before the rule; the formula then begins with the smaller weight.
  return { w, g, after, slots, lines, total, decay: settings.weight_decay || 0 };
}

// A kernel's gradient as a sum over the pixels at which the weight was used: {count, total}.
function gradientOfWeight(name, index) {
  for (const operation of Object.values(data.operations)) {
    if (operation.inputs[1] !== `variable:${name}` || operation.gradient === null) continue;
    const g = tensorOf(operation.gradient), x = inputOf(operation, 0).tensor;
    let count = 0, total = 0;
    if (operation.kind === "Conv2D") {
      const [dy, dx, c, k] = index, [batch, height, width] = g.whole;
      const window = windowOf(operation, x.whole, tensorOf(data.variables[name].before).whole);
      for (let b = 0; b < batch; b++) for (let y = 0; y < height; y++) for (let i = 0; i < width; i++) {
        const py = y * window[0].stride + dy - window[0].before, px = i * window[1].stride + dx - window[1].before;
        if (!isInside(window, py, px)) continue;
        total += g.at([b, y, i, k]) * x.at([b, py, px, c]);
        count++;
      }
    } else if (operation.kind === "MatMul" && !operation.attributes.transpose_b) {
      for (let b = 0; b < g.whole[0]; b++, count++) total += g.at([b, index[1]]) * x.at([b, index[0]]);
    } else continue;
    return Number.isFinite(total) ? { count, total } : null;
  }
  return null;
}
