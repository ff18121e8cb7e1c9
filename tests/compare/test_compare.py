"""The command between revisions of a real DVC repository."""

import re
import warnings
from contextlib import chdir
from functools import cache
from itertools import combinations
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pipeline.experiments.compare.run import file_name, find_examples, run
from pipeline.experiments.compare.scores import Row, compare_scores, judge
from pipeline.experiments.compare.system import System, read_system
from pipeline.experiments.revision import all_revisions, diff_params, open_revisions
from pipeline.experiments.studies import pairs
from pipeline.experiments.studies.study import ALL, Study
from pipeline.ner.data.bio import bio_labels, bio_spans
from tests.browser import LAYOUTS, check_layout
from tests.compare.conftest import Compare
from tests.compare.repository import LENGTH, SENTENCES, SETS, git, gold, make_params, predicted
from tests.pages import Page

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

RESAMPLES = 60
FEW = ["--resamples", str(RESAMPLES)]


@cache
def pair(a: str, b: str, name: str = "wikineural") -> tuple[System, System]:
    first, second = open_revisions(a, b)
    system = read_system(first, name)
    return system, read_system(second, name, system)


@cache
def rows(a: str, b: str, name: str = "wikineural") -> list[Row]:
    return compare_scores(*pair(a, b, name), RESAMPLES, seed=1)


def tags(name: str, numbers: np.ndarray) -> list[list[str]]:
    labels = bio_labels(SETS[name])
    return [[labels[number] for number in row] for row in numbers.reshape(SENTENCES, LENGTH).tolist()]


def oracle(name: str, arch: str) -> list[list[float]]:
    """scikit-learn's and seqeval's scores of each seed: token F1, entity F1, macro, by type."""
    from seqeval.metrics import classification_report
    from seqeval.metrics import f1_score as seqeval_f1
    from sklearn.metrics import f1_score as sklearn_f1

    warnings.filterwarnings("ignore", module="seqeval|sklearn|numpy")
    truth, labels = tags(name, gold(name)), list(range(1, 1 + 2 * len(SETS[name])))
    scores = []
    for seed in (1, 2):
        answers = predicted(name, arch, seed)
        report = classification_report(truth, tags(name, answers), output_dict=True, zero_division=0)
        entity, macro = (seqeval_f1(truth, tags(name, answers), average=average) for average in ("micro", "macro"))
        token = sklearn_f1(gold(name), answers, labels=labels, average="weighted", zero_division=0)
        scores.append([token, entity, macro, *(report[type_]["f1-score"] for type_ in SETS[name])])
    return scores


@pytest.mark.parametrize("name", SETS)
def test_scores_of_both_are_seqevals_and_scikit_learns(repository: Path, name: str) -> None:
    a, b = oracle(name, "sru"), oracle(name, "gru")
    compared = rows("main", "with-gru", name)
    assert [row.title for row in compared] == ["Token F1", "Entity F1", "Entity F1, macro", *SETS[name]]
    assert [row.a[0] for row in compared] == pytest.approx(np.mean(a, 0))
    assert [row.b[0] for row in compared] == pytest.approx(np.mean(b, 0))
    assert [row.b[1] for row in compared] == pytest.approx(np.std(b, 0, ddof=1))
    assert [row.difference for row in compared] == pytest.approx(np.mean(b, 0) - np.mean(a, 0))
    spans = [span.type for sentence in tags(name, gold(name)) for span in bio_spans(sentence)]
    support = [np.count_nonzero(gold(name)), len(spans), len(spans), *(spans.count(t) for t in SETS[name])]
    assert [row.gold for row in compared] == support


@pytest.fixture(scope="module")
def compared(built: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A comparison as it is printed, and the folder of its pages."""
    target = tmp_path_factory.mktemp("compared")
    with chdir(built):
        return run("main", "with-gru", [], target, RESAMPLES, seed=1), target


def test_table_settings_and_pages(repository: Path, compared: tuple[str, Path]) -> None:
    printed, folder = compared
    commit = git("rev-parse", "--short=7", "main").strip()
    assert f"A: main ({commit})" in printed and re.search(r"B: with-gru \(\w{7}\)", printed)
    assert printed.index("WikiNEuRal: 60 test sentences, 360 tokens") < printed.index("MultiCoNER: 60 test sentences")
    assert re.search(r"arch +sru +gru\n", printed)
    (entity,) = [row for row in rows("main", "with-gru") if row.title == "Entity F1"]
    assert re.split(r"\s{2,}", next(line for line in printed.splitlines() if "Entity F1 " in line)) == entity.cells()
    assert entity.difference > 0.2 and entity.low > 0 and entity.cells()[-1] == "0.0164"  # 1 of 61

    assert printed.endswith(f"page: {folder}/main..with-gru.html")
    html, md = ((folder / f"main..with-gru.{form}").read_text(encoding="utf-8") for form in ("html", "md"))
    for cell in entity.cells():
        assert f">{cell}</td>" in html and f" {cell} " in md
    assert "<script>" not in html and "&lt;script&gt;" in html and "&amp;amp;" in html and "&lt;/mark&gt;" in html
    assert html.count("<strong ") > 100
    Page.parse(html).check()
    assert "<script>" not in md and r"\<script\>" in md and r"\`\`\`\`" in md


def test_the_verdict_comes_first_and_is_by_chance_and_size(compared: tuple[str, Path]) -> None:
    printed, folder = compared
    (entity,) = [row for row in rows("main", "with-gru") if row.title == "Entity F1"]
    short = f"B is {entity.difference:.3f} better on WikiNEuRal"
    numbers = f"entity F1, 95 % interval {entity.low:+.3f} to {entity.high:+.3f}, p 0.0164"
    assert printed.startswith(f"{short} ({numbers})\n")
    page = (folder / "main..with-gru.md").read_text(encoding="utf-8")
    assert page.startswith(f"# Is the difference real?\n\n**{short}** ({numbers}).\n")
    assert page.index("](main..with-gru.png)") < page.index("## Settings that differ") < page.index("## WikiNEuRal")

    worse = [row._replace(difference=-0.052, low=-0.07, high=-0.03, p=0.0017) for row in rows("main", "with-gru")]
    assert judge(worse, "X") == ("B is 0.052 worse on X", "entity F1, 95 % interval -0.070 to -0.030, p 0.0017")
    assert judge([row._replace(p=None) for row in worse], "X")[0] == "B is 0.052 worse on X"
    for row in ({"p": 0.06}, {"p": None, "high": 0.01}):
        short, numbers = judge([each._replace(**row) for each in worse], "X")
        assert short == "B and A cannot be told apart on X" and numbers.startswith(
            "B minus A -0.052 in entity F1, 95 %"
        )


def test_the_demo_is_called_so(repository: Path, compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.experiments.compare.run.DEMO", None)  # the scale of this params.yaml, which has none
    assert "only show that the pipeline works" in compare("main", "workspace", "multiconer", "--resamples", "1")
    assert "only show that the pipeline works" in Path("metrics/compare/main..workspace.html").read_text(
        encoding="utf-8"
    )


def test_a_clone_says_what_to_fetch_and_reads_a_remote(
    clone: Path, repository: Path, compared: tuple[str, Path], compare: Compare
) -> None:
    """Its pages have the same bytes, and nothing else is written."""
    git("fetch", "--quiet", "origin", "refs/exps/*:refs/exps/*")
    missing = compare("main", "with-gru", code=1)
    assert "main: data/ner/wikineural/labels.json: neither in git nor in DVC's cache" in missing
    assert "dvc fetch --all-commits" in missing
    assert "dvc exp pull <git remote> with-gru" in compare("with-gru", "main", code=1)
    config = f"[core]\nremote = there\n['remote \"there\"']\nurl = {repository / '.dvc' / 'cache'}\n"
    (clone / ".dvc" / "config.local").write_text(config, encoding="utf-8")
    before = git("status", "--porcelain", "--ignored")

    assert compare("main", "with-gru", *FEW).endswith("page: metrics/compare/main..with-gru.html\n")
    for page in compared[1].iterdir():
        assert (clone / "metrics" / "compare" / page.name).read_bytes() == page.read_bytes()
    rmtree(clone / "metrics")
    assert git("status", "--porcelain", "--ignored") == before


def test_the_same_twice_differs_in_nothing(repository: Path, compare: Compare) -> None:
    printed = compare("main", "workspace", "multiconer", *FEW)
    assert "no setting differs" in printed and "WikiNEuRal" not in printed
    assert printed.count("+0.000  +0.000 to +0.000  1.0000") == 3 + len(SETS["multiconer"])
    html = Path("metrics/compare/main..workspace.html").read_text(encoding="utf-8")
    assert "as many entities in every sentence" in html
    printed = compare("feature/three-seeds", "main", "multiconer", "--resamples", "1")
    assert "page: metrics/compare/feature-three-seeds-" in printed


def test_the_other_way_round_is_the_mirror_image(repository: Path) -> None:
    for forth, back in zip(rows("main", "with-gru"), rows("with-gru", "main"), strict=True):
        assert (forth.a, forth.b, forth.difference, forth.p) == (back.b, back.a, -back.difference, back.p)
        assert (forth.low, forth.high) == pytest.approx((-back.high, -back.low))


def test_a_study_tests_its_pairs_as_compare_does(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those in pairs.csv stay, without predictions, as long as both rows are the same."""
    monkeypatch.setattr(pairs, "RESAMPLES", RESAMPLES)
    names = ["main", "with-gru", "feature/three-seeds", "stale"]
    study = Study(question="?", rows={name: {} for name in names})
    sums = {(name, ALL, "wikineural"): f"sum of {name}" for name in names}
    revisions = {(name, ALL): revision for name, revision in zip(names, open_revisions(*names), strict=True)}
    tested = [*pairs.compare_rows(study, sums, [], revisions)]
    by_names = {(pair.a, pair.b): pair for pair in tested}
    assert [*by_names] == [*combinations(names[:3], 2)]  # the last one is out of date
    (entity,) = [row for row in rows("main", "with-gru") if row.title == "Entity F1"]
    pair = by_names["main", "with-gru"]
    assert (pair.difference, pair.p) == pytest.approx((entity.difference, entity.p))
    assert pair.low < pair.difference < pair.high and np.isnan(by_names["main", "feature/three-seeds"].p)

    assert [*pairs.compare_rows(study, sums, tested, {})] == tested
    assert [*pairs.compare_rows(study, {key: sums[key] for key in [*sums][:2]}, tested, {})] == [pair]
    changed = sums | {("main", ALL, "wikineural"): "another sum"}
    again = pairs.compare_rows(study, changed, tested, {})
    assert [(pair.a, pair.b) for pair in again] == [("with-gru", "feature/three-seeds")]


def test_unequal_numbers_of_seeds_have_an_interval_and_no_p(repository: Path) -> None:
    for row in rows("main", "feature/three-seeds"):
        assert row.p is None and row.cells()[-1] == "–" and row.low < row.high


def test_examples_begin_with_the_widest_gap(repository: Path) -> None:
    examples = find_examples(*pair("main", "with-gru"), 5)

    def wrong(arch: str) -> np.ndarray:
        truth = tags("wikineural", gold("wikineural"))
        taggers = [tags("wikineural", predicted("wikineural", arch, seed)) for seed in (1, 2)]
        return np.array(
            [np.mean([len(set(bio_spans(t)) ^ set(bio_spans(s[i]))) for s in taggers]) for i, t in enumerate(truth)]
        )

    gap = np.abs(wrong("sru") - wrong("gru"))
    assert [gap[e.number - 1] for e in examples] == sorted(gap, reverse=True)[:5]
    for example in examples:
        a, b = (f"{wrong(arch)[example.number - 1]:.2f}".rstrip("0").rstrip(".") for arch in ("sru", "gru"))
        assert example.about == f"entities missed or made up: {a} by A, {b} by B"
        assert "✗" not in example.annotations[0].text  # of gold
        systems = [(annotation.system, annotation.by) for annotation in example.annotations]
        assert systems[0] == ("gold", "")
        for system in "AB":
            assert [by for s, by in systems if s == system] in (["seeds 1, 2"], ["seed 1", "seed 2"])


def test_settings_that_differ(repository: Path) -> None:
    main, head, gru, workspace = open_revisions("main", "HEAD", "with-gru", "workspace")
    assert diff_params(main, gru) == {"arch": ("sru", "gru")}
    assert diff_params(gru, workspace) == {"arch": ("gru", "sru")}
    assert diff_params(workspace, workspace) == {}
    assert diff_params(main, head) == {}


def test_the_branch_that_is_checked_out_is_the_first(repository: Path) -> None:
    """Another one at the same commit is no other source."""
    git("branch", "a-copy")
    names = [revision.name for revision in all_revisions()]
    git("branch", "--delete", "a-copy")
    assert names[:4] == ["workspace", "with-gru", "main", "a-copy"]


def test_the_code_of_another_architecture_makes_no_difference(repository: Path) -> None:
    main, other, edited = open_revisions("main", "other-cell~1", "other-cell")
    path = "models/architecture.json"
    assert main.md5(path) == other.md5(path) != edited.md5(path)
    gru, none = make_params("gru"), make_params("none")
    assert main.architecture_md5(gru) != other.architecture_md5(gru) and main.architecture_md5(none) == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("main with-gur", r"found no revision 'with-gur'; did you mean with-gru\?"),
        ("nothing main", "experiments: with-gru; branches and tags: feature/three-seeds, main, other-cell,"),
        ("main with-gru wikiann", "found no data set 'wikiann' in both: main has multiconer, wikineural;"),
        ("main other-test", "60 sentences in main, 60 in other-test, different from sentence 7 on"),
        ("main stale", "stale: data/predictions/wikineural is out of date, .*: models/architecture.json.*dvc repro"),
        ("main recoded", "recoded: .* out of date, .*evaluate@wikineural: data/code/evaluate.json.*dvc repro"),
        ("main other-cell", "other-cell: .* out of date, .*evaluate@wikineural: models/architecture.json"),
    ],
)
def test_what_cannot_be_compared_is_one_line(arguments: str, message: str, repository: Path, compare: Compare) -> None:
    error = compare(*arguments.split(), code=1)
    assert re.search(message, error), error


def test_no_name_and_no_repository_are_one_line(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compare: Compare
) -> None:
    assert "found no revision ''" in compare("main", "", code=1)
    monkeypatch.chdir(repository / "data")
    assert "run from the top" in compare("main", "main", code=1)
    monkeypatch.chdir(tmp_path)
    assert "not in a DVC repository" in compare("a", "b", code=1)


def test_a_lock_in_conflict_is_one_line(clone: Path, compare: Compare) -> None:
    Path("dvc.lock").write_text("<<<<<<< HEAD\nstages: {}\n=======\n", encoding="utf-8")
    assert "workspace: dvc.lock: not valid YAML" in compare("workspace", "main", code=1)
    for content in ("", "schema: '2.0'\n", "stages:\n", "[1]"):
        Path("dvc.lock").write_text(content, encoding="utf-8")
        error = compare("workspace", "main", code=1)
        assert "workspace: dvc.lock: found no keys and values; run: dvc repro" in error


def test_names_of_files() -> None:
    assert file_name("with-gru") == "with-gru" and file_name("ветка_1.0") == "ветка_1.0"
    odd = ["feature/x", "feature-x", "feature~x", "HEAD~1", "a\\b", "../x", "x" * 300, "x" * 301]
    names = [file_name(name) for name in odd]
    assert len(set(names)) == len(odd)
    assert all(re.fullmatch(r"[\w.-]{1,70}", name) for name in names)


@pytest.mark.parametrize(("widths", "schemes"), LAYOUTS)
def test_it_fits_its_window(compared: tuple[str, Path], browser: "Chrome", widths: Any, schemes: list[str]) -> None:
    browser.get((compared[1] / "main..with-gru.html").as_uri())
    check_layout(browser, widths, schemes)
