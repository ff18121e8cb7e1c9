"""An exported tagger on numpy: it says what it says on torch, which is not loaded for it; and what runs on torch."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.errors import UserError
from pipeline.light import network, types
from pipeline.light.cells import CELLS
from pipeline.light.folder import LM, RULES, SETTINGS, TAGGER, read_folder
from pipeline.light.network import LightNetwork
from pipeline.ner import exported
from pipeline.ner.data.cleaning import KEEPS
from pipeline.ner.data.corpus import read_split
from pipeline.predict import Span, TextTagger, load
from pipeline.predict.network import TorchNetwork
from pipeline.predict.words import Words
from pipeline.text.spelling import compose
from pipeline.text.udpipe import Lemmatizer, Normalization
from tests.damage import WRONG
from tests.predict.conftest import DEMO, ROOT, World, sum_again

TEXT = "Анна Смирнова уехала в город Казань."


def same(ours: list[Span], theirs: list[Span]) -> bool:
    """Whether spans are equal, and their confidences up to 1e-5."""
    key = [(span.start, span.stop, span.type) for span in ours] == [(x.start, x.stop, x.type) for x in theirs]
    return key and all(abs(a.confidence - b.confidence) <= 1e-5 for a, b in zip(ours, theirs, strict=True))


def test_spans_are_those_of_torch_and_of_every_sentence_alone(
    world: World, tagger: TextTagger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "TOKENS", 150)
    monkeypatch.setattr(types, "LIMIT", 50)  # the table of types is begun again and again
    texts = [" ".join(sentence.tokens) for sentence in read_split(world.corpus / "train.tsv")][:80]
    light, theirs = load(world.exported), load(world.exported, runtime="torch")
    assert isinstance(light._network, LightNetwork) and isinstance(theirs._network, TorchNetwork)
    together = list(light(iter(texts)))
    assert sum(map(len, together)) > 40
    for text, ours, expected in zip(texts, together, theirs(iter(texts)), strict=True):
        assert same(ours, expected) and same(ours, tagger(text))


def test_a_process_that_predicts_loads_no_torch(world: World) -> None:
    code = f"from pipeline.predict import load; import sys; print(len(load({str(world.exported)!r})({TEXT!r})) > 0); "
    code += "print({'torch', 'pydantic', 'pandas', 'safetensors', 'yaml'} & set(sys.modules))"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert result.stdout.splitlines() == ["True", "set()"], result.stderr


def test_what_has_no_light_form_runs_on_torch_and_is_named(
    world: World, copy: Path, tagger: TextTagger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(CELLS, "sru")
    expected = f"{world.exported}: cell 'sru' has no light form; it runs on torch"
    assert same(load(world.exported)(TEXT), tagger(TEXT)) and tagger(TEXT)
    assert capsys.readouterr().err == f"note: {expected}\n"
    with pytest.raises(UserError, match=f"^{expected} only$"):
        load(world.exported, runtime="light")
    config = json.loads((copy / LM / "config.json").read_text())
    config |= {"arch": config["arch"] | {"cell": "elmo"}, "lm": None}  # a published ELMo's, which has no stack of ours
    (copy / LM / "config.json").write_text(json.dumps(config))
    sum_again(copy)
    with pytest.raises(UserError, match=r"copy: cell 'elmo' has no light form; it runs on torch only$"):
        load(copy, runtime="light")
    monkeypatch.setitem(sys.modules, "pipeline.predict.network", None)  # as if it were not installed
    with pytest.raises(UserError, match=r"wikineural: needs torch and the code that trains: .* is not installed$"):
        load(world.exported)


@pytest.mark.parametrize("file", ["lm/config.json", "lm/charcnn.json", "tagger/config.json"])
def test_a_setting_that_is_not_known_is_not_passed_over(copy: Path, file: str) -> None:
    """It may change the maths. Torch knows the settings of its time, and refuses all others."""
    change(copy / file, lambda settings: settings.update(depth=3))
    with pytest.raises(UserError, match="setting 'depth' has no light form"):
        load(copy, runtime="light")
    with pytest.raises(UserError, match=r"config\.json: depth|charcnn\.json: .*depth"):
        load(copy)


def change(path: Path, edit: Callable[[Any], None]) -> None:
    """Edit a JSON file of an exported folder, and make the sums right again."""
    settings = json.loads(path.read_text())
    edit(settings)
    path.write_text(json.dumps(settings))
    sum_again(path.parents[1])


def keys(values: Any, *outer: str) -> Iterator[tuple[str, ...]]:
    """The keys of an object and of those within."""
    for key, value in values.items():
        yield (*outer, key)
        yield from keys(value, *outer, key) if isinstance(value, dict) else ()


def refuses(read: Callable[[], object]) -> bool:
    try:
        read()
    except (UserError, ValidationError):
        return True
    return False


def test_settings_are_read_as_pydantic_reads_them(copy: Path) -> None:
    text = (copy / SETTINGS).read_text()
    expected = exported.Exported.model_validate_json(text, strict=True).model_dump(exclude={"format"})
    read = read_folder(copy)
    assert read._asdict() | {"udpipe": read.udpipe._asdict()} == expected
    for *outer, last in keys(json.loads(text)):
        for value in WRONG:
            settings = block = json.loads(text)
            for key in outer:
                block = block[key]
            block[last] = value
            damaged = json.dumps(settings)
            (copy / SETTINGS).write_text(damaged)
            by_pydantic = refuses(lambda: exported.Exported.model_validate_json(damaged, strict=True))  # noqa: B023
            assert refuses(lambda: read_folder(copy)) == by_pydantic, (*outer, last, value)


def test_names_are_those_that_export_gives() -> None:
    assert (SETTINGS, LM, TAGGER) == (exported.SETTINGS, exported.LM, exported.TAGGER)
    assert set(RULES) == set(KEEPS)


TOKENS = st.lists(st.text(st.characters(exclude_categories=[]), max_size=6) | st.sampled_from(["_", "столи́ца", " "]))


@pytest.mark.parametrize("lowercase", [False, True])
def test_words_are_those_of_the_lemmatiser(lowercase: bool) -> None:
    words, lemmatizer = Words(lowercase), Lemmatizer(DEMO / "model.udpipe", Normalization(lowercase, lemmas=False))

    @given(TOKENS)
    def check(tokens: list[str]) -> None:
        tokens = [compose(token) or "x" for token in tokens]
        assert words.lemmatize_tokens(tokens) == lemmatizer.lemmatize_tokens(tokens)

    check()
