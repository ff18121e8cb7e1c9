"""Stage check: all of params.yaml is read and checked before any work; later stages need what it writes."""

from pathlib import Path

from pipeline.fingerprint import fingerprint
from pipeline.layout import manifest
from pipeline.lm.settings import UNTRAINED, cell_code
from pipeline.outputs import fresh_folder, write_json
from pipeline.params import Params


def run(params: Params, choice: Path, architecture: Path, protocol: Path) -> None:
    """Write what fetch is to read, the chosen scale's manifest and which of its data sets; the chosen architecture with
    the sum of its code; and the chosen protocol.

    Through the sum, an edit of one architecture's code retrains that architecture and no other. The protocol's folder
    has a file for each of its keys: a stage depends on the values that it needs, and not on the protocol's name.
    """
    wanted = {"manifest": str(manifest(params.scale)), "elmo": params.imports_elmo, "sets": params.sets}
    write_json(choice, wanted)
    arch = params.chosen_arch
    code = "" if arch.cell in UNTRAINED else fingerprint({}, *cell_code(arch.cell))
    write_json(architecture, {"name": params.arch, **arch.model_dump(), "code": code})
    with fresh_folder(protocol) as folder:
        for key, value in params.chosen_protocol.model_dump().items():
            write_json(folder / f"{key}.json", {key: value})
