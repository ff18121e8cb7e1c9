"""params.yaml: read, typed and checked as a whole before any work."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError

from pipeline.errors import UserError, explain, shown
from pipeline.files.json import MACHINE
from pipeline.files.settings import Seed, Settings, each_once
from pipeline.files.yaml import read_yaml
from pipeline.lm.settings import ELMO, VECTORS, ArchSettings, CharCnnSettings, LmSettings
from pipeline.machine.device import MOST_THREADS, is_device
from pipeline.ner.settings import EvaluateSettings, NerSettings, TyposSettings
from pipeline.protocol import Protocol
from pipeline.text.settings import TextSettings, VocabularySettings

PARAMS = Path("params.yaml")
Json = dict[str, Any]


def _names_no_block(name: str) -> str:
    if name == MACHINE:
        raise ValueError(f"{MACHINE} is the name of a block of its own in metrics files; call the set otherwise")
    return name


SetName = Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$"), AfterValidator(_names_no_block)]
"""The name of an NER set, which names folders, files, stages and keys of metrics."""


class Scale(Settings):
    """All settings of a scale, with the settings that the scales share."""

    text: TextSettings
    vocabulary: VocabularySettings
    charcnn: CharCnnSettings
    lm: LmSettings
    ner: NerSettings
    evaluate: EvaluateSettings
    typos: TyposSettings


class Compute(Settings):
    """Where and how the work is done. This changes last digits at most, so that no stage depends on it."""

    jobs: Annotated[int, Field(strict=True, ge=0)]
    """How many processes share a text stage; 0 means one for each core."""
    backend: Literal["loky", "threading", "sequential", "dask", "ray"]
    """The backend of joblib. Dask and Ray, which are extras, also work across machines: docs/pipeline.md."""
    device: Annotated[str, AfterValidator(is_device)]
    """`auto`, or the name of a torch device: cpu, cuda, cuda:1."""
    instructions: Literal["avx2", "native"]
    """What torch uses on an x86 CPU: AVX2, with the same scores on every machine, or the widest instructions."""
    threads: Annotated[int, Field(strict=True, ge=0, le=MOST_THREADS)]
    """Threads of torch on a CPU; 0 means one for each core. Another number rounds the last bits differently."""
    processes: Annotated[int, Field(strict=True, gt=0, le=1024)]
    """How many processes share the training of a language model, each with a GPU where there are GPUs."""
    checkpoint_minutes: Annotated[float, Field(gt=0)]
    """Minutes between two checkpoints of a training."""


class Params(Settings):
    """params.yaml as a whole."""

    arch: str
    scale: str
    sets: Annotated[list[SetName], Field(min_length=1), AfterValidator(each_once)]
    """The NER sets of the manifest on which taggers are trained; dvc.yaml has a stage for each."""
    seed: Seed
    protocol: Protocol
    archs: Annotated[dict[str, ArchSettings], Field(min_length=1)]
    text: Json
    """This block and the next five are what the scales share; `complete_scales` puts them into each scale."""
    charcnn: Json
    lm: Json
    ner: Json
    evaluate: Json
    typos: Json
    tagger: str
    taggers: Annotated[dict[str, Json], Field(min_length=1)]
    """What kinds of tagger there are; the chosen one is part of the block `ner` of every scale."""
    scales: Annotated[dict[str, Scale], Field(min_length=1)]
    compute: Compute

    @property
    def chosen_arch(self) -> ArchSettings:
        return self.archs[self.arch]

    @property
    def chosen_scale(self) -> Scale:
        return self.scales[self.scale]

    @property
    def imports_elmo(self) -> bool:
        """Whether a published ELMo is read, whole or for its char-CNN only."""
        return ELMO in (self.chosen_arch.cell, self.chosen_scale.charcnn.source)

    @property
    def imports_vectors(self) -> bool:
        """Whether static vectors are read."""
        return self.chosen_scale.charcnn.source == VECTORS and not self.imports_elmo

    def need_set(self, name: str) -> None:
        """Raise a `UserError` if the data set is not one of `sets`."""
        if name not in self.sets:
            raise UserError(f"found data set {name!r}, expected one of {', '.join(self.sets)}: sets in {PARAMS}")


def load_params(path: Path = PARAMS) -> Params:
    """Read and check params.yaml; a `UserError` names the key, what was found and what is valid."""
    if not path.is_file():
        raise UserError(f"{path.absolute()}: not found; run from the top of the repository")
    return check_params(read_yaml(path), path)


def check_params(values: Any, path: Path = PARAMS) -> Params:
    """Check the values of params.yaml; `path` says in the `UserError` where they stand."""
    for name in Scale.model_fields if isinstance(values, dict) else ():
        if not isinstance(values.get(name, {}), dict):
            raise UserError(f"{path}: {name}: found {shown(values[name])}, expected the settings that all scales share")
    try:
        params = Params.model_validate(complete_scales(values, path))
        for name in params.taggers:
            values = values | {"tagger": name}
            Params.model_validate(complete_scales(values, path))
    except ValidationError as error:
        raise UserError(f"{path}: {explain(error, Params, lambda key: _written_at(key, values))}") from None
    _need("arch", params.arch, params.archs, path)
    _need("scale", params.scale, params.scales, path)
    return params


def complete_scales(values: Any, path: Path = PARAMS) -> Any:
    """Return the values of params.yaml with what the scales share in each of them; a value of another form stays.

    The chosen one of `taggers` is shared by all scales, as a part of their blocks `ner`. Raises a `UserError` if there
    is no such tagger, or if a setting stands in both places: the file says each thing once.
    """
    if not isinstance(values, dict) or not isinstance(values.get("scales"), dict):
        return values
    shared = {name: values[name] for name in Scale.model_fields if isinstance(values.get(name), dict)}
    name, tagger = _choose_tagger(values, path)
    shared["ner"] = _merge(shared.get("ner", {}), tagger, path, f"taggers.{name}", "ner")
    scales = values["scales"].items()
    return values | {"scales": {name: _merge(shared, scale, path, f"scales.{name}") for name, scale in scales}}


def _choose_tagger(values: Json, path: Path) -> tuple[str, Json]:
    name, taggers = values.get("tagger"), values.get("taggers")
    if not taggers or not isinstance(taggers, dict):
        raise UserError(f"{path}: taggers: found {shown(taggers)}, expected blocks of settings by the names of taggers")
    if not isinstance(name, str) or name not in taggers:
        raise UserError(f"{path}: tagger: found {shown(name)}, expected one of {', '.join(map(str, taggers))}")
    if not isinstance(taggers[name], dict):
        raise UserError(f"{path}: taggers.{name}: found {shown(taggers[name])}, expected the settings of a tagger")
    return name, taggers[name]


def _need(key: str, name: str, table: Json, path: Path) -> None:
    if name not in table:
        raise UserError(f"{path}: {key}: found {name!r}, expected one of {', '.join(table)}")


def _merge(shared: Any, special: Any, path: Path, other: str, *keys: str) -> Any:
    """Merge two blocks, to which `keys` lead in params.yaml and in its block `other`."""
    if isinstance(shared, dict) and not isinstance(special, dict):
        return special
    if not isinstance(shared, dict):
        key = ".".join(map(str, keys))
        raise UserError(f"{path}: {key}: stands at the top and in {other} as well; keep one of the two")
    both = {key: _merge(shared[key], special[key], path, other, *keys, key) for key in shared.keys() & special.keys()}
    return shared | special | both


def _written_at(key: tuple[str | int, ...], values: Json) -> tuple[str | int, ...]:
    """Return where the file has a setting of a scale: in the scale, or at the top with the shared settings."""
    if key[:1] != ("scales",) or len(key) < 3 or _has(values, key):
        return key
    if key[2] == "ner" and _has(values, tagger := ("taggers", str(values.get("tagger")), *key[3:])):
        return tagger
    return key[2:] if _has(values, key[2:]) else key


def _has(values: Any, key: tuple[str | int, ...]) -> bool:
    for part in key:
        try:
            values = values[part]
        except (LookupError, TypeError):
            return False
    return True
