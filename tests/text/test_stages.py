"""The text stages one after another, on small files."""

import errno
import os
import pickle
import shutil
import signal
from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import NoReturn
from unicodedata import normalize
from unittest.mock import Mock

import pytest

from pipeline.errors import UserError
from pipeline.files.ids import IdSequences
from pipeline.files.json import read_json
from pipeline.files.shards import COUNTS, Counts, Document, read_documents, write_shards
from pipeline.files.vocabulary import Vocabulary
from pipeline.paths import Paths
from pipeline.provenance.fingerprint import fingerprint
from pipeline.stages import documents, fragments, lemmas, lowercase, sentences, vocabulary
from pipeline.stages.vocabulary import Split, build_vocabulary
from pipeline.text.contamination import SentenceIndex
from pipeline.text.mapping import mapped_shards
from pipeline.text.sentences import UdpipeSegmenter
from pipeline.text.settings import VocabularySettings
from pipeline.text.udpipe import Lemmatizer, Normalization
from tests.params import make_params, make_workers
from tests.text.conftest import DEMO_MODEL
from tests.text.news import STAGES, export, link_model, page, revision, run_text_stages, write_news

VOCABULARY = VocabularySettings(size=6, min_count=2, validation_share=0.3)
SETTINGS = {
    "text": {"segmenter": "razdel", "fragment_words": 6, "leave_out_tests": True, "shard_megabytes": 0.0004},
    "vocabulary": VOCABULARY,
    "protocol.lowercase": True,
    "protocol.lemmas": True,
    "seed": 1,
}
PARAMS = make_params(SETTINGS)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path)


def run_on_backend(paths: Paths, backend: str) -> Path:
    """Run all stages on news; return the folder `data`."""
    text = "\n\n".join(f"Новость {n}\nМосква растёт. Россия\xa0тоже. {'Длинно ' * (n % 9)}." for n in range(40))
    write_news(paths, {"0000-b.txt": text, "0001-a.txt": "Последняя"})
    params = make_params(SETTINGS | {"compute.jobs": 2, "compute.backend": backend})
    run_text_stages(paths, params, DEMO_MODEL)
    return paths.data


def all_bytes(folder: Path) -> dict[str, bytes]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and ".shards" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def sequential(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `data`."""
    return run_on_backend(Paths(tmp_path_factory.mktemp("sequential")), "sequential")


@pytest.mark.parametrize("backend", ["loky", "threading", "dask", "ray"])
def test_backend_and_batches_change_no_byte(
    backend: str, sequential: Path, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(
        {"dask": "distributed", "ray": "ray"}.get(backend, "joblib"), reason=f"an extra: pip install '.[{backend}]'"
    )
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setattr(documents, "BATCH", 50)  # more batches than Ray is given at a time
    files = all_bytes(run_on_backend(paths, backend))
    assert len([name for name in files if name.startswith("lowercase/0")]) > 5
    assert files == all_bytes(sequential)


def test_nothing_vanishes_uncounted(sequential: Path) -> None:
    counts = {name: read_json(sequential / name / COUNTS) for name in STAGES}
    assert counts["documents"]["documents_read"] == counts["documents"]["documents_kept"] == 41
    assert counts["documents"]["words"] == counts["sentences"]["words"] == counts["fragments"]["words_read"]
    assert counts["fragments"]["sentences_dropped_long"] > 0
    assert counts["fragments"]["words_kept"] == counts["lowercase"]["words"] == counts["lemmas"]["words_read"]
    lines = [line for document in read_documents(sequential / "lowercase") for line in document.lines]
    assert counts["lowercase"]["fragments"] == counts["fragments"]["fragments"] == len(lines)
    assert counts["lemmas"]["fragments_read"] == counts["lemmas"]["fragments_kept"] == len(lines)
    assert counts["lowercase"]["words"] == sum(len(line.split(" ")) for line in lines)
    assert counts["lemmas"]["tokens"] == counts["vocabulary"]["tokens"]
    assert "россия тоже." in " ".join(lines)


def test_files_are_read_in_order_and_page_ids_of_another_export_begin_with_its_file(paths: Paths) -> None:
    exports = [export(page(7, revision(text))) for text in ("Первая", "Вторая")]
    write_news(paths, {"0000-a.txt": "Текст", "0001-b.xml": exports[0], "0002-c.d.xml": exports[1]})
    documents.run(paths, PARAMS)
    lines = [(document.id, document.lines) for document in read_documents(paths.documents)]
    assert lines == [("0000-a:1", ["Текст"]), ("7", ["Первая"]), ("0002-c.d:7", ["Вторая"])]


def test_text_is_put_into_nfc_and_words_are_lemmatised_without_stress(paths: Paths) -> None:
    text = normalize("NFD", "Сторо\u0301ж зелёной ёлки и йода")
    article = page(7, revision(f"М&amp;#1080;&amp;#774; {text}"), title=text)
    write_news(paths, {"0000-a.txt": text, "0001-b.xml": export(article)})
    documents.run(paths, PARAMS)
    plain, wiki = read_documents(paths.documents)
    composed = "Сторо\u0301ж зелёной ёлки и йода"
    assert (plain.lines, wiki.title, wiki.lines) == ([composed], composed, [f"Мй {composed}"])
    assert read_json(paths.documents / COUNTS)["words_composed"] == 3 + 4

    link_model(paths, DEMO_MODEL)
    paths.lowercase.symlink_to(paths.documents)
    lemmas.run(paths, PARAMS)
    assert read_json(paths.lemmas / COUNTS)["words_stressed"] == 2
    assert all("\u0301" not in line for document in read_documents(paths.lemmas) for line in document.lines)


def test_a_protocol_may_keep_the_case(sequential: Path, paths: Paths) -> None:
    paths.data.mkdir()
    paths.fragments.symlink_to(sequential / "fragments")
    lowercase.run(paths, make_params(SETTINGS | {"protocol.lowercase": False}))
    unchanged, lowered = (list(read_documents(folder)) for folder in (paths.lowercase, sequential / "lowercase"))
    assert unchanged == list(read_documents(sequential / "fragments")) != lowered
    assert read_json(paths.lowercase / COUNTS) == read_json(sequential / "lowercase" / COUNTS)


def test_shards_are_known_by_all_that_decides_what_a_stage_makes(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    link_model(paths, DEMO_MODEL)
    paths.raw_ner.mkdir()
    params = make_params(SETTINGS | {"text.segmenter": "udpipe", "protocol.lowercase": False})
    model, case = {"model": fingerprint({}, DEMO_MODEL)}, {"lowercase": False}
    decisive = {
        sentences: model,
        fragments: {"fragment_words": 6, "leave_out_tests": True, "tests": SentenceIndex([]).sum},
        lowercase: case,
    }
    for stage, settings in {**decisive, lemmas: {**model, **case, "lemmas": True}}.items():
        mapped = Mock(return_value=nullcontext(Counter(["sentences", "fragments", "tokens"])))
        monkeypatch.setattr(stage, "mapped_shards", mapped)
        stage.run(paths, params)
        assert mapped.call_args.args[3] == settings


def test_a_worker_loads_a_model_once_and_again_if_the_file_was_replaced(tmp_path: Path) -> None:
    model = Path(shutil.copy(DEMO_MODEL, tmp_path))
    for kind, settings in ((Lemmatizer, [Normalization(lowercase=True, lemmas=True)]), (UdpipeSegmenter, [])):
        pickled = pickle.dumps(kind(model, *settings))
        assert len(pickled) < 1000
        first, second = (pickle.loads(pickled) for _ in range(2))
        assert type(first) is kind and first is second
        os.utime(model, ns=(1, 1))
        assert pickle.loads(pickle.dumps(first)) is not first
        os.utime(model)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"#doc\t1\t\xd0\x90\nx\n\n#doc\t2\tx\nx\n", "line 5: found the end of the file inside a document"),
        (b"#doc\t1\tx\nx\n\n#doc\t2", r"line 4: found '#doc\\t2'"),
        (b"#doc\t1\tx\nx\n\n#do", "line 4: found '#do'"),
        (b"x\n\n#doc\t1\tx\nx\n\n", "line 1: found 'x'"),
        (b"#doc\t1\tx\nx\n#doc\t2\tx\nx\n\n", "line 3: found '#doc.*'"),
        (b"#doc\t1\tx\ty\nx\n\n", "line 1: found '#doc.*'"),
        (b"#doc\t1\tx\nx\n#dox\t2\tx\nx\n\n", "line 3: found '#dox.*'"),
        (b"#doc\t1\tx\n" + b"x\n" * 5000 + "мир".encode()[:-1], r"line 5,002: byte 4 \(0xd1\) is not UTF-8"),
    ],
)
def test_a_shard_that_is_not_whole_is_said(content: bytes, message: str, paths: Paths) -> None:
    paths.sentences.mkdir(parents=True)
    (paths.sentences / "00000.txt").write_bytes(content)
    with pytest.raises(UserError, match=rf"00000\.txt: {message}, expected .*; run again: dvc repro sentences$"):
        list(read_documents(paths.sentences))


LINES = ["а <S> б", "<UNK> а </S>", "_ \u200b а", "#doc а", "б б"]


def write_documents(folder: Path, number: int) -> Path:
    folder.mkdir(parents=True)
    write_shards((Document(str(n), "", LINES) for n in range(number)), folder, 0.001)
    return folder


def test_ids_give_the_lemmas_back(paths: Paths) -> None:
    write_documents(paths.lemmas, 30)
    vocabulary.run(paths, PARAMS)
    known = Vocabulary.load(paths.vocabulary)
    sides = [IdSequences(paths.vocabulary, side, 2**31) for side in ("train", "validation")]
    lines = [" ".join(known.types[i] for i in side[n]) for side in sides for n in range(len(side))]
    assert sorted(lines) == sorted(LINES * 30)
    counts = read_json(paths.vocabulary / COUNTS)
    assert counts == {
        "documents_train": counts["documents_train"],
        "documents_validation": 30 - counts["documents_train"],
        "fragments_train": 5 * counts["documents_train"],
        "fragments_validation": 5 * counts["documents_validation"],
        "tokens_train": 13 * counts["documents_train"],
        "tokens_validation": 13 * counts["documents_validation"],
        "tokens_predicted_train": 8 * counts["documents_train"],  # а, б and one of the rest
        "tokens_predicted_validation": 8 * counts["documents_validation"],
        "tokens": 13 * 30,
        "types": 8,
        "types_train": 8,
        "types_predicted": 3,
        "coverage": round(8 / 13, 6),
        "coverage_validation": round(8 / 13, 6),
    }


def test_validation_has_no_say_in_what_is_predicted(paths: Paths) -> None:
    lines = {"train": ["б б а а а в"], "validation": ["я э э э э э б в в в в в"]}
    paths.lemmas.mkdir(parents=True)
    write_shards((Document(str(n), "", lines[Split(1, 0.3).side(str(n))]) for n in range(10)), paths.lemmas, 1)
    vocabulary.run(paths, PARAMS)
    counts = read_json(paths.vocabulary / COUNTS)
    train = counts["documents_train"]
    assert 2 <= train < 10
    expected = f"а\t{3 * train}\nб\t{2 * train}\nв\t{train}\nэ\t0\nя\t0\n"
    assert (paths.vocabulary / "vocabulary.txt").read_text(encoding="utf-8") == expected
    known = Vocabulary.load(paths.vocabulary)
    assert (known.size, len(known)) == (6, 8)
    assert IdSequences(paths.vocabulary, "validation", 2**31)[0].tolist() == [7, *[6] * 5, 4, *[5] * 5]
    assert (counts["types"], counts["types_train"], counts["types_predicted"]) == (5, 3, 3)
    assert (counts["coverage"], counts["coverage_validation"]) == (1.0, 0.5)


@pytest.mark.parametrize(
    "counts, limits, types, predicted",
    [
        ({"а": 1, "я": 0, "э": 0}, (100, 1), "а э я", 1),  # never what validation alone has
        ({"<UNK>": 5, "<S>": 4, "а": 3, "б": 3, "в": 1}, (6, 2), "<UNK> <S> а б в", 3),  # words like specials
        ({"а": 2, "б": 1}, (6, 2), "а б", 1),  # only what is frequent
    ],
)
def test_types_are_ranked_and_the_first_are_predicted(
    counts: dict[str, int], limits: tuple[int, int], types: str, predicted: int
) -> None:
    size, min_count = limits
    settings = VOCABULARY.model_copy(update={"size": size, "min_count": min_count})
    known = build_vocabulary(Counter(counts), settings)
    assert known.types == ["<S>", "</S>", "<UNK>", *types.split(" ")]
    assert known.size == 3 + predicted


def test_sides_depend_on_the_id_and_the_seed_alone() -> None:
    sides = [Split(1, 0.2).side(str(n)) for n in range(5000)]
    assert 900 < sides.count("validation") < 1100
    assert sides == [Split(1, 0.2).side(str(n)) for n in range(5000)]
    assert sides != [Split(2, 0.2).side(str(n)) for n in range(5000)]


def test_parts_of_a_document_that_was_cut_stay_on_one_side() -> None:
    split = Split(1, 0.5)
    for whole in [*map(str, range(100)), *(f"a.1.2:{n}" for n in range(100))]:
        assert {split.side(whole)} == {split.side(f"{whole}.{part}") for part in range(2, 30)}
    assert len({split.side(f"0000.{n}:1") for n in range(100)}) == 2, "a dot in the name of a file is no part"


@pytest.mark.parametrize("backend", ["sequential", "threading", pytest.param("loky", marks=pytest.mark.slow)])
def test_an_export_that_breaks_off_is_one_line(backend: str, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read while others parse what has been read, perhaps in another thread."""
    monkeypatch.setattr(documents, "BATCH", 20)
    text = export(*(page(n, revision("{{чин}} Москва растёт.")) for n in range(100)))
    write_news(paths, {"a.xml": text.removesuffix("</mediawiki>")})
    with pytest.raises(UserError, match=r"a\.xml: not a whole MediaWiki export"):
        documents.run(paths, make_params(SETTINGS | {"compute.jobs": 2, "compute.backend": backend}))
    assert {path.name for path in paths.data.iterdir()} == {"raw"}


def test_shards_that_cannot_be_written_are_one_error_and_no_noise(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(articles: Iterable[Document], *_: object) -> NoReturn:
        next(iter(articles))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(documents, "BATCH", 20)
    monkeypatch.setattr(documents, "write_shards", fail)
    write_news(paths, {"a.txt": "Москва растёт.\n\n" * 500})
    with pytest.raises(OSError, match="No space left"):
        documents.run(paths, make_params(SETTINGS | {"compute.jobs": 2, "compute.backend": "loky"}))
    assert {path.name for path in paths.data.iterdir()} == {"raw"}
    assert "Traceback" not in (said := capfd.readouterr().err) and "Warning" not in said


def test_a_worker_of_documents_with_other_code_refuses() -> None:
    with pytest.raises(UserError, match=r"documents: its code on .* is not what the stage was started with"):
        documents._extract("of another commit", [])


@pytest.mark.parametrize(
    "source, stage, settings, message",
    [
        ("lemmas", vocabulary, {}, r"too small.*none is left for (train|validation).*validation_share"),
        ("lemmas", vocabulary, {"vocabulary.min_count": 10**6}, "types train has none 1,000,000 times .*min_count"),
        ("sentences", fragments, {"text.fragment_words": 1}, "each of 5 sentences has over 1 words"),
    ],
)
def test_a_corpus_that_leaves_nothing_is_said(
    source: str, stage: ModuleType, settings: dict[str, int], message: str, paths: Paths
) -> None:
    write_documents(paths.data / source, 1)
    paths.raw_ner.mkdir(parents=True)
    with pytest.raises(UserError, match=message):
        stage.run(paths, make_params(SETTINGS | settings))
    assert {path.name for path in paths.data.iterdir()} == {source, "raw", ".shards"}


def test_an_empty_corpus_is_said(paths: Paths) -> None:
    with pytest.raises(UserError, match=r"sources\.json: not found"):
        documents.run(paths, PARAMS)
    write_news(paths, {"0000-a.txt": " \n\n"})
    with pytest.raises(UserError, match="no document with text"):
        documents.run(paths, PARAMS)
    write_news(paths, {"0000-a.txt": "а"}, format="pdf")
    with pytest.raises(UserError, match=r"files\.0\.format: found 'pdf': input should be 'mediawiki' or 'text'"):
        documents.run(paths, PARAMS)
    assert not paths.documents.exists()


def die(document: Document, counts: Counts) -> Document:
    os.kill(os.getpid(), signal.SIGKILL)
    return document


def test_a_worker_that_is_killed_is_said(tmp_path: Path) -> None:
    source, workers = write_documents(tmp_path / "lemmas", 30), make_workers(2, "loky")
    said = r"^one of the processes .* was killed, .* lower compute\.jobs in params\.yaml"
    killed = mapped_shards(die, source, tmp_path / "sentences", {}, tmp_path / ".shards", workers)
    with pytest.raises(UserError, match=said), killed:
        pass
    assert not list(tmp_path.rglob("*.partial"))
