"""The `archs` table, and the `charcnn` and `lm` blocks of a scale."""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.settings import Settings

Positive = Annotated[int, Field(gt=0)]

CHARS = 50
"""Character ids of a token in ELMo, marks and padding included."""

NO_CELL = "none"
"""The bare char-CNN: no stack, no pretraining."""
CELL_FOLDER = Path(__file__).parent / "rnn"


def cells() -> list[str]:
    """The architectures there are: `none`, and every file or package of `lm/rnn/`."""
    files = {path.stem for path in CELL_FOLDER.glob("[a-z]*.py")}
    packages = {path.parent.name for path in CELL_FOLDER.glob("[a-z]*/__init__.py")}
    return [NO_CELL, *sorted(files | packages)]


def cell_code(cell: str) -> list[Path]:
    """The Python files that an architecture is made of."""
    folder = CELL_FOLDER / cell
    return sorted(folder.glob("*.py")) if folder.is_dir() else [CELL_FOLDER / f"{cell}.py"]


class ArchSettings(Settings):
    """The recurrent stack of one direction (paper, Table 2)."""

    cell: str
    """`none`, or the name of a file or package in `pipeline/lm/rnn/`."""
    layers: Annotated[int, Field(ge=0, le=1000)]
    residual: bool
    """Add a layer's input to its output where both have the same width (paper: its guess at why LSTM and GRU lose)."""

    @field_validator("cell")
    @classmethod
    def _is_a_file(cls, cell: str) -> str:
        if cell not in cells():
            raise ValueError(f"expected one of {', '.join(cells())}")
        return cell

    @model_validator(mode="after")
    def _none_has_no_layers(self) -> "ArchSettings":
        if (self.cell == NO_CELL) != (self.layers == 0):
            raise ValueError(f"cell {self.cell!r} with {self.layers} layers: only cell 'none' has 0 layers")
        return self


class TrainingSettings(Settings):
    """One pretraining run of a bidirectional language model."""

    batch_tokens: Positive
    """Token positions a step, padding included."""
    epochs: Annotated[float, Field(gt=0, le=10_000)]
    """Passes over the training fragments (paper: 1); parts of one are allowed."""
    learning_rate: Annotated[float, Field(gt=0)]
    """AdamW's largest step size (paper: 1e-3)."""
    warmup: Annotated[float, Field(ge=0, lt=1)]
    """Share of the steps over which the step size rises; then it falls as a cosine to a tenth."""
    weight_decay: Annotated[float, Field(ge=0)]
    """Decoupled decay of the matrices; never of biases, vectors and embeddings."""
    clip: Annotated[float, Field(gt=0)]
    """Largest norm of the gradient (paper: 1.5)."""
    dropout: Annotated[float, Field(ge=0, lt=1)]
    """Dropout on the input vectors and on the output of the stack."""
    accumulation: Positive
    """Parts a step is computed in, one after the other: gradient accumulation. Several processes share them out."""
    cutoffs: Annotated[list[Positive], Field(min_length=1)]
    """Adaptive softmax: ids at which the head and the clusters end; those beyond the vocabulary are left out."""

    @field_validator("cutoffs")
    @classmethod
    def _rise(cls, cutoffs: list[int]) -> list[int]:
        if any(left >= right for left, right in pairwise(cutoffs)):
            raise ValueError("expected rising numbers")
        return cutoffs


class LmSettings(Settings):
    """The language model under comparison."""

    hidden: Annotated[int, Field(gt=0, le=65_536)]
    """Units of a recurrent layer in each direction (paper: 1024)."""
    training: TrainingSettings


class CharCnnSettings(Settings):
    """ELMo's char-CNN and the small language model that trains it (paper: ELMo-Taiga's, 2048 filters to 512)."""

    embedding: Positive
    """Width of a character's vector (ELMo: 16)."""
    filters: Annotated[list[tuple[Annotated[int, Field(gt=0, le=CHARS)], Positive]], Field(min_length=1)]
    """Pairs of width in characters and number."""
    highway: Annotated[int, Field(ge=0)]
    """Highway layers (ELMo-Taiga: 2 by its options.json)."""
    activation: Literal["relu", "tanh"]
    projection: Positive
    """Width of a token's vector (paper: 512)."""
    training: TrainingSettings

    def teacher(self) -> LmSettings:
        """Settings of the small language model: as wide as its input, for the residual connection."""
        return LmSettings(hidden=self.projection, training=self.training)
