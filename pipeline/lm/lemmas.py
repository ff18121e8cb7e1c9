"""The spelling of lemmas for a published ELMo that was trained on text with other conventions."""

from typing import Literal

Lemmas = Literal["plain", "rusvectores"]
"""How the text that a char-CNN reads is written: as this pipeline writes lemmas, or as RusVectores does."""

_QUOTES, _STOPS = "«»", "!?,."
_ON_A_KEYBOARD = {'"': "«»‹›„‚“‟‘‛”’", "--": "‒–—―", "-": "‐‑", "...": "…"}
_TYPED = str.maketrans({fine: plain for plain, all_fine in _ON_A_KEYBOARD.items() for fine in all_fine})


def spell(lemma: str, lemmas: Lemmas) -> str:
    """Write a lemma in these conventions; the result is never empty unless the lemma was.

    The preprocessing script of RusVectores writes `2019` as `xxxx`, `«` as `"`, `—` as `--`, and no underscores. It
    looks at parts of speech too, and drops some tokens (names of pictures, for instance). Here every token has its
    vector, a token of digits is a number, and a token without letters and digits is punctuation, which is not cut.
    """
    if lemmas == "plain":
        return lemma
    if lemma.isdigit():
        return "x" * len(lemma)
    if any(character.isalnum() for character in lemma):
        lemma = lemma.replace(" ", "").replace("_", "").lower()
        # Without the quotes around it and the stop after it; one of each at most.
        lemma = lemma[1:] if lemma[0] in _QUOTES else lemma
        lemma = lemma[:-1] if lemma[-1] in _QUOTES else lemma
        lemma = lemma[:-1] if lemma[-1] in _STOPS else lemma
    return lemma.translate(_TYPED)
