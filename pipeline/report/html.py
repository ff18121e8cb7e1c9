"""metrics/report.html: one experiment, for people, as one file with its pictures and some test sentences."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.report import sections
from pipeline.report.data import Json, Results, SetResults
from pipeline.report.pages.blocks import Block, Example, Examples, Fact, Heading, Section, Table
from pipeline.report.pages.render import PAGE, inline_svgs, render_page
from pipeline.report.paper import set_name
from pipeline.report.tables import decimal, integer, minutes, plus_minus, score, spread


class Sentences(NamedTuple):
    """Test sentences to look at, and how they were chosen."""

    chosen: str
    examples: Sequence[Example]


def render_html(
    results: Results, sentences: Mapping[str, Sentences], settings: Json, pictures: Mapping[str, str]
) -> str:
    """The whole page; `sentences` by data set, `pictures` are SVG documents by name."""
    return render_page(
        PAGE,
        title=f"{results.arch}, scale {results.scale}",
        warning=sections.DEMO_WARNING if results.scale == sections.DEMO else "",
        lead=[sections.describe_protocol(results.protocol)],
        facts=[*_facts(results)],
        sections=[section for section in _sections(results, sentences, settings) if section.blocks],
        pictures=inline_svgs(pictures),
    )


def _facts(results: Results) -> Iterator[Fact]:
    for name, of_set in results.sets.items():
        token, entity = (sections.interval(of_set, metric) for metric in ("token_f1", "entity_f1"))
        note = f"95 % interval {entity}; token F1 {spread(of_set.metrics, 'token_f1')} ({token})"
        yield Fact(f"{set_name(name)}, entity F1", spread(of_set.metrics, "entity_f1"), note)
    lm = results.lm
    if "perplexity" in lm:
        note = f"of held-out articles, after {integer(lm.get('tokens'))} tokens in {minutes(lm.get('minutes'))} minutes"
        yield Fact("Language model, perplexity", decimal(lm["perplexity"], 1), note)
    note = f"recurrent layers and projection; {results.encoder} {decimal(results.charcnn_parameters_m, 2)} M"
    yield Fact("Parameters", f"{decimal(lm['parameters_m'], 2)} M", note)


def _sections(results: Results, sentences: Mapping[str, Sentences], settings: Json) -> Iterator[Section]:
    yield Section("Named entities, test split", [*sections.scores(results), *_types(results)])
    yield Section("Learning curves", [*_curves(results)])
    yield Section("Typos, test split", [*sections.typos(results)])
    yield Section("Language model, and what it cost", [*sections.language_model(results)])
    yield Section("Beside the paper, Table 2", [*sections.beside_paper(results)])
    yield Section("NER sets", [*sections.ner_sets(results)])
    yield Section("News text, stage by stage", [*sections.text(results)])
    yield Section("Test sentences", [*_sentences(sentences)])
    yield Section("Settings", [Table(["Setting", "Value"], [*_flatten(settings)], left=2)])


def _types(results: Results) -> Iterator[Block]:
    for name, of_set in results.sets.items():
        yield Heading(f"{set_name(name)}, by entity type")
        yield _type_table(of_set)
        yield sections.picture_of(name, "types")
        yield sections.picture_of(name, "confusion")


def _type_table(of_set: SetResults) -> Table:
    rows = [
        [
            str(row["type"]),
            integer(row["support"]),
            score(row["precision"]),
            score(row["recall"]),
            plus_minus(row["f1"], row["deviation"]),
            f"{score(row['low'])} to {score(row['high'])}",
        ]
        for row in of_set.types.to_dict("records")
    ]
    return Table(["Type", "Gold entities", "Precision", "Recall", "F1", "95 % interval"], rows)


def _curves(results: Results) -> Iterator[Block]:
    yield from sections.learning_curve(results)
    for name in results.sets:
        yield sections.picture_of(name, "epochs")


def _sentences(sentences: Mapping[str, Sentences]) -> Iterator[Block]:
    for name, shown in sentences.items():
        yield Heading(set_name(name))
        yield shown.chosen
        yield Examples(shown.examples)


def _flatten(settings: Any, key: str = "") -> Iterator[list[str]]:
    """Dotted keys and their values, as `dvc params diff` has them."""
    if not isinstance(settings, dict):
        yield [key, str(settings)]
        return
    for name, value in settings.items():
        yield from _flatten(value, f"{key}.{name}" if key else str(name))
