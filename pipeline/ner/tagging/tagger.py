"""The tagger: dropout, BiLSTM, ReLU, linear, CRF (paper: 2 layers of 2x120 over the frozen top layer).

A mix of the layers of the language model may come first, and the BiLSTM with its ReLU may be left out. Features may be
standardised, whole tokens or dimensions of them dropped, and all of them brought to a smaller width. What the token
looks like as given, which the language model does not see, may stand next to them.

Sentences come one after the other without padding, as vectors (tokens, width) and lengths. The backward half of the
BiLSTM never sees padding: unlike in the paper's code, a prediction depends on no other sentence.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.errors import UserError, remake
from pipeline.files.json import write_json
from pipeline.files.settings import read_settings
from pipeline.files.weights import load_module, save_weights
from pipeline.ner.settings import TaggerSizes
from pipeline.ner.tagging.batches import Indices, inference_batches
from pipeline.ner.tagging.bilstm import BiLstm
from pipeline.ner.tagging.crf import BioCrf
from pipeline.ner.tagging.features import Features
from pipeline.ner.tagging.surface import Surface

CONFIG, WEIGHTS = "config.json", "weights.safetensors"
LARGEST = 1e30
"""Scores of labels and of moves between them must be below this, so that the sum over a sentence is finite."""
SMALLEST = 1e-4
"""The least deviation of a dimension, for those that are the same for all tokens."""
BLOCK = 4096
"""Tokens of which float64 are held at a time: the features may be larger than the memory."""
BATCH = 256
"""Sentences tagged in one call; the tags do not depend on it."""


class ScalarMix(nn.Module):
    """ELMo's mix of layers (Peters et al. 2018, equation 1): `gamma * sum_j softmax(s)_j h_j`.

    s and gamma are learned; the mix begins as the mean of the layers h_j. It has no layer normalisation, which Peters
    et al. found helpful in some cases.
    """

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(layers))
        self.gamma = nn.Parameter(torch.ones(()))

    def forward(self, layers: Tensor) -> Tensor:
        """Mix vectors (tokens, layers * width), layer after layer, into (tokens, width)."""
        weights = self.gamma * self.scores.softmax(0)
        return torch.einsum("l,tlw->tw", weights, layers.unflatten(1, (len(weights), -1)))


class Tagger(nn.Module):
    """Labels of tokens from their vectors. Lengths are int64 (sentences,) on the CPU, none of them 0."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, sizes: TaggerSizes) -> None:
        super().__init__()
        self.sizes, self.labels, self.width, self.features = sizes, sizes.labels, sizes.width, sizes.features
        self.dropout = nn.Dropout(sizes.dropout)
        if sizes.standardise:
            self.register_buffer("mean", torch.zeros(sizes.width))
            self.register_buffer("deviation", torch.ones(sizes.width))
        self.mix = ScalarMix(sizes.lm_layers) if sizes.features == "mix" else nn.Identity()
        below = sizes.width // sizes.lm_layers if sizes.features == "mix" else sizes.width
        if sizes.bottleneck:
            self.bottleneck: nn.Module = nn.Linear(below, sizes.bottleneck)
            below = sizes.bottleneck
        if sizes.surface:
            self.surface: nn.Module = Surface(sizes.characters, sizes.surface, sizes.dropout)
            below += sizes.surface
        if sizes.layers:
            self.lstm = BiLstm(below, sizes.hidden, sizes.layers)
        self.linear = nn.Linear(2 * sizes.hidden if sizes.layers else below, len(sizes.labels))
        self.crf = BioCrf(sizes.labels)

    def standardise(self, features: Features) -> None:
        """Take mean and deviation of every dimension from the features of the training split."""
        blocks = np.array_split(features.values, -(-len(features.values) // BLOCK))  # (tokens, width) each
        mean = sum(block.sum(0, dtype=np.float64) for block in blocks) / len(features.values)
        variance = sum(((block - mean) ** 2).sum(0) for block in blocks) / len(features.values)
        self.mean.copy_(torch.from_numpy(mean))
        self.deviation.copy_(torch.from_numpy(np.sqrt(variance)).clamp_min(SMALLEST))

    def emissions(self, features: Tensor, lengths: Tensor, letters: Tensor) -> Tensor:
        """Return scores (sentences, longest, labels), 0 beyond a sentence.

        Features are any floats (tokens, width); letters are the code points of the tokens, see `read_letters`.
        """
        sentence, time = (place.to(features.device) for place in _places(lengths))
        vectors = features.float()  # (tokens, width)
        if self.sizes.standardise:
            vectors = (vectors - self.mean) / self.deviation
        if self.training and self.sizes.word_dropout:
            vectors = vectors * (torch.rand(len(vectors), 1, device=vectors.device) >= self.sizes.word_dropout)
        states = self.dropout(self.mix(vectors))  # (tokens, width of a layer)
        if self.sizes.bottleneck:
            states = self.bottleneck(states)  # (tokens, bottleneck)
        if self.sizes.surface:
            states = torch.cat([states, self.surface(letters)], 1)  # (tokens, width so far + surface)
        if self.sizes.layers:
            states = torch.relu(self.dropout(self.lstm(states, lengths, sentence, time)))  # (tokens, 2 * hidden)
        scores = self.linear(states)  # (tokens, labels)
        padded: Tensor = scores.new_zeros(len(lengths), int(lengths.max()), len(self.labels))
        # (sentences, longest, labels)
        return padded.index_put((sentence, time), scores)

    def loss(self, features: Tensor, lengths: Tensor, letters: Tensor, tags: Tensor) -> Tensor:
        """Return the mean over sentences of -log p(tags), a scalar; tags are int64 (tokens,)."""
        emissions = self.emissions(features, lengths, letters)
        mask = _mask(lengths).to(emissions.device)  # (sentences, longest)
        padded = torch.zeros_like(mask, dtype=torch.int64).masked_scatter(mask, tags)
        loss: Tensor = self.crf.loss(emissions, padded, mask)
        return loss

    @property
    def device(self) -> torch.device:
        return self.linear.weight.device

    def best(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """Return the most probable legal tags, int64 (tokens,); a `UserError` where sums of scores would overflow."""
        scores = torch.cat([emissions.flatten(), *(parameter.flatten() for parameter in self.crf.parameters())])
        if not (largest := scores.abs().max().item()) < LARGEST:
            raise UserError(
                f"tagger: found a score of {largest:g}, expected less than {LARGEST:g}: its weights, or those "
                "of the language model, are too large; train again with a lower learning_rate: dvc repro pretrain ner"
            )
        mask = _mask(lengths).to(emissions.device)
        return self.crf.best(emissions, mask)[mask]

    def save(self, folder: Path) -> None:
        """Write weights.safetensors and config.json, which are all that `load` needs."""
        folder.mkdir(parents=True, exist_ok=True)
        save_weights(self, folder / WEIGHTS)
        write_json(folder / CONFIG, self.sizes.model_dump())

    @classmethod
    def load(cls, folder: Path, device: torch.device) -> "Tagger":
        """Read what `save` wrote, ready to predict; a `UserError` names the file that is missing or broken."""
        sizes = read_settings(TaggerSizes, folder / CONFIG, "ner")
        return load_module(lambda: cls(sizes), folder / WEIGHTS, "ner").to(device).eval()


def load_taggers(folder: Path, device: torch.device) -> dict[str, Tagger]:
    """Load the taggers of a data set, by seed and in the order of the seeds; all of them read the same features."""
    folders = {path.name.removeprefix("seed-"): path for path in folder.glob("seed-*")}
    if not folders or not all(seed.isdecimal() for seed in folders):
        names = ", ".join(sorted(path.name for path in folders.values())) or "no taggers"
        raise UserError(f"{folder}: found {names} (expected seed-1 and so on); {remake('ner')}")
    return {seed: Tagger.load(folders[seed], device) for seed in sorted(folders, key=int)}


def predict(tagger: Tagger, features: Features) -> Indices:
    """Return label numbers int64 (tokens,) in the order of the split. The tagger stays in evaluation mode."""
    tags = np.zeros(int(features.lengths.sum()), dtype=np.int64)
    for rows, emissions, lengths in score_labels(tagger, features):
        tags[rows] = tagger.best(emissions, lengths).cpu().numpy()
    return tags


def score_labels(tagger: Tagger, features: Features) -> Iterator[tuple[Indices, Tensor, Tensor]]:
    """Yield for each batch rows (tokens,), emissions (sentences, longest, labels) and lengths (sentences,)."""
    if tagger.width != features.width:
        raise UserError(
            f"the tagger reads vectors of width {tagger.width}, found features of width {features.width}: "
            "it was trained on another language model; run dvc repro ner"
        )
    tagger.eval()
    for batch in inference_batches(features.lengths, BATCH):
        rows = features.rows(batch)
        vectors, lengths, letters = load_batch(tagger, features, batch, rows)
        with torch.no_grad():
            emissions = tagger.emissions(vectors, lengths, letters)
        yield rows, emissions, lengths


def load_batch(tagger: Tagger, features: Features, batch: Indices, rows: Indices) -> tuple[Tensor, Tensor, Tensor]:
    """Return vectors float16 (tokens, width), lengths (sentences,) on the CPU, and letters int32 (tokens, LONGEST)."""
    vectors, letters = (torch.from_numpy(x[rows]).to(tagger.device) for x in (features.values, features.letters))
    return vectors, torch.from_numpy(features.lengths[batch]), letters


def _places(lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sentence of each token, and its time, which is its index in the sentence; (tokens,) each."""
    sentence = torch.arange(len(lengths)).repeat_interleave(lengths)
    starts = lengths.cumsum(0) - lengths  # (sentences,)
    return sentence, torch.arange(len(sentence)) - starts[sentence]


def _mask(lengths: Tensor) -> Tensor:
    """Return True where there is a token, (sentences, longest)."""
    return torch.arange(int(lengths.max())) < lengths.unsqueeze(1)
