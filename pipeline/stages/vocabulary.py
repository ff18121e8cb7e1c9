"""Stage vocabulary: lines of lemmas to a vocabulary and to ids, split into train and validation by article."""

from pathlib import Path

from pipeline.errors import UserError
from pipeline.ids import write_ids
from pipeline.outputs import fresh_folder, write_json
from pipeline.progress import track
from pipeline.shards import COUNTS, read_documents
from pipeline.text.settings import VocabularySettings
from pipeline.text.vocabulary import TRAIN, VALIDATION, Side, build_vocabulary, count_lemmas
from pipeline.vocabulary import SPECIALS, Vocabulary


def run(source: Path, target: Path, settings: VocabularySettings, seed: int) -> None:
    """Write the vocabulary, `train` and `validation` ids (see `pipeline.ids`) and the counts."""
    documents = track(read_documents(source), "vocabulary", "documents")
    vocabulary = build_vocabulary(count_lemmas(documents, seed, settings.validation_share), settings)
    sides = [Side(name, source, seed, settings.validation_share) for name in (TRAIN, VALIDATION)]
    with fresh_folder(target) as folder:
        vocabulary.save(folder)
        for side in sides:
            write_ids(folder, side.name, track(side.encode(vocabulary), f"ids, {side.name}", "fragments"))
        _check(source, sides, settings)
        write_json(folder / COUNTS, _counts(vocabulary, sides))


def _check(source: Path, sides: list[Side], settings: VocabularySettings) -> None:
    for side in sides:
        if not side.fragments:
            raise UserError(
                f"{source}: the corpus is too small: of {sum(s.documents for s in sides)} documents none is "
                f"left for {side.name}; add text, or change seed or vocabulary.validation_share "
                f"({settings.validation_share}) in params.yaml"
            )


def _counts(vocabulary: Vocabulary, sides: list[Side]) -> dict[str, float]:
    """Coverage is the share of the tokens that the softmax predicts by name."""
    counts: dict[str, float] = {}
    for side in sides:
        counts[f"documents_{side.name}"] = side.documents
        counts[f"fragments_{side.name}"] = side.fragments
        counts[f"tokens_{side.name}"] = side.tokens
        counts[f"tokens_predicted_{side.name}"] = side.tokens_predicted
    coverage, coverage_validation = (round(side.tokens_predicted / side.tokens, 6) for side in sides)
    return counts | {
        "tokens": sum(side.tokens for side in sides),
        "types": len(vocabulary.entries),
        "types_train": sum(entry.frequency > 0 for entry in vocabulary.entries),
        "types_predicted": vocabulary.size - len(SPECIALS),
        "coverage": coverage,
        "coverage_validation": coverage_validation,
    }
