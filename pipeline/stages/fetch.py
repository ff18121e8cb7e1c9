"""Stage fetch: the inputs that a scale's manifest names, obtained, checked and copied to data/raw.

news/0000-<name> ...             sources.json: files in reading order, with their formats
udpipe/model.udpipe              source.json
ner/<set>/<split>.conll[.gz]     set.json: format, files, holdout, types; sources.json; parts are train.0.conll ...
elmo/options.json, model.hdf5    source.json: files, lemmas; no files if no published ELMo is asked for
vectors/vectors[.gz]             source.json: file, format; no file if no static vectors are asked for
"""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.errors import UserError
from pipeline.files.compression import SUFFIXES
from pipeline.files.json import write_json
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.sources.elmo import take_files
from pipeline.sources.manifest import Manifest, carried, home, read_manifest
from pipeline.sources.obtain import Inputs, Sums, copy, entry, find, obtain
from pipeline.sources.verify import checks
from pipeline.work.outputs import fresh_folder, named
from pipeline.work.progress import say


def run(paths: Paths, params: Params) -> None:
    """Obtain and check the inputs that the scale's manifest names, then replace the content of `paths.raw`.

    NER sets that are not in `sets` are left out, and so is the published ELMo unless params.yaml asks for it. Raises a
    `UserError` of one line for an unsound manifest or input; `paths.raw` is then as it was before.
    """
    path = paths.manifest(params.scale)
    manifest, sums = choose(path, params), Sums(home(path))
    for key, source in manifest.sources.items():
        if not source.is_url:  # a missing file is an error at once, not after hours of downloads
            with entry(path, key):
                find(path, source)
    with TemporaryDirectory() as scratch, named(Path(scratch)), ExitStack() as outputs:
        inputs: Inputs = {}
        for key, check in checks(manifest, inputs, Path(scratch)).items():
            with entry(path, key):
                inputs[key] = obtain(path, manifest.sources[key], sums, check)
            say(f"{key}: {inputs[key].facts['bytes']:,} bytes, sound: {inputs[key].facts['source']}")
        # All folders are replaced once all are written.
        write_news(outputs.enter_context(fresh_folder(paths.news)), manifest, inputs)
        folder = outputs.enter_context(fresh_folder(paths.udpipe.parent))
        copy(inputs["udpipe"], folder / "model.udpipe")
        write_json(folder / "source.json", inputs["udpipe"].facts)
        write_sets(outputs.enter_context(fresh_folder(paths.raw_ner)), manifest, inputs)
        folder = outputs.enter_context(fresh_folder(paths.elmo))
        files = take_files(inputs, Path(scratch))
        for name, file in files.items():
            copy(file, folder / name)
        facts = {name: file.facts for name, file in files.items()}
        write_json(folder / "source.json", {"files": facts, "lemmas": manifest.elmo.lemmas if manifest.elmo else None})
        write_vectors(outputs.enter_context(fresh_folder(paths.vectors)), manifest, inputs)
    downloads = (file for file in inputs.values() if file.source.is_url and not file.source.sha256)
    sums.record({file.source.source: file.facts["sha256"] for file in downloads})


def choose(path: Path, params: Params) -> Manifest:
    """Read the manifest, with the data sets that params.yaml names, in its order.

    A published ELMo stays only if params.yaml asks for one: it is large, and its files need not be there.
    """
    manifest, sets = read_manifest(path), params.sets
    if missing := [name for name in sets if name not in manifest.ner]:
        fault = f"found {', '.join(manifest.ner)}, expected {', '.join(missing)} as well, of sets in params.yaml"
        raise UserError(f"{path}: ner: {fault}; name its files here, or take it out there")
    for name in manifest.ner.keys() - set(sets):
        say(f"{path}: ner.{name}: left out: not one of sets in params.yaml, which are {', '.join(sets)}")
    if params.imports_elmo and not manifest.elmo:
        asked = "params.yaml asks for a published ELMo (arch elmo, or charcnn.source elmo)"
        raise UserError(f"{path}: elmo: missing; {asked}: name its files as data/local/manifest.example.yaml does")
    if params.imports_vectors and not manifest.vectors:
        asked = "params.yaml asks for static vectors (charcnn.source vectors)"
        raise UserError(f"{path}: vectors: missing; {asked}: name a file as data/local/manifest.example.yaml does")
    elmo = manifest.elmo if params.imports_elmo else None
    vectors = manifest.vectors if params.imports_vectors else None
    if vectors and vectors.package and not carried():
        advice = "python -m pip install '.[natasha]', or name a file: source instead of package"
        raise UserError(f"{path}: vectors.package: {vectors.package} is not installed; {advice}")
    ner = {name: manifest.ner[name] for name in sets}
    return manifest.model_copy(update={"ner": ner, "elmo": elmo, "vectors": vectors})


def write_news(folder: Path, manifest: Manifest, inputs: Inputs) -> None:
    """Copy the news files, numbered in reading order, and describe them in sources.json."""
    files = []
    for number, news in enumerate(manifest.news):
        source = inputs[f"news.{number}"]
        name = f"{number:04d}-{source.name}"
        copy(source, folder / name)
        files.append({"file": name, **news.reading, **source.facts})
    write_json(folder / "sources.json", {"files": files})


def write_vectors(folder: Path, manifest: Manifest, inputs: Inputs) -> None:
    """Copy the static vectors, if there are any, and describe them in source.json."""
    described: dict[str, object] = {"file": None, "format": None}
    if manifest.vectors:
        file = inputs["vectors"]
        name = f"vectors{file.path.suffix if file.path.suffix in SUFFIXES.values() else ''}"
        copy(file, folder / name)
        described = {"file": name, "format": manifest.vectors.format, **file.facts}
    write_json(folder / "source.json", described)


def write_sets(folder: Path, manifest: Manifest, inputs: Inputs) -> None:
    """Copy the splits of every set; describe it in set.json, and where they came from in sources.json."""
    for name, data in manifest.ner.items():
        (folder / name).mkdir()
        of_set = {key: inputs[f"ner.{name}.{key}"] for key in data.files}
        files = {key: f"{key}.conll{'.gz' if file.path.suffix == '.gz' else ''}" for key, file in of_set.items()}
        for key, file in files.items():
            copy(of_set[key], folder / name / file)
        described = data.model_dump(include={"format", "types"}) | {"holdout": data.validation.holdout}
        splits: dict[str, Any] = {"validation": None}
        for key, part in data.files.items():
            split, _, number = key.partition(".")
            if number:
                splits.setdefault(split, []).append({"file": files[key], "format": part.format, "map": part.map})
            else:
                splits[split] = files[key]
        described["files"] = splits
        write_json(folder / name / "set.json", described)
        write_json(folder / name / "sources.json", {"files": {key: file.facts for key, file in of_set.items()}})
