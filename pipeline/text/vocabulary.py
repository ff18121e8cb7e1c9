"""Lemmas to types, ids and two sides: one to train on, one to measure perplexity on."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.shards import Document, read_documents
from pipeline.text.settings import VocabularySettings
from pipeline.vocabulary import SPECIALS, Entry, Vocabulary

TRAIN, VALIDATION = "train", "validation"


def count_lemmas(documents: Iterable[Document], seed: int, validation_share: float) -> Counter[str]:
    """How often each lemma occurs in train; 0 for one of validation alone, which has no say in what is predicted."""
    counts: Counter[str] = Counter()
    for document in documents:
        in_train = choose_side(document.id, seed, validation_share) == TRAIN
        for line in document.lines:
            lemmas = line.split(" ")
            counts.update(lemmas if in_train else dict.fromkeys(lemmas, 0))
    return counts


def build_vocabulary(counts: Counter[str], settings: VocabularySettings) -> Vocabulary:
    """All types by falling count in train, equal counts by lemma; the softmax predicts the leading, frequent ones."""
    entries = sorted((Entry(*item) for item in counts.items()), key=lambda entry: (-entry.frequency, entry.lemma))
    frequent = sum(entry.frequency >= settings.min_count for entry in entries)
    return Vocabulary(entries, min(settings.size, len(SPECIALS) + frequent))


def choose_side(document_id: str, seed: int, validation_share: float) -> str:
    """`train` or `validation`, by a hash of seed and document id: the order of documents has no say."""
    digest = hashlib.blake2b(f"{seed}:{document_id}".encode(), digest_size=8).digest()
    return VALIDATION if int.from_bytes(digest, "big") < validation_share * 2**64 else TRAIN


class Side:
    """The documents of one side as ids, streamed from the shards of a folder, and counted on the way."""

    def __init__(self, name: str, source: Path, seed: int, validation_share: float) -> None:
        self.name, self.source, self.seed, self.validation_share = name, source, seed, validation_share
        self.documents = self.fragments = self.tokens = self.tokens_predicted = 0

    def encode(self, vocabulary: Vocabulary) -> Iterator[list[int]]:
        """The ids of every fragment, in order."""
        ids = vocabulary.ids
        for document in read_documents(self.source):
            if choose_side(document.id, self.seed, self.validation_share) != self.name:
                continue
            self.documents += 1
            for line in document.lines:
                sequence = [ids[lemma] for lemma in line.split(" ")]
                self.fragments += 1
                self.tokens += len(sequence)
                self.tokens_predicted += sum(i < vocabulary.size for i in sequence)
                yield sequence
