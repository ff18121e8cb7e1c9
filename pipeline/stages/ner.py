"""Stage ner: one tagger per seed is trained on the frozen layers of the language model (paper, step 3)."""

from contextlib import ExitStack

from pipeline.files.csv import write_csv
from pipeline.files.json import write_cost
from pipeline.lm.embed import Embedder
from pipeline.machine.describe import stamp
from pipeline.machine.device import choose_device
from pipeline.ner.data.corpus import read_split, split_path
from pipeline.ner.tagging.examples import embedding_code, in_lower_case, load_examples
from pipeline.ner.tagging.train import Epoch, kept_epoch, train_tagger
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.code import read_sources, stage_code
from pipeline.provenance.fingerprint import fingerprint
from pipeline.text.udpipe import Lemmatizer, Normalization
from pipeline.work.checkpoint import open_checkpoint
from pipeline.work.outputs import fresh_folder


def run(paths: Paths, params: Params, name: str) -> None:
    """Read `paths.lm` and the set's folder in `paths.corpora`; write seed-<n>, each a complete tagger, to its folder in
    `paths.taggers`, and <set>.epochs.csv, a row per seed and epoch, and <set>.cost.json, the CPU minutes of a tagger,
    to `paths.scores`.

    A stage that was stopped or killed goes on from its checkpoints, one for each tagger, which stay until all are done.
    `lowercase` and `lemmas` of the protocol decide how its sentences in lower case are read.
    The block `ner` has the training's settings; `epoch` of the protocol chooses the epoch to keep; the table marks it.
    """
    settings, rule, minutes = params.chosen_scale.ner, params.protocol.epoch, params.compute.checkpoint_minutes
    device = choose_device(params.compute.device)
    embedder = Embedder.load(paths.lm, device)
    train, validation = (
        load_examples(paths, name, split, embedder, settings.features) for split in ("train", "validation")
    )
    normalization = Normalization(params.protocol.lowercase, params.protocol.lemmas)
    lemmatize = None if params.protocol.lowercase else Lemmatizer(paths.udpipe, normalization).lemmatize_tokens
    code = stage_code("ner", read_sources()) | embedding_code()
    key = {"stage": "ner", "ner": settings.model_dump(exclude={"seeds"}), "epoch": rule, "code": code}
    inputs = fingerprint(key, paths.lm, paths.corpora / name)
    rows, seconds = list[tuple[float, ...]](), 0.0
    # Checkpoints are removed when all is done: so a seed that has been trained is not trained again after a kill.
    with ExitStack() as done, fresh_folder(paths.taggers / name) as folder:
        lowered = None
        if settings.lowercased:
            tokens = [sentence.tokens for sentence in read_split(split_path(paths.corpora / name, "train"))]
            low = in_lower_case(paths.features, train.features, tokens, lemmatize, embedder, settings)
            lowered = done.enter_context(low)
        for seed in settings.seeds:
            run_of_seed = fingerprint({"seed": seed, "inputs": inputs})
            checkpoint = done.enter_context(open_checkpoint(paths.checkpoints, run_of_seed, minutes))
            tagger, epochs, seed_seconds = train_tagger(
                train, validation, settings, seed, device, rule, checkpoint, lowered
            )
            tagger.save(folder / f"seed-{seed}")
            seconds += seed_seconds
            rows += [(seed, *row, int(row == kept_epoch(epochs, rule))) for row in epochs]
        write_csv(paths.scores / f"{name}.epochs.csv", ["seed", *Epoch._fields, "kept"], rows)
        write_cost(paths.scores / f"{name}.cost.json", "tagger", seconds / len(settings.seeds), stamp(device))
