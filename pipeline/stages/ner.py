"""Stage ner: one tagger per seed is trained on the frozen layers of the language model (paper, step 3)."""

from pipeline.files.csv import write_csv
from pipeline.lm.embed import Embedder
from pipeline.machine.device import choose_device
from pipeline.ner.tagging.examples import load_examples
from pipeline.ner.tagging.train import Epoch, kept_epoch, train_tagger
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.work.outputs import fresh_folder


def run(paths: Paths, params: Params, name: str) -> None:
    """Read `paths.lm` and the set's folder in `paths.corpora`; write seed-<n>, each a complete tagger, to its folder in
    `paths.taggers`, and <set>.epochs.csv, a row per seed and epoch, to `paths.scores`.

    The block `ner` has the training's settings; `epoch` of the protocol chooses the epoch to keep; the table marks it.
    """
    settings, rule = params.chosen_scale.ner, params.protocol.epoch
    device = choose_device(params.compute.device)
    embedder = Embedder.load(paths.lm, device)
    train, validation = (
        load_examples(paths, name, split, embedder, settings.features) for split in ("train", "validation")
    )
    rows: list[tuple[float, ...]] = []
    with fresh_folder(paths.taggers / name) as folder:
        for seed in settings.seeds:
            tagger, epochs = train_tagger(train, validation, settings, seed, device, rule)
            tagger.save(folder / f"seed-{seed}")
            rows += [(seed, *row, int(row == kept_epoch(epochs, rule))) for row in epochs]
        write_csv(paths.scores / f"{name}.epochs.csv", ["seed", *Epoch._fields, "kept"], rows)
