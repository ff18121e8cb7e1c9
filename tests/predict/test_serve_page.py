"""The page in a real browser without a window."""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.predict import TextTagger
from tests.browser import LAYOUTS, check_layout

if TYPE_CHECKING:  # selenium takes a second to load, and is loaded where there is a browser
    from selenium.webdriver import ActionChains, Chrome
    from selenium.webdriver.remote.webelement import WebElement

TEXT = "😀 Анна Смирнова уехала в Москву, а Иван Петров живёт в Казани."
HOSTILE = (
    "<script>window.hit = 1</script> Анна <img src=x onerror='window.hit = 1'> </textarea> {{ 7 * 7 }} &lt;b&gt; Москва"
)
TAB, END, RIGHT, ESCAPE = "\ue004", "\ue010", "\ue014", "\ue00c"  # as WebDriver names the keys
RUNNING, ENTITY, TIP, ERROR = ".running", ".running .entity", "#tip", "#error"


class Shown:
    """The page as a visitor sees it."""

    def __init__(self, browser: "Chrome") -> None:
        self.browser = browser

    def all(self, selector: str) -> list["WebElement"]:
        return self.browser.find_elements("css selector", selector)

    def one(self, selector: str) -> "WebElement":
        return self.browser.find_element("css selector", selector)

    def until(self, happens: Callable[[], object]) -> None:
        deadline = time.monotonic() + 20
        while not happens():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def until_tip(self, line: str) -> None:
        self.until(lambda: self.one(TIP).text.startswith(line))

    def actions(self) -> "ActionChains":
        from selenium.webdriver import ActionChains

        return ActionChains(self.browser)

    def type(self, text: str) -> None:
        """Type a text, and wait for its panels."""
        self.one("[data-example=none]").click()
        self.until(lambda: self.read() == ["", ""])
        self.one("#text").send_keys(text)
        self.until(lambda: self.read() == [text, text])

    def put(self, text: str) -> None:
        """Paste a text: chromedriver types no emoji."""
        put = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
        self.browser.execute_script(put, self.one("#text"), text)

    def read(self) -> list[str]:
        """Read the text of each panel without the marks of types."""
        read = """return [...document.querySelectorAll('.running')].map((panel) => {
            const copy = panel.cloneNode(true);
            copy.querySelectorAll('.entity > b').forEach((label) => label.remove());
            return copy.textContent;
        })"""
        return self.browser.execute_script(read)

    def marks(self) -> list[tuple[str, str]]:
        """Read the text and type of each entity, for all models."""
        read = """return [...document.querySelectorAll('.running .entity')].map(
            (entity) => [entity.firstChild.data, entity.lastChild.textContent])"""
        return [(text, type_) for text, type_ in self.browser.execute_script(read)]


@pytest.fixture
def page(browser: "Chrome", address: str) -> Iterator[Shown]:
    """A page that was just loaded; after the test, its console may hold nothing but refusals that were asked for."""
    browser.get(address)
    shown = Shown(browser)
    shown.until(lambda: shown.all(ENTITY))
    yield shown
    asked_for = ("400 (BAD REQUEST)", "ERR_INTERNET_DISCONNECTED")
    messages = [entry["message"] for entry in browser.get_log("browser")]
    assert not [message for message in messages if not any(part in message for part in asked_for)]


def test_what_is_typed_is_marked_by_every_model(page: Shown, tagger: TextTagger) -> None:
    text = TEXT[2:]
    expected = [(span.text, span.type) for span in tagger(text)]
    page.type(text)
    assert page.marks() == expected * 2 and len(expected) > 2
    assert [x.text for x in page.all(".found")] == [f"{len(expected)} entities"] * 2
    assert page.one("#count").text == f"{len(text)} of 100,000 characters" and not page.one(ERROR).is_displayed()
    page.put(TEXT)  # with a character that is two in JavaScript
    page.until(lambda: page.read() == [TEXT, TEXT])
    assert page.marks() == [(span.text, span.type) for span in tagger(TEXT)] * 2


def test_confidence_is_read_by_pointer_and_by_keyboard(page: Shown, tagger: TextTagger) -> None:
    page.put(TEXT)
    page.until(lambda: page.read() == [TEXT, TEXT])
    spans, marks = tagger(TEXT), page.all(ENTITY)
    names = {"PER": "person", "LOC": "location", "ORG": "organisation", "MISC": "other name"}
    lines = [f"{span.type}, {names[span.type]}, confidence {span.confidence:.2f}" for span in spans]
    assert not page.one(TIP).is_displayed()

    page.actions().move_to_element(marks[1]).perform()
    page.until(lambda: page.one(TIP).is_displayed())
    other = f"other/sru: {spans[1].type} {spans[1].confidence:.2f}"
    assert page.one(TIP).text.splitlines() == [lines[1], other]
    assert marks[1].get_attribute("aria-describedby") == "tip"
    page.actions().move_to_element(page.one("h1")).perform()
    page.until(lambda: not page.one(TIP).is_displayed())

    page.one("[data-example=none]").send_keys(TAB)
    for line in lines:
        page.until_tip(line)
        page.actions().send_keys(RIGHT).perform()
    page.actions().send_keys(ESCAPE).perform()
    assert not page.one(TIP).is_displayed()
    marks[0].click()
    page.until_tip(lines[0])


def test_markup_in_the_text_is_text(page: Shown) -> None:
    page.type(HOSTILE)
    assert page.browser.execute_script("return window.hit") is None
    assert not page.all(f"{RUNNING} :not(.entity, .entity > b)") and len(page.all("script")) == 1


def test_a_text_that_is_refused_is_not_marked_and_the_page_says_why(page: Shown) -> None:
    page.put("Анна " * 20_001)
    page.until(page.one(ERROR).is_displayed)
    assert page.one(ERROR).text.startswith("100,005 characters, and at most 100,000 are read")
    assert page.read() == ["", ""]
    page.put("Анна\0")
    page.until(lambda: page.one(ERROR).text.startswith("the text: character 5 is NUL"))
    page.put("Анна")
    page.until(lambda: page.read() == ["Анна", "Анна"])
    assert not page.one(ERROR).is_displayed()


def test_doubtful_entities_can_be_hidden(page: Shown, tagger: TextTagger) -> None:
    page.put(TEXT)
    page.until(lambda: page.read() == [TEXT, TEXT])
    spans = tagger(TEXT)
    assert [x.get_attribute("class") for x in page.all(f".model:first-child {ENTITY}")] == [
        "entity unsure" if span.confidence < 0.5 else "entity" for span in spans
    ]
    page.one("#threshold").send_keys(END)
    sure = [span for span in spans if round(span.confidence, 4) >= 0.99]
    assert page.marks() == [(span.text, span.type) for span in sure] * 2 and page.read() == [TEXT, TEXT]
    assert len(sure) < len(spans)


@pytest.mark.parametrize(("widths", "schemes"), LAYOUTS)
def test_it_fits_its_window(page: Shown, widths: Any, schemes: list[str]) -> None:
    check_layout(page.browser, widths, schemes)


def test_a_telephone_shows_all_of_it(page: Shown) -> None:
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        page.all(ENTITY)[-1].click()
        page.until(page.one(TIP).is_displayed)
        assert page.browser.execute_script("return document.documentElement.scrollWidth") == 360
        tip = page.browser.execute_script("return arguments[0].getBoundingClientRect().toJSON()", page.one(TIP))
        assert 0 <= tip["left"] < tip["right"] <= 360 and 0 <= tip["top"] < tip["bottom"] <= 740
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_page_says_that_the_server_has_gone(page: Shown) -> None:
    conditions = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    page.browser.execute_cdp_cmd("Network.enable", {})
    try:
        page.browser.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)
        page.put("Анна")
        page.until(lambda: page.one(ERROR).text.startswith("no answer: has the server been ended?"))
    finally:
        page.browser.execute_cdp_cmd("Network.disable", {})
    page.put("Анна ушла")
    page.until(lambda: page.read() == ["Анна ушла", "Анна ушла"])
