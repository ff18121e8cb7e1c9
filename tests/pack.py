"""Where the tests find real data: a folder of corpora and models that is not part of the repository."""

import os
from pathlib import Path

import pytest

PACK = Path(__file__).resolve().parents[1] / os.environ.get("NER_DATA_PACK", "../shared/data")

needs_pack = pytest.mark.skipif(not PACK.is_dir(), reason=f"no data pack at {PACK}; set NER_DATA_PACK")
