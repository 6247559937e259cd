// Windows of convolutions and pooling: which pixels an output pixel sees.

function windowOf(operation, input, size) {
  const { strides, padding } = operation.attributes;
  const out = outputOf(operation).whole;
  return [1, 2].map((axis, i) => {
    const stride = strides[axis];
    const missing = Math.max(0, (out[axis] - 1) * stride + size[i] - input[axis]);
    return {
      stride,
      size: size[i],
      before: padding === "SAME" ? Math.floor(missing / 2) : 0,
      length: input[axis],
    };
  });
}

// The places [y, x, dy, dx] of a window; those outside of the image have y or x beyond it.
function placesIn(window, y, x) {
  const [down, across] = window;
  const places = [];
  for (let dy = 0; dy < down.size; dy++) {
    for (let dx = 0; dx < across.size; dx++) {
      places.push([y * down.stride + dy - down.before, x * across.stride + dx - across.before, dy, dx]);
    }
  }
  return places;
}

// Where a window lies on each axis of the image.
const placeOfWindow = (window, y, x) =>
  window.map(({ stride, size, before }, i) => ({ first: [y, x][i] * stride - before, size }));

const isInside = (window, y, x) => y >= 0 && x >= 0 && y < window[0].length && x < window[1].length;

// The windows [y, x, dy, dx] of an output of this size that see a pixel.
function windowsOver(window, pixelY, pixelX, height, width) {
  const [down, across] = window;
  const found = [];
  for (let dy = 0; dy < down.size; dy++) {
    for (let dx = 0; dx < across.size; dx++) {
      const y = (pixelY + down.before - dy) / down.stride;
      const x = (pixelX + across.before - dx) / across.stride;
      if (Number.isInteger(y) && Number.isInteger(x) && y >= 0 && x >= 0 && y < height && x < width) {
        found.push([y, x, dy, dx]);
      }
    }
  }
  return found;
}

// As `windowOf`, for a transposed convolution of an input of this size.
function transposedWindow(operation, kernel, height, width) {
  const { strides, padding } = operation.attributes,
    out = outputOf(operation).whole;
  return [height, width].map((length, i) => {
    const stride = strides[i + 1],
      missing = Math.max(0, (length - 1) * stride + kernel[i] - out[i + 1]);
    return {
      stride,
      size: kernel[i],
      before: padding === "SAME" ? Math.floor(missing / 2) : 0,
      length: out[i + 1],
    };
  });
}
