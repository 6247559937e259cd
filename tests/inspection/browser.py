"""A headless Chromium for tests of pages; where there is none, they skip."""

import contextlib
import shutil
import time

import pytest

BINARIES = ("chromium", "chromium-browser", "google-chrome")


@contextlib.contextmanager
def open_page(path, width=1400, height=900, dark=False):
    """A Selenium driver that shows a file, once the page has drawn itself."""
    binary = next(filter(None, map(shutil.which, BINARIES)), None)
    driver_path = shutil.which("chromedriver")
    if binary is None or driver_path is None:
        pytest.skip("needs Chromium and chromedriver (Debian: chromium, chromium-driver)")
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(argument)
    options.add_argument(f"--window-size={width},{height}")
    if dark:
        options.add_argument("--blink-settings=preferredColorScheme=0")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(driver_path))
    try:
        driver.get(path.as_uri())
        end = time.monotonic() + 60
        while driver.execute_script("return document.documentElement.dataset.ready") != "yes":
            assert time.monotonic() < end, driver.get_log("browser")
            time.sleep(0.05)
        yield driver
        assert not [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    finally:
        driver.quit()


def requests_of(driver):
    """Addresses that the page asked for, but the file itself and data: within it."""
    import json

    found = []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            found.append(message["params"]["request"]["url"])
    return [url for url in found if not url.startswith(("data:", "blob:", "file:"))]
