"""README.md and docs/: short, with links that lead somewhere, and a site that is built without a warning."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.slow
def test_the_site_is_built_and_loads_nothing(tmp_path: Path) -> None:
    """A warning, such as that of a link to a page or an anchor that does not exist, is an error of `make docs`."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in tracked.rstrip("\0").split("\0"):  # a page may link to any file
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = ["make", "--old-file", "install", "docs"]  # with the packages that are there
    subprocess.run(command, cwd=tmp_path, env=os.environ | {"PATH": path}, check=True)
    pages = {page.stem: page.read_text(encoding="utf-8") for page in (tmp_path / "build/docs").glob("*.html")}
    assert pages.keys() >= {page.stem for page in (ROOT / "docs").glob("*.md")}
    for name, page in pages.items():
        assert not re.findall(r"""(?:src=|<link[^>]+href=|url\()["']?(?:https?:)?//[^"')]+""", page), name
    assert "The calibrated probability" in pages["api"] and "UserError" in pages["api"]

    with (tmp_path / "docs/data.md").open("a", encoding="utf-8") as file:
        file.write("\n[nowhere](pipeline.md#nowhere)\n")
    result = subprocess.run(command, cwd=tmp_path, env=os.environ | {"PATH": path}, capture_output=True, text=True)
    assert result.returncode and re.search(r"docs/data[.]md:\d+: .*'nowhere'", result.stderr), result.stderr
