"""The taggers that a revision has for one data set, with the test sentences that they read."""

from itertools import zip_longest
from typing import NamedTuple

from pipeline.errors import UserError
from pipeline.experiments.lock import stale
from pipeline.experiments.revision import Revision, read_choice
from pipeline.ner.data.corpus import LABELS, split_path
from pipeline.ner.scoring.predictions import parse_seed
from pipeline.ner.scoring.tested import Split, Taggers, parse_taggers, parse_test
from pipeline.paths import HERE


class System(NamedTuple):
    """One data set in one revision."""

    revision: str
    files: list[bytes]
    """Labels and test split."""
    split: Split
    taggers: Taggers


def find_sets(revision: Revision) -> dict[str, str]:
    """The data sets whose test predictions a revision has, each with the stage that made them."""
    folder = f"{HERE.predictions.as_posix()}/"
    chosen = read_choice(revision.params).sets  # dvc.lock may still have one that was taken out
    sets = {
        out["path"].removeprefix(folder): stage
        for stage, entry in sorted(revision.stages.items())
        for out in entry.get("outs", [])
        if out["path"].startswith(folder) and (not chosen or out["path"].removeprefix(folder) in chosen)
    }
    if not sets:
        raise UserError(
            f"{revision.name}: found no predictions ({folder}<set>): evaluate has not run there, or at a time when it "
            f"kept none; {revision.advice}"
        )
    return sets


def read_system(revision: Revision, name: str, other: System | None = None) -> System:
    """Read one data set of a revision, tested on the sentences of `other`, if given; lemmas may differ.

    A `UserError` says why it cannot be compared: predictions that other settings, data or code have led to are not this
    revision's.
    """
    folder, corpus = HERE.predictions / name, HERE.corpora / name
    changed = next(stale(revision.stages, find_sets(revision)[name], revision.params, revision.md5), None)
    if changed:
        raise UserError(
            f"{revision.name}: {folder.as_posix()} is out of date, for this has changed since ({changed}); "
            f"{revision.advice}, or, if the change cannot matter, dvc commit; or name other data sets after A and B"
        )
    paths = [path.as_posix() for path in (corpus / LABELS, split_path(corpus, "test"))]
    files = [revision.read_bytes(path) for path in paths]
    if other and other.files == files:
        split = other.split
    else:
        split = parse_test(files, [f"{revision.name}: {path}" for path in paths])
        if other:
            _check_same(other, revision.name, split, *paths)
    predictions = {parse_seed(file): (folder / file).as_posix() for file in revision.names(folder.as_posix())}
    texts = {seed: (f"{revision.name}: {path}", revision.read_bytes(path)) for seed, path in predictions.items()}
    return System(revision.name, files, split, parse_taggers(texts, split))


def _check_same(a: System, b: str, split: Split, labels: str, test: str) -> None:
    need = "only taggers tested on the same sentences and labels can be compared"
    if a.split.labels != split.labels:
        names = f"{' '.join(a.split.labels)} in {a.revision}, {' '.join(split.labels)} in {b}"
        raise UserError(f"{labels}: found {names}; {need}")
    for number, (x, y) in enumerate(zip_longest(a.split.sentences, split.sentences), 1):
        if x is None or y is None or (x.tokens, x.tags) != (y.tokens, y.tags):
            raise UserError(
                f"{test}: found {len(a.split.sentences)} sentences in {a.revision}, {len(split.sentences)} in {b}, "
                f"different from sentence {number} on; {need}"
            )
