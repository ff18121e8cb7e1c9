"""YAML that people write: params.yaml and the manifests."""

from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import UserError


def read_yaml(path: Path) -> Any:
    """Read a file of plain values; a `UserError` says in which line it is not YAML, or has a key twice.

    Raises OSError where the file cannot be read.
    """
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        loader.name = str(path)
        return loader.get_single_data()
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: byte {error.start:,} is not UTF-8; save the file as UTF-8") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date or a number that is none
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise UserError(f"{path}: not valid YAML: nested too deeply; expected a few levels") from None


class _Loader(yaml.SafeLoader):
    """Safe YAML, in which a key that stands twice is an error: the last one would win in silence."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if (key.tag, repr(key.value)) in seen:
                place = f"{self.name}: line {key.start_mark.line + 1:,}"
                raise UserError(f"{place}: key {key.value!r} stands twice; keep one of the two")
            seen.add((key.tag, repr(key.value)))
        return node
