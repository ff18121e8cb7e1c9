"""Tries a UDPipe model, as a program of its own, since UDPipe aborts on some files that are not models.

`python probe.py russian.udpipe` prints what is wrong, or nothing if the model splits text into words and gives lemmas.
"""

import sys

from ufal.udpipe import Model, Pipeline, ProcessingError

SAMPLE = "Москва стоит на реке."


def fault(path: str) -> str:
    """Describe what is wrong with the model; empty if it can do what this pipeline needs."""
    model, failure = Model.load(path), ProcessingError()
    if model is None:
        return "not a UDPipe model, or not a whole one"
    for reader, text in (("tokenizer", SAMPLE), ("vertical", SAMPLE.replace(" ", "\n"))):
        parsed = Pipeline(model, reader, Pipeline.DEFAULT, Pipeline.NONE, "conllu").process(text, failure)
        if failure.occurred():
            return f"a UDPipe model that cannot do what is needed: {failure.message}"
        rows = [line.split("\t") for line in parsed.splitlines() if line and not line.startswith("#")]
        if all(row[2] == "_" for row in rows):
            return "a UDPipe model without lemmas"
    return ""


if __name__ == "__main__":
    print(fault(sys.argv[1]))
