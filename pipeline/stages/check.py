"""Stage check: all of params.yaml is read and checked before any work; later stages need what it writes."""

from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.code import describe_architecture, read_sources, stage_code, stages
from pipeline.work.outputs import fresh_folder, write_json


def run(paths: Paths, params: Params) -> None:
    """Write what fetch is to read, the chosen scale's manifest and which of its data sets, to `paths.choice`; the
    chosen architecture with the sum of its code to `paths.architecture`; the chosen protocol to `paths.protocol`; and
    the code of every stage to `paths.code`.

    The protocol's folder has a file for each of its keys: a stage depends on the values that it needs, and not on the
    protocol's name. The code's folder has a file for each stage, and an edit of a module reruns the stages that reach
    it.
    """
    wanted = {"manifest": str(paths.manifest(params.scale)), "elmo": params.imports_elmo, "sets": params.sets}
    write_json(paths.choice, wanted)
    sources = read_sources()
    write_json(paths.architecture, describe_architecture(params.model_dump(include={"arch", "archs"}), sources))
    with fresh_folder(paths.protocol) as folder:
        for key, value in params.chosen_protocol.model_dump().items():
            write_json(folder / f"{key}.json", {key: value})
    with fresh_folder(paths.code) as folder:
        for stage in set(stages(sources)) - {"check"}:  # which looks at all code
            write_json(folder / f"{stage}.json", stage_code(stage, sources))
