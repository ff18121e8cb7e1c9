"""Generated Russian news with gold lemmas and entities, in the published formats, for runs without network.

It exists so that the whole pipeline can be tried in minutes; its scores say nothing about Russian.
"""

from pipeline.demo.generate import ARTEFACTS, generate
from pipeline.demo.settings import DemoSettings

__all__ = ["ARTEFACTS", "DemoSettings", "generate"]
