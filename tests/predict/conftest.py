"""An exported tagger, made by the stages themselves of generated text; the language model's weights are random."""

from pathlib import Path

import pytest
import torch

from demo import DemoSettings
from demo.conll import write_wikineural
from demo.udpipe_model import write_udpipe
from pipeline.files.vocabulary import SPECIALS
from pipeline.lm.bilm import BiLM
from pipeline.lm.embed import Config, save_lm
from pipeline.lm.encoders.chars import vocabulary_char_ids
from pipeline.lm.encoders.load import make_encoder
from pipeline.lm.settings import ArchSettings, CharCnnSettings, LmSettings
from pipeline.ner.settings import EvaluateSettings, FeatureKind, NerSettings
from pipeline.predict import TextTagger, load
from pipeline.protocol import Protocol, TokenRule
from pipeline.stages import corpora, evaluate, export, ner
from pipeline.text.udpipe import Normalization
from pipeline.work.outputs import write_json
from tests.report.world import CHARCNN, LM

DEMO = DemoSettings(
    seed=5, articles=1, train=300, validation=40, test=40, treebank=80, tokenizer_epochs=1, tagger_iterations=2
)
SHAPE = CHARCNN | {"filters": [[1, 16], [3, 48]], "embedding": 8, "projection": 32}
TYPES = [*SPECIALS, "иван", "москва", "уехать", "в", ".", "«", "заря", "петров", "город", "стоять"]
TAGGER = {
    "hidden": 24,
    "layers": 1,
    "dropout": 0.0,
    "batch_sentences": 16,
    "epochs": 8,
    "learning_rate": 0.04,
    "clip": 5.0,
    "seeds": [1, 2],
}


class World:
    """Folders as the stages leave them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.raw, self.lm = folder, folder / "raw", folder / "lm"
        self.corpus, self.exported = folder / "corpora" / "wikineural", folder / "exported"
        self.metrics = folder / "metrics"

    def fetch(self) -> None:
        generated = self.raw / "ner" / "wikineural"
        for path in (generated, self.raw / "udpipe", self.raw / "news"):
            path.mkdir(parents=True)
        files = {split: f"{split}.conll.gz" for split in ("train", "validation", "test")}
        for split, file in files.items():
            write_wikineural(split, generated / file, DEMO)
        description = {"format": "wikineural", "files": files, "holdout": None, "types": ["PER", "ORG", "LOC", "MISC"]}
        write_json(generated / "set.json", description)
        facts = {"source": "data/demo/x", "sha256": "0" * 64}
        write_json(generated / "sources.json", {"files": dict.fromkeys(files, facts)})
        write_json(self.raw / "news" / "sources.json", {"files": [facts]})
        write_udpipe(self.raw / "udpipe" / "model.udpipe", DEMO)
        write_json(self.raw / "udpipe" / "source.json", {"source": "data/demo/model.udpipe", "sha256": "0" * 64})

    def pretrain(self, cell: str = "sru") -> None:
        """A language model with fresh weights."""
        torch.manual_seed(1)
        settings, layers = LmSettings.model_validate(LM | {"hidden": 32}), 0 if cell == "none" else 2
        arch = ArchSettings(cell=cell, layers=layers, residual=False)
        encoder = make_encoder(CharCnnSettings.model_validate(SHAPE).shape)
        encoder.standardise(vocabulary_char_ids(TYPES))
        self.lm.mkdir()
        encoder.save(self.lm)
        model = BiLM(arch, settings, encoder.shape.projection, 30) if layers else None
        save_lm(self.lm, Config(name=cell, arch=arch, lm=settings, vocabulary_size=30), model)

    def train(self, features: FeatureKind = "top", tokens: TokenRule = "all") -> None:
        """From the NER set to the folder that is carried away."""
        protocol = Protocol(lowercase=True, lemmas=True, tokens=tokens, epoch="best")
        taggers, cache, epochs = self.folder / "taggers", self.folder / "cache", self.metrics / "epochs.csv"
        tables = {name: self.metrics / f"{name}.csv" for name in ("scores", "types", "confusion")}
        settings = NerSettings.model_validate({"features": features, **TAGGER})
        model = self.raw / "udpipe" / "model.udpipe"
        corpora.run(self.raw / "ner" / "wikineural", model, self.corpus, tokens, Normalization(True, True), seed=1)
        ner.run(self.lm, self.corpus, taggers, epochs, cache, settings, "best", "cpu", confirm=lambda: None)
        evaluate.run(
            lm=self.lm,
            corpus=self.corpus,
            taggers=taggers,
            predictions=self.folder / "predictions",
            metrics=self.metrics / "wikineural.json",
            **tables,
            cache=cache,
            settings=EvaluateSettings(bootstrap=20),
            seed=1,
            device="cpu",
        )
        sources = export.Sources(self.lm, self.corpus, taggers, self.raw, tables["scores"], tables["types"])
        export.run(sources, self.exported, self.metrics / "calibration.json", cache, protocol, "cpu")


@pytest.fixture(scope="session")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("fetched"))
    world.fetch()
    return world


@pytest.fixture(scope="session")
def world(fetched: World) -> World:
    """With a tagger on the top layer."""
    fetched.pretrain()
    fetched.train()
    return fetched


@pytest.fixture(scope="session")
def tagger(world: World) -> TextTagger:
    return load(world.exported)
