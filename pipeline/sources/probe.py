"""Does a UDPipe model work? A program of its own, since UDPipe aborts on some files that are not models.

    python probe.py russian.udpipe

Exit code 0: it splits text into words and gives lemmas. 1: it doesn't, and standard output says why.
"""

import sys

from ufal.udpipe import Model, Pipeline, ProcessingError

SAMPLE = "Москва стоит на реке."


def fault(path: str) -> str | None:
    """What is wrong with the model; None if it can do what this pipeline needs."""
    model = Model.load(path)
    if model is None:
        return "not a UDPipe model, or not a whole one"
    failure = ProcessingError()
    for reader in ("tokenizer", "vertical"):
        text = SAMPLE if reader == "tokenizer" else SAMPLE.replace(" ", "\n")
        parsed = Pipeline(model, reader, Pipeline.DEFAULT, Pipeline.NONE, "conllu").process(text, failure)
        if failure.occurred():
            return f"a UDPipe model that cannot do what is needed: {failure.message}"
        rows = [line.split("\t") for line in parsed.splitlines() if line and not line.startswith("#")]
        if not rows or all(row[2] == "_" for row in rows):
            return "a UDPipe model without lemmas"
    return None


if __name__ == "__main__":
    found = fault(sys.argv[1])
    if found:
        print(found)
    sys.exit(1 if found else 0)
