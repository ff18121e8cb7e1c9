"""The folders between the stages, as dvc.yaml names them."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Below:
    """Gives a path below the root of a `Paths`, or, if it is `shared`, below the top of the repository.

    The scratch copies in which DVC runs queued experiments share these folders; DVC_ROOT names their repository.
    """

    path: str
    shared: bool = False

    def __get__(self, paths: "Paths", _: type | None = None) -> Path:
        return Path(os.environ.get("DVC_ROOT", paths.root) if self.shared else paths.root, self.path)


@dataclass(frozen=True)
class Paths:
    """Every file and folder that one stage leaves for another, in the working copy whose top is `root`."""

    root: Path = Path()

    data, models, metrics = Below("data"), Below("models"), Below("metrics")

    choice = Below("data/choice.json")
    """What params.yaml chose, checked: the manifest, its data sets, whether its published ELMo is read."""
    architecture = Below("models/architecture.json")
    """The chosen architecture and the sum of its code."""
    code = Below("data/code")
    """The code of every stage, a file a stage, see `pipeline.provenance.code`."""

    raw = Below("data/raw")
    news, elmo, raw_ner = Below("data/raw/news"), Below("data/raw/elmo"), Below("data/raw/ner")
    vectors = Below("data/raw/vectors")
    udpipe = Below("data/raw/udpipe/model.udpipe")
    documents, sentences, fragments = Below("data/documents"), Below("data/sentences"), Below("data/fragments")
    lowercase, lemmas, vocabulary = Below("data/lowercase"), Below("data/lemmas"), Below("data/vocabulary")
    corpora, predictions = Below("data/ner"), Below("data/predictions")
    """Each has a folder for each NER set."""

    charcnn, lm = Below("models/charcnn"), Below("models/lm")
    taggers = Below("models/ner")
    """A folder for each NER set, with a folder for each seed."""
    exported = Below("models/tagger")
    """Taggers to be used and carried away, a folder for each NER set."""
    pretrain, pretrain_curve = Below("metrics/pretrain.json"), Below("metrics/pretrain.csv")
    cost = Below("metrics/cost.json")
    """What pretraining took: all of its numbers that change from machine to machine."""
    encoder_cost = Below("metrics/charcnn.cost.json")
    """What the training of the encoder took."""
    scores = Below("metrics/ner")
    """Files whose names begin with the name of an NER set."""
    comparisons = Below("metrics/compare")
    results = Below("results")
    """A folder for each study, in git."""
    results_page, readme = Below("docs/results.md"), Below("README.md")
    """Pages of the documentation in which studies write what they found."""

    features = Below("models/.features", shared=True)
    """Frozen features of NER sets, keyed by content; outside DVC and safe to delete."""
    checkpoints = Below("models/.checkpoints", shared=True)
    """Unfinished trainings, keyed by all that they depend on; outside DVC and safe to delete."""
    shards = Below("data/.shards", shared=True)
    """Finished shards of unfinished text stages, keyed by all that they depend on; outside DVC and safe to delete."""
    locks = Below("data/.locks")
    """Locks of the stages that run now in this working copy; scratch copies have their own."""

    def manifest(self, scale: str) -> Path:
        """Return the path of the list of inputs of a scale."""
        return self.data / scale / "manifest.yaml"


HERE = Paths()
"""The paths of the working copy in which a command was started."""
