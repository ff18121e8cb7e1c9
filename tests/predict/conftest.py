"""An exported tagger that the stages make from generated text, on a language model with random weights."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from shutil import copyfile, copytree

import pytest
import torch

from pipeline.files.json import write_json
from pipeline.files.vocabulary import SPECIALS
from pipeline.lm.bilm import BiLM
from pipeline.lm.embed import Config, save_lm
from pipeline.lm.encoders.chars import vocabulary_char_ids
from pipeline.lm.encoders.load import make_encoder
from pipeline.lm.settings import ArchSettings, CharCnnSettings, LmSettings
from pipeline.ner.exported import SETTINGS, sum_parts
from pipeline.ner.tagging.examples import embedding_code
from pipeline.paths import Paths
from pipeline.predict import Span, TextTagger, load
from pipeline.predict.serve.app import make_app
from pipeline.predict.serve.models import Model
from pipeline.predict.serve.run import bind, make_server
from pipeline.protocol import TokenRule
from pipeline.stages import corpora, evaluate, export, ner, typos
from pipeline.text.udpipe import Lemmatizer
from tests.ner.drawn import make_settings
from tests.params import make_params
from tests.report.world import CHARCNN, LM

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "data" / "demo"
SENTENCES = {"train": 300, "validation": 40, "test": 40}
CNN = {"embedding": 8, "filters": [16, 0, 48], "highway": 0, "activation": "relu"}
SHAPE = CHARCNN | {"cnn": CNN, "projection": 32}
TYPES = [*SPECIALS, "иван", "москва", "уехать", "в", ".", "«", "заря", "петров", "город", "стоять"]
TAGGER = {"hidden": 24, "batch_sentences": 40, "epochs": 5, "learning_rate": 0.1, "seeds": [1, 2]}
PARAMS = {
    "protocol.lowercase": True,
    "protocol.lemmas": True,
    "protocol.tokens": "all",
    "protocol.epoch": "best",
    "evaluate.bootstrap": 20,
    "typos.rates": [0, 0.2],
    "seed": 1,
}


class World:
    """The folders of a repository after its stages have run."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.paths = folder, Paths(folder)
        self.lm, self.scores = self.paths.lm, self.paths.scores
        self.corpus, self.exported = self.paths.corpora / "wikineural", self.paths.exported / "wikineural"

    def fetch(self) -> None:
        generated, udpipe = self.paths.raw_ner / "wikineural", self.paths.udpipe
        for path in (generated, udpipe.parent, self.paths.news):
            path.mkdir(parents=True)
        for split, number in SENTENCES.items():
            with gzip.open(DEMO / "wikineural" / f"{split}.conll.gz", "rt", encoding="utf-8") as file:
                sentences = file.read().split("\n\n")[:number]
            (generated / f"{split}.conll").write_text("\n\n".join(sentences) + "\n", encoding="utf-8")
        files = {split: f"{split}.conll" for split in SENTENCES}
        description = {"format": "wikineural", "files": files, "holdout": None, "types": ["PER", "ORG", "LOC", "MISC"]}
        write_json(generated / "set.json", description)
        facts = {"source": "data/demo/x", "sha256": "0" * 64}
        write_json(generated / "sources.json", {"files": dict.fromkeys(files, facts)})
        write_json(self.paths.news / "sources.json", {"files": [facts]})
        self.paths.vectors.mkdir()
        write_json(self.paths.vectors / "source.json", {"file": "x.tar", "format": "navec", "bytes": 7} | facts)
        copyfile(DEMO / "model.udpipe", udpipe)
        write_json(udpipe.with_name("source.json"), {"source": "data/demo/model.udpipe", "sha256": "0" * 64})

    def pretrain(self, cell: str = "sru") -> None:
        """Write a language model with random weights."""
        torch.manual_seed(1)
        settings, layers = LmSettings.model_validate(LM | {"hidden": 32}), 0 if cell == "none" else 2
        arch = ArchSettings(cell=cell, layers=layers, residual=False)
        encoder = make_encoder(CharCnnSettings.model_validate(SHAPE).shape())
        encoder.standardise(vocabulary_char_ids(TYPES))
        self.lm.mkdir(parents=True)
        encoder.save(self.lm)
        model = BiLM(arch, settings, encoder.shape.projection, 30) if layers else None
        save_lm(self.lm, Config(name=cell, arch=arch, lm=settings, vocabulary_size=30), model)

    def train(self, tokens: TokenRule = "all", **settings: object) -> None:
        """Run the stages from the NER set to the exported folder; `settings` replace values of the paper's `TAGGER`.

        Where not all tokens are read, the models read words instead of lemmas.
        """
        protocol = {"protocol.tokens": tokens, "protocol.lemmas": tokens == "all"}
        values = {"ner": make_settings(**{**TAGGER, **settings}), **protocol}
        for stage in (corpora, ner, evaluate, typos, export):
            stage.run(self.paths, make_params(PARAMS | values), "wikineural")


@pytest.fixture(scope="session", autouse=True)
def read_once() -> Iterator[None]:
    """Load the UDPipe model once, which is the same in all folders and checked before, and the code that embeds."""
    load_once = cache(partial(Lemmatizer, DEMO / "model.udpipe"))
    with pytest.MonkeyPatch.context() as patch:
        for module in ("pipeline.predict.tagger", "pipeline.stages.corpora"):
            patch.setattr(f"{module}.Lemmatizer", lambda path, normalization: load_once(normalization))
        for module in ("pipeline.ner.tagging.examples", "pipeline.stages.ner"):
            patch.setattr(f"{module}.embedding_code", cache(embedding_code))
        yield


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world with a tagger on the top layer."""
    world = World(tmp_path_factory.mktemp("world"))
    world.fetch()
    world.pretrain()
    world.train()
    return world


@pytest.fixture(scope="session")
def tagger(world: World) -> TextTagger:
    return load(world.exported)


@pytest.fixture(scope="session")
def models(tagger: TextTagger) -> list[Model]:
    return [Model("sru", "as it is", False, tagger), Model("other/sru", "<b>as it is</b>", True, tagger)]


@contextmanager
def serving(models: list[Model], each: float = 1) -> Iterator[str]:
    """Start the page's server; yields its address. It closes connections every `each` seconds."""
    listening = bind(("127.0.0.1", 0))
    address = listening.getsockname()
    server = make_server(make_app(models, address), listening)
    server.adj.cleanup_interval = server.adj.asyncore_loop_timeout = each
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{address[1]}"
    server.close()


@pytest.fixture(scope="session")
def address(models: list[Model]) -> Iterator[str]:
    """The address of a server of these models."""
    with serving(models) as server:
        yield server


@pytest.fixture
def copy(world: World, tmp_path: Path) -> Path:
    """A copy of the exported folder."""
    return copytree(world.exported, tmp_path / "copy")


def as_json(spans: list[Span]) -> list[dict[str, object]]:
    return [{"start": s.start, "stop": s.stop, "type": s.type, "confidence": round(s.confidence, 4)} for s in spans]


def sum_again(folder: Path) -> None:
    """Make the sums of a folder right again after its files were changed."""
    settings = json.loads((folder / SETTINGS).read_text())
    (folder / SETTINGS).write_text(json.dumps(settings | {"parts": sum_parts(folder)}))
