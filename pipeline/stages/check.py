"""Stage check: reads and checks all of params.yaml before any work; later stages need what it writes."""

from pipeline.files.json import write_json
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.code import describe_architecture, read_sources, stage_code, stages
from pipeline.work.outputs import fresh_folder


def run(paths: Paths, params: Params) -> None:
    """Write what fetch is to read to `paths.choice`: the chosen scale's manifest, and which of its data sets.

    The chosen architecture with the sums of its code goes to `paths.architecture`, and the code of every stage to a
    file of its own in `paths.code`: an edit of a module reruns the stages that reach it.
    """
    choice = {
        "manifest": str(paths.manifest(params.scale)),
        "elmo": params.imports_elmo,
        "vectors": params.imports_vectors,
        "sets": params.sets,
    }
    write_json(paths.choice, choice)
    sources = read_sources()
    write_json(paths.architecture, describe_architecture(params.model_dump(include={"arch", "archs"}), sources))
    with fresh_folder(paths.code) as folder:
        for stage in set(stages(sources)) - {"check"}:  # this stage depends on the whole package
            write_json(folder / f"{stage}.json", stage_code(stage, sources))
