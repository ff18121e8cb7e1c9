"""Stage typos: scores of the taggers on the test split with typos in its words (claimed but not measured in the paper).

The raw tokens are misspelt, and then read like any others: lower-cased, lemmatised and embedded as the protocol says.
The scores therefore include all effects that a user meets, such as a lemmatiser that does not know the word. Labels
stay.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.files.csv import write_csv
from pipeline.lm.embed import Embedder
from pipeline.machine.device import choose_device
from pipeline.ner.data.corpus import read_split, split_path
from pipeline.ner.scoring.scores import METRICS, estimate
from pipeline.ner.tagging.examples import choose_embed, load_examples
from pipeline.ner.tagging.features import build_features
from pipeline.ner.tagging.surface import read_letters
from pipeline.ner.tagging.tagger import load_taggers, predict
from pipeline.ner.typos import apply_typos, draw_typos, find_words
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.text.udpipe import Lemmatizer, Normalization

HEADER = ["rate", "words", "misspelt", *(metric + end for metric in METRICS for end in ("", "_low", "_high"))]


def run(paths: Paths, params: Params, name: str) -> None:
    """Score the taggers of the set, in `paths.taggers`, on the test split in `paths.corpora` with typos; write
    <set>.typos.csv to `paths.scores`, a row per rate: the numbers of words and of misspelt words, and the scores.

    Scores are means over the taggers with 95 % intervals over resampled sentences, the same ones at every rate and in
    stage `evaluate`, whose scores equal rate 0 and whose `bootstrap` is used here too. The block `typos` has the rates;
    the seed decides typos and draws; `lowercase` and `lemmas` of the protocol decide how the words are read.
    """
    device, rates = choose_device(params.compute.device), params.chosen_scale.typos.rates
    taggers, embedder = load_taggers(paths.taggers / name, device), Embedder.load(paths.lm, device)
    kind = next(iter(taggers.values())).features
    normalization = Normalization(params.protocol.lowercase, params.protocol.lemmas)
    lemmatizer = Lemmatizer(paths.udpipe, normalization)
    test = load_examples(paths, name, "test", embedder, kind)
    tokens = [sentence.tokens for sentence in read_split(split_path(paths.corpora / name, "test"))]

    rows = []
    for rate, typos in zip(rates, draw_typos(tokens, rates, params.seed), strict=True):
        features = test.features  # of the words as they are
        # Features of misspelt words are never needed again; they are written to the same disk as the cached ones.
        with TemporaryDirectory(prefix=".typos.", dir=paths.features) as scratch:
            if typos:
                misspelt = apply_typos(tokens, typos)
                lemmas = [lemmatizer.lemmatize_tokens(sentence) for sentence in misspelt]
                letters = read_letters(token for sentence in misspelt for token in sentence)
                features = build_features(Path(scratch), "test", lemmas, choose_embed(embedder, kind), letters)
            counts = [test.count_tags(predict(tagger, features)) for tagger in taggers.values()]
        estimates = estimate(counts, params.chosen_scale.evaluate.bootstrap, params.seed)
        means = estimates[-1, : len(METRICS)].flatten().tolist()
        rows.append([rate, len(find_words(tokens)), len(typos), *means])
    write_csv(paths.scores / f"{name}.typos.csv", HEADER, rows)
