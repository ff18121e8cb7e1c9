"""The text stages one after another, on small files."""

import errno
import json
import os
import signal
from collections import Counter
from functools import partial
from io import FileIO
from pathlib import Path
from typing import NoReturn
from unicodedata import normalize

import pytest

from pipeline.errors import UserError
from pipeline.files.ids import IdSequences
from pipeline.files.shards import COUNTS, Counts, Document, read_documents, shard_paths, write_shards
from pipeline.files.vocabulary import UNKNOWN, Vocabulary
from pipeline.stages import documents, fragments, lemmas, lowercase, sentences, vocabulary
from pipeline.text.mapping import map_shards
from pipeline.text.settings import TextSettings, VocabularySettings
from pipeline.text.udpipe import Lemmatizer, Normalization
from pipeline.text.vocabulary import Split, build_vocabulary
from pipeline.work.finished import keep_finished
from pipeline.work.outputs import read_json
from pipeline.work.workers import Workers
from tests.pack import needs_pack
from tests.text.conftest import MODEL, OURS

TEXT = TextSettings(segmenter="razdel", fragment_words=6, shard_megabytes=0.0004)
VOCABULARY = VocabularySettings(size=6, min_count=2, validation_share=0.3)


def raw_news(folder: Path, *files: tuple[str, str, str]) -> Path:
    folder.mkdir()
    for name, _, text in files:
        (folder / name).write_text(text, encoding="utf-8")
    listing = [{"file": name, "format": form} for name, form, _ in files]
    (folder / "sources.json").write_text(json.dumps({"files": listing}), encoding="utf-8")
    return folder


def alone(folder: Path) -> Workers:
    return Workers(1, "sequential", folder / ".shards")


def run_text_stages(folder: Path, workers: Workers) -> None:
    text = "\n\n".join(f"Новость {n}\nМосква растёт. Россия\xa0тоже. {'Длинно ' * (n % 9)}." for n in range(40))
    source = raw_news(folder / "raw", ("0000-b.txt", "text", text), ("0001-a.txt", "text", "Последняя"))
    documents.run(source, folder / "documents", TEXT, workers)
    sentences.run(folder / "documents", folder / "sentences", workers)
    fragments.run(folder / "sentences", folder / "fragments", TEXT, workers)
    lowercase.run(folder / "fragments", folder / "lowercase", True, workers)
    vocabulary.run(folder / "lowercase", folder / "vocabulary", VOCABULARY, 1, workers)


def all_bytes(folder: Path) -> dict[str, bytes]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and ".shards" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def sequential(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sequential")
    run_text_stages(folder, alone(folder))
    return folder


@pytest.mark.parametrize("jobs, backend", [(1, "loky"), (2, "loky"), (2, "threading")])
def test_jobs_and_backend_change_no_byte(jobs: int, backend: str, sequential: Path, tmp_path: Path) -> None:
    run_text_stages(tmp_path, Workers(jobs, backend, tmp_path / ".shards"))
    files = all_bytes(tmp_path)
    assert len([name for name in files if name.startswith("lowercase/0")]) > 5
    assert files == all_bytes(sequential)


def test_nothing_vanishes_uncounted(sequential: Path) -> None:
    counts = {
        name: read_json(sequential / name / COUNTS) for name in ("documents", "sentences", "fragments", "lowercase")
    }
    assert counts["documents"]["documents_read"] == counts["documents"]["documents_kept"] == 41
    assert counts["documents"]["words"] == counts["sentences"]["words"] == counts["fragments"]["words_read"]
    assert counts["fragments"]["sentences_dropped_long"] > 0
    assert counts["fragments"]["words_kept"] == counts["lowercase"]["words"]
    lines = [line for document in read_documents(sequential / "lowercase") for line in document.lines]
    assert counts["lowercase"]["fragments"] == counts["fragments"]["fragments"] == len(lines)
    assert counts["lowercase"]["words"] == sum(len(line.split(" ")) for line in lines)
    assert "россия тоже." in " ".join(lines)


def test_files_are_read_in_the_order_of_the_list(sequential: Path) -> None:
    ids = [document.id for document in read_documents(sequential / "documents")]
    assert (ids[0], ids[-2], ids[-1]) == ("0000-b:1", "0000-b:40", "0001-a:1")


def test_page_ids_of_another_export_stand_behind_its_file(tmp_path: Path) -> None:
    page = "<page><title>{0}</title><id>7</id><revision><text>{0}</text></revision></page>"
    exports = [f"<mediawiki>{page.format(text)}</mediawiki>" for text in ("Первая", "Вторая")]
    files = [
        (f"000{n}-{name}", form, text)
        for n, (name, form, text) in enumerate(
            [("a.txt", "text", "Текст"), ("b.xml", "mediawiki", exports[0]), ("c.d.xml", "mediawiki", exports[1])]
        )
    ]
    documents.run(raw_news(tmp_path / "raw", *files), tmp_path / "documents", TEXT, alone(tmp_path))
    found = {document.id: document.lines for document in read_documents(tmp_path / "documents")}
    assert found == {"0000-a:1": ["Текст"], "7": ["Первая"], "0002-c.d:7": ["Вторая"]}


@needs_pack
def test_text_is_put_into_nfc_and_words_are_lemmatised_without_stress(tmp_path: Path) -> None:
    text = normalize("NFD", "Сторо\u0301ж зелёной ёлки и йода")
    wikitext = f"М&amp;#1080;&amp;#774; {text}"
    page = f"<page><title>{text}</title><id>7</id><revision><text>{wikitext}</text></revision></page>"
    files = [("0000-a.txt", "text", text), ("0001-b.xml", "mediawiki", f"<mediawiki>{page}</mediawiki>")]
    documents.run(raw_news(tmp_path / "raw", *files), tmp_path / "documents", TEXT, alone(tmp_path))
    plain, article = read_documents(tmp_path / "documents")
    composed = "Сторо\u0301ж зелёной ёлки и йода"
    assert (plain.lines, article.title, article.lines) == ([composed], composed, [f"Мй {composed}"])
    assert read_json(tmp_path / "documents" / COUNTS)["words_composed"] == 3 + 4

    ours = Normalization(lowercase=True, lemmas=True)
    lemmas.run(tmp_path / "documents", MODEL, tmp_path / "lemmas", ours, alone(tmp_path))
    assert read_json(tmp_path / "lemmas" / COUNTS)["words_stressed"] == 2
    assert all("\u0301" not in line for document in read_documents(tmp_path / "lemmas") for line in document.lines)


def test_a_protocol_may_keep_the_case(sequential: Path, tmp_path: Path) -> None:
    lowercase.run(sequential / "fragments", tmp_path / "kept", False, alone(tmp_path))
    kept, lowered = (list(read_documents(folder)) for folder in (tmp_path / "kept", sequential / "lowercase"))
    assert kept == list(read_documents(sequential / "fragments")) != lowered
    assert read_json(tmp_path / "kept" / COUNTS) == read_json(sequential / "lowercase" / COUNTS)


def test_lemmas_and_vocabulary(sequential: Path, lemmatizer: Lemmatizer, tmp_path: Path) -> None:
    lemmas.run(sequential / "lowercase", MODEL, tmp_path / "lemmas", OURS, Workers(2, "loky", tmp_path / ".shards"))
    lemmas.run(sequential / "lowercase", MODEL, tmp_path / "again", OURS, alone(tmp_path))
    assert all_bytes(tmp_path / "lemmas") == all_bytes(tmp_path / "again")
    counts = read_json(tmp_path / "lemmas" / COUNTS)
    assert (
        counts["fragments_read"]
        == counts["fragments_kept"]
        == read_json(sequential / "lowercase" / COUNTS)["fragments"]
    )
    vocabulary.run(tmp_path / "lemmas", tmp_path / "vocabulary", VOCABULARY, 1, alone(tmp_path))
    assert read_json(tmp_path / "vocabulary" / COUNTS)["tokens"] == counts["tokens"]


def test_a_model_is_loaded_once_for_all_shards(
    sequential: Path, lemmatizer: Lemmatizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[Path] = []

    def load(path: Path, normalization: Normalization) -> Lemmatizer:
        loaded.append(path)
        return lemmatizer

    (tmp_path / "model").touch()
    monkeypatch.setattr(lemmas, "Lemmatizer", load)
    lemmas.run(sequential / "lowercase", tmp_path / "model", tmp_path / "lemmas", OURS, alone(tmp_path))
    assert len(shard_paths(sequential / "lowercase")) > 5
    assert loaded == [tmp_path / "model"]


def drop_odd(parity: int, document: Document, counts: Counts) -> Document | None:
    counts["seen"] += 1
    return document if int(document.id) % 2 == parity else None


@pytest.mark.parametrize("jobs, backend", [(1, "sequential"), (2, "loky")])
def test_any_function_that_can_be_pickled_is_mapped(jobs: int, backend: str, tmp_path: Path) -> None:
    source, target = lemma_folder(tmp_path / "lemmas", 30), tmp_path / "even"
    target.mkdir()
    workers = Workers(jobs, backend, tmp_path / ".shards")
    with keep_finished(workers.finished, "sentences") as finished:
        assert map_shards(partial(drop_odd, 0), source, target, {"parity": 0}, finished, workers) == {"seen": 30}
    assert [document.id for document in read_documents(target)] == [str(n) for n in range(0, 30, 2)]


DAMAGED = [
    ("#doc\t1\tА\nа\n\n#doc\t2\tБ\nб\n", "line 5: found the end of the file inside a document"),
    ("#doc\t1\tА\nа\n\n#doc\t2", "line 4: found the end of the file inside a document"),
    ("#doc\t1\tА\nа\n\n#do", "line 4: found text outside a document"),
    ("а\n\n#doc\t1\tА\nа\n\n", "line 1: found text outside a document"),
    ("#doc\t1\tА\nа\n#doc\t2\tБ\nб\n\n", "line 3: found a header"),
    ("#doc\t1\tА\nа\n\n#doc\t2\nб\n\n", "line 4: found a header of 2 fields"),
    ("#doc\t1\tА\tБ\nа\n\n", "line 1: found a header of 4 fields"),
    ("#doc\t1\tА\nа\n#dox\t2\tБ\nб\n\n", "line 3: found a tab in a line of text"),
]


def test_a_shard_that_is_cut_inside_a_character_is_said(tmp_path: Path) -> None:
    whole = "#doc\t1\tА\n" + "а\n" * 5000 + "мир"
    (tmp_path / "00000.txt").write_bytes(whole.encode()[:-1])
    with pytest.raises(UserError, match=r"00000\.txt: line 5,002: found byte 0xd1, which is not UTF-8, expected text"):
        list(read_documents(tmp_path))


@pytest.mark.parametrize("text, found", DAMAGED)
def test_a_shard_that_is_not_whole_is_said(text: str, found: str, tmp_path: Path) -> None:
    folder = tmp_path / "sentences"
    folder.mkdir()
    (folder / "00000.txt").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=rf"00000\.txt: {found}, expected .*; run again: dvc repro sentences$"):
        list(read_documents(folder))


LEMMAS = ["а <S> б", "<UNK> а </S>", "_ \u200b а", "#doc а", "б б"]


def lemma_folder(folder: Path, count: int) -> Path:
    folder.mkdir()
    write_shards((Document(str(n), "", LEMMAS) for n in range(count)), folder, 0.001)
    return folder


def test_ids_give_the_lemmas_back(tmp_path: Path) -> None:
    source = lemma_folder(tmp_path / "lemmas", 30)
    vocabulary.run(source, tmp_path / "vocabulary", VOCABULARY, 1, alone(tmp_path))
    known = Vocabulary.load(tmp_path / "vocabulary")
    sides = [IdSequences(tmp_path / "vocabulary", side, 2**31) for side in ("train", "validation")]
    lines = [" ".join(known.types[i] for i in side[n]) for side in sides for n in range(len(side))]
    assert sorted(lines) == sorted(LEMMAS * 30)
    counts = read_json(tmp_path / "vocabulary" / COUNTS)
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


def test_validation_has_no_say_in_what_is_predicted(tmp_path: Path) -> None:
    lines = {"train": ["б б а а а в"], "validation": ["я э э э э э б в в в в в"]}
    (tmp_path / "lemmas").mkdir()
    documents = (Document(str(n), "", lines[Split(1, 0.3).side(str(n))]) for n in range(10))
    write_shards(documents, tmp_path / "lemmas", 1)
    vocabulary.run(tmp_path / "lemmas", tmp_path / "vocabulary", VOCABULARY, 1, alone(tmp_path))
    counts = read_json(tmp_path / "vocabulary" / COUNTS)
    train = counts["documents_train"]
    assert 2 <= train < 10
    expected = f"а\t{3 * train}\nб\t{2 * train}\nв\t{train}\nэ\t0\nя\t0\n"
    assert (tmp_path / "vocabulary/vocabulary.txt").read_text(encoding="utf-8") == expected
    known = Vocabulary.load(tmp_path / "vocabulary")
    assert (known.size, len(known)) == (6, 8)
    assert IdSequences(tmp_path / "vocabulary", "validation", 2**31)[0].tolist() == [7, *[6] * 5, 4, *[5] * 5]
    assert (counts["types"], counts["types_train"], counts["types_predicted"]) == (5, 3, 3)
    assert (counts["coverage"], counts["coverage_validation"]) == (1.0, 0.5)


def test_a_type_of_validation_alone_is_never_predicted() -> None:
    settings = VOCABULARY.model_copy(update={"size": 100, "min_count": 1})
    known = build_vocabulary(Counter({"а": 1, "я": 0, "э": 0}), settings)
    assert (known.types[3:], known.size) == (["а", "э", "я"], 4)


def test_words_that_look_like_specials_are_words() -> None:
    known = build_vocabulary(Counter({"<UNK>": 5, "<S>": 4, "а": 3, "б": 3, "в": 1}), VOCABULARY)
    assert known.types == ["<S>", "</S>", "<UNK>", "<UNK>", "<S>", "а", "б", "в"]
    assert known.ids["<UNK>"] == 3 != UNKNOWN
    assert known.size == 6  # at most
    assert build_vocabulary(Counter({"а": 2, "б": 1}), VOCABULARY).size == 4  # only what is frequent


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


def test_sources_that_were_read_are_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n\n".join(f"Новость {n}\nМосква растёт." for n in range(40))
    source = raw_news(tmp_path / "raw", ("a.txt", "text", text))
    documents.run(source, tmp_path / "expected", TEXT, alone(tmp_path))

    def refuse(*_: object) -> NoReturn:
        raise UserError("not this time")

    read = documents.FORMATS["text"]
    monkeypatch.setitem(documents.FORMATS, "text", read._replace(extract=refuse))
    with pytest.raises(UserError, match="not this time"):
        documents.run(source, tmp_path / "documents", TEXT, alone(tmp_path))
    monkeypatch.setitem(documents.FORMATS, "text", read._replace(read=refuse))
    documents.run(source, tmp_path / "documents", TEXT, alone(tmp_path))
    assert all_bytes(tmp_path / "documents") == all_bytes(tmp_path / "expected")
    (source / "a.txt").write_text(f"{text}\n\nЕщё одна", encoding="utf-8")
    with pytest.raises(UserError, match="not this time"):
        documents.run(source, tmp_path / "documents", TEXT, alone(tmp_path))


def test_a_corpus_too_small_to_split_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    source = lemma_folder(tmp_path / "lemmas", 1)
    with pytest.raises(UserError, match=r"too small.*none is left for (train|validation).*validation_share"):
        vocabulary.run(source, tmp_path / "vocabulary", VOCABULARY, 1, alone(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {"lemmas", ".shards"}


def test_a_vocabulary_without_types_is_said(tmp_path: Path) -> None:
    source = lemma_folder(tmp_path / "lemmas", 1)
    rare = VOCABULARY.model_copy(update={"min_count": 10**6})
    with pytest.raises(UserError, match=r"of [\d,]+ types train has none 1,000,000 times or more.*min_count"):
        vocabulary.run(source, tmp_path / "vocabulary", rare, 1, alone(tmp_path))


def test_a_full_disk_names_the_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(FileIO):
        def write(self, _: object, /) -> NoReturn:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda path, mode: Full(path, mode))
    with pytest.raises(OSError) as caught:
        lemma_folder(tmp_path / "lemmas", 1)
    assert caught.value.filename == str(tmp_path / "lemmas" / "00000.txt")


def test_an_empty_corpus_is_said(tmp_path: Path) -> None:
    source = raw_news(tmp_path / "raw", ("0000-a.txt", "text", " \n\n"))
    with pytest.raises(UserError, match="no document with text"):
        documents.run(source, tmp_path / "documents", TEXT, alone(tmp_path))
    with pytest.raises(UserError, match=r"sources\.json: not found"):
        documents.run(tmp_path, tmp_path / "documents", TEXT, alone(tmp_path))
    source = raw_news(tmp_path / "odd", ("0000-a.txt", "pdf", "а"))
    with pytest.raises(UserError, match="found format 'pdf', expected mediawiki or text"):
        documents.run(source, tmp_path / "documents", TEXT, alone(tmp_path))
    assert not (tmp_path / "documents").exists()


def test_a_corpus_of_long_sentences_is_said(tmp_path: Path) -> None:
    source = tmp_path / "sentences"
    source.mkdir()
    write_shards([Document("1", "", ["а б в г"])], source, 1)
    with pytest.raises(UserError, match="each of 1 sentences has over 3 words"):
        fragments.run(source, tmp_path / "fragments", TEXT.model_copy(update={"fragment_words": 3}), alone(tmp_path))
    assert not (tmp_path / "fragments").exists()


def die(document: Document, counts: Counts) -> Document:
    os.kill(os.getpid(), signal.SIGKILL)
    return document


def test_a_worker_that_is_killed_is_said(tmp_path: Path) -> None:
    source, workers = lemma_folder(tmp_path / "lemmas", 30), Workers(2, "loky", tmp_path / ".shards")
    said = r"^one of the processes .* was killed, .* lower compute\.jobs in params\.yaml"
    with pytest.raises(UserError, match=said), keep_finished(workers.finished, "sentences") as finished:
        map_shards(die, source, tmp_path, {}, finished, workers)
    assert not list(tmp_path.rglob("*.partial"))
