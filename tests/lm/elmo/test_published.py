"""A published ELMo gives what the reference implementations and a slow oracle give, whatever its options say."""

import json
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.lm.elmo.options import LstmOptions
from pipeline.lm.elmo.published import read_elmo
from pipeline.lm.elmo.stacks import ElmoStacks
from pipeline.lm.embed import Embedder
from pipeline.lm.encoders.chars import char_ids
from pipeline.lm.settings import Reading
from tests.lm.elmo import oracle
from tests.lm.elmo.drawn import CASES, OPTIONS, Json, Weights, changed, draw, write_elmo
from tests.pack import PACK

CPU = torch.device("cpu")
FIXTURE = PACK.parent / "fixtures" / "elmo_tiny"

SENTENCES = [
    ["мама", "мыла", "раму", "."],
    ["</S>", "<S>", "<UNK>", "<s>"],
    ["превысокомногорассмотрительствующему", "x" * 47, "x" * 48, "x" * 49, "ж" + "x" * 47],
    ["да"],
    ["👩‍🔬", "и\u0306", "ﷺ", "a" * 200],
    ["раз", "два", "три", "четыре", "пять", "шесть", "семь"],
]


def embed(folder: Path, sentences: list[list[str]]) -> list[np.ndarray]:
    charcnn, stacks = read_elmo(folder)
    return Embedder(charcnn, stacks, CPU).layers(sentences)


def compare(folder: Path, options: Json, weights: Weights, sentences: list[list[str]] = SENTENCES) -> None:
    for sentence, layers in zip(sentences, embed(write_elmo(folder, options, weights), sentences), strict=True):
        expected = oracle.layers(options, weights, sentence)
        assert layers.dtype == np.float32 and layers.shape == expected.shape
        np.testing.assert_allclose(layers, expected, atol=1e-5, rtol=0)


@pytest.fixture(scope="module")
def reference() -> list[tuple[list[str], np.ndarray, np.ndarray]]:
    """Sentences, and what the reference implementations give for each: layers and character ids."""
    if not FIXTURE.is_dir():
        pytest.skip(f"no reference values at {FIXTURE}")
    expected = np.load(FIXTURE / "expected.npz")
    lines = (FIXTURE / "sentences.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    assert len(lines) == expected["n_sentences"]
    return [(s.split(" "), expected[f"s{i}_layers"], expected[f"s{i}_char_ids"]) for i, s in enumerate(lines)]


def test_equals_the_reference_implementations(reference: list[tuple[list[str], np.ndarray, np.ndarray]]) -> None:
    reading = Reading(characters=50, marks=True, lemmas="plain", lowercase=False)
    begin, end = char_ids(["<S>", "</S>"], reading)
    results = embed(FIXTURE, [sentence for sentence, _, _ in reference])
    for result, (sentence, layers, ids) in zip(results, reference, strict=True):
        np.testing.assert_allclose(result, layers, atol=1e-5, rtol=0)
        np.testing.assert_array_equal(np.vstack([begin, char_ids(sentence, reading), end]), ids)


def test_the_oracle_equals_them_too(reference: list[tuple[list[str], np.ndarray, np.ndarray]]) -> None:
    options = json.loads((FIXTURE / "options.json").read_text(encoding="utf-8"))
    with h5py.File(FIXTURE / "model.hdf5") as file:
        weights = {name: file[name][...] for name in draw(options)}
    for sentence, layers, _ in (reference[0], reference[4]):
        np.testing.assert_allclose(oracle.layers(options, weights, sentence), layers, atol=1e-5, rtol=0)


@pytest.mark.parametrize("case", CASES["cases"])
def test_equals_the_oracle(tmp_path: Path, case: str) -> None:
    options = changed(**CASES["cases"][case])
    compare(tmp_path, options, draw(options))


SIZES = st.integers(1, 9)
ANY_OPTIONS = st.builds(
    changed,
    activation=st.sampled_from(["relu", "tanh"]),
    embedding=st.fixed_dictionaries({"dim": SIZES}),
    filters=st.lists(st.tuples(SIZES, SIZES).map(list), min_size=1, max_size=4),
    max_characters_per_token=st.integers(9, 60),
    n_highway=st.integers(0, 2),
    cell_clip=st.none() | st.floats(0.1, 3),
    dim=SIZES,
    n_layers=st.integers(1, 3),
    proj_clip=st.none() | st.floats(0.1, 3),
    projection_dim=SIZES,
    use_skip_connections=st.booleans(),
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(options=ANY_OPTIONS, seed=st.integers(0, 99), sentence=st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_equals_the_oracle_whatever_the_options(tmp_path: Path, options: Json, seed: int, sentence: list[str]) -> None:
    compare(tmp_path, options, draw(options, seed), [sentence])


@pytest.mark.parametrize("dtype", ["f2", ">f4"])
def test_other_floating_point_compressed(tmp_path: Path, dtype: str) -> None:
    weights = {name: values.astype(dtype) for name, values in draw(OPTIONS).items()}
    write_elmo(tmp_path, OPTIONS, weights)
    plain = embed(tmp_path, SENTENCES)
    with h5py.File(tmp_path / "model.hdf5", "w") as file:
        for name, values in weights.items():
            file.create_dataset(name, data=values, compression="gzip", shuffle=True, chunks=True)
    for one, other in zip(plain, embed(tmp_path, SENTENCES), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(plain[0], oracle.layers(OPTIONS, weights, SENTENCES[0]), atol=1e-5)


def test_names_as_allennlp_gives_them_and_values_that_only_training_needs(tmp_path: Path) -> None:
    write_elmo(tmp_path, OPTIONS | {"all_clip_norm_val": "?"}, draw(OPTIONS) | {"softmax/W": np.zeros((3, 3))})
    (tmp_path / "options.json").rename(tmp_path / "elmo_2x12_7_options.json")
    (tmp_path / "model.hdf5").rename(tmp_path / "elmo_2x12_7_weights.hdf5")
    assert len(embed(tmp_path, SENTENCES)) == len(SENTENCES)


def in_company(folder: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The layers of each of `SENTENCES` alone, and in batches of several sizes, at several positions."""
    chance = np.random.default_rng(1)
    words = [f"слово{number}" * (1 + number % 4) for number in range(300)]
    company = [chance.choice(words, chance.integers(1, 12)).tolist() for _ in range(40)]
    alone = [embed(folder, [sentence])[0] for sentence in SENTENCES]
    for before in (1, 29):
        together = embed(folder, [*company[:before], *SENTENCES, *company[before : 2 * before]])
        yield from zip(alone, together[before:], strict=False)


@pytest.mark.parametrize(
    ("units", "width", "filters", "tolerance"), [(40, 16, 32, 0), (256, 128, 192, 0), (12, 7, 18, 2e-6)]
)
def test_a_sentence_is_the_same_in_any_company(
    tmp_path: Path, units: int, width: int, filters: int, tolerance: float
) -> None:
    """To the bit at widths that are multiples of eight, as all published ones are; MKL treats odd ones row by row."""
    options = changed(dim=units, projection_dim=width, filters=[[1, 8], [3, filters - 16], [7, 8]])
    for alone, together in in_company(write_elmo(tmp_path, options, draw(options))):
        np.testing.assert_allclose(alone, together, atol=tolerance, rtol=0)


def test_the_papers_parameters() -> None:
    """37.8 M in the stacks of the published shape: half of the paper's Table 3, which counts them twice."""
    with torch.device("meta"):
        stacks = ElmoStacks(LstmOptions(dim=2048, projection_dim=512, n_layers=2))
    assert stacks.recurrent_parameters() / 1e6 == pytest.approx(37.782, abs=0.001)
