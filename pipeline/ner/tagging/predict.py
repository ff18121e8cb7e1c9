"""Tags for all sentences of a split."""

import numpy as np
import torch

from pipeline.errors import UserError
from pipeline.ner.tagging.batches import Indices, inference_batches
from pipeline.ner.tagging.features import Features
from pipeline.ner.tagging.tagger import Tagger

BATCH = 256
"""Sentences a step; the tags do not depend on it."""


def predict(tagger: Tagger, features: Features) -> Indices:
    """Label numbers of all tokens in the order of the split, int64 (tokens,). Leaves the tagger in evaluation mode."""
    if tagger.width != features.width:
        raise UserError(
            f"the tagger reads vectors of width {tagger.width}, found features of width {features.width}: "
            "it was trained on another language model; run dvc repro ner"
        )
    tagger.eval()
    tags = np.zeros(int(features.lengths.sum()), dtype=np.int64)
    for batch in inference_batches(features.lengths, BATCH):
        rows = features.rows(batch)
        tags[rows] = tagger.decode(*load_batch(tagger, features, batch, rows)).cpu().numpy()
    return tags


def load_batch(tagger: Tagger, features: Features, batch: Indices, rows: Indices) -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors of some sentences on the tagger's device, float16 (tokens, width), and their lengths."""
    vectors = torch.from_numpy(features.values[rows])
    return vectors.to(tagger.linear.weight.device), torch.from_numpy(features.lengths[batch])
