"""Which settings, and which code, decide a row."""

import re
from typing import Any

import pytest

from pipeline.experiments.revision import Choice, Revision
from pipeline.experiments.studies.recipe import Sums, lead_to, resolve, sum_up
from pipeline.files.yaml import read_yaml
from pipeline.provenance.code import read_sources
from tests.studies.fake import ROOT, STAGES, cell_of


class Tree(Revision):
    """A working copy with these sources and nothing else."""

    def __init__(self, sources: dict[str, bytes]) -> None:
        self._sources = sources  # type: ignore[misc]


SOURCES = read_sources(ROOT)
HERE = Tree(SOURCES)


def sums(tree: Tree = HERE, **settings: Any) -> Sums:
    return sum_up(tree, STAGES, cell_of(**settings).values, "wikineural")


DECIDE: list[dict[str, Any]] = [
    {"text__segmenter": "udpipe"},
    {"scales__demo__vocabulary__min_count": 3},
    {"charcnn__encoder": "ngrams"},
    {"lm__training__dropout": 0.3},
    {"archs__sru__layers": 3},
    {"protocol__tokens": "alphanumeric"},
    {"tagger": "full"},
    {"taggers__paper__dropout": 0.3},
    {"scales__demo__ner__seeds": [1, 2]},
    {"evaluate__bootstrap": 7},
    {"typos__rates": [0, 0.3]},
    {"arch": "sru4"},
    {"scale": "local"},
]
DECIDE_NOTHING: list[dict[str, Any]] = [
    {"scales__local__ner__epochs": 9},
    {"archs__lstm__layers": 3},
    {"taggers__full__dropout": 0.3},
    {"compute__jobs": 3, "compute__threads": 2},
    {"sets": ["multiconer", "wikineural"]},
]


@pytest.mark.parametrize("settings", DECIDE, ids=str)
def test_a_setting_of_any_stage_on_the_way_changes_the_sums(settings: dict[str, Any]) -> None:
    assert sums(**settings).settings != sums().settings


@pytest.mark.parametrize("settings", DECIDE_NOTHING, ids=str)
def test_a_setting_of_another_choice_or_of_the_machine_does_not(settings: dict[str, Any]) -> None:
    assert sums(**settings) == sums()


@pytest.mark.parametrize(
    ("path", "edit", "changes"),
    [
        ("pipeline/text/dump/wikitext.py", "\nEDITED = 1\n", True),
        ("pipeline/ner/typos.py", "\nEDITED = 1\n", True),
        ("pipeline/ner/typos.py", "\n# A word.\n", False),
        ("pipeline/lm/rnn/sru/recurrence.py", "\nEDITED = 1\n", True),
        ("pipeline/lm/rnn/gru.py", "\nEDITED = 1\n", False),
        ("pipeline/report/page.py", "\nEDITED = 1\n", False),
        ("pipeline/work/progress.py", "\nEDITED = 1\n", False),
    ],
)
def test_code_counts_where_it_is_run_on_the_way(path: str, edit: str, changes: bool) -> None:
    edited = sums(Tree(SOURCES | {path: SOURCES[path] + edit.encode()}))
    assert edited.settings == sums().settings
    assert (edited.code != sums().code) == changes


def test_what_leads_to_a_stage_is_what_dvc_says() -> None:
    from dvc.repo import Repo
    from networkx import descendants

    values = read_yaml(ROOT / "params.yaml")
    with Repo(str(ROOT)) as repo:
        graph = repo.index.graph
        upstream = {node.addressing: {x.addressing.partition("@")[0] for x in descendants(graph, node)} for node in graph}
    stages = {name: resolve(stage, values, "wikineural") for name, stage in STAGES.items()}
    for name in stages:
        dvcs = upstream[f"{name}@wikineural" if "matrix" in STAGES[name] else name]
        assert {*lead_to([name], stages)} == dvcs | {name}, name


def test_every_choice_of_dvc_yaml_is_compared_between_revisions() -> None:
    """What stands in `${...}` is not in dvc.lock, so `Choice` has to have it."""
    chosen = {*re.findall(r"\$\{(\w+)\}", (ROOT / "dvc.yaml").read_text(encoding="utf-8"))}
    assert chosen <= {*Choice._fields} and "tagger" in chosen
