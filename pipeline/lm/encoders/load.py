"""Encoders by their shape: made untrained, or read from the folder that `CharEncoder.save` wrote."""

from pathlib import Path

import torch

from pipeline.files.settings import read_settings
from pipeline.files.weights import load_module
from pipeline.lm.encoders.charcnn import CharCnn
from pipeline.lm.encoders.encoder import CONFIG, WEIGHTS, CharEncoder
from pipeline.lm.encoders.ngrams import CharNgrams
from pipeline.lm.settings import CharCnnShape, EncoderShape, NgramShape


def make_encoder(shape: CharCnnShape | NgramShape) -> CharEncoder:
    """Return the module of that shape, untrained."""
    return CharNgrams(shape) if isinstance(shape, NgramShape) else CharCnn(shape)


def load_encoder(folder: Path, device: torch.device) -> CharEncoder:
    """Read what `CharEncoder.save` wrote; the module is in evaluation mode. A `UserError` names what is damaged."""
    shape = read_settings(EncoderShape, folder / CONFIG, "charcnn").root
    return load_module(lambda: make_encoder(shape), folder / WEIGHTS, "charcnn").to(device).eval()
