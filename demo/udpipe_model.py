"""A small UDPipe model, tokenizer and one tagger for UPOS and lemma, trained on the generated treebank."""

from pathlib import Path
from typing import Any

from demo.settings import DemoSettings
from demo.treebank import conllu, treebank

TAGGER = (
    "models=1;templates=lemmatizer;guesser_suffix_rules=8;guesser_enrich_dictionary=6;guesser_prefixes_max=0;"
    "use_lemma=1;provide_lemma=1;use_xpostag=0;provide_xpostag=0;use_feats=0;provide_feats=0;iterations={}"
)
# early_stopping needs a held-out set; a fixed number of epochs keeps the bytes and the seconds the same
TOKENIZER = "dimension=16;epochs={};batch_size=50;learning_rate=0.005;dropout=0.1;early_stopping=0"


def write_udpipe(path: Path, settings: DemoSettings) -> None:
    """Write the model, trained on the generated treebank."""
    path.write_bytes(train(conllu(treebank(settings)), settings.tokenizer_epochs, settings.tagger_iterations))


def train(conllu: str, tokenizer_epochs: int, tagger_iterations: int) -> bytes:
    """Train a UDPipe 1 model on a treebank in CoNLL-U of any language: tokenizer, and one tagger for UPOS and lemma.

    Raises a `ValueError` with UDPipe's own message for a treebank that cannot be read or trained on.
    """
    from ufal import udpipe

    sentences = parsed(conllu)
    failure = udpipe.ProcessingError()
    model = udpipe.Trainer.train(
        "morphodita_parsito",
        sentences,
        udpipe.Sentences(),
        TOKENIZER.format(tokenizer_epochs),
        TAGGER.format(tagger_iterations),
        udpipe.Trainer.NONE,
        failure,
    )
    if failure.occurred():
        raise ValueError(f"udpipe: training failed: {failure.message}")
    return bytes(model)


def parsed(text: str) -> Any:
    """Parse CoNLL-U into UDPipe's own list of sentences."""
    from ufal import udpipe

    reader, failure = udpipe.InputFormat.newConlluInputFormat(), udpipe.ProcessingError()
    reader.setText(text)
    sentences, current = udpipe.Sentences(), udpipe.Sentence()
    while reader.nextSentence(current, failure):
        sentences.append(current)
        current = udpipe.Sentence()
    if failure.occurred():
        raise ValueError(f"treebank: {failure.message}")
    return sentences
