"""Stage check: all of params.yaml is read and checked before any work; later stages need what it writes."""

from pipeline.files.json import write_json
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.provenance.code import describe_architecture, read_sources, stage_code, stages
from pipeline.work.outputs import fresh_folder


def run(paths: Paths, params: Params) -> None:
    """Write what fetch is to read, the chosen scale's manifest and which of its data sets, to `paths.choice`; the
    chosen architecture with the sum of its code to `paths.architecture`; and the code of every stage to `paths.code`.

    The code's folder has a file for each stage, and an edit of a module reruns the stages that reach it. Readers of NER
    files are imported by name: the choice has their sums, for fetch to see, which tells the sets concerned.
    """
    wanted = {"manifest": str(paths.manifest(params.scale)), "elmo": params.imports_elmo, "sets": params.sets}
    write_json(paths.choice, wanted)
    sources = read_sources()
    write_json(paths.architecture, describe_architecture(params.model_dump(include={"arch", "archs"}), sources))
    with fresh_folder(paths.code) as folder:
        for stage in set(stages(sources)) - {"check"}:  # which looks at all code
            write_json(folder / f"{stage}.json", stage_code(stage, sources))
