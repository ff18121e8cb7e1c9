"""A browser without a window, Chromium driven by Selenium, and what every page has to look like in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # selenium takes a second to load, and is loaded where there is a browser
    from selenium.webdriver import Chrome

FLAGS = ["headless", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "disable-quic", "no-first-run"]
FLAGS += ["disable-background-networking", "disable-component-update", "disable-sync", "window-size=1280,900"]
WIDTHS = (390, 800, 1280)
"""Pixels of a telephone, a tablet and a desk."""
LAYOUTS = [
    pytest.param(WIDTHS, ["light"], id="three widths"),
    pytest.param(range(320, 1301, 70), ["light", "dark"], id="many widths", marks=pytest.mark.slow),
]
"""The widths and colour schemes in which a page is tested, quickly and at length."""
FAULTS = """
const faults = [], width = arguments[0], body = getComputedStyle(document.body);
const name = (node) => `${node.tagName} ${node.className} "${node.textContent.trim().slice(0, 40)}"`;
const say = (fault, node) => faults.push(`${fault}: ${name(node)}`);
function luminance(colour) {
  const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((x) => colour.startsWith("rgb") ? x / 255 : Number(x));
  const linear = parts.map((x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}
function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
const page = document.documentElement;
if (page.scrollWidth > width) faults.push(`the page scrolls to ${page.scrollWidth}`);
for (const node of document.querySelectorAll("body *")) {
  const box = node.getBoundingClientRect();
  const framed = node.parentElement.closest(".wide, figure");
  if (box.width && !framed && (box.left < -0.5 || box.right > width + 0.5)) say("beyond the page", node);
}
for (const frame of document.querySelectorAll(".wide, figure")) {
  if (frame.scrollWidth <= frame.clientWidth + 1) continue;
  if (frame.tabIndex < 0) say("cannot be scrolled by keyboard", frame);
  if (frame.tagName === "FIGURE") say("a picture that scrolls", frame);
  else if (!getComputedStyle(frame).backgroundImage.includes("gradient")) say("scrolls and does not show it", frame);
}
for (const text of document.querySelectorAll("figure text")) {
  const box = text.getBoundingClientRect(), picture = text.closest("svg").getBoundingClientRect();
  if (!box.width || width < 390) continue;
  if (box.left < picture.left - 1 || box.right > picture.right + 1) say("cut off", text);
  if (box.height < 8) say(`${box.height} pixels high`, text);
  if (contrast(getComputedStyle(text).fill, body.backgroundColor) < 3) say("hard to read", text);
}
return faults;
"""


@contextmanager
def start(profile: Path) -> Iterator["Chrome"]:
    """Start a browser with a new profile in an empty folder; skips the test where there is no driver."""
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.skip("chromedriver is not on the PATH (Debian: chromium-driver)")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for flag in [*FLAGS, f"user-data-dir={profile}"]:
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield browser
    browser.quit()


def check_layout(browser: "Chrome", widths: Any, schemes: list[str]) -> None:
    """Check the page that the browser shows, with its folds closed and open.

    Nothing is beyond the page; frames that scroll can be reached and show it; pictures do not scroll, and their text is
    whole, large enough and clear of the page's ground.
    """
    try:
        for scheme in schemes:
            media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
            for width in widths:
                metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
                browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
                for is_open in ("false", "true"):
                    browser.execute_script(f"document.querySelectorAll('details').forEach((x) => x.open = {is_open})")
                    faults = browser.execute_script(FAULTS, width)
                    assert not faults, (width, scheme, is_open, faults[:5])
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
