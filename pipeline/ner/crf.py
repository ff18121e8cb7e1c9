"""A linear-chain CRF over BIO labels that can neither learn nor predict an illegal move.

Lafferty, McCallum, Pereira (2001). Likelihood by pytorch-crf; `transitions[i, j]` scores label i followed by j.
"""

from typing import cast

import torch
from torch import Tensor
from torchcrf import CRF

from pipeline.ner.bio import OUTSIDE, begins

FORBIDDEN = -1e4
"""Score of an illegal move: exp() of it is 0 in float32, yet sums of it stay finite."""


class BioCrf(CRF):  # type: ignore[misc]  # pytorch-crf says nothing of its types
    """Labels in the order of the emissions' last axis; masks are boolean (sentences, longest), without holes."""

    def __init__(self, labels: list[str]) -> None:
        super().__init__(len(labels), batch_first=True)
        illegal = [[_illegal(before, after) for after in labels] for before in labels]
        self.register_buffer("illegal_start", torch.tensor([_illegal(OUTSIDE, x) for x in labels]), persistent=False)
        self.register_buffer("illegal", torch.tensor(illegal), persistent=False)
        self.forbid()

    def forbid(self) -> None:
        """Put illegal moves back to their fixed score, whatever an optimiser or a file has made of them."""
        self.start_transitions.data.masked_fill_(cast(Tensor, self.illegal_start), FORBIDDEN)
        self.transitions.data.masked_fill_(cast(Tensor, self.illegal), FORBIDDEN)

    def loss(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        """Mean over sentences of -log p(tags); emissions (sentences, longest, labels), tags int64; a scalar."""
        self.forbid()
        return -cast(Tensor, self(emissions, tags, mask, reduction="mean"))

    @torch.no_grad()
    def best(self, emissions: Tensor, mask: Tensor) -> Tensor:
        """The most probable tags (Viterbi), int64 (sentences, longest); what the mask excludes is meaningless.

        Own code because pytorch-crf walks back token by token with a device synchronisation each.
        """
        self.forbid()
        stay = torch.arange(self.num_tags, device=emissions.device).expand(len(emissions), -1)
        score = self.start_transitions + emissions[:, 0]  # (sentences, labels)
        history = []
        for time in range(1, emissions.shape[1]):
            reached, back = (score.unsqueeze(2) + self.transitions).max(dim=1)
            alive = mask[:, time : time + 1]
            score = torch.where(alive, reached + emissions[:, time], score)
            history.append(torch.where(alive, back, stay))
        tags = [(score + self.end_transitions).argmax(dim=1, keepdim=True)]
        for back in reversed(history):
            tags.append(back.gather(1, tags[-1]))
        return torch.cat(tags[::-1], dim=1)


def _illegal(before: str, after: str) -> bool:
    return after.startswith("I-") and begins(before, after)
