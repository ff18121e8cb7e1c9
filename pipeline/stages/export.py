"""Stage export: a tagger, its language model and its lemmatiser as one folder that works by itself; its calibration."""

import shutil
from typing import Any

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
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.fingerprint import sha256
from pipeline.report.card import Facts, Json, NewsOrigins, Origin, SetOrigins, render_card
from pipeline.report.data import ENCODERS, SCORES, SET_COUNTS, TYPES
from pipeline.work.outputs import copy_folder, fresh_folder, need, read_json, write_json, write_text


def run(paths: Paths, params: Params, name: str) -> None:
    """Write the set's folder in `paths.exported`: its best tagger, with `paths.lm`, `paths.udpipe`, and a card of where
    everything came from, for which `paths.raw` and `paths.scores` are read; and <set>.calibration.json to
    `paths.scores`, how well its confidences are calibrated.

    Of several taggers it is the one with the best entity F1 on validation, the first of equals. The protocol goes
    along.
    """
    device, protocol, corpus = choose_device(params.compute.device), params.chosen_protocol, paths.corpora / name
    labels, taggers = read_labels(corpus), load_taggers(paths.taggers / name, device)
    embedder, kind = Embedder.load(paths.lm, device), next(iter(taggers.values())).features
    validation, test = (
        load_examples(corpus, split, labels, paths.features, paths.lm, embedder, kind)
        for split in ("validation", "test")
    )
    seed = max(taggers, key=lambda x: _entity_f1(taggers[x], validation))
    judged = {"validation": judge(taggers[seed], validation), "test": judge(taggers[seed], test)}
    temperature = round(fit_temperature(judged["validation"]), DIGITS)
    calibration: Json = {"seed": int(seed), "temperature": temperature}
    calibration |= {split: _describe(of_split, temperature) for split, of_split in judged.items()}
    model = need(paths.udpipe, "fetch")
    source = read_json(paths.udpipe.with_name("source.json"), Origin, "fetch")["source"]
    with fresh_folder(paths.exported / name) as folder:
        copy_folder(paths.lm, folder / LM)
        copy_folder(paths.taggers / name / f"seed-{seed}", folder / TAGGER)
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
        facts = _read_facts(paths, exported, protocol.epoch, len(taggers), calibration)
        write_json(folder / SETTINGS, exported.model_dump(mode="json"))
        write_text(folder / CARD, render_card(facts))
    write_metrics(
        paths.scores / f"{name}.calibration.json", {name: {"calibration": _rounded(calibration)}}, stamp(device)
    )


def _entity_f1(tagger: Tagger, examples: Examples) -> float:
    counts = count(examples.tags, predict(tagger, examples.features), examples.features.lengths, tagger.labels)
    return float(entity_f1(counts.entities.sum(0)))


def _describe(judged: Judged, temperature: float) -> Json:
    return {
        when: reliability(judged.confidences(degrees), judged.right)
        for when, degrees in (("before", 1.0), ("after", temperature))
    }


def _read_facts(paths: Paths, exported: Exported, epoch: str, seeds: int, calibration: dict[str, Any]) -> Facts:
    name, raw = exported.set, paths.raw_ner / exported.set
    return Facts(
        exported=exported,
        lm=read_settings(Config, paths.lm / CONFIG, "pretrain").model_dump(mode="json"),
        encoder=ENCODERS[read_settings(EncoderShape, paths.lm / ENCODER, "pretrain").root.encoder],
        counts=read_json(paths.corpora / name / "counts.json", SET_COUNTS, "corpora"),
        dataset=read_dataset(raw),
        sources=read_json(raw / "sources.json", SetOrigins, "fetch")["files"],
        news=read_json(paths.news / "sources.json", NewsOrigins, "fetch")["files"],
        epoch=epoch,
        scores=[
            row
            for row in read_csv(paths.scores / f"{name}.scores.csv", SCORES, "evaluate")
            if row["seed"] == exported.seed
        ],
        types=read_csv(paths.scores / f"{name}.types.csv", TYPES, "evaluate"),
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
