"""Where everything lives: the folders between the stages, as dvc.yaml names them."""

import os
from pathlib import Path

DATA, MODELS, METRICS = Path("data"), Path("models"), Path("metrics")

CHOICE = DATA / "choice.json"
"""What params.yaml chose, checked: the manifest, its data sets, whether its published ELMo is read;
and the sums of the readers of NER files."""
ARCHITECTURE = MODELS / "architecture.json"
"""The chosen architecture and the sum of its code."""
CODE = DATA / "code"
"""The code of every stage, a file a stage, see `pipeline.code`."""
PROTOCOL = DATA / "protocol"
"""The chosen protocol, a file a key."""

RAW = DATA / "raw"
NEWS = RAW / "news"
UDPIPE = RAW / "udpipe" / "model.udpipe"
ELMO = RAW / "elmo"
DOCUMENTS = DATA / "documents"
SENTENCES = DATA / "sentences"
FRAGMENTS = DATA / "fragments"
LOWERCASE = DATA / "lowercase"
LEMMAS = DATA / "lemmas"
VOCABULARY = DATA / "vocabulary"
CORPORA = DATA / "ner"
PREDICTIONS = DATA / "predictions"

CHARCNN = MODELS / "charcnn"
LM = MODELS / "lm"
TAGGERS = MODELS / "ner"
EXPORTED = MODELS / "tagger"
"""Taggers to be used and carried away, a folder a set."""
FEATURES = Path(os.environ.get("DVC_ROOT", ".")) / MODELS / ".features"
"""Frozen features of NER sets, keyed by content; outside DVC and safe to delete. Scratch copies of the queue find those
of the repository they belong to, DVC_ROOT."""
CHECKPOINTS = Path(os.environ.get("DVC_ROOT", ".")) / MODELS / ".checkpoints"
"""Unfinished trainings, keyed by all that they depend on; likewise outside DVC, and shared with scratch copies."""
SHARDS = Path(os.environ.get("DVC_ROOT", ".")) / DATA / ".shards"
"""Finished shards of unfinished text stages, keyed by all that they depend on; likewise."""
LOCKS = DATA / ".locks"
"""Of the stages that run now in this working copy; scratch copies have others."""

PRETRAIN = METRICS / "pretrain.json"
PRETRAIN_CURVE = METRICS / "pretrain.csv"
SCORES = METRICS / "ner"
COMPARISONS = METRICS / "compare"


def manifest(scale: str) -> Path:
    """The list of inputs of a scale."""
    return DATA / scale / "manifest.yaml"
