"""Sentences with lemmas and UPOS as CoNLL-U, each as written and once more in lower case.

# sent_id = 1
# text = Марков уехал.
1	Марков	Марков	PROPN	_	_	_	_	_	_
2	уехал	уехать	VERB	_	_	_	_	_	SpaceAfter=No
3	.	.	PUNCT	_	_	_	_	_	SpaceAfter=No
"""

from collections.abc import Iterable, Iterator
from random import Random

from demo.entities import Deck, world
from demo.records import Sentence, lowered, spaced, text
from demo.sentences import Cast, sentence
from demo.settings import DemoSettings
from demo.templates import ALL


def treebank(settings: DemoSettings) -> Iterator[Sentence]:
    """Use names of the training part only: the model has to guess the lemmas of all others by their endings."""
    random = Random(f"{settings.seed}/treebank")
    cast = Cast.everyone(world(settings.seed), "train", random)
    patterns = Deck(ALL, random)
    for _ in range(settings.treebank):
        tokens = sentence(patterns.deal(), cast, random)
        yield tokens
        # the pipeline lower-cases text before it is lemmatised
        yield lowered(tokens)


def conllu(sentences: Iterable[Sentence]) -> str:
    return "".join(block(number, tokens) for number, tokens in enumerate(sentences, 1))


def block(number: int, tokens: Sentence) -> str:
    rows = [
        "\t".join((str(i), *token[:3], *"_____", "_" if space else "SpaceAfter=No")) + "\n"
        for i, (token, space) in enumerate(spaced(tokens), 1)
    ]
    # A space follows the last token in running text; without it the tokenizer never sees sentences meet.
    rows[-1] = rows[-1].replace("SpaceAfter=No", "_")
    return f"# sent_id = {number}\n# text = {text(tokens)}\n{''.join(rows)}\n"
