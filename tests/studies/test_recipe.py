"""Which settings, and which code, decide a row."""

import re
from typing import Any

from pipeline.experiments.revision import Choice, Revision
from pipeline.experiments.studies.recipe import Stage, Sums, lead_to, resolve, sum_up
from pipeline.files.yaml import read_yaml
from pipeline.provenance.code import read_sources
from tests.studies.fake import DECIDE, DECIDE_NOTHING, ROOT, STAGES, cell_of


class Tree(Revision):
    """A working copy with these sources and nothing else."""

    def __init__(self, sources: dict[str, bytes]) -> None:
        self._sources = sources


SOURCES = read_sources(ROOT)
HERE = Tree(SOURCES)


def sums(tree: Tree = HERE, **settings: Any) -> Sums:
    return sum_up(tree, STAGES, cell_of(**settings).values, "wikineural")


def test_a_setting_of_any_stage_on_the_way_changes_the_sums_and_no_other() -> None:
    before = sums()
    assert [key for key, value in DECIDE.items() if sums(**{key: value}).settings == before.settings] == []
    assert [key for key, value in DECIDE_NOTHING.items() if sums(**{key: value}) != before] == []


CODE = {
    "pipeline/text/dump/wikitext.py": True,
    "pipeline/ner/typos.py": True,
    "pipeline/lm/rnn/sru/recurrence.py": True,
    "pipeline/lm/rnn/gru.py": False,
    "pipeline/report/page.py": False,
    "pipeline/work/progress.py": False,
}


def test_code_counts_where_it_is_run_on_the_way_and_no_comment() -> None:
    before = sums()
    for path, counts in CODE.items():
        edited, commented = (
            sums(Tree(SOURCES | {path: SOURCES[path] + edit})) for edit in (b"\nX = 1\n", b"\n# A word.\n")
        )
        assert commented == before and (edited != before) == counts, path
        assert edited.settings == before.settings


def test_what_leads_to_a_stage_is_what_dvc_says() -> None:
    from dvc.repo import Repo
    from networkx import descendants  # type: ignore[import-untyped]

    values = read_yaml(ROOT / "params.yaml")
    with Repo(str(ROOT)) as repo:
        graph = repo.index.graph
        upstream = {
            node.addressing: {x.addressing.partition("@")[0] for x in descendants(graph, node)} for node in graph
        }
    stages = {name: resolve(stage, values, "wikineural") for name, stage in STAGES.items()}
    for name in stages:
        dvcs = upstream[f"{name}@wikineural" if "matrix" in STAGES[name] else name]
        assert {*lead_to([name], stages)} == dvcs | {name}, name
    assert lead_to(["b"], {"a": Stage([], ["x"], []), "b": Stage(["x/y"], [], [])}) == ["a", "b"]


def test_every_choice_of_dvc_yaml_is_compared_between_revisions() -> None:
    """What stands in `${...}` is not in dvc.lock, so `Choice` has to have it."""
    chosen = {*re.findall(r"\$\{(\w+)\}", (ROOT / "dvc.yaml").read_text(encoding="utf-8"))}
    assert chosen <= {*Choice._fields} and "tagger" in chosen
