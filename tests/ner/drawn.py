"""Sentences with the answer drawn in: 'Москва|B-LOC , столица|O'. A token without a tag is O."""

from pipeline.ner.data.lines import RawSentence


def drawn(text: str) -> RawSentence:
    pairs = [word.partition("|") for word in text.split(" ")]
    return RawSentence([token for token, _, _ in pairs], [tag or "O" for _, _, tag in pairs])
