"""Mutated inputs for every reader: a command, for it takes minutes and tests draw fewer.

    python -m tests.fuzz --inputs 2000 --jobs 2
    python -m tests.fuzz --only 137 # that one again, all of its output shown

Each input is one file of a small finished pipeline, changed by chance. The command that reads it must end in time and
in bounded memory with exit code 0, or with code 1 and one bounded line that begins with `error:`, and leave nothing
half-written. The same seed draws the same inputs.
"""

import argparse
import contextlib
import gzip
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from zipfile import ZipFile

import yaml

from demo import DemoSettings, generate

ROOT = Path(__file__).parents[1]
SECONDS, MEBIBYTES, CHARACTERS = 120, 2000, 2000
"""Most that a command may take: time, memory, and the longest line that it may print."""
TINY = DemoSettings(
    seed=1, articles=12, train=30, validation=20, test=20, treebank=60, tokenizer_epochs=1, tagger_iterations=1
)
SENTENCES = "В Твери открыт мост .\nАнна Петрова приехала из Перми ."

TARGETS: list[tuple[str, list[str]]] = [
    ("check", ["params.yaml"]),
    ("fetch", ["data/local/*"]),
    ("documents", ["data/raw/news/*"]),
    ("sentences", ["data/documents/*"]),
    ("fragments", ["data/sentences/*"]),
    ("lowercase", ["data/fragments/*"]),
    ("lemmas", ["data/lowercase/*"]),
    ("vocabulary", ["data/lemmas/*"]),
    ("data", ["data/documents/*", "data/sentences/*", "data/lemmas/*", "data/vocabulary/*"]),
    ("charcnn", ["data/vocabulary/*"]),
    ("pretrain", ["data/vocabulary/*", "models/charcnn/*", "models/architecture.json"]),
    ("corpora wikineural", ["data/raw/ner/wikineural/*"]),
    ("corpora multiconer", ["data/raw/ner/multiconer/*"]),
    ("corpora columns", ["data/raw/ner/columns/*"]),
    ("ner wikineural", ["data/ner/wikineural/*", "models/lm/*"]),
    ("evaluate wikineural", ["data/ner/wikineural/*", "models/lm/*", "models/ner/wikineural/*/*"]),
    ("typos wikineural", ["data/ner/wikineural/*", "models/ner/wikineural/*/*"]),
    ("export wikineural", ["data/ner/wikineural/*", "data/raw/ner/wikineural/*.json", "metrics/ner/*", "models/lm/*"]),
    ("report", ["data/*/counts.json", "data/ner/*/*", "data/predictions/*/*", "metrics/*.*", "metrics/ner/*"]),
    ("show", ["metrics/*.json", "metrics/ner/*.json"]),
    ("show ARTICLE", ["data/documents/*", "data/fragments/*", "data/vocabulary/*"]),
    ("predict Мост --model models/tagger/wikineural", ["models/tagger/wikineural/*", "models/tagger/wikineural/*/*"]),
    ("predict --model models/tagger/wikineural --file text.txt --format jsonl", ["text.txt"]),
    ("predict --model models/tagger/wikineural --file text.txt --format conll", ["text.txt"]),
    ("predict --model models/tagger/wikineural --jsonl --file lines.jsonl", ["lines.jsonl"]),
    ("predict --model models/tagger/wikineural --tokens --file tokens.txt", ["tokens.txt"]),
    ("embed models/lm tokens.txt out.npz", ["models/lm/*", "tokens.txt"]),
    ("embed published tokens.txt out.npz", ["published/*"]),
]
"""Commands, and the files that they read."""

HOSTILE = [
    *(b"\0", b"\r", b"\r\n", b"\t", b"\x1b[2J\x1b]0;x\x07", b"\xed\xa0\x80", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc2\x85"),
    *("\u2028\u202e\u0301й".encode(), b"$\\frac{", b"NaN", b"1e999", b"-1", b"null", b"9" * 5000, b"{}", b"[]", b'""'),
    *(b"[" * 100_000, b"{{" * 5000, b"[[" * 5000, b"<b>" * 5000, b"x" * 3_000_000, b"<text>", b"</page>", b"&#774;"),
    *(b"&a *a", b"!!python/object:x", b"#doc\t\t", b"\n\n\n", b"B-X", b"E-PER", b"- " * 1000),
]
VALUES: list[Any] = [
    None,
    -1,
    0,
    1e308,
    float("nan"),
    10**400,
    True,
    "",
    "x" * 100_000,
    "$\\x{",
    [],
    {},
    [[]],
    "\ud800",
]


class Trial(NamedTuple):
    """A command at work on a mutated input."""

    number: int
    command: str
    file: str
    folder: Path
    before: set[str]
    """Files that were there, by path in the folder."""
    started: float


def mutate(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """The content of a file, changed in one to three ways."""
    for _ in range(chance.choice([1, 1, 2, 3])):
        data = chance.choice(MUTATIONS)(data, chance, other)
    return data


def _truncate(data: bytes, chance: random.Random, other: bytes) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _flip(data: bytes, chance: random.Random, other: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8) if data else 0):
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _insert(data: bytes, chance: random.Random, other: bytes) -> bytes:
    position = chance.randrange(len(data) + 1)
    return data[:position] + chance.choice(HOSTILE) + data[position:]


def _cut(data: bytes, chance: random.Random, other: bytes) -> bytes:
    start, stop = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + data[stop:]


def _repeat(data: bytes, chance: random.Random, other: bytes) -> bytes:
    start, stop = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:stop] + data[start:]


def _replace(data: bytes, chance: random.Random, other: bytes) -> bytes:
    return chance.choice([b"", other, other[: len(other) // 2], chance.randbytes(1000)])


def _swap_lines(data: bytes, chance: random.Random, other: bytes) -> bytes:
    lines = data.split(b"\n")
    first, second = (chance.randrange(len(lines)) for _ in range(2))
    lines[first], lines[second] = lines[second], lines[first]
    return b"\n".join(lines)


def _swap_field(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """A word, number or name by something hostile."""
    words = data.split(b" ") if chance.random() < 0.5 else data.split(b"\t")
    words[chance.randrange(len(words))] = chance.choice(HOSTILE)
    return b" ".join(words)


def _change_json(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """Change a value somewhere in JSON, or remove a key; cut anything that is not JSON."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return _cut(data, chance, other)
    nodes = [node for node in _walk(value) if node]
    if not nodes:
        return json.dumps(chance.choice(VALUES)).encode("utf-8", "surrogatepass")
    node = chance.choice(nodes)
    key = chance.choice(list(node) if isinstance(node, dict) else range(len(node)))
    if chance.random() < 0.3:
        del node[key]
    else:
        node[key] = chance.choice(VALUES)
    return json.dumps(value).encode()


def _walk(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for child in value.values() if isinstance(value, dict) else value:
            yield from _walk(child)


MUTATIONS = [_truncate, _flip, _insert, _cut, _repeat, _replace, _swap_lines, _swap_field, _change_json, _change_json]


def make_project(folder: Path) -> None:
    """A finished pipeline of the smallest size, with inputs of every format in data/local."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(ROOT / name, folder / name)
    local = folder / "data" / "local"
    generate(local, TINY)
    with ZipFile(local / "elmo.zip") as archive:
        archive.extractall(folder / "published")
    (local / "elmo.zip").unlink()
    for name in ("wikineural", "multiconer"):
        for path in (local / name).iterdir():
            (local / f"{name}-{path.stem}").write_bytes(gzip.decompress(path.read_bytes()))
        shutil.rmtree(local / name)
    tokens = [line.split("\t")[1:] for line in (local / "wikineural-test.conll").read_text("utf-8").split("\n")]
    (local / "columns.txt").write_text("\n".join(" X ".join(row) for row in tokens), encoding="utf-8")
    (local / "news.txt").write_text("Мост открыт\nВ Твери открыт мост.\n\nПожар потушен.\n" * 40, encoding="utf-8")
    (local / "manifest.yaml").write_text(yaml.safe_dump(_manifest()), encoding="utf-8")
    _edit(folder / "params.yaml", _shrink_params)
    stages = [command for command, _ in TARGETS]
    _run_all(folder, *stages[: stages.index("report")])
    for name in ("multiconer", "columns"):
        _run_all(folder, *(f"{stage} {name}" for stage in ("ner", "evaluate", "typos", "export")))
    _run_all(folder, "report")
    (folder / "tokens.txt").write_text(SENTENCES, encoding="utf-8")
    (folder / "text.txt").write_text(SENTENCES * 20, encoding="utf-8")
    (folder / "lines.jsonl").write_text(f"{json.dumps({'text': SENTENCES})}\n" * 20, encoding="utf-8")


def _manifest() -> dict[str, Any]:
    splits = {"train": "train", "validation": "validation", "test": "test"}
    ner: dict[str, Any] = {
        name: {"format": name, **{s: {"source": f"{name}-{f}.conll"} for s, f in splits.items()}}
        for name in ("wikineural", "multiconer")
    }
    columns = {"source": "columns.txt"}
    ner["columns"] = {"format": "conll2003", "train": columns, "validation": {"holdout": 0.3}, "test": columns}
    news = [{"source": "news.xml.bz2", "format": "mediawiki"}, {"source": "news.txt", "format": "text"}]
    return {"news": news, "udpipe": {"source": "model.udpipe"}, "ner": ner}


def _shrink_params(params: dict[str, Any]) -> None:
    demo = params["scales"]["demo"]
    demo["vocabulary"]["validation_share"] = 0.3
    demo["charcnn"]["training"]["epochs"] = demo["lm"]["training"]["epochs"] = 0.5
    demo["lm"]["hidden"] = demo["ner"]["hidden"] = 8
    demo["ner"]["epochs"], params["typos"]["rates"], params["evaluate"]["bootstrap"] = 1, [0, 0.2], 50
    params.update(arch="sru", scale="local", sets=["wikineural", "multiconer", "columns"])
    params["scales"]["local"], params["compute"]["jobs"] = demo, 1


def _edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    value = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(yaml.safe_dump(value, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _run_all(folder: Path, *commands: str) -> None:
    for command in commands:
        print(f"make: {command}", file=sys.stderr)
        code = os.waitstatus_to_exitcode(os.waitpid(_start(folder, command), 0)[1])
        if code:
            sys.exit(_read_said(folder)[1])


def _start(folder: Path, command: str) -> int:
    """Fork a child, which has all imports, to run a command in a folder; its process id."""
    return os.fork() or _command(folder, command)


def _said(folder: Path) -> list[Path]:
    """Standard output and standard error of the command in a folder, next to it."""
    return [folder.with_name(f"{folder.name}.{name}") for name in ("stdout", "stderr")]


def _read_said(folder: Path) -> list[str]:
    return [path.read_text(encoding="utf-8", errors="replace") for path in _said(folder)]


def _command(folder: Path, command: str) -> NoReturn:
    os.chdir(folder)
    os.environ.pop("DVC_ROOT", None)
    for number, path in enumerate(_said(folder), 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.argv = ["pipeline", *command.replace("ARTICLE", _first_article()).split(" ")]
    code = 1
    try:
        from pipeline import cli

        cli.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:
        sys.excepthook(*sys.exc_info())
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _first_article() -> str:
    """The id of an article that `show` can follow, while there is one."""
    with contextlib.suppress(OSError, IndexError), open("data/sentences/00000.txt", errors="replace") as file:
        return file.readline().split("\t")[1]
    return "1"


def start_trial(number: int, seed: int, project: Path, folder: Path) -> Trial:
    """Copy the project, change one of its files, and start the command that reads it."""
    chance = random.Random(f"{seed}:{number}")
    command, patterns = TARGETS[number % len(TARGETS)]
    names = sorted(str(p.relative_to(project)) for pattern in patterns for p in project.glob(pattern) if p.is_file())
    file = chance.choice(names)
    shutil.copytree(project, folder, copy_function=os.link)
    data, other = ((project / name).read_bytes() for name in (file, chance.choice(names)))
    (folder / file).unlink()
    if chance.random() < 0.03:
        chance.choice([lambda: None, (folder / file).mkdir, lambda: (folder / file).symlink_to(file)])()
    else:
        (folder / file).write_bytes(mutate(data, chance, other))
    before = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return Trial(number, command, file, folder, before, time.monotonic())


def judge(trial: Trial, status: int, mebibytes: float) -> str:
    """`read`, `refused`, or what is wrong."""
    code = os.waitstatus_to_exitcode(status)
    printed, said = _read_said(trial.folder)
    lines = [*said.replace("\r", "\n").split("\n"), *printed.split("\n")]
    errors = [line for line in said.split("\n") if line.startswith("error: ")]
    left = {str(path.relative_to(trial.folder)) for path in trial.folder.rglob("*.partial")} - trial.before
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    if "Traceback" in said:
        return "traceback"
    if mebibytes > MEBIBYTES:
        return f"took {mebibytes:,.0f} MiB"
    if "predict" not in trial.command and (longest := max(map(len, lines))) > CHARACTERS:
        return f"a line of {longest:,} characters"
    if left:
        return f"left {min(left)}"
    if code == 1 and (len(errors) == 1 or (errors and "predict" in trial.command)):
        return "refused"
    return "read" if code == 0 else f"exit code {code} with {len(errors)} lines of error"


def main() -> None:
    """Run all trials and print what became of them; exit code 1 if one went wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--inputs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    _import_all()
    numbers = iter(range(options.inputs) if options.only is None else [options.only])
    outcomes: dict[str, Counter[str]] = {command: Counter() for command, _ in TARGETS}
    faults = 0
    with tempfile.TemporaryDirectory(prefix="fuzz.") as scratch:
        project = Path(scratch, "project")
        project.mkdir()
        make_project(project)
        running: dict[int, Trial] = {}
        while True:
            while len(running) < options.jobs and (number := next(numbers, None)) is not None:
                trial = start_trial(number, options.seed, project, Path(scratch, str(number)))
                running[_start(trial.folder, trial.command)] = trial
            if not running:
                break
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if not pid:
                for child, trial in running.items():
                    if time.monotonic() - trial.started > 2 * SECONDS:
                        os.kill(child, signal.SIGKILL)
                time.sleep(0.02)
                continue
            trial = running.pop(pid)
            outcome = judge(trial, status, usage.ru_maxrss / 1024)
            good = outcome in ("read", "refused")
            faults += not good
            outcomes[trial.command]["read" if outcome == "read" else "refused" if good else "FAULT"] += 1
            if not good or options.only is not None:
                print(f"{trial.number}: {trial.command}: {trial.file}: {outcome}")
                _, said = _read_said(trial.folder)
                print("    " + said[-3000:].strip().replace("\n", "\n    ")[-1500:], flush=True)
            shutil.rmtree(trial.folder)
    for command, counts in outcomes.items():
        print(f"{command:75} {counts['read']:5} read {counts['refused']:5} refused {counts['FAULT']:5} wrong")
    total = sum(outcomes.values(), Counter[str]())
    print(f"{total.total()} inputs: {total['read']} read, {total['refused']} refused, {faults} wrong")
    sys.exit(faults > 0)


def _import_all() -> None:
    """Import whatever takes a second before the children are forked."""
    import h5py  # noqa: F401
    import matplotlib.figure  # noqa: F401
    import torch
    import torch._dynamo

    from pipeline import cli  # noqa: F401
    from pipeline.predict import load  # noqa: F401
    from pipeline.stages import charcnn, documents, evaluate, export, ner, pretrain, report, typos  # noqa: F401

    torch.set_num_threads(1)


if __name__ == "__main__":
    main()
