"""The tokens of a sentence that a protocol keeps.

    Ростов-на-Дону  ,  город  «      Заря   »
    B-LOC           O  O      B-ORG  I-ORG  I-ORG

Of these, only `город` and `Заря` are alphanumeric; the second is then B-ORG.
"""

from collections.abc import Callable

from pipeline.ner.data.bio import OUTSIDE, bio_spans
from pipeline.ner.data.sentence import RawSentence

KEEPS: dict[str, Callable[[str], bool]] = {"all": lambda token: True, "alphanumeric": str.isalnum}


def keep_tokens(sentence: RawSentence, rule: str) -> RawSentence:
    """The sentence without the tokens that the rule drops, in order; it may be left without any.

    An entity keeps what is left of it and begins there, so that it never joins its neighbour. The released code leaves
    such an entity with an I- in front.
    """
    keeps = KEEPS[rule]
    tags = [OUTSIDE] * len(sentence.tokens)
    for span in bio_spans(sentence.tags):
        inside = [index for index in range(span.start, span.stop) if keeps(sentence.tokens[index])]
        for index in inside:
            tags[index] = f"{'B' if index == inside[0] else 'I'}-{span.type}"
    kept = [index for index, token in enumerate(sentence.tokens) if keeps(token)]
    return RawSentence([sentence.tokens[index] for index in kept], [tags[index] for index in kept])
