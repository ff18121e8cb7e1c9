"""Stage export: a tagger, its language model and its lemmatiser as one folder that works by itself; its calibration."""

import shutil
from pathlib import Path
from typing import Any

from typing_extensions import TypedDict

from pipeline.files.csv import DIGITS, read_csv
from pipeline.files.json import read_json, read_key, write_json
from pipeline.files.settings import read_settings
from pipeline.light.form import NoLightForm
from pipeline.light.network import LightNetwork
from pipeline.lm.embed import CONFIG, Config, Embedder
from pipeline.lm.encoders.encoder import CONFIG as ENCODER
from pipeline.lm.settings import EncoderShape
from pipeline.machine.device import choose_device
from pipeline.ner.data.corpus import COUNTS
from pipeline.ner.data.dataset import read_dataset
from pipeline.ner.exported import CARD, LM, SETTINGS, TAGGER, UDPIPE, Exported, UdpipeModel, sum_parts
from pipeline.ner.scoring.calibration import choose, fit_temperature, judge, reliability
from pipeline.ner.scoring.scores import score
from pipeline.ner.tagging.examples import load_examples
from pipeline.ner.tagging.tagger import load_taggers, predict
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.fingerprint import sha256
from pipeline.report.card import Facts, Origin, render_card
from pipeline.report.data import ENCODERS, SCORES, SET_COUNTS, TYPES, TYPOS, Json
from pipeline.work.outputs import copy_folder, fresh_folder, need, write_text
from pipeline.work.progress import say


def run(paths: Paths, params: Params, name: str) -> None:
    """Write the set's folder in `paths.exported`, and <set>.calibration.json in `paths.scores`.

    The folder holds the tagger with the best entity F1 on validation (the first of equals), `paths.lm`, `paths.udpipe`,
    the protocol, and a card that says where everything came from, made from `paths.raw` and `paths.scores`. The
    calibration says how often the tagger's confidences come true.
    """
    device, protocol, taggers = choose_device(params.compute.device), params.protocol, paths.taggers / name
    trained, embedder = load_taggers(taggers, device), Embedder.load(paths.lm, device)
    kind = next(iter(trained.values())).features
    validation, test = (load_examples(paths, name, split, embedder, kind) for split in ("validation", "test"))
    counts = {seed: validation.count_tags(predict(tagger, validation.features)) for seed, tagger in trained.items()}
    seed = max(counts, key=lambda x: score(counts[x])["entity_f1"])
    judged = {"validation": judge(trained[seed], validation), "test": judge(trained[seed], test)}
    temperature = round(fit_temperature(judged["validation"]), DIGITS)
    calibration: Json = {"seed": int(seed), "temperature": temperature}
    for split, spans in judged.items():
        before, after = (spans.confidences(degrees) for degrees in (1.0, temperature))
        calibration[split] = {
            "before": reliability(before, spans.right),
            "after": reliability(after, spans.right),
            "thresholds": choose(after, spans.right, spans.gold),
        }
    model = need(paths.udpipe, "fetch")
    source = read_json(paths.udpipe.with_name("source.json"), Origin, "fetch")["source"]
    with fresh_folder(paths.exported / name) as folder:
        copy_folder(paths.lm, folder / LM)
        copy_folder(taggers / f"seed-{seed}", folder / TAGGER)
        shutil.copyfile(model, folder / UDPIPE)
        exported = Exported(
            format=4,
            set=name,
            seed=seed,
            lowercase=protocol.lowercase,
            lemmas=protocol.lemmas,
            tokens=protocol.tokens,
            temperature=temperature,
            udpipe=UdpipeModel(file=UDPIPE, source=source, sha256=sha256(model)),
            parts=sum_parts(folder),
        )
        surface = trained[seed].sizes.surface > 0
        if unfit := _why_torch(folder, temperature):
            say(f"{name}: {unfit}; the tagger runs on torch only")
        facts = _read_facts(paths, exported, protocol.epoch, len(trained), surface, calibration)._replace(unfit=unfit)
        write_json(folder / SETTINGS, exported.model_dump(mode="json"))
        write_text(folder / CARD, render_card(facts))
    values = {name: {"calibration": _rounded(calibration)}}
    write_json(paths.scores / f"{name}.calibration.json", values)


def _why_torch(folder: Path, temperature: float) -> str:
    """Say why numpy cannot run the network of a folder; nothing if it can."""
    try:
        LightNetwork(folder, temperature)
    except NoLightForm as reason:
        return str(reason)
    return ""


def _read_facts(
    paths: Paths, exported: Exported, epoch: str, seeds: int, surface: bool, calibration: dict[str, Any]
) -> Facts:
    name, raw = exported.set, paths.raw_ner / exported.set
    vectors = read_json(paths.vectors / "source.json", dict[str, str | int | None], "fetch")  # without a file if unused
    dataset = read_dataset(raw)
    origins = TypedDict("origins", dict.fromkeys(dataset.parts, Origin))  # type: ignore[misc]  # keys of these names
    scores = read_csv(paths.scores / f"{name}.scores.csv", SCORES, "evaluate")
    typos = read_csv(paths.scores / f"{name}.typos.csv", TYPOS, "typos")
    return Facts(
        exported=exported,
        lm=read_settings(Config, paths.lm / CONFIG, "pretrain").model_dump(mode="json"),
        encoder=ENCODERS[read_settings(EncoderShape, paths.lm / ENCODER, "pretrain").root.encoder],
        counts=read_json(paths.corpora / name / COUNTS, SET_COUNTS, "corpora"),
        dataset=dataset,
        sources=read_key(raw / "sources.json", "files", origins, "fetch"),
        news=read_key(paths.news / "sources.json", "files", list[Origin], "fetch"),
        vectors=Origin(source=str(vectors["source"]), sha256=str(vectors["sha256"])) if vectors["file"] else None,
        surface=surface,
        epoch=epoch,
        scores=[row for row in scores if row["seed"] == exported.seed],
        typos=[row for row in typos if row["seed"] == exported.seed and row["rate"] > 0],
        types=read_csv(paths.scores / f"{name}.types.csv", TYPES, "evaluate"),
        seeds=seeds,
        calibration=calibration,
    )


def _rounded(value: Any) -> Any:
    """Round floats to as many digits as all metrics have."""
    if isinstance(value, dict):
        return {key: _rounded(x) for key, x in value.items()}
    if isinstance(value, list):
        return [_rounded(x) for x in value]
    return round(value, DIGITS) if isinstance(value, float) else value
