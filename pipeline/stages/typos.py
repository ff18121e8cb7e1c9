"""Stage typos: scores of the taggers on the test split with typos in its words (claimed in the paper, not measured).

The raw tokens are misspelt, and then read as any others are: put into lower case, lemmatised and embedded, as the
protocol has it. So what is measured is what a user meets, a lemmatiser that does not know the word included. Labels
stay.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.files.csv import write_csv
from pipeline.lm.embed import Embedder
from pipeline.machine.device import choose_device
from pipeline.ner.data.corpus import read_labels, read_split, split_path
from pipeline.ner.scoring.scores import METRICS, count, mean_scores
from pipeline.ner.tagging.examples import Reading, load_examples, reading
from pipeline.ner.tagging.features import Features, build_features
from pipeline.ner.tagging.predict import predict
from pipeline.ner.tagging.tagger import load_taggers
from pipeline.ner.typos.typos import apply_typos, draw_typos, find_words
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.text.udpipe import Lemmatizer, Normalization

HEADER = ["rate", "words", "misspelt", *(metric + end for metric in METRICS for end in ("", "_low", "_high"))]


def run(paths: Paths, params: Params, name: str) -> None:
    """Score the taggers of the set, in `paths.taggers`, on the test split in `paths.corpora` with typos; write
    <set>.typos.csv to `paths.scores`, a row a rate: how many words there are, how many are misspelt, and the scores.

    Scores are means over the taggers with 95 % intervals over resampled sentences, the same ones at every rate and in
    `evaluate`, whose scores are those of rate 0 and whose `bootstrap` counts here too. The block `typos` has the rates;
    the seed decides typos and draws; `lowercase` and `lemmas` of the protocol say how the words are read.
    """
    device, corpus, rates = choose_device(params.compute.device), paths.corpora / name, params.chosen_scale.typos.rates
    trained = load_taggers(paths.taggers / name, device)
    kind = next(iter(trained.values())).features
    normalization = Normalization(params.protocol.lowercase, params.protocol.lemmas)
    lemmatizer = Lemmatizer(paths.udpipe, normalization)
    labels, embedder = read_labels(corpus), Embedder.load(paths.lm, device)
    test = load_examples(corpus, "test", labels, paths.features, paths.lm, embedder, kind)
    tokens = [sentence.tokens for sentence in read_split(split_path(corpus, "test"))]

    rows = []
    for rate, typos in zip(rates, draw_typos(tokens, rates, params.seed), strict=True):
        lemmas = (lemmatizer.lemmatize_tokens(sentence) for sentence in apply_typos(tokens, typos))
        known = nullcontext(test.features)  # of the words as they are
        with _features(lemmas, reading(embedder, kind), paths.features) if typos else known as features:
            predicted = [predict(tagger, features) for tagger in trained.values()]
        counts = [count(test.tags, tags, test.features.lengths, labels) for tags in predicted]
        scores = mean_scores(counts, params.chosen_scale.evaluate.bootstrap, params.seed)
        rows.append([rate, len(find_words(tokens)), len(typos), *(x for metric in METRICS for x in scores[metric])])
    write_csv(paths.scores / f"{name}.typos.csv", HEADER, rows)


@contextmanager
def _features(lemmas: Iterable[list[str]], how: Reading, cache: Path) -> Iterator[Features]:
    """Features that nobody will ask for again, on the disk of those that are kept, while the block lasts."""
    with TemporaryDirectory(prefix=".typos.", dir=cache) as scratch:
        yield build_features(Path(scratch), "test", list(lemmas), how.embed, how.width)
