"""A linear-chain CRF (Lafferty, McCallum, Pereira 2001) over BIO labels that never learns or predicts an illegal move.

Parameters and likelihood come from pytorch-crf. `transitions[i, j]` scores label i followed by label j.
"""

from typing import cast

import torch
from torch import Tensor
from torch.nn.functional import embedding
from torchcrf import CRF

from pipeline.ner.data.bio import OUTSIDE, begins

FORBIDDEN = -1e4
"""Score of an illegal move: its exponential is 0 in float32, yet sums of such scores stay finite."""


class BioCrf(CRF):  # type: ignore[misc]  # pytorch-crf has no type hints
    """The last axis of emissions is in the order of `labels`; masks are boolean (sentences, longest), without gaps."""

    def __init__(self, labels: list[str]) -> None:
        super().__init__(len(labels), batch_first=True)
        start, *illegal = ([x.startswith("I-") and begins(y, x) for x in labels] for y in [OUTSIDE, *labels])
        self.register_buffer("illegal_start", torch.tensor(start), persistent=False)
        self.register_buffer("illegal", torch.tensor(illegal), persistent=False)
        self.forbid()

    def forbid(self) -> None:
        """Set illegal moves back to their fixed score, whatever an optimiser or a file has made of them."""
        self.start_transitions.data.masked_fill_(cast(Tensor, self.illegal_start), FORBIDDEN)
        self.transitions.data.masked_fill_(cast(Tensor, self.illegal), FORBIDDEN)

    def loss(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        """Return the mean of -log p(tags), a scalar; emissions are (sentences, longest, labels), tags int64."""
        self.forbid()
        return cast(Tensor, -self(emissions, tags, mask, reduction="mean"))

    def _compute_score(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        """Return the scores of these tags, (sentences,), where pytorch-crf's own goes token by token.

        Emissions are (longest, sentences, labels), tags and masks (longest, sentences).
        """
        emitted = emissions.gather(2, tags.unsqueeze(2)).squeeze(2) * mask  # (longest, sentences)
        moves = self.transitions.reshape(-1, 1)  # (labels * labels, 1)
        moved = embedding(tags[:-1] * self.num_tags + tags[1:], moves).squeeze(2) * mask[1:]
        last = tags.gather(0, mask.sum(0, keepdim=True) - 1).squeeze(0)  # (sentences,)
        return self.start_transitions[tags[0]] + emitted.sum(0) + moved.sum(0) + self.end_transitions[last]

    @torch.no_grad()
    def best(self, emissions: Tensor, mask: Tensor) -> Tensor:
        """Return the most probable tags (Viterbi), int64 (sentences, longest); masked ones are meaningless.

        pytorch-crf's own search synchronises with the device at every token on the way back. Here sentences run along
        the last axis, so that the maximum over labels is vectorised.
        """
        self.forbid()
        emissions, moves = emissions.permute(1, 2, 0).contiguous(), self.transitions.unsqueeze(2)
        stay = torch.arange(self.num_tags, device=emissions.device).unsqueeze(1)
        score = emissions[0] + self.start_transitions.unsqueeze(1)  # (labels, sentences)
        history = []
        for emitted, alive in zip(emissions[1:].unbind(), mask.T[1:].unbind(), strict=True):
            reached, back = (score.unsqueeze(1) + moves).max(dim=0)  # (before, after, sentences) -> (after, sentences)
            score = torch.where(alive, reached + emitted, score)
            history.append(torch.where(alive, back, stay))
        tags = [(score + self.end_transitions.unsqueeze(1)).argmax(dim=0, keepdim=True)]
        for back in reversed(history):
            tags.append(back.gather(0, tags[-1]))
        return torch.cat(tags[::-1]).T
