"""`pipeline.lm.rnn.mingru`: a minimal gated recurrent unit (Feng et al. 2024, section 3.1).

h_t = f_t * h_{t-1} + (1 - f_t) * (W_h x_t + b_h)    f_t = sigmoid(W_f x_t + b_f)
"""

from pipeline.light.activations import sigmoid
from pipeline.light.cells.scan import scan
from pipeline.light.packed import Packed
from pipeline.light.weights import Floats, Read


class MinGru:
    """One layer, from a zero state."""

    def __init__(self, read: Read, width: int, hidden: int) -> None:
        self._candidate, self._forget = (
            (read(f"{name}.weight", hidden, width).swapaxes(1, 2), read(f"{name}.bias", hidden)[:, None])
            for name in ("candidate", "forget")
        )

    def __call__(self, inputs: Floats, places: Packed) -> Floats:
        """Map inputs (2, tokens, width) to states (2, tokens, hidden)."""
        candidate, forget = (inputs @ weight + bias for weight, bias in (self._candidate, self._forget))
        f = sigmoid(forget)  # (2, tokens, hidden)
        candidate *= 1 - f
        return scan(f, candidate, places)
