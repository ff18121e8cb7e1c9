"""The wheel of the tagger: from its files and a few packages it gives the answers of the pipeline."""

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from dataclasses import asdict
from importlib.metadata import distribution
from pathlib import Path
from shutil import copytree

import pytest
import requests
from packaging.requirements import Requirement

from package.__main__ import HERE, NAME, build
from pipeline.commands.serve import serve
from pipeline.predict import load
from pipeline.predict.serve.run import bind
from pipeline.provenance.code import TOP
from tests.predict.conftest import World, as_json, read_once, world

__all__ = ["read_once", "world"]  # fixtures
TEXT = "Анна Смирнова уехала в город Казань."
PROJECT = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
COMMAND = f"from {NAME}.command import main; main()"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(wheel, PROJECT["dependencies"], tmp_path_factory.mktemp("site"))


def install(wheel: Path, requirements: list[str], folder: Path) -> Path:
    """Make an environment with the wheel, the packages that it requires and those that they require, and no other."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    todo, done = [Requirement(text) for text in requirements], set[str]()
    while todo:
        required = todo.pop()
        if required.name not in done and (required.marker is None or required.marker.evaluate({"extra": ""})):
            done.add(required.name)
            installed = distribution(required.name)
            assert installed.version in required.specifier
            todo += [Requirement(text) for text in installed.requires or []]
            for top in {Path(file.parts[0]) for file in installed.files or [] if file.parts[0] != ".."}:
                if not (folder / top).exists():
                    (folder / top).symlink_to(str(installed.locate_file(top)))
    return folder


def run(site: Path, code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run code where nothing but the folder `site` can be imported, away from the repository."""
    command = [sys.executable, "-S", "-c", code, *arguments]
    environment = {"PYTHONPATH": str(site), "PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=site, env=environment, capture_output=True, text=True)


def test_it_has_neither_what_trains_nor_the_name_of_the_pipeline(site: Path) -> None:
    files = [path for path in (site / NAME).rglob("*") if path.is_file()]
    assert (site / NAME / "py.typed") in files and (site / NAME / "predict" / "page.html") in files
    text = "\n".join(path.read_text(encoding="utf-8") for path in files if path.suffix == ".py")
    assert not re.search(r"^\s*(from|import) pipeline\b", text, re.MULTILINE)
    assert not re.search(r"^(from|import) (torch|dvc|pandas|pydantic|safetensors)\b", text, re.MULTILINE)
    assert sum(path.stat().st_size for path in files) < 300_000


def test_three_lines_of_python_find_what_the_pipeline_finds(site: Path, world: World) -> None:
    code = f"from {NAME} import load; import dataclasses, json, sys; tag = load(sys.argv[1])\n"
    code += "print(json.dumps([dataclasses.asdict(span) for span in tag(sys.argv[2])]))\n"
    code += "print({'torch', 'pydantic', 'jinja2', 'typer', 'pipeline'} & set(sys.modules))"
    done = run(site, code, str(world.exported), TEXT)
    spans, modules = done.stdout.splitlines()
    found = load(world.exported)(TEXT)
    assert json.loads(spans) == [*map(asdict, found)] and found, done.stderr
    assert modules == "set()"


@pytest.mark.parametrize("form", ["terminal", "jsonl", "conll", "html", "brat", "doccano", "label-studio"])
def test_its_command_writes_every_form(site: Path, world: World, form: str) -> None:
    done = run(site, COMMAND, "--model", str(world.exported), "--format", form, TEXT)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    if form == "jsonl":
        assert json.loads(done.stdout) == {"text": TEXT, "spans": as_json(load(world.exported)(TEXT))}
    assert "Смирнова" in done.stdout


@pytest.mark.slow
def test_pip_installs_it_and_its_script_tags_a_file_without_a_network(
    wheel: Path, site: Path, world: World, tmp_path: Path
) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    scripts, text = tmp_path / "venv" / "bin", tmp_path / "text.txt"
    pip = [scripts / "python", "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", wheel]
    subprocess.run([*map(str, pip)], check=True)
    (packages,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    (packages / "required.pth").write_text(f"{site}\n")  # the packages that it requires; its own come first
    text.write_text(TEXT, encoding="utf-8")
    tag = [str(x) for x in (scripts / "recurrent-ner", "--model", world.exported, "--file", text)]
    offline = ["unshare", "--map-root-user", "--net"]
    if not shutil.which("unshare") or subprocess.run([*offline, "true"], capture_output=True).returncode:
        pytest.skip("a network cannot be taken away here: unshare is missing or not allowed")
    done = subprocess.run([*offline, *tag, "--format", "jsonl"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"text": TEXT, "spans": as_json(load(world.exported)(TEXT))}


def test_what_is_wrong_is_one_line(site: Path, world: World, tmp_path: Path) -> None:
    for arguments, message in (
        ([TEXT], "found no --model; name the folder of a tagger: --model FOLDER"),
        (["--model", str(tmp_path), TEXT], f"{tmp_path}/tagger.json: "),
        (["--model", str(world.exported), "--device", "cuda", TEXT], f"{world.exported}: needs torch and the code "),
    ):
        done = run(site, COMMAND, *arguments)
        assert done.returncode == 1 and done.stderr.startswith(f"error: {message}"), done.stderr
        assert done.stderr.count("\n") == 1 and not done.stdout


def test_the_container_serves_a_tagger(wheel: Path, world: World, tmp_path: Path) -> None:
    """The container file's own command, in an environment with the extra that it installs."""
    text = (TOP / "Dockerfile").read_text(encoding="utf-8")
    site = install(wheel, PROJECT["dependencies"] + PROJECT["optional-dependencies"]["serve"], tmp_path)
    lines = dict(
        line.split(" ", 1) for line in text.splitlines() if line.startswith(("ENTRYPOINT", "EXPOSE", "COPY models"))
    )
    script, *fixed = json.loads(lines["ENTRYPOINT"])
    copytree(world.exported, site / "models" / "tagger" / "wikineural")
    module, function = PROJECT["scripts"][script].split(":")
    with bind(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = [*fixed, "--port", str(port)]
    command = [sys.executable, "-S", "-c", f"from {module} import {function}; {function}()", *arguments]
    environment = {"PYTHONPATH": str(site), "PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(command, cwd=site, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout and f":{port}/" in server.stdout.readline()
            address = f"http://127.0.0.1:{port}"
            assert requests.get(address + "/healthz", timeout=10).json() == {}
            (model,) = requests.post(address + "/api/entities", json={"text": TEXT}, timeout=10).json()["models"]
            assert model["spans"] == as_json(load(world.exported)(TEXT))
        finally:
            server.terminate()
    assert lines["EXPOSE"] == "8765" == str(inspect.signature(serve).parameters["port"].default)


def test_without_the_extra_the_server_says_what_to_install(site: Path, world: World) -> None:
    done = run(site, f"from {NAME}.command import main_serve; main_serve()", "--model", str(world.exported))
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    advice = "install the wheel again with its extra: pip install 'FILE.whl[serve]'"
    assert done.stderr.endswith(f"is not installed; {advice}\n")
