// How arrays are laid out as maps. A layout is {count, height, width, title(map), index(map, y, x),
// find(index), words(index)}: how many maps, their size, what a map is called, the index of the
// number at a place (null between kernels), its place [map, y, x], and what the place is called.

const UNITS_IN_A_ROW = 32,
  ROWS_IN_A_MAP = 256;

// The layout of an example's part of an array. Channels come last; in attention the heads come first.
function layout(tensor, kind, example) {
  const shape = tensor.shape,
    isAttention = ["BatchMatMulV2", "Softmax"].includes(kind);
  const { number, place } = channelsOf(tensor);
  if (shape.length === 4 && isAttention) {
    return {
      count: shape[1],
      height: shape[2],
      width: shape[3],
      title: (map) => `head ${map}`,
      index: (map, y, x) => [example, map, y, number(x)],
      find: ([b, map, y, x]) => (b === example ? [map, y, place(x)] : null),
      words: ([, , y, x]) => `row ${y}, column ${x}`,
    };
  }
  if (shape.length === 4) {
    return {
      count: shape[3],
      height: shape[1],
      width: shape[2],
      title: (map) => `channel ${number(map)}`,
      index: (map, y, x) => [example, y, x, number(map)],
      find: ([b, y, x, c]) => (b === example ? [place(c), y, x] : null),
      words: ([, y, x]) => `row ${y}, column ${x}`,
    };
  }
  if (shape.length === 3) {
    return {
      count: 1,
      height: shape[1],
      width: shape[2],
      title: () => "a row for each position",
      index: (_, y, x) => [example, y, number(x)],
      find: ([b, y, x]) => (b === example ? [0, y, place(x)] : null),
      words: ([, y, x]) => `position ${y}, number ${x}`,
    };
  }
  const rows = shape.length === 2 ? tensor.whole[0] / data.batch : 1;
  if (Number.isInteger(rows) && rows > 1) {
    // all positions of all examples, one below another
    return {
      count: 1,
      height: rows,
      width: shape[1],
      title: () => "a row for each position",
      index: (_, y, x) => [example * rows + y, number(x)],
      find: ([y, x]) => (Math.floor(y / rows) === example ? [0, y % rows, place(x)] : null),
      words: ([y, x]) => `position ${y % rows}, number ${x}`,
    };
  }
  return unitsLayout(tensor, shape.length === 2 ? [example] : []);
}

// Numbers in rows, for what has only one axis behind `outer`.
function unitsLayout(tensor, outer) {
  const { number, place } = channelsOf(tensor);
  const length = tensor.shape.length ? tensor.shape.at(-1) : 1,
    width = Math.min(length, UNITS_IN_A_ROW);
  const isScalar = tensor.shape.length === 0;
  return {
    count: 1,
    height: Math.ceil(length / width),
    width,
    title: () => (length > 1 ? `units 0 to ${tensor.whole.at(-1) - 1}` : "one number"),
    index: (_, y, x) => (isScalar ? [] : y * width + x < length ? [...outer, number(y * width + x)] : null),
    find: (index) => {
      if (isScalar) return [0, 0, 0];
      const at = place(index.at(-1));
      return String(index.slice(0, -1)) === String(outer) ? [0, Math.floor(at / width), at % width] : null;
    },
    words: (index) => (isScalar ? "" : `unit ${index.at(-1)}`),
  };
}

// The layout of a kernel: for each output channel a map, in which the kernels of all input channels
// stand side by side; of a matrix, maps of some of its rows.
function kernelLayout(tensor) {
  const { number, place } = channelsOf(tensor);
  if (tensor.shape.length === 2) {
    const [rows, width] = tensor.shape,
      height = Math.min(rows, ROWS_IN_A_MAP);
    return {
      count: Math.ceil(rows / height),
      height,
      width,
      title: (map) => `from ${map * height} to ${Math.min(rows, (map + 1) * height) - 1}`,
      index: (map, y, x) => (map * height + y < rows ? [map * height + y, number(x)] : null),
      find: ([y, x]) => [Math.floor(y / height), y % height, place(x)],
      words: ([y, x]) => `from ${y} to ${x}`,
    };
  }
  if (tensor.shape.length !== 4)
    return unitsLayout(
      tensor,
      tensor.shape.slice(0, -1).map(() => 0),
    );
  const [height, width, inputs, outputs] = tensor.shape;
  const across = Math.ceil(Math.sqrt(inputs)),
    gap = height * width > 1 ? 1 : 0;
  const [down, right] = [height + gap, width + gap];
  return {
    count: outputs,
    height: Math.ceil(inputs / across) * down - gap,
    width: across * right - gap,
    title: (map) => `to channel ${number(map)}`,
    index(map, y, x) {
      const c = Math.floor(y / down) * across + Math.floor(x / right),
        dy = y % down,
        dx = x % right;
      return dy < height && dx < width && c < inputs ? [dy, dx, c, number(map)] : null;
    },
    find: ([dy, dx, c, k]) => [place(k), Math.floor(c / across) * down + dy, (c % across) * right + dx],
    words: ([dy, dx, c]) => `row ${dy}, column ${dx}, from channel ${c}`,
  };
}

// Between a place on the last axis and the number of the channel there: some may be left out.
function channelsOf({ channels }) {
  return channels
    ? { number: (i) => channels[i], place: (i) => channels.indexOf(i) }
    : { number: (i) => i, place: (i) => i };
}
