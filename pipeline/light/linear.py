"""A linear layer, `nn.Linear`."""

from pipeline.light.weights import Floats, Weights


class Linear:
    """x W + b."""

    def __init__(self, weights: Weights, name: str, inputs: int, outputs: int) -> None:
        self._weight = weights.array(f"{name}.weight", outputs, inputs).T  # (inputs, outputs)
        self._bias = weights.array(f"{name}.bias", outputs)

    def __call__(self, x: Floats) -> Floats:
        """Map x (..., inputs) to (..., outputs)."""
        products = x @ self._weight
        products += self._bias
        return products
