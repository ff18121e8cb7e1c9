"""ELMo, slow and obvious: a token and a position at a time, in numpy and float64 (Peters et al. 2018)."""

from typing import Any

import numpy as np

from tests.lm.elmo.drawn import Json, Weights

Array = np.ndarray[Any, np.dtype[np.float64]]


def layers(options: Json, weights: Weights, sentence: list[str]) -> Array:
    """(layers + 1, tokens, 2 projection_dim): every layer of every token of one sentence, boundaries cut off."""
    names = ["<S>", *sentence, "</S>"]
    tokens = [token_vector(options, weights, character_ids(name, options)) for name in names]
    forward = direction(options, weights, 0, tokens)
    backward = [layer[::-1] for layer in direction(options, weights, 1, tokens[::-1])]
    both = [np.concatenate([left, right], axis=1) for left, right in zip(forward, backward, strict=True)]
    return np.stack(both)[:, 1:-1]


def character_ids(token: str, options: Json) -> list[int]:
    """Bytes 0 to 255; 256 and 257 are the boundaries of a sentence, 258 and 259 those of a word, 260 is padding."""
    length = options["char_cnn"]["max_characters_per_token"]
    marks = {"<S>": [256], "</S>": [257]}
    body = marks[token] if token in marks else list(token.encode())[: length - 2]
    ids = [258, *body, 259]
    return ids + [260] * (length - len(ids))


def token_vector(options: Json, weights: Weights, ids: list[int]) -> Array:
    chars, maxima = options["char_cnn"], []
    embedded = weights["char_embed"][ids].astype(np.float64)
    activation = np.tanh if chars["activation"] == "tanh" else lambda x: np.maximum(x, 0)
    for index, (width, _) in enumerate(chars["filters"]):
        kernel, bias = weights[f"CNN/W_cnn_{index}"][0], weights[f"CNN/b_cnn_{index}"]
        windows = [embedded[start : start + width] for start in range(len(ids) - width + 1)]
        sums = [np.tensordot(window, kernel) + bias for window in windows]
        maxima.append(activation(np.max(sums, axis=0)))
    x = np.concatenate(maxima)
    for index in range(chars.get("n_highway") or 0):
        of = f"CNN_high_{index}"
        gate = sigmoid(x @ weights[f"{of}/W_carry"] + weights[f"{of}/b_carry"])
        x = gate * np.maximum(x @ weights[f"{of}/W_transform"] + weights[f"{of}/b_transform"], 0) + (1 - gate) * x
    if "CNN_proj/W_proj" in weights:
        x = x @ weights["CNN_proj/W_proj"] + weights["CNN_proj/b_proj"]
    return x


def direction(options: Json, weights: Weights, way: int, tokens: list[Array]) -> list[Array]:
    """Layer 0, the tokens themselves, and every layer of one direction, each (tokens, projection_dim)."""
    lstm, every = options["lstm"], [np.stack(tokens)]
    for layer in range(lstm.get("n_layers", 1)):
        group = f"RNN_{way}/RNN/MultiRNNCell/Cell{layer}/LSTMCell"
        c, h, outputs = np.zeros(lstm["dim"]), np.zeros(lstm["projection_dim"]), []
        for x in every[-1]:
            z = np.concatenate([x, h]) @ weights[f"{group}/W_0"].astype(np.float64) + weights[f"{group}/B"]
            i, j, f, o = np.split(z, 4)
            c = sigmoid(f + 1) * c + sigmoid(i) * np.tanh(j)
            c = clip(c, lstm.get("cell_clip"))
            h = sigmoid(o) * np.tanh(c)
            if f"{group}/W_P_0" in weights:
                h = clip(h @ weights[f"{group}/W_P_0"], lstm.get("proj_clip"))
            outputs.append(h + x if layer and lstm.get("use_skip_connections") else h)
        every.append(np.stack(outputs))
    return every


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def clip(x: Array, bound: float | None) -> Array:
    return x if bound is None else np.clip(x, -bound, bound)
