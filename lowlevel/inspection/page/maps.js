// Arrays as images: a map for each channel, with a cursor that the pointer or keys move.

const MAPS_AT_FIRST = 32;
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function paint(canvas, tensor, places, map, largest) {
  const { height, width } = places,
    context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const index = places.index(map, y, x);
      if (index) image.data.set([...colour(tensor.at(index), largest), 255], 4 * (y * width + x));
    }
  }
  context.putImageData(image, 0, 0);
}

// How large a number is drawn: maps are about 112 pixels wide, and rows of numbers wider.
function scaleOf({ height, width, count }, wanted = 112) {
  const side = count === 1 && width > height ? Math.max(wanted, 384) : wanted;
  return Math.max(1, Math.min(24, Math.floor(side / Math.max(height, width))));
}

// An outline around some numbers of a map: [row, column, height, width].
function outline(frame, { height, width }, [y, x, down, across], kind) {
  const style = `top:${(100 * y) / height}%;left:${(100 * x) / width}%;height:${(100 * down) / height}%;width:${(100 * across) / width}%`;
  frame.append(element("i", { class: kind, style }));
}

// One map. `choose(index)` is called for the number that a click or the Enter key chooses; it may be
// null.
function mapOf(
  tensor,
  places,
  map,
  choose,
  { largest = tensor.largest(), scale = scaleOf(places), name = "" } = {},
) {
  const { height, width } = places,
    label = places.title(map);
  const enter = choose ? ", Enter explains a number" : "";
  const canvas = element("canvas", {
    width,
    height,
    tabindex: "0",
    role: "application",
    style: `width:${width * scale}px`,
    "aria-label": `${name} ${label}: ${height} by ${width} numbers. Arrow keys move${enter}.`,
  });
  const frame = element("div", { class: "frame" }, canvas);
  let at = [0, 0];
  const point = (x, y) => {
    const index = places.index(map, ...at);
    const words = index ? `${label}, ${places.words(index)}: ${show(tensor.at(index))}` : "";
    hover(words, x, y);
    return words;
  };
  const find = (event) => {
    const box = canvas.getBoundingClientRect();
    const to = (share, count) => Math.max(0, Math.min(count - 1, Math.floor(share * count)));
    at = [
      to((event.clientY - box.top) / box.height, height),
      to((event.clientX - box.left) / box.width, width),
    ];
    point(event.clientX, event.clientY);
  };
  const pick = () => {
    const index = places.index(map, ...at);
    if (choose && index && tensor.at(index) !== undefined) choose(index);
    hover(""); // which would lie over the explanation
  };
  const moveTo = (y, x) => {
    at = [Math.max(0, Math.min(height - 1, y)), Math.max(0, Math.min(width - 1, x))];
    frame.querySelector(".cursor")?.remove();
    outline(frame, places, [...at, 1, 1], "cursor");
    const box = canvas.getBoundingClientRect();
    say(point(box.left + ((at[1] + 1) * box.width) / width, box.top + ((at[0] + 1) * box.height) / height));
  };
  const focusAt = (y, x) => {
    canvas.focus();
    moveTo(y, x);
  };
  frame.holds = { name, places, map, focusAt };
  canvas.addEventListener("pointermove", find);
  canvas.addEventListener("pointerleave", () => hover(""));
  canvas.addEventListener("click", (event) => {
    find(event);
    pick();
  });
  canvas.addEventListener("blur", () => {
    hover("");
    frame.querySelector(".cursor")?.remove();
  });
  canvas.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (event.key === "Enter") {
      pick();
      if (choose) focusPanel();
    } else if (move) {
      moveTo(at[0] + move[0], at[1] + move[1]);
      event.preventDefault();
    }
  });
  paint(canvas, tensor, places, map, largest);
  return frame;
}

// All maps of an array; of many, the first at first.
function maps(tensor, places, choose, options = {}) {
  const box = element("div", { class: "maps" });
  const add = (from, to) => {
    for (let map = from; map < to; map++) {
      box.append(
        element(
          "figure",
          {},
          mapOf(tensor, places, map, choose, options),
          element("figcaption", {}, places.title(map)),
        ),
      );
    }
  };
  add(0, Math.min(places.count, MAPS_AT_FIRST));
  if (places.count > MAPS_AT_FIRST) {
    const more = button(`Show all ${places.count}`, () => {
      more.remove();
      add(MAPS_AT_FIRST, places.count);
      box.children[MAPS_AT_FIRST].querySelector("canvas").focus();
    });
    box.append(more);
  }
  return box;
}
