"""How lemmas are spelled where a published ELMo was trained on text written otherwise."""

from typing import Literal

Lemmas = Literal["plain", "rusvectores"]
"""How the text that a char-CNN reads is written: as this pipeline writes lemmas, or as RusVectores does."""

_QUOTES, _STOPS = "«»", "!?,."
_ON_A_KEYBOARD = {'"': "«»‹›„‚“‟‘‛”’", "--": "‒–—―", "-": "‐‑", "...": "…"}
_TYPED = str.maketrans({fine: plain for plain, all_fine in _ON_A_KEYBOARD.items() for fine in all_fine})


def spell(lemma: str, lemmas: Lemmas) -> str:
    """The lemma in these conventions; never empty unless it was."""
    return rusvectores(lemma) if lemmas == "rusvectores" else lemma


def rusvectores(lemma: str) -> str:
    """As the preprocessing script of RusVectores writes it: `2019` as `xxxx`, `«` as `"`, `—` as `--`, no underscores.

    The script goes by part of speech too, and drops some tokens (names of pictures, say); here every token keeps its
    vector, any number is a number, and what has no letter or digit is taken for punctuation, from which nothing is cut.
    """
    if lemma.isdigit():
        return "x" * len(lemma)
    if any(character.isalnum() for character in lemma):
        lemma = _bare(lemma.replace(" ", "").replace("_", "").lower())
    return lemma.translate(_TYPED)


def _bare(word: str) -> str:
    """A word without the quotes around it and the stop behind it; one of each at most."""
    word = word[1:] if word[0] in _QUOTES else word
    word = word[:-1] if word[-1] in _QUOTES else word
    return word[:-1] if word[-1] in _STOPS else word
