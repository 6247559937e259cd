#!/usr/bin/env python3
"""Writes docs/step.html, a page of a training step of the network that ships, and its picture.

    python docs/make_step_page.py

The picture, docs/step.png, is what Chromium shows after a click on a pixel of the layer c2; without
Chromium, chromedriver and Selenium it stays as it is.
"""

import shutil
import sys
from pathlib import Path

from lowlevel import shipped
from lowlevel.cli import command_line

DOCS = Path(__file__).resolve().parent
PAGE, PICTURE = DOCS / "step.html", DOCS / "step.png"
TEST_IMAGE = 0  # of the packaged sample of MNIST
MAX_NUMBERS = 1_500_000
PIXEL = "[0, 10, 12, 3]"  # example, row, column, channel


def make_page():
    """The page, as `scripts/explain.py --index 0` makes it, but without measured times."""
    from lowlevel.data import mnist_sample
    from lowlevel.inspection import explain, opened_run

    run, trained = opened_run.open_run(shipped.MNIST)
    test, chosen = mnist_sample.load().test, slice(TEST_IMAGE, TEST_IMAGE + 1)
    page = explain.explain(
        run,
        trained.preprocess(test.images[chosen] / 255),
        test.labels[chosen],
        titles=[f"MNIST sample, test image {TEST_IMAGE}"],
        class_names=trained.class_names,
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
        window.get(f"{PAGE.as_uri()}#c2")
        is_ready = "return document.documentElement.dataset.ready === 'yes'"
        WebDriverWait(window, 60).until(lambda _: window.execute_script(is_ready))
        window.execute_script(f"showNumber('c2/Conv2D', {PIXEL})")
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
