"""What the report and its summary say: the figures of the metrics, the counts of the stages, and what is missing."""

import re
from collections.abc import Callable
from importlib.metadata import version

import pandas as pd
import pytest

from pipeline.errors import UserError
from pipeline.paths import Paths
from pipeline.report.data import EPOCHS, TEXT_STAGES
from pipeline.report.summary import summary
from tests.pages import Page
from tests.report.conftest import copied, edited, make_report, read, read_all
from tests.report.world import RATES, SEEDS, TYPES

Copy = Callable[[str], Paths]
SETS = {"WikiNEuRal": "wikineural", "MultiCoNER": "multiconer"}
ANOTHER = '{"lm": {"arch": "gru", "parameters_m": 1, "device": "cpu"}}'
SCORES = "Named entities, test split"
OTHERS = ("entity_f1_macro", "entity_f1_unseen", "entity_f1_lowercased")
"""The scores without an interval on the page."""


def test_the_scores_are_those_of_the_metrics(reported: Paths, page: Page) -> None:
    rows = page.rows(SCORES)
    of_types = iter(rows[len(SETS) :])
    for row, (title, name) in zip(rows, SETS.items(), strict=False):
        scores = reported.metrics / "ner"
        metrics = read(scores / f"{name}.json")[name]
        table = pd.read_csv(scores / f"{name}.scores.csv", dtype={"seed": str})
        token, entity = (table[table["metric"] == key].set_index("seed") for key in ("token_f1", "entity_f1"))
        assert row == [
            title,
            str(len(SEEDS)),
            f"{metrics['token_f1']:.3f} ± {token.drop('mean')['value'].std():.3f}",
            "{:.3f} to {:.3f}".format(*token.loc["mean", ["low", "high"]]),
            f"{metrics['entity_f1']:.3f} ± {entity.drop('mean')['value'].std():.3f}",
            "{:.3f} to {:.3f}".format(*entity.loc["mean", ["low", "high"]]),
            *(f"{metrics[key]:.3f} ± {metrics[f'{key}_deviation']:.3f}" for key in OTHERS),
        ]
        assert row[4] in page.facts

        types = pd.read_csv(scores / f"{name}.types.csv").to_dict("records")
        assert [of_type["type"] for of_type in types] == TYPES[name]
        for of_type in types:
            type_, support, precision, recall, f1, _ = next(of_types)
            assert (type_, int(support)) == (of_type["type"], of_type["support"])
            assert [precision, recall] == [f"{of_type[key]:.3f}" for key in ("precision", "recall")]
            assert f1.startswith(f"{of_type['f1']:.3f} ± ")


def test_the_language_model_in_figures(reported: Paths, page: Page) -> None:
    lm = read(reported.metrics / "pretrain.json")["lm"]
    perplexity = f"{lm['perplexity']:.1f}"
    assert perplexity in page.facts and f"{lm['parameters_m']:.2f} M" in page.facts
    rows = dict(page.rows("Language model"))
    assert (rows["Validation perplexity"], rows["Tokens read"], rows["Seed"]) == (perplexity, f"{lm['tokens']:,}", "1")
    charcnn = (262 * 2 + 4 * 2 + 4 + 4 * 8 + 8) / 1e6  # embeddings, a convolution, the projection: tests.report.world
    assert rows["The char-CNN's share of both"] == f"{100 * charcnn / (charcnn + lm['parameters_m']):.1f} %"


def test_typos_have_a_row_per_rate(page: Page) -> None:
    rows = page.rows("Typos, test split")
    assert rows[1] == ["WikiNEuRal", "5.0 %", "20 of 400", "0.750", "0.750", "0.700 to 0.800"]
    assert [row[4] for row in rows] == [f"{0.8 - rate:.3f}" for rate in RATES] * len(SETS)


def test_the_paper_stands_beside_our_token_f1(reported: Paths, page: Page) -> None:
    theirs, ours = page.rows("Compared with the paper's Table 2")
    assert theirs == ["Paper: CharCNN + LSTM, 2 layers", "30.0", "0.685", "0.348"]
    f1 = [read(reported.metrics / "ner" / f"{name}.json")[name]["token_f1"] for name in SETS.values()]
    assert ours[2:] == [f"{value:.3f}" for value in f1]


def test_sentences_stand_beside_table_1(reported: Paths, page: Page) -> None:
    *_, validation, test = page.rows("NER sets")
    assert validation[:4] == ["MultiCoNER", "validation", "813", "800"]
    assert test[:4] == ["MultiCoNER", "test", "218,958", "217,501"]
    counts = read(reported.data / "ner" / "multiconer" / "counts.json")["test"]
    keys = ["sentences", "tokens", "entities", "repaired_orphans", "repaired_type_changes"]
    keys += ["composed_tokens", "stressed_tokens", "duplicates", "also_in_train"]
    assert test[4:] == [str(counts[key]) for key in keys]
    assert counts["repaired_orphans"] and counts["repaired_type_changes"]


def test_every_count_is_on_the_page_or_in_the_metrics(reported: Paths, page: Page) -> None:
    flows = page.rows("News text, stage by stage")
    assert ["fragments", "sentences", "8 (7.7 %): long 8", "104", "96"] in flows
    assert ["documents", "documents", "", "40", "40"] in flows
    assert not [row for row in flows if row[1] in ("characters replaced", "word cuts")]  # of which there is none
    assert ["lemmas", "tokens", "", "–", "448"] in flows
    metrics = read(reported.metrics / "data.json")
    for stage in TEXT_STAGES:
        assert metrics.pop(stage) == read(reported.data / stage / "counts.json")
    ner = {name: read(reported.data / "ner" / name / "counts.json") for name in TYPES}
    assert metrics == {"scale": "demo", "charcnn_parameters_m": 0.000576, "ner": ner}


def test_scores_and_costs_say_what_they_were_computed_with(reported: Paths) -> None:
    """In two strings, which `dvc metrics diff` shows where they differ, and no number, which it takes for a result."""
    machines = [read(reported.metrics / "ner" / f"{name}.json")["machine"] for name in TYPES]
    machines += [read(reported.metrics / "cost.json")["machine"]]
    assert all(set(machine) == {"hardware", "software"} for machine in machines)
    assert all(f"torch {version('torch')}" in machine["software"] for machine in machines)
    assert all(machine["hardware"].startswith("cpu ") and "core" in machine["hardware"] for machine in machines)
    assert any(f"ufal.udpipe {version('ufal.udpipe')}" in machine["software"] for machine in machines)


@pytest.fixture(scope="module")
def odd(built: dict[str, Paths], tmp_path_factory: pytest.TempPathFactory) -> Page:
    """An architecture that the paper lacks, with one seed, another protocol, and a set that was not in BIO."""
    paths = copied(built["lstm"], tmp_path_factory.mktemp("odd"))
    with edited(paths.metrics / "pretrain.json") as pretrained:
        pretrained["lm"]["arch"] = "mingru"
    for name in SETS.values():
        (paths.data / "predictions" / name / f"seed-{SEEDS[1]}.txt").unlink()
        with edited(paths.metrics / "ner" / f"{name}.json") as metrics:
            metrics[name] = {key: value for key, value in metrics[name].items() if not key.endswith("_deviation")}
        scores = paths.metrics / "ner" / f"{name}.scores.csv"
        lines = scores.read_text(encoding="utf-8").splitlines(keepends=True)
        scores.write_text("".join(line for line in lines if f",{SEEDS[1]}," not in line), encoding="utf-8")
    with edited(paths.data / "ner" / "multiconer" / "counts.json") as counts:
        counts["train"] |= {"converted": 34, "scheme": "IOBES"}
        counts["test"] |= {"converted": 1200, "dropped_tokens": 43234, "dropped_entity_tokens": 2555}
        counts["test"] |= {"dropped_entities": 1163, "dropped_sentences": 5}
    protocol = {"lemmas": False, "lowercase": False, "tokens": "alphanumeric", "epoch": "last"}
    return make_report(paths, "mingru", protocol=protocol)


def test_what_is_said_of_the_odd_one_alone(page: Page, odd: Page) -> None:
    for _, seeds, *cells in odd.rows(SCORES)[: len(SETS)]:
        assert seeds == "1" and "±" not in "".join(cells)
    protocol = "the models read lemmas, in lower case; tokens kept: all; epoch kept: the best by validation"
    assert protocol in page.text and "the sets lost" not in page.text
    assert "words as they are, with their capitals; tokens kept: alphanumeric; epoch kept: the last" in odd.text
    assert ["MultiCoNER", "test", "43,234", "2,555", "1,163", "5"] in odd.rows("NER sets")
    assert "is published in" not in page.text
    assert "MultiCoNER is published in IOBES and is converted to BIO: 1,234 labels change." in odd.text
    assert "Compared with the paper" in page.text and "Compared with the paper" not in odd.text
    warning = "only show that the pipeline works"
    assert warning in page.text and warning not in odd.text  # which is not of the demo


def test_a_data_set_that_was_taken_out_is_left_out_though_its_files_are_there(copy: Copy) -> None:
    paths = copy("lstm")
    make_report(paths, "lstm", sets=["multiconer"])
    assert list(read(paths.metrics / "data.json")["ner"]) == ["multiconer"]
    assert not any("WikiNEuRal" in (paths.metrics / f"report.{form}").read_text("utf-8") for form in ("md", "html"))
    assert not list((paths.metrics / "plots").glob("wikineural*"))


def test_the_bare_charcnn_has_no_perplexity_and_no_empty_section(copy: Copy) -> None:
    paths = copy("charcnn")
    page = make_report(paths, "charcnn")
    page.check()
    assert pd.read_csv(paths.metrics / "pretrain.csv").empty
    assert not {"Language model, perplexity", "Validation perplexity"} & {*page.facts}
    assert not re.search(r"\bnan\b|None|Validation perplexity", page.text) and "nothing is pretrained" in page.text
    assert dict(page.rows("Language model"))["The char-CNN's share of both"] == "100.0 %"
    assert len(page.pictures) == 4 * len(TYPES) and not (paths.metrics / "plots" / "lm.png").exists()
    assert "language model: none" in summary(paths.metrics)


def test_what_stands_in_its_place_is_called_by_its_name(copy: Copy) -> None:
    paths = copy("charcnn")
    with edited(paths.lm / "charcnn.json") as shape:
        shape["encoder"] = "ngrams"
    page = make_report(paths, "charcnn", sets=["wikineural"])
    assert dict(page.rows("Language model"))["The n-gram encoder's share of both"] == "100.0 %"
    assert "The bare n-gram encoder has no recurrent layers" in page.text

    with edited(paths.metrics / "pretrain.json") as pretrained:
        pretrained["lm"] |= {"arch": "elmo", "parameters_m": 37.782}
    page = make_report(paths, "elmo", sets=["wikineural"])
    assert "A published ELMo, imported whole: nothing is pretrained here" in page.text and "bare" not in page.text
    assert dict(page.rows("Language model"))["Parameters, M"] == "37.78"
    assert "language model: a published ELMo, 37.78 M parameters" in summary(paths.metrics)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("data/lemmas/counts.json", None, "dvc repro lemmas"),
        ("metrics/pretrain.json", None, "dvc repro pretrain"),
        ("metrics/pretrain.csv", None, "dvc repro pretrain"),
        ("metrics/ner/multiconer.json", None, "dvc repro evaluate@multiconer"),
        ("metrics/ner/multiconer.epochs.csv", None, "dvc repro ner@multiconer"),
        ("metrics/ner/wikineural.typos.csv", None, "dvc repro typos@wikineural"),
        ("data/ner/wikineural/test.tsv", None, "dvc repro corpora"),
        ("models/lm/charcnn.safetensors", None, "dvc repro pretrain"),
        ("metrics/pretrain.json", ANOTHER, "found arch gru, expected lstm .* dvc repro pretrain"),
        ("metrics/pretrain.json", "<<<<<<< HEAD\n", "not valid JSON"),
        ("metrics/pretrain.csv", "step,tokens\n", "not the table .*: found columns step, tokens, expected train"),
        ("metrics/ner/wikineural.types.csv", "", "not the table that was written"),
        ("metrics/ner/wikineural.epochs.csv", f"{','.join(EPOCHS)}\n", "found no row"),
        ("metrics/ner/wikineural.scores.csv", "metric,seed,value,low,high\ntoken_f1,mean,1,1,1\n", "found no mean of"),
        ("metrics/ner/wikineural.confusion.csv", "gold,predicted,count\nO,O,1\nO,B-PER,1\n", "expected every pair"),
    ],
)
def test_a_file_that_is_missing_or_broken(copy: Copy, file: str, text: str | None, message: str) -> None:
    paths = copy("lstm")
    path = paths.root / file
    if text is None:
        path.unlink()
        message = f"not found; run the stage .*: {message}$"
    else:
        path.write_text(text, encoding="utf-8")
    before = read_all(paths.metrics)
    with pytest.raises(UserError, match=f"{re.escape(file)}: {message}"):
        make_report(paths, "lstm")
    assert read_all(paths.metrics) == before


def test_summary_has_the_scores_and_the_path(reported: Paths) -> None:
    lines = summary(reported.metrics).splitlines()
    metrics = read(reported.metrics / "ner" / "wikineural.json")["wikineural"]
    keys = ("token_f1", "entity_f1", *OTHERS)
    expected = ["wikineural", *(f"{metrics[key]:.3f} ± {metrics[f'{key}_deviation']:.3f}" for key in keys)]
    assert expected in [re.split(r"\s{2,}", line) for line in lines]
    assert lines[0] == "lstm, scale demo"
    assert lines[-1] == f"report: {reported.metrics / 'report.html'}, {reported.metrics / 'report.md'}"


def test_summary_says_what_the_training_took_where_that_is_known(copy: Copy, reported: Paths) -> None:
    metrics = copy("lstm").metrics
    with pytest.raises(UserError, match=r"data\.json: not found; .* dvc repro report"):
        summary(metrics)
    (metrics / "data.json").write_bytes((reported.metrics / "data.json").read_bytes())
    with edited(metrics / "cost.json") as cost:
        cost["machine"] = {"hardware": "cpu X", "software": "python 3"}
        cost["lm"] = {"device": "cpu", "tokens_per_second": 11751, "minutes": 0.154, "peak_memory_mb": 450}
    assert summary(metrics).endswith("\nits training: 0.15 minutes, 11,751 tokens a second, 450 MB at most, cpu X")
    (metrics / "report.md").touch()  # as in a fresh clone: report.html is in DVC's cache
    assert summary(metrics).endswith(f"cpu X\nreport: {metrics / 'report.md'}")
    with edited(metrics / "cost.json") as cost:
        cost["lm"]["minutes"] = "many"
    with pytest.raises(UserError, match=r"cost\.json: lm: minutes: found 'many'"):
        summary(metrics)
    (metrics / "cost.json").unlink()
    assert "its training" not in summary(metrics)
