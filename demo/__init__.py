"""Generated Russian news with gold lemmas and entities, in the published formats, for runs without network.

It exists so that the whole pipeline can be tried in minutes; its scores say nothing about Russian. What it generates
lies in data/demo, in git, so that the pipeline needs neither this package nor pymorphy3.
"""

from demo.generate import ARTEFACTS, generate
from demo.settings import COMMITTED, DemoSettings

__all__ = ["ARTEFACTS", "COMMITTED", "DemoSettings", "generate"]
