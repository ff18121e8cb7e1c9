"""Processes that start at once: forked from a server that has imported torch and the stages once."""

import multiprocessing

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(
    [
        "joblib.externals.loky.process_executor",
        "pipeline.cli",
        "pipeline.stages.documents",
        "pipeline.stages.lemmas",
        "pipeline.stages.pretrain",
        "pipeline.stages.vocabulary",
        "tests.lm.project",
        "tests.text.project",
        "torch._dynamo",  # two seconds of it are imported with the first optimizer
    ]
)
