"""YAML files that people write: params.yaml and the manifests."""

from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import UserError
from pipeline.files.utf8 import not_utf8

MOST_BYTES = 1_000_000
"""The size limit of a file; a manifest of ten thousand files is smaller."""
MOST_CHARACTERS = 10 * MOST_BYTES
"""The size limit of all values, where each alias counts as much as the value it stands for."""


def read_yaml(path: Path) -> Any:
    """Read a file of plain values; a `UserError` names the line that is not YAML or repeats a key.

    Raises OSError where the file cannot be read.
    """
    if path.stat().st_size > MOST_BYTES:
        raise UserError(f"{path}: found {path.stat().st_size:,} bytes, expected settings of at most {MOST_BYTES:,}")
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        loader.name = str(path)
        return loader.get_single_data()
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: {not_utf8(error)}; save the file as UTF-8") from None
    except yaml.MarkedYAMLError as error:  # the text of the line is left out: it may have a password in it
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"{path}: not valid YAML: line {line:,}: {error.problem}") from None
    except RecursionError:
        raise UserError(f"{path}: not valid YAML: nested too deeply; expected a few levels") from None
    except (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError) as error:  # `!!int x`, 2024-13-01
        raise UserError(f"{path}: not valid YAML: {error}; expected plain values") from None


class _Loader(yaml.SafeLoader):
    """Safe YAML in which a repeated key is an error, since the last one would win in silence.

    So are aliases that unfold to more than `MOST_CHARACTERS`.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._characters = 0
        self._unfolded: dict[str, int] = {}
        """The size of the value of each anchor, in characters."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event, before = self.peek_event(), self._characters
        node = super().compose_node(parent, index)
        if isinstance(event, yaml.AliasEvent):
            # An alias within its own value would have no end.
            self._characters += self._unfolded.get(event.anchor or "", MOST_CHARACTERS)
        else:
            self._characters += len(event.value) + 1 if isinstance(event, yaml.ScalarEvent) else 1
            if event.anchor:
                self._unfolded[event.anchor] = self._characters - before
        if self._characters > MOST_CHARACTERS:
            line = event.start_mark.line + 1
            raise UserError(
                f"{self.name}: line {line:,}: aliases unfold to more than {MOST_CHARACTERS:,} characters; write it out"
            )
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if (key.tag, repr(key.value)) in seen:
                name = f"key {key.value!r}" if isinstance(key, yaml.ScalarNode) else "a key"
                line = key.start_mark.line + 1
                raise UserError(f"{self.name}: line {line:,}: {name} stands twice; keep one of the two")
            seen.add((key.tag, repr(key.value)))
        return node
