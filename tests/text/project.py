"""A project of its own in which the real commands of the text stages run, and are disturbed."""

import os
import shutil
import sys
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pipeline.params import Params, load_params
from tests.forkserver import context

ROOT = Path(__file__).parents[2]
STAGES = ["documents", "sentences", "fragments", "lowercase", "lemmas", "vocabulary"]
MAPPED = STAGES[1:5]
DOCUMENTS = 60


class Project:
    """A folder with news, from which the stages make `data/<stage>`; settings are read once for all processes."""

    def __init__(self, folder: Path, backend: str = "sequential") -> None:
        self.folder, self.data = folder, folder / "data"
        news = self.data / "raw" / "news"
        news.mkdir(parents=True)
        (news / "a.txt").write_text("\n\n".join(_article(n) for n in range(DOCUMENTS)), encoding="utf-8")
        (news / "sources.json").write_text('{"files": [{"file": "a.txt", "format": "text"}]}')
        model = self.data / "raw" / "udpipe" / "model.udpipe"
        model.parent.mkdir()
        model.touch()
        params: dict[str, Any] = load_params(ROOT / "params.yaml").model_dump()
        params["scales"]["demo"]["text"] |= {"fragment_words": 30, "shard_megabytes": 0.0015}
        params["compute"] |= {"backend": backend, "jobs": 2}
        self.params = Params.model_validate(params)

    def start(self, stage: str, limit: int = 0) -> ForkServerProcess:
        """Start a stage as DVC does, its outputs deleted; `limit` is the largest file, in bytes, that it may write."""
        shutil.rmtree(self.data / stage, ignore_errors=True)
        process = context.Process(target=_run, args=(self.folder, self.params, stage, limit))
        process.start()
        return process

    def run(self, stage: str, limit: int = 0) -> tuple[int | None, str]:
        """Run a stage to its end; exit code and what it said last."""
        process = self.start(stage, limit)
        process.join(60)
        assert process.exitcode is not None, "still running"
        return process.exitcode, self.said()[-1]

    def said(self) -> list[str]:
        """The lines on standard error."""
        return (self.folder / "stderr").read_text(encoding="utf-8").splitlines()

    def results(self) -> dict[str, bytes]:
        """Every file of every stage, and of what is not to be left behind."""
        files = [path for stage in STAGES for path in self.data.glob(f"*{stage}*/**/*") if path.is_file()]
        return {str(path.relative_to(self.data)): path.read_bytes() for path in files}

    def finished(self, stage: str) -> set[int]:
        """The finished shards that are kept aside, by inode."""
        found = set()
        for facts in self.aside(stage).glob("[!.]*/facts.json"):
            with suppress(FileNotFoundError):  # the stage may be removing them
                found.add(facts.with_name("shard").stat().st_ino)
        return found

    def aside(self, stage: str) -> Path:
        return self.data / ".shards" / stage

    def shards(self, stage: str) -> set[int]:
        """The shards of a stage that is whole, by inode."""
        return {path.stat().st_ino for path in (self.data / stage).glob("*.txt")}


def _article(number: int) -> str:
    return f"Новость {number}\nМосква растёт. Россия\xa0тоже. {'Длинно ' * (number % 9)}. " + "Дождь идёт. " * number


def _run(folder: Path, params: Params, stage: str, limit: int) -> None:
    """In the child: the command, with words for lemmas."""
    os.chdir(folder)
    os.environ.pop("DVC_ROOT", None)
    with open("stderr", "a", buffering=1, encoding="utf-8") as stderr:
        sys.stderr, sys.argv = stderr, ["pipeline", stage]
        if limit:
            import resource

            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        from pipeline import cli
        from pipeline.stages import lemmas

        with patch.object(cli, "load_params", lambda: params), patch.object(lemmas, "Lemmatizer", Words):
            cli.main()


class Words:
    """Stands for a UDPipe model: the words themselves."""

    def __init__(self, *_: object) -> None:
        pass

    def lemmatize_text(self, text: str) -> list[str]:
        return text.split()
