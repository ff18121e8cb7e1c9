"""A project of its own in which the real commands of the text stages run, and are disturbed."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import IO, Any
from unittest.mock import patch

import yaml
from joblib.externals.loky import get_reusable_executor

from pipeline.paths import Paths
from pipeline.work.finished import Finished
from tests.params import dump_params, make_params
from tests.text.news import STAGES, Words, export, page, revision, run_text_stages, write_news

ROOT = Path(__file__).parents[2]
DOCUMENTS, PAGES = 60, 12
PARAMS = make_params({"text.fragment_words": 30, "text.shard_megabytes": 0.0015})
LOG, KEY = "worked_on", 10
"""The log of finished shards, and the length of a fingerprint in it, for the log too must stay below a limit."""


def make_data(folder: Path) -> Path:
    """Run all stages, undisturbed and in this process; return the folder `data`."""
    text = "\n\n".join(map(_article, range(DOCUMENTS)))
    write_news(Paths(folder), {"a.txt": text, "b.xml": export(*map(_page, range(PAGES)))})
    run_text_stages(Paths(folder), PARAMS)
    return folder / "data"


class Project:
    """A folder with a copy of the data, in which any stage may run again and make `data/<stage>`."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        shutil.copytree(data, self.data)
        shutil.copy(ROOT / "dvc.yaml", folder)
        self.set_backend("sequential")

    def set_backend(self, backend: str) -> None:
        """Write params.yaml for a backend."""
        self.backend = backend
        params = dump_params(PARAMS)
        params["compute"] |= {"backend": backend, "jobs": 2}
        (self.folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")

    def start(self, stage: str, limit: int = 0) -> ForkServerProcess:
        """Start a stage as DVC does, its outputs deleted; `limit` is the largest file, in bytes, that it may write."""
        shutil.rmtree(self.data / stage, ignore_errors=True)
        process = ForkServerProcess(target=_run, args=(self.folder, self.backend, stage, limit))
        with chdir(ROOT):  # the server, which the first one starts, imports from where it is
            process.start()
        return process

    def run(self, stage: str, limit: int = 0) -> tuple[int | None, str]:
        """Run a stage to its end. Return the exit code and the last line on standard error."""
        process = self.start(stage, limit)
        process.join(60)
        assert process.exitcode is not None, "still running"
        return process.exitcode, self.said()[-1]

    def said(self) -> list[str]:
        """Return the lines on standard error."""
        return (self.folder / "stderr").read_text(encoding="utf-8").splitlines()

    def finished(self, stage: str) -> set[str]:
        """Return the shards that a stage has finished; all stages but `documents` keep them for a rerun."""
        with suppress(FileNotFoundError):
            names = os.listdir(self.data / (".documents.partial" if stage == "documents" else f".shards/{stage}"))
            return {name[:KEY] for name in names if not name.startswith(".")}
        return set()

    def worked_on(self) -> list[str]:
        """Return what was finished without workers since the last call, each shard as often as it was."""
        log = self.folder / LOG
        keys = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        return keys


def results(data: Path) -> dict[str, bytes]:
    """Return every file of every stage, and every file that should not be left behind."""
    files = [path for stage in STAGES for path in data.glob(f"*{stage}*/**/*") if path.is_file()]
    return {str(path.relative_to(data)): path.read_bytes() for path in files}


def _article(number: int) -> str:
    return f"Новость {number}\nМосква растёт. Россия\xa0тоже. {'Длинно ' * (number % 9)}. " + "Дождь идёт. " * number


def _page(number: int) -> str:
    return page(number, revision(f"{{{{дата}}}} В [[w:Москва|Москве]] '''дождь'''.{' Он идёт.' * 9 * number}"))


def _run(folder: Path, backend: str, stage: str, limit: int) -> None:
    """Run the command in the child, with words for lemmas."""
    os.chdir(folder)
    os.environ.pop("DVC_ROOT", None)
    with open("stderr", "a", buffering=1, encoding="utf-8") as stderr:
        sys.stderr, sys.argv = stderr, ["pipeline", stage]
        if limit:
            import resource

            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        from pipeline import cli
        from pipeline.stages import documents, lemmas

        with (
            patch.object(documents, "BATCH", 500),
            patch.object(lemmas, "Lemmatizer", Words),
            patch.object(Finished, "add", _add),
        ):
            try:
                cli.main()
            finally:
                if backend == "loky":  # a child would wait until they are idle for too long
                    get_reusable_executor().shutdown()


@contextmanager
def _add(finished: Finished, key: str, facts: Mapping[str, Any], add: Any = Finished.add) -> Iterator[IO[bytes]]:
    """Do what `Finished.add` does, and log a line for `Project.worked_on`."""
    with add(finished, key, facts) as file:
        yield file
    with open(LOG, "a") as log:
        log.write(f"{key[:KEY]}\n")
