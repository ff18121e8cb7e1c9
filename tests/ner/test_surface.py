"""What the tagger sees of a token as given: its letters, and what the char-CNN makes of them, against slow loops."""

import operator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ner.tagging.surface import (
    BEGIN,
    EMBEDDING,
    END,
    LONGEST,
    RARE,
    TAIL,
    WINDOW,
    Surface,
    frequent_characters,
    lower_letters,
    read_letters,
)

ANY = st.characters(exclude_categories=[])
"""Lone surrogates and control characters among them, which a text to be tagged may have."""
TOKENS = st.lists(st.text(ANY, max_size=30) | st.text(ANY, min_size=20, max_size=25), max_size=5)
WORDS = ["Вера", "вера", "ВЕРА", "в", "", "2019", "Нижегородско-Владимирская", "йcк", "Вера"]


@given(TOKENS)
def test_letters_are_those_of_the_token_and_of_a_long_one_its_ends(tokens: list[str]) -> None:
    letters = read_letters(tokens)
    assert letters.shape == (len(tokens), LONGEST) and letters.dtype == np.int32
    for row, token in zip(letters.tolist(), tokens, strict=True):
        room = LONGEST - 2
        shown = [*token] if len(token) <= room else [*token[: room - TAIL], *token[len(token) - TAIL :]]
        expected = [ord(BEGIN), *(ord(character) for character in shown), ord(END)]
        assert row == expected + [0] * (LONGEST - len(expected))


@given(TOKENS)
def test_letters_in_lower_case_are_those_of_the_token_in_lower_case(tokens: list[str]) -> None:
    """Where that is longer, as of İ, the letter stays."""
    lowered = [
        [ord(c.lower()) if len(c.lower()) == 1 else ord(c) for c in map(chr, row)] for row in read_letters(tokens)
    ]
    assert lower_letters(read_letters(tokens)).tolist() == lowered


def test_the_characters_that_are_learned_are_those_seen_often() -> None:
    often, rare = "ж" * RARE, "щ" * (RARE - 1)
    assert frequent_characters(read_letters([often, rare, "а", "а", *["а"] * (RARE - 2)])) == f"{BEGIN}{END}аж"
    assert frequent_characters(read_letters(["жж"])) == ""


def make_surface(characters: str, width: int = 7) -> Surface:
    torch.manual_seed(1)
    return Surface(characters, width, dropout=0.5).eval()


def by_hand(surface: Surface, characters: str, token: str) -> list[float]:
    """The largest value of every filter over the positions of a token, at least 0."""
    rows = {"\0": 0} | {character: number for number, character in enumerate(characters, 1)}
    table = surface.embedding.weight.tolist()
    letters = [chr(code) for code in read_letters([token])[0]]
    vectors = [table[rows.get(letter, len(characters) + 1)] for letter in letters]
    weights, bias = surface.convolution.weight.tolist(), surface.convolution.bias.tolist()  # type: ignore[union-attr]
    best = [0.0] * len(bias)
    for position, letter in enumerate(letters):
        for number in range(len(bias) if letter != "\0" else 0):
            value = bias[number]
            for step in range(WINDOW):
                if 0 <= (at := position + step - WINDOW // 2) < LONGEST:
                    value += sum(map(operator.mul, weights_at(weights[number], step), vectors[at]))
            best[number] = max(best[number], value)
    return best


def weights_at(channels: list[list[float]], step: int) -> list[float]:
    return [channels[channel][step] for channel in range(EMBEDDING)]


@pytest.mark.parametrize("characters", [f"{BEGIN}{END}еарВ", ""], ids=["some", "none"])
def test_a_vector_is_the_largest_value_of_every_filter(characters: str) -> None:
    characters = "".join(sorted(characters))
    surface = make_surface(characters)
    expected = torch.tensor([by_hand(surface, characters, word) for word in WORDS])
    torch.testing.assert_close(surface(torch.from_numpy(read_letters(WORDS))), expected, atol=1e-5, rtol=0)


def test_a_vector_depends_on_no_other_token_and_tells_cases_apart() -> None:
    surface = make_surface("".join(sorted(f"{BEGIN}{END}Вверa")))
    letters = torch.from_numpy(read_letters(WORDS))
    together = surface(letters)
    for row, vector in zip(letters, together, strict=True):
        torch.testing.assert_close(surface(row[None])[0], vector)
    assert torch.equal(together[0], together[-1]) and not torch.allclose(together[0], together[1])


def test_unknown_characters_are_one_and_are_not_the_end_of_a_token() -> None:
    surface = make_surface("".join(sorted(f"{BEGIN}{END}а")))
    unknown, other, shorter = surface(torch.from_numpy(read_letters(["аж", "а\U0010ffff", "а"])))
    assert torch.equal(unknown, other) and not torch.equal(unknown, shorter)


def test_dropout_falls_in_training_only() -> None:
    surface = make_surface("а", width=200)
    letters = torch.from_numpy(read_letters(["а"]))
    whole, dropped = surface(letters), surface.train()(letters)
    share = (dropped[whole > 0] == 0).float().mean().item()
    assert 0.3 < share < 0.7


def test_its_gradient_repeats_with_two_threads() -> None:
    chance = np.random.default_rng(1)
    letters = torch.from_numpy(read_letters(f"w{number}" for number in chance.integers(300, size=4000)))
    weights = torch.randn(4000, 64)
    torch.set_num_threads(2)
    try:
        gradients: list[Any] = []
        for _ in range(4):
            torch.manual_seed(0)
            surface = Surface("".join(sorted("w0123456789\x02\x03")), 64, 0.4).train()
            (surface(letters) * weights).sum().backward()
            gradients.append(surface.convolution.weight.grad)
    finally:
        torch.set_num_threads(1)
    assert all(torch.equal(gradient, gradients[0]) for gradient in gradients)
