"""The page of a training step: each click in a browser, each number compared with numpy."""

import json
import re
import zlib
from base64 import b64decode

import numpy as np
import pytest

from lowlevel import losses, metrics, nets, optimizers
from lowlevel.checks import ConfigError, DataError
from lowlevel.inspection import trace
from lowlevel.inspection.comparison import compare
from lowlevel.inspection.explain import explain, trace_batch
from lowlevel.inspection.profile import Operation, Profile
from lowlevel.model import Model
from lowlevel.nets import conv_net, mish_net, vision_transformer
from lowlevel.training import tasks
from lowlevel.training.recipe import Recipe
from lowlevel.training.run import Run
from tests.comparison import values
from tests.inspection.browser import open_page, requests_of

LABELS = np.array([7, 2], np.int32)
TIMES = Profile(4.0, [Operation("c2/Relu", "FusedConv2D", "c2", "forward", 3.0),
                      Operation("d1/Relu", "Relu", "d1", "forward", 1.0)])  # fmt: skip


def make_run(name="conv_net", config=None, seed=0):
    network = nets.make(name, config, seed)
    recipe = Recipe(learning_rate=1e-3, weight_decay=1.0)  # so much that it cannot be overlooked
    return Run(network, tasks.of_net(name, network.config), None, recipe)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    images = values(2, 28, 28, 1, low=0)
    names = [*"abcdefghi", "<j>"]
    other = trace_batch(make_run(seed=1), images, LABELS)
    made = explain(
        make_run(), images, LABELS, titles=["one", "two"], class_names=names, profile=TIMES,
        beside=("the other", other),
    )  # fmt: skip
    made.other = other
    path = tmp_path_factory.mktemp("page") / "step.html"
    made.save(path)
    return made, path


@pytest.fixture(scope="module")
def browser(page):
    with open_page(page[1]) as driver:
        yield driver


def number(driver, element):
    """The number in an element's text."""
    text = driver.execute_script(f"return document.getElementById('{element}').textContent")
    return float(re.search(r"-?\d[\d.e+-]*$", text.rstrip("."))[0])


def click_map(driver, name, map_number, row, column):
    """A real click on one number of a map of an operation or a variable."""
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By

    kind = "variable" if name.startswith(("weights/", "biases/")) else "operation"
    part = driver.find_element(By.CSS_SELECTOR, f'[data-{kind}="{name}"]')
    canvas = part.find_elements(By.TAG_NAME, "canvas")[map_number]
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
    width, height = (int(canvas.get_attribute(name)) for name in ("width", "height"))
    across = (column + 0.5) / width * canvas.size["width"] - canvas.size["width"] / 2
    down = (row + 0.5) / height * canvas.size["height"] - canvas.size["height"] / 2
    ActionChains(driver).move_to_element_with_offset(canvas, across, down).click().perform()


def wait_for(driver, selector, text):
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(driver, 10).until(
        lambda _: text in driver.find_element("css selector", selector).text
    )


def choose(driver, layer):
    from selenium.webdriver.common.by import By

    link = driver.find_element(By.CSS_SELECTOR, f'#network a[data-layer="{layer}"]')
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", link)
    link.click()


def test_a_click_on_a_pixel_shows_144_products_that_add_up_to_it(page, browser):
    choose(browser, "c2")
    click_map(browser, "c2/Conv2D", 3, 10, 12)
    operations = page[0].trace.operations
    assert number(browser, "value") == pytest.approx(
        operations["c2/Conv2D"].value.array[0, 10, 12, 3], rel=1e-5
    )
    patch = operations["c1/Relu"].value.array[0, 9:12, 11:14].astype(np.float64)
    kernel = page[0].trace.variables["weights/c2"].before.array[..., 3]
    assert number(browser, "total") == pytest.approx((patch * kernel).sum(), rel=1e-5)
    words = browser.execute_script("return document.getElementById('number').textContent")
    assert "144 products" in words and "c2/Conv2D[0, 10, 12, 3]" in words
    assert number(browser, "difference") < 1e-6
    # The grids: pixels, weights and products of the input channel that contributes most.
    strongest = np.abs((patch * kernel).sum((0, 1))).argmax()
    titles = browser.execute_script(
        "return [...document.querySelectorAll('#number .grid')].slice(0, 3)"
        ".map((grid) => [...grid.querySelectorAll('td')].map((cell) => cell.title))"
    )
    for cells, numbers in zip(titles, (patch, kernel, patch * kernel), strict=True):
        shown = [float(title.split()[-1]) for title in cells]
        np.testing.assert_allclose(shown, numbers[..., strongest].ravel(), rtol=1e-4)
    # The outlines: the patch on the input's map, from row 9 and column 11, and the pixel.
    styles = browser.execute_script(
        "return [...document.querySelectorAll('#number .chosen')].map((mark) => "
        "['top', 'left', 'height', 'width'].map((side) => parseFloat(mark.style[side]) * 28 / 100))"
    )
    np.testing.assert_allclose(styles, [[9, 11, 3, 3], [10, 12, 1, 1]], rtol=1e-3)
    assert len(browser.find_elements("css selector", "#layer .chosen")) == 1
    assert browser.find_element("id", "hover").text == ""  # it would lie over the grids
    # A weight in a grid leads to it, and Back to the number.
    kernels = browser.find_elements("css selector", "#number .grid")[1]
    kernels.find_elements("css selector", "td")[5].click()
    assert f"weights/c2[1, 2, {strongest}, 3]" in browser.find_element("id", "number").text
    browser.back()
    wait_for(browser, "#number", "c2/Conv2D[0, 10, 12, 3]")
    # Two operations are computed in one with the last; it has the time of all.
    titles = [title.text for title in browser.find_elements("css selector", "#layer summary")]
    assert "in that of c2/Relu" in titles[0] and "in that of c2/Relu" in titles[1]
    assert "75.0 % of the time" in titles[2]


# For each kind of operation a few numbers: explained to what the step has, and their gradients.
AUDIT = """
const found = [];
let seed = 1;
const random = (n) => Math.floor(((seed = (seed * 16807) % 2147483647) / 2147483647) * n);
for (const [layer, {operations}] of Object.entries(data.layers)) for (const name of operations) {
  const tensor = outputOf(data.operations[name]);
  for (let n = 0; n < 3; n++) {
    const index = tensor.whole.map((size, axis) => axis === 0 ? 0 : random(size));
    const how = explain(name, index), paths = pathsTo(name, index);
    found.push({
      name, index, kind: data.operations[name].kind, value: tensor.at(index) ?? null,
      total: how && how.total, largest: tensor.largest(),
      gradient: paths && paths.value, by_paths: paths && paths.total,
      largest_gradient: paths && tensorOf(data.operations[name].gradient).largest(),
    });
  }
}
return found;
"""
# What a page cannot take apart: the last of a network leads to a loss that is no operation of a
# layer, or there is a gradient written by hand (layer norm).
LEAST_EXPLAINED = {"vision_transformer": 0.9, "bottle_autoencoder": 0.5}


def audit(driver, found, name):
    """Holds what the page computes against the trace; the shares that it can explain."""
    rows = driver.execute_script(AUDIT)
    explained = with_paths = gradients = 0
    for row in rows:
        operation = found.operations[row["name"]]
        index = tuple(row["index"])
        if row["value"] is not None:
            assert row["value"] == float(operation.value.array[index]), row
        if row["total"] is not None:
            explained += 1
            assert abs(row["total"] - row["value"]) <= 1e-6 * row["largest"], row
        if row["gradient"] is not None:
            gradients += 1
            assert row["gradient"] == float(operation.gradient.array[index]), row
            if row["by_paths"] is not None:
                with_paths += 1
                difference = abs(row["by_paths"] - row["gradient"])
                assert difference <= 1e-6 * row["largest_gradient"], row
    assert explained >= LEAST_EXPLAINED.get(name, 1) * len(rows)
    assert with_paths >= 0.3 * gradients
    return rows


def test_numbers_of_all_layers_and_their_gradients(page, browser):
    rows = audit(browser, page[0].trace, "conv_net")
    kinds = {row["kind"] for row in rows}
    assert kinds >= {"Conv2D", "BiasAdd", "Relu", "MaxPool", "MatMul", "SelectV2", "Reshape"}
    assert all(row["by_paths"] is not None for row in rows if row["gradient"] is not None)


def test_a_click_on_a_weight_shows_adams_formula(page, browser):
    choose(browser, "c2")
    # Sixteen kernels of 3 x 3 stand in rows of four, a number apart: this is channel 6's.
    click_map(browser, "weights/c2", 5, 4 + 1, 2 * 4 + 2)
    name = browser.execute_script("return document.querySelector('#number code').textContent")
    index = (1, 2, 6, 5)
    assert name == "weights/c2[1, 2, 6, 5]"
    variable = page[0].trace.variables["weights/c2"]
    assert number(browser, "value") == pytest.approx(variable.before.array[index], rel=1e-5)
    assert number(browser, "gradient") != 0 or variable.gradient.array[index] == 0
    assert number(browser, "total") == pytest.approx(variable.after.array[index], rel=1e-5)
    formulas = browser.execute_script("return document.getElementById('number').textContent")
    assert "m' = β₁ m" in formulas and "Update 1, by Adam" in formulas
    total = browser.execute_script(f"return gradientOfWeight('weights/c2', {list(index)}).total")
    assert total == pytest.approx(float(variable.gradient.array[index]), rel=1e-3, abs=1e-7)
    assert "w, decayed" in formulas and "more than rounding" not in formulas
    assert all(list(found.slots) == ["m", "v"] for found in page[0].trace.variables.values())
    assert browser.execute_script("return [operand(-0.5), operand(0.5)]") == ["(-0.5)", "0.5"]
    for name, index in (("biases/c2", (4,)), ("weights/out", (17, 3)), ("biases/out", (3,))):
        total = browser.execute_script(f"return gradientOfWeight('{name}', {list(index)}).total")
        gradient = page[0].trace.variables[name].gradient.array[index]
        assert total == pytest.approx(float(gradient), rel=1e-3, abs=1e-7)


def test_dropout_says_what_was_drawn(page, browser):
    operations = page[0].trace.operations
    draws = operations["d1/stateless_random_uniform"].value.array[0]
    for unit in (draws.argmax(), draws.argmin()):
        browser.execute_script("showNumber('d1/SelectV2', [0, arguments[0]])", int(unit))
        words = browser.execute_script("return document.getElementById('number').textContent")
        kept = bool(draws[unit] >= 0.2)
        assert f"the random draw for this number was {draws[unit]:.3g}".lower() in words.lower()
        assert ("it was kept" in words, "it was dropped" in words) == (kept, not kept)
        assert (", not less than 0.2" in words, ", less than 0.2" in words) == (kept, not kept)
    assert draws.max() > 0.2 > draws.min()


def test_keys_hover_gradients_examples_and_links(page, browser):
    from selenium.webdriver import Keys
    from selenium.webdriver.common.by import By

    choose(browser, "pool1")
    canvas = browser.find_element(By.CSS_SELECTOR, '[data-operation="pool1/MaxPool2d"] canvas')
    canvas.send_keys(Keys.ARROW_DOWN, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    hover = browser.find_element(By.ID, "hover").text
    pooled = page[0].trace.operations["pool1/MaxPool2d"]
    assert "row 1, column 2" in hover
    assert float(hover.split()[-1]) == pytest.approx(pooled.value.array[0, 1, 2, 0], rel=1e-5)
    canvas.send_keys(Keys.ENTER)
    assert "The largest number of the window wins" in browser.find_element(By.ID, "number").text
    panel = browser.find_element(By.ID, "number")
    assert browser.switch_to.active_element == panel
    panel.send_keys(Keys.ESCAPE)  # back to the pixel
    assert browser.switch_to.active_element == canvas
    assert browser.find_elements(By.CSS_SELECTOR, "#layer .cursor")
    winner = browser.find_element(By.CSS_SELECTOR, "#number tr.winner button")
    winner.send_keys(Keys.ENTER)  # to the pixel that won
    assert "c2/Relu[0," in panel.text and browser.switch_to.active_element == panel
    browser.execute_script("goTo('c2/Conv2D', [0, 5, 5, 0])")
    more = panel.find_element(By.XPATH, ".//button[contains(., 'Show all 16 input')]")
    more.send_keys(Keys.ENTER)
    assert len(panel.find_elements(By.CSS_SELECTOR, ".grid")) == 3 * 16
    assert browser.switch_to.active_element == panel

    choose(browser, "pool1")
    browser.find_elements(By.CSS_SELECTOR, "#examples button")[1].click()
    buttons = browser.find_elements(By.CSS_SELECTOR, "#layer button")
    next(button for button in buttons if button.text == "Gradients").send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.text == "Gradients"
    click_map(browser, "pool1/MaxPool2d", 0, 2, 3)
    titles = [title.text for title in panel.find_elements(By.TAG_NAME, "h3")]
    assert titles == ["Its gradient", "How it was computed"]
    assert "pool1/MaxPool2d[1, 2, 3, 0]" in browser.find_element(By.ID, "number").text
    assert number(browser, "paths") < 1e-6
    loss = browser.find_element(By.ID, "loss").text
    assert float(loss) == pytest.approx(page[0].trace.losses[1], rel=1e-5)
    answer = browser.find_element(By.ID, "answer").text
    assert "<j>" in answer and "(probability - target) / 2" in answer
    next(
        b for b in browser.find_elements(By.CSS_SELECTOR, "#layer button") if b.text == "Values"
    ).click()


def test_another_run_beside_this_one(page, browser):
    made, _ = page
    browser.execute_script("chooseExample(1); chooseLayer('c2')")
    shown = browser.find_element("id", "comparison").text
    assert "They differ from layer c1 on, because their weights do" in shown
    rows = browser.find_elements("css selector", "#answers tr")[1:]
    cells = [[cell.text for cell in row.find_elements("css selector", "td")] for row in rows]
    assert cells[0] == ["step", "1", "1"]
    losses = [made.trace.losses[1], made.other.losses[1]]
    assert list(map(float, cells[1][1:])) == pytest.approx(losses, rel=1e-5)
    chances = np.array([cell[1:] for cell in cells[3:]], float).sum(0)
    assert chances == pytest.approx([1, 1], rel=1e-3) and len(cells) == 3 + 10
    for side in ("Other run", "Difference"):
        browser.find_element("xpath", f"//div[@id='work']//button[.='{side}']").click()
        for name, index in (("c2/Relu", [1, 3, 4, 5]), ("weights/c2", [0, 1, 2, 3])):
            values = [
                float(found.arrays()[name][tuple(index)]) for found in (made.trace, made.other)
            ]
            expected = values[1] if side == "Other run" else values[0] - values[1]
            numbers = browser.execute_script(
                "const [name, index] = arguments, {outputs, before} = "
                "data.operations[name] ?? data.variables[name];"
                "const [tensor] = sideOf(name, before ?? outputs[0]);"
                "return [tensor.at(index), tensor.deviation]",
                *(name, index),
            )
            assert numbers[0] == pytest.approx(expected, rel=1e-6) and numbers[1] > 0
    browser.execute_script("chooseSide('values'); chooseExample(0)")


def test_what_a_very_certain_answer_says(browser):
    """A probability below 1 does not look like 1, and a loss that float32 rounds says so."""
    chances = browser.execute_script("return [0.999992, 0.5, 1].map((p) => chance(p, 4))")
    assert chances == ["0.999992", "0.5", "1"]
    code = "return roundingOf({loss: arguments[0], logits: [11.5, 0]}, 7.9039e-6)"
    assert "8.3e-8: the step computes" in browser.execute_script(code, 7.987e-6)
    assert browser.execute_script(code, 7.9039e-6) == ""
    assert browser.execute_script(code, 0.1).endswith("difference is 0.1")  # no rounding


def test_it_asks_for_nothing_and_fits_a_telephone_in_both_themes(page, tmp_path):
    for dark in (False, True):
        with open_page(page[1], 400, 800, dark) as driver:
            assert requests_of(driver) == []
            widths = driver.execute_script(
                "return [document.documentElement.scrollWidth, innerWidth]"
            )
            assert widths[0] <= widths[1]
            assert driver.execute_script("return isDark()") == dark
            choose(driver, "c3")
            top = "return document.getElementById('layer').getBoundingClientRect().top"
            assert 0 <= driver.execute_script(top) <= 400  # where it can be seen
            panel = driver.find_element("id", "number")
            for _ in range(2):  # it closes, and opens again with the next number
                driver.execute_script("showNumber('c3/Conv2D', [0, 5, 5, 0])")
                assert panel.is_displayed()
                panel.find_element("css selector", ".close").click()
                assert not panel.is_displayed()
            paper = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
            assert paper == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")
            driver.execute_script("document.getElementById('theme').click()")
            assert driver.execute_script("return isDark()") != dark


def test_a_page_of_an_attention_network_and_a_smaller_one(tmp_path):
    for name, config, channels, most in (
        ("vision_transformer", vision_transformer.Config(depth=1), 1, 5),
        ("strided_net", None, 3, 2),
    ):
        images = values(1, 28, 28, channels, low=0)
        made = explain(make_run(name, config), images, LABELS[:1])
        made.save(tmp_path / f"{name}.html")
        assert len(made.html) < most * 2**20
        with open_page(tmp_path / f"{name}.html") as driver:
            audit(driver, made.trace, name)
            answer = driver.find_element("id", "answer").text
            assert "is probability - target." in answer and "the mean over" not in answer
            if name == "vision_transformer":
                look_at_attention(driver, made.trace)


def look_at_attention(driver, found):
    """The row of attention over the image: a share for each of 7 x 7 patches, as in the trace."""
    driver.execute_script("showNumber('block1/attention/Softmax', [0, 1, 20, 3])")
    patches = driver.find_elements("css selector", "#number .patch")
    shown = [float(patch.get_attribute("title").split()[-1]) for patch in patches]
    row = found.operations["block1/attention/Softmax"].value.array[0, 1, 20]
    np.testing.assert_allclose(shown, row[1:], rtol=1e-3)  # behind the class token
    assert "position 20, patch in row 2, column 5" in patches[19].get_attribute("title")
    assert [i for i, patch in enumerate(patches) if "own" in patch.get_attribute("class")] == [19]


def test_a_weight_that_is_used_twice_has_a_gradient_of_all_its_uses(tmp_path):
    config = mish_net.Config(shared=True)
    run = Run(nets.make("mish_net", config), tasks.classification(), None, Recipe())
    made = explain(run, values(1, 28, 28, 1, low=0), LABELS[:1])
    made.save(tmp_path / "step.html")
    with open_page(tmp_path / "step.html") as driver:
        found = driver.execute_script("return gradientOfWeight('weights/block1/c1', [1, 1, 2, 3])")
    gradient = made.trace.variables["weights/block1/c1"].gradient.array[1, 1, 2, 3]
    assert found["total"] == pytest.approx(float(gradient), rel=1e-3)
    assert f"over {28 * 28 + 14 * 14} uses" in found["words"]


@pytest.mark.parametrize("name", ["regression", "text_classifier"])
def test_what_takes_no_images_has_a_page_too(name, tmp_path):
    run = make_run(name)
    random = np.random.default_rng(0)
    inputs, targets = random.random([2, 9], np.float32), np.array([20.5, 31.0], np.float32)
    if name == "text_classifier":
        inputs, targets = random.integers(0, 100, [2, 50], np.int32), np.array([0, 1], np.int32)
    made = explain(run, inputs, targets, titles=["one", "two"])
    made.save(tmp_path / "step.html")
    with open_page(tmp_path / "step.html") as driver:
        audit(driver, made.trace, name)
        examples = driver.find_elements("css selector", "#examples button")
        assert [example.text for example in examples] == ["one", "two"]
        examples[1].click()
        loss = driver.find_element("id", "loss").text
        assert float(loss) == pytest.approx(made.trace.losses[1], rel=1e-5)


def test_what_is_packed_is_what_was_traced(page):
    made, _ = page
    data = json.loads(re.search(r'id="data">(.*?)</script>', made.html)[1])
    text = re.search(r'id="numbers">(.*?)</script>', made.html)[1]
    numbers = np.frombuffer(zlib.decompress(b64decode(text)), "<f4")
    assert len(made.html) < 10 * 2**20
    for name in ("c1/Conv2D", "d1/SelectV2", "out/MatMul"):
        entry = data["arrays"][data["operations"][name]["outputs"][0]]
        size = int(np.prod(entry["shape"]))
        there = numbers[entry["start"] : entry["start"] + size].reshape(entry["shape"])
        np.testing.assert_array_equal(there, made.trace.operations[name].value.array)
    assert not re.search(r'(src|href)="(?!data:|#)', made.html)


def test_a_smaller_page_holds_less_and_says_so():
    images = values(4, 28, 28, 1, low=0)
    labels = np.arange(4, dtype=np.int32)
    small = explain(make_run(), images, labels, max_numbers=100_000)
    assert len(small.html) < 1.2 * 2**20
    assert "Shown are the first 1." in small.html
    assert re.search(r"\d+ of 128 channels", small.html)


def test_a_model_of_ones_own_in_a_notebook_and_what_cannot_be_explained(tmp_path):
    model = Model.of("mlp")
    images = values(2, 28, 28, 1, low=0)
    with pytest.raises(ConfigError, match="compile the model first"):
        explain(model, images, LABELS)
    accuracy = {"accuracy": metrics.is_correct}
    model.compile(optimizers.SGD(0.1), losses.softmax_cross_entropy, accuracy)
    model.fit(images, LABELS, verbose=0)
    made = explain(model, images, LABELS)
    assert made._repr_html_().startswith("<iframe srcdoc=")
    assert repr(made).startswith("Page of step 2, ")
    assert '"example 0 (class 7)"' in made.html
    assert '"example 0 (a h)"' in explain(model, images, LABELS, class_names=[*"abcdefghij"]).html
    assert made.trace.step == 1
    with pytest.raises(ConfigError, match="1 to 8 examples, not 9"):
        explain(model, values(9, 28, 28, 1), np.zeros(9, np.int32))
    with pytest.raises(ConfigError, match="2 examples, but 1 titles"):
        explain(model, images, LABELS, titles=["one"])
    with pytest.raises(DataError, match="cannot be written"):
        made.save(tmp_path / "no" / "step.html")


def test_a_comparison_names_the_first_layer_that_differs():
    images = values(2, 28, 28, 1, low=0)
    runs = [make_run(), make_run()]
    runs[1].network.variables.weights["c3"].assign_add(np.full((3, 3, 16, 32), 1e-3, np.float32))
    traces = [explain(run, images, LABELS).trace for run in runs]
    found = compare(*traces, "the other")
    assert found["first"] == "c3"
    by_layer = {row["layer"]: row for row in found["rows"]}
    assert by_layer["c2"]["value"] == 0 and by_layer["c3"]["weight"] == pytest.approx(
        1e-3, rel=0.01
    )
    assert by_layer["c1"]["gradient"] > 0  # which comes from behind
    assert compare(traces[0], traces[0], "itself")["first"] is None
    assert isinstance(traces[0], trace.Trace)


@pytest.mark.parametrize("alter", [False, True])
def test_beside_its_keras_twin(alter):
    import keras

    from tests.keras_reference import conv_net as keras_conv_net

    images = values(2, 28, 28, 1, low=0)
    network = nets.make("conv_net", conv_net.Config(dropout_rate=0.0), seed=0)
    run = Run(network, tasks.classification(), None, Recipe())
    model = keras_conv_net.build(dropout_rate=0.0)
    keras_conv_net.copy_variables(network.variables, model)
    if alter:
        kernel, bias = model.get_layer("c4").get_weights()
        model.get_layer("c4").set_weights([kernel, bias + 1e-3])
    names = [layer.name for layer in model.layers if layer.weights]
    outputs = [model.get_layer(name).output for name in names]
    activations = keras.Model(model.inputs, outputs)(images)
    made = explain(
        run, images, LABELS, beside=("Keras", dict(zip(names, activations, strict=True)))
    )
    found = json.loads(re.search(r'id="data">(.*?)</script>', made.html)[1])["comparison"]
    assert [row["layer"] for row in found["rows"]] == names
    assert found["first"] == ("c4" if alter else None)
    with pytest.raises(ConfigError, match="no layer of the same name"):
        compare(made.trace, {"conv2d_7": activations[0]}, "Keras")
