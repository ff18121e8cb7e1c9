"""The text stages one after another, on small files."""

import errno
import json
import os
import pickle
import shutil
import signal
from collections import Counter
from collections.abc import Iterable
from functools import partial
from io import FileIO
from pathlib import Path
from typing import NoReturn
from unicodedata import normalize

import pytest

from pipeline.errors import UserError
from pipeline.files.ids import IdSequences
from pipeline.files.json import read_json
from pipeline.files.shards import COUNTS, Counts, Document, read_documents, write_shards
from pipeline.files.vocabulary import Vocabulary
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.stages import documents, fragments, lemmas, lowercase, sentences, vocabulary
from pipeline.stages.vocabulary import Split, build_vocabulary
from pipeline.text.mapping import mapped_shards
from pipeline.text.sentences import UdpipeSegmenter
from pipeline.text.settings import VocabularySettings
from pipeline.text.udpipe import Lemmatizer, Normalization
from tests.pack import needs_pack
from tests.params import make_params, make_workers
from tests.text.conftest import MODEL

DEMO_MODEL = Path(__file__).parents[2] / "data" / "demo" / "model.udpipe"
VOCABULARY = VocabularySettings(size=6, min_count=2, validation_share=0.3)
SETTINGS = {
    "text": {"segmenter": "razdel", "fragment_words": 6, "shard_megabytes": 0.0004},
    "vocabulary": VOCABULARY,
    "protocol.lowercase": True,
    "protocol.lemmas": True,
    "seed": 1,
}
PARAMS = make_params(SETTINGS)


def write_news(paths: Paths, *files: tuple[str, str, str]) -> Path:
    paths.news.mkdir(parents=True, exist_ok=True)
    for name, _, text in files:
        (paths.news / name).write_text(text, encoding="utf-8")
    listing = [{"file": name, "format": form} for name, form, _ in files]
    (paths.news / "sources.json").write_text(json.dumps({"files": listing}), encoding="utf-8")
    return paths.news


def run_text_stages(paths: Paths, params: Params = PARAMS) -> None:
    """All but `lemmas`: the words stand for them."""
    text = "\n\n".join(f"Новость {n}\nМосква растёт. Россия\xa0тоже. {'Длинно ' * (n % 9)}." for n in range(40))
    write_news(paths, ("0000-b.txt", "text", text), ("0001-a.txt", "text", "Последняя"))
    for stage in (documents, sentences, fragments, lowercase):
        stage.run(paths, params)
    paths.lemmas.symlink_to(paths.lowercase)
    vocabulary.run(paths, params)


def link(paths: Paths, source: Path, name: str) -> Path:
    """Have `data/<name>` be a folder of another project, in a new one at `paths`."""
    paths.data.mkdir(parents=True, exist_ok=True)
    (paths.data / name).symlink_to(source)
    return paths.data / name


def link_model(paths: Paths, model: Path = MODEL) -> None:
    paths.udpipe.parent.mkdir(parents=True)
    paths.udpipe.symlink_to(model)


def all_bytes(folder: Path) -> dict[str, bytes]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and ".shards" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def sequential(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `data`."""
    paths = Paths(tmp_path_factory.mktemp("sequential"))
    run_text_stages(paths)
    return paths.data


@pytest.mark.parametrize("jobs, backend", [(2, "loky"), (2, "threading")])
def test_jobs_and_backend_and_batches_change_no_byte(
    jobs: int, backend: str, sequential: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "BATCH", 100)
    run_text_stages(Paths(tmp_path), make_params(SETTINGS | {"compute.jobs": jobs, "compute.backend": backend}))
    files = all_bytes(tmp_path / "data")
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


def test_page_ids_of_another_export_begin_with_its_file(tmp_path: Path) -> None:
    page = "<page><title>{0}</title><id>7</id><revision><text>{0}</text></revision></page>"
    exports = [f"<mediawiki>{page.format(text)}</mediawiki>" for text in ("Первая", "Вторая")]
    files = [
        (f"000{n}-{name}", form, text)
        for n, (name, form, text) in enumerate(
            [("a.txt", "text", "Текст"), ("b.xml", "mediawiki", exports[0]), ("c.d.xml", "mediawiki", exports[1])]
        )
    ]
    paths = Paths(tmp_path)
    write_news(paths, *files)
    documents.run(paths, PARAMS)
    lines = {document.id: document.lines for document in read_documents(paths.documents)}
    assert lines == {"0000-a:1": ["Текст"], "7": ["Первая"], "0002-c.d:7": ["Вторая"]}


@needs_pack
def test_text_is_put_into_nfc_and_words_are_lemmatised_without_stress(tmp_path: Path) -> None:
    text = normalize("NFD", "Сторо\u0301ж зелёной ёлки и йода")
    wikitext = f"М&amp;#1080;&amp;#774; {text}"
    page = f"<page><title>{text}</title><id>7</id><revision><text>{wikitext}</text></revision></page>"
    files = [("0000-a.txt", "text", text), ("0001-b.xml", "mediawiki", f"<mediawiki>{page}</mediawiki>")]
    paths = Paths(tmp_path)
    write_news(paths, *files)
    documents.run(paths, PARAMS)
    plain, article = read_documents(paths.documents)
    composed = "Сторо\u0301ж зелёной ёлки и йода"
    assert (plain.lines, article.title, article.lines) == ([composed], composed, [f"Мй {composed}"])
    assert read_json(paths.documents / COUNTS)["words_composed"] == 3 + 4

    link_model(paths)
    paths.lowercase.symlink_to(paths.documents)
    lemmas.run(paths, PARAMS)
    assert read_json(paths.lemmas / COUNTS)["words_stressed"] == 2
    assert all("\u0301" not in line for document in read_documents(paths.lemmas) for line in document.lines)


def test_a_protocol_may_keep_the_case(sequential: Path, tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    link(paths, sequential / "fragments", "fragments")
    lowercase.run(paths, make_params(SETTINGS | {"protocol.lowercase": False}))
    unchanged, lowered = (list(read_documents(folder)) for folder in (paths.lowercase, sequential / "lowercase"))
    assert unchanged == list(read_documents(sequential / "fragments")) != lowered
    assert read_json(paths.lowercase / COUNTS) == read_json(sequential / "lowercase" / COUNTS)


def test_lemmas_and_vocabulary(sequential: Path, tmp_path: Path) -> None:
    paths, again = Paths(tmp_path), Paths(tmp_path / "again")
    shared = make_params(SETTINGS | {"compute.jobs": 2, "compute.backend": "loky"})
    for one, params in ((paths, shared), (again, PARAMS)):
        link_model(one, DEMO_MODEL)
        link(one, sequential / "lowercase", "lowercase")
        lemmas.run(one, params)
    assert all_bytes(paths.lemmas) == all_bytes(again.lemmas)
    counts = read_json(paths.lemmas / COUNTS)
    assert (
        counts["fragments_read"]
        == counts["fragments_kept"]
        == read_json(sequential / "lowercase" / COUNTS)["fragments"]
    )
    vocabulary.run(paths, PARAMS)
    assert read_json(paths.vocabulary / COUNTS)["tokens"] == counts["tokens"]


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


def drop_odd(parity: int, document: Document, counts: Counts) -> Document | None:
    counts["seen"] += 1
    return document if int(document.id) % 2 == parity else None


@pytest.mark.parametrize("jobs, backend", [(1, "sequential"), (2, "loky")])
def test_any_function_that_can_be_pickled_is_mapped(jobs: int, backend: str, tmp_path: Path) -> None:
    source, target = lemma_folder(tmp_path / "lemmas", 30), tmp_path / "sentences"
    drop, workers = partial(drop_odd, 0), make_workers(jobs, backend)
    with mapped_shards(drop, source, target, {"parity": 0}, tmp_path / ".shards", workers) as counts:
        assert counts == read_json(tmp_path / ".sentences.partial" / COUNTS) == {"seen": 30}
        assert not target.exists()
    assert [document.id for document in read_documents(target)] == [str(n) for n in range(0, 30, 2)]


DAMAGED = [
    ("#doc\t1\tА\nа\n\n#doc\t2\tБ\nб\n", "line 5: found the end of the file inside a document"),
    ("#doc\t1\tА\nа\n\n#doc\t2", r"line 4: found '#doc\\t2'"),
    ("#doc\t1\tА\nа\n\n#do", "line 4: found '#do'"),
    ("а\n\n#doc\t1\tА\nа\n\n", "line 1: found 'а'"),
    ("#doc\t1\tА\nа\n#doc\t2\tБ\nб\n\n", "line 3: found '#doc.*'"),
    ("#doc\t1\tА\tБ\nа\n\n", "line 1: found '#doc.*'"),
    ("#doc\t1\tА\nа\n#dox\t2\tБ\nб\n\n", "line 3: found '#dox.*'"),
]


def test_a_shard_that_is_cut_inside_a_character_is_said(tmp_path: Path) -> None:
    whole = "#doc\t1\tА\n" + "а\n" * 5000 + "мир"
    (tmp_path / "00000.txt").write_bytes(whole.encode()[:-1])
    with pytest.raises(UserError, match=r"00000\.txt: line 5,002: byte 4 \(0xd1\) is not UTF-8, expected #doc"):
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
    folder.mkdir(parents=True)
    write_shards((Document(str(n), "", LEMMAS) for n in range(count)), folder, 0.001)
    return folder


def test_ids_give_the_lemmas_back(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    lemma_folder(paths.lemmas, 30)
    vocabulary.run(paths, PARAMS)
    known = Vocabulary.load(paths.vocabulary)
    sides = [IdSequences(paths.vocabulary, side, 2**31) for side in ("train", "validation")]
    lines = [" ".join(known.types[i] for i in side[n]) for side in sides for n in range(len(side))]
    assert sorted(lines) == sorted(LEMMAS * 30)
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


def test_validation_has_no_say_in_what_is_predicted(tmp_path: Path) -> None:
    lines = {"train": ["б б а а а в"], "validation": ["я э э э э э б в в в в в"]}
    paths = Paths(tmp_path)
    paths.lemmas.mkdir(parents=True)
    documents = (Document(str(n), "", lines[Split(1, 0.3).side(str(n))]) for n in range(10))
    write_shards(documents, paths.lemmas, 1)
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


def test_a_type_of_validation_alone_is_never_predicted() -> None:
    settings = VOCABULARY.model_copy(update={"size": 100, "min_count": 1})
    known = build_vocabulary(Counter({"а": 1, "я": 0, "э": 0}), settings)
    assert (known.types[3:], known.size) == (["а", "э", "я"], 4)


def test_words_that_look_like_specials_are_words() -> None:
    known = build_vocabulary(Counter({"<UNK>": 5, "<S>": 4, "а": 3, "б": 3, "в": 1}), VOCABULARY)
    assert known.types == ["<S>", "</S>", "<UNK>", "<UNK>", "<S>", "а", "б", "в"]
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


@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
def test_an_export_that_breaks_off_is_one_line(backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read while others parse what has been read, perhaps in another thread."""
    monkeypatch.setattr(documents, "BATCH", 20)
    page = "<page><title>А</title><id>{}</id><revision><text>{{{{чин}}}} Москва растёт.</text></revision></page>"
    paths, params = Paths(tmp_path), make_params(SETTINGS | {"compute.jobs": 2, "compute.backend": backend})
    write_news(paths, ("a.xml", "mediawiki", f"<mediawiki>{''.join(map(page.format, range(200)))}"))
    with pytest.raises(UserError, match=r"a\.xml: not a whole MediaWiki export"):
        documents.run(paths, params)
    assert {path.name for path in paths.data.iterdir()} == {"raw"}


def test_shards_that_cannot_be_written_are_one_error_and_no_noise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(articles: Iterable[Document], *_: object) -> NoReturn:
        next(iter(articles))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(documents, "BATCH", 20)
    monkeypatch.setattr(documents, "write_shards", fail)
    paths, params = Paths(tmp_path), make_params(SETTINGS | {"compute.jobs": 2, "compute.backend": "loky"})
    write_news(paths, ("a.txt", "text", "Москва растёт.\n\n" * 500))
    with pytest.raises(OSError, match="No space left"):
        documents.run(paths, params)
    assert {path.name for path in paths.data.iterdir()} == {"raw"}
    assert "Traceback" not in (said := capfd.readouterr().err) and "Warning" not in said


def test_a_worker_of_documents_with_other_code_refuses() -> None:
    with pytest.raises(UserError, match=r"documents: its code on .* is not what the stage was started with"):
        documents._extract("of another commit", [])


def test_a_corpus_too_small_to_split_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    lemma_folder(paths.lemmas, 1)
    with pytest.raises(UserError, match=r"too small.*none is left for (train|validation).*validation_share"):
        vocabulary.run(paths, PARAMS)
    assert {path.name for path in paths.data.iterdir()} == {"lemmas", ".shards"}


def test_a_vocabulary_without_types_is_said(tmp_path: Path) -> None:
    lemma_folder(Paths(tmp_path).lemmas, 1)
    with pytest.raises(UserError, match=r"of [\d,]+ types train has none 1,000,000 times or more.*min_count"):
        vocabulary.run(Paths(tmp_path), make_params(SETTINGS | {"vocabulary.min_count": 10**6}))


def test_a_full_disk_names_the_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(FileIO):
        def write(self, _: object, /) -> NoReturn:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda path, mode: Full(path, mode))
    with pytest.raises(OSError) as caught:
        lemma_folder(tmp_path / "lemmas", 1)
    assert caught.value.filename == str(tmp_path / "lemmas" / "00000.txt")


def test_an_empty_corpus_is_said(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    with pytest.raises(UserError, match=r"sources\.json: not found"):
        documents.run(paths, PARAMS)
    write_news(paths, ("0000-a.txt", "text", " \n\n"))
    with pytest.raises(UserError, match="no document with text"):
        documents.run(paths, PARAMS)
    write_news(paths, ("0000-a.txt", "pdf", "а"))
    with pytest.raises(UserError, match=r"files\.0\.format: found 'pdf': input should be 'mediawiki' or 'text'"):
        documents.run(paths, PARAMS)
    assert not paths.documents.exists()


def test_a_corpus_of_long_sentences_is_said(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.sentences.mkdir(parents=True)
    write_shards([Document("1", "", ["а б в г"])], paths.sentences, 1)
    with pytest.raises(UserError, match="each of 1 sentences has over 3 words"):
        fragments.run(paths, make_params(SETTINGS | {"text.fragment_words": 3}))
    assert not paths.fragments.exists()


def die(document: Document, counts: Counts) -> Document:
    os.kill(os.getpid(), signal.SIGKILL)
    return document


def test_a_worker_that_is_killed_is_said(tmp_path: Path) -> None:
    source, workers = lemma_folder(tmp_path / "lemmas", 30), make_workers(2, "loky")
    said = r"^one of the processes .* was killed, .* lower compute\.jobs in params\.yaml"
    killed = mapped_shards(die, source, tmp_path / "sentences", {}, tmp_path / ".shards", workers)
    with pytest.raises(UserError, match=said), killed:
        pass
    assert not list(tmp_path.rglob("*.partial"))
