"""params.yaml: read, typed and checked as a whole before any work."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError

from pipeline.errors import UserError
from pipeline.lm.settings import ArchSettings, CharCnnSettings, LmSettings
from pipeline.ner.settings import EvaluateSettings, NerSettings
from pipeline.settings import Settings
from pipeline.text.settings import TextSettings, VocabularySettings

PARAMS = Path("params.yaml")


class Scale(Settings):
    """Every setting that depends on the size of the undertaking."""

    text: TextSettings
    vocabulary: VocabularySettings
    charcnn: CharCnnSettings
    lm: LmSettings
    ner: NerSettings
    evaluate: EvaluateSettings


class Compute(Settings):
    """Where the work is done. It changes no result, so no stage depends on it."""

    jobs: Annotated[int, Field(ge=0)]
    """Processes of the text stages; 0 means one a core."""
    backend: Literal["loky", "threading", "sequential"]
    """joblib's."""
    device: str
    """`auto`, or a torch device: cpu, cuda, cuda:1."""
    threads: Annotated[int, Field(ge=0)]
    """Of torch on a CPU; 0 means one a core. Another number rounds sums differently in the last bits."""


class Params(Settings):
    """params.yaml as a whole."""

    arch: str
    scale: str
    seed: Annotated[int, Field(ge=0)]
    archs: dict[str, ArchSettings]
    scales: dict[str, Scale]
    compute: Compute

    @property
    def chosen_arch(self) -> ArchSettings:
        return self.archs[self.arch]

    @property
    def chosen_scale(self) -> Scale:
        return self.scales[self.scale]


def load_params(path: Path = PARAMS) -> Params:
    """Read and check params.yaml; a `UserError` names the key, what was found and what is valid."""
    try:
        params = Params.model_validate(_read_yaml(path))
    except ValidationError as error:
        raise UserError(f"{path}: " + "; ".join(_explain(e) for e in error.errors())) from None
    _check_choice(path, "arch", params.arch, params.archs)
    _check_choice(path, "scale", params.scale, params.scales)
    return params


def _read_yaml(path: Path) -> Any:
    if not path.is_file():
        raise UserError(f"{path.absolute()}: not found; run from the top of the repository")
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None


def _check_choice(path: Path, key: str, name: str, table: dict[str, Any]) -> None:
    if name not in table:
        raise UserError(f"{path}: {key}: found {name!r}, expected one of {', '.join(table)}")


def _explain(error: Any) -> str:
    """One clause for one pydantic error: where, what was found, what was expected."""
    place = ".".join(str(part) for part in error["loc"]) or "top level"
    if error["type"] == "extra_forbidden":
        return f"{place}: unknown key; valid keys here: {', '.join(_keys_at(error['loc'][:-1]))}"
    if error["type"] == "missing":
        return f"{place}: missing"
    return f"{place}: found {error['input']!r}: {error['msg'][0].lower()}{error['msg'][1:]}"


def _keys_at(location: tuple[str | int, ...]) -> list[str]:
    """The valid keys of the block at `location`: names of tables (archs, scales) are skipped over."""
    block: Any = Params
    for part in location:
        field = block.model_fields[part].annotation if block is not None and part in block.model_fields else None
        if field is None:
            continue  # the name of an entry of the table just entered
        arguments = getattr(field, "__args__", None)
        block = arguments[1] if arguments else field
    return list(block.model_fields)
