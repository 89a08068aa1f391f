"""What every contract model shares: strictness, versions, hashes, problems."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

#: Version of the messages between browser and server and of the cell metadata.
#: Raise it when an old reader would misread a new message.
PROTOCOL_VERSION = 1

#: MIME type under which an executed cell publishes its result.
RESULT_MIME = "application/vnd.oci-jupyter.result.v1+json"

#: Key of our one object in a cell's metadata.
METADATA_KEY = "oci_jupyter"


class Model(BaseModel):
    """Base of all contract models: unknown fields are refused, not ignored."""

    model_config = ConfigDict(
        extra="forbid", validate_assignment=True, json_schema_serialization_defaults_required=True
    )


class Problem(Model):
    """One thing wrong with an input, in words a person can act on."""

    code: str = Field(description="Stable identifier, for example `column_missing`.")
    message: str = Field(description="What is wrong: names the field and the value.")
    fix: str = Field(default="", description="What to do about it.")
    field: str | None = Field(default=None, description="Plan field at fault, if one is.")
    value: str | None = Field(default=None, description="The offending value, as text.")
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.message} {self.fix}".strip()


class ContractError(ValueError):
    """Input that cannot be used; carries every problem found, not only the first.

    Args:
        problems: The problems, errors first.
    """

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(p) for p in problems))

    @classmethod
    def of(
        cls,
        code: str,
        message: str,
        fix: str = "",
        *,
        field: str | None = None,
        value: str | None = None,
    ) -> ContractError:
        """An error with one problem."""
        return cls([Problem(code=code, message=message, fix=fix, field=field, value=value)])


def source_hash(source: str) -> str:
    """SHA-256 of a cell's source, hexadecimal; the browser computes the same."""
    return hashlib.sha256(source.encode("utf-8")).hexdigest()


def json_hash(value: Any) -> str:
    """SHA-256 of a JSON value in canonical form (sorted keys, no white space)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
