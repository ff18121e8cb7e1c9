"""What is known of the licences of what a tagger was made from. The words are in licences.yaml."""

from pathlib import Path

from pipeline.files.yaml import read_yaml

DEMO = "data/demo/"
"""The source of a generated file, as stage fetch writes it down, begins with this."""
_LICENCES = read_yaml(Path(__file__).with_name("licences.yaml"))


def describe_licence(kind: str, source: str) -> str:
    """The licence of a file; `kind` is udpipe, or the format of an NER set, and `source` where the file came from."""
    return str(_LICENCES["generated"] if source.startswith(DEMO) else _LICENCES.get(kind, _LICENCES["unknown"]))
