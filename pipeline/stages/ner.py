"""Stage ner: one tagger a seed on the frozen layers of the language model (paper, step 3)."""

from pipeline.files.csv import write_csv
from pipeline.lm.embed import Embedder
from pipeline.machine.device import choose_device
from pipeline.ner.tagging.examples import load_examples
from pipeline.ner.tagging.train import Epoch, kept_epoch, train_tagger
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.work.outputs import fresh_folder


def run(paths: Paths, params: Params, name: str) -> None:
    """Read `paths.lm` and the set's folder in `paths.corpora`; write seed-<n>, each a tagger that works by itself, to
    its folder in `paths.taggers`, and <set>.epochs.csv, a row an epoch and seed, to `paths.scores`.

    The block `ner` says what is trained and how, `epoch` of the protocol which epoch is kept; the table marks it.
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
