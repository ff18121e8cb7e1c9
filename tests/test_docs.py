"""README.md and docs/: short, with links that lead somewhere, and a site that is built without a warning."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.predict import CASED
from benchmarks.tagging import BATCHES, NATASHA, OURS
from pipeline.report.summary import summary
from tests.browser import start

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROSE = re.sub(r"```.*?```|^\|.*?$|^#.*?$", "", README, flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(target: str) -> bool:
    """Whether a file of the repository, with an anchor or without, exists."""
    name, _, anchor = target.partition("#")
    path = ROOT / name
    return path.exists() and (not anchor or anchor in anchors(path))


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150
    blocks = re.split(r"\n\s*\n|\n- ", re.sub(r"\]\(.*?\)", "]", PROSE))
    sentences = [sentence for block in blocks for sentence in re.split(r"(?<=[.:!?])\s+", block)]
    longest = max(sentences, key=lambda sentence: len(sentence.split()))
    assert len(longest.split()) <= 40, longest


def test_the_links_of_the_readme_lead_somewhere() -> None:
    targets = re.findall(r"\]\((.+?)\)", README)
    assert targets and all(leads_somewhere(target) for target in targets), targets


def test_pages_that_code_and_settings_name_exist() -> None:
    folders = [ROOT / name for name in ("pipeline", "tests", "demo", "benchmarks", "studies", "data/local", ".github")]
    paths = [*ROOT.glob("*"), *(path for folder in folders for path in folder.rglob("*"))]
    named = {
        (page, path)
        for path in paths
        if path.is_file() and path.suffix in {".py", ".yaml", ".yml", ".toml", ".md", ""}
        for page in re.findall(r"\bdocs/\w+[.]md(?:#[\w-]+)?", path.read_text(encoding="utf-8", errors="ignore"))
    }
    assert len(named) > 10 and [pair for pair in named if not leads_somewhere(pair[0])] == []


def test_the_scores_in_the_readme_are_those_of_the_last_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times and the machine apart, which differ from run to run."""
    monkeypatch.chdir(ROOT)
    if subprocess.run(["git", "status", "--porcelain", "metrics"], capture_output=True).stdout:
        pytest.skip("the last run is not the one in git")
    shown = summary(Path("metrics")).splitlines()
    lines = [line.rstrip() for line in shown if not line.startswith(("its training:", "report:"))]
    assert "\n".join(lines).rstrip() in re.sub(r"[ \t]+$", "", README, flags=re.MULTILINE)


def test_the_taggers_in_the_readme_are_those_of_the_benchmark() -> None:
    report = json.loads((ROOT / "docs" / "static" / "speed.json").read_text(encoding="utf-8"))
    costs, scores = (
        report["tables"]["Cost"],
        report["tables"]["Entity F1 on the same sentences, 95 % bootstrap intervals"],
    )
    shown = [[cell.strip() for cell in line.split("|")[1:-1]] for line in README.splitlines() if line.startswith("|")]
    names = [*(f"{OURS}, {name}" for name in ("small", "wide", "news")), NATASHA]
    for name, cells in zip(names, shown[-4:], strict=True):
        f1 = {(row["test"].split("_")[0], row["text"]): row["entity F1"] for row in scores if row["tagger"] == name}
        asked = [("wikineural", CASED), ("wikineural", "lower case"), ("wikineural", "typos in 20% of words")]
        (cost,) = [row for row in costs if row["tagger"] == (BATCHES if name == NATASHA else name)]
        assert cells[1:] == [
            *(f"{f1[key]:.3f}" for key in [*asked, ("wikiann", CASED)]),
            f"{round(cost['tokens/s'], -2):,.0f}",
            f"{cost['start, s']:#.2g}",
            *(f"{cost[f'{what}, MB']:.0f}" for what in ("peak memory", "packages it imports")),
        ]


def make_site(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the site in a copy of the repository, with the packages that are there."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = ["make", "--old-file", "install", "docs"]
    return subprocess.run(command, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with its site."""
    folder = tmp_path_factory.mktemp("copy")
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in tracked.rstrip("\0").split("\0"):  # a page may link to any file
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    assert not make_site(folder).returncode
    return folder


@pytest.mark.slow
def test_no_page_of_the_site_scrolls_sideways(copy: Path, tmp_path: Path) -> None:
    with start(tmp_path) as browser:
        for page in sorted((copy / "build/docs").glob("*.html")):
            browser.get(page.as_uri())
            for width in (390, 800, 1280):
                metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
                browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
                assert browser.execute_script("return document.documentElement.scrollWidth") <= width, (page, width)


@pytest.mark.slow
def test_the_site_is_built_and_loads_nothing(copy: Path) -> None:
    """A warning, such as that of a link to a page or an anchor that does not exist, is an error of `make docs`."""
    pages = {page.stem: page.read_text(encoding="utf-8") for page in (copy / "build/docs").glob("*.html")}
    assert pages.keys() >= {page.stem for page in (ROOT / "docs").glob("*.md")}
    for name, page in pages.items():
        assert not re.findall(r"""(?:src=|<link[^>]+href=|url\()["']?(?:https?:)?//[^"')]+""", page), name
    assert "The calibrated probability" in pages["api"] and "UserError" in pages["api"]

    edited = copy / "docs/data.md"
    whole = edited.read_text(encoding="utf-8")
    edited.write_text(f"{whole}\n[nowhere](pipeline.md#nowhere)\n", encoding="utf-8")
    result = make_site(copy)
    edited.write_text(whole, encoding="utf-8")
    assert result.returncode and re.search(r"docs/data[.]md:\d+: .*'nowhere'", result.stderr), result.stderr
