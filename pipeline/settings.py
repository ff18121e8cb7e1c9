"""The base of every block of params.yaml: frozen, and closed to unknown keys and missing ones."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seed = Annotated[int, Field(ge=0, lt=2**63, strict=True)]
"""What every random number generator in use accepts."""


class Settings(BaseModel):
    """A block of params.yaml. No field has a default: params.yaml is the one place where values live."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
