"""A block of a settings file, read value by value.

It says of a bad value what pydantic would say, without pydantic: importing that takes longer than importing numpy.
"""

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pipeline.errors import SHOWN, UserError, one_line, reason, remake, shown

MOST = 2**31 - 1


class Block:
    """An object or a list of a JSON file. A value is asked for by its key, which is a list's index as a text.

    A `UserError` names the file, the key, what was found and what was expected.
    """

    def __init__(self, values: dict[str, Any], path: Path, advice: str, prefix: str = "") -> None:
        self.keys = list(values)
        self._values, self._path, self._advice, self._prefix = values, path, advice, prefix

    @classmethod
    def read(cls, path: Path, stage: str) -> "Block":
        """Read a file that a stage has written; a `UserError` says how to make it again."""
        advice = remake(stage)
        try:
            values = json.loads(path.read_bytes())
        except FileNotFoundError:
            raise UserError(f"{path}: not found; {advice}") from None
        except OSError as error:
            raise UserError(f"{path}: {reason(error)}; {advice}") from None
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path}: not valid JSON: {shown(error)}; {advice}") from None
        if not isinstance(values, dict):
            raise UserError(f"{path}: top level: found {shown(values)}, expected an object; {advice}")
        return cls(values, path, advice)

    def whole(self, key: str, least: int = 0, most: int = MOST) -> int:
        """Return a whole number."""
        value = self._value(key)
        if type(value) is not int or not least <= value <= most:
            raise self.fault(key, f"{least}" if least == most else f"a whole number from {least:,} to {most:,}")
        return value

    def number(self, key: str, least: float, most: float) -> float:
        """Return a number, whole or not."""
        value = self._value(key)
        if type(value) not in (int, float) or not least <= value <= most:
            raise self.fault(key, f"a number from {least:g} to {most:g}")
        return float(value)

    def switch(self, key: str) -> bool:
        """Return true or false."""
        value = self._value(key)
        if type(value) is not bool:
            raise self.fault(key, "true or false")
        return value

    def text(self, key: str, pattern: str = "(?s:.*)", expected: str = "a text") -> str:
        """Return a text that the pattern matches as a whole."""
        value = self._value(key)
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise self.fault(key, expected)
        return value

    def choice(self, key: str, names: Collection[str]) -> str:
        """Return one of the names."""
        value = self._value(key)
        if not isinstance(value, str) or value not in names:
            raise self.fault(key, f"one of {', '.join(names)}")
        return value

    def block(self, key: str) -> "Block":
        """Return an inner object."""
        value = self._value(key)
        if not isinstance(value, dict):
            raise self.fault(key, "an object")
        return Block(value, self._path, self._advice, f"{self._prefix}{key}.")

    def items(self, key: str) -> "Block":
        """Return an inner list."""
        value = self._value(key)
        if not isinstance(value, list):
            raise self.fault(key, "a list")
        values = {str(index): item for index, item in enumerate(value)}
        return Block(values, self._path, self._advice, f"{self._prefix}{key}.")

    def fault(self, key: str, expected: str) -> UserError:
        """Make the error about the value of a key."""
        value = self._values[key]
        return self._error(key, f"found {'nothing' if value is None else shown(value)}, expected {expected}")

    def _value(self, key: str) -> Any:
        if key not in self._values:
            raise self._error(key, "missing")
        return self._values[key]

    def _error(self, key: str, fault: str) -> UserError:
        return UserError(f"{self._path}: {self._prefix}{one_line(key, SHOWN)}: {fault}; {self._advice}")
