"""A tagger in a process of its own, under any Python: it reads texts and writes spans and costs, as lines of JSON.

    python benchmarks/tagging.py recurrent-ner models/tagger/wikineural
    python benchmarks/tagging.py "recurrent-ner, torch" models/tagger/wikineural
    python benchmarks/tagging.py natasha

Only the standard library is imported here: natasha's environment has nothing of this repository's.
"""

import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

Spans = list[tuple[int, int, str, float]]
"""The entities of a text: the first character, the one after the last, the type, the confidence (natasha has none: 1).
"""
Tag = Callable[[list[str]], Iterable[Spans]]
OURS = "recurrent-ner"
TORCH = "recurrent-ner, torch"
"""The same tagger on torch, which the first one runs without."""
PARTS = "recurrent-ner, part by part"
"""The first one, which counts the seconds of its parts."""
NATASHA = "natasha"
"""As in its manual: a Doc is segmented, then tagged."""
BATCHES = "natasha, 8 texts at a time, unsegmented"
"""Its tagger alone, which is all that entities need, in batches of its own default size."""


def load_ours(folder: str, runtime: Literal["light", "torch"]) -> tuple[Tag, list[Path]]:
    """Load this repository's tagger as `predict` calls it; return it with its files."""
    from pipeline.machine.cpu import set_threads
    from pipeline.machine.memory import collect_rarely

    collect_rarely()
    set_threads(1)
    from pipeline.predict import load

    tagger = load(folder, runtime=runtime)

    def tag(texts: list[str]) -> Iterator[Spans]:
        for spans in tagger(iter(texts)):
            yield [(span.start, span.stop, span.type, span.confidence) for span in spans]

    return tag, [path for path in Path(folder).rglob("*") if path.is_file()]


def time_parts() -> dict[str, float]:
    """Have our tagger, on numpy, count the CPU seconds of its parts; return where it counts."""
    from pipeline.light import network
    from pipeline.light.crf import Crf
    from pipeline.light.lm import LanguageModel
    from pipeline.light.tagger import Tagger
    from pipeline.predict import tagger
    from pipeline.predict.words import Words
    from pipeline.text.udpipe import Lemmatizer

    parts: list[tuple[str, Any, str]] = [
        ("sentences and tokens, razdel", tagger, "split_text"),
        ("words, in lower case or not", Words, "lemmatize_tokens"),
        ("lemmas, UDPipe", Lemmatizer, "lemmatize_tokens"),
        ("vectors of words and language model", LanguageModel, "__call__"),
        ("tagger", Tagger, "__call__"),
        ("the best tags, Viterbi", Crf, "best"),
        ("confidences", network, "span_probabilities"),
    ]
    seconds: dict[str, float] = {}
    for part, owner, name in parts:
        setattr(owner, name, _timed(getattr(owner, name), part, seconds))
    return seconds


def _timed(function: Callable[..., Any], part: str, seconds: dict[str, float]) -> Callable[..., Any]:
    def timed(*arguments: Any) -> Any:
        started = time.process_time()
        result = function(*arguments)
        result = result if not isinstance(result, Iterator) else list(result)
        seconds[part] = seconds.get(part, 0) + time.process_time() - started
        return result

    return timed


def load_natasha(batches: bool) -> tuple[Tag, list[Path]]:
    """Load natasha's tagger with its news vectors; return it with these two files."""
    from natasha import Doc, NewsEmbedding, NewsNERTagger, Segmenter
    from natasha.data import NEWS_EMBEDDING, NEWS_NER

    segmenter, tagger = Segmenter(), NewsNERTagger(NewsEmbedding())

    def tag(texts: list[str]) -> Iterator[Spans]:
        for text in texts:
            doc = Doc(text)
            doc.segment(segmenter)
            doc.tag_ner(tagger)
            yield [(span.start, span.stop, span.type, 1.0) for span in doc.spans]

    def tag_batches(texts: list[str]) -> Iterator[Spans]:
        for markup in tagger.map(texts):
            yield [(span.start, span.stop, span.type, 1.0) for span in markup.spans]

    return tag_batches if batches else tag, [Path(NEWS_EMBEDDING), Path(NEWS_NER)]


def imported() -> list[Path]:
    """List the files of the packages that have been imported from site-packages."""
    files = [module.__file__ for module in list(sys.modules.values()) if getattr(module, "__file__", None)]
    tops = {match[0] for file in files if file and (match := re.match(r".*/site-packages/[^/]+", file))}
    return [path for top in sorted(tops) for path in (Path(top).rglob("*") if Path(top).is_dir() else [Path(top)])]


def size(files: Iterable[Path]) -> int:
    """Return the bytes of the files."""
    return sum(path.stat().st_size for path in files if path.is_file() and path.suffix != ".pyc")


def peak() -> int:
    """Return the peak of resident memory in bytes (Linux); getrusage says at least what the parent had."""
    return 1024 * int(re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[0])


def measure(tag: Tag, texts: list[str]) -> dict[str, Any]:
    """Return the spans of all texts, their seconds of wall and CPU time, and the CPU seconds of the process so far."""
    wall, cpu = time.perf_counter(), time.process_time()
    spans = list(tag(texts))
    now = time.process_time()
    return {"spans": spans, "wall": time.perf_counter() - wall, "cpu": now - cpu, "process": now}


def describe(files: list[Path]) -> dict[str, int]:
    """Return bytes: the peak of memory, the files of the model, the files of the packages."""
    model = {path.resolve() for path in files}
    return {"peak": peak(), "model": size(files), "packages": size(x for x in imported() if x.resolve() not in model)}


def serve(tag: Tag, files: list[Path], parts: dict[str, float] | None = None) -> None:
    """Answer every line until there is none; a line without texts is answered with sizes, or seconds of `parts`."""
    for line in sys.stdin:
        texts = json.loads(line)
        print(json.dumps(measure(tag, texts) if texts else describe(files) if parts is None else parts), flush=True)


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])  # not this folder, whose sru.py would be taken for the package
    name = sys.argv[1]
    if name == PARTS:
        seconds = time_parts()
        serve(*load_ours(sys.argv[2], "light"), seconds)
    elif name in (OURS, TORCH):
        serve(*load_ours(sys.argv[2], "light" if name == OURS else "torch"))
    else:
        serve(*load_natasha(name == BATCHES))
