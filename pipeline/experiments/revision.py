"""A revision as git and DVC keep it: a branch, tag, commit or experiment, or the workspace as it stands.

Files come from git or, where DVC tracks them, from its cache (or its remote): nothing is checked out and nothing run.
"""

import hashlib
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from dvc.api import DVCFileSystem
from dvc.exceptions import NotDvcRepoError
from dvc.repo import Repo
from dvc.repo.experiments.utils import exp_refs
from dvc.scm import NoSCM, RevError, resolve_rev

from pipeline.errors import UserError
from pipeline.files.json import json_text
from pipeline.paths import HERE
from pipeline.provenance.code import DATA, PACKAGE, PYTHON, Sources, describe_architecture, stage_code, stages

WORKSPACE = "workspace"
LOCK, PARAMS = "dvc.lock", "params.yaml"

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Safe YAML, parsed in C where PyYAML was built so: a lock takes a second otherwise."""

Json = dict[str, Any]


class Difference(NamedTuple):
    """A setting that is not the same; None where one has no such setting."""

    key: str
    a: Any
    b: Any


class Revision:
    """Read-only view of a revision, from the top of its repository."""

    def __init__(self, name: str, commit: str | None, is_experiment: bool = False) -> None:
        """`commit` is the full hash; None for the workspace."""
        self.name, self.commit, self.is_experiment = name, commit, is_experiment
        self._files = DVCFileSystem(rev=commit)
        self._md5: dict[str, str | None] = {}

    @property
    def title(self) -> str:
        """The name, with the commit where the name does not say it: with-gru (1a2b3c4)."""
        if self.commit is None or self.commit.startswith(self.name):
            return self.name
        return f"{self.name} ({self.commit[:7]})"

    def has(self, path: str) -> bool:
        """Whether there is such a file, leaving aside what only DVC's cache has."""
        repo = self._files.repo
        return bool(repo.fs.exists(repo.fs.join(repo.root_dir, path)))

    def names(self, folder: str) -> list[str]:
        """Names of the files in a folder that DVC tracks, sorted."""
        return sorted(path.rpartition("/")[2] for path in self._get(folder, self._files.ls, folder, detail=False))

    def read(self, path: str) -> str:
        """The text of a file."""
        return str(self.read_bytes(path).decode("utf-8"))

    def read_bytes(self, path: str) -> bytes:
        """A file as it is."""
        return bytes(self._get(path, self._files.cat_file, path))

    def md5(self, path: str) -> str | None:
        """As DVC has it in dvc.lock; of `HERE.architecture` and in `HERE.code`, what it is if written now."""
        if path not in self._md5:
            self._md5[path] = self._find_md5(path)
        return self._md5[path]

    def architecture_md5(self, arch: str) -> str:
        """Of `HERE.architecture` if another architecture were chosen here; empty where there is none of that name."""
        try:
            return _json_md5(describe_architecture(self.params | {"arch": arch}, self._sources))
        except (KeyError, TypeError):
            return ""

    def _find_md5(self, path: str) -> str | None:
        if Path(path) == HERE.architecture:
            return self.architecture_md5(str(self.params.get("arch")))
        if Path(path).parent == HERE.code:
            stage = Path(path).stem
            return _json_md5(stage_code(stage, self._sources)) if stage in stages(self._sources) else None
        return _md5(self.read_bytes(path)) if self.has(path) else None

    @cached_property
    def _sources(self) -> Sources:
        fs, top = self._files.repo.fs, self._files.repo.root_dir
        paths = {str(fs.relpath(path, top)): path for path in fs.find(fs.join(top, PACKAGE))}
        return {name: fs.cat_file(path) for name, path in sorted(paths.items()) if Path(name).suffix in {PYTHON, *DATA}}

    @cached_property
    def stages(self) -> dict[str, Json]:
        """What dvc.lock says of every stage that was run."""
        if not self.has(LOCK):
            raise UserError(f"{self.name}: found no {LOCK}: nothing was run there; {self.advice}")
        return self._block(LOCK, self._block(LOCK, self._load(LOCK)).get("stages"))

    @cached_property
    def params(self) -> Json:
        """params.yaml as data."""
        return self._block(PARAMS, self._load(PARAMS))

    @property
    def advice(self) -> str:
        """How the outputs of this revision come about."""
        if self.commit is None:
            return "run: dvc repro"
        if self.is_experiment:
            return "run the experiment again: dvc exp run"
        return f"run there and commit: git checkout {self.name}, dvc repro"

    def _load(self, path: str) -> Any:
        try:
            return yaml.load(self.read(path), LOADER)
        except yaml.YAMLError as error:
            place = " ".join(str(error).split())
            raise UserError(f"{self.name}: {path}: not valid YAML (a merge left half-way?): {place}") from None

    def _block(self, path: str, value: Any) -> Json:
        if not isinstance(value, dict):
            raise UserError(f"{self.name}: {path}: found no keys and values; {self.advice}")
        return value

    def _get(self, path: str, read: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return read(*args, **kwargs)
        except Exception as error:  # a cache fails in ways of DVC's, and each kind of remote in ways of its own
            pull = f"dvc exp pull <git remote> {self.name}" if self.is_experiment else "dvc fetch --all-commits"
            fetch = "dvc pull" if self.commit is None else pull
            raise UserError(
                f"{self.name}: {path}: neither in git nor in DVC's cache; fetch it: {fetch}; or {self.advice}"
            ) from error


def open_revisions(*names: str) -> list[Revision]:
    """The revisions with these names; a `UserError` names what there is instead."""
    with _open_repo() as repo:
        return [_open(repo, name) for name in names]


def all_revisions() -> list[Revision]:
    """The workspace, then experiments, the newest first, then branches, that of the workspace first."""
    with _open_repo() as repo:
        commits = {ref: str(repo.scm.get_ref(str(ref))) for ref in exp_refs(repo.scm)}
        times = {ref: repo.scm.resolve_commit(commit).commit_time for ref, commit in commits.items()}
        newest_first = sorted(commits, key=lambda ref: (-times[ref], ref.name))
        here = repo.scm.get_ref("HEAD", follow=False)  # refs/heads/main, or a hash
        branches = sorted(repo.scm.list_branches(), key=lambda name: (f"refs/heads/{name}" != here, name))
        return [
            Revision(WORKSPACE, None),
            *(Revision(ref.name, commits[ref], is_experiment=True) for ref in newest_first),
            *(Revision(name, str(resolve_rev(repo.scm, name))) for name in branches),
        ]


def diff_params(a: Revision, b: Revision) -> list[Difference]:
    """Settings in which two revisions differ, by key, as `dvc params diff` has them."""
    if a.commit == b.commit:
        return []
    with Repo() as repo:
        found = repo.params.diff(a.commit or WORKSPACE, b.commit or WORKSPACE).get("diff", {})
    changes = found.get(PARAMS, {})
    return [Difference(key, change.get("old"), change.get("new")) for key, change in sorted(changes.items())]


def _json_md5(value: Json) -> str:
    return _md5(json_text(value).encode())


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _open_repo() -> Repo:
    try:
        repo = Repo()
    except NotDvcRepoError:
        raise UserError("not in a DVC repository: found no .dvc here or above; run from the top of a clone") from None
    if isinstance(repo.scm, NoSCM):
        raise UserError("not in a git repository: revisions are git's; run from the top of a clone")
    if Path(repo.root_dir).resolve() != Path.cwd().resolve():
        raise UserError(f"run from the top of the repository: cd {repo.root_dir}")
    return repo


def _open(repo: Repo, name: str) -> Revision:
    experiments = sorted({ref.name for ref in exp_refs(repo.scm)})
    commit = None if name == WORKSPACE else _resolve(repo, name, experiments)
    return Revision(name, commit, name in experiments)


def _resolve(repo: Repo, name: str, experiments: list[str]) -> str:
    try:
        if name:
            return str(resolve_rev(repo.scm, name))
    except RevError as error:
        if "ambiguous" in str(error):
            raise UserError(f"{name}: more than one experiment has this name; give the hash of dvc exp show") from None
    raise UserError(f"found no revision {name!r}; {_suggest(repo, name, experiments)}")


def _suggest(repo: Repo, name: str, experiments: list[str]) -> str:
    """Close names, else all kinds of names."""
    others = [*repo.scm.list_branches(), *repo.scm.list_tags(), WORKSPACE]
    close = get_close_matches(name, dict.fromkeys([*experiments, *others]))
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"experiments: {_some(experiments)}; branches and tags: {_some(others)}"


def _some(names: list[str], most: int = 10) -> str:
    """The first names, and how many there are beside."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none"
