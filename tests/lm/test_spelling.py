"""Encoders that published vectors have taught, and tables of these vectors: by spelling, as found, or both."""

import json
import os
import signal
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pytest
import torch

from pipeline.errors import UserError
from pipeline.files.vocabulary import Entry, Vocabulary
from pipeline.lm.embed import Embedder
from pipeline.lm.encoders.chars import char_ids, vocabulary_char_ids
from pipeline.lm.encoders.encoder import CharEncoder
from pipeline.lm.encoders.known import KnownWords
from pipeline.lm.encoders.load import TABLE, load_encoder, make_encoder
from pipeline.lm.encoders.ngrams import CharNgrams
from pipeline.lm.encoders.words import WordVectors
from pipeline.lm.settings import OURS, CharCnnSettings, KnownShape, SpellingSettings, WordShape
from pipeline.lm.training.spelling import Speller
from pipeline.stages import charcnn
from pipeline.work.checkpoint import Checkpoint, open_checkpoint
from pipeline.work.interruption import Stopped
from tests.lm.conftest import small_charcnn
from tests.lm.world import project, run_pretrain
from tests.params import make_params

CPU = torch.device("cpu")
WIDTH = 12
STEMS = ["дом", "лес", "вод", "рук", "мор", "ветр", "голов", "книг", "стол", "окн", "дорог", "камен", "зим", "лет"]
STEMS += ["снег", "звезд", "трав", "пол", "рек", "гор"]
ENDS = ["", "а", "у", "ом", "ами", "ах", "ный", "ная", "ного", "ская", "ский", "ник", "ница", "овать"]
WORDS = [stem + end for stem, end in product(STEMS, ENDS)]
Kind = Literal["cnn", "ngrams", "vectors"]


def vectors_of(words: list[str]) -> npt.NDArray[np.float32]:
    """A vector for the stem and one for the end of each word, added: what spelling can tell; (words, width)."""
    chance = np.random.default_rng(1)
    parts = {part: chance.normal(size=WIDTH) for part in STEMS + ENDS}
    stems = [next(stem for stem in STEMS if word.startswith(stem)) for word in words]
    return np.array(
        [parts[s] + parts[w.removeprefix(s)] for w, s in zip(words, stems, strict=True)], np.float32
    ) / np.float32(2**0.5)


def speller(
    kind: Literal["cnn", "ngrams"] = "ngrams", checkpoint: Checkpoint | None = None, **changes: object
) -> Speller:
    values = {"words": 1000, "batch_words": 32, "epochs": 4, "learning_rate": 0.02, "held_out": 0.1, "known": 0}
    settings = SpellingSettings.model_validate(values | changes)
    torch.manual_seed(0)
    encoder = make_encoder(small_charcnn(kind).shape(WIDTH))
    return Speller(encoder, char_ids(WORDS), vectors_of(WORDS), settings, 1, CPU, checkpoint)


@pytest.mark.parametrize("kind", ["cnn", "ngrams"])
def test_it_learns_and_tells_of_words_that_it_has_not_learned(kind: Literal["cnn", "ngrams"]) -> None:
    run = speller(kind, epochs=12)
    before = run.cosine()
    first, *_, last = run.run()
    assert last.loss < 0.7 * first.loss
    assert last.held_out_cosine > 0.5 > 0.2 > before


def test_words_that_are_held_out_are_never_learned() -> None:
    runs = [speller() for _ in range(2)]
    runs[1].values[runs[1].held] = 1e3
    losses = [[epoch.loss for epoch in run.run()] for run in runs]
    assert losses[0] == losses[1] and len(runs[0].held) == round(len(WORDS) / 10)
    assert sorted([*runs[0].held, *runs[0].train]) == [*range(len(WORDS))]


def test_an_epoch_takes_each_word_once() -> None:
    run, taken = speller(epochs=2), []
    run.encoder.register_forward_pre_hook(lambda module, inputs: taken.append(inputs[0]) if module.training else None)
    run.run()
    rows = torch.cat(taken)
    for part in rows.chunk(2):
        assert torch.equal(part.unique(dim=0), run.chars[run.train].unique(dim=0)) and len(part) == len(run.train)


def test_steps_are_adams() -> None:
    """Kingma and Ba 2015, algorithm 1, on the mean of the squared errors; the step size falls linearly."""
    run = speller(batch_words=150, epochs=1)
    encoder = run.encoder
    weights = {name: p.detach().double().numpy().copy() for name, p in encoder.named_parameters()}
    moments = {name: [np.zeros_like(value), np.zeros_like(value)] for name, value in weights.items()}
    order = np.random.default_rng([1, 0]).permutation(run.train)
    assert run.steps == 2
    for step, batch in enumerate((order[:150], order[150:]), start=1):
        outputs = encoder(run.chars[batch])
        loss = sum(((out - value) ** 2).sum() for out, value in zip(outputs, run.values[batch], strict=True))
        slopes = torch.autograd.grad(loss / (len(batch) * WIDTH), [*encoder.parameters()])
        for (name, value), slope in zip(weights.items(), slopes, strict=True):
            first, second = moments[name]
            g = slope.double().numpy()
            first[:], second[:] = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g**2
            size = 0.02 * (1 - (step - 1) / 2)
            value -= size * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        run._step(2)
        for name, parameter in encoder.named_parameters():
            np.testing.assert_allclose(parameter.detach().numpy(), weights[name], atol=2e-5)


@pytest.mark.parametrize("kind", ["cnn", "ngrams"])
def test_stopped_after_any_step_it_goes_on_as_if_it_had_not_been(
    tmp_path: Path, kind: Literal["cnn", "ngrams"]
) -> None:
    """Within an epoch, at its end, and twice."""
    whole = speller(kind, batch_words=100, epochs=2)
    epochs, total = whole.run(), 2 * whole.steps
    for stops in [*([step] for step in range(1, total)), [1, total - 1]]:
        with open_checkpoint(tmp_path, "run", 1000) as checkpoint:
            for stop in stops:
                run = speller(kind, checkpoint, batch_words=100, epochs=2)
                leave_after(run, stop)
                with pytest.raises(Stopped, match=f"stopped after step {stop} of {total}; run again to go on"):
                    run.run()
            last = speller(kind, checkpoint, batch_words=100, epochs=2)
            assert last.run() == epochs
        for name, value in whole.encoder.state_dict().items():
            assert torch.equal(last.encoder.state_dict()[name], value), (stops, name)


def leave_after(run: Speller, stop: int) -> None:
    """Ask the run to leave, by a signal in the midst of this step."""

    def ask(*_: object) -> None:
        if run.encoder.training and run.step + 1 == stop:
            os.kill(os.getpid(), signal.SIGTERM)

    run.encoder.register_forward_pre_hook(ask)


class Killed(BaseException):
    """No handler sees a SIGKILL, and nothing is saved after it."""


def test_killed_in_any_step_it_goes_on_from_its_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = speller(batch_words=100, epochs=2)
    epochs, total = whole.run(), 2 * whole.steps
    monkeypatch.setattr(Checkpoint, "due", lambda checkpoint: True)
    with open_checkpoint(tmp_path, "run", 1000) as checkpoint:
        for step in range(total):
            run = speller(checkpoint=checkpoint, batch_words=100, epochs=2)
            monkeypatch.setattr(run, "_step", lambda total, run=run, step=step: killed_step(run, step, total))
            with pytest.raises(Killed):
                run.run()
            assert run.step == step
        last = speller(checkpoint=checkpoint, batch_words=100, epochs=2)
        assert last.run() == epochs
    for name, value in whole.encoder.state_dict().items():
        assert torch.equal(last.encoder.state_dict()[name], value), name


def killed_step(run: Speller, step: int, total: int) -> float:
    """A step, or in its place a kill."""
    if run.step == step:
        raise Killed
    return Speller._step(run, total)


def test_the_checkpoint_of_another_encoder_is_refused(tmp_path: Path) -> None:
    with open_checkpoint(tmp_path, "run", 1e-9) as checkpoint:
        speller("ngrams", checkpoint, epochs=1).run()
        with pytest.raises(UserError, match=r"state\.safetensors: not of this run .*; delete it to train from the"):
            speller("cnn", checkpoint).run()


def test_a_loss_that_explodes_is_reported() -> None:
    with pytest.raises(
        UserError, match=r"spelling: found a loss of \w+ at step \d+ of \d+, .* lower charcnn\.spelling"
    ):
        speller("cnn", learning_rate=1e30).run()


def test_a_single_word_cannot_be_learned() -> None:
    settings = small_charcnn("ngrams")
    encoder = make_encoder(settings.shape(WIDTH))
    with pytest.raises(UserError, match="spelling: found 1 word, expected some to learn and one to hold out"):
        Speller(encoder, char_ids(["дом"]), np.zeros((1, WIDTH), np.float32), settings.spelling, 1, CPU)


def filled(words: list[str], values: npt.NDArray[np.float32], lowercase: bool = False) -> WordVectors:
    reading = OURS.model_copy(update={"lowercase": lowercase})
    shape = WordShape(encoder="vectors", words=len(words), projection=values.shape[1], reading=reading)
    module = WordVectors(shape)
    module.fill(char_ids(words, reading), values)
    return module.eval()


LONG = "ы" * 24
"""As many letters as 50 characters hold."""


@pytest.mark.parametrize("lowercase", [False, True])
def test_words_are_looked_up_as_in_a_dict(lowercase: bool) -> None:
    words = ["дом", "x", "", "ы", f"{LONG}а", f"{LONG}б", "</s>", "<s>"]
    values = np.random.default_rng(1).normal(size=(len(words), 3)).astype(np.float16).astype(np.float32)
    known = dict(zip(words, values, strict=True))
    known[f"{LONG}б"] = known[f"{LONG}я"] = known[f"{LONG}а"]  # cut, they are spelled alike
    module = filled(words, values, lowercase)
    asked = [*words, f"{LONG}я", "дома", "Дом", "X", "дом", "</S>", "мир", "нет"]
    expected = [known.get(word.lower() if lowercase else word, np.zeros(3)) for word in asked]
    np.testing.assert_array_equal(module.vectors(char_ids(asked, module.shape.reading)), expected)


def some_known(others: Literal["cnn", "ngrams"]) -> KnownWords:
    torch.manual_seed(0)
    shape = small_charcnn(others).shape(WIDTH)
    module = KnownWords(KnownShape(encoder="known", words=5, others=shape), make_encoder(shape))
    module.known.fill(char_ids(WORDS[:5]), vectors_of(WORDS[:5]))
    return module.eval()


TABLES: dict[str, Callable[[], CharEncoder]] = {
    "vectors": lambda: filled(WORDS[:5], vectors_of(WORDS[:5])),
    "known cnn": lambda: some_known("cnn"),
    "known ngrams": lambda: some_known("ngrams"),
}


@pytest.mark.parametrize("others", ["cnn", "ngrams"])
def test_known_words_are_looked_up_and_all_others_encoded(others: Literal["cnn", "ngrams"]) -> None:
    module = some_known(others)
    chars = char_ids([WORDS[7], WORDS[2], "", WORDS[4], "неведомый"])
    learned, table = module.others.vectors(chars), vectors_of(WORDS).astype(np.float16)
    expected = [learned[0], table[2], learned[2], table[4], learned[4]]
    np.testing.assert_array_equal(module.vectors(chars), expected)
    for way in (module, module.quick):
        with torch.no_grad():
            np.testing.assert_allclose(way(torch.from_numpy(chars)), expected, atol=1e-5)


@pytest.mark.parametrize("name", TABLES)
def test_the_vector_of_a_type_is_the_same_to_the_bit_whatever_comes_with_it(name: str) -> None:
    module, words = TABLES[name](), [*WORDS, "ё", "", "достопримечательность", LONG]
    together = module.vectors(char_ids(words))
    for number in [*range(0, len(words), 40), *range(len(WORDS), len(words))]:
        alone = module.vectors(char_ids(words[number : number + 1]))
        assert alone.tobytes() == together[number : number + 1].tobytes()


@pytest.mark.parametrize("name", TABLES)
def test_rescaled_both_halves_move_alike(name: str) -> None:
    """And so a word that is unknown lies where it lay among those that are known."""
    module, chars = TABLES[name](), char_ids(WORDS)
    before = module.vectors(chars).astype(np.float64)
    module.standardise(chars)
    expected = (before - before.mean(0)) / before.std(0, ddof=1)
    np.testing.assert_allclose(module.vectors(chars), expected, atol=5e-3, rtol=2e-3)


@pytest.mark.parametrize("name", TABLES)
def test_saved_and_loaded_it_is_the_same(tmp_path: Path, name: str) -> None:
    module = TABLES[name]()
    module.save(tmp_path)
    loaded, chars = load_encoder(tmp_path, CPU), char_ids([*WORDS, "", "Дом"])
    assert type(loaded) is type(module) and loaded.shape == module.shape
    assert loaded.vectors(chars).tobytes() == module.vectors(chars).tobytes()


def write_source(folder: Path, words: list[str], values: npt.NDArray[np.float32]) -> None:
    folder.mkdir()
    lines = (f"{word} {' '.join(map(str, row))}\n" for word, row in zip(words, values.tolist(), strict=True))
    (folder / "vectors").write_text("".join(lines), encoding="utf-8")
    (folder / "source.json").write_text(json.dumps({"file": "vectors", "format": "word2vec"}))


def take(folder: Path, settings: CharCnnSettings, types: list[str], words: list[str] = WORDS) -> Path:
    """Run the stage on vectors of these words and a vocabulary of these types; return its output."""
    if not (folder / "vectors").exists():
        write_source(folder / "vectors", words, 3 * vectors_of(WORDS)[: len(words)] + 1)
        (folder / "vocabulary").mkdir()
        entries = [Entry(word, len(types) - number) for number, word in enumerate(types)]
        Vocabulary(entries, len(types) + 3).save(folder / "vocabulary")
    paths = project(folder / "work", vocabulary=folder / "vocabulary", vectors=folder / "vectors")
    charcnn.run(paths, make_params({"charcnn": settings, "seed": 1}))
    return paths.charcnn


CASES: list[tuple[Kind, int]] = [("cnn", 0), ("ngrams", 0), ("vectors", 0), ("cnn", 50), ("ngrams", 50)]


@pytest.mark.parametrize(("kind", "known"), CASES)
def test_the_stage_makes_a_table_of_any_encoder(tmp_path: Path, kind: Kind, known: int) -> None:
    """A cased type is read in lower case, as the file is."""
    types = [*WORDS[1:200:2], "Домом", "ДОМОМ", "неведомый"]
    folder = take(tmp_path, small_charcnn(kind, "vectors", known), types)
    module, table = load_encoder(folder, CPU), np.load(folder / TABLE)
    expected = {"cnn": "cnn", "ngrams": "ngrams", "vectors": "vectors"}[kind] if not known else "known"
    assert module.shape.encoder == expected and module.shape.reading.lowercase
    np.testing.assert_allclose(table[3:].astype(np.float32).mean(0), 0, atol=0.01)
    np.testing.assert_allclose(table[3:].astype(np.float32).std(0), 1, atol=0.01)
    chars = vocabulary_char_ids(["<S>", "</S>", "<UNK>", *types], module.shape.reading)
    np.testing.assert_array_equal(table, module.vectors(chars).astype(np.float16))
    row = {word: table[3 + number] for number, word in enumerate(types)}
    assert (row["Домом"] == row["домом"]).all() and (row["ДОМОМ"] == row["домом"]).all()
    counts = json.loads((folder / "counts.json").read_text())
    assert counts == {
        "words": 280,
        "words_repeated": 0,
        "types": 103,
        "types_known": 102,
        "tokens": 103 * 104 // 2,
        "tokens_known": 103 * 104 // 2 - 1,
    }
    epochs = (folder / "spelling.csv").read_text().splitlines()
    assert len(epochs) == (1 if kind == "vectors" else 4)


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize(
    ("kind", "number", "known"), [("vectors", 1, 0), ("cnn", 2, 0), ("ngrams", 3, 3), ("cnn", 3, 9)]
)
def test_the_smallest_files_and_more_known_words_than_there_are(
    tmp_path: Path, kind: Kind, number: int, known: int, width: int
) -> None:
    words = WORDS[:number]
    write_source(tmp_path / "vectors", words, vectors_of(words)[:, :width])
    (tmp_path / "vocabulary").mkdir()
    Vocabulary([Entry(word, 1) for word in WORDS[:5]], 8).save(tmp_path / "vocabulary")
    folder = take(tmp_path, small_charcnn(kind, "vectors", known), [])
    module, table = load_encoder(folder, CPU), np.load(folder / TABLE)
    assert table.shape == (8, width) and np.isfinite(table).all()
    assert (module.shape.words if isinstance(module, KnownWords) else 0) == min(known, number)


def test_a_word_that_is_known_keeps_its_published_vector_among_the_others(tmp_path: Path) -> None:
    """Up to the scale, which is one for all words and one for each dimension."""
    folder = take(tmp_path, small_charcnn("ngrams", "vectors", known=50), WORDS)
    table = np.load(folder / TABLE)[3:53].astype(np.float64)
    published = vectors_of(WORDS[:50]).astype(np.float64)
    for column in range(WIDTH):
        assert np.corrcoef(table[:, column], published[:, column])[0, 1] > 0.9999


def test_it_repeats_to_the_byte_and_a_language_model_reads_it(tmp_path: Path, vocabulary_folder: Path) -> None:
    settings = small_charcnn("ngrams", "vectors", known=3)
    words = [f"слово{number}" for number in range(20)]
    runs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_source(tmp_path / name / "vectors", words, vectors_of(WORDS[:20]))
        (tmp_path / name / "vocabulary").symlink_to(vocabulary_folder)
        folder = take(tmp_path / name, settings, [])
        runs.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert runs[0] == runs[1]
    run_pretrain(vocabulary_folder, folder, tmp_path / "lm", "gru", epochs=0.3)
    embedder = Embedder.load(tmp_path / "lm", CPU)
    one, two, other = embedder.layers([["слово1"], ["Слово1"], ["неведомый"]])
    np.testing.assert_allclose(one[0], two[0])
    np.testing.assert_allclose(one[0, 0, :WIDTH], np.load(folder / TABLE)[4], atol=2e-3)
    assert np.isfinite(other).all()


def test_a_misspelt_word_is_nearer_to_the_right_one_than_to_another(tmp_path: Path) -> None:
    """What a table of words cannot do."""
    misspelt = [f"{word[0]}{word[2]}{word[1]}{word[3:]}" for word in WORDS if len(word) > 6]
    right = [word for word in WORDS if len(word) > 6]
    folder = take(tmp_path, small_charcnn("ngrams", "vectors"), WORDS)
    module = load_encoder(folder, CPU)
    ones, others = (module.vectors(char_ids(words)) for words in (right, misspelt))
    ones, others = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (ones, others))
    cosines = others @ ones.T  # (misspelt, right)
    random = np.random.default_rng(1).permutation(len(right))
    assert (np.diag(cosines) > cosines[np.arange(len(right)), random]).mean() > 0.9


def test_vectors_of_another_language_are_refused(tmp_path: Path) -> None:
    expected = r"vectors: found none of the corpus's 3 types among 280 words, such as 'дом'; expected words as they are"
    with pytest.raises(UserError, match=expected):
        take(tmp_path, small_charcnn("ngrams", "vectors"), ["house", "forest", "water"])
    assert not (tmp_path / "work.project" / "models" / "charcnn").exists()


def test_without_vectors_the_stage_says_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "vectors").mkdir()
    (tmp_path / "vectors" / "source.json").write_text('{"file": null, "format": null}')
    (tmp_path / "vocabulary").mkdir()
    with pytest.raises(UserError, match=r"holds no static vectors, and params\.yaml asks for them; run: dvc repro"):
        take(tmp_path, small_charcnn("ngrams", "vectors"), ["дом"])


def test_a_taught_encoder_is_of_the_width_of_its_teachers(tmp_path: Path) -> None:
    module = load_encoder(take(tmp_path, small_charcnn("ngrams", "vectors"), WORDS), CPU)
    assert isinstance(module, CharNgrams) and module.shape.projection == WIDTH
