"""Stage fragments: articles of sentences become articles of fragments, each as much running text as fits."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from pipeline.errors import UserError
from pipeline.files.shards import Counts, Document, keep_lines
from pipeline.ner.data.published import read_test
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.text.contamination import SentenceIndex
from pipeline.text.mapping import mapped_shards
from pipeline.text.whitespace import count_words


def run(paths: Paths, params: Params) -> None:
    """Pack the sentences of `paths.sentences` into fragments, which are written to `paths.fragments`.

    Sentences of more than `fragment_words` of the block `text` are dropped, and no fragment is longer. Sentences that
    are in the test split of a set in `paths.raw_ner` are dropped if `leave_out_tests`, and counted in any case.
    """
    words, leave_out = params.chosen_scale.text.fragment_words, params.chosen_scale.text.leave_out_tests
    tests = SentenceIndex(_read_tests(paths.raw_ner))
    pack = partial(pack_document, words, tests, leave_out)
    settings = {"fragment_words": words, "leave_out_tests": leave_out, "tests": tests.sum}
    with mapped_shards(pack, paths.sentences, paths.fragments, settings, paths.shards, params.compute) as counts:
        if not counts["fragments"]:
            raise UserError(
                f"{paths.sentences}: each of {counts['sentences_read']} sentences has over {words} words or is in a "
                "test set; raise text.fragment_words in params.yaml or check the news input"
            )


def _read_tests(folder: Path) -> Iterator[str]:
    """Yield the test sentences of all sets in a folder."""
    for source in sorted(folder.iterdir()):
        yield from (" ".join(sentence.tokens) for sentence in read_test(source))


def pack_sentences(sentences: Iterable[str], words: int) -> Iterator[str]:
    """Join consecutive sentences, greedily, into fragments of at most `words` words; none may be longer."""
    fragment: list[str] = []
    room = words
    for sentence in sentences:
        length = count_words(sentence)
        if length > room and fragment:
            yield " ".join(fragment)
            fragment, room = [], words
        fragment.append(sentence)
        room -= length
    if fragment:
        yield " ".join(fragment)


def pack_document(
    words: int, tests: SentenceIndex, leave_out: bool, document: Document, counts: Counts
) -> Document | None:
    """Return a document of fragments, given one of sentences, without the sentences of more than `words` words.

    With `leave_out`, it is also without those in `tests`. Return None if no sentence is left. The sentences around one
    that is left out may share a fragment, as in the paper, which discards first and packs afterwards.
    """
    lengths = [*map(count_words, document.lines)]
    long = {number for number, length in enumerate(lengths) if length > words}
    tested = tests.find(document.lines) - long
    left_out = tested if leave_out else set[int]()
    sentences = [line for number, line in enumerate(document.lines) if number not in long | left_out]
    fragments = [*pack_sentences(sentences, words)]
    counts.update(
        sentences_read=len(document.lines),
        sentences_kept=len(sentences),
        sentences_dropped_long=len(long),
        sentences_dropped_in_tests=len(left_out),
        sentences_in_tests=len(tested - left_out),
        fragments=len(fragments),
        words_read=sum(lengths),
        words_kept=sum(map(count_words, fragments)),
        words_dropped_long=sum(lengths[number] for number in long),
        words_dropped_in_tests=sum(lengths[number] for number in left_out),
    )
    return keep_lines(document, fragments, counts)
