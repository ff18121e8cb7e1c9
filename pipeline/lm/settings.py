"""The `archs` table, and the `charcnn` and `lm` blocks of a scale."""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ModelWrapValidatorHandler, field_validator, model_validator

from pipeline.lm.lemmas import Lemmas
from pipeline.settings import Settings

Positive = Annotated[int, Field(gt=0)]

CHARS = 50
"""Character ids of a token in ELMo, marks and padding included."""

NO_CELL = "none"
"""The bare char-CNN: no stack, no pretraining."""
ELMO = "elmo"
"""A published ELMo: as `cell` the whole of it, as a char-CNN's `source` its char-CNN. Imported, nothing is trained."""
UNTRAINED = (NO_CELL, ELMO)
CELL_FOLDER = Path(__file__).parent / "rnn"


def cells() -> list[str]:
    """The architectures there are: `none`, and every file or package of `lm/rnn/`."""
    files = {path.stem for path in CELL_FOLDER.glob("[a-z]*.py")}
    packages = {path.parent.name for path in CELL_FOLDER.glob("[a-z]*/__init__.py")}
    return [NO_CELL, *sorted(files | packages)]


def cell_code(cell: str) -> list[Path]:
    """The Python files that an architecture is made of, besides those that all share; none if it isn't trained."""
    if cell in UNTRAINED:
        return []
    folder = CELL_FOLDER / cell
    return sorted(folder.glob("*.py")) if folder.is_dir() else [CELL_FOLDER / f"{cell}.py"]


class ArchSettings(Settings):
    """The recurrent stack of one direction (paper, Table 2)."""

    cell: str
    """`none`, `elmo`, or the name of a file or package in `pipeline/lm/rnn/`."""
    layers: Annotated[int, Field(ge=0)]
    """0 for `none`, and for `elmo`, whose options.json says how many."""
    residual: bool
    """Add a layer's input to its output where both have the same width (paper: its guess at why LSTM and GRU lose)."""

    @field_validator("cell")
    @classmethod
    def _is_a_file(cls, cell: str) -> str:
        if cell not in (valid := [*cells(), ELMO]):
            raise ValueError(f"expected one of {', '.join(valid)}")
        return cell

    @model_validator(mode="after")
    def _none_has_no_layers(self) -> "ArchSettings":
        if (self.cell in UNTRAINED) != (self.layers == 0):
            what = f"cell {self.cell!r} with {self.layers} layers"
            raise ValueError(f"{what}: only cell 'none' has 0 layers, and cell 'elmo', whose options.json counts them")
        return self


class TrainingSettings(Settings):
    """One pretraining run of a bidirectional language model."""

    batch_tokens: Positive
    """Token positions a step, padding included."""
    epochs: Annotated[float, Field(gt=0)]
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

    hidden: Positive
    """Units of a recurrent layer in each direction (paper: 1024)."""
    training: TrainingSettings


class Reading(Settings):
    """How a char-CNN reads a token."""

    characters: Positive
    """Character ids of a token, marks and padding included."""
    marks: bool
    """A token spelled `<S>` or `</S>` is the boundary itself, as in the published toolkits, and no bytes."""
    lemmas: Lemmas


class CharCnnShape(Settings):
    """All that rebuilds a char-CNN: charcnn.json."""

    embedding: Positive
    filters: list[tuple[Positive, Positive]]
    highway: Annotated[int, Field(ge=0)]
    activation: Literal["relu", "tanh"]
    projection: Positive
    """Width of a token's vector."""
    projects: bool
    """False: the highways already give that width, and nothing follows them."""
    reading: Reading


class CharCnnSettings(Settings):
    """ELMo's char-CNN and the small language model that trains it (paper: ELMo-Taiga's, 2048 filters to 512).

    `source: elmo` may stand alone, since options.json says the rest; where other keys stand beside it they are checked
    and not used, so that one edit leads there and back.
    """

    source: Literal["train", "elmo"]
    """Trained here, or taken from the published ELMo of the manifest, as the paper does."""
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

    @model_validator(mode="wrap")
    @classmethod
    def _published_needs_no_more(cls, value: Any, check: ModelWrapValidatorHandler["CharCnnSettings"]) -> Any:
        return cls.model_construct(source=ELMO) if value == {"source": ELMO} else check(value)

    @property
    def shape(self) -> CharCnnShape:
        """The char-CNN without its training."""
        reading = Reading(characters=CHARS, marks=False, lemmas="plain")
        sizes = self.model_dump(exclude={"source", "training"})
        return CharCnnShape(**sizes, projects=True, reading=reading)

    def teacher(self) -> LmSettings:
        """Settings of the small language model: as wide as its input, for the residual connection."""
        return LmSettings(hidden=self.projection, training=self.training)
