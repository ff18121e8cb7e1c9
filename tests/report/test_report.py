import json
import re
from collections.abc import Callable
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from pipeline.errors import UserError
from pipeline.report.data import TEXT_STAGES
from pipeline.report.plots.curves import draw_epochs, draw_perplexity, draw_typos
from pipeline.report.plots.style import save
from pipeline.report.plots.types import draw_confusion, draw_types, type_shares
from pipeline.report.summary import summary
from tests.report.conftest import World
from tests.report.world import RATES, SEEDS, TYPES

Json = dict[str, Any]
Copy = Callable[[str], World]
SETS = {"WikiNEuRal": "wikineural", "MultiCoNER": "multiconer"}
KINDS = ["pretrain.csv", *(f"ner/wikineural.{kind}.csv" for kind in ("types", "confusion", "epochs", "typos"))]


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _rows(page: str, heading: str) -> list[list[str]]:
    """Cells of all table rows under a heading, without the tables' heads."""
    section = page.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    rules = [number for number, row in enumerate(rows) if set("".join(row)) <= set(":-")]
    return [row for number, row in enumerate(rows) if number not in rules and number + 1 not in rules]


def _sums(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def test_f1_table_has_the_figures_of_the_metrics(built: dict[str, World], local_page: str) -> None:
    world = built["lstm"]
    rows = _rows(local_page, "Named entities, test split")[: len(SETS)]
    assert [row[0] for row in rows] == list(SETS)
    for title, *cells in rows:
        name = SETS[title]
        metrics = _read(world.metrics / "ner" / f"{name}.json")[name]
        table = pd.read_csv(world.metrics / "ner" / f"{name}.scores.csv", dtype={"seed": str})
        token, entity = (table[table["metric"] == key].set_index("seed") for key in ("token_f1", "entity_f1"))
        assert cells == [
            str(len(SEEDS)),
            f"{metrics['token_f1']:.3f} ± {token.drop('mean')['value'].std():.3f}",
            "{:.3f} to {:.3f}".format(*token.loc["mean", ["low", "high"]]),
            f"{metrics['entity_f1']:.3f} ± {entity.drop('mean')['value'].std():.3f}",
            "{:.3f} to {:.3f}".format(*entity.loc["mean", ["low", "high"]]),
            f"{metrics['entity_f1_macro']:.3f} ± {metrics['entity_f1_macro_deviation']:.3f}",
        ]


def test_one_seed_has_no_deviation(copy: Copy) -> None:
    world = copy("lstm")
    for name in SETS.values():
        metrics, scores = (world.metrics / "ner" / f"{name}.{suffix}" for suffix in ("json", "scores.csv"))
        of_set = {key: value for key, value in _read(metrics)[name].items() if not key.endswith("_deviation")}
        metrics.write_text(json.dumps({name: of_set}), encoding="utf-8")
        lines = [line for line in scores.read_text(encoding="utf-8").splitlines() if f",{SEEDS[1]}," not in line]
        scores.write_text("\n".join(lines) + "\n", encoding="utf-8")
        for file in (world.data / "predictions" / name).glob(f"seed-{SEEDS[1]}.txt"):
            file.unlink()
    rows = _rows(world.report("lstm", "local"), "Named entities, test split")
    for _, seeds, *cells in rows[: len(SETS)]:
        assert seeds == "1" and not any("±" in cell for cell in cells)


def test_language_model_table(built: dict[str, World], local_page: str) -> None:
    world = built["lstm"]
    rows = dict(_rows(local_page, "Language model"))
    lm = _read(world.metrics / "pretrain.json")["lm"]
    assert rows["Validation perplexity"] == f"{lm['perplexity']:.1f}"
    assert rows["Tokens read"] == f"{lm['tokens']:,}"
    assert rows["Seed"] == "1"


def test_a_second_run_elsewhere_writes_the_same_bytes(reported: World, copy: Copy) -> None:
    """Neither the time nor the machine is in them."""
    world = copy("lstm")
    path = world.metrics / "pretrain.json"
    pretrained = _read(path)
    pretrained["lm"] |= {"minutes": 987.6, "tokens_per_second": 98765, "peak_memory_mb": 87654, "device": "cuda"}
    path.write_text(json.dumps(pretrained | {"machine": {"hardware": "Other", "software": "other"}}), encoding="utf-8")
    world.draw("lstm", "demo")
    path.write_bytes((reported.metrics / "pretrain.json").read_bytes())
    assert _sums(world.metrics) == _sums(reported.metrics)
    assert b"<dc:date>" not in (reported.metrics / "plots" / "lm.svg").read_bytes()


def test_the_paper_stands_beside_our_token_f1(built: dict[str, World], local_page: str) -> None:
    world = built["lstm"]
    theirs, ours = _rows(local_page, "Compared with the paper's Table 2")
    assert theirs == ["Paper: CharCNN + LSTM, 2 layers", "30.0", "0.685", "0.348"]
    f1 = [_read(world.metrics / "ner" / f"{name}.json")[name]["token_f1"] for name in SETS.values()]
    assert ours[2:] == [f"{value:.3f}" for value in f1]


def test_an_architecture_the_paper_lacks_has_no_such_section(copy: Copy) -> None:
    world = copy("lstm")
    path = world.metrics / "pretrain.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"lstm"', '"mingru"'), encoding="utf-8")
    assert "Compared with the paper" not in world.report("mingru", "local")


def test_sentences_stand_beside_table_1(built: dict[str, World], local_page: str) -> None:
    world = built["lstm"]
    rows = _rows(local_page, "NER sets")
    assert [row[:4] for row in rows[-2:]] == [
        ["MultiCoNER", "validation", "813", "800"],
        ["MultiCoNER", "test", "218,958", "217,501"],
    ]
    counts = _read(world.data / "ner" / "multiconer" / "counts.json")["test"]
    keys = [
        "sentences",
        "tokens",
        "entities",
        "repaired_orphans",
        "repaired_type_changes",
        "composed_tokens",
        "stressed_tokens",
        "duplicates",
        "also_in_train",
    ]
    assert rows[-1][4:] == [str(counts[key]) for key in keys]
    assert counts["repaired_orphans"] and counts["repaired_type_changes"]


def test_a_scheme_that_became_bio_is_said(copy: Copy, local_page: str) -> None:
    world = copy("lstm")
    path = world.data / "ner" / "multiconer" / "counts.json"
    counts = _read(path)
    assert "is published in" not in local_page
    counts["test"].update(converted=1200)
    counts["train"].update(converted=34, scheme="IOBES")
    path.write_text(json.dumps(counts))
    sentence = "MultiCoNER is published in IOBES and is converted to BIO: 1,234 labels change."
    assert sentence in world.report("lstm", "local")


def test_what_the_text_stages_dropped_is_said(local_page: str) -> None:
    rows = _rows(local_page, "News text, stage by stage")
    assert ["fragments", "sentences", "104", "8 (7.7 %): long 8", "96"] in rows
    assert ["documents", "documents", "40", "0", "40"] in rows
    assert ["lemmas", "tokens", "–", "", "448"] in rows


def test_data_metrics_hold_every_count(reported: World) -> None:
    metrics = _read(reported.metrics / "data.json")
    for stage in TEXT_STAGES:
        assert metrics.pop(stage) == _read(reported.data / stage / "counts.json")
    ner = {name: _read(reported.data / "ner" / name / "counts.json") for name in TYPES}
    assert metrics == {"scale": "demo", "charcnn_parameters_m": 0.000576, "ner": ner}


def test_only_the_demo_is_called_no_result(reported: World, local_page: str) -> None:
    assert "are no result" in reported.markdown and "are no result" not in local_page


def test_links_lead_to_pictures(reported: World) -> None:
    links = re.findall(r"\((plots/[^)]+)\)", (reported.metrics / "report.md").read_text(encoding="utf-8"))
    files = {f"plots/{path.name}" for path in (reported.metrics / "plots").iterdir()}
    assert set(links) == files
    assert len(files) == 2 * (1 + 4 * len(SETS))


def test_the_bare_charcnn_has_no_perplexity(reported_charcnn: World) -> None:
    world = reported_charcnn
    assert pd.read_csv(world.metrics / "pretrain.csv").empty
    page = world.markdown
    assert "Validation perplexity" not in page
    assert "nothing is pretrained" in page
    assert not (world.metrics / "plots" / "lm.png").exists() and "plots/lm" not in page
    assert "language model: none" in summary(world.metrics)


def test_an_imported_elmo_is_no_bare_charcnn(copy: Copy) -> None:
    world = copy("charcnn")
    path = world.metrics / "pretrain.json"
    lm = _read(path)
    lm["lm"] |= {"arch": "elmo", "parameters_m": 37.782}
    path.write_text(json.dumps(lm), encoding="utf-8")
    page = world.report("elmo", "local")
    for text in (page, world.html):
        assert "A published ELMo, imported whole: nothing is pretrained here" in text and "bare" not in text
    assert dict(_rows(page, "Language model"))["Parameters, M"] == "37.78"
    assert "language model: a published ELMo, 37.78 M parameters" in summary(world.metrics)


@pytest.mark.parametrize(
    ("file", "stage"),
    [
        ("data/lemmas/counts.json", "lemmas"),
        ("metrics/pretrain.json", "pretrain"),
        ("metrics/pretrain.csv", "pretrain"),
        ("metrics/ner/multiconer.json", "evaluate@multiconer"),
        ("metrics/ner/multiconer.epochs.csv", "ner@multiconer"),
        ("metrics/ner/wikineural.confusion.csv", "evaluate@wikineural"),
        ("metrics/ner/wikineural.typos.csv", "typos@wikineural"),
        ("data/ner/wikineural/test.tsv", "corpora"),
        ("models/lm/charcnn.safetensors", "pretrain"),
    ],
)
def test_a_missing_file_is_named_with_its_stage(copy: Copy, file: str, stage: str) -> None:
    world = copy("lstm")
    (world.data.parent / file).unlink()
    before = _sums(world.metrics)
    with pytest.raises(UserError, match=rf"{re.escape(file)}: not found; run the stage .*: dvc repro {stage}$"):
        world.report("lstm", "demo")
    assert _sums(world.metrics) == before


def test_a_data_set_that_was_taken_out_is_left_out(copy: Copy) -> None:
    """What an earlier run left of it is still there."""
    world = copy("lstm")
    world.report("lstm", "demo", ["multiconer"])
    assert list(_read(world.metrics / "data.json")["ner"]) == ["multiconer"]
    for page in ("report.md", "report.html"):
        assert "WikiNEuRal" not in (world.metrics / page).read_text(encoding="utf-8")
    assert not list((world.metrics / "plots").glob("wikineural*"))


def test_scores_and_costs_say_what_they_were_computed_with(reported: World) -> None:
    """In two strings, which `dvc metrics diff` shows where they differ, and no number, which it takes for a result."""
    machines = [_read(reported.metrics / "ner" / f"{name}.json")["machine"] for name in TYPES]
    machines += [_read(reported.metrics / "cost.json")["machine"]]
    assert all(set(machine) == {"hardware", "software"} for machine in machines)
    assert all(f"torch {version('torch')}" in machine["software"] for machine in machines)
    assert all(machine["hardware"].startswith("cpu ") and "core" in machine["hardware"] for machine in machines)
    assert any(f"ufal.udpipe {version('ufal.udpipe')}" in machine["software"] for machine in machines)


def test_results_of_another_architecture_are_refused(copy: Copy) -> None:
    with pytest.raises(UserError, match=r"found arch lstm, expected gru .* dvc repro pretrain"):
        copy("lstm").report("gru", "demo")


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("pretrain.json", "<<<<<<< HEAD\n", "not valid JSON"),
        ("pretrain.csv", "step,tokens\n", "found columns step, tokens, expected train_perplexity"),
        ("ner/wikineural.types.csv", "", "types.csv: not the table that was written"),
    ],
)
def test_a_file_that_is_not_what_it_should_be(copy: Copy, file: str, text: str, message: str) -> None:
    world = copy("lstm")
    (world.metrics / file).write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        world.report("lstm", "demo")


def test_summary_before_the_first_report(copy: Copy) -> None:
    with pytest.raises(UserError, match=r"data\.json: not found; .* dvc repro report"):
        summary(copy("lstm").metrics)


def test_summary_has_the_scores_and_the_path(reported: World) -> None:
    lines = summary(reported.metrics).splitlines()
    metrics = _read(reported.metrics / "ner" / "wikineural.json")["wikineural"]
    expected = ["wikineural"]
    for key in ("token_f1", "entity_f1", "entity_f1_macro"):
        expected.append(f"{metrics[key]:.3f} ± {metrics[f'{key}_deviation']:.3f}")
    assert expected in [re.split(r"\s{2,}", line) for line in lines]
    assert lines[0] == "lstm, scale demo"
    assert lines[-1] == f"report: {reported.metrics / 'report.html'}, {reported.metrics / 'report.md'}"


def test_summary_says_what_the_training_took_where_that_is_known(copy: Copy, reported: World) -> None:
    metrics = copy("lstm").metrics
    (metrics / "data.json").write_bytes((reported.metrics / "data.json").read_bytes())
    lm = {"device": "cpu", "tokens_per_second": 11751, "minutes": 0.154, "peak_memory_mb": 450}
    cost = metrics / "cost.json"
    cost.unlink()
    assert "its training" not in summary(metrics)
    cost.write_text(json.dumps({"lm": lm, "machine": {"hardware": "cpu X", "software": "python 3"}}))
    assert "\nits training: 0.15 minutes, 11,751 tokens a second, 450 MB at most, cpu X\n" in summary(metrics)
    cost.write_text('{"lm": {"minutes": "many"}}')
    with pytest.raises(UserError, match=r"cost\.json: lm: minutes: found 'many'"):
        summary(metrics)


def test_the_kept_epochs_are_the_ringed_ones() -> None:
    rows = [(1, 1, 0.5, 0), (1, 2, 0.7, 0), (1, 3, 0.6, 1), (2, 1, 0.9, 0), (2, 2, 0.8, 0), (2, 3, 0.1, 1)]
    curves = pd.DataFrame(rows, columns=["seed", "epoch", "validation_entity_f1", "kept"])
    figure = draw_epochs(curves.assign(validation_token_f1=0.5), "Toy")
    (rings,) = [line for line in figure.axes[0].lines if line.get_color() == "white"]
    assert np.asarray(rings.get_xydata()).tolist() == [[3, 0.6], [3, 0.1]]
    assert "kept epochs: 3, 3" in figure.axes[0].get_title("left") + figure.axes[0].get_title()


def test_typos_have_a_row_a_rate(local_page: str) -> None:
    rows = _rows(local_page, "Typos, test split")
    assert len(rows) == len(SETS) * len(RATES)
    assert rows[1] == ["WikiNEuRal", "5.0 %", "20 of 400", "0.750", "0.750", "0.700 to 0.800"]


def test_the_protocol_is_said_and_what_it_drops(copy: Copy, local_page: str) -> None:
    world = copy("lstm")
    assert "the models read lemmas, in lower case; tokens kept: all; epoch kept: the best by validation" in local_page
    assert "the sets lost" not in local_page
    protocol = {"lemmas": False, "lowercase": False, "tokens": "alphanumeric", "epoch": "last"}
    counts = _read(world.data / "ner" / "wikineural" / "counts.json")
    counts["test"].update(dropped_tokens=43234, dropped_entity_tokens=2555, dropped_entities=1163, dropped_sentences=5)
    (world.data / "ner" / "wikineural" / "counts.json").write_text(json.dumps(counts))
    page = world.report("lstm", "local", protocol=protocol)
    assert "words as they are, with their capitals; tokens kept: alphanumeric; epoch kept: the last" in page
    assert ["WikiNEuRal", "test", "43,234", "2,555", "1,163", "5"] in _rows(page, "NER sets")


def test_confusion_joins_b_and_i_and_shares_out_the_gold_tokens() -> None:
    labels = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    counts = {("B-PER", "I-PER"): 2, ("I-PER", "B-LOC"): 1, ("I-PER", "O"): 1, ("O", "O"): 5}
    rows = [(gold, predicted, counts.get((gold, predicted), 0)) for gold in labels for predicted in labels]
    shares = type_shares(pd.DataFrame(rows, columns=["gold", "predicted", "count"]))
    assert list(shares.index) == list(shares.columns) == ["PER", "LOC", "O"]
    assert shares.to_numpy().tolist() == [[0.5, 0.25, 0.25], [0, 0, 0], [0, 0, 1]]


FORMULAS = ["$x_{$", "$^$", "{$\\frac$}", "a$_$b", "\\sru$_{$"]


@pytest.mark.parametrize(
    ("name", "draw", "kind"),
    zip(FORMULAS, (draw_perplexity, draw_types, draw_confusion, draw_epochs, draw_typos), KINDS, strict=True),
)
def test_names_are_no_formulas(
    built: dict[str, World], name: str, draw: Callable[..., Figure], kind: str, tmp_path: Path
) -> None:
    """matplotlib would read what stands between dollars as one, and fail at the very end of the stage."""
    table = pd.read_csv(built["lstm"].metrics / kind).replace({"B-PER": f"B-{name}", "I-PER": f"I-{name}"})
    if draw is draw_types:
        table = table.assign(low=table["f1"], high=table["f1"], type=table["type"].where(table.index > 0, name))
    svg = save(tmp_path, "picture", draw, table, name)
    assert svg.count(escape(name)) > (draw in (draw_types, draw_confusion))
