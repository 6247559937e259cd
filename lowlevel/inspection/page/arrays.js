// The numbers behind the page: one long list, and arrays that are parts of it.

const data = JSON.parse(document.getElementById("data").textContent);
let numbers = new Float32Array(0);

async function unpack() {
  const text = document.getElementById("numbers").textContent;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const packed = new Float32Array(await new Response(stream).arrayBuffer());
  const computed = data.arrays.filter((entry) => entry.rule);
  const count = (entry) => entry.shape.reduce((a, b) => a * b, 1);
  numbers = new Float32Array(computed.reduce((total, entry) => total + count(entry), packed.length));
  numbers.set(packed);
  let end = packed.length;
  for (const entry of computed) {
    // to the bits of the step: both round to float32
    const [kind, x, bias] = entry.rule,
      from = data.arrays[x].start,
      size = count(entry);
    const channels = entry.shape.at(-1),
      biases = bias === undefined ? 0 : data.arrays[bias].start;
    for (let i = 0; i < size; i++) {
      const value = numbers[from + i];
      numbers[end + i] = kind === "Relu" ? Math.max(0, value) : value + numbers[biases + (i % channels)];
    }
    entry.start = end;
    end += size;
  }
}

// An array of the page. `whole` is its shape in the step; some channels may be left out.
class Tensor {
  constructor(entry) {
    Object.assign(this, entry);
    this.size = this.shape.reduce((a, b) => a * b, 1);
    this.steps = this.shape.map((_, i) => this.shape.slice(i + 1).reduce((a, b) => a * b, 1));
  }

  // The number at an index, counted in the whole array; undefined where it is left out.
  at(index) {
    let place = 0;
    for (let axis = 0; axis < this.shape.length; axis++) {
      let i = index[axis];
      if (this.channels && axis === this.shape.length - 1) i = this.channels.indexOf(i);
      if (i < 0 || i >= this.shape[axis]) return undefined;
      place += i * this.steps[axis];
    }
    return numbers[this.start + place];
  }

  flat(place) {
    return numbers[this.start + place];
  }

  // The index of the number at a place of the whole array, and the other way round.
  indexAt(place) {
    const index = [];
    for (let axis = this.whole.length - 1; axis >= 0; axis--) {
      index.unshift(place % this.whole[axis]);
      place = Math.floor(place / this.whole[axis]);
    }
    return index;
  }

  placeOf(index) {
    return index.reduce((place, i, axis) => place * this.whole[axis] + i, 0);
  }

  // As `at`, for an index of a larger array over which this one is broadcast.
  atBroadcast(index) {
    const own = index.slice(index.length - this.whole.length);
    return this.at(own.map((i, axis) => (this.whole[axis] === 1 ? 0 : i)));
  }

  largest() {
    return Math.max(Math.abs(this.minimum ?? 0), Math.abs(this.maximum ?? 0)) || 1;
  }
}

const tensorOf = (number) =>
  number === null || number === undefined ? null : new Tensor(data.arrays[number]);

// What an operation takes at a place: {tensor, operation or variable, name}; null if it is not here.
function inputOf(operation, place) {
  const name = operation.inputs[place];
  if (name === undefined) return null;
  if (name.startsWith("variable:")) {
    const variable = name.slice("variable:".length);
    return { name: variable, variable, tensor: tensorOf(data.variables[variable]?.before) };
  }
  const [source, output] = name.split(":");
  const found = data.operations[source];
  if (!found) return null;
  return { name: source, operation: source, tensor: tensorOf(found.outputs[Number(output)]) };
}

const outputOf = (operation) => tensorOf(operation.outputs[0]);

// A number behind a sign of arithmetic: a negative one in brackets.
const operand = (number, digits) => (number < 0 ? `(${show(number, digits)})` : show(number, digits));

// A number as text, to so many digits.
function show(number, digits = 6) {
  if (number === undefined || number === null) return "left out";
  if (!Number.isFinite(number)) return String(number);
  if (number === 0) return "0";
  const size = Math.abs(number),
    isFar = size >= 1e6 || size < 1e-3;
  return isFar
    ? number.toExponential(Math.min(4, digits - 1)).replace(/\.?0+e/, "e")
    : String(Number(number.toPrecision(digits)));
}
