"""Elementwise functions, each in the array that it is given, and normalisation."""

import math

import numpy as np

from pipeline.light.weights import Floats

NORM_EPSILON = 1e-5
"""`nn.LayerNorm`'s; that of `nn.RMSNorm` is float32's."""


def sigmoid(x: Floats) -> Floats:
    """Replace x by 1 / (1 + exp(-x))."""
    np.negative(x, out=x)
    np.exp(x, out=x)
    x += 1
    return np.reciprocal(x, out=x)


def tanh(x: Floats) -> Floats:
    """Replace x by its tanh, which is 2 sigmoid(2 x) - 1: numpy's own takes twice as long."""
    x *= 2
    sigmoid(x)
    x *= 2
    x -= 1
    return x


def silu(x: Floats) -> Floats:
    """Return x * sigmoid(x)."""
    return sigmoid(x.copy()) * x


def gelu(x: Floats) -> Floats:
    """Return x * Phi(x), with Phi the normal distribution's (`nn.GELU`).

    erf is Abramowitz and Stegun's formula 7.1.26, which errs by less than 1.5e-7.
    """
    z = np.abs(x)
    z *= math.sqrt(0.5)
    t = 1 / (1 + np.float32(0.3275911) * z)
    tail = np.full_like(t, 1.061405429)
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592, 0):
        tail *= t
        tail += coefficient
    np.square(z, out=z)
    np.negative(z, out=z)
    tail *= np.exp(z, out=z)  # 1 - erf(|x| / sqrt(2))
    return 0.5 * x * np.where(x < 0, tail, 2 - tail)


def softmax(x: Floats) -> Floats:
    """Replace x (..., any) by its softmax over the last axis."""
    x -= x.max(-1, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(-1, keepdims=True)
    return x


def layer_norm(x: Floats, weight: Floats, bias: Floats) -> Floats:
    """Return `nn.LayerNorm` of x (2, tokens, width); weight and bias are (2, width)."""
    centred = x - x.mean(-1, keepdims=True)
    centred /= np.sqrt(np.square(centred).mean(-1, keepdims=True) + NORM_EPSILON)
    return centred * weight[:, None] + bias[:, None]


def rms_norm(x: Floats, weight: Floats) -> Floats:
    """Return `nn.RMSNorm` of x (2, tokens, width); weight is (2, width)."""
    epsilon = np.finfo(np.float32).eps
    return x / np.sqrt(np.square(x).mean(-1, keepdims=True) + epsilon) * weight[:, None]
