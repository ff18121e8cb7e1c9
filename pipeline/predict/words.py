"""Words as the language model reads them where the protocol has no lemmas. UDPipe's model is not needed for that."""

from collections.abc import Sequence

from pipeline.text.spelling import remove_stress
from pipeline.text.udpipe import readable


class Words:
    """Does what `pipeline.text.udpipe.Lemmatizer` does with a `Normalization` without lemmas."""

    def __init__(self, lowercase: bool) -> None:
        self._lowercase = lowercase

    def lemmatize_tokens(self, tokens: Sequence[str]) -> list[str]:
        """Return a word for each token of a sentence; none is empty, and `_` stands for white space."""
        bare = map(remove_stress, tokens)
        words = [readable(word.lower() if self._lowercase else word) for word in bare]
        if " ".join(words).split() != words:
            words = ["_".join(word.split()) or "_" for word in words]
        return words
