"""What computes the network of a tagger: numpy on a CPU, or torch."""

import sys
from pathlib import Path
from typing import Literal, Protocol

from pipeline.errors import UserError, one_line
from pipeline.light.form import NoLightForm
from pipeline.light.network import Entity, LightNetwork

Runtime = Literal["auto", "light", "torch"]
CPU = "cpu"


class Network(Protocol):
    """Finds entities in sentences. Threads may share it."""

    types: list[str]
    """The types of entities that it finds."""

    def find(self, sentences: list[list[str]], tokens: list[list[str]]) -> list[list[Entity]]:
        """Find the entities of each sentence of lemmas, and of its tokens as given; an empty sentence has none."""


def load_network(folder: Path, temperature: float, device: str, runtime: Runtime) -> Network:
    """Load the network of an exported folder; `auto` is numpy where it can be, and torch elsewhere.

    A line on standard error names what has no light form. Raises a `UserError` about a file, device or package.
    """
    if runtime == "light" or (runtime == "auto" and device == CPU):
        try:
            return LightNetwork(folder, temperature)
        except NoLightForm as reason:
            if runtime == "light":
                raise UserError(f"{folder}: {reason}; it runs on torch only") from None
            print(one_line(f"note: {folder}: {reason}; it runs on torch"), file=sys.stderr)
    try:
        from pipeline.machine.device import choose_device
        from pipeline.predict.network import TorchNetwork
    except ModuleNotFoundError as error:
        raise UserError(f"{folder}: needs torch and the code that trains: {error.name} is not installed") from None
    return TorchNetwork.load(folder, temperature, choose_device(device, "device"))
