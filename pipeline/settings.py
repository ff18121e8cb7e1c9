"""The base of every block of params.yaml: frozen, and closed to unknown keys and missing ones."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A block of params.yaml. No field has a default: params.yaml is the one place where values live."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)
