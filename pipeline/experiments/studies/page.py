"""results/<study>/page.md and .html: findings, a picture, scores, tests of pairs, costs. page.md has the words."""

import textwrap
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from pipeline.experiments.studies.claims import judge_claims
from pipeline.experiments.studies.findings import STALE, write_findings
from pipeline.experiments.studies.pairs import RESAMPLES, Key, Pair, smallest_difference
from pipeline.experiments.studies.record import NAMES
from pipeline.experiments.studies.results import Results, say_difference
from pipeline.experiments.studies.study import ALL, FOLDER, encode
from pipeline.report.pages.blocks import Markdown, code, table
from pipeline.report.pages.render import render_markdown
from pipeline.report.paper import LARGE_MODELS, MODELS
from pipeline.report.tables import NONE, decimal, integer, minutes, plain, score

PAPER = MODELS | LARGE_MODELS
FEW = 3
"""Experiments that were not run are named where all can see them if they are at most so many."""
HERE = Path(__file__).parent


def render(results: Results, pictures: Collection[str]) -> str:
    """Return the whole page as Markdown, with the pictures of these names."""
    study = results.study
    matrices = [(results.title(*key), _tabulate_pairs(results, *key)) for key in results.tables()]
    columns = [[column, _describe_settings(values)] for column, values in study.columns.items()]
    cells = [
        (study.title(row, column), values) for row, cells in study.cells.items() for column, values in cells.items()
    ]
    return render_markdown(
        HERE / "page.md",
        **_content(results, ".", pictures),
        resamples=RESAMPLES,
        matrices=[(title, matrix) for title, matrix in matrices if matrix],
        costs=[[*results.titles([key]), *_describe_cost(results.means[key])] for key in _first_of_each(results)],
        settings=[[name, _describe_settings(values)] for name, values in [*study.rows.items(), *cells]],
        base=_describe_settings(study.base),
        columns=[] if [*study.columns] == [ALL] else columns,
    )


def summarise(results: Results, folder: str, pictures: Collection[str]) -> dict[str | None, str]:
    """Return what pages of the documentation show, as Markdown: by part, see `docs`.

    `folder` leads to the study's results and its pictures.
    """
    reference = results.study.baseline or next(iter(results.study.rows))
    content = _content(results, folder, pictures) | {
        "reference": reference,
        "rows": _tabulate_rows(results, reference),
        "seeds": max((len(results.seeds(key)) for key in results.means), default=0),
    }
    templates = {None: "docs.md", "finding": "finding.md", "table": "table.md"}
    return {part: render_markdown(HERE / template, **content) for part, template in templates.items()}


def show(results: Results, width: int) -> str:
    """Return the scores for a terminal, a table for each data set and column, in lines of at most `width` characters.

    Names of rows go on in the next line where they are too long.
    """
    parts = [results.study.question, *write_findings(results)]
    if results.stale:
        parts.append(f"{STALE} settings or code have changed since; to be run again")
    if results.missing:
        number = f"{len(results.missing)} of {len(results.titles(results.keys))} experiments"
        parts.append(f"not run: {'; '.join(results.missing) if len(results.missing) <= FEW else number}")
    tables = [plain(*judge_claims(results), width)] if results.study.claims and results.means else []
    for name, column in results.tables():
        means = {key: mean for key, mean in results.means.items() if key[1:] == (column, name)}
        columns = {
            "entity F1": [results.spread(key, "entity_f1") for key in means],
            "unseen": [_score(mean.entity_f1_unseen) for mean in means.values()],
            "lower-cased": [_score(mean.entity_f1_lowercased) for mean in means.values()],
            "typos": [_score(mean.entity_f1_typos) for mean in means.values()],
            "token F1": [_score(mean.token_f1) for mean in means.values()],
            "perplexity": [decimal(_known(mean.perplexity), 1) for mean in means.values()],
        }
        columns = {title: cells for title, cells in columns.items() if {*cells} != {NONE}}
        names = [_mark(results, key) for key in means]
        rows = [*zip(names, *columns.values(), strict=True)]
        tables.append(f"{results.title(name, column)}\n{plain(['', *columns], rows, width)}")
    return "\n\n".join([*(textwrap.fill(part, width, break_on_hyphens=False) for part in parts), *tables])


def _content(results: Results, folder: str, pictures: Collection[str]) -> dict[str, object]:
    current = [mean for key, mean in results.means.items() if key not in results.stale]
    machines = {mean.machine for mean in results.means.values()}
    return {
        "study": results.study,
        "folder": folder,
        "pictures": pictures,
        "lead": results.study.picture if results.study.picture in pictures else "scores",
        "file": code(f"{FOLDER / results.name}.yaml"),
        "findings": [Markdown(sentence) for sentence in write_findings(results)],
        "claims": table(*judge_claims(results)) if results.study.claims and results.means else "",
        "scores": [(results.title(*key), *_tabulate_scores(results, *key)) for key in results.tables()],
        "missing": results.missing,
        "few": FEW,
        "experiments": len(results.titles(results.keys)),
        "stale": results.titles(key for key in results.means if key in results.stale),
        "commits": sorted({mean["commit"] for mean in current}),
        "machines": sorted(machines - {""}),
        "ran": bool(results.means),
    }


def _tabulate_scores(results: Results, name: str, column: str) -> tuple[Markdown, float | None, float | None]:
    """Return the table of scores of a data set, the deviation between seeds, and the smallest difference to be seen.

    Either is None where there is none: of one seed a row, and where no pair was tested.
    """
    means = {key: mean for key, mean in results.means.items() if key[1:] == (column, name)}
    rates = sorted({mean.typo_rate for mean in means.values() if pd.notna(mean.typo_rate)})
    paper = any(key[0] in PAPER for key in means)
    names, perplexities = (
        any(pd.notna(mean[number]) for mean in means.values()) for number in ("entity_f1_names", "perplexity")
    )
    header = ["", "Entity F1", "95 % interval", *([", ".join(NAMES)] if names else []), "unseen", "lower-cased"]
    header += [f"{100 * rates[0]:g} % typos" if len(rates) == 1 else "typos"] if rates else []
    header += ["Token F1", *(["the paper's"] if paper else []), *(["Perplexity"] if perplexities else [])]
    header += ["CPU minutes", "Seeds"]
    rows = []
    for key, mean in means.items():
        cells = [_mark(results, key), results.spread(key, "entity_f1")]
        cells += [f"{score(mean.entity_f1_low)} to {score(mean.entity_f1_high)}"]
        cells += [_score(mean.entity_f1_names)] if names else []
        cells += [_score(mean.entity_f1_unseen), _score(mean.entity_f1_lowercased)]
        cells += [_score(mean.entity_f1_typos)] if rates else []
        cells += [results.spread(key, "token_f1")]
        cells += [score(PAPER[key[0]].f1.get(name)) if key[0] in PAPER else NONE] if paper else []
        cells += [decimal(_known(mean.perplexity), 1)] if perplexities else []
        cells += [" + ".join(minutes(_known(value)) for value in (mean.cpu_minutes, mean.tagger_cpu_minutes))]
        cells += [str(len(results.seeds(key)))]
        rows.append(cells)
    number = max((len(results.seeds(key)) for key in means), default=1)
    between, pairs = results.seed_deviation(name, column), [*results.pairs_of(name, column).values()]
    return table(header, rows), between, smallest_difference(pairs, number, between or 0)


def _tabulate_rows(results: Results, reference: str) -> Markdown:
    """Return a table with a line for each row: what its language model is and took, and F1 in each column on each set.

    A star marks what differs from the row `reference` by more than chance.
    """
    sure = {title: results.sure_pairs(*title) for title in results.tables()}
    header = ["", "Parameters, M", "CPU minutes"]
    header += [f"Perplexity{'' if column == ALL else ', ' + column}" for column in results.columns]
    rows = []
    for row in dict.fromkeys(row for row, *_ in results.means):
        of_row = {key[1:]: mean for key, mean in results.means.items() if key[0] == row}
        by_column = {column: mean for (column, _), mean in of_row.items()}
        means = pd.DataFrame(by_column.values())
        cells = [_mark(results, (row, *next(iter(of_row)))), decimal(_known(means.parameters_m.iloc[0]), 2)]
        cells += [minutes(_known(means.cpu_minutes.mean()))]
        for column in results.columns:
            cells += [decimal(_known(by_column[column].perplexity) if column in by_column else None, 1)]
        for name, column in results.tables():
            star = " *" if (reference, row) in sure[name, column] else ""
            cells += [score(of_row[column, name].entity_f1) + star if (column, name) in of_row else NONE]
        rows.append(cells)
    return table([*header, *(results.title(*title) for title in results.tables())], rows)


def _mark(results: Results, key: Key) -> str:
    return f"{key[0]} {STALE}" if key in results.stale else key[0]


def _tabulate_pairs(results: Results, name: str, column: str) -> str:
    """A row for each row but the last and a column for each but the first; with a baseline, a line for each pair."""
    pairs, sure = results.pairs_of(name, column), results.sure_pairs(name, column)
    if not pairs:
        return ""
    cells = {names: _describe_difference(pair, names in sure) for names, pair in pairs.items()}
    if results.study.baseline is not None:
        return table(["", f"minus {results.study.baseline}"], [[b, cell] for (_, b), cell in cells.items()])
    rows = [row for row in results.study.rows if any(row in names for names in pairs)]
    return table(["Column minus row", *rows[1:]], [[a, *(cells.get((a, b), "") for b in rows[1:])] for a in rows[:-1]])


def _describe_difference(pair: Pair, sure: bool) -> str:
    text = say_difference(pair.difference, pair.p)
    return Markdown(f"**{text}** *") if sure else text


def _first_of_each(results: Results) -> list[Key]:
    """Each experiment on its first data set: what its language model took is the same for all."""
    first: dict[tuple[str, str], Key] = {}
    for key in results.means:
        first.setdefault(key[:2], key)
    return [*first.values()]


def _describe_cost(mean: pd.Series) -> list[str]:
    return [
        decimal(_known(mean.parameters_m), 2),
        decimal(mean.tokens / 1e6 if pd.notna(mean.tokens) else None, 1),
        minutes(_known(mean.cpu_minutes)),
        minutes(_known(mean.tagger_cpu_minutes)),
        integer(_known(mean.tokens_per_second)),
    ]


def _describe_settings(settings: dict[str, object]) -> Markdown:
    return Markdown(", ".join(code(f"{key}={encode(value)}") for key, value in settings.items()) or NONE)


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _score(value: float) -> str:
    return score(_known(value))
