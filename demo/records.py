"""A generated sentence: tokens with everything that the artefacts need, and the way back to text."""

from collections.abc import Iterator
from typing import NamedTuple

NO_SPACE_BEFORE = frozenset(",.:;!?»)")
NO_SPACE_AFTER = frozenset("«(")


class Token(NamedTuple):
    form: str
    lemma: str  # dictionary form: nominative, capital kept for names
    upos: str
    tag: str = "O"  # BIO over PER LOC CORP GRP PROD CW, the finer of the two tag sets


Sentence = list[Token]


def spaced(tokens: Sentence) -> Iterator[tuple[Token, bool]]:
    """Yield tokens and whether a space follows: 'сказал , что «' -> 'сказал, что «'. The last has none."""
    for index, token in enumerate(tokens):
        last = index + 1 == len(tokens)
        yield token, not (last or token.form in NO_SPACE_AFTER or tokens[index + 1].form in NO_SPACE_BEFORE)


def text(tokens: Sentence) -> str:
    return "".join(token.form + " " * space for token, space in spaced(tokens))


def capitalised(tokens: Sentence) -> Sentence:
    """Capitalise the first word of the sentence, after an opening quote too; lemmas stay."""
    index = next(i for i, token in enumerate(tokens) if token.upos != "PUNCT")
    head = tokens[index]
    return [*tokens[:index], head._replace(form=head.form[0].upper() + head.form[1:]), *tokens[index + 1 :]]


def lowered(tokens: Sentence) -> Sentence:
    """Put forms and lemmas into lower case, as the pipeline sees them."""
    return [token._replace(form=token.form.lower(), lemma=token.lemma.lower()) for token in tokens]


def spans(tokens: Sentence) -> Iterator[tuple[int, int, str]]:
    """Yield entities as (start, stop, type); generated tags are well-formed BIO."""
    start = 0
    for index, token in enumerate(tokens):
        if token.tag.startswith("B-"):
            start = index
        following = tokens[index + 1].tag if index + 1 < len(tokens) else "O"
        if token.tag != "O" and not following.startswith("I-"):
            yield start, index + 1, token.tag[2:]
