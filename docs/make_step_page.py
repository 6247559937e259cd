#!/usr/bin/env python3
"""Writes docs/step.html, a page of a training step of the quick start's network, and its picture.

    python docs/make_step_page.py

The network is trained on the packaged sample of MNIST, as `scripts/train_mnist.py --dataset sample`
trains it, for a minute. The picture, docs/step.png, is what Chromium shows after a click on a pixel
of the layer c2; without Chromium, chromedriver and Selenium it stays as it is.
"""

import shutil
import sys
from pathlib import Path

from lowlevel.cli import command_line

DOCS = Path(__file__).resolve().parent
PAGE, PICTURE = DOCS / "step.html", DOCS / "step.png"
EPOCHS = (1, 2, 3, 4, 6)  # after which the slider stops; it starts before the first
TEST_IMAGES = [8, 34]  # of the sample: two that the network is not yet certain of
MAX_NUMBERS = 1_200_000
PIXEL = "c2/Conv2D[0,6,10,4]"  # example, row, column, channel


def make_page():
    """The page of the step after the last of the epochs, without measured times."""
    import numpy as np

    from lowlevel import nets
    from lowlevel.cli import defaults
    from lowlevel.data import mnist_sample, training_data
    from lowlevel.inspection import course, explain
    from lowlevel.training import loop, tasks
    from lowlevel.training.recipe import Recipe
    from lowlevel.training.run import Run

    dataset = mnist_sample.load()
    recipe = Recipe(learning_rate=defaults.MNIST.learning_rate.of(["conv_net on sample"]))
    data = training_data.of_images(dataset)
    run = Run(nets.make("conv_net", seed=recipe.seed), tasks.classification(), data, recipe)
    labels = dataset.test.labels[TEST_IMAGES]
    batch = explain.as_batch(run, dataset.test.images[TEST_IMAGES] / np.float32(255), labels)
    traces = [explain.trace_batch(run, *batch)]
    for epochs in EPOCHS:
        loop.train(run, loop.RunLength(epochs))
        traces.append(explain.trace_batch(run, *batch))
    page = explain.explain(
        run,
        *batch,
        titles=[
            f"sample test image {index} (a {label})"
            for index, label in zip(TEST_IMAGES, labels, strict=True)
        ],
        class_names=range(10),
        course=lambda _, arrays: [course.of_trace(trace, arrays) for trace in traces],
        max_numbers=MAX_NUMBERS,
    )
    page.save(PAGE)
    print(f"wrote docs/{PAGE.name} ({len(page.html) / 2**20:.1f} MB)")


def take_picture():
    """A picture of the page, 1400 pixels wide."""
    try:
        from selenium import webdriver
        from selenium.webdriver.support.ui import WebDriverWait
    except ImportError:
        webdriver = None
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (webdriver and browser and driver):
        print(f"no Chromium, chromedriver or Selenium: docs/{PICTURE.name} is as it was")
        return
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars"):
        options.add_argument(argument)
    service = webdriver.ChromeService(driver)
    with webdriver.Chrome(options=options, service=service) as window:
        size = {"width": 1400, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        window.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        window.get(f"{PAGE.as_uri()}#{PIXEL}")
        is_ready = "return document.documentElement.dataset.ready === 'yes'"
        WebDriverWait(window, 60).until(lambda _: window.execute_script(is_ready))
        window.save_screenshot(str(PICTURE))
    print(f"drew docs/{PICTURE.name}")


def main():
    """Writes both."""
    command_line.quiet_tensorflow()
    make_page()
    take_picture()
    return 0


if __name__ == "__main__":
    sys.exit(main())
