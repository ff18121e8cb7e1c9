"""Stage typos: scores of the taggers on the test split with typos in its words (claimed but not measured in the paper).

The raw tokens are misspelt, and then read like any others: lower-cased, lemmatised and embedded as the protocol says.
The scores therefore include all effects that a user meets, such as a lemmatiser that does not know the word. Labels
stay.
"""

from contextlib import nullcontext

from pipeline.files.csv import write_csv
from pipeline.lm.embed import Embedder
from pipeline.machine.device import choose_device
from pipeline.ner.data.corpus import read_split, split_path
from pipeline.ner.scoring.scores import METRICS, estimate
from pipeline.ner.tagging.examples import features_of_tokens, load_examples
from pipeline.ner.tagging.tagger import load_taggers, predict
from pipeline.ner.typos import apply_typos, draw_typos, find_words
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.text.udpipe import Lemmatizer, Normalization

HEADER = ["rate", "words", "misspelt", "seed", *(metric + end for metric in METRICS for end in ("", "_low", "_high"))]


def run(paths: Paths, params: Params, name: str) -> None:
    """Score the taggers of the set, in `paths.taggers`, on the test split in `paths.corpora` with typos; write
    <set>.typos.csv to `paths.scores`, for each rate a row per seed and one of their mean: the numbers of words and of
    misspelt words, and the scores.

    Scores have 95 % intervals over resampled sentences, the same ones at every rate and in stage `evaluate`, whose
    scores equal rate 0 and whose `bootstrap` is used here too. The block `typos` has the rates; the seed decides typos
    and draws; `lowercase` and `lemmas` of the protocol decide how the words are read.
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
        misspelt, read = apply_typos(tokens, typos), lemmatizer.lemmatize_tokens
        changed = features_of_tokens(paths.features, misspelt, read, embedder, kind)
        with changed if typos else nullcontext(test.features) as features:
            counts = [test.count_tags(predict(tagger, features)) for tagger in taggers.values()]
        estimates = estimate(counts, params.chosen_scale.evaluate.bootstrap, params.seed)
        scores = estimates[:, : len(METRICS)].reshape(len(estimates), -1).tolist()  # value, low, high of each metric
        numbers = rate, len(find_words(tokens)), len(typos)
        rows += [(*numbers, seed, *row) for seed, row in zip([*taggers, "mean"], scores, strict=True)]
    write_csv(paths.scores / f"{name}.typos.csv", HEADER, rows)
