"""Stage corpora: an NER set in its published format becomes lemmas and legal tags of its tokens (paper, step 3)."""

from typing import Any

from pipeline.errors import UserError
from pipeline.files.json import write_json
from pipeline.ner.data.bio import bio_labels, find_scheme
from pipeline.ner.data.cleaning import Sentences, describe, describe_unseen, drop_tokens, rank_types, repair_tags
from pipeline.ner.data.corpus import COUNTS, SPLITS, Sentence, split_path, write_labels, write_split
from pipeline.ner.data.dataset import read_dataset
from pipeline.ner.data.lines import RawSentence
from pipeline.ner.data.published import read_splits
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.text.spelling import compose, remove_stress
from pipeline.text.udpipe import Lemmatizer, Normalization
from pipeline.work.outputs import fresh_folder
from pipeline.work.progress import say, track


def run(paths: Paths, params: Params, name: str) -> None:
    """Read the set in `paths.raw_ner`; write train, validation and test .tsv, labels.json and counts.json to its folder
    in `paths.corpora`.

    In the protocol, `tokens` (a key of `pipeline.ner.data.cleaning.KEEPS`) decides which tokens are kept; `lowercase`
    and `lemmas` decide how the language model reads them. The seed decides which sentences are held out.
    """
    source, rule = paths.raw_ner / name, params.protocol.tokens
    dataset = read_dataset(source)
    published = read_splits(source, dataset, params.seed)
    scheme = find_scheme(str(source), (tags for split in SPLITS for _, tags in published[split]))
    splits, counts = {}, {}
    for split in SPLITS:
        splits[split], counts[split] = _clean(published[split], scheme, rule)
        if not splits[split]:
            fault = f"found no token that is {rule}, expected some"
            advice = "see the file, or choose a protocol with tokens: all in params.yaml"
            raise UserError(f"{source}: {split}: {fault}; {advice}")
        counts[split] |= describe(splits[split], [] if split == "train" else splits["train"])
    if not counts["train"]["types"]:
        raise UserError(f"{source}: train: found no entity, expected some; are the labels in another column?")
    if scheme != "BIO":
        converted = sum(counts[split]["converted"] for split in SPLITS)
        say(f"{source}: labels in {scheme} are converted to BIO: {converted:,} of them change")
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
