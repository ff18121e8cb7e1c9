"""Stage corpora: an NER set in its published format becomes lemmas and legal tags of its tokens (paper, step 3)."""

from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.files.json import write_json
from pipeline.ner.data.bio import bio_labels, find_scheme
from pipeline.ner.data.cleaning import (
    Sentences,
    add_counts,
    describe,
    describe_unseen,
    drop_tokens,
    map_types,
    rank_types,
    repair_tags,
)
from pipeline.ner.data.corpus import COUNTS, SPLITS, Sentence, split_path, write_labels, write_split
from pipeline.ner.data.dataset import read_dataset
from pipeline.ner.data.lines import RawSentence
from pipeline.ner.data.published import Published, read_published
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.text.contamination import plain_words
from pipeline.text.spelling import compose, remove_stress
from pipeline.text.udpipe import Lemmatizer, Normalization
from pipeline.work.outputs import fresh_folder
from pipeline.work.progress import say, track


def run(paths: Paths, params: Params, name: str) -> None:
    """Read the set in `paths.raw_ner`; write train, validation and test .tsv, labels.json and counts.json to its folder
    in `paths.corpora`.

    In the protocol, `tokens` (a key of `pipeline.ner.data.cleaning.KEEPS`) decides which tokens are kept; `lowercase`
    and `lemmas` decide how the language model reads them. The seed decides which sentences are held out. If `train` is
    put together from parts, they get the types of the set, and lose the sentences that its test split has as well.
    """
    source = paths.raw_ner / name
    dataset = read_dataset(source)
    splits, counts = _prepare(source, read_published(source, dataset, params.seed), params.protocol.tokens)
    if not counts["train"]["types"]:
        raise UserError(f"{source}: train: found no entity, expected some; are the labels in another column?")
    for split in SPLITS:
        if unseen := describe_unseen(counts, split):
            say(f"{source}: {split}: entities of types that train lacks, which will all count as missed: {unseen}")
    normalization = Normalization(params.protocol.lowercase, params.protocol.lemmas)
    lemmatizer = Lemmatizer(paths.udpipe, normalization)
    with fresh_folder(paths.corpora / name) as folder:
        for split, sentences in splits.items():
            total = counts[split]["tokens"]
            tracked = track(sentences, f"{name} {split}", "tokens", total, size=lambda s: len(s.tokens))
            lemmatised = (Sentence(tokens, lemmatizer.lemmatize_tokens(tokens), tags) for tokens, tags in tracked)
            write_split(split_path(folder, split), lemmatised)
        write_labels(folder, bio_labels(dataset.types or rank_types(counts)))
        write_json(folder / COUNTS, counts)


def _prepare(
    source: Path, published: dict[str, Published], rule: str
) -> tuple[dict[str, Sentences], dict[str, dict[str, Any]]]:
    """Return the sentences of each split, prepared for a tagger, and counts of what they are and what was changed."""
    tests = {_plain(sentence) for one in published.values() for sentence in one.splits.get("test", [])} - {""}
    splits: dict[str, Sentences] = {split: [] for split in SPLITS}
    changes: dict[str, list[dict[str, Any]]] = {split: [] for split in SPLITS}
    for part, (types, of_part) in published.items():
        origin = source if part == source.name else source / part
        scheme, converted = find_scheme(str(origin), (tags for split in of_part.values() for _, tags in split)), 0
        for split, sentences in of_part.items():
            fitted, counted = sentences, dict[str, Any]()
            if origin != source or (len(published) > 1 and split != "test"):
                fitted, counted = _fit(part, sentences, types, set() if split == "test" else tests)
            cleaned, cleaning = _clean(fitted, scheme, rule)
            splits[split] += cleaned
            changes[split].append(counted | cleaning)
            converted += cleaning["converted"]
        if scheme != "BIO":
            say(f"{origin}: labels in {scheme} are converted to BIO: {converted:,} of them change")
    counts = {}
    for split, sentences in splits.items():
        if not sentences:
            fault = f"found no token that is {rule}, expected some"
            advice = "see the file, or choose a protocol with tokens: all in params.yaml"
            if any(counted.get("dropped_in_test") for counted in changes[split]):
                fault = f"found no sentence with tokens that are {rule} but those of test, which are left out"
                advice = "name other files in the manifest"
            raise UserError(f"{source}: {split}: {fault}; {advice}")
        counts[split] = add_counts(changes[split]) | describe(sentences, [] if split == "train" else splits["train"])
    return splits, counts


def _fit(part: str, published: Sentences, types: dict[str, str], tests: set[str]) -> tuple[Sentences, dict[str, Any]]:
    """Fit a part into a set that is put together: without sentences of its test split, and with its types."""
    others = [sentence for sentence in published if _plain(sentence) not in tests]
    mapped, left_out = map_types(others, types)
    return mapped, {"parts": {part: len(others)}, "dropped_in_test": len(published) - len(others), **left_out}


def _plain(sentence: RawSentence) -> str:
    return " ".join(plain_words(" ".join(sentence.tokens)))


def _clean(published: Sentences, scheme: str, rule: str) -> tuple[Sentences, dict[str, Any]]:
    """Put tokens into NFC, repair tags and drop tokens by the rule; return the sentences and counts of all changes."""
    composed = [RawSentence([*map(compose, tokens)], tags) for tokens, tags in published]
    pairs = [pair for a, b in zip(published, composed, strict=True) for pair in zip(a.tokens, b.tokens, strict=True)]
    repaired, repairs = repair_tags(composed, scheme)
    left, dropped = drop_tokens(repaired, rule)
    spelling = {
        "composed_tokens": sum(token != form for token, form in pairs),
        "stressed_tokens": sum(form != remove_stress(form) for _, form in pairs),  # read without stress
    }
    return left, {**repairs, **dropped, **spelling}
