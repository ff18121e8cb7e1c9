"""The `archs` table, and the `charcnn` and `lm` blocks of a scale."""

import ast
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, RootModel, ValidationInfo, field_validator, model_validator

from pipeline.files.settings import Settings, Switch, each_once, rising
from pipeline.lm.lemmas import Lemmas

Positive = Annotated[int, Field(strict=True, gt=0, lt=2**31)]
Highways = Annotated[int, Field(strict=True, ge=0, le=1000)]

CHARS, MOST_CHARS = 50, 1000
"""Character ids of a token in ELMo, marks and padding included, and the most that a published one may have."""
NO_CELL = "none"
"""The bare char-CNN: no stack, no pretraining."""
ELMO = "elmo"
"""A published ELMo: as a `cell` all of it, as the `source` of a char-CNN only that. It is imported and not trained."""
VECTORS = "vectors"
"""As the `source` of an encoder: published vectors of words teach it; as an `encoder`: it is these vectors."""
UNTRAINED = (NO_CELL, ELMO)
CELL_FOLDER = Path(__file__).parent / "rnn"


def cells() -> list[str]:
    """The architectures: `none`, and every file or package in `lm/rnn/`."""
    paths = [*CELL_FOLDER.glob("[a-z]*.py"), *(path.parent for path in CELL_FOLDER.glob("[a-z]*/__init__.py"))]
    return [NO_CELL, *sorted(path.stem for path in paths)]


def cell_options(cell: str) -> tuple[str, ...]:
    """Names of the settings that only this architecture has: the keyword-only arguments of its `Layer`, in order.

    They are read from its source, so that a new architecture is one file, and settings need no torch.
    """
    for file in [CELL_FOLDER / f"{cell}.py", *sorted(CELL_FOLDER.glob(f"{cell}/*.py"))]:
        for layer in ast.parse(file.read_text(encoding="utf-8")).body if file.is_file() else []:
            if isinstance(layer, ast.ClassDef) and layer.name == "Layer":
                methods = {node.name: node.args for node in layer.body if isinstance(node, ast.FunctionDef)}
                return tuple(argument.arg for argument in methods["__init__"].kwonlyargs)
    raise ValueError(f"pipeline/lm/rnn/{cell} has no class Layer")


class ArchSettings(Settings):
    """The recurrent stack of one direction (paper, Table 2)."""

    cell: str
    """`none`, `elmo`, or the name of a file or package in `pipeline/lm/rnn/`."""
    layers: Annotated[int, Field(strict=True, ge=0, le=1000)]
    """0 for `none`, and for `elmo`, whose options.json says how many."""
    residual: Switch
    """Add a layer's input to its output, see `Stack` (the paper's guess of what LSTM and GRU lack)."""
    options: dict[str, Positive] = Field(default_factory=dict, validate_default=True)
    """The keyword-only arguments of the cell's `Layer`, all of them and no others."""

    @field_validator("cell")
    @classmethod
    def _check_cell(cls, cell: str) -> str:
        if cell not in (valid := [*cells(), ELMO]):
            raise ValueError(f"expected one of {', '.join(valid)}")
        return cell

    @field_validator("options")
    @classmethod
    def _check_options(cls, options: dict[str, int], others: ValidationInfo) -> dict[str, int]:
        cell = others.data.get("cell", NO_CELL)  # an unknown one has its own message
        known = () if cell in UNTRAINED else cell_options(cell)
        if set(options) != set(known):
            raise ValueError(f"expected for cell {cell!r}: {', '.join(known) or 'none'}")
        return options

    @model_validator(mode="after")
    def _check_layers(self) -> "ArchSettings":
        if (self.cell in UNTRAINED) != (self.layers == 0):
            expected = "only cell 'none' has 0 layers, and cell 'elmo', whose options.json counts them"
            raise ValueError(f"cell {self.cell!r} with {self.layers} layers: {expected}")
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
    """Decoupled decay of the matrices, also those of the softmax; never of biases, other vectors and the embeddings of
    an encoder."""
    clip: Annotated[float, Field(gt=0)]
    """Largest norm of the gradient (paper: 1.5)."""
    dropout: Annotated[float, Field(ge=0, lt=1)]
    """Dropout on the input vectors and on the output of the stack."""
    accumulation: Positive
    """Parts of a step that are computed one after the other (gradient accumulation), or by several processes."""
    cutoffs: Annotated[list[Positive], Field(min_length=1), AfterValidator(rising)]
    """Adaptive softmax: ids at which the head and the clusters end; any beyond the vocabulary is left out."""


class LmSettings(Settings):
    """The language model under comparison."""

    hidden: Annotated[int, Field(strict=True, gt=0, le=65_536)]
    """Units of a recurrent layer in each direction (paper: 1024)."""
    softmax_from_vectors: Switch
    """The softmax starts from the encoder's vectors of the words that it predicts (paper: from random numbers)."""
    training: TrainingSettings


def check_filters(filters: list[tuple[int, int]], characters: int) -> None:
    """Raise a ValueError where a filter, (width, number), is wider than a token."""
    if (widest := max(width for width, _ in filters)) > characters:
        raise ValueError(f"found a filter of width {widest}, expected at most {characters} characters of a token")


class Reading(Settings):
    """How an encoder reads a token."""

    characters: Annotated[int, Field(strict=True, gt=0, le=MOST_CHARS)]
    """Character ids of a token, marks and padding included."""
    marks: bool
    """A token spelled `<S>` or `</S>` is the boundary itself, as in the published toolkits, and not its bytes."""
    lemmas: Lemmas
    lowercase: bool
    """A token is read in lower case: vectors of words in lower case have taught this encoder."""


OURS = Reading(characters=CHARS, marks=False, lemmas="plain", lowercase=False)
"""How the encoders trained here read, unless their teachers are in lower case."""


class CharCnnShape(Settings):
    """All that is needed to rebuild a char-CNN, trained here or published, except for its weights."""

    encoder: Literal["cnn"]
    embedding: Positive
    filters: Annotated[list[tuple[Positive, Positive]], Field(min_length=1)]
    highway: Highways
    activation: Literal["relu", "tanh"]
    projection: Positive
    """Width of a token's vector."""
    projects: bool
    """False where the highways already give that width and nothing follows them."""
    reading: Reading

    @model_validator(mode="after")
    def _filters_fit(self) -> "CharCnnShape":
        check_filters(self.filters, self.reading.characters)
        return self


class NgramSettings(Settings):
    """Hashed n-grams of letters, see `ngrams`."""

    lengths: Annotated[list[Positive], Field(min_length=1), AfterValidator(each_once)]
    """In letters; the marks of a token's begin and end count (fastText: 3 to 6)."""
    buckets: Positive
    """Rows of the table (fastText: 2 million)."""
    width: Positive
    """Width of a row."""


class NgramShape(Settings):
    """All that is needed to rebuild n-grams, except for their weights."""

    encoder: Literal["ngrams"]
    ngrams: NgramSettings
    projection: Positive
    reading: Reading


class WordShape(Settings):
    """What rebuilds a table of static vectors, except for its words and their vectors."""

    encoder: Literal["vectors"]
    words: Positive
    projection: Positive
    """The width of a vector."""
    reading: Reading


class KnownShape(Settings):
    """What rebuilds a table of static vectors beside the encoder of all other words, except for words and weights."""

    encoder: Literal["known"]
    words: Positive
    others: Annotated[CharCnnShape | NgramShape, Field(discriminator="encoder")]

    @property
    def projection(self) -> int:
        return self.others.projection

    @property
    def reading(self) -> Reading:
        return self.others.reading


Shape = CharCnnShape | NgramShape | WordShape | KnownShape


class EncoderShape(RootModel[Annotated[Shape, Field(discriminator="encoder")]]):
    """charcnn.json, of an encoder of any kind."""


class SpellingSettings(Settings):
    """How an encoder of characters learns published vectors of words, see `spelling`."""

    words: Positive
    """The most frequent words of the file are read, and no others."""
    batch_words: Positive
    """Words in a step."""
    epochs: Positive
    """Passes over the words."""
    learning_rate: Annotated[float, Field(gt=0)]
    """Adam's first step size, which falls to 0."""
    held_out: Annotated[float, Field(gt=0, lt=1)]
    """The share of the words that are not learned, to see what the encoder says of unknown words."""
    known: Annotated[int, Field(strict=True, ge=0, lt=2**31)]
    """So many of the most frequent words get their published vectors, and only all others what is learned."""


class CnnSettings(Settings):
    """The char-CNN (paper: ELMo-Taiga's, 2048 filters)."""

    embedding: Positive
    """Width of a character's vector (ELMo: 16)."""
    filters: Annotated[list[Annotated[int, Field(strict=True, ge=0, lt=2**31)]], Field(min_length=1, max_length=CHARS)]
    """The number of filters of width 1, 2, 3 ... characters; 0 leaves a width out."""
    highway: Highways
    """Highway layers (ELMo-Taiga: 2 by its options.json)."""
    activation: Literal["relu", "tanh"]

    @field_validator("filters")
    @classmethod
    def _check_filters(cls, filters: list[int]) -> list[int]:
        if not any(filters):
            raise ValueError("expected a filter at least")
        return filters


class CharCnnSettings(Settings):
    """The encoder of tokens and the small language model that trains it (paper: ELMo-Taiga's char-CNN, to 512).

    With `source: elmo` the other settings are checked but not used, and so are the settings of the encoder that is not
    chosen: one edit leads there and back.
    """

    source: Literal["train", "vectors", "elmo"]
    """Trained here with a small language model, taught by the static vectors of the manifest, or taken from its
    published ELMo, as the paper does."""
    encoder: Literal["cnn", "ngrams", "vectors"]
    """The char-CNN; n-grams, which are trained instead of it; or, with `source: vectors`, the words themselves."""
    cnn: CnnSettings
    ngrams: NgramSettings
    projection: Positive
    """Width of a token's vector (paper: 512); one that is taught has the width of its teachers."""
    training: TrainingSettings
    spelling: SpellingSettings

    @model_validator(mode="after")
    def _words_have_vectors(self) -> "CharCnnSettings":
        if self.encoder == VECTORS and self.source == "train":
            raise ValueError("encoder 'vectors' goes with source 'vectors': nothing here trains vectors of words")
        return self

    def shape(self, projection: int | None = None, reading: Reading = OURS) -> CharCnnShape | NgramShape:
        """The chosen encoder of characters without its training, for vectors of this width."""
        projection = projection or self.projection
        if self.encoder == "ngrams":
            return NgramShape(encoder="ngrams", ngrams=self.ngrams, projection=projection, reading=reading)
        filters = [(width, number) for width, number in enumerate(self.cnn.filters, 1) if number]
        sizes = self.cnn.model_dump() | {"filters": filters, "projection": projection}
        return CharCnnShape(encoder="cnn", **sizes, projects=True, reading=reading)
