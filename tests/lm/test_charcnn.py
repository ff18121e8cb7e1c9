"""Characters and the char-CNN, ELMo's way."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files.vocabulary import SPECIALS
from pipeline.lm.encoders.charcnn import CharCnn
from pipeline.lm.encoders.chars import PAD, char_ids, vocabulary_char_ids
from pipeline.lm.encoders.encoder import CharInputs
from pipeline.lm.encoders.load import make_encoder
from pipeline.lm.settings import CHARS, CharCnnShape
from pipeline.stages.charcnn import write_table
from tests.lm.conftest import small_charcnn


def test_character_ids_drawn_out() -> None:
    ids = char_ids(["да", ""])
    assert ids[0, :7].tolist() == [259, 209, 181, 209, 177, 260, 261]
    assert ids[1, :3].tolist() == [259, 260, 261]
    assert vocabulary_char_ids(SPECIALS)[:2, :4].tolist() == [[259, 257, 260, 261], [259, 258, 260, 261]]


@given(st.text(max_size=80))
def test_bytes_come_back(token: str) -> None:
    row = char_ids([token])[0]
    body = row[1 : list(row).index(260)] - 1
    encoded = token.encode("utf-8", "surrogatepass")
    assert bytes(body.astype(np.uint8)) == encoded[: CHARS - 2]
    assert (row[len(body) + 2 :] == PAD).all()


def slow_vector(module: Any, chars: np.ndarray) -> torch.Tensor:
    """Peters et al. 2018 position by position, filter by filter."""
    embedded = module.embedding(torch.from_numpy(chars).int())  # (50, embedding)
    maxima = []
    for convolution in module.convolutions:
        width = convolution.kernel_size[0]
        for weight, bias in zip(convolution.weight, convolution.bias, strict=True):
            values = [(embedded[i : i + width].T * weight).sum() + bias for i in range(CHARS - width + 1)]
            maxima.append(torch.stack(values).max().relu())
    x = torch.stack(maxima)
    for highway in module.highways:
        gate = torch.sigmoid(highway.gate.weight @ x + highway.gate.bias)
        x = gate * torch.relu(highway.transform.weight @ x + highway.transform.bias) + (1 - gate) * x
    return module.projection.weight @ x + module.projection.bias


def test_equals_a_slow_loop(charcnn_shape: CharCnnShape) -> None:
    torch.manual_seed(0)
    module = CharCnn(charcnn_shape)
    ids = char_ids(["мэр", "достопримечательностями", "x"])
    fast = module(torch.from_numpy(ids))
    for row, vector in zip(ids, fast, strict=True):
        torch.testing.assert_close(vector, slow_vector(module, row), atol=1e-5, rtol=1e-5)


def test_what_is_not_computed_of_padding_changes_nothing(charcnn_shape: CharCnnShape) -> None:
    """All 50 positions for every word: short ones, long ones, cut ones. (A convolution of another shape may round.)"""
    torch.manual_seed(0)
    module = CharCnn(charcnn_shape)
    ids = torch.from_numpy(char_ids([*("б" * length for length in range(40)), "", "достопримечательностями", "x"] * 9))
    whole = torch.cat([c(module.embedding(ids.int()).transpose(1, 2)).amax(-1) for c in module.convolutions], -1)
    trimmed = module._maxima(ids, module._convolve)
    torch.testing.assert_close(trimmed, whole, atol=1e-6, rtol=1e-6)
    weights = torch.randn_like(whole)
    for parameter in (module.embedding.weight, *module.convolutions.parameters()):
        slopes = [torch.autograd.grad((x * weights).sum(), parameter, retain_graph=True)[0] for x in (trimmed, whole)]
        torch.testing.assert_close(slopes[0], slopes[1], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("encoder", ["cnn", "ngrams"])
def test_one_pass_a_type_equals_one_pass_a_token(encoder: Literal["cnn", "ngrams"]) -> None:
    torch.manual_seed(0)
    module, chars = make_encoder(small_charcnn(encoder).shape), char_ids(["а", "бы", "мэр"])
    ids = torch.tensor([[0, 1, 0], [2, 2, 1]])
    torch.testing.assert_close(CharInputs(module, chars)(ids), module(torch.from_numpy(chars))[ids])


def test_the_table_is_the_vectors_row_by_row(tmp_path: Path, charcnn_shape: CharCnnShape) -> None:
    module, chars = CharCnn(charcnn_shape).eval(), char_ids([f"слово{i}" for i in range(1100)])
    write_table(tmp_path / "vectors.npy", module, chars)
    table = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    assert table.dtype == np.float16 and table.shape == (1100, charcnn_shape.projection)
    np.testing.assert_allclose(table, module.vectors(chars), atol=1e-3)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_table_on_a_full_disk_is_an_error_and_no_crash(charcnn_shape: CharCnnShape) -> None:
    with pytest.raises(OSError, match="No space left"):
        write_table(Path("/dev/full"), CharCnn(charcnn_shape).eval(), char_ids(["слово"] * 3000))


def test_standardised_outputs_have_mean_0_and_deviation_1(charcnn_shape: CharCnnShape) -> None:
    torch.manual_seed(0)
    module, chars = CharCnn(charcnn_shape), char_ids([f"слово{i}" for i in range(300)])
    module.standardise(chars)
    vectors = module.vectors(chars)
    np.testing.assert_allclose(vectors.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(vectors.std(0, ddof=1), 1, atol=1e-4)
