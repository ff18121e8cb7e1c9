"""The licences of the data that a tagger was made from. Their wording is in licences.yaml."""

from pathlib import Path

from pipeline.files.yaml import read_yaml

DEMO = "data/demo/"
"""How the source of a generated file begins, as stage fetch writes it down."""
_LICENCES = read_yaml(Path(__file__).with_name("licences.yaml"))


def describe_licence(kind: str, source: str) -> str:
    """The licence of a file; `kind` is udpipe or the format of an NER set, and `source` is where the file came from."""
    return str(_LICENCES["generated"] if source.startswith(DEMO) else _LICENCES.get(kind, _LICENCES["unknown"]))
