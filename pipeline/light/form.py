"""What says that a model has no light form: a setting of a later version, or a layer that only torch computes."""

from pipeline.light.block import Block


class NoLightForm(Exception):
    """Raised where a model cannot be computed here; the message says why."""


def need_known(block: Block, *keys: str) -> None:
    """Raise `NoLightForm` if the block has a setting besides these: it may change the maths."""
    if others := sorted(set(block.keys) - set(keys)):
        raise NoLightForm(f"setting {others[0]!r} has no light form")
