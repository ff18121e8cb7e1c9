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
from dvc_data.hashfile.build import build
from dvc_data.hashfile.tree import Tree

from pipeline.errors import UserError
from pipeline.experiments.lock import LOADER, Json, look_up
from pipeline.files.json import json_text
from pipeline.paths import HERE
from pipeline.provenance.code import DATA, PACKAGE, PYTHON, Sources, describe_architecture, stage_code, stages

WORKSPACE = "workspace"
LOCK, PARAMS, STAGES = "dvc.lock", "params.yaml", "dvc.yaml"
CHOSEN = {"archs": "arch", "taggers": "tagger", "scales": "scale"}
"""Blocks of params.yaml of which a run reads one part, and the setting that says which."""


class Choice(NamedTuple):
    """The choices of a params.yaml; None where it has no such key."""

    arch: Any
    scale: Any
    sets: Any
    tagger: Any
    charcnn: Any
    """The source of the char-CNN."""


def read_choice(params: Json) -> Choice:
    """The choices of a params.yaml. Nothing else reads them from the params.yaml of another revision."""
    arch, scale, sets, tagger = (look_up(params, key) for key in ("arch", "scale", "sets", "tagger"))
    return Choice(arch, scale, sets, tagger, look_up(params, f"scales.{scale}.charcnn.source"))


class Revision:
    """Read-only view of a revision, from the top of its repository."""

    def __init__(self, name: str, commit: str | None, is_experiment: bool = False) -> None:
        """`commit` is the full hash; None for the workspace."""
        self.name, self.commit, self.is_experiment = name, commit, is_experiment
        self._files = DVCFileSystem(rev=commit)

    @property
    def title(self) -> str:
        """The name, with the commit where the name does not say it: with-gru (1a2b3c4)."""
        if self.commit is None or self.commit.startswith(self.name):
            return self.name
        return f"{self.name} ({self.commit[:7]})"

    @property
    def advice(self) -> str:
        """What to run to get the outputs of this revision."""
        if self.commit is None:
            return "run: dvc repro"
        if self.is_experiment:
            return "run the experiment again: dvc exp run"
        return f"run there and commit: git checkout {self.name}, dvc repro"

    @cached_property
    def params(self) -> Json:
        """params.yaml as data."""
        return self._read_keys(PARAMS)

    @cached_property
    def stages(self) -> dict[str, Json]:
        """The entry in dvc.lock of every stage that was run."""
        if not self.has(LOCK):
            raise UserError(f"{self.name}: found no {LOCK}: nothing was run there; {self.advice}")
        return self._need_keys(LOCK, self._read_keys(LOCK).get("stages"))

    def has(self, path: str) -> bool:
        """Whether the revision has such a file outside of DVC's cache."""
        repo = self._files.repo
        return bool(repo.fs.exists(repo.fs.join(repo.root_dir, path)))

    def names(self, folder: str) -> list[str]:
        """Names of the files in a folder that DVC tracks, sorted."""
        return sorted(path.rpartition("/")[2] for path in self._get(folder, self._files.ls, detail=False))

    def read_bytes(self, path: str) -> bytes:
        """A file as it is."""
        return bytes(self._get(path, self._files.cat_file))

    def md5(self, path: str) -> str | None:
        """The md5 of a file in git; None where there is none.

        For the files in which stage `check` describes the architecture and the code, it is the md5 they would have now.
        """
        if Path(path) == HERE.architecture:
            return self.architecture_md5(self.params)
        if Path(path).parent == HERE.code:
            return self._code_md5s.get(Path(path).stem)
        return _md5(self.read_bytes(path)) if self.has(path) else None

    def folder_md5(self, path: str, without: str = "") -> str | None:
        """The md5 that dvc.lock would have of a folder, of the workspace, without a file; None where there is none."""
        if not self.has(path):
            return None
        repo, tree = self._files.repo, Tree()
        folder = repo.fs.join(repo.root_dir, path)
        files: Any = build(repo.cache.local, folder, repo.fs, "md5", ignore=repo.dvcignore, dry_run=True)[-1]
        for key, meta, md5 in files:
            if key != (without,):
                tree.add(key, meta, md5)
        tree.digest()
        return str(tree.hash_info.value)

    def architecture_md5(self, params: Json) -> str:
        """The md5 that the architecture would have with these values of params.yaml; empty where none has its name."""
        try:
            return _md5(json_text(describe_architecture(params, self._sources)).encode())
        except (KeyError, TypeError):
            return ""

    @cached_property
    def _code_md5s(self) -> dict[str, str]:
        """The md5 of the code of each stage, by stage, as `check` would write it now."""
        return {s: _md5(json_text(stage_code(s, self._sources)).encode()) for s in stages(self._sources)}

    @cached_property
    def _sources(self) -> Sources:
        fs, top = self._files.repo.fs, self._files.repo.root_dir
        paths = {str(fs.relpath(path, top)): path for path in fs.find(fs.join(top, PACKAGE))}
        return {name: fs.cat_file(path) for name, path in sorted(paths.items()) if Path(name).suffix in {PYTHON, *DATA}}

    def _read_keys(self, path: str) -> Json:
        try:
            return self._need_keys(path, yaml.load(self.read_bytes(path), LOADER))
        except yaml.YAMLError as error:
            fault = " ".join(str(error).split())
            raise UserError(f"{self.name}: {path}: not valid YAML (a merge left half-way?): {fault}") from None

    def _need_keys(self, path: str, block: Any) -> Json:
        if not isinstance(block, dict):
            raise UserError(f"{self.name}: {path}: found no keys and values; {self.advice}")
        return block

    def _get(self, path: str, read: Any, **options: Any) -> Any:
        try:
            return read(path, **options)
        except Exception as error:  # DVC's cache and every kind of remote have their own kinds of errors
            pull = f"dvc exp pull <git remote> {self.name}" if self.is_experiment else "dvc fetch --all-commits"
            fetch = "dvc pull" if self.commit is None else pull
            raise UserError(
                f"{self.name}: {path}: neither in git nor in DVC's cache; fetch it: {fetch}; or {self.advice}"
            ) from error


def open_revisions(*names: str) -> list[Revision]:
    """The revisions with these names; a `UserError` lists the names that there are."""
    with _open_repo() as repo:
        experiments = sorted({ref.name for ref in exp_refs(repo.scm)})
        return [Revision(name, _resolve(repo, name, experiments), name in experiments) for name in names]


def all_revisions() -> list[Revision]:
    """The workspace, then experiments, the newest first, then branches, the one checked out first."""
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


def diff_params(a: Revision, b: Revision) -> dict[str, tuple[Any, Any]]:
    """The settings in which two revisions differ, sorted by dotted key; None where one has no such setting.

    Those of architectures, taggers and scales that neither has chosen are left out.
    """
    if a.commit == b.commit:
        return {}
    with Repo() as repo:
        changes = repo.params.diff(a.commit or WORKSPACE, b.commit or WORKSPACE).get("diff", {}).get(PARAMS, {})
    choices = [read_choice(revision.params) for revision in (a, b)]
    chosen = {f"{block}.{getattr(x, key)}" for x in choices for block, key in CHOSEN.items()}
    return {
        key: (change.get("old"), change.get("new"))
        for key, change in sorted(changes.items())
        if key.split(".")[0] not in CHOSEN or ".".join(key.split(".")[:2]) in chosen
    }


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


def _resolve(repo: Repo, name: str, experiments: list[str]) -> str | None:
    """The full hash of the commit; None for the workspace."""
    if name == WORKSPACE:
        return None
    try:
        if name:
            return str(resolve_rev(repo.scm, name))
    except RevError as error:
        if "ambiguous" in str(error):
            raise UserError(f"{name}: more than one experiment has this name; give the hash of dvc exp show") from None
    others = [*repo.scm.list_branches(), *repo.scm.list_tags(), WORKSPACE]
    advice = f"experiments: {_list_names(experiments)}; branches and tags: {_list_names(others)}"
    if close := get_close_matches(name, dict.fromkeys([*experiments, *others])):
        advice = f"did you mean {' or '.join(close)}?"
    raise UserError(f"found no revision {name!r}; {advice}")


def _list_names(names: list[str], most: int = 10) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none"
