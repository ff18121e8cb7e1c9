"""The two files of a published ELMo; its options.json is checked strictly, but for values that only training needs."""

import codecs
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.errors import UserError
from pipeline.files.json import parse_json
from pipeline.lm.settings import MOST_CHARS, Highways, check_filters

OPTIONS, WEIGHTS = "options.json", "model.hdf5"
ENDINGS = {OPTIONS: "options.json", WEIGHTS: ".hdf5"}
"""AllenNLP's releases are called `..._options.json` and `..._weights.hdf5`."""

Size = Annotated[int, Field(gt=0)]
Clip = Annotated[float, Field(gt=0)]


def pick(paths: Iterable[str], name: str, folder: Path) -> str:
    """Return the path of the file `name` in a folder or an archive, or the only one whose name ends like it.

    A `UserError` if there is none or more than one.
    """
    file_names = {path: path.rpartition("/")[2] for path in paths}
    matches = [path for path in file_names if file_names[path] == name] or [
        path for path in file_names if path.endswith(ENDINGS[name]) and not file_names[path].startswith(".")
    ]
    if len(matches) != 1:
        names = ", ".join(sorted(matches)) or "none"
        raise UserError(f"{folder}: found {names}, expected one {name} or one file whose name ends in {ENDINGS[name]}")
    return matches[0]


class Options(BaseModel):
    """A block of options.json. Unknown keys are for training and ignored; a value of another type is refused."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


class EmbeddingOptions(Options):
    """The embedding of a character."""

    dim: Size


class CharCnnOptions(Options):
    """From the bytes of a token to the activations of the filters, through the highways."""

    activation: Literal["relu", "tanh"]
    embedding: EmbeddingOptions
    filters: Annotated[list[tuple[Size, Size]], Field(min_length=1)]
    """Pairs of width in characters and number."""
    max_characters_per_token: Annotated[int, Field(ge=3, le=MOST_CHARS)]
    n_characters: Literal[261, 262, None] = None
    """With the mask (in use) or without it (in training); the embedding in the file has 261 rows either way."""
    n_highway: Highways | None = None

    @model_validator(mode="after")
    def _filters_fit(self) -> "CharCnnOptions":
        check_filters(self.filters, self.max_characters_per_token)
        return self

    @property
    def outputs(self) -> int:
        """The number of all filters."""
        return sum(number for _, number in self.filters)


class LstmOptions(Options):
    """The stacks, of the same shape in both directions."""

    dim: Size
    """Units of a layer."""
    projection_dim: Size
    """Width of a token's vector and of each layer's output in each direction."""
    n_layers: Annotated[int, Field(gt=0, le=1000)] = 1
    use_skip_connections: bool | None = None
    cell_clip: Clip | None = None
    proj_clip: Clip | None = None

    @property
    def projects(self) -> bool:
        """Whether a layer's output is projected; if not, it isn't clipped either (tf.nn.rnn_cell.LSTMCell)."""
        return self.dim != self.projection_dim


class ElmoOptions(Options):
    """options.json as a whole."""

    char_cnn: CharCnnOptions
    lstm: LstmOptions

    @property
    def projects(self) -> bool:
        """Whether the activations are projected to the width of a token's vector."""
        return self.char_cnn.outputs != self.lstm.projection_dim


def read_options(path: Path) -> ElmoOptions:
    """Read and check options.json; a `UserError` names the file, the key, the value found and the valid ones."""
    try:
        data = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); expected ELMo's options.json") from None
    options: ElmoOptions = parse_json(data, str(path), "get the options.json that belongs to the weights", ElmoOptions)
    return options
