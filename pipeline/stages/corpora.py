"""Stage corpora: an NER set in its published format to lemmas and legal tags of the given tokens (paper, step 3)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.files.json import write_json
from pipeline.ner.data.bio import bio_labels, find_scheme, repair
from pipeline.ner.data.corpus import SPLITS, split_path, write_labels, write_split
from pipeline.ner.data.counts import describe, describe_dropped, describe_repairs, describe_unseen, rank_types
from pipeline.ner.data.dataset import Splits, read_dataset, read_splits
from pipeline.ner.data.sentence import RawSentence, Sentence
from pipeline.ner.data.tokens import keep_tokens
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.text.spelling import compose, remove_stress
from pipeline.text.udpipe import Lemmatizer, Normalization
from pipeline.work.outputs import fresh_folder
from pipeline.work.progress import say, track


def run(paths: Paths, params: Params, name: str) -> None:
    """Read the set in `paths.raw_ner`; write train, validation and test .tsv, labels.json and counts.json to its folder
    in `paths.corpora`.

    Of the protocol, `tokens` says which of them are kept (a key of `pipeline.ner.data.tokens.KEEPS`), `lowercase` and
    `lemmas` what the language model reads of them; the seed says what is held out.
    """
    source, tokens = paths.raw_ner / name, params.protocol.tokens
    dataset = read_dataset(source)
    published = read_splits(source, dataset, params.seed)
    splits = {split: list(_keep(published[split], tokens)) for split in SPLITS}
    _check(source, splits, tokens)
    scheme = find_scheme(str(source), (sentence.tags for split in SPLITS for sentence in published[split]))
    counts = {split: _count(split, published, splits, scheme) for split in SPLITS}
    _say(source, counts, scheme)
    normalization = Normalization(params.protocol.lowercase, params.protocol.lemmas)
    lemmatizer = Lemmatizer(paths.udpipe, normalization)
    with fresh_folder(paths.corpora / name) as folder:
        for split in SPLITS:
            write_split(split_path(folder, split), _prepare(splits[split], lemmatizer, f"{name} {split}"))
        write_labels(folder, bio_labels(dataset.types or rank_types(counts)))
        write_json(folder / "counts.json", counts)


def _keep(sentences: list[RawSentence], rule: str) -> Iterator[RawSentence]:
    """Sentences in NFC, with legal tags and without the tokens that are dropped; one left empty is dropped itself."""
    for tokens, tags in sentences:
        kept = keep_tokens(RawSentence([*map(compose, tokens)], repair(tags).tags), rule)
        if kept.tokens:
            yield kept


def _check(source: Path, splits: Splits, rule: str) -> None:
    for split, sentences in splits.items():
        if not sentences:
            raise UserError(
                f"{source}: {split}: found no token that is {rule}, expected some; "
                "see the file, or choose a protocol with tokens: all in params.yaml"
            )


def _say(source: Path, counts: dict[str, dict[str, Any]], scheme: str) -> None:
    """What a user should know of labels that are not as expected; a `UserError` if there is nothing to learn."""
    if not counts["train"]["types"]:
        raise UserError(f"{source}: train: found no entity, expected some; are the labels in another column?")
    if scheme != "BIO":
        converted = sum(counts[split]["converted"] for split in SPLITS)
        say(f"{source}: labels in {scheme} are converted to BIO: {converted:,} of them change")
    for split in SPLITS:
        if unseen := describe_unseen(counts, split):
            say(f"{source}: {split}: entities of types that train lacks, which will all count as missed: {unseen}")


def _prepare(sentences: list[RawSentence], lemmatizer: Lemmatizer, label: str) -> Iterator[Sentence]:
    total = sum(len(sentence.tokens) for sentence in sentences)
    for tokens, tags in track(sentences, label, "tokens", total, size=lambda s: len(s.tokens)):
        yield Sentence(tokens, lemmatizer.lemmatize_tokens(tokens), tags)


def _count(split: str, published: Splits, splits: Splits, scheme: str) -> dict[str, Any]:
    train = [] if split == "train" else splits["train"]
    return {
        **describe(splits[split], train),
        **describe_repairs(published[split], scheme),
        **_describe_spelling(published[split]),
        **describe_dropped(published[split], splits[split]),
    }


def _describe_spelling(published: list[RawSentence]) -> dict[str, int]:
    """How many tokens are not in NFC, and how many the language model reads without their stress mark."""
    tokens = [token for sentence in published for token in sentence.tokens]
    composed = [*map(compose, tokens)]
    return {
        "composed_tokens": sum(token != form for token, form in zip(tokens, composed, strict=True)),
        "stressed_tokens": sum(form != remove_stress(form) for form in composed),
    }
