import math
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.errors import UserError
from pipeline.ner.data.bio import bio_labels
from pipeline.ner.settings import FeatureKind
from pipeline.ner.tagging.bilstm import BiLstm
from pipeline.ner.tagging.features import Features, build_features
from pipeline.ner.tagging.surface import read_letters
from pipeline.ner.tagging.tagger import Tagger, load_taggers
from tests.memory import traced_peak
from tests.ner.drawn import make_tagger

LABELS = bio_labels(["PER", "LOC"])
WIDTH = 6
CPU = torch.device("cpu")
Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


@pytest.fixture
def tagger() -> Tagger:
    torch.manual_seed(1)
    tagger = make_tagger(LABELS, WIDTH, layers=2, dropout=0.3).eval()
    with torch.no_grad():  # scores far apart: rounding cannot turn a prediction
        tagger.linear.weight.mul_(30)
    return tagger


def batch(lengths: list[int]) -> Batch:
    """Vectors (tokens, WIDTH), lengths, and the letters of random words of both cases."""
    random, tokens = np.random.default_rng(2), sum(lengths)
    words = ["".join(random.choice([*"абвАБВ"], size)) for size in random.integers(1, 9, tokens)]
    vectors = torch.from_numpy(random.normal(size=(tokens, WIDTH)).astype(np.float32))
    return vectors, torch.tensor(lengths), torch.from_numpy(read_letters(words))


def alone(sentences: Batch) -> list[Batch]:
    """Each sentence of a batch as one of its own."""
    vectors, lengths, letters = sentences
    parts = zip(*(torch.split(x, lengths.tolist()) for x in (vectors, letters)), strict=True)
    return [(vectors, torch.tensor([len(vectors)]), letters) for vectors, letters in parts]


def decode(tagger: Tagger, sentences: Batch) -> torch.Tensor:
    return tagger.best(tagger.emissions(*sentences), sentences[1])


def test_a_prediction_does_not_depend_on_batch_mates(tagger: Tagger) -> None:
    sentences = batch([3, 9, 1, 5, 9, 2])
    together = torch.split(decode(tagger, sentences), sentences[1].tolist())
    scores = tagger.emissions(*sentences)
    for index, sentence in enumerate(alone(sentences)):
        length = int(sentence[1])
        assert torch.equal(decode(tagger, sentence), together[index])
        assert torch.allclose(tagger.emissions(*sentence)[0], scores[index, :length], atol=1e-5)
        assert not scores[index, length:].any()


@pytest.mark.parametrize("layers", [1, 2])
def test_the_bilstm_is_torchs_over_packed_sentences_with_its_gradients(layers: int) -> None:
    torch.manual_seed(1)
    ours, torchs = BiLstm(WIDTH, 5, layers), torch.nn.LSTM(WIDTH, 5, layers, bidirectional=True)
    pairs = list(zip(ours.parameters(), torchs.parameters(), strict=True))  # forward, backward, layer by layer
    for mine, his in pairs:
        his.data.copy_(mine)
    vectors, lengths, _ = batch([3, 9, 1, 5])
    sentence = torch.arange(4).repeat_interleave(lengths)
    time = torch.cat([torch.arange(length) for length in lengths])
    packed = torch.nn.utils.rnn.pack_sequence(list(vectors.split(lengths.tolist())), enforce_sorted=False)
    padded, _ = torch.nn.utils.rnn.pad_packed_sequence(torchs(packed)[0], batch_first=True)
    states, expected = ours(vectors, lengths, sentence, time), padded[sentence, time]
    assert torch.allclose(states, expected, atol=1e-6)
    wanted = torch.randn_like(states)
    states.backward(wanted)
    expected.backward(wanted)
    assert len(pairs) == 8 * layers
    for mine, his in pairs:
        torch.testing.assert_close(mine.grad, his.grad, rtol=1e-4, atol=1e-5)


def test_without_layers_a_token_is_tagged_by_its_own_features() -> None:
    torch.manual_seed(1)
    tagger = make_tagger(LABELS, WIDTH, layers=0, dropout=0.3).eval()
    features, lengths, letters = batch([3, 9, 1])
    assert {name.partition(".")[0] for name, _ in tagger.named_parameters()} == {"linear", "crf"}
    expected = torch.split(features @ tagger.linear.weight.T + tagger.linear.bias, lengths.tolist())
    for index, scores in enumerate(expected):
        assert torch.allclose(tagger.emissions(features, lengths, letters)[index, : len(scores)], scores, atol=1e-6)


def test_a_mix_is_the_weighted_sum_of_the_layers(tagger: Tagger) -> None:
    mixed = make_tagger(LABELS, 3 * WIDTH, layers=2, dropout=0.3, features="mix", lm_layers=3).eval()
    mix = {"mix.scores": torch.tensor([1.0, -2.0, 0.5]), "mix.gamma": torch.tensor(1.7)}
    mixed.load_state_dict({**tagger.state_dict(), **mix})
    (_, lengths, letters), layers = batch([4, 2]), [torch.randn(6, WIDTH) for _ in range(3)]
    weights = [math.exp(score) / sum(map(math.exp, (1.0, -2.0, 0.5))) for score in (1.0, -2.0, 0.5)]
    by_hand = torch.stack([1.7 * weight * layer for weight, layer in zip(weights, layers, strict=True)]).sum(0)
    expected = tagger.emissions(by_hand, lengths, letters)
    assert torch.allclose(mixed.emissions(torch.cat(layers, 1), lengths, letters), expected, atol=1e-5)


def test_a_mix_begins_as_the_mean_and_is_learned() -> None:
    mixed = make_tagger(LABELS, 2 * WIDTH, layers=0, features="mix", lm_layers=2)
    layers, (_, lengths, letters) = torch.randn(3, 2, WIDTH), batch([3])
    assert torch.allclose(mixed.mix(layers.flatten(1)), layers.mean(1), atol=1e-6)
    mixed.loss(layers.flatten(1), lengths, letters, torch.zeros(3, dtype=torch.int64)).backward()
    learned = dict(mixed.mix.named_parameters())
    assert all(p.grad is not None and p.grad.any() for p in learned.values()) and set(learned) == {"scores", "gamma"}


def test_the_loss_is_the_mean_of_the_sentences(tagger: Tagger) -> None:
    sentences = batch([3, 9, 1])
    tags = decode(tagger, sentences)
    parts = zip(alone(sentences), torch.split(tags, sentences[1].tolist()), strict=True)
    losses = [tagger.loss(*sentence, gold) for sentence, gold in parts]
    assert torch.allclose(tagger.loss(*sentences, tags), torch.stack(losses).mean(), atol=1e-4)


def test_dropout_is_on_features_and_states_and_in_training_only(tagger: Tagger) -> None:
    inputs: list[torch.Tensor] = []
    tagger.lstm.register_forward_pre_hook(lambda _, given: inputs.append(given[0]))
    tagger.linear.register_forward_pre_hook(lambda _, given: inputs.append(given[0]))
    tagger.train().emissions(*batch([40, 40]))
    tagger.eval().emissions(*batch([40, 40]))
    features, states, all_features, all_states = ((values == 0).float().mean().item() for values in inputs)
    assert all_features == 0
    assert 0.2 < features < 0.4  # 0.3 is the tagger's dropout
    assert states > all_states + 0.05  # the ReLU makes the others


def read_by_lstm(tagger: Tagger, sentences: Batch) -> torch.Tensor:
    """What reaches the BiLSTM, (tokens, width), in the order of the sentences."""
    inputs: list[torch.Tensor] = []
    hook = tagger.lstm.register_forward_pre_hook(lambda _, given: inputs.append(given[0]))
    tagger.emissions(*sentences)
    hook.remove()
    return inputs[0]


def test_word_dropout_takes_all_features_of_a_token_and_never_its_surface() -> None:
    torch.manual_seed(1)
    sizes = {"word_dropout": 0.3, "surface": 4, "characters": "абв", "standardise": True}
    tagger, sentences = make_tagger(LABELS, WIDTH, **sizes), batch([50] * 40)
    whole = read_by_lstm(tagger.eval(), sentences)
    assert torch.allclose(whole[:, :WIDTH], sentences[0])
    read = read_by_lstm(tagger.train(), sentences)
    gone = (read[:, :WIDTH] == 0).all(1)  # (tokens,)
    assert torch.equal(read[~gone], whole[~gone]) and torch.equal(read[:, WIDTH:], whole[:, WIDTH:])
    assert 0.26 < gone.float().mean() < 0.34


def test_a_bottleneck_is_a_linear_layer_between_the_features_and_the_rest() -> None:
    """Dropout falls before it; the surface is put beside what it gives."""
    surface = {"surface": 4, "characters": "абв"}
    narrow = make_tagger(LABELS, WIDTH, bottleneck=3, dropout=0.5, **surface).eval()
    plain, sentences = make_tagger(LABELS, 3, **surface).eval(), batch([3, 9, 1])
    weights = narrow.state_dict()
    weight, bias = weights.pop("bottleneck.weight"), weights.pop("bottleneck.bias")
    plain.load_state_dict(weights)
    vectors, lengths, letters = sentences
    expected = plain.emissions(vectors @ weight.T + bias, lengths, letters)
    assert torch.allclose(narrow.emissions(*sentences), expected, atol=1e-5)
    given: list[torch.Tensor] = []
    narrow.bottleneck.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    narrow.train().emissions(*batch([50]))
    assert 0.35 < (given[0] == 0).float().mean() < 0.65


def test_standardised_features_have_mean_0_and_deviation_1_over_the_split(tmp_path: Path) -> None:
    """Except for a dimension that is the same for all tokens, which becomes 0."""
    vectors, lengths, letters = batch([4] * 50)
    vectors = vectors.half() * 3 + 5
    vectors[:, 2] = 7
    words = [["а"] * 4] * 50
    features = build_features(
        tmp_path, "key", words, lambda _: [*vectors.float().numpy().reshape(50, 4, -1)], letters.numpy()
    )
    tagger = make_tagger(LABELS, WIDTH, standardise=True)
    tagger.standardise(features)
    tagger.save(tmp_path / "tagger")
    read = read_by_lstm(Tagger.load(tmp_path / "tagger", CPU), (vectors, lengths, letters))
    changing = [0, 1, 3, 4, 5]
    assert torch.allclose(read.mean(0), torch.zeros(WIDTH), atol=1e-5) and not read[:, 2].any()
    assert torch.allclose(read[:, changing].std(0, correction=0), torch.ones(5), atol=1e-5)


def test_to_standardise_holds_no_copy_of_the_features(tmp_path: Path) -> None:
    """They are in a file, which may be larger than the memory."""
    values = np.random.default_rng(1).normal(3, 2, size=(60_000, 100)).astype("<f2")
    np.save(tmp_path / "values.npy", values)
    np.save(tmp_path / "lengths.npy", np.full(3000, 20))
    features = Features(tmp_path, np.repeat(read_letters(["а"]), 60_000, 0))
    tagger = make_tagger(LABELS, 100, standardise=True)
    assert traced_peak(lambda: tagger.standardise(features)) < 60_000 * 100 * 8 / 3
    np.testing.assert_allclose(tagger.mean, values.mean(0, dtype=np.float64), rtol=1e-6)
    np.testing.assert_allclose(tagger.deviation, values.std(0, dtype=np.float64), rtol=1e-6)


@pytest.mark.parametrize(("features", "layers"), [("top", 2), ("all", 1), ("mix", 0), ("mix", 2)])
def test_a_saved_tagger_predicts_the_same(features: FeatureKind, layers: int, tmp_path: Path) -> None:
    more = {"surface": 4, "characters": "Аав", "bottleneck": 3} if layers else {}
    tagger = make_tagger(LABELS, WIDTH, layers=layers, features=features, lm_layers=2, **more).eval()
    tagger.save(tmp_path / "seed-1")
    (loaded,) = load_taggers(tmp_path, CPU).values()
    files = sorted(path.name for path in (tmp_path / "seed-1").iterdir())
    assert files == ["config.json", "weights.safetensors"]
    assert (loaded.sizes, loaded.labels, loaded.features) == (tagger.sizes, LABELS, features)
    sentences = batch([3, 9, 1])
    assert torch.equal(loaded.emissions(*sentences), tagger.emissions(*sentences))
    assert torch.equal(decode(loaded, sentences), decode(tagger, sentences))


def test_what_is_not_a_tagger_is_an_error(tagger: Tagger, tmp_path: Path) -> None:
    config, weights = tmp_path / "config.json", tmp_path / "weights.safetensors"
    with pytest.raises(UserError, match=r"found no taggers .*dvc repro ner"):
        load_taggers(tmp_path, CPU)
    with pytest.raises(UserError, match=r"config\.json: not found; run the stage that makes it: dvc repro ner"):
        Tagger.load(tmp_path, CPU)
    tagger.save(tmp_path)
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(UserError, match=r"weights\.safetensors: .* dvc repro ner"):
        Tagger.load(tmp_path, CPU)
    whole = config.read_bytes()
    unsorted = whole.replace(b'"characters": ""', b'"characters": "ba"')
    for damaged in (
        b'{"labels": ["O"], "width": 6}',
        b"\xff\xfe",
        whole.replace(b'"hidden": ', b'"hidden": -'),
        unsorted,
    ):
        config.write_bytes(damaged)
        with pytest.raises(UserError, match=r"config\.json: .*make it again: dvc repro ner, or copy it again"):
            Tagger.load(tmp_path, CPU)
