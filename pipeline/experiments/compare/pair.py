"""The taggers that two revisions have for one data set, on the same test sentences."""

from itertools import zip_longest
from typing import NamedTuple

from pipeline.errors import UserError
from pipeline.experiments.lock import stale
from pipeline.experiments.revision import Revision
from pipeline.ner.data.corpus import LABELS, split_path
from pipeline.ner.scoring.tested import Split, Taggers, parse_seed, parse_taggers, parse_test
from pipeline.paths import HERE


class System(NamedTuple):
    """One data set in one revision."""

    revision: str
    files: list[bytes]
    """Labels and test split."""
    split: Split
    taggers: Taggers


class Pair(NamedTuple):
    """One data set in both revisions."""

    name: str
    split: Split
    a: Taggers
    b: Taggers


def find_sets(revision: Revision) -> dict[str, str]:
    """The data sets whose test predictions a revision has, each with the stage that made them."""
    folder = f"{HERE.predictions.as_posix()}/"
    wanted = revision.params.get("sets")  # dvc.lock may still have one that was taken out; None of an earlier code
    found = {
        out["path"].removeprefix(folder): stage
        for stage, entry in sorted(revision.stages.items())
        for out in entry.get("outs", [])
        if out["path"].startswith(folder) and (not wanted or out["path"].removeprefix(folder) in wanted)
    }
    if not found:
        raise UserError(
            f"{revision.name}: found no predictions ({folder}<set>): evaluate has not run there, or at a time when it "
            f"kept none; {revision.advice}"
        )
    return found


def read_pair(a: Revision, b: Revision, name: str) -> Pair:
    """Read and check; a `UserError` says why the two cannot be compared on this data set."""
    first = read_system(a, name)
    return Pair(name, first.split, first.taggers, read_system(b, name, first).taggers)


def read_system(revision: Revision, name: str, other: System | None = None) -> System:
    """Read and check one revision, and that it was tested on the sentences of `other`, if given; lemmas may differ."""
    _check_fresh(revision, name)
    corpus = HERE.corpora / name
    names = [path.as_posix() for path in (corpus / LABELS, split_path(corpus, "test"))]
    files = [revision.read_bytes(path) for path in names]
    if other and other.files == files:
        split = other.split
    else:
        split = parse_test(files, [f"{revision.name}: {path}" for path in names])
        if other:
            _check_same(other.revision, revision.name, other.split, split, *names)
    return System(revision.name, files, split, _read_taggers(revision, name, split))


def _check_fresh(revision: Revision, name: str) -> None:
    """Predictions that other settings, data or code led to are not this revision's."""
    changed = next(stale(revision.stages, find_sets(revision)[name], revision.params, revision.md5), None)
    if changed:
        raise UserError(
            f"{revision.name}: {(HERE.predictions / name).as_posix()} is out of date, for this has changed since "
            f"({changed}); {revision.advice}, or, if the change cannot matter, dvc commit; or name other data sets "
            "behind A and B"
        )


def _check_same(a: str, b: str, mine: Split, yours: Split, labels: str, test: str) -> None:
    what = "only taggers tested on the same sentences and labels can be compared"
    if mine.labels != yours.labels:
        raise UserError(f"{labels}: found {' '.join(mine.labels)} in {a}, {' '.join(yours.labels)} in {b}; {what}")
    for number, (x, y) in enumerate(zip_longest(mine.sentences, yours.sentences), 1):
        if x is None or y is None or (x.tokens, x.tags) != (y.tokens, y.tags):
            raise UserError(
                f"{test}: found {len(mine.sentences)} sentences in {a}, {len(yours.sentences)} in {b}, "
                f"different from sentence {number} on; {what}"
            )


def _read_taggers(revision: Revision, name: str, split: Split) -> Taggers:
    folder = HERE.predictions / name
    files = {parse_seed(file): f"{folder.as_posix()}/{file}" for file in revision.names(folder.as_posix())}
    found = {seed: (f"{revision.name}: {path}", revision.read_bytes(path)) for seed, path in files.items()}
    return parse_taggers(found, split)
