// The address of the page says what was chosen last: a layer, or a number such as
// c2/Conv2D[0,10,12,3]. So Back leads back, and an address can be passed on.

function currentAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return ""; // not one of this page
  }
}

function remember(address) {
  state.address = address;
  if (currentAddress() !== address) location.hash = address;
}

// Shows what the address says, if it says something that is here.
function follow() {
  const address = currentAddress();
  if (address === state.address) return;
  const [, name, list] = address.match(/^(.+)\[([\d,]*)\]$/) ?? [];
  const index = list ? list.split(",").map(Number) : [];
  if (name && isHere(name, index)) goTo(name, index);
  else if (layerOf(address)) chooseLayer(address);
}

function isHere(name, index) {
  const operation = data.operations[name],
    tensor = operation ? outputOf(operation) : tensorOf(data.variables[name]?.before);
  return tensor?.at(index) !== undefined && index.length === tensor.whole.length;
}

// Shows a layer, and moves the page to it unless its beginning can be seen.
function goToLayer(name) {
  const box = document.getElementById("layer");
  chooseLayer(name);
  remember(name);
  const { top } = box.getBoundingClientRect();
  if (top < 0 || top > innerHeight / 2) box.scrollIntoView();
}

// Shows a number or a weight, and the layer that it is in.
function goTo(name, index) {
  const operation = data.operations[name];
  const layer = inputs.includes(name) ? "input" : (operation ?? data.variables[name]).layer;
  if (operation && hasExamples(operation) && index[0] !== state.example) chooseExample(index[0]);
  state.isOpen.set(name, true);
  if (layerOf(layer)) chooseLayer(layer);
  if (operation) showNumber(name, index);
  else showWeight(name, index);
}

const hasExamples = (operation) => outputOf(operation).whole[0] === data.batch;

// A function that shows what a term was computed from; null if that is not on the page.
function way(target) {
  if (!target?.index || !isHere(target.variable ?? target.operation, target.index)) return null;
  return () => goTo(target.variable ?? target.operation, target.index);
}

