"""Windows of long sentences: every token is read with its context, and every entity is found once and whole."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.light.network import Entity
from pipeline.predict.pieces import Piece
from pipeline.predict.tagger import TextTagger
from pipeline.predict.windows import CONTEXT, LONGEST, cut_windows, join
from pipeline.predict.words import Words


@given(st.integers(0, 5 * LONGEST))
def test_every_token_is_one_window_s_own_and_has_its_context(length: int) -> None:
    windows = [*cut_windows(length)]
    assert [x for w in windows for x in range(w.own_start, w.own_stop)] == [*range(length)]
    for window in windows:
        assert window.stop - window.start <= LONGEST
        assert window.start == max(0, window.own_start - CONTEXT)
        assert window.stop == min(length, window.own_stop + CONTEXT)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, CONTEXT)), max_size=20))
def test_entities_are_found_once_and_whole(drawn: list[tuple[int, int]]) -> None:
    entities, length = list[Entity](), 0
    for gap, size in drawn:
        entities.append((length + gap, length + gap + size, "PER", 0.5))
        length += gap + size
    found = []
    for window in cut_windows(length):
        clipped = [(max(a, window.start), min(b, window.stop), t, c) for a, b, t, c in entities]
        found.append((window, [(a - window.start, b - window.start, t, c) for a, b, t, c in clipped if a < b]))
    assert [*join(found)] == entities


def test_an_entity_on_which_two_windows_disagree_is_found_once() -> None:
    first, second = cut_windows(LONGEST + 10)
    border = first.own_stop
    at = border - second.start  # in the second window
    for one, other, joined in (
        ((border + 1, border + 3), (at - 1, at + 3), (border - 1, border + 3)),
        ((border - 1, border + 3), (at + 1, at + 3), (border - 1, border + 3)),
        ((border - 3, border), (at - 2, at), (border - 3, border)),
    ):
        found = [(first, [(*one, "PER", 0.5)]), (second, [(*other, "PER", 0.5)])]
        assert [*join(found)] == [(*joined, "PER", 0.5)]


class Echo:
    """A network to which every run of the word `да` is an entity."""

    def __init__(self) -> None:
        self.types = ["PER"]

    def find(self, sentences: list[list[str]], tokens: list[list[str]]) -> list[list[Entity]]:
        assert sentences == tokens and max(map(len, sentences)) <= LONGEST
        entities: list[list[Entity]] = []
        for words in sentences:
            runs, start = list[Entity](), 0
            for stop in range(1, len(words) + 1):
                if stop == len(words) or words[stop] != words[start]:
                    runs += [(start, stop, "PER", 0.5)] if words[start] == "да" else []
                    start = stop
            entities.append(runs)
        return entities


def test_a_long_sentence_gives_the_entities_of_all_of_it(tagger: TextTagger) -> None:
    settings = tagger.settings._replace(tokens="all")
    echo = TextTagger(settings, Echo(), Words(lowercase=False))
    words = ["нет", *["да"] * 7] * 100
    (tagged,) = echo.tag([Piece(" ".join(words), tokenised=True)])
    assert [span.text for span in tagged.spans] == [" ".join(["да"] * 7)] * 100
    assert [len(sentence) for sentence in tagged.sentences] == [len(words)]
