"""The page in a real browser without a window: Chromium, driven by Selenium."""

import shutil
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from pipeline.predict import TextTagger
from pipeline.predict.serve.models import Model
from tests.predict.conftest import serving

DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(DRIVER is None, reason="chromedriver is not on the PATH (Debian: chromium-driver)")
FLAGS = ["headless", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "disable-quic", "no-first-run"]
FLAGS += ["disable-background-networking", "disable-component-update", "disable-sync", "window-size=1280,900"]
TEXT = "😀 Анна Смирнова уехала в Москву, а Иван Петров живёт в Казани."
HOSTILE = (
    "<script>window.hit = 1</script> Анна <img src=x onerror='window.hit = 1'> </textarea> {{ 7 * 7 }} &lt;b&gt; Москва"
)
RUNNING, ENTITY, TIP, ERROR = ".running", ".running .entity", "#tip", "#error"


@pytest.fixture(scope="module")
def address(tagger: TextTagger) -> Iterator[str]:
    with serving([Model(name, "about it", False, tagger) for name in ("one", "two")]) as at:
        yield at


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    for flag in [*FLAGS, f"user-data-dir={tmp_path_factory.mktemp('profile')}"]:
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(str(DRIVER)))
    yield driver
    driver.quit()


class Shown:
    """The page as a visitor sees it."""

    def __init__(self, browser: webdriver.Chrome) -> None:
        self.browser = browser

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def until(self, happens: object) -> None:
        WebDriverWait(self.browser, 20, poll_frequency=0.05).until(lambda _: happens())  # type: ignore[operator]

    def type(self, text: str) -> None:
        """Type a text, or paste it if it has emoji, which chromedriver cannot type."""
        self.one("[data-example=none]").click()
        self.until(lambda: self.read() == ["", ""])
        if text.isascii() or max(text) < "\U00010000":
            self.one("#text").send_keys(text)
        else:
            self.put(text)

    def put(self, text: str) -> None:
        """Paste a text."""
        put = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
        self.browser.execute_script(put, self.one("#text"), text)

    def read(self) -> list[str]:
        """The text of each panel without the marks of types."""
        read = """return [...document.querySelectorAll('.running')].map((panel) => {
            const copy = panel.cloneNode(true);
            copy.querySelectorAll('.entity > b').forEach((label) => label.remove());
            return copy.textContent;
        })"""
        return self.browser.execute_script(read)

    def marks(self) -> list[tuple[str, str]]:
        """The text and type of each entity, for all models."""
        read = """return [...document.querySelectorAll('.running .entity')].map(
            (entity) => [entity.firstChild.data, entity.lastChild.textContent])"""
        return [(text, type_) for text, type_ in self.browser.execute_script(read)]


@pytest.fixture
def page(browser: webdriver.Chrome, address: str) -> Iterator[Shown]:
    """A page that was just loaded; after the test, its console may hold nothing but refusals that were asked for."""
    browser.get(address)
    shown = Shown(browser)
    shown.until(lambda: shown.all(ENTITY))
    yield shown
    messages = [entry["message"] for entry in browser.get_log("browser")]
    assert not [
        message
        for message in messages
        if "400 (BAD REQUEST)" not in message and "ERR_INTERNET_DISCONNECTED" not in message
    ]


def test_what_is_typed_is_marked_by_every_model(page: Shown, tagger: TextTagger) -> None:
    text = TEXT[2:]
    expected = [(span.text, span.type) for span in tagger(text)]
    page.type(text)
    page.until(lambda: page.read() == [text, text])
    assert page.marks() == expected * 2 and len(expected) > 2
    assert [x.text for x in page.all(".found")] == [f"{len(expected)} entities"] * 2
    assert page.one("#count").text == f"{len(text)} of 100,000 characters" and not page.one(ERROR).is_displayed()


def test_places_are_those_of_characters_where_some_are_two_in_javascript(page: Shown, tagger: TextTagger) -> None:
    page.type(TEXT)
    page.until(lambda: page.read() == [TEXT, TEXT])
    assert page.marks() == [(span.text, span.type) for span in tagger(TEXT)] * 2


def test_confidence_is_read_by_pointer_and_by_keyboard(page: Shown, tagger: TextTagger) -> None:
    page.put(TEXT)
    page.until(lambda: page.read() == [TEXT, TEXT])
    spans, marks = tagger(TEXT), page.all(ENTITY)
    said = [f"{span.type}, {{}}, confidence {span.confidence:.2f}" for span in spans]
    names = {"PER": "person", "LOC": "location", "ORG": "organisation", "MISC": "other name"}
    said = [line.format(names[span.type]) for line, span in zip(said, spans, strict=True)]
    assert not page.one(TIP).is_displayed()

    ActionChains(page.browser).move_to_element(marks[1]).perform()
    page.until(lambda: page.one(TIP).is_displayed())
    other = f"two: {spans[1].type} {spans[1].confidence:.2f}"
    assert page.one(TIP).text.splitlines() == [said[1], other]
    assert marks[1].get_attribute("aria-describedby") == "tip"
    ActionChains(page.browser).move_to_element(page.one("h1")).perform()
    page.until(lambda: not page.one(TIP).is_displayed())

    page.one("#threshold").send_keys(Keys.TAB)
    for line in said:
        page.until(lambda line=line: page.one(TIP).text.startswith(line))
        ActionChains(page.browser).send_keys(Keys.ARROW_RIGHT).perform()
    ActionChains(page.browser).send_keys(Keys.ESCAPE).perform()
    assert not page.one(TIP).is_displayed()
    marks[0].click()
    page.until(lambda: page.one(TIP).text.startswith(said[0]))


def test_markup_in_the_text_is_text(page: Shown) -> None:
    page.type(HOSTILE)
    page.until(lambda: page.read() == [HOSTILE, HOSTILE])
    assert page.browser.execute_script("return window.hit") is None
    assert not page.all(f"{RUNNING} :not(.entity, .entity > b)") and len(page.all("script")) == 1


def test_a_text_that_is_refused_is_not_marked_and_the_page_says_why(page: Shown) -> None:
    page.put("Анна " * 20_001)
    page.until(page.one(ERROR).is_displayed)
    assert page.one(ERROR).text.startswith("100,005 characters, and at most 100,000 are read") and page.read() == [
        "",
        "",
    ]
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
    page.one("#threshold").send_keys(Keys.END)
    kept = [span for span in spans if round(span.confidence, 4) >= 0.99]
    assert page.marks() == [(span.text, span.type) for span in kept] * 2 and page.read() == [TEXT, TEXT]
    assert len(kept) < len(spans)


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
