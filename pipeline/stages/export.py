"""Stage export: a tagger, its language model and its lemmatiser as one folder that works by itself; its calibration."""

import shutil
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.files.csv import DIGITS, read_csv
from pipeline.files.metrics import write_metrics
from pipeline.files.settings import read_settings
from pipeline.lm.embed import CONFIG, Config, Embedder
from pipeline.lm.encoders.encoder import CONFIG as ENCODER
from pipeline.lm.settings import EncoderShape
from pipeline.machine.describe import stamp
from pipeline.machine.device import choose_device
from pipeline.ner.data.corpus import read_labels
from pipeline.ner.data.dataset import read_dataset
from pipeline.ner.exported import CARD, LM, SETTINGS, TAGGER, UDPIPE, Exported, UdpipeModel, sum_parts
from pipeline.ner.scoring.calibration import Judged, fit_temperature, judge, reliability
from pipeline.ner.scoring.scores import count, entity_f1
from pipeline.ner.tagging.examples import Examples, load_examples
from pipeline.ner.tagging.predict import predict
from pipeline.ner.tagging.tagger import Tagger, load_taggers
from pipeline.protocol import Protocol
from pipeline.provenance.fingerprint import sha256
from pipeline.report.card import Facts, Json, NewsOrigins, Origin, SetOrigins, render_card
from pipeline.report.data import SCORES, TYPES
from pipeline.report.encoders import ENCODERS
from pipeline.report.splits import SET_COUNTS
from pipeline.work.outputs import copy_folder, fresh_folder, need, read_json, write_json, write_text


class Sources(NamedTuple):
    """What the stage reads."""

    lm: Path
    corpus: Path
    taggers: Path
    raw: Path
    """data/raw: the UDPipe model, and where everything came from."""
    scores: Path
    """CSV of `evaluate`."""
    types: Path
    """CSV of `evaluate`."""


def run(sources: Sources, target: Path, metrics: Path, cache: Path, protocol: Protocol, device: str) -> None:
    """Write the folder `target` and, as JSON, how well its confidences are calibrated, `metrics`.

    Of several taggers it is the one with the best entity F1 on validation, the first of equals.
    """
    place = choose_device(device)
    labels, name = read_labels(sources.corpus), sources.corpus.name
    taggers = load_taggers(sources.taggers, place)
    embedder, kind = Embedder.load(sources.lm, place), next(iter(taggers.values())).features
    validation, test = (
        load_examples(sources.corpus, split, labels, cache, sources.lm, embedder, kind)
        for split in ("validation", "test")
    )
    seed = max(taggers, key=lambda x: _entity_f1(taggers[x], validation))
    judged = {"validation": judge(taggers[seed], validation), "test": judge(taggers[seed], test)}
    temperature = round(fit_temperature(judged["validation"]), DIGITS)
    calibration: Json = {"seed": int(seed), "temperature": temperature}
    calibration |= {split: _describe(of_split, temperature) for split, of_split in judged.items()}
    model = need(sources.raw / "udpipe" / "model.udpipe", "fetch")
    source = read_json(sources.raw / "udpipe" / "source.json", Origin, "fetch")["source"]
    with fresh_folder(target) as folder:
        copy_folder(sources.lm, folder / LM)
        copy_folder(sources.taggers / f"seed-{seed}", folder / TAGGER)
        shutil.copyfile(model, folder / UDPIPE)
        exported = Exported(
            format=3,
            set=name,
            seed=seed,
            lowercase=protocol.lowercase,
            lemmas=protocol.lemmas,
            tokens=protocol.tokens,
            temperature=temperature,
            udpipe=UdpipeModel(file=UDPIPE, source=source, sha256=sha256(model)),
            parts=sum_parts(folder),
        )
        facts = _read_facts(sources, exported, protocol, len(taggers), calibration)
        write_json(folder / SETTINGS, exported.model_dump(mode="json"))
        write_text(folder / CARD, render_card(facts))
    write_metrics(metrics, {name: {"calibration": _rounded(calibration)}}, stamp(place))


def _entity_f1(tagger: Tagger, examples: Examples) -> float:
    counts = count(examples.tags, predict(tagger, examples.features), examples.features.lengths, tagger.labels)
    return float(entity_f1(counts.entities.sum(0)))


def _describe(judged: Judged, temperature: float) -> Json:
    return {
        when: reliability(judged.confidences(degrees), judged.right)
        for when, degrees in (("before", 1.0), ("after", temperature))
    }


def _read_facts(
    sources: Sources, exported: Exported, protocol: Protocol, seeds: int, calibration: dict[str, Any]
) -> Facts:
    raw = sources.raw / "ner" / exported.set
    return Facts(
        exported=exported,
        lm=read_settings(Config, sources.lm / CONFIG, "pretrain").model_dump(mode="json"),
        encoder=ENCODERS[read_settings(EncoderShape, sources.lm / ENCODER, "pretrain").root.encoder],
        counts=read_json(sources.corpus / "counts.json", SET_COUNTS, "corpora"),
        dataset=read_dataset(raw),
        sources=read_json(raw / "sources.json", SetOrigins, "fetch")["files"],
        news=read_json(sources.raw / "news" / "sources.json", NewsOrigins, "fetch")["files"],
        epoch=protocol.epoch,
        scores=[row for row in read_csv(sources.scores, SCORES, "evaluate") if row["seed"] == exported.seed],
        types=read_csv(sources.types, TYPES, "evaluate"),
        seeds=seeds,
        calibration=calibration,
    )


def _rounded(value: Any) -> Any:
    """Floats to as many digits as in all metrics."""
    if isinstance(value, dict):
        return {key: _rounded(x) for key, x in value.items()}
    if isinstance(value, list):
        return [_rounded(x) for x in value]
    return round(value, DIGITS) if isinstance(value, float) else value
