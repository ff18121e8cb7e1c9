"""The recurrence of layers whose gates do not see the state: nothing but this runs through time."""

from pipeline.light.packed import Packed
from pipeline.light.weights import Floats


def scan(share: Floats, added: Floats, places: Packed) -> Floats:
    """Replace `added` by h_t = share_t * h_{t-1} + added_t, from h_0 = 0; (2, tokens, hidden) each."""
    before = added[:, slice(*places.steps[0])]  # h_1
    for start, stop in places.steps[1:]:
        state = added[:, start:stop]
        state += share[:, start:stop] * before[:, : stop - start]
        before = state
    return added
