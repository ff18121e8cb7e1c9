"""The taggers that a revision has for one data set, with the test sentences that they read."""

from itertools import zip_longest
from typing import NamedTuple

from pipeline.errors import UserError
from pipeline.experiments.lock import stale
from pipeline.experiments.revision import Revision, read_choice
from pipeline.ner.data.corpus import LABELS, split_path
from pipeline.ner.scoring.tested import Split, Taggers, parse_seed, parse_taggers, parse_test
from pipeline.paths import HERE

EVALUATE = "evaluate@"


class System(NamedTuple):
    """One data set in one revision."""

    revision: str
    files: list[bytes]
    """Labels and test split."""
    split: Split
    taggers: Taggers


def find_scored(revision: Revision) -> dict[str, str]:
    """The data sets of which a revision has scores, each with its stage; one taken out may still be in dvc.lock."""
    sets = read_choice(revision.params).sets
    scored = {name.removeprefix(EVALUATE): name for name in revision.stages if name.startswith(EVALUATE)}
    return {name: stage for name, stage in scored.items() if sets is None or name in sets}


def check_fresh(revision: Revision, name: str) -> None:
    """A `UserError` if other settings, data or code than the revision's have led to its scores of a data set."""
    stage = find_scored(revision).get(name)
    if stage is None:
        raise UserError(f"{revision.name}: found no scores of {name}: evaluate has not run there; {revision.advice}")
    if changed := next(stale(revision.stages, stage, revision.params, revision.md5), None):
        raise UserError(
            f"{revision.name}: {(HERE.predictions / name).as_posix()} is out of date, as are the scores, for this has "
            f"changed since ({changed}); {revision.advice}, or, if the change cannot matter, dvc commit; or leave out "
            "the data set"
        )


def read_system(revision: Revision, name: str, other: System | None = None) -> System:
    """Read one data set of a revision, tested on the sentences of `other`, if given; lemmas may differ.

    A `UserError` says why it cannot be compared.
    """
    check_fresh(revision, name)
    folder, corpus = HERE.predictions / name, HERE.corpora / name
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
