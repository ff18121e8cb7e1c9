"""Stage ner: one tagger a seed on the frozen layers of the language model (paper, step 3)."""

from collections.abc import Callable
from pathlib import Path

from pipeline.files.csv import write_csv
from pipeline.lm.embed import Embedder
from pipeline.machine.device import choose_device
from pipeline.ner.data.corpus import read_labels
from pipeline.ner.settings import NerSettings
from pipeline.ner.tagging.examples import load_examples
from pipeline.ner.tagging.train import Epoch, kept_epoch, train_tagger
from pipeline.protocol import EpochRule
from pipeline.work.outputs import fresh_folder


def run(
    lm: Path,
    corpus: Path,
    target: Path,
    log: Path,
    cache: Path,
    settings: NerSettings,
    epoch: EpochRule,
    device: str,
    confirm: Callable[[], None],
) -> None:
    """Write `target/seed-<n>/`, each a tagger that works by itself, and `log`, a CSV row an epoch and seed.

    `epoch` says which of them is kept; the log marks it.
    `confirm` is called before anything gets its name, see `pipeline.work.steady`.
    """
    place = choose_device(device)
    labels = read_labels(corpus)
    embedder = Embedder.load(lm, place)
    train, validation = (
        load_examples(corpus, split, labels, cache, lm, embedder, settings.features)
        for split in ("train", "validation")
    )
    rows: list[tuple[float, ...]] = []
    with fresh_folder(target) as folder:
        for seed in settings.seeds:
            tagger, epochs = train_tagger(train, validation, labels, settings, seed, place, epoch)
            tagger.save(folder / f"seed-{seed}")
            rows += [(seed, *row, int(row == kept_epoch(epochs, epoch))) for row in epochs]
        confirm()
        write_csv(log, ["seed", *Epoch._fields, "kept"], rows)
