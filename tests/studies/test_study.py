"""studies/<name>.yaml: what is valid, what is said of what is not, and how its settings reach DVC."""

from pathlib import Path

import pytest
import yaml

from pipeline.errors import UserError
from pipeline.experiments.lock import LOADER
from pipeline.experiments.studies.study import encode, list_cells, list_studies, read_study
from pipeline.files.yaml import read_yaml
from tests.studies.fake import ROOT, VALUES

VALID = "question: Which?\nrows: {a: {arch: sru}, b: {arch: gru}}\n"


@pytest.mark.parametrize("name", list_studies(ROOT / "studies"))
def test_the_studies_of_the_repository_fit_its_settings(name: str) -> None:
    values = read_yaml(ROOT / "params.yaml")
    study = read_study(name, ROOT / "studies")
    cells = list_cells(study, name, values)
    assert len(cells) == len(study.rows) * len(study.columns)
    assert len({str(cell.values) for cell in cells}) == len(cells), "two rows have the same settings"


def test_an_experiment_has_the_settings_of_base_column_row_and_cell_the_last_one_first(tmp_path: Path) -> None:
    text = "question: Which?\nbase: {seed: 2, scale: local}\ncolumns: {c: {seed: 3, arch: gru}, d: {}}\n"
    text += "cells: {'Ёлки, палки': {d: {seed: 4}}}\n"
    (tmp_path / "x.yaml").write_text(text + "rows: {a: {arch: lstm}, 'Ёлки, палки': {}}\n", encoding="utf-8")
    cells = list_cells(read_study("x", tmp_path), "x", VALUES)
    chosen = {(row, column): (params.seed, params.scale, params.arch) for row, column, _, _, params in cells}
    assert chosen["a", "c"] == (3, "local", "lstm") and chosen["a", "d"] == (2, "local", "lstm")
    assert chosen["Ёлки, палки", "c"] == (3, "local", "gru") and chosen["Ёлки, палки", "d"] == (4, "local", "sru")
    assert VALUES["seed"] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            VALID + "basis: {}",
            "basis: unknown key; valid keys here: question, base, columns, rows, cells, baseline, picture, findings, "
            "claims",
        ),
        ("question: Which?", "rows: missing; required here: question, rows"),
        ("question: Which?\nrows: {}", "rows: found {}: dictionary should have at least 1 item"),
        ("question: Which?\nrows: {'a|b': {}}", r"rows.a\|b: found .a\|b.: expected a name without bars"),
        ('question: "One.\\nTwo."\nrows: {a: {}}', "question: found .*: expected a line of text"),
        (VALID + "cells: {c: {}}", "cells: found row 'c', expected one of a, b"),
        (VALID + "cells: {a: {d: {seed: 2}}}", "cells: found column 'd', expected one of all"),
        (VALID + "claims: {Why: {worse: a, better: c}}", "claims: Why: found row 'c', expected one of a, b"),
        (
            VALID + "claims: {Why: {worse: a, better: b, column: d}}",
            "claims: Why: found column 'd', expected one of all",
        ),
        (
            VALID + "claims: {Why: {worse: a, better: a}}",
            "claims: Why: found a and a, which the study does not compare",
        ),
        (VALID + "baseline: c", "baseline: found 'c', expected one of a, b"),
        ("question: [", "not valid YAML: line"),
        ("", "top level: found nothing"),
        (VALID + "base: {archs.sru.layer: 2}", "a: found setting 'archs.sru.layer', which params.yaml does not have;"),
        (VALID + "base: {seed: -1}", "a: seed: found -1: input should be greater than or equal to 0"),
        (VALID.replace("gru", "gruu"), "b: arch: found 'gruu', expected one of charcnn, lstm"),
        (VALID + "columns: {c: {scale: x}, d: {}}", "a, c: scale: found 'x', expected one of demo, local, paper"),
        (VALID + "base: {archs.sru: {layers: 4}}", "a: archs.sru: found a block, expected a value; give each"),
        (VALID.replace("gru", "sru"), "rows: a and b have the same settings; keep one of them"),
        (VALID + "base: {archs.мой.layers: 4}", "a: found setting 'archs.мой.layers', which DVC cannot set; name it"),
    ],
)
def test_a_fault_is_one_line_that_names_it(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    values = VALUES | {"archs": VALUES["archs"] | {"мой": VALUES["archs"]["sru"]}}
    with pytest.raises(UserError, match=rf"x.yaml: {message}"):
        list_cells(read_study("x", tmp_path), "x", values)


def test_a_study_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.yaml").write_text(VALID)
    with pytest.raises(UserError, match=r"found no study '../x'; in .*: a, b"):
        read_study("../x", tmp_path)
    with pytest.raises(UserError, match=r"found no .*\.yaml; run from the top of the repository"):
        list_studies(tmp_path / "elsewhere")


WORDS = ["word", "true", "Null", "inf", "", "a, b", "it's", 'say "x"', "back\\slash", "end\\", '\\"', "[x=1]", "Ещё ~"]
VALUES_OF_ALL_KINDS = [1, -2, 0.5, 5e-05, 1e16, True, False, None, [], [0, 0.2], ["a", "b c", None, True], *WORDS]


def test_dvc_reads_back_what_a_study_sets(tmp_path: Path) -> None:
    """As `dvc exp run --set-param` does it, with Hydra, and as dvc.lock is read afterwards."""
    from dvc.utils.hydra import apply_overrides, to_hydra_overrides

    path = tmp_path / "params.yaml"
    for value in VALUES_OF_ALL_KINDS:
        path.write_text("a: {b: 0}\n", encoding="utf-8")
        override = f"a.b={encode(value)}"
        assert not to_hydra_overrides([override])[0].is_sweep_override()
        apply_overrides(path, [override])
        (read,) = yaml.load(path.read_text(encoding="utf-8"), LOADER)["a"].values()
        assert read == value and type(read) is type(value), override
