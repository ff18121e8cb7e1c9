"""Stage corpora: an NER set in its published format to lemmas and legal tags of the given tokens (paper, step 3)."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.ner.bio import repair
from pipeline.ner.corpus import SPLITS, split_path, write_labels, write_split
from pipeline.ner.counts import describe
from pipeline.ner.dataset import read_dataset, read_splits
from pipeline.ner.sentence import RawSentence, Sentence
from pipeline.outputs import fresh_folder, write_json
from pipeline.progress import track
from pipeline.text.udpipe import Lemmatizer


def run(source: Path, model: Path, target: Path, seed: int) -> None:
    """Write train, validation and test .tsv, labels.json and counts.json; `seed` decides what is held out."""
    dataset = read_dataset(source)
    splits = read_splits(source, dataset, seed)
    lemmatizer = Lemmatizer(model)
    with fresh_folder(target) as folder:
        for split in SPLITS:
            label = f"{target.name} {split}"
            write_split(split_path(folder, split), _prepare(splits[split], lemmatizer, label))
        write_labels(folder, dataset.reader.labels)
        train = splits["train"]
        counts = {split: describe(splits[split], [] if split == "train" else train) for split in SPLITS}
        write_json(folder / "counts.json", counts)


def _prepare(sentences: list[RawSentence], lemmatizer: Lemmatizer, label: str) -> Iterator[Sentence]:
    tokens = sum(len(sentence.tokens) for sentence in sentences)
    for tokens_given, tags in track(sentences, label, "tokens", tokens, size=lambda s: len(s.tokens)):
        lemmas = lemmatizer.lemmatize_tokens([token.lower() for token in tokens_given])
        yield Sentence(tokens_given, lemmas, repair(tags).tags)
