"""Stage fetch: the inputs that a scale's manifest names, obtained, checked and copied to data/raw.

    news/0000-<name> ...             sources.json: files in reading order, with their formats
    udpipe/model.udpipe              source.json
    ner/<set>/<split>.conll[.gz]     set.json: format, files, holdout, types; sources.json
    elmo/options.json, model.hdf5    source.json: files, lemmas; no files if no published ELMo is asked for

Nothing in data/raw is touched before every input is there and sound.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.errors import UserError
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.sources.elmo import ObtainedElmo, obtain_elmo
from pipeline.sources.manifest import Elmo, Manifest, NerSet, News, read_manifest
from pipeline.sources.obtain import Input, Obtainer, copy
from pipeline.sources.places import home
from pipeline.sources.sums import Sums
from pipeline.sources.verify import check_udpipe, conll_check, news_check
from pipeline.work.outputs import fresh_folder, named, write_json
from pipeline.work.progress import say

Splits = dict[str, Input]


def run(paths: Paths, params: Params) -> None:
    """Obtain and check the inputs of the scale's manifest, of its NER sets those in `sets`, and its published ELMo if
    something asks for it; then replace what stands in `paths.raw`.

    Raises a `UserError` of one line for an unsound manifest or input; `paths.raw` is then as it was before.
    """
    manifest = paths.manifest(params.scale)
    wanted = _without_spare(manifest, _choose(manifest, read_manifest(manifest), params.sets), params.imports_elmo)
    sums = Sums(home(manifest))
    obtainer = Obtainer(manifest, sums)
    obtainer.find_paths(wanted.sources)
    with TemporaryDirectory() as scratch, named(Path(scratch)):
        news = [obtainer.obtain(f"news.{i}", s, news_check(s)) for i, s in enumerate(wanted.news)]
        udpipe = obtainer.obtain("udpipe", wanted.udpipe, check_udpipe)
        ner = {name: _obtain_splits(obtainer, name, data) for name, data in wanted.ner.items()}
        published = obtain_elmo(obtainer, wanted.elmo, Path(scratch)) if wanted.elmo else None
        with ExitStack() as outputs:  # all folders are replaced when all are written
            write_news(outputs.enter_context(fresh_folder(paths.news)), wanted.news, news)
            write_udpipe(outputs.enter_context(fresh_folder(paths.udpipe.parent)), udpipe)
            folder = outputs.enter_context(fresh_folder(paths.raw_ner))
            for name, splits in ner.items():
                write_set(folder / name, wanted.ner[name], splits)
            write_elmo(outputs.enter_context(fresh_folder(paths.elmo)), wanted.elmo, published)
    inputs = [*news, udpipe, *(found for splits in ner.values() for found in splits.values())]
    inputs += published.named if published else []
    sums.record({i.source.source: i.sha256 for i in inputs if i.source.is_url and not i.source.sha256})


def _choose(path: Path, manifest: Manifest, sets: Sequence[str]) -> Manifest:
    """The manifest with the data sets that params.yaml names and no others, in its order."""
    lacking = [name for name in sets if name not in manifest.ner]
    if lacking:
        found = f"found {', '.join(manifest.ner)}, expected {', '.join(lacking)} as well, of sets in params.yaml"
        raise UserError(f"{path}: ner: {found}; name its files here, or take it out there")
    for name in manifest.ner:
        if name not in sets:
            say(f"{path}: ner.{name}: left out: not one of sets in params.yaml, which are {', '.join(sets)}")
    return manifest.model_copy(update={"ner": {name: manifest.ner[name] for name in sets}})


def _without_spare(path: Path, manifest: Manifest, elmo: bool) -> Manifest:
    """The manifest without a published ELMo that nobody asks for: it is large, and need not be there."""
    if not elmo:
        return manifest.model_copy(update={"elmo": None})
    if manifest.elmo is None:
        asked = "params.yaml asks for a published ELMo (arch elmo, or charcnn.source elmo)"
        raise UserError(f"{path}: elmo: missing; {asked}: name its files as data/local/manifest.example.yaml does")
    return manifest


def _obtain_splits(obtainer: Obtainer, name: str, data: NerSet) -> Splits:
    key, check = f"ner.{name}", conll_check(data.format, data.types)
    return {split: obtainer.obtain(f"{key}.{split}", source, check) for split, source in data.splits.items()}


def write_news(folder: Path, entries: list[News], inputs: list[Input]) -> None:
    """Copy the news files, numbered in reading order, and describe them in sources.json."""
    files = []
    for number, (entry, found) in enumerate(zip(entries, inputs, strict=True)):
        name = f"{number:04d}-{found.name}"
        copy(found, folder / name)
        files.append({"file": name, **entry.reading, **found.facts})
    write_json(folder / "sources.json", {"files": files})


def write_udpipe(folder: Path, found: Input) -> None:
    """Copy the model and describe it in source.json."""
    copy(found, folder / "model.udpipe")
    write_json(folder / "source.json", found.facts)


def write_set(folder: Path, data: NerSet, splits: Splits) -> None:
    """Copy the splits and describe the set in set.json, where they came from in sources.json."""
    folder.mkdir()
    files: dict[str, str | None] = {"validation": None}
    for split, found in splits.items():
        files[split] = f"{split}.conll{'.gz' if found.path.suffix == '.gz' else ''}"
        copy(found, folder / str(files[split]))
    description = {"format": data.format, "files": files, "holdout": data.validation.holdout, "types": data.types}
    write_json(folder / "set.json", description)
    write_json(folder / "sources.json", {"files": {split: found.facts for split, found in splits.items()}})


def write_elmo(folder: Path, data: Elmo | None, published: ObtainedElmo | None) -> None:
    """Copy the two files and describe them in source.json, which says so if there are none."""
    files = published.files if published else {}
    for name, found in files.items():
        copy(found, folder / name)
    facts = {name: found.facts for name, found in files.items()}
    write_json(folder / "source.json", {"files": facts, "lemmas": data.lemmas if data else None})
